"""How signals end a training run from the command line: in order, and in time."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from latentlab.base.end_signals import end_signals

if TYPE_CHECKING:
    from latentlab.training.run import TrainingRun
    from latentlab.training.run_folder import RunFolder

LEAVE_AFTER_S = 4.0
"""From the first signal to the end of the process, whatever it is at."""
_HURRY_S = 1.0  # the same from a second signal


class Ending:
    """What signals have asked for.

    Attributes
    ----------
    asked
        Whether there was one.
    """

    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self.asked = False

    def take(self, number: int, frame: object) -> None:
        """End the run with the event to come; what is left to do is to save."""
        del number, frame
        self.asked = True
        self._run.request_stop()


@contextmanager
def ending(run: TrainingRun, folder: RunFolder | None) -> Iterator[Ending]:
    """Let signals end a run within :data:`LEAVE_AFTER_S`, saved.

    Python runs handlers only between its own instructions, and the backward pass of a large network
    is one of them. So a thread learns of signals too. When the time is up, it saves the state
    before the step that is being computed, and ends the process with code 130.
    """
    state = Ending(run)
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def watch() -> None:
        if not reader.recv(1):  # the other side was closed: the run has ended
            return
        hurries = False
        end_s = time.monotonic() + LEAVE_AFTER_S
        with contextlib.suppress(TimeoutError):
            while (left_s := end_s - time.monotonic()) > 0:
                reader.settimeout(left_s)
                if not reader.recv(1):
                    return
                if not hurries:
                    hurries = True
                    end_s = min(end_s, time.monotonic() + _HURRY_S)
        if folder is not None:
            folder.save_state()
        os._exit(130)

    watcher = threading.Thread(target=watch, name="ending", daemon=True)
    watcher.start()
    before = {number: signal.signal(number, state.take) for number in end_signals()}
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield state
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()
        watcher.join()
        reader.close()
