"""Where the window leaves requests for the compute thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import TypeVar, cast

from latentlab.base.trace import now_s
from latentlab.engine.jobs import JobRequest
from latentlab.engine.messages import Command, InteractiveRequest

R = TypeVar("R", bound=InteractiveRequest)


class Mailbox:
    """One place for each kind of interactive request and for each client that asks for jobs, where
    the newest wins, and a queue of commands, of which none is lost.

    All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[type[InteractiveRequest], InteractiveRequest] = {}
        self._commands: deque[Command] = deque()
        self._jobs: dict[str, JobRequest] = {}
        self._taken: dict[type[InteractiveRequest], int] = {}  # sequences: data may be large
        self._touched_s = -1e9

    def put(self, request: InteractiveRequest) -> bool:
        """Leave a request in the place of its kind; return whether the box was empty before."""
        with self._lock:
            was_empty = self.is_empty()
            self._requests[type(request)] = request
            return was_empty

    def put_command(self, command: Command) -> bool:
        """Queue a command; return whether the box was empty before."""
        with self._lock:
            was_empty = self.is_empty()
            self._commands.append(command)
            return was_empty

    def put_job(self, request: JobRequest) -> bool:
        """Leave what a client asks for now; return whether the box was empty before."""
        with self._lock:
            was_empty = self.is_empty()
            self._jobs[request.slot] = request
            return was_empty

    def take_jobs(self) -> list[JobRequest]:
        """Return the newest request of each client, the oldest first."""
        if not self._jobs:
            return []
        with self._lock:
            jobs, self._jobs = list(self._jobs.values()), {}
            return jobs

    def has_jobs(self) -> bool:
        """Whether a client waits."""
        return bool(self._jobs)

    def take(self, kind: type[R]) -> R | None:
        """Return the newest request of a kind and clear its place."""
        with self._lock:
            request = self._requests.pop(cast(type[InteractiveRequest], kind), None)
            if request is not None:
                self._taken[type(request)] = request.sequence
            return cast(R | None, request)

    def taken(self, kind: type[InteractiveRequest] | None) -> int:
        """Return the sequence of the request of a kind that was taken last, -1 without one."""
        return -1 if kind is None else self._taken.get(kind, -1)

    def take_command(self) -> Command | None:
        """Return the oldest command."""
        with self._lock:
            return self._commands.popleft() if self._commands else None

    def has(self, kind: type[InteractiveRequest]) -> bool:
        """Whether a request of this kind waits."""
        return kind in self._requests

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._requests and not self._commands and not self._jobs

    def touch(self) -> None:
        """Note that somebody is interacting now, so that long work keeps its pieces short."""
        self._touched_s = now_s()

    def idle_s(self) -> float:
        """Return the seconds since the last interaction."""
        return now_s() - self._touched_s
