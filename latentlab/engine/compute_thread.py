"""The compute thread: a worker object in a QThread, the only thread that touches torch."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from latentlab.base.openmp import wait_briefly
from latentlab.base.trace import Tracer, now_s
from latentlab.engine.jobs import JobRequest
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Command, Failed, InteractiveRequest
from latentlab.engine.pace import SWITCH_INTERVAL_S
from latentlab.engine.priority import give_way

if TYPE_CHECKING:
    from latentlab.engine.engine import Engine

_EVENT_LOOP_EVERY_S = 0.05
_CLOSING_MS = 3500
_MOST_FAILED_TURNS = 100  # one after the other; then the next request wakes the thread

log = logging.getLogger(__name__)


class _Worker(QObject):
    """Lives in the compute thread and turns the engine over."""

    resulted = Signal(object)
    turnRequested = Signal()

    def __init__(self, mailbox: Mailbox, tracer: Tracer) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._tracer = tracer
        self._engine: Engine | None = None
        self._is_turning = False
        self._failed_turns = 0
        # Queued even within the thread: each turn goes back to the event loop first.
        self.turnRequested.connect(self.turn, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def load(self) -> None:
        """Import torch and start to serve."""
        begin = now_s()
        wait_briefly()
        give_way()
        try:
            from latentlab.engine.engine import Engine

            import_s = now_s() - begin
            self._engine = Engine(self._mailbox, self.resulted.emit, self._tracer)
            self._engine.announce(import_s)
        except Exception as error:  # noqa: BLE001 - whatever torch raises, the window must live
            self._report_defect("load", error, dead=True)
            return
        self._tracer.mark("engine.ready", import_s=round(import_s, 3))
        self.wake()

    @Slot()
    def wake(self) -> None:
        """Begin to turn, unless a turn is to come anyway.

        There is one turn in the event queue at most. Each one calls for the next, so that a second
        one would never leave the queue again, and closing would wait behind all of them.
        """
        if not self._is_turning:
            self._is_turning = True
            self.turnRequested.emit()

    @Slot()
    def turn(self) -> None:
        """Do pieces of work for a moment, and come back if there is more.

        Requests and commands come through the mailbox, which the engine looks into before each
        piece; only closing needs the event loop.
        """
        self._is_turning = False
        if self._engine is None:
            return
        until_s = now_s() + _EVENT_LOOP_EVERY_S
        try:
            more = self._engine.turn()
            while more and now_s() < until_s:
                more = self._engine.turn()
            self._failed_turns = 0
        except Exception as error:  # noqa: BLE001 - a defect must not end the thread silently
            # Pieces of work fail alone, inside; this is a defect of the engine itself. What is left
            # to do goes on, unless nothing works any more.
            self._failed_turns += 1
            if self._failed_turns == 1:
                self._report_defect("turn", error, dead=False)
            more = self._failed_turns < _MOST_FAILED_TURNS
        if more:
            self.wake()

    @Slot()
    def close(self) -> None:
        """Save what must be saved, then end the thread's event loop."""
        try:
            if self._engine is not None:
                self._engine.close()
        except Exception as error:  # noqa: BLE001 - the thread must end whatever happens
            self._report_defect("close", error, dead=False)
        self._engine = None
        QThread.currentThread().quit()

    def save_state(self) -> None:
        """Save where a run in training stands; called from the window's thread, at any moment."""
        engine = self._engine
        if engine is not None:
            try:
                engine.save_state()
            except Exception as error:  # noqa: BLE001 - the window must close whatever happens
                self._report_defect("save", error, dead=False)

    def _report_defect(self, where: str, error: Exception, *, dead: bool) -> None:
        details = "".join(traceback.format_exception(error))
        log.error("compute thread, %s:\n%s", where, details)
        sentence = (
            "PyTorch could not be loaded, so nothing can be decoded or trained; "
            "run “latentlab doctor” in a shell to see what is wrong."
            if dead
            else f"Something went wrong while computing ({type(error).__name__}); "
            "what was open stays open."
        )
        self.resulted.emit(Failed(where, sentence, details, engine_is_dead=dead))


class ComputeThread(QObject):
    """Starts, feeds and ends the compute thread.

    Signals
    -------
    resulted(object)
        A ``engine.messages.Result``, delivered in the thread that this object lives in.
    overdue()
        While :meth:`close` waits: the thread has not ended in time. Where a run stands is saved.
    """

    resulted = Signal(object)
    overdue = Signal()
    wakeRequested = Signal()
    closeRequested = Signal()

    def __init__(self, tracer: Tracer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = Mailbox()
        self._thread = QThread(self)
        self._thread.setObjectName("compute")
        self._worker = _Worker(self._mailbox, tracer)
        self._worker.moveToThread(self._thread)
        self._worker.resulted.connect(self.resulted, Qt.ConnectionType.QueuedConnection)
        self.wakeRequested.connect(self._worker.wake, Qt.ConnectionType.QueuedConnection)
        self.closeRequested.connect(self._worker.close, Qt.ConnectionType.QueuedConnection)
        self._thread.started.connect(self._worker.load)

    def start(self) -> None:
        """Start to load torch in the background."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._thread.start(QThread.Priority.NormalPriority)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.isRunning()

    def request(self, request: InteractiveRequest) -> None:
        """Leave an interactive request; a newer one of its kind replaces it."""
        if self._mailbox.put(request):
            self.wakeRequested.emit()

    def ask(self, request: JobRequest) -> None:
        """Leave what a client asks for now; a newer request of the same one replaces it."""
        if self._mailbox.put_job(request):
            self.wakeRequested.emit()

    def command(self, command: Command) -> None:
        """Queue a command."""
        if self._mailbox.put_command(command):
            self.wakeRequested.emit()

    def touch(self) -> None:
        """Note that somebody is interacting."""
        self._mailbox.touch()

    def idle_s(self) -> float:
        """Return the seconds since somebody last interacted."""
        return self._mailbox.idle_s()

    def save_state(self) -> None:
        """Save where a run in training stands, without waiting for what is being computed."""
        self._worker.save_state()

    def close(self) -> None:
        """Save what must be saved and end the thread; returns when it has ended.

        A thread that imports torch, or computes a long step, cannot be interrupted. After a while
        the state of the run is saved all the same, and :attr:`overdue` says so: who cannot wait
        may end the process then.
        """
        if not self._thread.isRunning():
            return
        self.closeRequested.emit()
        if not self._thread.wait(_CLOSING_MS):
            self.save_state()
            self.overdue.emit()
            self._thread.wait()
