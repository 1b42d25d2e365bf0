from __future__ import annotations

import dataclasses
import gzip
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from file_server import FileServer, serving, whole

from latentlab.base.errors import DataError
from latentlab.base.folders import data_folder
from latentlab.data.downloads import known as module
from latentlab.data.downloads.known import (
    KNOWN_DATA,
    KNOWN_SETS,
    KnownSet,
    fetch,
    known_set,
    open_known,
)
from latentlab.data.downloads.remote_file import RemoteFile


def idx(values: np.ndarray) -> bytes:
    shape = np.array(values.shape, ">u4").tobytes()
    return gzip.compress(bytes([0, 0, 8, values.ndim]) + shape + values.tobytes(), mtime=0)


RNG = np.random.default_rng(0)
CONTENTS = {
    "train-images-idx3-ubyte.gz": idx(RNG.integers(0, 256, (6, 4, 5), np.uint8)),
    "train-labels-idx1-ubyte.gz": idx(np.arange(6, dtype=np.uint8)),
    "t10k-images-idx3-ubyte.gz": idx(RNG.integers(0, 256, (3, 4, 5), np.uint8)),
    "t10k-labels-idx1-ubyte.gz": idx(np.array([9, 0, 1], np.uint8)),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    with serving() as running:
        running.answers |= {f"/{name}": whole(content) for name, content in CONTENTS.items()}
        yield running


@pytest.fixture
def small(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> KnownSet:
    """Fashion-MNIST with a few small images, from a server here."""
    files = tuple(
        RemoteFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    )
    small = dataclasses.replace(known_set("fashion-mnist"), mirrors=(server.url("/"),), files=files)
    monkeypatch.setattr(module, "KNOWN_SETS", (small,))
    return small


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(CONTENTS[name])


@pytest.mark.parametrize("known", KNOWN_SETS, ids=KNOWN_DATA)
def test_the_table_is_complete(known: KnownSet) -> None:
    assert [file.name for file in known.files] == list(CONTENTS)
    assert len(known.class_names) == len(set(known.class_names)) == 10
    assert len(known.mirrors) > 1
    for mirror in known.mirrors:
        assert mirror.startswith(("https://", "http://"))
        assert mirror.endswith("/")
    assert known.mirrors[0].startswith("https://")
    for file in known.files:
        assert set(file.sha256) <= set("0123456789abcdef")
        assert len(file.sha256) == 64
        # Pixels of the training set can hardly be packed below a tenth or above their own size.
        low, high = {"train": (28_000, 47_040_016), "t10k-": (4_500, 7_840_016)}[file.name[:5]]
        assert low < file.size < high
    checksums = [file.sha256 for other in KNOWN_SETS for file in other.files]
    assert len(set(checksums)) == len(checksums)


@pytest.mark.parametrize("name", KNOWN_DATA)
def test_what_is_not_here_says_how_it_comes_here(name: str) -> None:
    with pytest.raises(DataError) as caught:
        open_known(name)
    sentence = caught.value.sentence
    assert f"“latentlab data get {name}”" in sentence
    assert str(data_folder() / "downloads" / name) in sentence
    assert all(file in sentence for file in CONTENTS)
    assert not known_set(name).is_here
    assert not data_folder().exists(), "asking makes no folders"


def test_what_is_downloaded_can_be_opened(small: KnownSet, server: FileServer) -> None:
    steps = list(fetch(small))
    assert steps[-1].done_bytes == small.num_bytes == sum(map(len, CONTENTS.values()))
    assert all(step.total_bytes == small.num_bytes for step in steps)
    done = [step.done_bytes for step in steps]
    assert done == sorted(done)
    assert small.is_here
    images = open_known("fashion-mnist")
    assert (images.name, images.title) == ("fashion-mnist", "Fashion-MNIST")
    assert images.image_shape == (4, 5, 1)
    assert images.labels is not None
    assert images.labels.tolist() == [*range(6), 9, 0, 1], "training first, then test"
    assert [images.class_name(place) for place in (0, 6)] == ["T-shirt/top", "Ankle boot"]
    assert sorted(path.name for path in small.folder.iterdir()) == sorted(CONTENTS)
    server.asked.clear()
    assert [step.bytes_per_s for step in fetch(small)] == [0.0] * 4
    assert server.asked == [], "what is here and intact is not downloaded again"


def test_a_damaged_file_is_downloaded_again(small: KnownSet, server: FileServer) -> None:
    put(small.folder, *CONTENTS)
    path = small.folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    list(fetch(small))
    assert [asked for asked, _ in server.asked] == ["/t10k-images-idx3-ubyte.gz"]
    assert path.read_bytes() == CONTENTS[path.name]


def test_files_put_there_by_hand_unpacked_are_taken(small: KnownSet, server: FileServer) -> None:
    put(small.folder, *CONTENTS)
    for path in list(small.folder.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert small.is_here
    list(fetch(small))
    assert server.asked == []
    assert len(open_known("fashion-mnist")) == 9


def test_a_download_that_was_stopped_is_not_taken_for_data(
    small: KnownSet, server: FileServer
) -> None:
    put(small.folder, *CONTENTS)
    lost = small.folder / "train-images-idx3-ubyte.gz"
    lost.unlink()
    server.answers[f"/{lost.name}"] = whole(CONTENTS[lost.name], stop_after=20)
    steps = fetch(small)
    next(steps)
    steps.close()
    assert not small.is_here
    with pytest.raises(DataError, match="data get fashion-mnist"):
        open_known("fashion-mnist")
    shutil.copy(small.folder / "partial" / f"{lost.name}.part", small.folder.parent)
    put(small.folder, lost.name)
    assert len(open_known("fashion-mnist")) == 9


def test_a_failure_keeps_what_is_complete(small: KnownSet, server: FileServer) -> None:
    del server.answers["/t10k-labels-idx1-ubyte.gz"]
    with pytest.raises(DataError, match="“t10k-labels"):
        list(fetch(small))
    assert len(list(small.folder.glob("*.gz"))) == 3
    assert not small.is_here
