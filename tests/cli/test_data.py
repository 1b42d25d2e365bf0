from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import Refused, Shell

from latentlab.data.catalog import open_data
from latentlab.models.family.proposal import proposed_spec


def test_info_counts_what_a_file_holds(shell: Shell, blobs: Path) -> None:
    found = shell("data", "info", blobs, "--json").json
    assert found.pop("seconds") >= 0
    assert found.pop("recommended")["network"] == "mlp"
    assert "too few" in found.pop("warning")
    assert found == {
        "name": str(blobs),
        "title": "blobs",
        "num_images": 160,
        "num_skipped": 0,
        "skipped": [],
        "classes": ["3", "7", "9"],
        "class_counts": {"3": 54, "7": 53, "9": 53},
        "image_shape": [8, 7, 1],
        "source_sizes": [{"width": 7, "height": 8, "count": 160}],
        "num_duplicates": 0,
        "splits": {},
        "fingerprint": open_data(blobs).fingerprint,
    }
    answer = shell("data", "info", blobs)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "blobs: 160 images of 7 × 8 pixels, grey"
    assert lines[1] == "3 classes"
    assert lines[2].split() == ["3", "54"]


def test_info_advises_what_train_takes_of_itself(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "few.npy"
    np.save(path, np.zeros((12, 16, 16, 3), np.uint8))
    found = shell("data", "info", path, "--json").json
    spec = proposed_spec((16, 16, 3), 12)
    assert found["recommended"]["network"] == spec.network == "conv"
    assert found["recommended"]["epochs"] == spec.epochs
    assert tuple(found["recommended"]["channels"]) == spec.channels
    assert "hidden" not in found["recommended"]
    assert found["warning"].startswith("Only 12 images: too few")
    said = shell("data", "info", path).out
    assert "recommended for training: objective variational, network conv" in said
    assert "too few, a model will memorise them" in said


def test_info_of_a_colour_picture_without_class(shell: Shell, tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros((1, 3, 5, 3), np.uint8))
    answer = shell("data", "info", tmp_path / "one.npy")
    assert answer.code == 0
    assert answer.out.startswith("one: 1 image of 5 × 3 pixels, colour\nno classes\n")


def test_names_of_others_move_no_cursor(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "a\n\x1b[31mb.npz"
    np.savez(path, x=np.zeros((2, 3, 3), np.uint8), y=np.array(["\x1b[2J", "x\ny"]))
    answer = shell("data", "info", path)
    assert answer.code == 0
    assert "\x1b" not in answer.out
    assert len(answer.out.splitlines()) == 7
    assert shell("data", "info", path, "--json").json["class_counts"] == {"\x1b[2J": 1, "x\ny": 1}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "data list"),
        (["bogus"], "“bogus” has no meaning here"),
        (["list", "more"], "“more” has no meaning here"),
        (["info"], "“latentlab data info” needs DATA"),
        (["info", "nothing.npz"], "There is no data set or file “nothing.npz”"),
        (["info", "digits", "--jsn"], "--jsn"),
        (["info", __file__], "is not a data set that can be opened"),
        (["info", "x" * 5000], "There is no data set or file"),
    ],
)
def test_wrong_use_is_one_sentence(words: list[str], expected: str, refused: Refused) -> None:
    assert expected in refused("data", *words)


def _save_objects(path: Path) -> None:
    np.savez(path, x=np.array([{}], object))


def _save_floats(path: Path) -> None:
    np.savez(path, x=np.zeros((2, 3, 3)))


def _save_half(path: Path) -> None:
    np.savez(path, x=np.zeros((9, 30, 30), np.uint8))
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize("save", [_save_objects, _save_floats, _save_half])
def test_files_that_hold_no_pictures(
    save: Callable[[Path], None], tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "bad.npz"
    save(path)
    assert "“bad.npz”" in refused("data", "info", path)
    assert "“bad.npz”" in refused("train", path, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_pipe_is_not_waited_for(tmp_path: Path, refused: Refused) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "pipe.npz")
    assert "neither a file nor a folder" in refused("data", "info", tmp_path / "pipe.npz")


def test_the_number_of_classes_is_that_of_the_labels(shell: Shell, tmp_path: Path) -> None:
    labels: Any = np.array(["b", "a", "b"])
    np.savez(tmp_path / "named.npz", x=np.zeros((3, 2, 2), np.uint8), y=labels)
    found = shell("data", "info", tmp_path / "named.npz", "--json").json
    assert found["classes"] == ["a", "b"]
    assert found["class_counts"] == {"a": 1, "b": 2}
