"""How much memory this process uses."""

from __future__ import annotations

import sys
from pathlib import Path


def resident_mib() -> float | None:
    """Return the resident memory in MiB, ``None`` where the system does not tell.

    Linux tells the present value; macOS, through ``resource``, only the highest so far.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096 / 2**20
    except (OSError, ValueError, IndexError):
        pass
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return None
