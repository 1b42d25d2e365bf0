"""The one training loop: a generator that the window, the command line and torchrun advance.

Between two yields at most one micro-batch is computed, so whoever advances the generator can do
other things on the live weights in between, and can stop at any point by not advancing it.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.core.code_units import sample_of
from latentlab.core.errors import TrainingError, UsageError
from latentlab.core.image_set import ImageSet
from latentlab.core.principal_components import PrincipalComponents, principal_components
from latentlab.family.objective import Batch, LossTerms
from latentlab.family.objectives import OBJECTIVES
from latentlab.family.train_spec import TrainSpec
from latentlab.nn.augment import random_affine
from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.initialise import initialise
from latentlab.nn.loss_means import LossMeans
from latentlab.nn.pixels import Pixels
from latentlab.nn.process_group import ProcessGroup
from latentlab.nn.threads import tune_threads
from latentlab.nn.train_events import Metrics, StepDone, TrainEvent

LOGS_PER_EPOCH = 4
_INITIAL_IMAGES = 1024  # images that the first weights are fitted to
_SNAPSHOT_EVERY_S = 1.0
_CHECK_EVERY_STEPS_ON_GPU = 25  # each look at a loss makes the GPU wait
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
        Called before each step; a number splits the step into parts of that many images, which
        gives the same gradient up to rounding.
    group
        The processes that share each step.

    Attributes
    ----------
    model
        The live weights.
    step, total_steps, steps_per_epoch
        Position and length, in optimiser steps.
    threads, step_s
        Processor threads, and the seconds of an undisturbed step with them; ``None`` until chosen.
    best_weights, best_metrics
        Weights and held-out figures of the best epoch so far, ``None`` before the first.
    stop_requested
        Whether the run ends after the present step; all processes that share it agree on it.
    settled
        Whether the last step is computed and reported in full: only then is what can be read here
        a state to go on from.

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
        self._micro_batch = micro_batch
        self.held_out = data.held_out(spec.held_out)
        self.train_indices = np.setdiff1d(np.arange(len(data)), self.held_out)
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
        self.stop_requested = False
        self._wants_stop = False
        self.settled = True

        self.objective = kind(spec, len(self.train_indices))
        torch.manual_seed(spec.seed)
        self.model = Autoencoder(spec, data.image_shape).to(device)
        self._pixels = Pixels(data.images, device, self.model.memory_format)
        self._solution = None
        if kind.closed_form:
            # Begins with checks, and computes nothing yet.
            self._solution = principal_components(data.images, self.train_indices, self.latent_dim)
        else:
            first = torch.from_numpy(self._order(0)[:_INITIAL_IMAGES])
            initialise(self.model, self._pixels.batch(first), spec.activation)
        averages = spec.ema > 0 and not kind.closed_form
        self.averaged = copy.deepcopy(self.model).eval() if averages else None
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=spec.learning_rate,
            weight_decay=spec.weight_decay,
            fused=True,
        )
        self.means = LossMeans(3 + len(kind.penalties))
        self._good_weights = self._copy_weights(self.model)
        self._good_step = 0
        self._snapshot_due_s = time.monotonic() + _SNAPSHOT_EVERY_S
        self._unchecked: list[tuple[int, Tensor]] = []
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
        """End :meth:`run` after the present step, in all processes that share it."""
        self._wants_stop = True
        # With others it takes effect when all have heard of it, with the next step.
        if self.group.size == 1:
            self.stop_requested = True

    def run(self) -> Iterator[TrainEvent]:
        """Train to the end, yielding events.

        Yields
        ------
        None
            After a micro-batch that did not complete a step.
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
        log_every = max(1, self.steps_per_epoch // LOGS_PER_EPOCH)
        order, order_epoch = self._order(0), 0
        while self.step < self.total_steps and not self.stop_requested:
            epoch_index, in_epoch = divmod(self.step, self.steps_per_epoch)
            if epoch_index != order_epoch:
                order, order_epoch = self._order(epoch_index), epoch_index
            batch = order[in_epoch * self.batch_size : (in_epoch + 1) * self.batch_size]
            steps = self._one_step(batch)
            self.settled = False
            while True:
                begin = time.monotonic()
                event = next(steps)
                self.trained_s += time.monotonic() - begin
                if event is not None:
                    break
                yield None
            ends_epoch = self.step % self.steps_per_epoch == 0
            logs = self.step % log_every == 0 or ends_epoch
            measures = ends_epoch and len(self.held_out) > 0
            self.settled = not logs
            yield event
            if logs:
                self._check_finite()
                metrics = self._metrics("train", epoch_index + 1, self.means.take())
                self.settled = not measures
                yield metrics
            if measures:
                yield from self._measure_held_out(epoch_index + 1)

    def keep_best(self) -> None:
        """Put the best measured weights into :attr:`model`: the end of every run."""
        weights = self.best_weights
        if weights is None:
            weights = self._copy_weights(self.measured_model)
            self.best_step = self.step
        self.model.load_state_dict(weights)
        self.model.eval()

    def noise(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Return standard normal noise for the codes of some images, float (count, d)."""
        return torch.randn(count, self.latent_dim, device=self.device, generator=generator)

    def _solve(self) -> Iterator[TrainEvent]:
        """Compute a closed form, and measure it."""
        if self.step:
            return
        self.settled = False
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
        with torch.no_grad():
            encoder = next(m for m in self.model.encoder if isinstance(m, torch.nn.Linear))
            decoder = next(m for m in self.model.decoder if isinstance(m, torch.nn.Linear))
            encoder.weight.copy_(torch.from_numpy(found.components))
            encoder.bias.copy_(torch.from_numpy(-found.components @ found.mean))
            decoder.weight.copy_(torch.from_numpy(found.components.T.copy()))
            decoder.bias.copy_(torch.from_numpy(found.mean))
        self.step = 1
        self.trained_s = time.monotonic() - begin
        yield from self._measure(self.train_indices, "train", 1)
        if len(self.held_out):
            yield from self._measure_held_out(1)
        self.settled = True

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
        except RuntimeError as error:
            self._halve_micro_batch(error, len(x))
            self.optimiser.zero_grad(set_to_none=True)
            self.threads = torch.get_num_threads()

    def _order(self, epoch_index: int) -> NDArray[np.int64]:
        """Return the order of training images: a function of seed and epoch and nothing else."""
        rng = np.random.default_rng([self.spec.seed, epoch_index])
        return rng.permutation(self.train_indices)

    def _seeds_of_step(self) -> tuple[int, int, int]:
        """Return seeds of noise, corruption and dropout: all follow from (seed, step).

        So a run can go on from any step, and all processes of a group draw the same for the whole
        batch; only dropout is each one's own.
        """
        sequence = np.random.SeedSequence([self.spec.seed, self.step])
        noise, corruption = sequence.generate_state(2, np.uint64) & np.uint64(2**63 - 1)
        if self.group.size == 1:
            return int(noise), int(corruption), 0
        own = np.random.SeedSequence([self.spec.seed, self.step, 1 + self.group.rank])
        return int(noise), int(corruption), int(own.generate_state(1)[0])

    def _seed(self, seed: int) -> None:
        """Seed the generator that the device draws from.

        ``torch.manual_seed`` seeds those of all kinds of devices, and notes a whole stack trace for
        each that is not in use yet, which takes longer than all the rest between two steps.
        """
        if self.device.type == "cpu":
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def _one_step(self, batch: NDArray[np.int64]) -> Iterator[StepDone | None]:
        noise_seed, corruption_seed, own_seed = self._seeds_of_step()
        self._seed(noise_seed)
        spec = self.spec
        for param_group in self.optimiser.param_groups:
            param_group["lr"] = spec.learning_rate * self._schedule()
        x = self._pixels.batch(torch.from_numpy(batch))
        if spec.shift or spec.rotation or spec.scaling:
            x = random_affine(
                x, shift_px=spec.shift, rotation_deg=spec.rotation, scaling=spec.scaling
            ).contiguous(memory_format=self.model.memory_format)
        noise = self.noise(len(batch))
        seen = self.objective.corrupt(x, corruption_seed)
        if seen is not x:
            seen = seen.contiguous(memory_format=self.model.memory_format)
        own = self.group.share(len(batch))
        if self.group.size > 1:
            self._seed(own_seed)
        codes: list[Tensor] = []
        sums = torch.zeros(self.means.count, device=self.device)
        start = own.start
        self.optimiser.zero_grad(set_to_none=True)
        while start < own.stop:
            size = self._part_size(own.stop - own.start)
            part = slice(start, min(start + size, own.stop))
            self.model.train()
            try:
                terms = self._terms(x, seen, noise, part, len(batch))
                (terms.loss.sum() / len(batch)).backward()  # type: ignore[no-untyped-call]
            except RuntimeError as error:
                self._halve_micro_batch(error, size)
                start, sums, codes = own.start, torch.zeros_like(sums), []
                self.optimiser.zero_grad(set_to_none=True)
                continue
            sums += _sums(terms)
            codes.append(terms.mu.detach())
            start = part.stop
            if start < own.stop:
                yield None
        if self.group.size > 1:
            sums = self._share_gradients(sums)
        means = sums / len(batch)
        self._unchecked.append((self.step + 1, means))
        if self.device.type == "cpu" or len(self._unchecked) >= _CHECK_EVERY_STEPS_ON_GPU:
            self._check_finite()
        self.optimiser.step()
        self.objective.after_step(self.model)
        self.step += 1
        self._average()
        self.means.add(means)
        yield StepDone(self.step, batch[own], torch.cat(codes) if len(codes) > 1 else codes[0])

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

    def _share_gradients(self, sums: Tensor) -> Tensor:
        """Add up gradients, loss sums and the wish to stop over all processes, at one go."""
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        stop = sums.new_full((1,), float(self._wants_stop))
        flat = torch.cat([*(g.reshape(-1) for g in gradients), sums, stop])
        self.group.add_up(flat)
        start = 0
        for gradient in gradients:
            part = flat[start : start + gradient.numel()]
            gradient.copy_(part.view_as(gradient))
            start += gradient.numel()
        self.stop_requested = bool(flat[-1] > 0)
        return flat[start:-1]

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

    def _halve_micro_batch(self, error: RuntimeError, size: int) -> None:
        """Make room after running out of memory, or pass any other error on."""
        text = str(error).lower()
        if "out of memory" not in text and "not enough memory" not in text:
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

    def _check_finite(self) -> None:
        """Stop at the first loss that is not a number; remember good weights now and then."""
        if not self._unchecked:
            return
        values = torch.stack([means for _, means in self._unchecked]).cpu().numpy()
        steps = [step for step, _ in self._unchecked]
        self._unchecked.clear()
        bad = np.flatnonzero(~np.isfinite(values).all(1))
        if len(bad):
            step, (_, *parts) = steps[bad[0]], values[bad[0]]
            names = ("the reconstruction loss", "the KL term", *self.objective.penalties)
            wrong = [n for n, v in zip(names, parts, strict=True) if not math.isfinite(v)]
            self.model.load_state_dict(self._good_weights)
            if self.averaged is not None:
                self.averaged.load_state_dict(self._good_weights)
            self.step = self._good_step
            raise TrainingError(
                f"Training stopped at step {step:,}: {(wrong or ['the loss'])[0]} is not a number "
                f"any more. The last good weights, of step {self._good_step:,}, were kept; try a "
                "lower learning rate.",
                f"loss, recon_loss, kl, penalties = {values[bad[0]].tolist()}",
            )
        if time.monotonic() >= self._snapshot_due_s:
            self._snapshot_due_s = time.monotonic() + _SNAPSHOT_EVERY_S
            weights = self._copy_weights(self.model)
            if all(bool(torch.isfinite(w).all()) for w in weights.values()):
                self._good_weights, self._good_step = weights, self.step

    def _measure_held_out(self, epoch: int) -> Iterator[TrainEvent]:
        """Measure the held-out images and keep the weights if they are the best so far."""
        for event in self._measure(self.held_out, "held_out", epoch):
            if isinstance(event, Metrics):
                better = self.best_metrics is None or event.loss < self.best_metrics.loss
                if better and math.isfinite(event.loss):
                    self.best_metrics = event
                    self.best_step = self.step
                    self.best_weights = self._copy_weights(self.measured_model)
                self.settled = True
            yield event

    def _measure(self, indices: NDArray[np.int64], split: str, epoch: int) -> Iterator[TrainEvent]:
        """Measure images with one seeded posterior sample each; processes share the work."""
        model = self.measured_model
        totals = torch.zeros(self.means.count, device=self.device)
        small = None if self.objective.couples_images else self._micro_batch()
        size = small or max(self.batch_size, _MEASURED_AT_ONCE)
        starts = range(0, len(indices), size)
        sampled = np.zeros(len(indices), np.bool_)
        sampled[sample_of(len(indices))] = True
        # Begins with no code, so that all processes add up the same numbers.
        counts = self.objective.tally(torch.zeros(0, self.latent_dim, device=self.device))
        for start in starts[self.group.rank :: self.group.size]:
            index = indices[start : start + size]
            # The noise belongs to the place of the images, whoever measures them.
            generator = torch.Generator(self.device).manual_seed(self.spec.seed + start)
            with torch.no_grad():
                x = self._pixels.batch(torch.from_numpy(index))
                seen = self.objective.corrupt(x, self.spec.seed + start)
                model.eval()
                batch = Batch(x, seen, self.noise(len(index), generator), measuring=True)
                terms = self.objective.terms(model, batch)
                totals += _sums(terms)
                if counts is not None:
                    in_sample = torch.from_numpy(sampled[start : start + size])
                    found = self.objective.tally(terms.mu[in_sample.to(self.device)])
                    assert found is not None
                    counts += found
            yield StepDone(self.step, index, terms.mu.detach())
        self.group.add_up(totals)
        metrics = self._metrics(split, epoch, (totals / len(indices)).tolist())
        if counts is not None:
            self.group.add_up(counts)
            together = {**metrics.penalties, **self.objective.of_tally(counts)}
            metrics = dataclasses.replace(metrics, penalties=together)
        yield metrics

    def _metrics(self, split: str, epoch: int, means: list[float]) -> Metrics:
        loss, recon, kl, *penalties = means
        named = dict(zip(self.objective.penalties, penalties, strict=True))
        return Metrics(self.step, epoch, split, loss, recon, kl, self.images_per_s, named)

    @staticmethod
    def _copy_weights(model: Autoencoder) -> Weights:
        return {name: value.detach().clone() for name, value in model.state_dict().items()}


@torch.no_grad()
def _sums(terms: LossTerms) -> Tensor:
    """Return the sums of loss, reconstruction, KL and penalties over the images."""
    parts = (terms.loss, terms.recon_loss, terms.kl, *terms.penalties)
    return torch.stack([part.sum() for part in parts])
