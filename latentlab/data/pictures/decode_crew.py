"""The processes of one import, which look at pictures first and then decode all of them."""

from __future__ import annotations

import os

from latentlab.base.errors import DataError
from latentlab.data.pictures.decode_process import DecodeProcess

MAX_PROCESSES = 8


class DecodeCrew:
    """As many processes as there are cores, started when they are needed; close them at the end.

    Attributes
    ----------
    processes
        All of them; one that was ended starts again with its next order.
    """

    def __init__(self) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        count = min(MAX_PROCESSES, cores or 1)
        self.processes = tuple(DecodeProcess() for _ in range(count))

    def start(self, count: int = MAX_PROCESSES) -> None:
        """Start some of the processes in good time, without waiting for them.

        Raises
        ------
        DataError
            If no process can be started.
        """
        try:
            for process in self.processes[:count]:
                process.start()
        except OSError as error:
            raise no_process(error) from error

    def close(self) -> None:
        """End all processes for good."""
        for process in self.processes:
            process.close()
        for process in self.processes:
            process.finish()


def no_process(error: OSError) -> DataError:
    """Return what is said where no process can be started."""
    return DataError("No process can be started to decode pictures.", str(error))
