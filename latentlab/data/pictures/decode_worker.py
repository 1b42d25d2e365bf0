"""A process that decodes pictures, so that one that crashes a decoder ends this process only.

It imports neither torch nor Qt. One line of JSON on stdin is one order; the answer is one line of
JSON, ``[answers, number of bytes]``, and so many bytes behind it. There are two kinds of orders:

``{"rows": [[row, path, member], ...], "treatment": {...}, "out": path}``
    Decode, and write the pixels to rows of a file. An answer is
    ``[row, width, height, mode, format, digest]``, or ``[row, reason]``.
``{"look": [[path, member], ...], "limit_px": n, "treatment": {...} or null, "background": name}``
    Decode for somebody to look at. An answer is ``[width, height, mode, transparent, [h, w]]``, or
    ``[reason]``; the bytes are pixels in colour, at most n a side, followed by the treated ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import signal
import stat
import sys
import threading
import zipfile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.base.write_errors import why_not_written
from latentlab.data.pictures.listing import MAX_FILE_BYTES
from latentlab.data.pictures.parquet import ParquetPictures
from latentlab.data.pictures.picture import (
    PictureError,
    looks_like_picture,
    read_original,
    read_picture,
    unsupported_kind,
)
from latentlab.images.treatment import Treatment

READY = b"[[], 0]\n"
HEADER_BYTES = 128
CANNOT_WRITE = -1  # instead of a row: the file of pixels cannot be written, and the reason

_HEAD_BYTES = 4096
_SMALL_BYTES = 1 << 17
_MEMORY_BYTES = 8 << 30
_OPEN_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class _Files:
    """Reads files and members of archives and tables; the last archive stays open."""

    def __init__(self) -> None:
        self._path = ""
        self._archive: zipfile.ZipFile | None = None
        self._table: ParquetPictures | None = None

    def read(self, path: str, member: str) -> bytes:
        """Return a file's content, if it begins like a picture.

        Raises
        ------
        PictureError
            If it does not, or cannot be read.
        """
        try:
            if not member:
                return _file_content(path)
            if path != self._path:
                self._open(path)
            if self._table is not None:
                return self._table.read(member)
            assert self._archive is not None
            with self._archive.open(member) as inside:
                return _content(inside)  # type: ignore[arg-type]
        except PictureError:
            raise
        except FileNotFoundError:
            raise PictureError("it was there a moment ago and is not any more") from None
        except OSError as error:
            raise PictureError((error.strerror or "cannot be read").lower()) from None
        except Exception as error:  # noqa: BLE001 - archives raise many kinds
            raise PictureError(
                f"cannot be read from the archive ({type(error).__name__})"
            ) from None

    def _open(self, path: str) -> None:
        if self._archive is not None:
            self._archive.close()
        self._archive = self._table = None
        self._path = ""
        if zipfile.is_zipfile(path):
            self._archive = zipfile.ZipFile(path)
        else:
            self._table = ParquetPictures(path)
        self._path = path


def _file_content(path: str) -> bytes:
    """Return a whole file in as few system calls as it takes: most files are small."""
    # A file that has become a pipe meanwhile would keep an open() without O_NONBLOCK for ever.
    descriptor = os.open(path, os.O_RDONLY | _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise PictureError("not a regular file")
        size = status.st_size
        if size > _SMALL_BYTES:
            with open(descriptor, "rb", closefd=False) as file:
                return _content(file)
        content = os.read(descriptor, _SMALL_BYTES)
    finally:
        os.close(descriptor)
    _refuse_by_head(content[:_HEAD_BYTES])
    return content


def _refuse_by_head(head: bytes) -> None:
    if not head:
        raise PictureError("empty file")
    if looks_like_picture(head) is None:
        raise PictureError(unsupported_kind(head) or "not a picture")


def _content(file: BinaryIO) -> bytes:
    head = file.read(_HEAD_BYTES)
    _refuse_by_head(head)
    content = head + file.read(MAX_FILE_BYTES - len(head) + 1)
    if len(content) > MAX_FILE_BYTES:
        raise PictureError(f"larger than {MAX_FILE_BYTES >> 20} MB")
    return content


class _Worker:
    def __init__(self) -> None:
        self._files = _Files()
        self._out_path = ""
        self._out: BinaryIO | None = None

    def answer(self, order: dict[str, Any]) -> tuple[list[Any], list[bytes]]:
        asked = order["treatment"]
        treatment = None if asked is None else Treatment(**asked)
        if "look" in order:
            return self._look(order["look"], treatment, order["limit_px"], order["background"])
        assert treatment is not None
        try:
            out = self._open_out(order["out"])
            return self._decode_rows(out, treatment, order["rows"]), []
        except OSError as error:
            return [[CANNOT_WRITE, why_not_written(error)]], []

    def _open_out(self, path: str) -> BinaryIO:
        if self._out is None or path != self._out_path:
            if self._out is not None:
                self._out.close()
            self._out = open(path, "r+b", buffering=0)  # noqa: PTH123, SIM115 - for all orders
            self._out_path = path
        return self._out

    def _decode_rows(
        self, out: BinaryIO, treatment: Treatment, rows: list[list[Any]]
    ) -> list[list[Any]]:
        """Decode, and write what lies together in the file at once."""
        answers = []
        together: list[bytes] = []
        first = 0
        for row, path, member in rows:
            answer, pixels = self._decode(treatment, row, path, member)
            answers.append(answer)
            if pixels is None or row != first + len(together):
                _write(out, first, together)
                together, first = [], row
            if pixels is not None:
                together.append(pixels.tobytes())
        _write(out, first, together)
        return answers

    def _decode(
        self, treatment: Treatment, row: int, path: str, member: str
    ) -> tuple[list[Any], NDArray[np.uint8] | None]:
        try:
            content = self._files.read(path, member)
            pixels, facts = read_picture(content, treatment)
        except PictureError as error:
            return [row, error.reason], None
        except MemoryError:
            return [row, "it takes more memory than there is"], None
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        return [row, facts.width, facts.height, facts.mode, facts.format, digest], pixels

    def _look(
        self,
        files: list[list[str]],
        treatment: Treatment | None,
        limit_px: int,
        background: str,
    ) -> tuple[list[Any], list[bytes]]:
        answers: list[Any] = []
        payload: list[bytes] = []
        for path, member in files:
            try:
                content = self._files.read(path, member)
                original, facts = read_original(content, limit_px, background)
                parts = [original.tobytes()]
                if treatment is not None:
                    parts.append(read_picture(content, treatment)[0].tobytes())
            except PictureError as error:
                answers.append([error.reason])
                continue
            except MemoryError:
                answers.append(["it takes more memory than there is"])
                continue
            shape = list(original.shape[:2])
            answers.append([facts.width, facts.height, facts.mode, facts.transparent, shape])
            payload += parts
        return answers, payload


def _write(out: BinaryIO, first: int, rows: list[bytes]) -> None:
    if not rows:
        return
    content = b"".join(rows)
    out.seek(HEADER_BYTES + first * len(rows[0]))
    done = 0
    while done < len(content):
        done += out.write(content[done:])


def serve() -> None:
    """Answer orders; ends with stdin, at once."""
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # libtiff and others write warnings to the C streams, where nobody must see or parse them.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # Ctrl-C in a terminal reaches all of its processes; who gives the orders decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    given: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_take_orders, args=(orders, given), daemon=True).start()
    worker = _Worker()
    answers.write(READY)
    answers.flush()
    while True:
        answer, payload = worker.answer(json.loads(given.get()))
        size = sum(len(part) for part in payload)
        answers.write(json.dumps([answer, size]).encode() + b"\n")
        for part in payload:
            answers.write(part)
        answers.flush()


def _take_orders(orders: BinaryIO, given: queue.SimpleQueue[bytes]) -> None:
    """Pass orders on, and end the process with the one that gives them, in the middle of any."""
    for line in orders:
        given.put(line)
    os._exit(0)


def _limit_memory() -> None:
    """Let a picture that asks for too much fail here instead of slowing the machine down."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, _MEMORY_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
