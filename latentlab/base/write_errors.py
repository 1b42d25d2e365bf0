"""Why a file could not be written, in words."""

from __future__ import annotations

import errno

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or the one behind it, is that of a full disk or a used-up quota."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False


def why_not_written(error: OSError) -> str:
    """Return a phrase for what the system refused, such as “the disk is full”."""
    if is_disk_full(error):
        return "the disk is full"
    reason = error.strerror or str(error) or type(error).__name__
    return reason[:1].lower() + reason[1:] if error.strerror else reason
