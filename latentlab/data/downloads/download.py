"""Download one file whose size and checksum are known, so that it can be stopped and continued."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from latentlab.base.atomic_write import atomic_write
from latentlab.base.errors import DataError
from latentlab.base.write_errors import is_disk_full, why_not_written
from latentlab.data.downloads.remote_file import TIMEOUT_S, Progress, RemoteFile, part_path

_CHUNK = 64 << 10  # bytes between two chances to stop
_TRIES = 3  # connections to one address, for as long as each brings something new


def download(
    file: RemoteFile, folder: Path, urls: Sequence[str], *, timeout_s: float = TIMEOUT_S
) -> Generator[Progress, None, None]:
    """Download a file into a folder and check it.

    Progress is yielded at least every 64 KiB; closing the generator between two of them stops the
    download. What has come lies at :func:`part_path` until the file is complete, and the next
    download goes on from there.

    Parameters
    ----------
    file
        What to download. Not a byte more than its size is written.
    folder
        Where it goes, made if needed. A file of that name is replaced only by the checked one.
    urls
        Addresses of the same file (http or https), tried in turn.
    timeout_s
        Seconds that a connection and each read may take.

    Raises
    ------
    DataError
        If no address gives the file, or it cannot be written.
    """
    part = part_path(folder, file)
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(file, folder, error) from error
    try:
        yield from _from_any(file, folder, urls, timeout_s)
    except _DiskError as failure:
        with suppress(OSError):
            part.unlink(missing_ok=True)  # room for whoever needs it
        raise _cannot_write(file, folder, failure.error) from failure.error
    finally:
        with suppress(OSError):  # something may be waiting in it
            part.parent.rmdir()


class _SourceError(Exception):
    """An address does not give the file, and why."""


class _DiskError(Exception):
    """The file cannot be written: kept apart from the ``OSError`` of connections."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _WebRedirects(HTTPRedirectHandler):
    """A few redirects, and never to anything but another web address."""

    max_redirections = 5

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        if not _is_web_address(newurl):
            raise HTTPError(newurl, code, "redirected to what is no web address", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> OpenerDirector:
    """Return an opener that knows http and https; urllib's usual one also opens local files."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        _WebRedirects(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _from_any(
    file: RemoteFile, folder: Path, urls: Sequence[str], timeout_s: float
) -> Generator[Progress, None, None]:
    """Fetch, check and place the file from the first address that gives it."""
    part = part_path(folder, file)
    failures: list[str] = []
    for url in urls:
        for _ in range(_TRIES):
            before = _size(part)
            try:
                yield from _transfer(file, part, url, timeout_s)
                _finish(file, part, folder)
            except _SourceError as failure:
                failures.append(f"{url}: {failure}")
                after = _size(part)
                part_was_to_blame = before > 0 and after == 0
                if after <= before and not part_was_to_blame:
                    break
            else:
                return
    raise DataError(
        f"“{file.name}” could not be downloaded from any of its addresses; connect to the network "
        f"and try again, or download it elsewhere from {urls[0]} and put it into “{folder}”.",
        "\n".join(failures),
    )


def _transfer(
    file: RemoteFile, part: Path, url: str, timeout_s: float
) -> Generator[Progress, None, None]:
    """Fetch what is missing of the part from one address; yield as it grows."""
    start = _size(part)
    if start > file.size:
        _remove(part)
        start = 0
    if start == file.size:
        return
    with closing(_connect(url, start, timeout_s)) as answer:
        if answer.status != 206:
            start = 0
        elif not str(answer.headers.get("Content-Range")).startswith(f"bytes {start}-"):
            raise _SourceError("it sent another part than the one asked for")
        length = answer.headers.get("Content-Length")
        if length is not None and length != str(file.size - start):
            raise _SourceError(f"it offers {length} bytes in place of {file.size - start}")
        with closing(_open_part(part, start)) as output:
            begin_s, done = time.monotonic(), start
            while chunk := _read(answer):
                if done + len(chunk) > file.size:
                    _remove(part)
                    raise _SourceError(f"it sent more than {file.size} bytes")
                _write(output, chunk)
                done += len(chunk)
                elapsed_s = max(time.monotonic() - begin_s, 1e-6)
                yield Progress(done, file.size, (done - start) / elapsed_s)
    if done < file.size:
        raise _SourceError(f"the connection ended after {done} of {file.size} bytes")


def _connect(url: str, start: int, timeout_s: float) -> HTTPResponse:
    if not _is_web_address(url):
        raise _SourceError("this is no web address")
    headers = {"User-Agent": "LatentLab", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        answer = _opener().open(Request(url, headers=headers), timeout=timeout_s)
    except HTTPError as error:
        error.close()
        # 416: the server's file ends before the part does, so the part is of something else.
        if error.code == 416 and start:
            return _connect(url, 0, timeout_s)
        raise _SourceError(f"HTTP {error.code} {error.reason}") from error
    except URLError as error:
        raise _SourceError(str(error.reason)) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _SourceError(f"{type(error).__name__} {error}".strip()) from error
    assert isinstance(answer, HTTPResponse)
    return answer


def _read(answer: HTTPResponse) -> bytes:
    try:
        # read() would wait for the whole chunk, however slowly it comes.
        return answer.read1(_CHUNK)
    except (OSError, HTTPException, ValueError) as error:
        raise _SourceError(f"{type(error).__name__} {error}".strip()) from error


def _open_part(part: Path, start: int) -> BinaryIO:
    try:
        return part.open("ab" if start else "wb", buffering=0)
    except OSError as error:
        raise _DiskError(error) from error


def _write(output: BinaryIO, chunk: bytes) -> None:
    try:
        view = memoryview(chunk)
        while view:  # a file without a buffer may take less than it is given
            view = view[output.write(view) :]
    except OSError as error:
        raise _DiskError(error) from error


def _finish(file: RemoteFile, part: Path, folder: Path) -> None:
    """Check the complete part and give it its name."""
    try:
        content = part.read_bytes()
        if hashlib.sha256(content).hexdigest() != file.sha256:
            part.unlink()
            raise _SourceError("it sent something else: the checksum is wrong")

        def write(output: BinaryIO) -> None:
            output.write(content)

        atomic_write(folder / file.name, write)
        part.unlink()
    except OSError as error:
        raise _DiskError(error) from error


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except OSError:
        return 0


def _remove(part: Path) -> None:
    try:
        part.unlink()
    except OSError as error:
        raise _DiskError(error) from error


def _cannot_write(file: RemoteFile, folder: Path, error: OSError) -> DataError:
    remedy = "make room there" if is_disk_full(error) else "make that folder writable"
    return DataError(
        f"“{file.name}” cannot be written into “{folder}”: {why_not_written(error)}; {remedy} and "
        "try again.",
        str(error),
    )
