from __future__ import annotations

import numpy as np
import pytest

from latentlab.images.contact_sheet import contact_sheet


@pytest.mark.parametrize(
    ("count", "shape", "columns", "rows"),
    [
        (1, (10, 10, 1), 1, 1),
        (64, (28, 28, 1), 8, 8),
        (65, (28, 28, 1), 8, 9),
        (3, (16, 160, 3), 1, 3),
        (3, (160, 16, 3), 3, 1),
        (2, (1, 1, 1), 1, 2),
    ],
)
def test_places(count: int, shape: tuple[int, int, int], columns: int, rows: int) -> None:
    h, w, c = shape
    images = np.random.default_rng(0).random((count, *shape)).astype(np.float32)
    sheet = contact_sheet(images)
    gap = max(1, round(max(h, w) / 16))
    assert sheet.dtype == np.uint8
    assert sheet.shape == (gap + rows * (h + gap), gap + columns * (w + gap), c)
    seen = np.zeros(sheet.shape[:2], bool)
    for i, image in enumerate(images):
        top, left = gap + i // columns * (h + gap), gap + i % columns * (w + gap)
        part = np.s_[top : top + h, left : left + w]
        np.testing.assert_allclose(sheet[part], image * 255, atol=0.51)
        seen[part] = True
    assert (sheet[~seen] == 128).all()


def test_bytes_are_taken_as_they_are_and_floats_are_limited() -> None:
    images = np.array([0, 7, 255], np.uint8).reshape(3, 1, 1, 1)
    assert {0, 7, 255} <= set(contact_sheet(images).ravel().tolist())
    floats = np.array([-3.0, 5.0]).reshape(2, 1, 1, 1)
    assert {0, 255} <= set(contact_sheet(floats).ravel().tolist())
