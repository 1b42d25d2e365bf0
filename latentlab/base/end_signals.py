"""The signals by which a system, a terminal or a cluster asks a program to end."""

from __future__ import annotations

import signal

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # SIGBREAK: a console of Windows is closed


def end_signals() -> list[signal.Signals]:
    """Return those that this system has and that whoever started the program has not switched off.

    ``nohup`` switches SIGHUP off so that the program outlives its terminal. A shell script switches
    SIGINT off for what it starts in the background, but one that is sent on purpose is meant.
    """
    found: list[signal.Signals] = [getattr(signal, n) for n in _NAMES if hasattr(signal, n)]
    return [
        number
        for number in found
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    ]
