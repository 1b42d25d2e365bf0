from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.base.errors import DataError
from latentlab.data import arrays
from latentlab.data.arrays import open_arrays
from latentlab.data.stored_images import StoredImages

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 4, 5), np.uint8)
COLOUR = RNG.integers(0, 256, (6, 4, 5, 3), np.uint8)


def npz(path: Path, **content: Any) -> Path:
    np.savez(path, **content)
    return path


@pytest.mark.parametrize("name", ["x", "images"])
@pytest.mark.parametrize("images", [GREY, GREY[..., None], COLOUR])
def test_images_of_an_archive(tmp_path: Path, name: str, images: np.ndarray) -> None:
    data = open_arrays(npz(tmp_path / "cats.npz", **{name: images}))
    np.testing.assert_array_equal(data.images, images.reshape(6, 4, 5, -1))
    assert data.images.ndim == 4
    assert data.labels is None
    assert data.title == "cats"
    assert data.name == str(tmp_path / "cats.npz")


def test_a_compressed_archive(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=GREY, y=np.arange(6))
    np.testing.assert_array_equal(open_arrays(tmp_path / "a.npz").images[..., 0], GREY)


@pytest.mark.parametrize("name", ["y", "labels"])
@pytest.mark.parametrize(
    ("labels", "codes", "names"),
    [
        ([7, 3, 3, 7, 1, 1], [2, 1, 1, 2, 0, 0], ("1", "3", "7")),
        (["b", "a", "a", "b", "b", "c"], [1, 0, 0, 1, 1, 2], ("a", "b", "c")),
        ([-1, 5, -1, 5, 5, 5], [0, 1, 0, 1, 1, 1], ("-1", "5")),
    ],
)
def test_labels_become_classes(
    tmp_path: Path, name: str, labels: list[Any], codes: list[int], names: tuple[str, ...]
) -> None:
    data = open_arrays(npz(tmp_path / "a.npz", x=GREY, **{name: np.array(labels)}))
    assert data.labels is not None
    assert data.labels.tolist() == codes
    assert data.class_names == names
    assert data.class_name(0) == str(labels[0])


@pytest.mark.parametrize("images", [GREY, COLOUR])
def test_the_images_of_a_single_array_stay_in_it(tmp_path: Path, images: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", images)
    data = open_arrays(tmp_path / "a.npy")
    assert isinstance(data.images, StoredImages)
    np.testing.assert_array_equal(data.images, images.reshape(6, 4, 5, -1))


def test_an_array_in_the_other_order_is_turned(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.asfortranarray(COLOUR))
    np.testing.assert_array_equal(open_arrays(tmp_path / "a.npy").images, COLOUR)


def test_labels_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    labels = np.array(["cat", "\ud800", "d\udcff", "cat", "cat", "cat"])
    npz(tmp_path / "a.npz", x=GREY, y=labels)
    data = open_arrays(tmp_path / "a.npz")
    assert sorted(data.class_names) == ["\\ud800", "cat", "d\\udcff"]


def test_labels_that_are_no_letters_are_refused(tmp_path: Path) -> None:
    npz(tmp_path / "a.npz", x=GREY, y=np.full(6, 0x7FFFFFFF, "<u4").view("<U1"))
    with pytest.raises(DataError, match="cannot be read"):
        open_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize(("wrong", "right"), [("a.npy", "a.npz"), ("a.npz", "a.npy")])
def test_the_content_decides_and_not_the_name(tmp_path: Path, wrong: str, right: str) -> None:
    if right == "a.npz":
        npz(tmp_path / right, x=GREY)
    else:
        np.save(tmp_path / right, GREY)
    (tmp_path / right).rename(tmp_path / wrong)
    np.testing.assert_array_equal(open_arrays(tmp_path / wrong).images[..., 0], GREY)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"x": GREY.astype(np.float32)}, "are float32; they must be uint8"),
        ({"x": GREY.astype(np.int64)}, "are int64"),
        ({"x": GREY > 3}, "are bool"),
        ({"x": GREY[0]}, "have the shape (4, 5)"),
        ({"x": GREY[None, :, None]}, "have the shape (1, 6, 1, 4, 5)"),
        ({"x": COLOUR[..., :2]}, "have the shape (6, 4, 5, 2)"),
        ({"x": np.uint8(3)}, "have the shape ()"),
        ({"x": GREY[:0]}, "holds no images"),
        ({"x": GREY[:, :0]}, "holds no images"),
        ({"x": GREY, "y": np.arange(5)}, "5 labels for 6 images"),
        ({"x": GREY, "labels": np.zeros((6, 2))}, "12 labels for 6 images"),
        ({"pixels": GREY, "z": GREY}, "it has: pixels, z"),
        ({}, "it has: nothing"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, content: dict[str, Any], words: str) -> None:
    path = npz(tmp_path / "odd.npz", **content)
    with pytest.raises(DataError) as caught:
        open_arrays(path)
    assert words in caught.value.sentence
    assert "odd.npz" in caught.value.sentence


class Trap:
    """Leaves a mark if it is ever unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self._mark,))


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("kind", ["pickle", "npy", "npz", "labels"])
def test_pickled_objects_are_refused_and_not_executed(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    mark = tmp_path / "executed"
    trap = np.array([Trap(mark)] * 6, dtype=object)
    buffer = io.BytesIO()
    if kind == "pickle":
        pickle.dump(trap, buffer)
    elif kind == "npy":
        np.save(buffer, trap, allow_pickle=True)
    elif kind == "npz":
        np.savez(buffer, x=trap)
    else:
        np.savez(buffer, x=GREY, y=trap)
    path = tmp_path / f"trap{suffix}"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="Python objects, which may run code"):
        open_arrays(path)
    assert not mark.exists()
    trap[0].__reduce__()[0](mark)
    assert mark.exists(), "the trap would have worked"


def saved(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def claimed(shape: tuple[int, ...]) -> bytes:
    """An array file whose header promises far more than follows."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue() + bytes(100)


ARRAY = saved(GREY)
ARCHIVE = zipped({"x.npy": ARRAY})
PACKED = zipped({"x.npy": ARRAY}, zipfile.ZIP_DEFLATED)

DAMAGED = {
    "empty": b"",
    "text": b"this is no array",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "array cut short": ARRAY[:-1],
    "array without pixels": ARRAY[:128],
    "array cut in the header": ARRAY[:40],
    "array of another version": ARRAY[:6] + b"\x09\x09" + ARRAY[8:],
    "array with a broken header": ARRAY.replace(b"'descr'", b"'descr"),
    "array that claims too much": claimed((10**6, 1000, 1000)),
    "array that claims less than nothing": claimed((-5, 4, 4)),
    "archive cut short": ARCHIVE[:-30],
    "archive cut in half": ARCHIVE[: len(ARCHIVE) // 2],
    "archive with changed pixels": ARCHIVE.replace(GREY.tobytes()[:20], bytes(20)),
    "archive with broken compression": PACKED[:60] + bytes(40) + PACKED[100:],
    "archive that claims too much": zipped({"x.npy": claimed((10**6, 1000, 1000))}),
    "archive of text": zipped({"x.npy": b"hello"}),
    "archive of a bare entry": zipped({"x": b"hello"}),
    "archive of an empty entry": zipped({"x.npy": b""}),
    "archive with nothing": zipped({}),
}


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(DAMAGED[name])
    with pytest.raises(DataError) as caught:
        open_arrays(path)
    assert path.name in caught.value.sentence
    assert "\n" not in caught.value.sentence
    assert "Python objects" not in caught.value.sentence


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MAX_BYTES", 10_000)
    np.savez_compressed(tmp_path / "bomb.npz", x=np.zeros((100, 20, 20), np.uint8))
    with pytest.raises(DataError, match="which is too much"):
        open_arrays(tmp_path / "bomb.npz")


def test_a_folder_or_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    for name in ("folder.npz", "missing.npy"):
        with pytest.raises(DataError, match="cannot be read"):
            open_arrays(tmp_path / name)


@pytest.mark.parametrize("content", [ARRAY, ARCHIVE, PACKED], ids=["array", "archive", "packed"])
def test_every_changed_byte_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "mutated.npz"
    # Where the headers are; changed pixels are just other pixels.
    places = np.r_[0 : min(len(content), 160), max(0, len(content) - 90) : len(content)]
    for _ in range(300):
        mutated = bytearray(content)
        for place in rng.choice(places, rng.integers(1, 4)):
            mutated[place] = rng.integers(0, 256)
        path.write_bytes(mutated)
        try:
            data = open_arrays(path)
        except DataError:
            continue
        assert data.images.dtype == np.uint8
        assert data.images.shape[-1] in (1, 3)
