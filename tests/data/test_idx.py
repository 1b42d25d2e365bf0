from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from latentlab.base.errors import DataError
from latentlab.data.idx import is_idx, open_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 4, 5), np.uint8)
LABELS = np.array([3, 0, 1, 1, 9, 4, 3], np.uint8)
TRAIN, TEST = "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"
TRAIN_LABELS, TEST_LABELS = "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"


def idx_bytes(array: np.ndarray, *, kind: int = 8, shape: tuple[int, ...] | None = None) -> bytes:
    dims = array.shape if shape is None else shape
    return bytes([0, 0, kind, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + array.tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the four files of MNIST, in small."""
    (tmp_path / TRAIN).write_bytes(idx_bytes(IMAGES))
    (tmp_path / TRAIN_LABELS).write_bytes(idx_bytes(LABELS))
    (tmp_path / TEST).write_bytes(idx_bytes(255 - IMAGES[:2]))
    (tmp_path / TEST_LABELS).write_bytes(idx_bytes(LABELS[:2]))
    return tmp_path


def test_a_file_with_the_labels_beside_it(folder: Path) -> None:
    data = open_idx(folder / TRAIN)
    np.testing.assert_array_equal(data.images, IMAGES[..., None])
    assert data.labels is not None
    assert data.labels.tolist() == LABELS.tolist()
    assert data.labels.dtype == np.int32
    assert data.class_names == tuple("0123456789")
    assert data.class_name(4) == "9"
    assert data.name == str(folder / TRAIN)


def test_a_folder_puts_training_and_test_together(folder: Path) -> None:
    data = open_idx(folder)
    np.testing.assert_array_equal(data.images[:7, ..., 0], IMAGES)
    np.testing.assert_array_equal(data.images[7:, ..., 0], 255 - IMAGES[:2])
    assert data.labels is not None
    assert data.labels.tolist() == [*LABELS, *LABELS[:2]]
    assert data.title == folder.name


@pytest.mark.parametrize("zipped", [(TRAIN,), (TRAIN_LABELS,), (TRAIN, TRAIN_LABELS, TEST)])
def test_gzipped_files_are_the_same(folder: Path, zipped: tuple[str, ...]) -> None:
    expected = open_idx(folder)
    for name in zipped:
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    data = open_idx(folder)
    assert data.fingerprint == expected.fingerprint
    assert data.labels is not None
    assert expected.labels is not None
    assert data.labels.tolist() == expected.labels.tolist()
    assert is_idx(folder / f"{zipped[0]}.gz")


def test_a_file_and_its_gzipped_copy_count_once(folder: Path) -> None:
    (folder / f"{TRAIN}.gz").write_bytes(gzip.compress((folder / TRAIN).read_bytes()))
    assert len(open_idx(folder)) == 9


def test_the_content_tells_whether_a_file_is_gzipped(folder: Path) -> None:
    (folder / TRAIN).write_bytes(gzip.compress((folder / TRAIN).read_bytes()))
    np.testing.assert_array_equal(open_idx(folder / TRAIN).images[..., 0], IMAGES)


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_has_four_dimensions(tmp_path: Path, channels: int) -> None:
    pixels = np.arange(2 * 3 * 4 * channels, dtype=np.uint8).reshape(2, 3, 4, channels)
    (tmp_path / "images-idx4-ubyte").write_bytes(idx_bytes(pixels))
    data = open_idx(tmp_path / "images-idx4-ubyte")
    np.testing.assert_array_equal(data.images, pixels)
    assert data.labels is None
    assert data.class_names == ()


def test_without_labels_for_all_files_there_are_none(folder: Path) -> None:
    (folder / TEST_LABELS).unlink()
    assert open_idx(folder).labels is None
    assert open_idx(folder / TRAIN).labels is not None


def test_fashion_has_its_names(folder: Path) -> None:
    home = folder / "Fashion-MNIST"
    home.mkdir()
    for name in (TRAIN, TRAIN_LABELS):
        (folder / name).rename(home / name)
    assert open_idx(home).class_name(0) == "Dress"


def test_a_single_file_of_any_name(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(idx_bytes(IMAGES))
    assert is_idx(tmp_path / "pictures")
    data = open_idx(tmp_path / "pictures")
    assert len(data) == 7
    assert data.labels is None


GOOD = idx_bytes(IMAGES)

REFUSED = {
    "empty": (b"", "not an IDX file"),
    "text": (b"hello, these are no pictures at all", "not an IDX file"),
    "header only": (GOOD[:16], "cut short"),
    "cut in the header": (GOOD[:11], "not an IDX file"),
    "cut in the magic": (GOOD[:3], "not an IDX file"),
    "cut in the pixels": (GOOD[:-1], "cut short"),
    "something follows": (GOOD + b"x", "followed by something else"),
    "floats": (idx_bytes(IMAGES, kind=0x0D), "not an IDX file"),
    "no dimensions": (bytes([0, 0, 8, 0]), "not an IDX file"),
    "too many dimensions": (bytes([0, 0, 8, 200]) + bytes(900), "not an IDX file"),
    "labels": (idx_bytes(LABELS), "holds no images"),
    "two dimensions": (idx_bytes(IMAGES[0]), "holds no images"),
    "no images": (idx_bytes(IMAGES[:0]), "holds no images"),
    "no pixels": (idx_bytes(IMAGES[:, :, :0]), "holds no images"),
    "two channels": (idx_bytes(np.zeros((2, 3, 4, 2), np.uint8)), "2 channels"),
    "huge": (idx_bytes(IMAGES, shape=(2**32 - 1, 2**16, 2**16)), "too much"),
    "large": (idx_bytes(IMAGES, shape=(2**20, 64, 64)), "cut short"),
    "gzip cut short": (gzip.compress(GOOD)[:-9], "damaged"),
    "gzip damaged": (gzip.compress(GOOD)[:30] + bytes(60), "damaged"),
    "gzip of text": (gzip.compress(b"hello"), "not an IDX file"),
    "gzip of a huge claim": (
        gzip.compress(idx_bytes(IMAGES, shape=(2**20, 64, 64))),
        "cut short",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    content, words = REFUSED[name]
    path = tmp_path / "bad-images-idx3-ubyte"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            open_idx(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert words in caught.value.sentence
    assert "bad-images-idx3-ubyte" in caught.value.sentence
    assert caught.value.sentence.count("\n") == 0
    assert peak < 50 * 2**20, "no memory is taken on the word of a header"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (idx_bytes(LABELS[:5]), "5 labels for 7 images"),
        (idx_bytes(IMAGES), "labels for 7 images"),
        (b"junk", "not an IDX file"),
        (idx_bytes(LABELS)[:-2], "cut short"),
    ],
)
def test_labels_that_do_not_fit_are_refused(folder: Path, labels: bytes, words: str) -> None:
    (folder / TRAIN_LABELS).write_bytes(labels)
    with pytest.raises(DataError, match=words):
        open_idx(folder / TRAIN)


def test_files_of_different_sizes_are_refused(folder: Path) -> None:
    (folder / TEST).write_bytes(idx_bytes(IMAGES[:2, :3]))
    with pytest.raises(DataError, match="different sizes"):
        open_idx(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / TRAIN)
    (tmp_path / "sub-idx3-ubyte").mkdir()
    assert not is_idx(tmp_path)


def test_every_changed_byte_is_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    packed = gzip.compress(GOOD, mtime=0)
    path = tmp_path / "x-images-idx3-ubyte"
    for content in (GOOD, packed):
        for _ in range(300):
            mutated = bytearray(content)
            for place in rng.integers(0, min(len(content), 40), rng.integers(1, 4)):
                mutated[place] = rng.integers(0, 256)
            path.write_bytes(mutated)
            try:
                data = open_idx(path)
            except DataError:
                continue
            assert data.images.dtype == np.uint8
            assert data.images.size == data.images.nbytes > 0
