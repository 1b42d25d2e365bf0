"""The one training loop: a generator that the window, the command line and torchrun advance.

Between two yields at most one micro-batch is computed, so whoever advances the generator can do
other things on the live weights in between, and can stop at any point by not advancing it.

A step is computed first and put into effect then, at one go, so a run can be saved at any moment:
what is not in effect yet is as if it had not begun, and what a step in effect has still to report
is part of the state (:attr:`TrainingRun.owed`).
"""

from __future__ import annotations

import contextlib
import copy
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.base.errors import TrainingError, UsageError
from latentlab.base.out_of_memory import is_out_of_memory
from latentlab.images.image_set import ImageSet
from latentlab.images.principal_components import PrincipalComponents, principal_components
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.objective import Batch, LossTerms
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.augment import random_affine
from latentlab.training.draws import Orders, seed_device, seeds_of_step
from latentlab.training.initialise import initialise, put_components
from latentlab.training.loss_means import LossMeans, sums_of
from latentlab.training.loss_watch import LossWatch, copied_weights
from latentlab.training.measuring import BLOCK_IMAGES, PosteriorNoise, Tally, measured_inputs
from latentlab.training.pauses import Pauses
from latentlab.training.process_group import ProcessGroup
from latentlab.training.threads import tune_threads
from latentlab.training.train_events import Metrics, StepDone, TrainEvent
from latentlab.training.training_pixels import Pixels

LOGS_PER_EPOCH = 4
_INITIAL_IMAGES = 1024  # images that the first weights are fitted to
_CHECK_EVERY_STEPS_ON_GPU = 25  # each look at a loss makes the GPU wait
_BETA1 = 0.9  # of Adam
_MEASURED_AT_ONCE = 256  # at least; objectives that look at a batch need a large one

Weights = dict[str, Tensor]


class TrainingRun:
    """A model in training.

    Parameters
    ----------
    spec
        The settings; checked here.
    data
        The images. All of them are copied to the device as uint8 where they fit.
    device
        Where to compute.
    threads
        Processor threads; ``None`` times a few steps first and takes the fastest count.
    micro_batch
        Called before each part of a step; a number says that somebody waits, and splits the step
        into parts of that many images, which gives the same gradient up to rounding.
    note_part
        Called after each part with its number of images and its longest time without a pause.
    group
        The processes that share each step.

    Attributes
    ----------
    model
        The live weights.
    step, total_steps, steps_per_epoch
        Position and length, in optimiser steps.
    losses
        Watches over them, and keeps the last good weights.
    threads, step_s
        Processor threads, and the seconds of an undisturbed step with them; ``None`` until chosen.
    best_weights, best_metrics
        Weights and held-out figures of the best epoch so far, ``None`` before the first.
    last_metrics
        The newest figures of each split, ``"train"`` and ``"held_out"``, of this process.
    stop_requested
        Whether the run ends with the next event; processes that share it agree on a step.
    owed
        Splits whose figures the last step has still to report; the log lines to come.
    settled
        Whether what can be read here is a state to go on from. It always is, but for the moment in
        which a step takes effect, and for good after an error in that moment or a loss that is not
        a number.
    in_effect
        Held while a step takes effect or a figure is reported; hold it to read a state from another
        thread.

    Raises
    ------
    UsageError
        If the settings are out of range or do not fit the data.
    """

    def __init__(
        self,
        spec: TrainSpec,
        data: ImageSet,
        *,
        device: torch.device,
        threads: int | None = None,
        micro_batch: Callable[[], int | None] = lambda: None,
        note_part: Callable[[int, float], None] = lambda images, seconds: None,
        group: ProcessGroup | None = None,
    ) -> None:
        spec.validate(data.image_shape)
        if len(data) < 2:
            raise UsageError("Training needs at least two images.")
        kind = OBJECTIVES[spec.objective]
        if spec.precision == "bf16" and device.type != "cuda" and not kind.closed_form:
            raise UsageError(
                "bf16 is for CUDA only: on processors it is many times slower; leave precision at "
                "float32."
            )
        self.spec = spec
        self.data = data
        self.device = device
        self.threads = threads
        self.step_s: float | None = None
        self.group = group or ProcessGroup()
        self._micro_batch, self._note_part = micro_batch, note_part
        self.pauses = Pauses()
        self.held_out = data.held_out(spec.held_out)
        self.train_indices = np.setdiff1d(np.arange(len(data)), self.held_out)
        self._orders = Orders(self.train_indices, spec.seed)
        self.batch_size = min(spec.batch_size, len(self.train_indices))
        if self.batch_size < self.group.size:
            raise UsageError(
                f"A batch of {self.batch_size} images cannot be shared by {self.group.size} "
                "processes."
            )
        self.steps_per_epoch = 1 if kind.closed_form else len(self.train_indices) // self.batch_size
        self.total_steps = 1 if kind.closed_form else self.steps_per_epoch * spec.epochs
        self.step = 0
        self.trained_s = 0.0
        self.best_weights: Weights | None = None
        self.best_metrics: Metrics | None = None
        self.best_step = 0
        self.last_metrics: dict[str, Metrics] = {}
        self.stop_requested = False
        self._wants_stop = False
        self.owed: tuple[str, ...] = ()
        self.settled = True
        self.in_effect = threading.Lock()
        self._before_step: Weights | None = None

        self.objective = kind(spec, len(self.train_indices))
        torch.manual_seed(spec.seed)
        self.model = Autoencoder(spec, data.image_shape).to(device)
        self._pixels = Pixels(data.images, device, self.model.memory_format)
        self._solution = None
        if kind.closed_form:
            # Begins with checks, and computes nothing yet.
            self._solution = principal_components(data.images, self.train_indices, self.latent_dim)
        else:
            first = torch.from_numpy(self._orders.of(0)[:_INITIAL_IMAGES])
            initialise(self.model, self._pixels.batch(first), spec.activation)
        averages = spec.ema > 0 and not kind.closed_form
        self.averaged = copy.deepcopy(self.model).eval() if averages else None
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=spec.learning_rate,
            betas=(_BETA1, spec.adam_beta2),
            weight_decay=spec.weight_decay,
            fused=True,
        )
        self.means = LossMeans(3 + len(kind.penalties))
        self.losses = LossWatch(self.model, kind.penalties)
        self.largest_micro_batch = self.batch_size

    @property
    def latent_dim(self) -> int:
        """Length of the code."""
        return self.model.latent_dim

    @property
    def epoch(self) -> int:
        """Epochs begun, from 1."""
        return min(self.step // self.steps_per_epoch + 1, max(1, self.epochs))

    @property
    def epochs(self) -> int:
        """Passes over the training images that the run has; one for what is solved at once."""
        return self.total_steps // self.steps_per_epoch

    @property
    def images_per_s(self) -> float:
        """Training speed since the start, pauses left out."""
        return self.step * self.batch_size / max(self.trained_s, 1e-9) if self.step else 0.0

    @property
    def measured_model(self) -> Autoencoder:
        """The weights that are measured and kept: the moving average where there is one."""
        return self.model if self.averaged is None else self.averaged

    def request_stop(self) -> None:
        """End :meth:`run` with the next event; with others, after the present or the next step."""
        self._wants_stop = True
        # With others it takes effect when all have heard of it, with the next step.
        if self.group.size == 1:
            self.stop_requested = True

    def run(self) -> Iterator[TrainEvent]:
        """Train to the end, yielding events.

        Yields
        ------
        None
            After a piece that did not complete a step.
        StepDone
            After each step, and after each batch of held-out images that was measured; the latter
            have the same ``step`` as the event before.
        Metrics
            Some times per epoch for the training images, once per epoch for the held-out ones.

        Raises
        ------
        TrainingError
            If a loss is not a number any more; the last good weights are in :attr:`model` then. Or
            if there is not enough memory for a single image, or another process is lost.
        """
        if self.objective.closed_form:
            yield from self._solve()
            return
        yield from self._choose_threads()
        yield from self._report()  # what a run that goes on had not reported when it was saved
        while self.step < self.total_steps and not self.stop_requested:
            epoch_index, in_epoch = divmod(self.step, self.steps_per_epoch)
            order = self._orders.of(epoch_index)
            batch = order[in_epoch * self.batch_size : (in_epoch + 1) * self.batch_size]
            steps = self._one_step(batch)
            while True:
                begin = time.monotonic()
                event = next(steps)
                self.trained_s += time.monotonic() - begin
                if event is not None:
                    break
                yield None
                if self._leaves_now:
                    return
            yield event
            yield from self._report()

    def reported(self, split: str) -> None:
        """Note that the figures of a split are on record, so that they are not reported again."""
        if split in self.owed:
            self.owed = tuple(other for other in self.owed if other != split)
            if split == "train":
                self.means.clear()

    def objective_state(self) -> Weights:
        """Return what the objective had gathered when the last step took effect."""
        return self.objective.state() if self._before_step is None else self._before_step

    def check_finite(self) -> None:
        """Look at the losses that were not looked at yet; remember good weights now and then.

        Raises
        ------
        TrainingError
            At the first loss that is not a number; the last good weights are in :attr:`model` then.
        """
        try:
            self.losses.look(self.step)
        except TrainingError:
            with self.in_effect:
                self.settled = False  # these weights are not those that the moments belong to
                self.model.load_state_dict(self.losses.good_weights)
                if self.averaged is not None:
                    self.averaged.load_state_dict(self.losses.good_weights)
                self.step = self.losses.good_step
            raise

    def keep_best(self) -> None:
        """Put the best measured weights into :attr:`model`: the end of every run."""
        weights = self.best_weights
        if weights is None:
            weights = copied_weights(self.measured_model)
            self.best_step = self.step
        self.model.load_state_dict(weights)
        self.model.eval()

    def noise(self, count: int) -> Tensor:
        """Return standard normal noise for the codes of some images, float (count, d)."""
        return torch.randn(count, self.latent_dim, device=self.device)

    def _solve(self) -> Iterator[TrainEvent]:
        """Compute a closed form, and measure it."""
        if self.step:
            yield from self._report()
            return
        begin = time.monotonic()
        work = self._solution
        assert work is not None
        found: PrincipalComponents | None = None
        while found is None:
            try:
                next(work)
            except StopIteration as end:
                found = end.value
            yield None
            if self._leaves_now:
                return
        with self.in_effect:
            self.settled = False
            put_components(self.model, found)
            self.step = 1
            self.trained_s = time.monotonic() - begin
            self.owed = ("train", "held_out") if len(self.held_out) else ("train",)
            self.settled = True
        yield from self._report()

    @property
    def _leaves_now(self) -> bool:
        """Whether a stop takes effect with this event; of several, none may wait for the others."""
        return self.stop_requested and self.group.size == 1

    def _report(self) -> Iterator[TrainEvent]:
        """Report what the last step owes."""
        epoch = (self.step - 1) // self.steps_per_epoch + 1
        if self.owed and not self.stop_requested:
            self.check_finite()
        if "train" in self.owed and not self.stop_requested:
            if self.objective.closed_form:
                yield from self._measure(self.train_indices, "train", epoch)
            else:
                yield self._metrics("train", epoch, self.means.values())
                self.reported("train")
        if "held_out" in self.owed and not self.stop_requested:
            yield from self._measure_held_out(epoch)

    def _reports_due(self) -> tuple[str, ...]:
        """Return what the step that is now done has to report."""
        ends_epoch = self.step % self.steps_per_epoch == 0
        log_every = max(1, self.steps_per_epoch // LOGS_PER_EPOCH)
        if not ends_epoch and self.step % log_every:
            return ()
        return ("train", "held_out") if ends_epoch and len(self.held_out) else ("train",)

    def _choose_threads(self) -> Iterator[None]:
        if self.device.type != "cpu":
            return
        if self.threads is not None:
            torch.set_num_threads(self.threads)
            return
        index = torch.from_numpy(self.train_indices[: self.batch_size])
        x = self._pixels.batch(index)
        trial = Batch(x, x, torch.zeros(len(x), self.latent_dim), measuring=True)

        def probe() -> None:
            self.model.train()
            self.objective.terms(self.model, trial).loss.mean().backward()  # type: ignore[no-untyped-call]
            self.optimiser.zero_grad(set_to_none=True)

        try:
            for chosen in tune_threads(probe):
                if chosen is None:
                    yield None
                else:
                    self.threads, self.step_s = chosen
        except (RuntimeError, MemoryError) as error:
            self._halve_micro_batch(error, len(x))
            self.optimiser.zero_grad(set_to_none=True)
            self.threads = torch.get_num_threads()

    def _one_step(self, batch: NDArray[np.int64]) -> Iterator[StepDone | None]:
        noise_seed, corruption_seed, own_seed = seeds_of_step(self.spec.seed, self.step, self.group)
        seed_device(self.device, noise_seed)
        spec = self.spec
        for param_group in self.optimiser.param_groups:
            param_group["lr"] = spec.learning_rate * self._schedule()
        x = self._pixels.batch(torch.from_numpy(batch))
        if spec.shift or spec.rotation or spec.scaling:
            x = random_affine(
                x,
                shift_px=spec.shift,
                rotation_deg=spec.rotation,
                scaling=spec.scaling,
                edges=spec.edges,
            ).contiguous(memory_format=self.model.memory_format)
        noise = self.noise(len(batch))
        seen = self.objective.corrupt(x, corruption_seed)
        if seen is not x:
            seen = seen.contiguous(memory_format=self.model.memory_format)
        own = self.group.share(len(batch))
        if self.group.size > 1:
            seed_device(self.device, own_seed)
        codes, sums = list[Tensor](), torch.zeros(self.means.count, device=self.device)
        start, count = own.start, own.stop - own.start
        self.optimiser.zero_grad(set_to_none=True)
        self._before_step = {n: value.clone() for n, value in self.objective.state().items()}
        is_watched = self._micro_batch() is not None
        if is_watched:
            yield None
        while start < own.stop:
            size = self._part_size(count)
            part = slice(start, min(start + size, own.stop))
            self.model.train()
            try:
                with self.pauses.between_layers(self.model, is_watched, self.step_s):
                    terms = self._terms(x, seen, noise, part, len(batch))
                    (terms.loss.sum() / len(batch)).backward()  # type: ignore[no-untyped-call]
            except (RuntimeError, MemoryError) as error:
                self._halve_micro_batch(error, size)
                start, sums, codes = own.start, torch.zeros_like(sums), []
                # It has seen images that it will see again.
                self.objective.load_state({n: v.clone() for n, v in self._before_step.items()})
                self.optimiser.zero_grad(set_to_none=True)
                continue
            sums += sums_of(terms)
            codes.append(terms.mu.detach())
            start = part.stop
            self._note_part(part.stop - part.start, self.pauses.longest_s)
            # What follows the last part is a piece of its own.
            if is_watched or size < count:
                yield None
        if self.group.size > 1:
            gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
            self.stop_requested = self.group.add_up_step([*gradients, sums], self._wants_stop)
        means = sums / len(batch)
        unseen = self.losses.add(self.step + 1, means)
        if self.device.type == "cpu" or unseen >= _CHECK_EVERY_STEPS_ON_GPU:
            self.check_finite()
        self._put_into_effect(means)
        yield StepDone(self.step, batch[own], torch.cat(codes) if len(codes) > 1 else codes[0])

    def _put_into_effect(self, means: Tensor) -> None:
        """Change the weights by the gradients, and all that goes with them."""
        with self.in_effect:
            self.settled = False
            self.optimiser.step()
            self.objective.after_step(self.model)
            self.step += 1
            self._average()
            self.means.add(means)
            self.owed = self._reports_due()
            self._before_step = None
            self.settled = True

    def _part_size(self, own: int) -> int:
        """Return how many images to compute at once."""
        if self.objective.couples_images:
            # Split, the loss would be another one: only a lack of memory forces that.
            return min(own, self.largest_micro_batch)
        return min(self._micro_batch() or own, self.largest_micro_batch)

    def _terms(self, x: Tensor, seen: Tensor, noise: Tensor, part: slice, count: int) -> LossTerms:
        batch = Batch(
            x[part],
            seen[part],
            noise[part],
            progress=self.step / self.total_steps,
            gather=self.group.gatherer(part, count),
        )
        with self._precision():
            return self.objective.terms(self.model, batch)

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if self.spec.precision == "bf16":
            return torch.autocast("cuda", torch.bfloat16)
        return contextlib.nullcontext()

    def _schedule(self) -> float:
        if self.spec.schedule == "constant":
            return 1.0
        return 0.5 * (1.0 + math.cos(math.pi * self.step / self.total_steps))

    def _average(self) -> None:
        if self.averaged is None:
            return
        # A young average would be dominated by the random start, so the decay grows with age.
        decay = min(self.spec.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(
            [p.data for p in self.averaged.parameters()],
            [p.data for p in self.model.parameters()],
            1.0 - decay,
        )

    def _halve_micro_batch(self, error: RuntimeError | MemoryError, size: int) -> None:
        """Make room after running out of memory, or pass any other error on."""
        if not is_out_of_memory(error):
            raise error
        if size <= 1 or self.group.size > 1:
            least = "even one image" if size <= 1 else f"{size} images"
            raise TrainingError(
                f"There is not enough memory to train on {least} at a time; use a smaller "
                "network, smaller images or a smaller batch.",
                str(error),
            ) from error
        self.largest_micro_batch = max(1, size // 2)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _measure_held_out(self, epoch: int) -> Iterator[TrainEvent]:
        """Measure the held-out images and keep the weights if they are the best so far."""
        for event in self._measure(self.held_out, "held_out", epoch):
            if isinstance(event, Metrics):
                better = self.best_metrics is None or event.loss < self.best_metrics.loss
                if better and math.isfinite(event.loss):
                    weights = copied_weights(self.measured_model)
                    with self.in_effect:
                        self.best_metrics = event
                        self.best_step = self.step
                        self.best_weights = weights
            yield event

    def _measure(self, indices: NDArray[np.int64], split: str, epoch: int) -> Iterator[TrainEvent]:
        """Measure images with one seeded posterior sample each; processes share the work."""
        model = self.measured_model
        totals = torch.zeros(self.means.count, device=self.device)
        # Chance belongs to the place of the images, whoever measures them and in what parts.
        chance = PosteriorNoise(self.latent_dim)
        size = -(-max(self.batch_size, _MEASURED_AT_ONCE) // BLOCK_IMAGES) * BLOCK_IMAGES
        starts = range(0, len(indices), size)
        tally = Tally(self.objective, len(indices), self.latent_dim, self.device)
        for start in starts[self.group.rank :: self.group.size]:
            index = indices[start : start + size]
            x = self._pixels.batch(torch.from_numpy(index))
            seen = measured_inputs(self.objective, x, start)
            noise = chance.rows(start, len(index)).to(self.device)
            done = 0
            while done < len(index):
                part = slice(done, done + self._part_size(len(index)))
                batch = Batch(x[part], seen[part], noise[part], measuring=True)
                with torch.no_grad():
                    model.eval()
                    terms = self.objective.terms(model, batch)
                    totals += sums_of(terms)
                    tally.add(start + done, terms.mu)
                done = part.stop
                yield StepDone(self.step, index[part], terms.mu.detach())
                if self._leaves_now:
                    return
        self.group.add_up(totals)
        if tally.counts is not None:
            self.group.add_up(tally.counts)
        yield self._metrics(split, epoch, (totals / len(indices)).tolist(), tally.penalties())
        self.reported(split)

    def _metrics(
        self, split: str, epoch: int, means: list[float], tallied: dict[str, float] | None = None
    ) -> Metrics:
        loss, recon, kl, *penalties = means
        named = dict(zip(self.objective.penalties, penalties, strict=True)) | (tallied or {})
        found = Metrics(self.step, epoch, split, loss, recon, kl, self.images_per_s, named)
        self.last_metrics[split] = found
        return found
