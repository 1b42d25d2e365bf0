from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from latentlab.base.bundled import BUNDLED_DATA
from latentlab.base.errors import DataError
from latentlab.data.catalog import is_data, is_known_name, open_data
from latentlab.data.downloads.known import KNOWN_DATA

DIGIT_COUNTS = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
GREY = np.zeros((3, 4, 5), np.uint8)
IDX = bytes([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]) + GREY.tobytes()


def test_the_bundled_digits() -> None:
    digits = open_data("digits")
    assert digits.images.shape == (10_000, 28, 28, 1)
    assert digits.images.dtype == np.uint8
    assert digits.labels is not None
    assert digits.labels.dtype == np.int32
    assert np.bincount(digits.labels).tolist() == DIGIT_COUNTS
    assert digits.class_names == tuple("0123456789")
    assert (digits.name, digits.title) == ("digits", "Digits")
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    ink = digits.images.reshape(10_000, -1).mean(1)
    assert (ink > 1).all(), "no image is empty"
    assert ink[digits.labels == 1].mean() < 0.6 * ink[digits.labels == 0].mean()


def test_a_name_is_not_hidden_by_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digits").write_bytes(IDX)
    assert len(open_data("digits")) == 10_000
    assert len(open_data("./digits")) == 3


def test_files_are_told_apart_by_what_they_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=GREY)
    np.save(tmp_path / "B.NPY", GREY)
    (tmp_path / "c-images-idx3-ubyte").write_bytes(IDX)
    (tmp_path / "d").write_bytes(gzip.compress(IDX))
    for path in (*sorted(tmp_path.iterdir()), tmp_path):
        assert is_data(path)
        assert open_data(path).image_shape == (4, 5, 1)
        assert len(open_data(str(path))) == 3


def test_the_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    np.save(tmp_path / "a.npy", GREY)
    assert len(open_data("~/a.npy")) == 3


def test_names_of_sets_are_told_from_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*BUNDLED_DATA, *KNOWN_DATA, "shapes:12", "shapes:12:3", "shapes:bad"):
        assert is_known_name(name)
        assert not is_known_name(f"./{name}")
        np.save(tmp_path / "new.npy", GREY)
        (tmp_path / "new.npy").replace(tmp_path / name.replace(":", "-"))
    for name in ("", "digits-vae", "digits.npz", "shape", "Emoji", "mnist/"):
        assert not is_known_name(name)
    with pytest.raises(DataError, match="latentlab data get mnist"):
        open_data("mnist")  # which a file of that name does not hide either
    assert len(open_data("shapes:12:3")) == 12


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "There is no data set or file “missing”; bundled sets are: digits, emoji, "),
        ("", "is empty"),  # it would be the current folder
        ("n" * 300, "There is no data set or file"),
        ("null\0byte", "There is no data set or file"),
        ("~nobody-of-this-name/x", "There is no data set or file"),
        ("text.txt", "“text.txt” is not a data set that can be opened"),
        ("empty", "“empty” is not a data set"),
        ("folder", "“folder” holds no pictures"),
        ("folder.npz", "“folder.npz” holds no pictures"),
        ("model.safetensors", "is not a data set"),
        ("broken", "There is no data set or file"),
    ],
)
def test_what_is_no_data_set_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("hello")
    Path("empty").touch()
    Path("folder").mkdir()
    Path("folder.npz").mkdir()
    Path("model.safetensors").write_bytes((16).to_bytes(8, "little") + b"{}".ljust(16))
    Path("broken").symlink_to("nowhere")
    with pytest.raises(DataError) as caught:
        open_data(name)
    assert words in caught.value.sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", ["pipe", "pipe.npz", "pipe-idx3-ubyte"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match="neither a file nor a folder"):
        open_data(tmp_path / name)
    if not name.endswith(".npz"):
        assert not is_data(tmp_path / name)
