"""Images by index, from memory and through the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from latentlab.base import memory
from latentlab.training.training_pixels import Pixels

CPU = torch.device("cpu")


@pytest.fixture
def mapped(tmp_path: Path) -> np.ndarray:
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 4, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    return np.load(tmp_path / "images.npy", mmap_mode="r")


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_both_ways_give_the_same_batches_in_the_order_asked_for(
    mapped: np.ndarray, layout: torch.memory_format
) -> None:
    index = torch.tensor([7, 3, 49, 3, 0])
    expected = torch.from_numpy(np.array(mapped)[index.numpy()].transpose(0, 3, 1, 2)) / 255.0
    for resident in (True, False):
        pixels = Pixels(mapped, CPU, layout, resident=resident)
        batch = pixels.batch(index)
        assert torch.equal(batch, expected), resident
        assert batch.is_contiguous(memory_format=layout)


def test_what_does_not_fit_into_memory_stays_on_the_disk(
    mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Pixels(mapped, CPU, torch.contiguous_format).resident
    monkeypatch.setattr("latentlab.training.training_pixels.available_bytes", lambda: mapped.nbytes)
    assert not Pixels(mapped, CPU, torch.contiguous_format).resident
    monkeypatch.setattr("latentlab.training.training_pixels.available_bytes", lambda: None)
    assert Pixels(mapped, CPU, torch.contiguous_format).resident


def test_the_machine_says_how_much_memory_is_free() -> None:
    free = memory.available_bytes()
    assert free is None or 2**20 < free < 2**50
