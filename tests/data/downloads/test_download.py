from __future__ import annotations

import errno
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from file_server import FileServer, in_turn, redirect, serving, stalling, whole

from latentlab.base.errors import DataError
from latentlab.data.downloads import download as module
from latentlab.data.downloads.download import download
from latentlab.data.downloads.remote_file import Progress, RemoteFile, is_intact, part_path

CONTENT = bytes(range(256)) * 1200  # a few chunks
WRONG = CONTENT[::-1]
FILE = RemoteFile("some.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
HALF = len(CONTENT) // 2


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    for name in ("no_proxy", "NO_PROXY"):  # this machine may reach the world through a proxy only
        monkeypatch.setenv(name, "127.0.0.1")
    with serving() as running:
        yield running


def fetch(folder: Path, *urls: str, timeout_s: float = 5.0) -> list[Progress]:
    return list(download(FILE, folder, urls, timeout_s=timeout_s))


def refusal(folder: Path, *urls: str, timeout_s: float = 5.0) -> DataError:
    """Download in vain: one sentence, and nothing under the name of the file."""
    with pytest.raises(DataError) as caught:
        fetch(folder, *urls, timeout_s=timeout_s)
    assert not (folder / FILE.name).exists()
    assert caught.value.sentence.endswith(".")
    assert "\n" not in caught.value.sentence
    return caught.value


def assert_complete(folder: Path) -> None:
    assert (folder / FILE.name).read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == [FILE.name], "nothing is left behind"
    assert is_intact(FILE, folder / FILE.name)


def test_a_file_comes_in_chunks_and_is_checked(server: FileServer, tmp_path: Path) -> None:
    server.answers["/a"] = whole(CONTENT)
    steps = fetch(tmp_path / "new" / "folder", server.url("/a"))
    assert_complete(tmp_path / "new" / "folder")
    done = [0, *(step.done_bytes for step in steps)]
    assert done[-1] == len(CONTENT)
    assert all(0 < b - a <= 64 << 10 for a, b in itertools.pairwise(done))
    assert all(step.total_bytes == len(CONTENT) and step.bytes_per_s > 0 for step in steps)
    assert server.asked == [("/a", "")]


def test_a_dropped_connection_is_taken_up_where_it_ended(
    server: FileServer, tmp_path: Path
) -> None:
    server.answers["/a"] = in_turn(whole(CONTENT, stop_after=HALF), whole(CONTENT))
    steps = fetch(tmp_path, server.url("/a"))
    assert_complete(tmp_path)
    assert server.asked == [("/a", ""), ("/a", f"bytes={HALF}-")]
    done = [step.done_bytes for step in steps]
    assert done == sorted(done), "no byte came twice"


def test_the_next_mirror_goes_on_with_what_has_come(server: FileServer, tmp_path: Path) -> None:
    server.answers["/a"] = in_turn(whole(CONTENT, stop_after=HALF), whole(CONTENT, stop_after=0))
    server.answers["/b"] = whole(CONTENT)
    fetch(tmp_path, server.url("/a"), server.url("/b"))
    assert_complete(tmp_path)
    assert server.asked[-1] == ("/b", f"bytes={HALF}-")


def test_a_server_that_drops_again_and_again_is_left(server: FileServer, tmp_path: Path) -> None:
    server.answers["/a"] = whole(CONTENT, stop_after=1000)
    error = refusal(tmp_path, server.url("/a"))
    assert len(server.asked) == 3
    assert f"ended after 3000 of {len(CONTENT)} bytes" in error.details
    assert part_path(tmp_path, FILE).stat().st_size == 3000, "to go on from"


def test_a_server_without_ranges_starts_again(server: FileServer, tmp_path: Path) -> None:
    server.answers["/a"] = in_turn(
        whole(CONTENT, stop_after=HALF, ranges=False), whole(CONTENT, ranges=False)
    )
    fetch(tmp_path, server.url("/a"))
    assert_complete(tmp_path)
    assert server.asked[1] == ("/a", f"bytes={HALF}-")


def test_a_server_that_sends_another_range_is_left(server: FileServer, tmp_path: Path) -> None:
    part_path(tmp_path, FILE).parent.mkdir()
    part_path(tmp_path, FILE).write_bytes(CONTENT[:HALF])

    def shifted(handler: Any) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT)

    server.answers["/a"] = shifted
    assert "another part" in refusal(tmp_path, server.url("/a")).details
    assert part_path(tmp_path, FILE).read_bytes() == CONTENT[:HALF]


def test_a_wrong_checksum_leads_to_the_next_mirror(server: FileServer, tmp_path: Path) -> None:
    server.answers |= {"/a": whole(WRONG), "/b": whole(CONTENT)}
    fetch(tmp_path, server.url("/a"), server.url("/b"))
    assert_complete(tmp_path)
    assert server.asked == [("/a", ""), ("/b", "")], "nothing of the wrong file is gone on with"


@pytest.mark.parametrize("size", [HALF, len(CONTENT), len(CONTENT) + 5])
def test_a_spoilt_part_is_thrown_away_and_fetched_anew(
    server: FileServer, tmp_path: Path, size: int
) -> None:
    part = part_path(tmp_path, FILE)
    part.parent.mkdir()
    part.write_bytes((WRONG + WRONG)[:size])
    server.answers["/a"] = whole(CONTENT)
    fetch(tmp_path, server.url("/a"))
    assert_complete(tmp_path)


def test_a_complete_part_needs_no_network(tmp_path: Path) -> None:
    part_path(tmp_path, FILE).parent.mkdir()
    part_path(tmp_path, FILE).write_bytes(CONTENT)
    assert fetch(tmp_path, "http://127.0.0.1:1/a") == []
    assert_complete(tmp_path)


def test_with_all_mirrors_wrong_one_sentence_says_what_to_do(
    server: FileServer, tmp_path: Path
) -> None:
    server.answers |= {"/a": whole(WRONG), "/b": whole(b"<html>sold</html>")}
    urls = (server.url("/a"), server.url("/b"), server.url("/missing"))
    (tmp_path / FILE.name).write_bytes(b"old")
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, *urls)
    assert urls[0] in caught.value.sentence
    assert str(tmp_path) in caught.value.sentence
    reasons = caught.value.details.splitlines()
    assert [url for url, line in zip(urls, reasons, strict=True) if line.startswith(url)] == [*urls]
    assert "checksum" in reasons[0]
    assert "17 bytes in place of" in reasons[1]
    assert "HTTP 404" in reasons[2]
    assert (tmp_path / FILE.name).read_bytes() == b"old", "replaced only by the right file"
    assert not part_path(tmp_path, FILE).exists()


def test_a_server_that_falls_silent_is_not_waited_for(server: FileServer, tmp_path: Path) -> None:
    server.answers |= {"/a": stalling(CONTENT, 1000), "/b": stalling(CONTENT, 0)}
    error = refusal(tmp_path, server.url("/b"), server.url("/a"), timeout_s=0.05)
    assert error.details.count("imed out") >= 2


def test_without_a_network_the_sentence_says_where_to_put_the_file(tmp_path: Path) -> None:
    error = refusal(tmp_path, "http://127.0.0.1:1/some.gz")
    assert "connect to the network" in error.sentence
    assert f"put it into “{tmp_path}”" in error.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", ["file:///etc/hosts", "ftp://127.0.0.1/a", "data:,abc", "http://["])
def test_a_redirect_leads_to_web_addresses_only(
    server: FileServer, tmp_path: Path, to: str
) -> None:
    server.answers["/a"] = redirect(to)
    refusal(tmp_path, server.url("/a"))
    assert not part_path(tmp_path, FILE).exists()


def test_local_files_are_no_addresses(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    assert "no web address" in refusal(tmp_path / "to", source.as_uri()).details


def test_redirects_are_followed_and_end(server: FileServer, tmp_path: Path) -> None:
    server.answers |= {"/a": redirect("/b"), "/b": redirect(server.url("/c")), "/c": whole(CONTENT)}
    fetch(tmp_path, server.url("/a"))
    assert_complete(tmp_path)
    server.asked.clear()
    server.answers["/d"] = redirect("/d")
    for number in range(20):
        server.answers[f"/e{number}"] = redirect(f"/e{number + 1}")
    refusal(tmp_path / "other", server.url("/d"), server.url("/e0"))
    assert len(server.asked) < 20


@pytest.mark.parametrize("length", [len(CONTENT) + 1, len(CONTENT) - 1, 10**15, "many"])
def test_a_length_that_lies_is_refused_before_anything_is_written(
    server: FileServer, tmp_path: Path, length: int | str
) -> None:
    server.answers["/a"] = whole(CONTENT, length=length)
    assert "bytes in place of" in refusal(tmp_path, server.url("/a")).details
    assert not part_path(tmp_path, FILE).exists()


def test_no_more_is_written_than_the_file_has(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/a"] = whole(CONTENT * 9, length=None)
    written: list[int] = []
    write = module._write
    monkeypatch.setattr(
        module, "_write", lambda out, chunk: (written.append(len(chunk)), write(out, chunk))
    )
    assert "sent more than" in refusal(tmp_path, server.url("/a")).details
    assert 0 < sum(written) <= len(CONTENT)
    assert not part_path(tmp_path, FILE).exists()


def test_a_file_without_a_length_is_taken(server: FileServer, tmp_path: Path) -> None:
    server.answers["/a"] = whole(CONTENT, length=None)
    fetch(tmp_path, server.url("/a"))
    assert_complete(tmp_path)


def test_who_stops_in_the_middle_can_go_on(server: FileServer, tmp_path: Path) -> None:
    server.answers["/a"] = in_turn(stalling(CONTENT, HALF), whole(CONTENT))
    steps = download(FILE, tmp_path, [server.url("/a")], timeout_s=5)
    for step in steps:
        if step.done_bytes == HALF:
            break
    steps.close()
    assert not (tmp_path / FILE.name).exists()
    assert part_path(tmp_path, FILE).read_bytes() == CONTENT[:HALF]
    fetch(tmp_path, server.url("/a"))
    assert_complete(tmp_path)
    assert server.asked == [("/a", ""), ("/a", f"bytes={HALF}-")]


class _FullDisk:
    """A file on a disk that has room for some bytes."""

    def __init__(self, file: Any, room: int) -> None:
        self.file = file
        self.room = room

    def write(self, data: Any) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = int(self.file.write(data[: self.room]))
        self.room -= count
        return count

    def close(self) -> None:
        self.file.close()


def test_a_full_disk_leaves_no_half_file(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers |= {"/a": whole(CONTENT), "/b": whole(CONTENT)}
    open_part = module._open_part
    monkeypatch.setattr(
        module, "_open_part", lambda part, start: _FullDisk(open_part(part, start), HALF)
    )
    error = refusal(tmp_path, server.url("/a"), server.url("/b"))
    assert "the disk is full" in error.sentence
    assert "make room" in error.sentence
    assert server.asked == [("/a", "")], "another mirror would not help"
    assert not part_path(tmp_path, FILE).exists(), "the room is given back"


def test_a_disk_that_is_full_at_the_last_step_leaves_no_half_file(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    server.answers["/a"] = whole(CONTENT)
    monkeypatch.setattr("os.fsync", refuse)
    assert "make room" in refusal(tmp_path, server.url("/a")).sentence
    assert list(tmp_path.rglob("*")) == []


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refusal(tmp_path / "file", "http://127.0.0.1:1/a")
    assert "cannot be written" in error.sentence
