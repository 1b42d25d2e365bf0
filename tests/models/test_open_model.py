"""The model from Python: what it takes, what it gives, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import latentlab
from latentlab.base.errors import ModelFileError, UsageError
from latentlab.base.resources import resource
from latentlab.images.corruptions import corrupt
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.open_model import OpenedModel
from latentlab.training.description import describe
from latentlab.training.run import TrainingRun

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def model() -> OpenedModel:
    return latentlab.open_model("digits-vae")


@pytest.fixture(scope="module")
def digits(few_digits: ImageSet) -> Any:
    return few_digits.images[:20]


def test_what_the_model_says_of_itself(model: OpenedModel) -> None:
    assert model.latent_dim == model.document.latent_dim == 2
    assert model.image_shape == (28, 28, 1)
    assert model.document.data_name == "digits"
    assert "variational" in repr(model)
    assert "28 × 28 × 1" in repr(model)


def test_shapes_types_and_ranges(model: OpenedModel, digits: Any) -> None:
    z = model.encode(digits)
    assert z.shape == (20, 2)
    assert z.dtype == np.float32
    assert np.isfinite(z).all()
    images = model.decode(z)
    assert images.shape == (20, 28, 28, 1)
    assert images.dtype == np.float32
    assert images.flags.c_contiguous
    assert images.min() >= 0
    assert images.max() <= 1
    np.testing.assert_array_equal(model.reconstruct(digits), images)


def test_posteriors_are_means_and_log_variances(model: OpenedModel, digits: Any) -> None:
    mu, logvar = model.posterior(digits)
    np.testing.assert_array_equal(mu, model.encode(digits))
    assert logvar is not None
    assert logvar.shape == (20, 2)
    assert logvar.dtype == np.float32
    # The prior has a variance of 1, and a posterior that says something has less.
    assert (logvar < 0).mean() > 0.9
    x = torch.from_numpy(digits / 255.0).float().permute(0, 3, 1, 2)
    same = model.network.encode(x)
    np.testing.assert_allclose(mu, same.mu, atol=1e-5)
    assert same.logvar is not None
    np.testing.assert_allclose(logvar, same.logvar, atol=1e-5)


def test_a_deterministic_model_has_no_variances_but_a_density() -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 5, 1), np.uint8)
    spec = TrainSpec(objective="undercomplete", hidden=(8,), epochs=1, batch_size=20)
    run = TrainingRun(
        spec, ImageSet("noise", "Noise", images), device=torch.device("cpu"), threads=1
    )
    for _ in run.run():
        pass
    description = describe(run, run.model, run.step)
    model = OpenedModel(
        run.model.eval(), description.document, torch.device("cpu"), description.prior
    )
    mu, logvar = model.posterior(images)
    assert mu.shape == (40, 2)
    assert logvar is None
    assert model.posterior(images[:0])[1] is None
    assert model.prior is not None


def test_clean_images_are_denoised_as_they_are_reconstructed(
    model: OpenedModel, digits: Any
) -> None:
    clean = (digits / 255.0).astype(np.float32)
    np.testing.assert_array_equal(model.denoise(clean), model.reconstruct(clean))
    noisy = corrupt(digits, "gaussian", 0.5, 0, clip=False)
    assert noisy.min() < 0
    assert noisy.max() > 1
    denoised = model.denoise(noisy)
    assert denoised.shape == (20, 28, 28, 1)
    assert denoised.min() >= 0
    assert denoised.max() <= 1
    assert ((denoised - clean) ** 2).mean() < ((noisy - clean) ** 2).mean()
    assert model.denoise(noisy[:0]).shape == (0, 28, 28, 1)
    with pytest.raises(UsageError, match=r"\(n, 28, 28, 1\); they have \(20, 28, 28\)"):
        model.denoise(noisy[..., 0])


def test_reconstructions_look_like_their_images(model: OpenedModel, digits: Any) -> None:
    x = digits / 255.0
    own = ((model.reconstruct(digits) - x) ** 2).mean((1, 2, 3))
    others = ((model.reconstruct(digits) - np.roll(x, 1, axis=0)) ** 2).mean((1, 2, 3))
    assert own.mean() < 0.6 * others.mean()
    assert own.mean() < 0.07


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_bytes_and_floats_agree(model: OpenedModel, digits: Any, kind: type) -> None:
    as_float = (digits / 255.0).astype(kind)
    tolerance = 2e-2 if kind is np.float16 else 1e-5
    np.testing.assert_allclose(model.encode(as_float), model.encode(digits), atol=tolerance)


def test_lists_views_and_read_only_arrays_are_taken(model: OpenedModel, digits: Any) -> None:
    z = model.encode(digits)
    np.testing.assert_allclose(model.encode(digits[::-1])[::-1], z, atol=1e-5)
    frozen = digits.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(model.encode(frozen), z)
    np.testing.assert_array_equal(model.decode(z.tolist()), model.decode(z))
    np.testing.assert_array_equal(model.decode(z.astype(np.float64)), model.decode(z))


def test_arguments_are_not_changed(model: OpenedModel, digits: Any) -> None:
    images = (digits / 255.0).astype(np.float32)
    kept = images.copy()
    model.encode(images)
    np.testing.assert_array_equal(images, kept)


def test_nothing_in_is_nothing_out(model: OpenedModel) -> None:
    assert model.encode(np.empty((0, 28, 28, 1), np.uint8)).shape == (0, 2)
    assert model.encode(np.empty((0, 28, 28, 1), np.float32)).shape == (0, 2)
    assert model.decode(np.empty((0, 2))).shape == (0, 28, 28, 1)


def test_many_images_are_worked_on_in_parts(
    model: OpenedModel, digits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_codes, whole_images = model.encode(digits), model.reconstruct(digits)
    monkeypatch.setattr("latentlab.models.open_model.chunk_images", lambda _: 7)
    np.testing.assert_allclose(model.encode(digits), whole_codes, atol=1e-5)
    np.testing.assert_allclose(model.reconstruct(digits), whole_images, atol=1e-5)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((28, 28, 1), np.uint8), "(n, 28, 28, 1); they have (28, 28, 1)"),
        (np.zeros((2, 28, 28), np.uint8), "they have (2, 28, 28)"),
        (np.zeros((2, 28, 28, 3), np.uint8), "they have (2, 28, 28, 3)"),
        (np.zeros((2, 32, 28, 1), np.uint8), "they have (2, 32, 28, 1)"),
        (np.zeros((2, 1, 28, 28), np.uint8), "they have (2, 1, 28, 28)"),
        (np.zeros((2, 28, 28, 1), np.int64), "must be uint8 or float, not int64"),
        (np.zeros((2, 28, 28, 1), bool), "not bool"),
        (np.zeros((2, 28, 28, 1), complex), "not complex128"),
        (np.full((2, 28, 28, 1), 255.0), "must lie in [0, 1]"),
        (np.full((2, 28, 28, 1), -0.1), "must lie in [0, 1]"),
        (np.full((2, 28, 28, 1), np.nan), "must lie in [0, 1]"),
        (np.full((2, 28, 28, 1), np.inf), "must lie in [0, 1]"),
        (np.full((2, 28, 28, 1), 1e300), "must lie in [0, 1]"),
        ("two images", "they have ()"),
        (None, "they have ()"),
    ],
)
def test_other_images_are_refused(model: OpenedModel, images: Any, words: str) -> None:
    for call in (model.encode, model.reconstruct):
        with pytest.raises(UsageError) as caught:
            call(images)
        assert words in caught.value.sentence


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (np.zeros(2), "must have the shape (n, 2); it has (2,)"),
        (np.zeros((3, 3)), "it has (3, 3)"),
        (np.zeros((3, 2, 1)), "it has (3, 2, 1)"),
        (0.5, "it has ()"),
        ([[0.0, np.nan]], "z must be finite"),
        ([[0.0, np.inf]], "z must be finite"),
        ([[0.0, 1e300]], "z must be finite"),
        ([["a", "b"]], "z must hold numbers"),
        ([[1.0, 2.0], [3.0]], "z must hold numbers"),
    ],
)
def test_other_codes_are_refused(model: OpenedModel, z: Any, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        model.decode(z)
    assert words in caught.value.sentence


def test_ragged_images_are_refused(model: OpenedModel) -> None:
    with pytest.raises(UsageError, match="must have the shape"):
        model.encode([[[0.0]], [[0.0, 1.0]]])


def test_a_file_opens_as_its_bundled_name_does(model: OpenedModel, tmp_path: Path) -> None:
    path = resource("models", "digits-vae", "model.safetensors")
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.safetensors").write_bytes(path.read_bytes())
    z = np.array([[0.3, -1.2]])
    for where in (path, str(path), run):
        np.testing.assert_array_equal(latentlab.open_model(where).decode(z), model.decode(z))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        latentlab.open_model(tmp_path / "missing.safetensors")
    with pytest.raises(ModelFileError, match="does not exist"):
        latentlab.open_model("digits-vea")
    with pytest.raises(UsageError, match="abacus"):
        latentlab.open_model("digits-vae", device="abacus")


def test_a_model_is_used_without_qt() -> None:
    code = (
        "import latentlab, numpy, sys\n"
        "latentlab.open_model('digits-vae').decode(numpy.zeros((1, 2)))\n"
        "print([m for m in sys.modules if 'PySide' in m or 'pyqtgraph' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""
