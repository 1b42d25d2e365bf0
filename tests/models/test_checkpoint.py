from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentlab.base.errors import ModelFileError
from latentlab.images.image_set import ImageSet
from latentlab.models import model_file
from latentlab.models.checkpoint import build_model, prior_of, read_checkpoint
from latentlab.models.family.described_model import check_plausible, run_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.inference import decode, encode
from latentlab.models.model_document import ModelDocument
from latentlab.models.model_file import ModelFile, read_model_file, read_model_header
from latentlab.training.description import Description, describe, save_model, weights_of
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import RunFolder

CPU = torch.device("cpu")
SPECS = {
    "mlp": TrainSpec(hidden=(9, 7), epochs=1, batch_size=16, latent_dim=3, beta=2.5),
    "conv": TrainSpec(network="conv", channels=(3, 4), epochs=1, batch_size=16),
    "undercomplete": TrainSpec(
        objective="undercomplete", likelihood="gaussian", hidden=(5,), epochs=1, batch_size=16
    ),
}
DATA = ImageSet(
    "noise.npz",
    "Noise",
    np.random.default_rng(0).integers(0, 256, (50, 6, 5, 3), np.uint8),
    np.zeros(50, np.int32),
    ("thing",),
)


def trained(spec: TrainSpec) -> TrainingRun:
    run = TrainingRun(spec, DATA, device=CPU, threads=1)
    for _ in run.run():
        pass
    run.keep_best()
    return run


@pytest.fixture(scope="module")
def runs() -> dict[str, TrainingRun]:
    return {name: trained(spec) for name, spec in SPECS.items()}


def saved(run: TrainingRun, path: Path) -> ModelFile:
    save_model(path, run.model, describe(run, run.model, run.best_step))
    return read_model_file(path)


@pytest.mark.parametrize("name", sorted(SPECS))
def test_a_model_decodes_and_encodes_alike_after_a_round_trip(
    runs: dict[str, TrainingRun], name: str, tmp_path: Path
) -> None:
    run = runs[name]
    model = build_model(saved(run, tmp_path / "m.safetensors"), CPU)
    z = np.random.default_rng(1).normal(size=(20, run.spec.latent_dim)).astype(np.float32)
    np.testing.assert_array_equal(decode(model, z, CPU), decode(run.model, z, CPU))
    for now, before in zip(
        encode(model, DATA.images, CPU), encode(run.model, DATA.images, CPU), strict=True
    ):
        np.testing.assert_array_equal(now, before)
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("name", sorted(SPECS))
def test_the_document_says_what_the_model_is(
    runs: dict[str, TrainingRun], name: str, tmp_path: Path
) -> None:
    run = runs[name]
    document = saved(run, tmp_path / "m.safetensors").document
    spec = SPECS[name]
    assert run_spec(document) == spec
    assert document.network == spec.network
    widths = {
        "mlp": {"hidden": list(spec.hidden)},
        "conv": {"channels": list(spec.channels), "downsampling": "stride", "code": "dense"},
    }
    activations = {"activation": "silu", "code_activation": "linear"}
    assert document.network_args == widths[spec.network] | activations
    beta = {"beta": spec.beta, "warm_up": 0.0, "free_bits": 0.0}
    assert document.objective_args == (beta if name != "undercomplete" else {})
    assert document.prior == ("fitted-normal" if name == "undercomplete" else "standard-normal")
    assert document.input_shape == (6, 5, 3)
    assert document.latent_dim == spec.latent_dim
    assert (document.data_name, document.data_title) == ("noise.npz", "Noise")
    assert document.data_fingerprint == DATA.fingerprint
    assert document.class_names == ["thing"]
    assert (document.step, document.epoch) == (run.best_step, 1)
    best = run.best_metrics
    assert best is not None
    assert document.metrics == {
        "loss": best.loss,
        "recon_loss": best.recon_loss,
        "kl": best.kl,
    }


@pytest.mark.parametrize("name", sorted(SPECS))
def test_the_latent_statistics_are_those_of_the_training_images(
    runs: dict[str, TrainingRun], name: str
) -> None:
    run = runs[name]
    document = describe(run, run.model, run.best_step).document
    mu, logvar = encode(run.model, DATA.images[run.train_indices], CPU)
    np.testing.assert_allclose(document.latent_mean, mu.mean(0), atol=1e-5)
    np.testing.assert_allclose(document.latent_std, mu.std(0), atol=1e-5)
    if logvar is None:
        assert document.latent_kl == []
        return
    mu, logvar = encode(run.model, DATA.images[run.held_out], CPU)
    assert logvar is not None
    kl = 0.5 * (mu**2 + np.exp(logvar) - logvar - 1)
    np.testing.assert_allclose(document.latent_kl, kl.mean(0), rtol=1e-4)


def test_without_measuring_the_statistics_are_those_of_the_prior(
    runs: dict[str, TrainingRun],
) -> None:
    run = runs["mlp"]
    document = describe(run, run.model, 0, measure_codes=False).document
    assert document.latent_mean == [0.0] * 3
    assert document.latent_std == [1.0] * 3
    assert document.latent_kl == []
    assert document.epoch == 0


def test_statistics_of_many_images_come_from_some_of_them(
    runs: dict[str, TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs["mlp"]
    monkeypatch.setattr("latentlab.training.description._STATISTICS_IMAGES", 9)
    document = describe(run, run.model, 1).document
    rows = run.train_indices[np.linspace(0, len(run.train_indices) - 1, 9).round().astype(int)]
    mu, _ = encode(run.model, DATA.images[rows], CPU)
    np.testing.assert_allclose(document.latent_mean, mu.mean(0), atol=1e-5)


@pytest.mark.parametrize("objective", ["rae", "undercomplete"])
def test_a_density_is_fitted_to_all_codes_at_the_end_of_a_run(
    objective: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("latentlab.training.description._STATISTICS_IMAGES", 9)
    spec = TrainSpec(objective=objective, hidden=(6,), latent_dim=2, epochs=1, batch_size=10)
    run = TrainingRun(spec, DATA, device=CPU, threads=1)
    folder = RunFolder(tmp_path / "run", run)
    for _ in run.run():
        pass
    folder.finish()
    codes, _ = encode(run.model, DATA.images[run.train_indices], CPU)
    prior = prior_of(read_model_file(folder.model_path))
    assert prior is not None
    # The first moments of a fit by maximum likelihood are those of the codes.
    np.testing.assert_allclose(prior.weights @ prior.means, codes.mean(0), atol=1e-4)
    part = describe(run, run.model, 1).prior
    assert part is not None
    assert abs(part.weights @ part.means - codes.mean(0)).max() > 1e-3


def damaged(file: ModelFile, **changes: Any) -> ModelFile:
    """The same file with something else in its description or weights."""
    weights = changes.pop("weights", file.weights)
    document: ModelDocument = msgspec.structs.replace(file.document, **changes)
    return replace(file, document=document, weights=weights)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"network_args": {"hidden": [9, 8]}}, "6 of another shape"),
        ({"network_args": {"hidden": [9]}}, "4 unknown, "),
        ({"network_args": {"hidden": [9, 7, 7]}}, "4 missing, "),
        ({"latent_dim": 4, "latent_mean": [0.0] * 4}, "3 of another shape"),
        ({"input_shape": (6, 5, 1)}, "3 of another shape"),
        ({"objective": "undercomplete"}, "2 of another shape"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_a_table(
    runs: dict[str, TrainingRun], tmp_path: Path, change: dict[str, Any], counts: str
) -> None:
    file = saved(runs["mlp"], tmp_path / "m.safetensors")
    with pytest.raises(ModelFileError) as caught:
        build_model(damaged(file, **change), CPU)
    assert "do not fit the model" in caught.value.sentence
    assert counts in caught.value.sentence
    assert caught.value.details.splitlines()[0].split() == ["weights", "model", "file"]
    assert "encoder" in caught.value.details or "decoder" in caught.value.details


def test_a_huge_network_is_refused_before_memory_is_taken(
    runs: dict[str, TrainingRun], tmp_path: Path
) -> None:
    file = saved(runs["mlp"], tmp_path / "m.safetensors")
    wide = damaged(file, network_args={"hidden": [16_384] * 30}, input_shape=(1024, 1024, 3))
    with pytest.raises(ModelFileError, match="do not fit"):
        build_model(wide, CPU)  # 250 GB of weights, if they were made


def header_of(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    table: dict[str, Any] = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return table


def write_sparse(path: Path, table: dict[str, Any]) -> None:
    """Write a header, and behind it a hole as large as it claims."""
    header = json.dumps(table).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    end = max(one["data_offsets"][1] for name, one in table.items() if name != "__metadata__")
    os.truncate(path, 8 + len(header) + end)


def _one_large(table: dict[str, Any], name: str, num_weights: int) -> dict[str, Any]:
    """Make one tensor large and move those behind it."""
    begin, end = table[name]["data_offsets"]
    growth = 4 * num_weights - (end - begin)
    for key, one in table.items():
        if key != "__metadata__" and one["data_offsets"][0] > begin:
            one["data_offsets"] = [at + growth for at in one["data_offsets"]]
    table[name] |= {"shape": [num_weights], "data_offsets": [begin, end + growth]}
    return table


LARGE = 2**29  # 2 GiB


@pytest.mark.parametrize(
    "change",
    [
        lambda t: _one_large(t, "encoder.1.weight", LARGE),
        lambda t: _one_large(t, "decoder.0.bias", LARGE),
        lambda t: t | {"extra": {"dtype": "F32", "shape": [LARGE], "data_offsets": _after(t)}},
        lambda t: t | {"prior.x": {"dtype": "F32", "shape": [LARGE], "data_offsets": _after(t)}},
        lambda t: (
            {"__metadata__": t["__metadata__"]}
            | {"w": {"dtype": "F32", "shape": [LARGE], "data_offsets": [0, 4 * LARGE]}}
        ),
    ],
    ids=["weight", "bias", "extra", "prior", "alone"],
)
def test_a_large_file_is_refused_by_its_header_alone(
    runs: dict[str, TrainingRun],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = saved(runs["mlp"], tmp_path / "m.safetensors").path
    write_sparse(path, change(header_of(path)))
    assert path.stat().st_size > 2**31

    def fail(*_: Any) -> None:
        pytest.fail("a weight was read")

    monkeypatch.setattr(model_file, "_read_weights", fail)
    with pytest.raises(ModelFileError, match="do not fit"):
        read_checkpoint(path)
    # The window refuses it as well, without torch.
    with pytest.raises(ModelFileError, match="do not fit"):
        check_plausible(read_model_header(path))


def _after(table: dict[str, Any]) -> list[int]:
    end = max(one["data_offsets"][1] for name, one in table.items() if name != "__metadata__")
    return [end, end + 4 * LARGE]


def test_wrong_names_are_refused_before_weights_are_read(
    runs: dict[str, TrainingRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(runs["mlp"], tmp_path / "m.safetensors").path
    table = header_of(path)
    table["encoder.1.weights"] = table.pop("encoder.1.weight")
    write_sparse(path, table)
    monkeypatch.setattr(model_file, "_read_weights", None)
    with pytest.raises(ModelFileError, match="1 missing, 1 unknown"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "change",
    [
        {"network": "transformer"},
        {"objective": "magic"},
        {"likelihood": "poisson"},
    ],
)
def test_what_this_version_does_not_know_is_refused(
    runs: dict[str, TrainingRun], tmp_path: Path, change: dict[str, Any]
) -> None:
    file = saved(runs["mlp"], tmp_path / "m.safetensors")
    with pytest.raises(ModelFileError, match="does not know"):
        build_model(damaged(file, **change), CPU)


@pytest.mark.parametrize("hidden", [5, "wide", None, [[9, 7]], {"0": 9}, [9.5, 7.0], [0], [9] * 40])
def test_strange_widths_in_a_file_are_refused(
    runs: dict[str, TrainingRun], tmp_path: Path, hidden: Any
) -> None:
    file = saved(runs["mlp"], tmp_path / "m.safetensors")
    with pytest.raises(ModelFileError, match="out of bounds"):
        build_model(damaged(file, network_args={"hidden": hidden}), CPU)


def test_the_density_of_the_codes_is_kept(runs: dict[str, TrainingRun], tmp_path: Path) -> None:
    assert prior_of(saved(runs["mlp"], tmp_path / "a.safetensors")) is None
    run = runs["undercomplete"]
    prior = prior_of(saved(run, tmp_path / "b.safetensors"))
    assert prior is not None
    mu, _ = encode(run.model, DATA.images[run.train_indices], CPU)
    np.testing.assert_allclose(prior.means[0], mu.mean(0), atol=1e-4)
    covariance = prior.factors[0] @ prior.factors[0].T
    np.testing.assert_allclose(covariance, np.cov(mu.T), rtol=0.05, atol=1e-3)


def test_weights_are_written_as_float32_whatever_they_are(runs: dict[str, TrainingRun]) -> None:
    model = runs["mlp"].model
    weights = weights_of(model)
    assert set(weights) == set(model.state_dict())
    assert all(w.dtype == np.float32 and w.flags.c_contiguous for w in weights.values())


def test_a_model_with_weights_that_are_not_numbers_is_not_saved(tmp_path: Path) -> None:
    run = trained(SPECS["mlp"])
    path = tmp_path / "m.safetensors"
    document = saved(run, path).document
    before = path.read_bytes()
    with torch.no_grad():
        next(run.model.parameters())[0, 0] = float("inf")
    with pytest.raises(ModelFileError, match="not a finite number"):
        save_model(path, run.model, Description(document))
    assert path.read_bytes() == before
