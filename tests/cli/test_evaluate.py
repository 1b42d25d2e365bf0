from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_shell import NUM_HELD_OUT, NUM_IMAGES, Refused, Shell, pictures_of

import latentlab
from latentlab.images.image_set import held_out_indices
from latentlab.models.family.objectives import OBJECTIVES

KEYS = {
    "data",
    "split",
    "likelihood",
    "denoising_loss",
    "num_images",
    "recon_loss",
    "kl",
    "loss",
    "mse",
    "psnr_db",
    "kl_per_dim",
    "active_units",
    "jacobian_norm",
    "jacobian_relative",
    "dead_units",
    "code_sparsity",
}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_can_be_evaluated(
    objective: str, trained: Callable[[str], Path], blobs: Path, shell: Shell
) -> None:
    run = trained(objective)
    found = shell("evaluate", run, "--json").json
    assert set(found) == KEYS
    assert found["data"] == str(blobs)
    assert found["split"] == "held-out"
    assert found["num_images"] == NUM_HELD_OUT
    assert found["loss"] == pytest.approx(found["recon_loss"] + found["kl"])
    assert found["psnr_db"] == pytest.approx(-10 * np.log10(found["mse"]))
    model = latentlab.open_model(run)
    pixels = np.load(blobs)["x"][held_out_indices(NUM_IMAGES, 0.1)]
    error = model.reconstruct(pixels) - pixels / 255.0
    assert found["mse"] == pytest.approx((error**2).mean(), rel=1e-4)
    variance = model.encode(pixels).var(0)
    scale = 1.0 if OBJECTIVES[objective].probabilistic else variance.max()
    assert found["active_units"] == (variance > 0.01 * scale).sum()
    if OBJECTIVES[objective].probabilistic:
        assert found["kl"] == pytest.approx(sum(found["kl_per_dim"]))
        assert found["kl"] > 0
    else:
        assert found["kl"] == 0
        assert found["kl_per_dim"] == []


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_figures_are_those_of_the_training(
    objective: str, trained: Callable[[str], Path], shell: Shell
) -> None:
    """The same posterior samples and corruptions of the same images, so the same nats."""
    run = trained(objective)
    found = shell("evaluate", run, "--json").json
    document = latentlab.open_model(run).document
    said = document.metrics
    assert found["kl"] == pytest.approx(said["kl"], rel=1e-5)
    np.testing.assert_allclose(document.latent_kl, found["kl_per_dim"], rtol=1e-5)
    if objective == "denoising":
        assert found["denoising_loss"] == pytest.approx(said["recon_loss"], rel=1e-5)
        assert found["denoising_loss"] > found["recon_loss"]
        assert document.held_out_nats == pytest.approx(found["denoising_loss"], rel=1e-5)
    else:
        assert found["denoising_loss"] is None
        assert found["recon_loss"] == pytest.approx(said["recon_loss"], rel=1e-5)
        assert document.held_out_nats == pytest.approx(found["loss"], rel=1e-5)


def test_neither_seed_nor_batch_of_the_run_changes_what_is_measured(
    blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    for batch, seed in ((5, 0), (64, 1), (144, 7)):
        run = tmp_path / f"run-{batch}"
        words = ("--out", run, "--hidden", 4, "--epochs", 1, "--threads", 1)
        answer = shell("train", blobs, *words, "--beta", 4, "--batch-size", batch, "--seed", seed)
        assert answer.code == 0
        found = shell("evaluate", run, "--json").json
        assert f": {found['loss']:.2f} nats held out" in answer.err
        document = latentlab.open_model(run).document
        assert document.held_out_nats == pytest.approx(found["loss"], rel=1e-5)
        assert document.metrics["loss"] > found["loss"], "β = 4 weighs more than was measured"


def test_nats_below_zero_are_explained(blobs: Path, tmp_path: Path, shell: Shell) -> None:
    for likelihood in ("gaussian", "bernoulli"):
        run = tmp_path / likelihood
        words = ("--out", run, "--hidden", 4, "--epochs", 1, "--threads", 1)
        assert shell("train", blobs, *words, "--likelihood", likelihood).code == 0
        found = shell("evaluate", run, "--json").json
        assert found["likelihood"] == likelihood
        answer = shell("evaluate", run)
        assert ("the density of a pixel can exceed 1" in answer.err) == (found["recon_loss"] < 0)
        title = "Gaussian (fixed σ)" if likelihood == "gaussian" else "Bernoulli (BCE)"
        assert title in answer.out


def test_the_seed_changes_the_sample_alone(vae: Path, shell: Shell) -> None:
    first, again, other = (
        shell("evaluate", vae, "--json", "--seed", seed).json for seed in (5, 5, 6)
    )
    assert first == again
    changed = {key for key in KEYS if first[key] != other[key]}
    assert changed == {"recon_loss", "loss"}


def test_the_parts_of_a_data_set(vae: Path, blobs: Path, shell: Shell) -> None:
    def of(*words: object) -> tuple[str, int]:
        found = shell("evaluate", vae, "--json", *words).json
        return found["split"], found["num_images"]

    assert of() == of("--data", blobs) == of("--split", "held-out") == ("held-out", 16)
    assert of("--split", "train") == ("train", 144)
    assert of("--split", "all") == ("all", 160)
    np.savez(blobs.with_name("other.npz"), x=pictures_of(20, (8, 7, 1), seed=1))
    assert of("--data", blobs.with_name("other.npz")) == ("all", 20)


def test_the_table_has_the_figures(vae: Path, shell: Shell) -> None:
    answer = shell("evaluate", vae)
    found = shell("evaluate", vae, "--json").json
    assert answer.code == 0
    assert answer.err == ""
    assert answer.out.startswith("blobs: 16 held-out images\n")
    for text in (
        f"{found['loss']:.2f} nats per image",
        f"{found['psnr_db']:.2f} dB",
        f"{found['active_units']} of 3",
        f"{found['jacobian_norm']:.3f}",
        f"{found['jacobian_relative']:.3f}",
        f"{found['code_sparsity']:.1%}",
        f"{found['dead_units']:.1%}",
    ):
        assert text in answer.out


def test_a_model_file_and_a_bundled_model(vae: Path, shell: Shell) -> None:
    folder, file = (
        shell("evaluate", path, "--json").json for path in (vae, vae / "model.safetensors")
    )
    assert folder == file
    assert shell("evaluate", "digits-vae", "--json").json["num_images"] == 1000


def test_a_model_whose_data_are_gone(
    blobs: Path, tmp_path: Path, shell: Shell, refused: Refused
) -> None:
    data = tmp_path / "mine.npz"
    data.write_bytes(blobs.read_bytes())
    words = ("--out", tmp_path / "run", "--hidden", 4, "--epochs", 1, "--threads", 1)
    assert shell("train", data, *words).code == 0
    np.savez(data, x=pictures_of(20, (8, 7, 1), seed=2))
    answer = shell("evaluate", tmp_path / "run", "--json")
    assert answer.json["split"] == "all"
    assert "has changed since" in answer.err
    data.unlink()
    assert "--data" in refused("evaluate", tmp_path / "run")
    assert shell("evaluate", tmp_path / "run", "--data", blobs).code == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nothing"], "There is no run or model “nothing”"),
        (["x" * 5000], "There is no run or model"),
        (["~nobody-of-this-name/x"], "There is no run or model"),
        (["RUN", "more"], "“more” has no meaning here"),
        (["RUN", "--data"], "--data"),
        (["RUN", "--data", "nothing"], "There is no data set or file “nothing”"),
        (["RUN", "--data", "digits"], "28 × 28 grey; this model takes 7 × 8 grey"),
        (["RUN", "--split", "half"], "held-out"),
        (["RUN", "--seed", "-1"], "-1"),
        (["RUN", "--seed", "1.5"], "“1.5” is not a whole number"),
        (["RUN", "--seed", "nan"], "“nan” is not a whole number"),
        (["RUN", "--seed", 2**63], "9223372036854775808"),
        (["RUN", "--device", "abacus"], "The device “abacus” is not available here"),
    ],
)
def test_wrong_use_is_one_sentence(
    words: list[object], expected: str, vae: Path, refused: Refused
) -> None:
    assert expected in refused("evaluate", *(vae if word == "RUN" else word for word in words))


def test_a_folder_without_a_model(tmp_path: Path, refused: Refused) -> None:
    for command in (
        ("evaluate", tmp_path),
        ("encode", tmp_path, "digits", "-o", tmp_path / "codes.npz"),
        ("decode", tmp_path, "--z", "0,0", "-o", tmp_path / "x.png"),
        ("denoise", tmp_path, "digits", "--corruption", "mask"),
    ):
        assert "holds no model" in refused(*command)


def test_damaged_and_foreign_model_files_are_code_1(
    vae: Path, tmp_path: Path, refused: Refused
) -> None:
    whole = (vae / "model.safetensors").read_bytes()
    for name, content, expected in (
        ("cut.safetensors", whole[: len(whole) // 2], "cut off"),
        ("empty.safetensors", b"", "empty"),
        ("flipped.safetensors", whole[:60] + b"\xff" + whole[61:], "damaged"),
        ("model.pkl", b"\x80\x04N.", "pickle"),
        ("model.pt", b"PK\x03\x04", "PyTorch"),
        ("text.safetensors", b"a model, surely", ""),
    ):
        (tmp_path / name).write_bytes(content)
        assert expected in refused("evaluate", tmp_path / name, code=1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path, refused: Refused) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused("evaluate", tmp_path / "pipe", code=1)


def test_names_in_a_sentence_move_no_cursor(refused: Refused) -> None:
    said = refused("evaluate", "a\x1b[31m\nb")
    assert "\x1b" not in said
