"""From a folder of pictures to a packed data set, with real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded, some_pixels, write_picture

from latentlab.base.errors import DataError
from latentlab.data.catalog import open_data
from latentlab.data.packed import is_packed, open_packed, pack_images
from latentlab.data.pictures import packing
from latentlab.data.pictures.decode_crew import DecodeCrew
from latentlab.data.pictures.decode_pool import decode_all
from latentlab.data.pictures.import_messages import (
    ExamplesTreated,
    FilesSkipped,
    Imported,
    ImportFailed,
    ImportMessage,
    ImportProgress,
    Surveyed,
)
from latentlab.data.pictures.listing import Entry, list_pictures
from latentlab.data.pictures.picture_cache import PictureCache
from latentlab.data.pictures.picture_import import PictureImport, import_pictures
from latentlab.data.pictures.picture_paths import is_pictures
from latentlab.data.stored_images import StoredImages
from latentlab.images.image_set import ImageSet
from latentlab.images.treatment import Treatment, TreatmentOptions

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A folder with two classes, copies, and files that are no pictures."""
    folder = tmp_path / "pets"
    for i in range(6):
        write_picture(folder / "cat" / f"{i}.png", some_pixels(i))
    for i in range(6, 9):
        write_picture(folder / "dog" / "old" / f"{i}.png", some_pixels(i))
    write_picture(folder / "dog" / "copy.png", some_pixels(0))
    (folder / "cat" / "broken.png").write_bytes(encoded(some_pixels(50))[:60])
    (folder / "notes.txt").write_text("no picture")
    (folder / "cat" / "empty.png").touch()
    (folder / "named.jpg").write_bytes(b"%PDF-1.7 nothing")
    return folder


def all_of(work: PictureImport) -> list[ImportMessage]:
    return [message for message in work.run() if message is not None]


def imported(folder: Path, **options: object) -> ImageSet:
    *_, last = all_of(PictureImport([folder], TreatmentOptions(**options)))  # type: ignore[arg-type]
    assert isinstance(last, Imported), last
    return last.data


def test_a_folder_becomes_images_in_the_order_of_their_names(pets: Path) -> None:
    data = imported(pets)
    assert data.origin is not None and data.labels is not None
    assert data.class_names == ("cat", "dog")
    assert list(data.origin.files) == [
        *(f"cat/{i}.png" for i in range(6)),
        "dog/copy.png",
        *(f"dog/old/{i}.png" for i in range(6, 9)),
    ]
    expected = [some_pixels(i) for i in (0, 1, 2, 3, 4, 5, 0, 6, 7, 8)]
    np.testing.assert_array_equal(data.images, np.stack(expected))
    assert data.labels.tolist() == [0] * 6 + [1] * 4
    assert data.origin.source_sizes == {(8, 8): 10}
    assert data.origin.num_duplicates == 1
    fresh = ImageSet("x", "x", np.array(data.images))
    assert data.fingerprint == fresh.fingerprint, "the stored one is that of the pixels"


def test_every_skipped_file_is_named_with_a_reason(pets: Path) -> None:
    skipped = imported(pets).origin.skipped  # type: ignore[union-attr]
    assert [one.path for one in skipped] == [
        "cat/broken.png",
        "cat/empty.png",
        "named.jpg",
        "notes.txt",
    ]
    assert [one.reason for one in skipped][1] == "empty file"
    assert "PDF" in skipped[2].reason
    assert all(one.reason for one in skipped)


def test_the_messages_come_in_order_and_count_everything(pets: Path) -> None:
    messages = all_of(PictureImport([pets]))
    kinds = [type(message) for message in messages]
    assert kinds[-1] is Imported and kinds.index(Surveyed) < kinds.index(ExamplesTreated)
    surveyed = next(m for m in messages if isinstance(m, Surveyed)).survey
    assert surveyed.class_counts == {"(top folder)": 2, "cat": 7, "dog": 4}
    assert (surveyed.num_files, surveyed.num_sampled) == (13, 10)
    assert surveyed.has_colour and surveyed.sizes == {(8, 8): 10}
    examples = [m for m in messages if isinstance(m, ExamplesTreated)][-1]
    assert examples.images.shape == (10, 8, 8, 3) and len(examples.originals) == 10
    skipped = [one.path for m in messages if isinstance(m, FilesSkipped) for one in m.skipped]
    assert sorted(skipped) == ["cat/broken.png", "cat/empty.png", "named.jpg", "notes.txt"]
    last = [m for m in messages if isinstance(m, ImportProgress)][-1]
    assert (last.stage, last.found, last.done, last.num_skipped) == ("packing", 13, 13, 4)


def test_the_second_time_they_come_from_the_cache(pets: Path) -> None:
    first = imported(pets)
    for _ in range(2):
        messages = all_of(PictureImport([pets]))
        (again,) = [m for m in messages if isinstance(m, Imported)]
        assert again.seconds == 0.0
        assert not [m for m in messages if isinstance(m, ImportProgress) and m.stage == "packing"]
        skipped = [one.path for m in messages if isinstance(m, FilesSkipped) for one in m.skipped]
        assert len(skipped) == 4
        assert again.data.fingerprint == first.fingerprint
    write_picture(pets / "cat" / "1.png", some_pixels(99))
    changed = imported(pets)
    assert changed.fingerprint != first.fingerprint
    np.testing.assert_array_equal(changed.images[1], some_pixels(99))


def test_what_was_asked_for_is_done_and_kept_with_the_set(pets: Path) -> None:
    data = imported(pets, width=4, height=6, colour="grey", fit="stretch", duplicates="drop")
    assert data.image_shape == (6, 4, 1) and len(data) == 9
    assert data.origin is not None
    same = [one for one in data.origin.skipped if one.path == "dog/copy.png"]
    assert [one.reason for one in same] == ["the same as “cat/0.png”"]
    asked = TreatmentOptions(4, 6, "grey", "stretch", duplicates="drop")
    assert data.origin.treatment == asked
    again = open_data(data.name, asked)
    assert again.fingerprint == data.fingerprint


def test_a_zip_archive_is_read_like_its_folder(pets: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "pets"), "zip", tmp_path, "pets"))
    from_folder, from_zip = imported(pets), imported(archive)
    assert from_zip.fingerprint == from_folder.fingerprint
    assert from_zip.class_names == from_folder.class_names
    assert len(from_zip.origin.skipped) == 4  # type: ignore[union-attr]


def test_a_damaged_member_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(3):
            archive.writestr(f"{i}.png", encoded(some_pixels(i)))
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 8] ^= 0xFF
    path.write_bytes(content)
    data = imported(path)
    assert len(data) == 2
    assert [one.path for one in data.origin.skipped] == ["0.png"]  # type: ignore[union-attr]


def test_splits_decide_what_is_held_out(tmp_path: Path) -> None:
    for i in range(4):
        write_picture(tmp_path / "train" / f"{i}.png", some_pixels(i))
    write_picture(tmp_path / "test" / "a.png", some_pixels(8))
    write_picture(tmp_path / "val" / "b.png", some_pixels(9))
    data = imported(tmp_path)
    assert data.held_out(0.1).tolist() == [0, 5]
    assert data.held_out(0.0).tolist() == []
    assert data.labels is None


def test_a_selection_of_files_is_opened_again_from_its_packed_set(pets: Path) -> None:
    paths = [pets / "cat" / "1.png", pets / "cat" / "2.png"]
    *_, last = all_of(PictureImport(paths))
    assert isinstance(last, Imported) and len(last.data) == 2
    assert open_data(last.data.name).fingerprint == last.data.fingerprint


@pytest.mark.parametrize("content", [{}, {"a.txt": b"x"}, {"a.png": b"x"}])
def test_without_a_picture_there_is_a_sentence(content: dict[str, bytes], tmp_path: Path) -> None:
    for name, text in content.items():
        (tmp_path / name).write_bytes(text)
    *_, last = all_of(PictureImport([tmp_path]))
    assert isinstance(last, ImportFailed)
    assert "picture" in last.sentence and tmp_path.name in last.sentence
    assert all(name in last.details for name in content)
    with pytest.raises(DataError):
        list(import_pictures(tmp_path))


def test_one_picture_alone_is_a_set_too(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", some_pixels(1, 5, 7, 1))
    data = imported(path)
    assert data.image_shape == (7, 5, 1) and len(data) == 1
    np.testing.assert_array_equal(data.images[0], some_pixels(1, 5, 7, 1))


def test_files_that_vanish_meanwhile_are_skipped(pets: Path) -> None:
    work = PictureImport([pets])
    for message in work.run():
        if isinstance(message, Surveyed):
            (pets / "cat" / "3.png").unlink()
        last = message
    assert isinstance(last, Imported)
    reasons = {one.path: one.reason for one in last.data.origin.skipped}  # type: ignore[union-attr]
    assert "not any more" in reasons["cat/3.png"]
    assert len(last.data) == 9


def _shrink(pets: Path) -> None:
    os.truncate(pets / "cat" / "3.png", 40)


def _become_a_pipe(pets: Path) -> None:
    (pets / "cat" / "3.png").unlink()
    os.mkfifo(pets / "cat" / "3.png")


def _become_a_folder(pets: Path) -> None:
    (pets / "cat" / "3.png").unlink()
    (pets / "cat" / "3.png").mkdir()


def _become_a_device(pets: Path) -> None:
    (pets / "cat" / "3.png").unlink()
    (pets / "cat" / "3.png").symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
@pytest.mark.parametrize("change", [_shrink, _become_a_pipe, _become_a_folder, _become_a_device])
def test_files_that_change_meanwhile_cost_themselves_only(
    change: Callable[[Path], None], pets: Path
) -> None:
    work = PictureImport([pets])
    for message in work.run():
        if isinstance(message, Surveyed):
            change(pets)
        last = message
    assert isinstance(last, Imported)
    reasons = {one.path: one.reason for one in last.data.origin.skipped}  # type: ignore[union-attr]
    assert reasons["cat/3.png"]
    assert len(last.data) == 9


def test_a_folder_that_vanishes_meanwhile_is_told(pets: Path, own_folders: Path) -> None:
    for message in PictureImport([pets]).run():
        if isinstance(message, Surveyed):
            shutil.rmtree(pets)
        last = message
    assert isinstance(last, ImportFailed)
    assert "cat/0.png: it was there a moment ago" in last.details
    assert not [p for p in own_folders.rglob("*") if p.is_file()]


def test_an_archive_that_vanishes_meanwhile_is_told(pets: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "a"), "zip", pets))
    for message in PictureImport([archive]).run():
        if isinstance(message, ImportProgress):
            archive.unlink(missing_ok=True)
        last = message
    assert isinstance(last, ImportFailed) and "no picture that can be opened" in last.sentence


@pytest.mark.parametrize("stop_at", [ImportProgress, Surveyed, ExamplesTreated, FilesSkipped])
def test_cancelled_anywhere_it_leaves_nothing_behind(
    stop_at: type, pets: Path, own_folders: Path
) -> None:
    messages = PictureImport([pets]).run()
    for message in messages:
        if isinstance(message, stop_at):
            break
    messages.close()  # type: ignore[attr-defined]
    left = [p for p in own_folders.rglob("*") if p.is_file()] if own_folders.exists() else []
    assert left == []
    assert not [t for t in threading.enumerate() if t.name == "decode"]


def test_a_full_disk_is_told_and_leaves_nothing(
    pets: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(pets)._replace(free=1000)
    monkeypatch.setattr(packing.shutil, "disk_usage", lambda _: usage)
    *_, last = all_of(PictureImport([pets]))
    assert isinstance(last, ImportFailed) and "MB free" in last.sentence
    assert not [p for p in own_folders.rglob("*") if p.is_file()]


@pytest.fixture
def crew() -> Iterator[DecodeCrew]:
    made = DecodeCrew()
    yield made
    made.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_disk_that_fills_meanwhile_is_told(pets: Path, crew: DecodeCrew) -> None:
    listing = listed(pets)
    treatment = Treatment(8, 8, 3)
    with pytest.raises(DataError, match="the disk is full"):
        list(decode_all(listing, treatment, Path("/dev/full"), crew))


def listed(*paths: Path) -> tuple[Entry, ...]:
    found = list_pictures(paths)
    while True:
        try:
            next(found)
        except StopIteration as end:
            entries: tuple[Entry, ...] = end.value.entries
            return entries


@pytest.fixture
def bad_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that end at a file called crash.png and never return from hang.png."""
    script = tmp_path / "bad_worker.py"
    script.write_text(
        "import os, sys, time\n"
        "from latentlab.data.pictures import decode_worker\n"
        "read = decode_worker._Files.read\n"
        "def bad(self, path, member):\n"
        "    if path.endswith('crash.png'):\n"
        "        os.kill(os.getpid(), 9)\n"
        "    if path.endswith('hang.png'):\n"
        f"        open({str(tmp_path / 'hangs')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "        time.sleep(1000)\n"
        "    return read(self, path, member)\n"
        "decode_worker._Files.read = bad\n"
        "decode_worker.serve()\n"
    )
    code = "import sys; sys.path.insert(0, {!r}); exec(open(" + repr(str(script)) + ").read())"
    monkeypatch.setattr("latentlab.data.pictures.decode_process._SCRIPT", code)
    yield
    assert not _children(), "a process was left"


def _children() -> list[str]:
    if not Path("/proc").exists():
        return []
    mine = str(os.getpid())
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[1] == mine and "decode_worker" in _command(status):
            found.append(status.parent.name)
    return found


def _command(status: Path) -> str:
    try:
        return status.with_name("cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.skipif(sys.platform == "win32", reason="kills itself by a signal")
@pytest.mark.usefixtures("bad_worker")
def test_a_file_that_kills_a_worker_costs_that_file_only(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for i in range(40):
        write_picture(folder / f"{i:02}.png", some_pixels(i))
    shutil.copy(folder / "05.png", folder / "05-crash.png")
    shutil.copy(folder / "35.png", folder / "35-crash.png")
    data = imported(folder)
    assert len(data) == 40
    reasons = {one.path: one.reason for one in data.origin.skipped}  # type: ignore[union-attr]
    assert reasons == {
        "05-crash.png": "decoding it crashed",
        "35-crash.png": "decoding it crashed",
    }
    expected = np.stack([some_pixels(i) for i in range(40)])
    np.testing.assert_array_equal(data.images, expected)


@pytest.mark.usefixtures("bad_worker")
def test_a_file_that_never_ends_is_left_out(tmp_path: Path, crew: DecodeCrew) -> None:
    for name in ("a.png", "b-hang.png", "c.png"):
        write_picture(tmp_path / "set" / name, some_pixels(1))
    out = tmp_path / "pixels"
    out.touch()
    entries = listed(tmp_path / "set")
    done = [
        one
        for part in decode_all(entries, Treatment(8, 8, 3), out, crew, limit_s=1.0)
        for one in part
    ]
    assert {one.row: one.reason for one in done} == {
        0: "",
        1: "decoding it took too long",
        2: "",
    }


@pytest.mark.usefixtures("bad_worker")
@pytest.mark.parametrize("phase", ["survey", "packing"])
def test_an_import_can_be_closed_while_a_decoder_hangs(
    phase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    names = [f"{i}.png" for i in range(20)] if phase == "packing" else []
    for name in (*names, "hang.png"):
        write_picture(tmp_path / "set" / name, some_pixels(1))
    if phase == "packing":  # by chance nobody looks at the one that hangs
        monkeypatch.setattr("latentlab.data.pictures.survey._NUM_SAMPLED", 1)
    messages = PictureImport([tmp_path / "set"]).run()
    while not (tmp_path / "hangs").exists():
        next(messages)
    assert next(messages) is None or phase == "packing"
    messages.close()
    assert not [t for t in threading.enumerate() if t.name == "decode"]
    assert not (own_folders.exists() and [p for p in own_folders.rglob("*") if p.is_file()])


@pytest.mark.usefixtures("bad_worker")
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_decoder_that_hangs_dies_with_the_program(tmp_path: Path) -> None:
    from latentlab.data.pictures.decode_process import _SCRIPT

    hanging = write_picture(tmp_path / "hang.png", some_pixels(1))
    script = (
        "from latentlab.data.pictures import decode_process\n"
        f"decode_process._SCRIPT = {_SCRIPT!r}\n"
        "from latentlab.data.pictures.picture_import import import_pictures\n"
        "from pathlib import Path\n"
        f"list(import_pictures(Path({str(hanging)!r})))\n"
    )
    marks = tmp_path / "hangs"
    with subprocess.Popen([sys.executable, "-c", script], env=dict(os.environ)) as program:
        while not (marks.exists() and marks.read_text().endswith("\n")):
            assert program.poll() is None
            time.sleep(0.01)
        program.kill()
    (worker,) = marks.read_text().split()
    while "decode_worker" in _command(Path("/proc", worker, "stat")):
        time.sleep(0.01)


def test_a_file_that_takes_long_to_refuse_can_be_cancelled(tmp_path: Path) -> None:
    endless = tmp_path / "set" / "endless.jpg"
    endless.parent.mkdir()
    endless.write_bytes(b"\xff\xd8" + b"\xff" * 40_000_000)  # Pillow looks at each byte by itself
    messages = PictureImport([endless.parent]).run()
    for message in messages:
        if isinstance(message, ImportProgress) and message.found == 1:
            assert message.stage == "scanning"
            break
    assert [next(messages) for _ in range(3)] == [None] * 3
    messages.close()
    assert not _children()


def test_workers_that_cannot_start_end_the_import(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "latentlab.data.pictures.decode_process._SCRIPT", "import sys; sys.exit(3) # {}"
    )
    *_, last = all_of(PictureImport([pets]))
    assert isinstance(last, ImportFailed) and "process" in last.sentence


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_killed_in_the_middle_nothing_counts_as_complete(pets: Path, own_folders: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from latentlab.data.pictures import packing\n"
        "settle = packing._settle\n"
        "def wait(*args):\n"
        "    print('now', flush=True)\n"
        "    time.sleep(60)\n"
        "    yield 0\n"
        "packing._settle = wait\n"
        "from latentlab.data.pictures.picture_import import import_pictures\n"
        f"list(import_pictures(Path({str(pets)!r})))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == b"now\n"
        process.send_signal(signal.SIGKILL)
    sets = list((own_folders / "cache" / "pictures").iterdir())
    assert len(sets) == 1 and not is_packed(sets[0])
    assert len(imported(pets)) == 10
    os.utime(sets[0], (1, 1))
    for file in sets[0].iterdir():
        os.utime(file, (1, 1))
    PictureCache().make_room()
    assert not sets[0].exists(), "what a killed program left is removed after a day"


def test_the_cache_keeps_to_its_limit_and_forgets_the_oldest(pets: Path, own_folders: Path) -> None:
    for width in (4, 5, 6):
        imported(pets, width=width)
    cache = PictureCache(own_folders / "cache" / "pictures")
    sets = sorted(cache.folder.iterdir(), key=_time_of_use)
    assert len(sets) == 3
    for age, folder in enumerate(sets):
        for file in folder.iterdir():
            os.utime(file, (1000 + age, 1000 + age))
    cache.max_bytes = cache.num_bytes() - 1
    cache.make_room()
    assert sorted(cache.folder.iterdir()) == sorted(sets[1:])
    cache.max_bytes = 0
    cache.make_room(keep=sets[2].name)
    assert list(cache.folder.iterdir()) == [sets[2]]
    assert cache.clear() > 0 and cache.num_bytes() == 0


def _time_of_use(path: Path) -> float:
    return (path / "used").stat().st_mtime


def test_any_set_can_be_packed_and_opened_again(few_digits: ImageSet, tmp_path: Path) -> None:
    pack_images(few_digits, tmp_path / "packed")
    again = open_packed(tmp_path / "packed")
    np.testing.assert_array_equal(again.images, few_digits.images)
    assert again.labels is not None and few_digits.labels is not None
    np.testing.assert_array_equal(again.labels, few_digits.labels)
    assert again.class_names == few_digits.class_names
    assert again.fingerprint == few_digits.fingerprint
    assert isinstance(again.images, StoredImages) and again.origin is None


@pytest.mark.parametrize("name", ["manifest.json", "images.npy", "file_ends.npy"])
def test_a_damaged_set_in_the_cache_is_packed_again(pets: Path, name: str) -> None:
    before = np.asarray(imported(pets).images)
    (packed,) = (path for path in PictureCache().folder.iterdir() if path.is_dir())
    (packed / name).write_bytes(b"damaged")
    again = imported(pets)
    np.testing.assert_array_equal(again.images, before)


def test_names_of_any_kind_are_kept(tmp_path: Path) -> None:
    names = ["\u05e9\u05dc.png", "\U0001f600.png", "two\nlines.png", "=cmd().png", "<b>.png"]
    if sys.platform == "linux":
        names.append(os.fsdecode(b"\xff\xfe.png"))
    for i, name in enumerate(names):
        (tmp_path / name).write_bytes(encoded(some_pixels(i)))
    (tmp_path / "\udcff.png" if sys.platform == "linux" else tmp_path / "bad.png").write_bytes(b"x")
    data = imported(tmp_path)
    assert data.origin is not None
    assert sorted(data.origin.files) == sorted(names)
    assert len(data.origin.skipped) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes")
def test_folders_that_are_no_text_give_classes_that_are(tmp_path: Path) -> None:
    top = tmp_path / os.fsdecode(b"top-\xff")
    write_picture(top / os.fsdecode(b"cat-\xfe") / "a.png", some_pixels(0))
    write_picture(top / "dog" / "b.png", some_pixels(1))
    data = imported(top)
    assert data.class_names == ("cat-\N{REPLACEMENT CHARACTER}", "dog")
    for text in (data.name, data.title):
        text.encode()  # can be stored


def test_what_leads_to_pictures_is_known_before_it_is_read(pets: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "a"), "zip", pets))
    unnamed = write_picture(tmp_path / "unnamed", some_pixels(0))
    for path in (pets, archive, unnamed, pets / "cat" / "1.png"):
        assert is_pictures(path), path
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model.safetensors").write_bytes(b"x")
    for path in (tmp_path / "other", tmp_path / "none", pets / "notes.txt"):
        assert not is_pictures(path), path


def test_decoding_needs_neither_torch_nor_qt() -> None:
    script = (
        "import latentlab.data.pictures.decode_worker, sys; "
        "sys.exit(any(n in sys.modules for n in ('torch', 'PySide6', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
