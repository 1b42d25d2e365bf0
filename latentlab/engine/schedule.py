"""Which piece of work comes next, of all that is asked for beside commands and training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from latentlab.base.trace import Tracer, now_s
from latentlab.engine.cursor_messages import (
    CompareRequest,
    DecodeRequest,
    ReconstructRequest,
    TraversalEndsRequest,
)
from latentlab.engine.embedding_job import EmbeddingJob
from latentlab.engine.failure import Job
from latentlab.engine.fair_turns import FairTurns
from latentlab.engine.jobs import Sources
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import InteractiveRequest, Result, WatchCommand
from latentlab.engine.runner import Runner
from latentlab.engine.work import Guard, Work
from latentlab.features.explore.image_scale_work import PictureScaleWork
from latentlab.features.explore.work import ExploreWork
from latentlab.features.grid.messages import TilesRequest
from latentlab.features.noise_lab.messages import DenoiseRequest, StripRequest
from latentlab.features.noise_lab.work import NoiseLabWork
from latentlab.features.noise_map.messages import NoiseCodesRequest, NoiseFieldRequest
from latentlab.features.noise_map.work import NoiseMapWork
from latentlab.features.noise_matrix.messages import MatrixRequest
from latentlab.features.noise_matrix.work import MatrixWork
from latentlab.features.query_image.work import PictureWork
from latentlab.images.image_set import ImageSet


class Open(NamedTuple):
    """What the engine works with at a moment."""

    model: LiveModel | None
    data: ImageSet | None
    device: torch.device
    is_training: bool


class Schedule:
    """All kinds of work, by how soon each is wanted.

    What the hand waits for comes in each turn. Of the long work, the grid comes first, because it
    is what is seen, and shares the time with jobs; the rest follows in fair turns, so that nothing
    delays what was clicked. Hidden work is paused.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    tracer
        Records ``decode.compute`` and ``denoise.compute``.
    guard
        Does each piece, and lets it fail alone.
    now
        Returns what is open.

    Attributes
    ----------
    picture
        The picture that the user has brought.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        emit: Callable[[Result], None],
        tracer: Tracer,
        guard: Guard,
        now: Callable[[], Open],
    ) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._guard = guard
        self._now = now
        self.picture = PictureWork(emit)
        self._explore = ExploreWork(mailbox, emit, tracer)
        self._scale = PictureScaleWork(emit)
        self._embedding: EmbeddingJob | None = None
        self._noise_map = NoiseMapWork(mailbox, emit)
        self._noise_lab = NoiseLabWork(mailbox, emit, tracer)
        self._matrix = MatrixWork(mailbox, emit)
        self._runner = Runner(mailbox, emit, self._sources)
        self._unwatched: set[str] = set()
        self._parked: dict[str, InteractiveRequest] = {}
        self._turns = FairTurns()
        self._make_works()

    # --- what comes next -----------------------------------------------------------------------

    def serve(self) -> None:
        """Do what somebody waits for, training or not."""
        if self._unwatched:
            self._park()
        for work in self._at_once:
            self._advance(work)

    def serve_pointer(self) -> None:
        """Do what follows the pointer, the cursor and the noise slider: also between two layers."""
        self._advance(self._cursor)
        self._advance(self._slider)

    def work(self) -> None:
        """Do a piece of all else, while nothing trains."""
        for work in self._soon:
            self._advance(work)
        self._advance_long()

    def has_work(self) -> bool:
        """Whether anything is wanted."""
        works = (*self._at_once, *self._soon, self._grid, *self._long, *self._runner.works())
        return any(map(self._is_wanted, works))

    def watch(self, command: WatchCommand) -> None:
        """Pause what nobody watches any more, or continue it."""
        if not command.is_watched:
            self._unwatched.add(command.job)
            return
        self._unwatched.discard(command.job)
        request = self._parked.pop(command.job, None)
        if request is not None and not self._mailbox.has(type(request)):
            self._mailbox.put(request)

    def _park(self) -> None:
        """Take what is asked for paused work out of the mailbox, which must become empty."""
        for work in (*self._at_once, *self._soon, self._grid, *self._long):
            if work.job in self._unwatched and work.request is not None:
                request = self._mailbox.take(work.request)
                if request is not None:
                    self._parked[work.job] = request

    # --- what changes --------------------------------------------------------------------------

    def begin_data(self) -> None:
        """Other data are open."""
        self._noise_lab.end_strip()

    def begin_model(self) -> None:
        """Another model is open."""
        self._explore.end_tiles()

    def begin_picture_scale(self) -> None:
        """Another model, or other data: measure how far images are from each other."""
        now = self._now()
        assert now.model is not None
        self._scale.follow(now.model, now.data)

    def begin_training(self) -> None:
        """A run begins: what belongs to the weights before would take the time from it."""
        self.end_points()
        self._explore.end_tiles()

    def start_points(self) -> None:
        """Encode all images for the map, from the beginning."""
        now = self._now()
        self._embedding = None
        if now.model is not None and now.data is not None:
            self._embedding = EmbeddingJob(now.model, now.data)

    def end_points(self) -> None:
        """Encode no more images for the map."""
        self._embedding = None

    def _advance_points(self) -> None:
        assert self._embedding is not None
        report, done = self._embedding.advance()
        if done:
            self._embedding = None
        if report is not None:
            self._emit(report)

    def close(self) -> None:
        """End whatever goes on."""
        self.picture.close()
        self._scale.drop()
        self.end_points()
        self._explore.end_tiles()
        self._runner.close()

    def _sources(self) -> Sources:
        now = self._now()
        return Sources(now.model, now.device)

    # --- the kinds of work ---------------------------------------------------------------------

    def _make_works(self) -> None:
        """List all kinds of work by how soon each is wanted."""
        explore, mailbox = self._explore, self._mailbox

        def one(job: Job, request: type[Any], serve: Callable[[], None]) -> Work:
            """Return work that takes one piece, and leaves nothing to forget."""
            return Work(job, lambda: mailbox.has(request), serve, lambda: None, request)

        self._cursor = one("decode", DecodeRequest, lambda: explore.decode(self._now().model))
        self._slider = one(
            "denoise",
            DenoiseRequest,
            lambda: self._noise_lab.serve(self._now().model, self._now().device),
        )
        self._at_once = (
            self._cursor,
            self._slider,
            one("reconstruct", ReconstructRequest, lambda: explore.reconstruct(self._now().model)),
            Work(
                "query_image",
                lambda: self.picture.has_work(self._now().model, hurried=self._now().is_training),
                lambda: self.picture.advance(self._now().model, hurried=self._now().is_training),
                self.picture.drop,
                is_asked_for=True,
            ),
        )
        self._ends = one(
            "slider_ends", TraversalEndsRequest, lambda: explore.decode_ends(self._now().model)
        )
        self._codes = Work(
            "noise_codes",
            self._noise_map.has_codes,
            lambda: self._noise_map.advance_codes(self._now().model),
            self._noise_map.drop_codes,
            NoiseCodesRequest,
        )
        self._compared = one(
            "compare", CompareRequest, lambda: explore.compare_nearest(self._now().model)
        )
        self._measured_scale = Work(
            "picture_scale", self._scale.has_work, self._scale.advance, self._scale.drop
        )
        self._soon = (self._ends, self._compared, self._codes)
        self._grid = Work(
            "grid",
            explore.has_tiles,
            lambda: explore.advance_tiles(self._now().model),
            explore.end_tiles,
            TilesRequest,
        )
        self._field = Work(
            "noise_field",
            self._noise_map.has_field,
            lambda: self._noise_map.advance_field(self._now().model),
            self._noise_map.drop_field,
            NoiseFieldRequest,
        )
        self._strip = Work(
            "strip",
            self._noise_lab.has_strip,
            self._advance_strip,
            self._noise_lab.end_strip,
            StripRequest,
        )
        self._long = (
            Work(
                "points",
                lambda: self._embedding is not None,
                self._advance_points,
                self.end_points,
            ),
            self._measured_scale,
            self._field,
            self._strip,
            Work(
                "matrix",
                self._matrix.has_work,
                lambda: self._matrix.advance(self._now().model, self._now().device),
                self._matrix.drop,
                MatrixRequest,
                is_asked_for=True,
            ),
        )

    def _advance_strip(self) -> None:
        now = self._now()
        self._noise_lab.advance_strip(now.model, now.data, now.device)

    def _is_wanted(self, work: Work) -> bool:
        return work.job not in self._unwatched and work.has_work()

    def _advance(self, work: Work) -> None:
        if self._is_wanted(work):
            self._guard.advance(work)

    def _advance_long(self) -> None:
        """Decode some of the grid or do a piece of a job, or else of what had the least time."""
        jobs = self._runner.works()
        if self._is_wanted(self._grid):
            self._advance_one((self._grid, *jobs))
            return
        works = (*self._long, *jobs)
        if self._embedding is not None:  # the points come before what nobody has clicked
            works = tuple(work for work in works if work not in (self._field, self._strip))
        self._advance_one(works)

    def _advance_one(self, works: tuple[Work, ...]) -> bool:
        """Do a piece of what had the least time; return whether anything is wanted."""
        work = self._turns.next_of([work for work in works if work.job not in self._unwatched])
        if work is None:
            return False
        begin = now_s()
        self._guard.advance(work)
        self._turns.spent(work, now_s() - begin)
        return True

    def work_beside_training(self) -> bool:
        """Do a piece of what the map wants; return whether there was anything."""
        for work in (self._compared, self._measured_scale):
            if self._is_wanted(work):
                self._advance(work)
                return True
        # The grid always wants more while the weights change: the rest takes turns with it.
        on_map = (self._ends, self._codes, self._strip, self._field, self._grid)
        return self._advance_one((*on_map, *self._runner.works(beside_training=True)))
