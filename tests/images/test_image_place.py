from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from latentlab.images.image_place import image_place, is_picture_file
from latentlab.images.origin import Origin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "a.PNG").write_bytes(b"picture")
    (tmp_path / "run.sh").write_bytes(b"no picture")
    (tmp_path / "all.zip").write_bytes(b"PK")
    return tmp_path


def test_a_file_of_a_folder_is_named_whole_and_may_be_opened(folder: Path) -> None:
    place = image_place(Origin(str(folder), ["cats/a.PNG"]), 0)
    assert place is not None
    assert (place.name, place.path) == ("a.PNG", folder / "cats" / "a.PNG")
    assert place.text == str(folder / "cats" / "a.PNG")
    assert place.can_open
    place.path.unlink()
    assert not place.can_open


def test_a_member_of_an_archive_names_both_and_is_never_opened(folder: Path) -> None:
    place = image_place(Origin(str(folder / "all.zip"), ["cats/a.png"]), 0)
    assert place is not None
    assert place.text == f"{folder / 'all.zip'} › cats/a.png"
    assert place.path == folder / "all.zip"
    assert not place.can_open


def test_a_single_file_is_its_own_place(folder: Path) -> None:
    root = folder / "cats" / "a.PNG"
    place = image_place(Origin(str(root), ["a.PNG"]), 0)
    assert place is not None and place.path == root and place.can_open


@pytest.mark.parametrize("name", ["../cats/a.PNG", "/etc/a.png", "x/../../a.png"])
def test_a_name_that_leads_out_of_the_folder_is_only_shown(folder: Path, name: str) -> None:
    place = image_place(Origin(str(folder / "cats"), [name]), 0)
    assert place is not None
    assert place.path == folder / "cats"
    assert name in place.text
    assert not place.can_open


def test_what_is_no_picture_is_never_opened(folder: Path) -> None:
    place = image_place(Origin(str(folder), ["run.sh"]), 0)
    assert place is not None and not place.can_open
    assert not is_picture_file(folder / "cats")
    (folder / "folder.png").mkdir()
    assert not is_picture_file(folder / "folder.png")
    assert not is_picture_file(Path("\0.png"))
    assert not is_picture_file(Path("x" * 5000 + ".png"))


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names there")
def test_a_pipe_with_the_name_of_a_picture_is_no_picture(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    assert not is_picture_file(folder / "pipe.png")


def test_without_a_name_there_is_no_place(folder: Path) -> None:
    origin = Origin(str(folder), ["", "a.png"])
    assert image_place(origin, 0) is None
    assert image_place(origin, 2) is None
    assert image_place(origin, -1) is None
