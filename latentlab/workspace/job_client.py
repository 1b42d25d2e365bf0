"""The window's side of a job: what was asked, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.jobs import JobKind, JobReport, JobRequest
from latentlab.engine.messages import WatchCommand
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

State = Literal["idle", "running", "done", "failed"]


class JobClient(QObject):
    """One place that asks for jobs of a kind, of which the newest counts.

    Sequences, epochs and stale answers are its business alone. What is asked for by
    :meth:`follow` is asked again whenever what it needs has changed, and not while it is hidden.

    Signals
    -------
    changed
        State, progress, answer or problem are others now.
    advanced
        A part of the answer has come; it is handed over.
    """

    changed = Signal()
    advanced = Signal(object)

    def __init__(self, desk: JobDesk, kind: JobKind) -> None:
        super().__init__(desk)
        self._desk = desk
        self.kind = kind
        self._sequence = self._shown = 0
        self._make: Callable[[], Any] | None = None
        self._is_due = False
        self._is_shown = True
        self.state: State = "idle"
        self.share = 0.0
        self.answer: Any = None
        self.problem = ""

    def ask(self, options: Any) -> None:
        """Begin; the client's running job ends, unless its kind finishes first."""
        self._make, self._is_due = None, False
        self._ask(options)

    def follow(self, make: Callable[[], Any]) -> None:
        """Ask for what ``make`` returns now and after each change; it may return ``None``."""
        self._make = make
        self._ask_again()

    def cancel(self) -> None:
        """End the running job, and ask for nothing more."""
        self._make, self._is_due = None, False
        self._drop()

    def set_shown(self, shown: bool) -> None:
        """Note whether the answer can be seen; hidden work pauses."""
        if shown == self._is_shown:
            return
        self._is_shown = shown
        self._desk.watch(self.kind, shown)
        if shown and self._is_due:
            self._ask_again()

    def expire(self) -> None:
        """Note that what the answer rests on has changed."""
        self._drop()
        if self._make is not None:
            self._ask_again()

    def take(self, report: JobReport) -> None:
        """Take what has become of a request; one that was replaced meanwhile is passed over."""
        is_older = report.sequence < self._sequence
        if is_older and self.kind.finishes_first and report.state == "done":
            self._show(report)  # better than what was there, and the newest is to come
            return
        if is_older or self.state != "running":
            return
        if report.state == "stale" and self._make is not None:
            self.expire()
            return
        if report.state == "running" and report.value is not None:
            self.advanced.emit(report.value)
            return
        state, self.share, self.problem = report.state, report.share, report.sentence
        if state == "stale":
            state, self.problem = "failed", self._ended()
        self.state = state
        if state == "failed":
            self.answer = None
        if state == "done":
            self._show(report)
        else:
            self.changed.emit()

    def _show(self, report: JobReport) -> None:
        if report.sequence > self._shown:
            self._shown, self.answer = report.sequence, report.value
            self.changed.emit()

    def _ended(self) -> str:
        return f"{self.kind.doing} was ended, because the model has changed. {self.kind.retry}"

    def _ask_again(self) -> None:
        assert self._make is not None
        self._is_due = not self._is_shown
        if self._is_due:
            return
        options = self._make()
        if options is None:
            self._drop()
        else:
            self._ask(options)

    def _ask(self, options: Any) -> None:
        self._sequence += 1
        self.state, self.share, self.problem = "running", 0.0, ""
        if not self.kind.finishes_first:
            self.answer = None
        self._desk.ask(self, self._sequence, options)
        self.changed.emit()

    def _drop(self) -> None:
        if self.state == "running":
            self._sequence += 1
            self._desk.ask(self, self._sequence, None)
        self._shown = self._sequence  # what is on its way is not wanted any more
        if self.state != "idle":
            self.state, self.share, self.answer, self.problem = "idle", 0.0, None, ""
            self.changed.emit()


class JobDesk(QObject):
    """Hands requests to the compute thread, and each report to the one client that it is for.

    Parameters
    ----------
    thread
        Computes.
    session, training
        Tell when data, model or weights have changed.
    """

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        training: Training,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._training = training
        self._clients: dict[str, JobClient] = {}
        self._data, self._model = session.data, session.session_epoch
        self._version = self._weights_version()
        thread.resulted.connect(self._take)
        session.dataChanged.connect(self._on_data_changed)
        session.modelChanged.connect(self._on_model_changed)
        training.progressChanged.connect(self._on_weights_changed)

    def client(self, kind: JobKind) -> JobClient:
        """Return the client of a kind, the same one each time."""
        if kind.name not in self._clients:
            self._clients[kind.name] = JobClient(self, kind)
        return self._clients[kind.name]

    def ask(self, client: JobClient, sequence: int, options: Any) -> None:
        """Pass a request on."""
        model = self._session.session_epoch
        self._thread.ask(JobRequest(client.kind, client.kind.name, sequence, options, model))

    def watch(self, kind: JobKind, shown: bool) -> None:
        """Pass on whether the answers of a kind can be seen."""
        self._thread.command(WatchCommand(kind.name, shown))

    @Slot(object)
    def _take(self, result: object) -> None:
        if isinstance(result, JobReport) and result.slot in self._clients:
            self._clients[result.slot].take(result)

    @Slot()
    def _on_data_changed(self) -> None:
        if self._session.data is not self._data:
            self._data = self._session.data
            self._expire(lambda kind: True)

    @Slot()
    def _on_model_changed(self) -> None:
        if self._session.session_epoch != self._model:
            self._model = self._session.session_epoch
            self._expire(lambda kind: kind.needs_model)

    @Slot()
    def _on_weights_changed(self) -> None:
        version = self._weights_version()
        if version != self._version:
            self._version = version
            self._expire(lambda kind: kind.of_weights)

    def _weights_version(self) -> int:
        progress = self._training.progress
        return -1 if progress is None else progress.weights_version

    def _expire(self, concerns: Callable[[JobKind], bool]) -> None:
        for client in list(self._clients.values()):
            if concerns(client.kind):
                client.expire()
