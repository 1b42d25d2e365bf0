"""Which files there are, and their classes and splits."""

from __future__ import annotations

import json
import os
import random
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from latentlab.base.errors import DataError
from latentlab.data.pictures.listing import NO_LABEL, TOP_FOLDER, Listing, list_pictures
from latentlab.images.origin import SPLITS


def listed(*paths: Path) -> Listing:
    found = list_pictures(paths)
    while True:
        try:
            next(found)
        except StopIteration as end:
            listing: Listing = end.value
            return listing


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content of " + os.fsencode(name))
    return folder


def classes(listing: Listing) -> dict[str, str]:
    assert listing.labels is not None
    return {
        entry.name: listing.class_names[label]
        for entry, label in zip(listing.entries, listing.labels, strict=True)
    }


def reasons(listing: Listing) -> dict[str, str]:
    return {one.path: one.reason for one in listing.skipped}


def test_first_folders_are_classes_and_deeper_ones_belong_to_them(tmp_path: Path) -> None:
    fill(tmp_path, "cat/b.png", "cat/old/deep/a.png", "dog/c.png")
    listing = listed(tmp_path)
    assert [entry.name for entry in listing.entries] == [
        "cat/b.png",
        "cat/old/deep/a.png",
        "dog/c.png",
    ]
    assert classes(listing) == {
        "cat/b.png": "cat",
        "cat/old/deep/a.png": "cat",
        "dog/c.png": "dog",
    }
    assert listing.splits is None and not listing.skipped


def test_a_flat_folder_has_no_classes(tmp_path: Path) -> None:
    listing = listed(fill(tmp_path, "a.png", "b.png"))
    assert listing.labels is None and listing.class_names == ()


def test_pictures_beside_class_folders_have_a_class_of_their_own(tmp_path: Path) -> None:
    listing = listed(fill(tmp_path, "a.png", "x/b.png"))
    assert classes(listing) == {"a.png": TOP_FOLDER, "x/b.png": "x"}


def test_numbers_as_classes_are_sorted_by_value(tmp_path: Path) -> None:
    listing = listed(fill(tmp_path, "10/a.png", "2/a.png", "x/a.png", "1/a.png"))
    assert listing.class_names == ("1", "2", "10", "x")


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (("train", "test"), ("train", "test")),
        (("Training", "val", "testing"), ("train", "validation", "test")),
        (("train", "valid"), ("train", "validation")),
    ],
)
def test_folders_named_like_splits_are_splits(
    folders: tuple[str, ...], splits: tuple[str, ...], tmp_path: Path
) -> None:
    names = [f"{folder}/cat/{i}.png" for i, folder in enumerate(folders)]
    listing = listed(fill(tmp_path, *names))
    assert listing.splits is not None
    found = {e.name: SPLITS[s] for e, s in zip(listing.entries, listing.splits, strict=True)}
    assert found == dict(zip(names, splits, strict=True))
    assert listing.class_names == ("cat",)


@pytest.mark.parametrize("names", [("train/a.png", "other/b.png"), ("train/a.png", "b.png")])
def test_without_splits_everywhere_they_are_classes(names: tuple[str, str], tmp_path: Path) -> None:
    listing = listed(fill(tmp_path, *names))
    assert listing.splits is None
    assert "train" in listing.class_names


def test_junk_is_counted_and_never_a_picture(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "Thumbs.db", ".DS_Store", "._a.png", "__MACOSX/a.png")
    (tmp_path / "empty.png").write_bytes(b"")
    listing = listed(tmp_path)
    assert [entry.name for entry in listing.entries] == ["a.png"]
    assert set(reasons(listing)) == {
        "Thumbs.db",
        ".DS_Store",
        "._a.png",
        "__MACOSX",
        "empty.png",
    }
    assert reasons(listing)["empty.png"] == "empty file"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_only_regular_files_are_read_and_links_end(tmp_path: Path) -> None:
    fill(tmp_path, "x/a.png")
    (tmp_path / "x" / "again").symlink_to(tmp_path)
    (tmp_path / "lost.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "linked.png").symlink_to(tmp_path / "x" / "a.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.png")
    listing = listed(tmp_path)
    assert [entry.name for entry in listing.entries] == ["linked.png", "x/a.png"]
    assert reasons(listing) == {
        "device.png": "not a regular file",
        "lost.png": "a link that leads nowhere",
        "pipe.png": "not a regular file",
        "x/again": "this folder was visited already through another name",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_a_pipe_among_chosen_files_is_not_opened(tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    found = listed(tmp_path / "a.png", tmp_path / "pipe.png")
    assert [entry.name for entry in found.entries] == ["a.png"]
    assert reasons(found) == {"pipe.png": "not a regular file"}
    assert reasons(listed(tmp_path / "pipe.png")) == {"pipe.png": "not a regular file"}


def test_a_file_that_may_not_be_read_changes_the_key_once_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.png", "secret.png")
    may_read = os.access
    monkeypatch.setattr(  # root may read everything
        os, "access", lambda path, how: "secret" not in str(path) and may_read(path, how)
    )
    closed = listed(tmp_path)
    assert reasons(closed) == {"secret.png": "permission denied"}
    monkeypatch.undo()
    assert len(listed(tmp_path).entries) == 2
    assert listed(tmp_path).key != closed.key


def test_what_vanishes_before_it_is_visited_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "b.png")
    walk = list_pictures([tmp_path / "a.png", tmp_path / "b.png", _Vanishing(tmp_path / "c.png")])
    with pytest.raises(StopIteration) as end:
        while True:
            next(walk)
    listing = end.value.value
    assert len(listing.entries) == 2
    assert reasons(listing) == {"c.png": "no such file or directory"}


class _Vanishing(type(Path())):  # type: ignore[misc]
    """A path that is there when it is first looked at, and not after."""

    def expanduser(self) -> Path:
        return self

    def absolute(self) -> Path:
        return self

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        if not getattr(self, "was_there", False):
            object.__setattr__(self, "was_there", True)
            return self.parent.stat()
        return super().stat(follow_symlinks=follow_symlinks)


def test_any_name_is_kept(tmp_path: Path) -> None:
    names = [
        b"\xff\xfe.png",
        "\u05e9\u05dc\u05d5\u05dd.png".encode(),
        "\U0001f600.png".encode(),
        b"two\nlines.png",
        b"=cmd().png",
        b"<b>.png",
        b"n" * 251 + b".png",
    ]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    listing = listed(tmp_path)
    assert sorted(os.fsencode(entry.name) for entry in listing.entries) == sorted(names)


@contextmanager
def deep_folders(top: Path, name: str, count: int) -> Iterator[None]:
    """Folders in folders with a file in the last one; too deep for pytest to remove."""
    here = Path.cwd()
    try:
        os.chdir(top)
        for _ in range(count):
            os.mkdir(name)  # noqa: PTH102 - pathlib would walk up all folders each time
            os.chdir(name)
        Path("a.png").write_bytes(b"x")
        os.chdir(here)
        yield
    finally:
        os.chdir(top)
        for _ in range(count):
            os.chdir(name)
        Path("a.png").unlink()
        for _ in range(count):
            os.chdir("..")
            os.rmdir(name)  # noqa: PTH106
        os.chdir(here)


def test_a_thousand_folders_deep(tmp_path: Path) -> None:
    with deep_folders(tmp_path, "d", 1000):
        listing = listed(tmp_path)
    assert [entry.name.count("/") for entry in listing.entries] == [1000]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of Linux")
def test_a_path_too_long_for_the_system_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    with deep_folders(tmp_path, "n" * 250, 20):
        listing = listed(tmp_path)
    assert len(listing.entries) == 1
    (reason,) = reasons(listing).values()
    assert "too long" in reason


def test_the_key_changes_with_any_file(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "b.png")
    first = listed(tmp_path).key
    assert listed(tmp_path).key == first
    (tmp_path / "b.png").write_bytes(b"longer content")
    second = listed(tmp_path).key
    os.utime(tmp_path / "b.png", ns=(1, 1))
    third = listed(tmp_path).key
    (tmp_path / "c.png").write_bytes(b"new")
    assert len({first, second, third, listed(tmp_path).key}) == 4


def test_an_archive_is_a_folder_and_its_one_top_folder_no_class(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pets/cat/a.png", b"x")
        archive.writestr("pets/dog/../../../b.png", b"x")
        archive.writestr("pets/empty.png", b"")
        archive.writestr("__MACOSX/pets/._a.png", b"x")
    listing = listed(path)
    assert listing.title == "set"
    assert [entry.member for entry in listing.entries] == [
        "pets/cat/a.png",
        "pets/dog/../../../b.png",
    ]
    assert listing.class_names == ("cat", "dog")
    assert set(reasons(listing).values()) == {
        "empty file",
        "a file of the file browser, not a picture",
    }


def test_encrypted_members_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"x")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    path.write_bytes(content)
    assert reasons(listed(path)) == {"a.png": "encrypted"}


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"x" * 1000)
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place : place + 4] = b"XXXX"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"set\.zip"):
        listed(path)


@pytest.mark.parametrize("name", [b"", b"/", b"//"])
def test_a_member_without_a_name_is_skipped(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.png", b"x")
        archive.writestr("dog/b.png", b"x")
        archive.writestr("Z" * len(name) or "Z", b"x")
    content = path.read_bytes()
    if name:
        content = content.replace(b"Z" * len(name), name)
    else:  # of the same length in the file, but said to be empty, the rest being an extra field
        place = content.rindex(b"PK\x01\x02")
        head = bytearray(content[place : place + 46])
        head[28:30] = bytes(2)
        tail = content[place + 46 :].removeprefix(b"Z")
        end = bytearray(tail)
        at = end.index(b"PK\x05\x06")
        size = int.from_bytes(end[at + 12 : at + 16], "little") - 1
        end[at + 12 : at + 16] = size.to_bytes(4, "little")
        content = content[:place] + bytes(head) + bytes(end)
    path.write_bytes(content)
    listing = listed(path)
    assert [entry.name for entry in listing.entries] == ["cat/a.png", "dog/b.png"]
    assert listing.class_names == ("cat", "dog")
    assert list(reasons(listing).values()) == ["an entry of the archive without a name"]


def test_mutated_archives_are_listed_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("cat/a.png", "dog/b.png", "\u017elu\u0165/c.png"):
            archive.writestr(name, b"x" * 40)
    content = path.read_bytes()
    first = content.index(b"PK\x01\x02")
    rng = random.Random(0)
    for _ in range(400):
        changed = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(first, len(changed))] = rng.choice([0, 255, rng.randrange(256)])
        path.write_bytes(changed)
        try:
            listing = listed(path)
        except DataError:
            continue
        for text in (listing.title, *listing.class_names):
            text.encode()


@pytest.mark.parametrize(
    "label",
    ["\ud800", "\udcff", "a\udfffb", "\ud83d\ude00 in halves", "\x00", "\u2028"],
)
def test_a_label_that_is_no_text_becomes_one(tmp_path: Path, label: str) -> None:
    fill(tmp_path, "a.png", "b.png")
    rows = [{"file_name": "a.png", "label": label}, {"file_name": "b.png", "label": "dog"}]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    listing = listed(tmp_path)
    assert len(listing.class_names) == 2
    for name in listing.class_names:
        name.encode()


def test_a_selection_lies_in_what_its_paths_share(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "b.png", "c.png", "x/d.png")
    listing = listed(tmp_path / "a.png", tmp_path / "x")
    assert listing.root == tmp_path
    assert [entry.name for entry in listing.entries] == ["a.png", "x/d.png"]
    assert [entry.name for entry in listed(tmp_path / "b.png").entries] == ["b.png"]


def test_what_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file or folder"):
        listed(tmp_path / "none")


@pytest.mark.parametrize(
    "table",
    [
        ("metadata.csv", "file_name,label\na.png,cat\nx/b.png,dog\ngone.png,dog\n"),
        ("metadata.csv", "\ufefflabel,file_name,size\ncat,a.png,3\ndog,x/b.png,4\ndog,gone.png,\n"),
        (
            "metadata.jsonl",
            '{"file_name": "a.png", "kind": "cat"}\n\n{"file_name": "x/b.png", "kind": "dog"}\n'
            '{"file_name": "gone.png", "kind": "dog"}\n',
        ),
    ],
)
def test_a_table_names_the_classes(table: tuple[str, str], tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "x/b.png", "c.png")
    (tmp_path / table[0]).write_text(table[1], encoding="utf-8")
    listing = listed(tmp_path)
    assert classes(listing) == {"a.png": "cat", "x/b.png": "dog", "c.png": NO_LABEL}
    assert reasons(listing) == {"gone.png": "named in the metadata, but not there"}


@pytest.mark.parametrize(
    "content", ["name,label\na.png,x\n", "file_name,a,b\na.png,1,2\n", "\0", "file_name\na.png\n"]
)
def test_a_table_without_classes_is_named(content: str, tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    (tmp_path / "metadata.csv").write_text(content)
    listing = listed(tmp_path)
    assert [entry.name for entry in listing.entries] == ["a.png"]
    assert set(reasons(listing)) == {"metadata.csv"}
