"""Read from a file that may change or vanish at any moment, in a way that can only fail with words.

Files are read and never mapped: a mapping whose file another program shortens ends the process.
"""

from __future__ import annotations

import os
import stat
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path

from latentlab.base.errors import DataError
from latentlab.base.shown_name import shown_name
from latentlab.base.write_errors import why_not_written

# A pipe would be waited for, and Windows would translate line ends.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MAX_AT_ONCE = 1 << 30  # more than this the system reads in parts anyway


class RegularFile:
    """An open regular file, closed when nothing refers to it any more.

    Attributes
    ----------
    name
        For sentences.
    num_bytes
        Size when it was opened.

    Raises
    ------
    ValueError
        If it is a folder, a pipe or a device.
    OSError
        As the system raised it.
    """

    def __init__(self, path: Path) -> None:
        self.name = shown_name(path.name)
        self._descriptor = os.open(path, _FLAGS)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._lock = threading.Lock()  # where reading needs the position of the file
        about = os.fstat(self._descriptor)
        if not stat.S_ISREG(about.st_mode):
            self._close()
            raise ValueError(f"{self.name} is not a regular file")
        self.num_bytes = about.st_size

    def close(self) -> None:
        """Close it at once; safe to call twice."""
        self._close()

    def read(self, start: int, count: int) -> bytearray:
        """Return ``count`` bytes from byte ``start``.

        Raises
        ------
        DataError
            As :meth:`read_into`.
        """
        found = bytearray(count)
        self.read_into(memoryview(found), start)
        return found

    def read_parts(self, wanted: memoryview, parts: Iterable[tuple[int, int, int]]) -> None:
        """Fill several parts of a block: ``wanted[begin:end]`` from byte ``start`` of the file.

        Raises
        ------
        DataError
            As :meth:`read_into`.
        """
        for begin, end, start in parts:
            part = wanted[begin:end]
            try:
                count = self._read_some(part, start)
            except OSError:
                count = 0  # tried again below, where errors get their words
            if count < end - begin:
                self.read_into(part[count:], start + count)

    def read_into(self, wanted: memoryview, start: int) -> None:
        """Fill a writable flat block of bytes from byte ``start``.

        Raises
        ------
        DataError
            If the file ends before that, or cannot be read any more.
        """
        try:
            while len(wanted):
                count = self._read_some(wanted[:_MAX_AT_ONCE], start)
                if count == 0:
                    raise DataError(
                        f"“{self.name}” has become shorter while it was open; open the data again, "
                        "or restore the file."
                    )
                wanted = wanted[count:]
                start += count
        except OSError as error:
            raise DataError(
                f"“{self.name}” cannot be read any more: {why_not_written(error)}; open the data "
                "again.",
                str(error),
            ) from error

    def _read_some(self, wanted: memoryview, start: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [wanted], start)
        with self._lock:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            content = os.read(self._descriptor, len(wanted))
        wanted[: len(content)] = content
        return len(content)
