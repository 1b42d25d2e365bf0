from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cli_shell import Refused, Shell

from latentlab.base.errors import DataError
from latentlab.data.downloads import download, known
from latentlab.data.downloads.known import KNOWN_DATA, known_set
from latentlab.data.downloads.remote_file import Progress, RemoteFile


def _written(
    file: RemoteFile, folder: Path, urls: Sequence[str], **more: Any
) -> Iterator[Progress]:
    """In place of the network: half the file, and then the file."""
    del urls, more
    yield Progress(file.size // 2, file.size, 1e6)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file.name).touch()
    yield Progress(file.size, file.size, 1e6)


def _interrupted(*words: Any, **more: Any) -> Iterator[Progress]:
    del words, more
    yield Progress(1, 100, 1.0)
    raise KeyboardInterrupt


def _offline(*words: Any, **more: Any) -> Iterator[Progress]:
    del words, more
    yield from ()
    raise DataError("“x.gz” could not be downloaded.")


def test_a_set_is_downloaded_into_the_folder_of_the_program(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    monkeypatch.setattr(download, "download", _written)
    answer = shell("data", "get", "kmnist", "--json")
    found = answer.json
    assert found.pop("seconds") >= 0
    assert found == {
        "name": "kmnist",
        "title": "Kuzushiji-MNIST",
        "licence": "CC BY-SA 4.0",
        "folder": str(own_folders / "data" / "downloads" / "kmnist"),
        "files": [file.name for file in known_set("kmnist").files],
        "num_bytes": 21_240_888,
        "was_here": False,
    }
    assert sorted(path.name for path in Path(found["folder"]).iterdir()) == sorted(found["files"])


def test_the_folder_is_the_answer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    monkeypatch.setattr(download, "download", _written)
    answer = shell("data", "get", "mnist")
    assert answer.code == 0
    assert answer.out == f"{own_folders / 'data' / 'downloads' / 'mnist'}\n"


def test_what_is_here_is_said_to_be(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "is_intact", lambda *_: True)
    answer = shell("data", "get", "mnist", "--json")
    assert answer.json["was_here"] is True
    assert answer.err == "MNIST is here already.\n"


def test_interrupting_is_no_fault(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "download", _interrupted)
    answer = shell("data", "get", "mnist")
    assert (answer.code, answer.out) == (130, "")


def test_without_a_network_one_sentence_is_the_answer(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "download", _offline)
    assert "could not be downloaded" in refused("data", "get", "mnist", code=1)


@pytest.mark.parametrize("name", ["digits", "imagenet", "MNIST", "../mnist", "x" * 5000])
def test_other_names_are_refused(name: str, refused: Refused) -> None:
    assert "what can be is: mnist, fashion-mnist, kmnist." in refused("data", "get", name)


def test_a_set_that_is_not_here_says_how_it_comes_here(refused: Refused) -> None:
    for words in (["data", "info"], ["train", "--out", "run"]):
        assert "“latentlab data get fashion-mnist”" in refused(*words, "fashion-mnist")


def test_the_list_names_bundled_and_known_sets(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_set("kmnist").folder.mkdir(parents=True)
    for file in known_set("kmnist").files:
        (known_set("kmnist").folder / file.name).touch()
    rows = shell("data", "list", "--json").json["data"]
    names = ["digits", "emoji", "shapes", *KNOWN_DATA]
    assert [row["name"] for row in rows] == names
    here = ["digits", "emoji", "shapes", "kmnist"]
    assert [row["name"] for row in rows if row["is_here"]] == here
    assert [row["name"] for row in rows if row["kind"] == "bundled"] == here[:3]
    assert rows[1] == {
        "name": "emoji",
        "title": "Emoji",
        "num_images": 1_892,
        "image_shape": [32, 32, 3],
        "kind": "bundled",
        "is_here": True,
    }
    answer = shell("data", "list")
    assert answer.code == 0
    assert answer.err == ""
    lines = answer.out.splitlines()
    shapes = next(line for line in lines if line.startswith("shapes "))
    assert shapes.endswith("6,000 images of 32 × 32, colour")
    assert any(line.startswith("mnist") and line.endswith("get mnist (12 MB)") for line in lines)
    assert any(line.startswith("kmnist") and line.endswith("is here") for line in lines)


def test_shapes_are_drawn_as_asked(shell: Shell, refused: Refused) -> None:
    found = shell("data", "info", "shapes:40:3", "--json").json
    assert (found["name"], found["num_images"]) == ("shapes:40:3", 40)
    assert found["classes"] == ["square", "ellipse", "heart", "triangle"]
    assert "whole number from 1 to 1,000,000" in refused("data", "info", "shapes:none")
