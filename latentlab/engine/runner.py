"""Runs jobs a piece at a time: the newest request of each client, and a failing one ends alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from latentlab.base.trace import now_s
from latentlab.engine.failure import failure_sentence
from latentlab.engine.jobs import JobReport, JobRequest, Part, Share, Sources, Steps
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.work import Work, sentence_of

REPORT_EVERY_S = 0.1


@dataclass
class _Running:
    """A job that was begun."""

    request: JobRequest
    steps: Steps[object]
    weights_version: int
    work: Work = field(init=False)
    reported_s: float = -1e9


class Runner:
    """All running jobs, for a schedule that says when.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes each :class:`JobReport`.
    sources
        Returns what there is to compute with.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        emit: Callable[[JobReport], None],
        sources: Callable[[], Sources],
    ) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._sources = sources
        self._running: dict[str, _Running] = {}
        self._waiting: dict[str, JobRequest] = {}  # until what was begun is finished

    def works(self, *, beside_training: bool = False) -> tuple[Work, ...]:
        """Return a row for each job that wants a turn, after a look into the mailbox."""
        for request in self._mailbox.take_jobs():
            self._take(request)
        return tuple(
            job.work
            for job in self._running.values()
            if job.request.kind.beside_training or not beside_training
        )

    def has_work(self) -> bool:
        """Whether any job runs or waits."""
        return bool(self._running) or self._mailbox.has_jobs()

    def close(self) -> None:
        """End all jobs."""
        self._waiting.clear()
        for slot in list(self._running):
            self._end(slot)

    def _take(self, request: JobRequest) -> None:
        self._waiting.pop(request.slot, None)
        is_patient = request.kind.finishes_first and request.options is not None
        if is_patient and request.slot in self._running:
            self._waiting[request.slot] = request
            return
        self._end(request.slot)
        if request.options is None:
            return
        sources = self._sources()
        version = -1 if sources.model is None else sources.model.weights_version
        job = _Running(request, _begun(request, sources), version)
        job.work = Work(
            request.kind.name,
            lambda: True,
            lambda: self._advance(job),
            lambda: self._end(request.slot),
            told=lambda error: self._fail(job, error),
        )
        self._running[request.slot] = job

    def _end(self, slot: str) -> None:
        job = self._running.pop(slot, None)
        if job is not None:
            job.steps.close()
        waiting = self._waiting.pop(slot, None)
        if waiting is not None:
            self._take(waiting)

    def _advance(self, job: _Running) -> None:
        request = job.request
        if not self._is_fresh(job):
            self._end(request.slot)
            self._emit(JobReport(request.slot, request.sequence, "stale"))
            return
        try:
            step = next(job.steps)
        except StopIteration as end:
            self._end(request.slot)
            # What changed during the last piece changed the answer.
            done = JobReport(request.slot, request.sequence, "done", 1.0, end.value)
            stale = JobReport(request.slot, request.sequence, "stale")
            self._emit(done if self._is_fresh(job) else stale)
            return
        if isinstance(step, Part):
            self._emit(JobReport(request.slot, request.sequence, "running", value=step.value))
        elif isinstance(step, Share) and now_s() - job.reported_s >= REPORT_EVERY_S:
            job.reported_s = now_s()
            self._emit(JobReport(request.slot, request.sequence, "running", step.done))

    def _is_fresh(self, job: _Running) -> bool:
        kind, model = job.request.kind, self._sources().model
        if not kind.needs_model:
            return True
        if model is None or model.session_epoch != job.request.model_id:
            return False
        return not kind.of_weights or model.weights_version == job.weights_version

    def _fail(self, job: _Running, error: Exception) -> str:
        """Tell the client, and return the sentence."""
        request, kind = job.request, job.request.kind
        unforeseen = failure_sentence(kind.name, error, (kind.doing, kind.retry))
        sentence = sentence_of(error, unforeseen)
        self._emit(JobReport(request.slot, request.sequence, "failed", sentence=sentence))
        return sentence


def _begun(request: JobRequest, sources: Sources) -> Steps[object]:
    """Return the work of a request; whatever is raised is raised with the first piece."""
    yield None
    return (yield from request.kind.load()(request.options, sources))
