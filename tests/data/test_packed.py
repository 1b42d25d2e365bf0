"""Packed sets: opened as they were packed, and every damage a sentence that names the file."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from failing_disk import FailingDisk

from latentlab.base.errors import DataError
from latentlab.data import packed as module
from latentlab.data.arrays import open_arrays
from latentlab.data.packed import open_packed, pack_images
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Origin, Skipped
from latentlab.images.treatment import TreatmentOptions

NAMES = ("a/1.png", "žluť/数.png", "b\udcff.png", "", "x" * 300, "two\nlines.png")
DATA = ImageSet(
    name="some",
    title="Some",
    images=np.random.default_rng(0).integers(0, 256, (6, 4, 5, 1), np.uint8),
    labels=np.array([0, 1, 1, -1, 0, 1], np.int32),
    class_names=("cat", "dog"),
    origin=Origin(
        root="/pictures",
        files=NAMES,
        skipped=(Skipped("c.txt", "not a picture"), Skipped("d\udcfe", "empty file")),
        source_sizes={(640, 480): 5, (1, 1): 1},
        source_modes={"L": 6},
        num_duplicates=1,
        splits=np.array([0, 0, 0, 1, 2, 0], np.int8),
        treatment=TreatmentOptions(5, 4, "grey"),
    ),
)
FILES = ("manifest.json", "images.npy", "labels.npy", "splits.npy", "file_ends.npy", "files.npy")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "set"
    pack_images(DATA, path)
    return path


@pytest.fixture
def packed(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "set"))


def test_a_round_trip(packed: Path) -> None:
    again = open_packed(packed)
    assert DATA.origin is not None
    assert again.origin is not None
    np.testing.assert_array_equal(again.images, DATA.images)
    np.testing.assert_array_equal(again.labels, DATA.labels)
    np.testing.assert_array_equal(again.origin.splits, DATA.origin.splits)
    assert again.class_names == DATA.class_names
    assert again.fingerprint == DATA.fingerprint
    assert tuple(again.origin.files) == NAMES
    assert again.origin.files[2] == NAMES[2]
    assert again.origin.files[-1] == NAMES[-1]
    assert again.origin.files[1:4] == list(NAMES[1:4])
    for field in ("root", "skipped", "source_sizes", "source_modes", "num_duplicates", "treatment"):
        assert getattr(again.origin, field) == getattr(DATA.origin, field), field


def use(data: ImageSet) -> None:
    """Read all that there is, as the window and the commands do sooner or later."""
    assert data.images[:].shape == data.images.shape
    assert data.fingerprint is not None
    data.title.encode()
    for index in range(len(data)):
        data.class_name(index).encode()
    assert data.held_out(0.1).size >= 0
    if data.origin is not None:
        assert len(list(data.origin.files)) == len(data)


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        use(open_packed(path))
    assert "\n" not in caught.value.sentence
    caught.value.details.encode("utf-8", "backslashreplace")
    return caught.value.sentence


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    change(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest))


MANIFESTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no title": lambda m: m.pop("title"),
    "a title that is none": lambda m: m.update(title=[1]),
    "names that are none": lambda m: m.update(class_names=5),
    "names of numbers": lambda m: m.update(class_names=[1, 2]),
    "too few names": lambda m: m.update(class_names=["cat"]),
    "another shape": lambda m: m.update(image_shape=[4, 5, 3]),
    "a shape of text": lambda m: m.update(image_shape="456"),
    "no fingerprint": lambda m: m.update(fingerprint=None),
    "a version of text": lambda m: m.update(version="1"),
    "version 0": lambda m: m.update(version=0),
    "an origin of text": lambda m: m.update(origin="here"),
    "an origin of nothing": lambda m: m.update(origin={}),
    "skipped by one": lambda m: m["origin"].update(skipped=[["a"]]),
    "skipped numbers": lambda m: m["origin"].update(skipped=[[1, 2]]),
    "sizes of infinity": lambda m: m["origin"].update(source_sizes=[[1e999, 2, 3]]),
    "sizes of a huge number": lambda m: m["origin"].update(source_sizes=[[10**400, 2, 3]]),
    "sizes below zero": lambda m: m["origin"].update(source_sizes=[[-1, 2, 3]]),
    "modes in a list": lambda m: m["origin"].update(source_modes=["L"]),
    "duplicates that are no number": lambda m: m["origin"].update(num_duplicates=float("nan")),
    "a treatment of text": lambda m: m["origin"].update(treatment="cut"),
    "a treatment out of range": lambda m: m["origin"]["treatment"].update(width=10**9),
    "a treatment of another word": lambda m: m["origin"]["treatment"].update(fit="magic"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_wrong_manifest_is_refused(packed: Path, name: str) -> None:
    edited(packed, MANIFESTS[name])
    assert (
        "labels.npy" in refusal(packed)
        or "manifest.json" in refusal(packed)
        or ("images.npy" in refusal(packed))
    )


def test_a_newer_version_is_named(packed: Path) -> None:
    edited(packed, lambda m: m.update(version=99, title=None))
    assert "newer version" in refusal(packed)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00 nothing",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
        b"\x80\x04pickled",
        b"\xff" * 5000,
    ],
    ids=range(8),
)
def test_any_file_that_is_damaged_is_named(packed: Path, name: str, content: bytes) -> None:
    (packed / name).write_bytes(content)
    assert name in refusal(packed)


def with_header(text: str, content: bytes = bytes(1000)) -> bytes:
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + content


HEADERS = {
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (6,), }",
    "records": "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (6,), }",
    "a call": "{'descr': __import__('os').abort(), 'fortran_order': False, 'shape': (6,), }",
    "another kind": "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }",
    "turned": "{'descr': '<i4', 'fortran_order': True, 'shape': (6, 1), }",
    "too large": "{'descr': '<i4', 'fortran_order': False, 'shape': (999999999999999999,), }",
    "too long": "{'descr': '<i4', 'fortran_order': False, 'shape': (" + "9" * 50 + ",), }",
    "negative": "{'descr': '<i4', 'fortran_order': False, 'shape': (-6,), }",
    "no sizes": "{'descr': '<i4', 'fortran_order': False, 'shape': (), }",
    "nothing": "{'descr': '<i4', 'fortran_order': False, 'shape': (0,), }",
    "another size": "{'descr': '<i4', 'fortran_order': False, 'shape': (7,), }",
    "wide text": "{'descr': '<U999999999', 'fortran_order': False, 'shape': (6,), }",
    "nested": "{'descr': '" + "(" * 60 + "', 'fortran_order': False, 'shape': (6,)}",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("name", FILES[1:5])
def test_a_header_that_does_not_fit_is_refused(packed: Path, name: str, header: str) -> None:
    (packed / name).write_bytes(with_header(HEADERS[header]))
    assert name in refusal(packed)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("labels.npy", np.array([0, 1, 2, 0, 0, 0], np.int32)),
        ("labels.npy", np.array([0, 1, -2, 0, 0, 0], np.int32)),
        ("labels.npy", np.full(6, 2**31 - 1, np.int32)),
        ("splits.npy", np.array([0, 1, 3, 0, 0, 0], np.int8)),
        ("splits.npy", np.array([0, 1, -1, 0, 0, 0], np.int8)),
        ("file_ends.npy", np.array([5, 4, 6, 7, 8, 9])),
        ("file_ends.npy", np.arange(6)),
        ("file_ends.npy", np.full(6, 2**62)),
        ("file_ends.npy", np.array([-1, 4, 6, 7, 8, 9])),
    ],
)
def test_numbers_out_of_range_are_refused(packed: Path, name: str, values: Any) -> None:
    np.save(packed / name, values)
    assert name in refusal(packed)


def test_names_that_are_no_text_are_read(packed: Path) -> None:
    content = bytearray((packed / "files.npy").read_bytes())
    content[128:] = b"\xff" * (len(content) - 128)
    (packed / "files.npy").write_bytes(content)
    origin = open_packed(packed).origin
    assert origin is not None
    assert "".join(origin.files) == "\udcff" * (len(content) - 128)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("name", FILES)
def test_a_pipe_is_refused_and_not_waited_for(packed: Path, name: str) -> None:
    (packed / name).unlink()
    os.mkfifo(packed / name)
    assert name in refusal(packed)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(packed: Path, name: str) -> None:
    (packed / name).unlink()
    if name in ("labels.npy", "splits.npy"):  # these are not always there
        use(open_packed(packed))
    else:
        assert name in refusal(packed)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_shrinks_while_it_is_open_is_an_error_of_that_use_alone(
    packed: Path, name: str
) -> None:
    data = open_packed(packed)
    os.truncate(packed / name, 130)
    if name in ("images.npy", "files.npy"):
        with pytest.raises(DataError, match="has become shorter"):
            use(data)
    else:  # read when it was opened
        use(data)


def mutated(rng: random.Random, content: bytes) -> bytes:
    """Change, remove or repeat some of the bytes, most of them in the header."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if not changed:
            break
        at = rng.randrange(min(len(changed), 200) if rng.random() < 0.7 else len(changed))
        match rng.randrange(5):
            case 0:
                changed[at] = rng.randrange(256)
            case 1:
                changed[at] ^= 1 << rng.randrange(8)
            case 2:
                del changed[at : at + rng.randint(1, 40)]
            case 3:
                changed[at:at] = changed[at : at + rng.randint(1, 40)]
            case _:
                changed[at : at + 1] = rng.choice([b"0", b"9" * 30, b"-", b"}", b'"', b"[", b"1e9"])
    return bytes(changed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", FILES)
def test_mutations_are_opened_or_refused(packed: Path, name: str, seed: int) -> None:
    rng = random.Random(f"{name} {seed}")
    content = (packed / name).read_bytes()
    for _ in range(20):
        (packed / name).write_bytes(mutated(rng, content))
        try:
            use(open_packed(packed))
        except DataError as error:
            assert "\n" not in error.sentence


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EIO, "input/output error"),
        (errno.EROFS, "read-only file system"),
        (errno.EDQUOT, "the disk is full"),
    ],
)
def test_a_disk_that_refuses_any_step_leaves_nothing_behind(
    tmp_path: Path, code: int, words: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = FailingDisk(patch, (module,), None, code)
        pack_images(DATA, tmp_path / "counted")
    assert disk.steps > 20
    shutil.rmtree(tmp_path / "counted")
    for fail_at in range(disk.steps):
        with pytest.MonkeyPatch.context() as patch:
            FailingDisk(patch, (module,), fail_at, code, for_good=fail_at % 2 == 0)
            with pytest.raises(DataError, match=f"“set” cannot be written: {words}"):
                pack_images(DATA, tmp_path / "set")
        assert list(tmp_path.iterdir()) == [], f"step {fail_at}"
    pack_images(DATA, tmp_path / "set")
    use(open_packed(tmp_path / "set"))


def test_data_that_shrink_while_they_are_packed_leave_nothing_behind(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", DATA.images)
    data = open_arrays(tmp_path / "a.npy")
    os.truncate(tmp_path / "a.npy", 150)
    with pytest.raises(DataError, match="has become shorter"):
        pack_images(data, tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
