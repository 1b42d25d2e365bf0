"""The denoiser that comes with the program does what it is there for."""

from __future__ import annotations

import numpy as np
import pytest

import latentlab
from latentlab.base.resources import resource
from latentlab.data.catalog import open_data
from latentlab.images.corruptions import MIXED, corrupt
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.pixel_metrics import mean_psnr_db
from latentlab.models.family.described_model import run_spec
from latentlab.models.open_model import OpenedModel


@pytest.fixture(scope="module")
def model() -> OpenedModel:
    return latentlab.open_model("digits-denoiser", device="cpu")


@pytest.mark.parametrize(("name", "amount"), [("salt-pepper", 0.2), ("gaussian", 0.5)])
def test_it_beats_the_best_linear_denoiser(model: OpenedModel, name: str, amount: float) -> None:
    digits = open_data("digits")
    held_out = digits.held_out(0.1)
    training = np.setdiff1d(np.arange(len(digits)), held_out)[:4000]
    clean = digits.images[held_out[:200]]
    noisy = corrupt(clean, name, amount, 0, clip=False)
    linear = LinearDenoiser.fit(digits.images[training], name, amount, 1, clip=False)
    denoised_db = mean_psnr_db(clean, model.denoise(noisy))
    assert denoised_db > mean_psnr_db(clean, noisy) + 6
    # Limited to [0, 1], which makes the linear one better than it is on its own.
    assert denoised_db > mean_psnr_db(clean, linear.apply(noisy)) + 1


def test_it_is_small_and_was_trained_by_the_command_beside_it(model: OpenedModel) -> None:
    folder = resource("models", "digits-denoiser")
    assert (folder / "model.safetensors").stat().st_size < 1_500_000
    assert model.document.data_fingerprint == open_data("digits").fingerprint
    spec = run_spec(model.document)
    assert spec is not None and spec.corruption == MIXED
    words = (folder / "command.txt").read_text().split()
    assert words[:3] == ["latentlab", "train", "digits"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert given.pop("--out") == "RUN" and given.pop("--threads") == "1"
    assert given.pop("--preset") == "none"
    for flag, text in given.items():
        value = getattr(spec, flag[2:].replace("-", "_"))
        stored = ",".join(map(str, value)) if isinstance(value, tuple) else value
        assert type(stored)(text) == stored, flag
