"""Images in a file: indexed as an array is, and an error instead of an end when it shrinks."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.data.regular_file import RegularFile
from latentlab.data.stored_images import StoredImages

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 6, 5, 3), np.uint8)
START = 128


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "images.npy"
    path.write_bytes(bytes(START) + PIXELS.tobytes())
    return path


@pytest.fixture
def images(path: Path) -> StoredImages:
    return StoredImages(RegularFile(path), START, (40, 6, 5, 3))


INDICES: list[Any] = [
    0,
    39,
    -1,
    np.int64(7),
    np.array(7),
    slice(None),
    slice(3, 20),
    slice(30, 100),
    slice(-5, None),
    slice(20, 3),
    slice(None, None, 3),
    slice(None, None, -1),
    [4, 4, 1],
    [],
    np.array([0, 1, 2, 9, 10, 3]),
    np.array([-1, 0, -40]),
    np.array([[1, 2], [3, 4]]),
    np.array([5], np.uint8),
    np.arange(40) % 3 == 0,
    np.zeros(40, bool),
    (3, 2),
    (slice(2, 5), slice(1, 4)),
    (slice(2, 5), slice(None, None, 2)),
    (slice(2, 5), slice(4, 2)),
    (slice(None), 0),
    (np.array([3, 30, 31]), slice(2, 4), slice(0, 2)),
    (np.array([3, 30, 31]), slice(None), slice(1, 3), 2),
    (7, slice(1, 3), slice(0, 2)),
    (slice(None), [0, -1]),
    (slice(None), slice(None), [0, -1]),
    (Ellipsis, 0),
    (),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_it_is_indexed_as_an_array(images: StoredImages, index: Any) -> None:
    np.testing.assert_array_equal(images[index], PIXELS[index], strict=True)


@pytest.mark.parametrize("index", [40, -41, [0, 40], [-41], 0.5, [0.5], np.zeros(39, bool), "a"])
def test_what_an_array_refuses_is_refused(images: StoredImages, index: Any) -> None:
    with pytest.raises((IndexError, TypeError, ValueError)):
        PIXELS[index]
    with pytest.raises((IndexError, TypeError, ValueError)):
        images[index]


def test_its_sizes_are_those_of_an_array(images: StoredImages) -> None:
    assert (images.shape, images.ndim, images.dtype) == (PIXELS.shape, 4, PIXELS.dtype)
    assert (images.nbytes, len(images)) == (PIXELS.nbytes, 40)
    np.testing.assert_array_equal(np.asarray(images), PIXELS)
    assert np.asarray(images, np.float32).dtype == np.float32


def test_what_is_taken_is_the_receivers_own(images: StoredImages) -> None:
    taken: NDArray[np.uint8] = images[3]
    taken[:] = 0
    np.testing.assert_array_equal(images[3], PIXELS[3])


def test_a_file_that_shrinks_costs_what_is_gone_and_nothing_else(
    images: StoredImages, path: Path
) -> None:
    os.truncate(path, START + 20 * 90 + 10)
    np.testing.assert_array_equal(images[:20], PIXELS[:20])
    for index in (20, slice(None), [0, 25], (slice(None), slice(0, 1))):
        with pytest.raises(DataError, match=r"“images\.npy” has become shorter"):
            images[index]
    os.truncate(path, 0)
    with pytest.raises(DataError, match="has become shorter"):
        images[0]
    path.unlink()
    with pytest.raises(DataError, match="has become shorter"):
        images[0]


def test_a_disk_that_fails_is_named(images: StoredImages, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail, raising=False)
    with pytest.raises(DataError, match=r"“images\.npy” cannot be read any more: input/output"):
        images[0]


def test_it_reads_the_same_where_the_system_cannot_read_at_a_place(
    images: StoredImages, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "preadv", raising=False)
    np.testing.assert_array_equal(images[[5, 30, 2]], PIXELS[[5, 30, 2]])
    os.truncate(path, START)
    with pytest.raises(DataError, match="has become shorter"):
        images[0]


def test_a_read_that_gives_less_than_asked_goes_on(
    images: StoredImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = os.preadv

    def sparing(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        return read(descriptor, [buffers[0][:7]], offset)

    monkeypatch.setattr(os, "preadv", sparing)
    np.testing.assert_array_equal(images[2:9], PIXELS[2:9])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_only_regular_files_are_read_and_none_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(ValueError, match="not a regular file"):
            RegularFile(path)


def test_the_file_is_closed_when_the_images_go(path: Path) -> None:
    file = RegularFile(path)
    descriptor = file._descriptor
    images = StoredImages(file, START, (40, 6, 5, 3))
    del file
    assert images[0].shape == (6, 5, 3)
    del images
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
