"""A training run inside the window: the one training loop, advanced a piece at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentlab.base.errors import TrainingError
from latentlab.base.trace import Tracer, now_s
from latentlab.engine.aside import Aside
from latentlab.engine.live_model import LiveModel
from latentlab.engine.messages import Embedded, Result, Warned
from latentlab.engine.pace import Pace
from latentlab.engine.training_messages import CurvePoint, TrainProgress
from latentlab.engine.work import Guard
from latentlab.images.image_set import ImageSet
from latentlab.latent.neighbours import TREE_DIMS, NeighbourIndex
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import SAVE_EVERY_S, RunFolder
from latentlab.training.train_events import Metrics, StepDone

PROGRESS_EVERY_S = 0.18
CODES_EVERY_S = 0.18  # the window draws all points anew each time
CODES_SHARE = 0.02  # of the time, at most
INDEX_EVERY_S = 2.0
WIDE_INDEX_EVERY_S = 10.0  # of many dimensions: takes some tenths of a second
SAVE_EVERY_S_INTERACTING = 120.0


class TrainingJob:
    """Trains, reports progress, and keeps the codes that the training passes see anyway.

    The map's codes cost nothing this way: each step has just encoded its batch. They are as old as
    at most one epoch; pausing or ending the run encodes all of them afresh.

    Parameters
    ----------
    spec, data, device, folder
        What to train, on what, where, and the run folder.
    pace
        Says how small the pieces must be.
    emit
        Takes the results.
    tracer
        Records ``train.step``.
    guard
        Is told what fails beside the steps, which the run survives.
    """

    def __init__(
        self,
        spec: TrainSpec,
        data: ImageSet,
        device: torch.device,
        folder: Path,
        *,
        pace: Pace,
        emit: Callable[[Result], None],
        tracer: Tracer,
        guard: Guard,
    ) -> None:
        self._emit = emit  # the folder may have to warn at once
        pace.begin_run()
        self._are_parts_planned = False
        self.run = TrainingRun(
            spec, data, device=device, micro_batch=pace.micro_batch, note_part=pace.trained_part
        )
        self.folder = RunFolder(folder, self.run, warn=_Warnings(emit))
        self.paused = False
        self._single_step = False
        self._events = self.run.run()
        self._pace = pace
        self._tracer = tracer
        self._guard = guard
        self._codes = np.full((len(data), self.run.latent_dim), np.nan, np.float32)
        self._fresh: list[tuple[np.ndarray, Tensor]] = []
        self._step_begin_s: float | None = None
        self._progress_due_s = self._codes_due_s = self._save_due_s = 0.0
        self._index_due_s = now_s() + INDEX_EVERY_S
        self._index: NeighbourIndex | None = None
        self._indexing: Aside[NeighbourIndex] | None = None

    @property
    def wants_turn(self) -> bool:
        """Whether there is something to compute now."""
        return not self.paused or self._single_step

    def single_step(self) -> None:
        """Do one optimiser step and pause again."""
        self.paused = True
        self._single_step = True

    def advance(self, model: LiveModel) -> bool:
        """Compute one piece; return whether the run has ended by itself.

        Raises
        ------
        TrainingError
            If a loss is not a number any more.
        """
        if not self._are_parts_planned and self.run.threads is not None:
            self._pace.plan_parts(self.run.batch_size, self.run.step_s)
            self._are_parts_planned = True
        begin = now_s()
        if self._step_begin_s is None:
            self._step_begin_s = begin
        before = self.run.step
        event = next(self._events, StopIteration)
        seconds = now_s() - begin
        if isinstance(event, StepDone):
            self._fresh.append((event.indices, event.mu))
            if event.step > before:
                model.weights_version = event.step
                self._single_step = False
                self._tracer.span("train.step", self._step_begin_s, now_s(), step=event.step)
                self._step_begin_s = None
                self._save_now_and_then()
        elif isinstance(event, Metrics):
            self.folder.log(event)
            self._emit(
                CurvePoint(
                    event.step,
                    event.epoch,
                    event.step / self.run.steps_per_epoch,
                    "train" if event.split == "train" else "held_out",
                    event.loss,
                    event.recon_loss,
                    event.kl,
                    event.penalties,
                )
            )
            self._save_now_and_then()
        self._pace.trained(seconds)
        if not self.paused:
            self.report(model)
        return event is StopIteration

    def report(self, model: LiveModel, *, now: bool = False) -> None:
        """Send progress and codes where they are due."""
        time_s = now_s()
        if now or time_s >= self._progress_due_s:
            self._progress_due_s = time_s + PROGRESS_EVERY_S
            self._emit(self._progress(model))
        if now or time_s >= self._codes_due_s:
            try:
                self._emit(self._embedded(model))
            except Exception as error:  # noqa: BLE001 - a map that cannot be shown ends no run
                self._guard.tell("points", error, always=False)
            # Thousands of numbers for each image take a tenth of a second to copy.
            taken_s = now_s() - time_s
            self._codes_due_s = time_s + max(CODES_EVERY_S, taken_s / CODES_SHARE)

    def finish(self) -> None:
        """Keep the best weights and save everything."""
        with contextlib.suppress(Exception):  # what the run ended with is known already
            self._events.close()  # type: ignore[attr-defined]
        self.folder.finish()

    def save_state(self) -> None:
        """Save where the run stands; from any thread, at any moment."""
        self.folder.save_state()

    def _save_now_and_then(self) -> None:
        # A save takes a tenth of a second, which a hand on the map would feel.
        busy = self._pace.is_interacting()
        every_s = SAVE_EVERY_S_INTERACTING if busy else SAVE_EVERY_S
        if now_s() < self._save_due_s:
            return
        try:
            self.folder.save_now_and_then(every_s, early=not busy)
        except TrainingError:
            raise
        except Exception as error:  # noqa: BLE001 - a run that cannot be saved goes on
            self._save_due_s = now_s() + every_s
            self._guard.tell("save_run", error, always=False)

    def _progress(self, model: LiveModel) -> TrainProgress:
        run = self.run
        images_left = (run.total_steps - run.step) * run.batch_size
        left = images_left / run.images_per_s if run.images_per_s > 0 else float("nan")
        return TrainProgress(
            run.step,
            run.total_steps,
            run.epoch,
            run.epochs,
            run.images_per_s,
            left,
            model.weights_version,
        )

    def _embedded(self, model: LiveModel) -> Embedded:
        for indices, mu in self._fresh:
            self._codes[indices] = mu.float().cpu().numpy()
        self._fresh.clear()
        codes = self._codes.copy()
        codes.flags.writeable = False
        if self._indexing is not None and self._indexing.is_done:
            indexing, self._indexing = self._indexing, None
            self._index = indexing.result()
        if self._indexing is None and now_s() >= self._index_due_s:
            held_out = self.run.held_out
            self._indexing = Aside(lambda: NeighbourIndex(codes, measured=held_out))
            wide = codes.shape[1] > TREE_DIMS
            self._index_due_s = now_s() + (WIDE_INDEX_EVERY_S if wide else INDEX_EVERY_S)
        return Embedded(model.session_epoch, codes, self._index, False, model.weights_version)


class _Warnings:
    """Passes on what cannot be written, the same sentence once.

    Not a method of the job: the folder would hold the job that holds the folder, and such a circle,
    with all images and weights of a run in it, lies in memory until garbage is collected.
    """

    def __init__(self, emit: Callable[[Result], None]) -> None:
        self._emit = emit
        self._last = ""

    def __call__(self, sentence: str) -> None:
        if sentence != self._last:
            self._last = sentence
            self._emit(Warned(sentence))
