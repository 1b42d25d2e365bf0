"""How OpenMP's threads wait, which must be said before torch is loaded."""

from __future__ import annotations

import os

# GNU's runtime (Linux) reads the first, LLVM's and Intel's (macOS, Windows) the second.
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


def wait_passively() -> None:
    """Let threads that wait for others sleep instead of spin; what the user has set stays.

    Small networks meet at a barrier every few microseconds. Where any other program, or the window
    itself, takes one of the cores meanwhile, spinning threads wait for whole time slices: on two
    cores that were not quite free, training an MLP fell from 8,500 to 300 images/s.
    """
    for name, value in _PASSIVE.items():
        os.environ.setdefault(name, value)
