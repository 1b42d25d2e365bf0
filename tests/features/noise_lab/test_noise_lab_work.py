"""One picture and the strip, as the denoiser itself and the definitions have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from latentlab.base.bundled import model_path
from latentlab.base.trace import NullTracer
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Result
from latentlab.features.noise_lab import non_local_means
from latentlab.features.noise_lab.messages import (
    Denoised,
    DenoiseRefused,
    DenoiseRequest,
    StripAdvanced,
    StripRequest,
)
from latentlab.features.noise_lab.strip_job import NUM_AMOUNTS, NUM_MEASURED, steps_at
from latentlab.features.noise_lab.work import NoiseLabWork
from latentlab.images.adapt import adapted
from latentlab.images.corruptions import CORRUPTIONS, corrupt_stack, derived_seed
from latentlab.images.image_set import ImageSet
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.pixel_metrics import mean_psnr_db, ssim
from latentlab.models.checkpoint import build_model
from latentlab.models.model_file import read_model_file

CPU = torch.device("cpu")
STEPS = (("mask", 0.3), ("gaussian", 0.2))


class Bench:
    """The work without an engine."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.results: list[Result] = []
        self.work = NoiseLabWork(self.mailbox, self.results.append, NullTracer())

    def denoise(self, image: np.ndarray, **changes: object) -> Denoised | DenoiseRefused:
        request: dict[str, object] = {
            "session_epoch": 1,
            "sequence": len(self.results) + 1,
            "image": image,
            "steps": STEPS,
            "seed": 5,
            "passes": 1,
            "denoiser": "digits-denoiser",
            "event_s": 0.0,
        }
        self.mailbox.put(DenoiseRequest(**(request | changes)))  # type: ignore[arg-type]
        self.work.serve(None, CPU)
        result = self.results[-1]
        assert isinstance(result, Denoised | DenoiseRefused)
        return result

    def strip(self, data: ImageSet | None, image: np.ndarray | None) -> list[StripAdvanced]:
        self.mailbox.put(StripRequest(1, 9, image, (("mask", 0.4),), 0, 5, "digits-denoiser"))
        turns = 0
        while self.work.has_strip():
            self.work.advance_strip(None, data, CPU)
            turns += 1
            assert turns < 20_000
        return [r for r in self.results if isinstance(r, StripAdvanced)]


@torch.inference_mode()
def drawn(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the bundled denoiser makes of images, by the network itself."""
    network = build_model(read_model_file(model_path("digits-denoiser")), CPU).eval()
    mean = network.decode_mean(network.encode(torch.from_numpy(images).permute(0, 3, 1, 2))[0])
    return mean.permute(0, 2, 3, 1).numpy()


def test_numbers_are_those_of_the_definitions(few_digits: ImageSet) -> None:
    clean = few_digits.images[3]
    result = Bench().denoise(clean, passes=3)
    assert isinstance(result, Denoised)
    seen = corrupt_stack(clean[None], STEPS, 5, clip=False)
    np.testing.assert_array_equal(
        result.corrupted, np.rint(np.clip(seen[0], 0, 1) * 255).astype(np.uint8)
    )
    stages = [seen]
    for _ in range(3):
        stages.append(drawn(stages[-1]))
    assert result.images.shape == (3, 28, 28, 1)
    for shown, stage in zip(result.images, stages[1:], strict=True):
        assert np.abs(shown / 255 - stage[0]).max() < 0.5 / 255 + 1e-3
    target = clean[None] / 255
    for number, stage in enumerate(stages):
        by_definition = 10 * np.log10(1 / np.mean((stage - target) ** 2))
        assert result.psnr_db[number] == pytest.approx(by_definition, abs=0.02)
        assert result.ssim[number] == pytest.approx(ssim(clean[None], stage)[0], abs=1e-3)
    assert result.codes is None, "codes of another model say nothing on the map"
    assert not result.is_adapted


def test_a_noisy_picture_is_denoised_and_not_compared(few_digits: ImageSet) -> None:
    noisy = corrupt_stack(few_digits.images[:1], STEPS, 1, clip=True)
    picture = np.rint(noisy[0] * 255).astype(np.uint8)
    result = Bench().denoise(picture, steps=(), has_clean=False)
    assert isinstance(result, Denoised)
    np.testing.assert_array_equal(result.corrupted, picture)
    assert result.psnr_db == result.ssim == ()
    clean = few_digits.images[:1]
    assert mean_psnr_db(clean, result.images) > mean_psnr_db(clean, picture[None]) + 1


@pytest.mark.parametrize("shape", [(64, 64, 3), (7, 90, 1), (3000, 4000, 3)])
def test_other_pictures_are_adapted(shape: tuple[int, int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    bench = Bench()
    result = bench.denoise(picture, steps=())
    assert isinstance(result, Denoised)
    assert result.is_adapted
    np.testing.assert_array_equal(result.clean, adapted(picture[None], (28, 28, 1))[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is not there any more"), (b"nonsense", ""), (b"", "")],
)
def test_what_is_no_denoiser_is_refused_with_a_reason(
    few_digits: ImageSet, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "gone.safetensors"
    if content is not None:
        path.write_bytes(content)
    bench = Bench()
    result = bench.denoise(few_digits.images[0], denoiser=str(path))
    assert isinstance(result, DenoiseRefused)
    assert words in result.sentence
    assert len(result.sentence) > 20
    without = bench.denoise(few_digits.images[0], denoiser="")
    assert without is result, "without a model nothing is said: none is open yet"


def test_the_strip_begins_with_the_picture_and_ends_with_curves(few_digits: ImageSet) -> None:
    image = few_digits.images[0]
    reports = Bench().strip(few_digits, image)
    first, last = reports[0], reports[-1]
    assert first.num_images == 0
    assert not first.complete
    assert last.complete
    assert first.corrupted is not None
    assert first.denoised is not None
    assert first.corrupted.shape == first.denoised.shape == (NUM_AMOUNTS, 28, 28, 1)
    np.testing.assert_array_equal(first.corrupted[0], image)
    assert not first.corrupted[-1].any(), "everything is masked"
    held_out = few_digits.held_out(0.1)
    assert last.num_images == min(NUM_MEASURED, len(held_out))
    assert {"model", "linear", "untouched", "median"} <= set(last.psnr_db)
    for values in last.psnr_db.values():
        assert values.shape == (NUM_AMOUNTS,)
        assert not np.isnan(values).any()
    assert math_inf(last.psnr_db["untouched"][0])
    assert (np.diff(last.psnr_db["untouched"]) < 0).all()
    assert (last.psnr_db["model"][2:8] > last.psnr_db["median"][2:8]).all()
    assert (last.psnr_db["model"][2:8] > last.psnr_db["linear"][2:8]).all()


def math_inf(value: float) -> bool:
    return bool(np.isposinf(value))


def test_the_curves_are_those_of_the_denoisers_themselves(few_digits: ImageSet) -> None:
    last = Bench().strip(few_digits, None)[-1]
    held_out = few_digits.held_out(0.1)
    clean = few_digits.images[held_out]
    # Images go through the denoiser 10 at a time, each piece with noise of its own.
    pieces = [clean[s : s + 10] for s in range(0, len(clean), 10)]
    noisy = np.concatenate(
        [
            corrupt_stack(p, (("mask", 0.5),), derived_seed(1, 10 * i), clip=False)
            for i, p in enumerate(pieces)
        ]
    )
    assert last.psnr_db["untouched"][5] == pytest.approx(mean_psnr_db(clean, noisy), abs=1e-3)
    made = np.clip(drawn(noisy), 0, 1)
    assert last.psnr_db["model"][5] == pytest.approx(mean_psnr_db(clean, made), abs=1e-2)
    others = np.setdiff1d(np.arange(len(few_digits)), held_out)
    linear = LinearDenoiser.fit(few_digits.images[others], "mask", 0.5, 1, clip=False)
    expected = mean_psnr_db(clean, linear.apply(noisy))
    assert last.psnr_db["linear"][5] == pytest.approx(expected, abs=0.02)


def test_a_strip_without_data_has_pictures_only(few_digits: ImageSet) -> None:
    reports = Bench().strip(None, few_digits.images[0])
    assert reports[-1].complete
    assert reports[-1].psnr_db == {}
    assert reports[-1].denoised is not None


def test_a_strip_of_a_few_pictures_of_another_kind() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 40, 30, 3), np.uint8)
    last = Bench().strip(ImageSet("few", "Few", pixels), pixels[0])[-1]
    assert last.complete
    assert "linear" not in last.psnr_db, "too few to learn from"
    assert np.isfinite(last.psnr_db["model"]).all()


def test_a_newer_strip_replaces_the_older(few_digits: ImageSet) -> None:
    bench = Bench()
    image = few_digits.images[0]
    for sequence in (1, 2):
        bench.mailbox.put(
            StripRequest(1, sequence, image, (("mask", 0.4),), 0, 5, "digits-denoiser")
        )
        for _ in range(3):
            bench.work.advance_strip(None, few_digits, CPU)
    bench.work.end_strip()
    assert not bench.work.has_strip()
    assert {r.sequence for r in bench.results if isinstance(r, StripAdvanced)} <= {1, 2}


def test_one_step_of_the_stack_is_varied() -> None:
    kind = CORRUPTIONS["gaussian"]
    steps = steps_at(STEPS, 1, 0.5)
    assert steps[0] == STEPS[0]
    assert steps[1] == ("gaussian", kind.minimum + 0.5 * (kind.maximum - kind.minimum))
    assert steps_at((), 0, 0.5) == ()


@pytest.mark.parametrize("shape", [(64, 64, 1), (65, 40, 3)])
@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_the_noise_of_an_image_is_estimated(shape: tuple[int, int, int], sigma: float) -> None:
    generator = np.random.default_rng(0)
    ramp = np.linspace(0.3, 0.7, shape[1])[None, :, None]
    image = (ramp + sigma * generator.normal(size=shape)).astype(np.float32)
    assert non_local_means.noise_sigma(image) == pytest.approx(sigma, rel=0.1)
    assert non_local_means.noise_sigma(np.full((6, 6, 1), 0.5, np.float32)) == 0.0
    assert non_local_means.noise_sigma(np.full((1, 6, 1), 0.5, np.float32)) == 0.0


@pytest.mark.skipif(not non_local_means.is_available(), reason="scikit-image is an extra")
def test_non_local_means_remove_gaussian_noise(few_digits: ImageSet) -> None:
    clean = few_digits.images[:1]
    noisy = corrupt_stack(clean, (("gaussian", 0.25),), 1, clip=False)
    made = non_local_means.non_local_means(noisy[0])
    assert made.shape == noisy[0].shape
    assert mean_psnr_db(clean, made[None]) > mean_psnr_db(clean, noisy) + 1
