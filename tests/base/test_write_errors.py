from __future__ import annotations

import errno

from latentlab.base.write_errors import is_disk_full, why_not_written


def test_only_a_full_disk_is_called_full() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT):
        error = OSError(number, "No space left on device")
        assert is_disk_full(error)
        assert why_not_written(error) == "the disk is full"
    for number, words in (
        (errno.EIO, "Input/output error"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
    ):
        error = OSError(number, words)
        assert not is_disk_full(error)
        assert why_not_written(error) == words[0].lower() + words[1:]
    assert not is_disk_full(None)


def test_the_error_behind_an_error_counts() -> None:
    outer = ValueError("outer")
    outer.__cause__ = OSError(errno.ENOSPC, "full")
    assert is_disk_full(outer)


def test_an_error_without_words() -> None:
    assert why_not_written(OSError()) == "OSError"
