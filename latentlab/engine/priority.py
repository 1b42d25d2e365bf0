"""The compute thread gives way to the window."""

from __future__ import annotations

import os
import sys
import threading

_NICENESS = 5


def give_way() -> None:
    """Let the operating system prefer other threads to the calling one and those it starts.

    With as many busy threads as cores, a picture that is decoded already would otherwise wait for
    the end of a time slice of training. Only Linux has a niceness for each thread; with nothing
    else to do the thread still gets all of a core.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    except OSError:
        return  # a sandbox may forbid it
