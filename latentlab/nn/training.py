"""The one training loop: a generator that the window, the command line and tests advance.

Between two yields at most one micro-batch is computed, so whoever advances the generator can do
other things on the live weights in between, and can stop at any point by not advancing it.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.core.errors import TrainingError, UsageError
from latentlab.core.image_set import ImageSet, held_out_indices
from latentlab.core.train_spec import TrainSpec
from latentlab.nn.augment import random_affine
from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.initialise import initialise
from latentlab.nn.networks import NETWORK_FIELDS
from latentlab.nn.objectives import objective_for
from latentlab.nn.threads import tune_threads

LOGS_PER_EPOCH = 4
_INITIAL_IMAGES = 1024  # images that the first weights are fitted to
_SNAPSHOT_EVERY_S = 1.0
_CHECK_EVERY_STEPS_ON_GPU = 25  # each look at a loss makes the GPU wait

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Metrics:
    """One line of ``metrics.jsonl``: means in nats per image.

    Attributes
    ----------
    step, epoch
        Optimiser steps done, and epochs begun (from 1).
    split
        ``"train"`` (running mean since the last line, with dropout and augmentation) or
        ``"held_out"``.
    loss, recon_loss, kl
        What is minimised, and its parts at weight 1.
    images_per_s
        Training speed since the start, pauses left out.
    """

    step: int
    epoch: int
    split: str
    loss: float
    recon_loss: float
    kl: float
    images_per_s: float


@dataclass(frozen=True)
class StepDone:
    """One optimiser step is done.

    Attributes
    ----------
    step
        Optimiser steps done.
    indices
        int64 (b,), the images of the batch, as indices into the image set.
    mu
        float (b, d), their codes as the step's forward pass saw them, on the training device.
    """

    step: int
    indices: NDArray[np.int64]
    mu: Tensor


TrainEvent = StepDone | Metrics | None


class TrainingRun:
    """A model in training.

    Parameters
    ----------
    spec
        The settings; checked here.
    data
        The images. All of them are copied to the device as uint8.
    device
        Where to compute.
    threads
        Processor threads; ``None`` times a few steps first and takes the fastest count.
    micro_batch
        Called before each step; a number splits the step into parts of that many images, which
        gives the same gradient up to rounding.

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
    ) -> None:
        spec.validate()
        if len(data) < 2:
            raise UsageError("Training needs at least two images.")
        self.spec = spec
        self.data = data
        self.device = device
        self.threads = threads
        self.step_s: float | None = None
        self._micro_batch = micro_batch
        self.held_out = held_out_indices(len(data), spec.held_out)
        self.train_indices = np.setdiff1d(np.arange(len(data)), self.held_out)
        self.batch_size = min(spec.batch_size, len(self.train_indices))
        self.steps_per_epoch = len(self.train_indices) // self.batch_size
        self.total_steps = self.steps_per_epoch * spec.epochs
        self.step = 0
        self.images_per_s = 0.0
        self.best_weights: Weights | None = None
        self.best_metrics: Metrics | None = None
        self.best_step = 0

        self._objective = objective_for(spec)
        torch.manual_seed(spec.seed)
        self.model = Autoencoder(
            network=spec.network,
            network_args={name: getattr(spec, name) for name in NETWORK_FIELDS[spec.network]},
            input_shape=data.image_shape,
            latent_dim=spec.latent_dim,
            probabilistic=self._objective.probabilistic,
            likelihood=spec.likelihood,
            dropout=spec.dropout,
        ).to(device)
        pixels = np.asarray(data.images).transpose(0, 3, 1, 2)
        # Torch warns of read-only arrays, which memory-mapped images are: those are copied.
        self._images = torch.from_numpy(np.require(pixels, requirements=["C", "W"])).to(device)
        first = torch.from_numpy(self._order(0)[:_INITIAL_IMAGES]).to(device)
        initialise(self.model, self._to_float(first))
        self._averaged = copy.deepcopy(self.model).eval() if spec.ema else None
        self._optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=spec.learning_rate,
            weight_decay=spec.weight_decay,
            fused=True,
        )
        self._good_weights = self._copy_weights(self.model)
        self._good_step = 0
        self._snapshot_due_s = time.monotonic() + _SNAPSHOT_EVERY_S
        self._unchecked: list[tuple[int, Tensor]] = []
        self._largest_micro_batch = self.batch_size

    @property
    def epoch(self) -> int:
        """Epochs begun, from 1."""
        return min(self.step // self.steps_per_epoch + 1, self.spec.epochs)

    @property
    def measured_model(self) -> Autoencoder:
        """The weights that are measured and kept: the moving average where there is one."""
        return self.model if self._averaged is None else self._averaged

    @property
    def objective_args(self) -> dict[str, object]:
        """What a model file should say about the objective."""
        return self._objective.args()

    def run(self) -> Iterator[TrainEvent]:
        """Train to the end, yielding events.

        Yields
        ------
        StepDone
            After each optimiser step.
        Metrics
            Several times per epoch for the training split, once for the held-out split.
        None
            Where there is nothing to say but something else may be done.

        Raises
        ------
        TrainingError
            If a loss is not a number; the last good weights are back in :attr:`model` then.
        """
        yield from self._choose_threads()
        log_every = max(1, self.steps_per_epoch // LOGS_PER_EPOCH)
        window = _RunningMean()
        trained_s = 0.0
        order: NDArray[np.int64] | None = None
        while self.step < self.total_steps:
            epoch_index, position = divmod(self.step, self.steps_per_epoch)
            if position == 0 or order is None:
                order = self._order(epoch_index)
            batch = order[position * self.batch_size : (position + 1) * self.batch_size]
            event: StepDone | None = None
            work = self._one_step(batch, window)
            while event is None:
                begin = time.monotonic()
                event = next(work)
                trained_s += time.monotonic() - begin
                if event is None:
                    yield None
            self.images_per_s = self.step * self.batch_size / max(trained_s, 1e-9)
            yield event
            ends_epoch = self.step % self.steps_per_epoch == 0
            if self.step % log_every == 0 or ends_epoch:
                self._check_finite()
                yield self._metrics("train", epoch_index + 1, window.take())
            if ends_epoch and len(self.held_out):
                yield from self._measure_held_out(epoch_index + 1)

    def keep_best(self) -> None:
        """Put the best measured weights into :attr:`model`: the end of every run."""
        weights = self.best_weights
        if weights is None:
            weights = self._copy_weights(self.measured_model)
            self.best_step = self.step
        self.model.load_state_dict(weights)
        self.model.eval()

    def _choose_threads(self) -> Iterator[None]:
        if self.device.type != "cpu":
            return
        if self.threads is not None:
            torch.set_num_threads(self.threads)
            return
        index = torch.from_numpy(self.train_indices[: self.batch_size])
        x = self._to_float(index)
        noise = torch.zeros(len(x), self.spec.latent_dim)

        def probe() -> None:
            self.model.train()
            self._objective.terms(self.model, x, noise).loss.mean().backward()  # type: ignore[no-untyped-call]
            self._optimiser.zero_grad(set_to_none=True)

        try:
            for chosen in tune_threads(probe):
                if chosen is None:
                    yield None
                else:
                    self.threads, self.step_s = chosen
        except RuntimeError as error:
            self._halve_micro_batch(error, len(x))
            self._optimiser.zero_grad(set_to_none=True)
            self.threads = torch.get_num_threads()

    def _to_float(self, index: Tensor) -> Tensor:
        """Return images by index as float (b, c, h, w) in [0, 1]."""
        x = self._images.index_select(0, index).float().div_(255.0)
        return x.contiguous(memory_format=self.model.memory_format)

    def _order(self, epoch_index: int) -> NDArray[np.int64]:
        """Return the order of training images: a function of seed and epoch and nothing else."""
        rng = np.random.default_rng([self.spec.seed, epoch_index])
        return rng.permutation(self.train_indices)

    def _one_step(
        self, batch: NDArray[np.int64], window: _RunningMean
    ) -> Iterator[StepDone | None]:
        # All noise of a step follows from (seed, step), so that a run can go on from any step.
        seed = np.random.SeedSequence([self.spec.seed, self.step]).generate_state(1, np.uint64)[0]
        torch.manual_seed(int(seed) & (2**63 - 1))
        spec = self.spec
        for group in self._optimiser.param_groups:
            group["lr"] = spec.learning_rate * self._schedule()
        index = torch.from_numpy(batch).to(self.device)
        x = self._to_float(index)
        if spec.shift or spec.rotation or spec.scaling:
            x = random_affine(
                x, shift_px=spec.shift, rotation_deg=spec.rotation, scaling=spec.scaling
            ).contiguous(memory_format=self.model.memory_format)
        noise = torch.randn(len(batch), spec.latent_dim, device=self.device)
        codes: list[Tensor] = []
        sums = torch.zeros(3, device=self.device)
        start = 0
        self._optimiser.zero_grad(set_to_none=True)
        while start < len(batch):
            size = min(self._micro_batch() or len(batch), self._largest_micro_batch)
            part = slice(start, start + size)
            self.model.train()
            try:
                terms = self._objective.terms(self.model, x[part], noise[part])
                (terms.loss.sum() / len(batch)).backward()  # type: ignore[no-untyped-call]
            except RuntimeError as error:
                self._halve_micro_batch(error, size)
                start, sums, codes = 0, torch.zeros_like(sums), []
                self._optimiser.zero_grad(set_to_none=True)
                continue
            with torch.no_grad():
                sums += torch.stack([terms.loss.sum(), terms.recon_loss.sum(), terms.kl.sum()])
            codes.append(terms.mu.detach())
            start += size
            if start < len(batch):
                yield None
        means = sums / len(batch)
        self._unchecked.append((self.step + 1, means))
        if self.device.type == "cpu" or len(self._unchecked) >= _CHECK_EVERY_STEPS_ON_GPU:
            self._check_finite()
        self._optimiser.step()
        self.step += 1
        self._average()
        window.add(means)
        yield StepDone(self.step, batch, torch.cat(codes) if len(codes) > 1 else codes[0])

    def _schedule(self) -> float:
        if self.spec.schedule == "constant":
            return 1.0
        return 0.5 * (1.0 + math.cos(math.pi * self.step / self.total_steps))

    def _average(self) -> None:
        if self._averaged is None:
            return
        # A young average would be dominated by the random start, so the decay grows with age.
        decay = min(self.spec.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(
            [p.data for p in self._averaged.parameters()],
            [p.data for p in self.model.parameters()],
            1.0 - decay,
        )

    def _halve_micro_batch(self, error: RuntimeError, size: int) -> None:
        """Make room after running out of memory, or pass any other error on."""
        text = str(error).lower()
        if "out of memory" not in text and "not enough memory" not in text:
            raise error
        if size <= 1:
            raise TrainingError(
                "There is not enough memory to train on even one image at a time; use a smaller "
                "network or smaller images.",
                str(error),
            ) from error
        self._largest_micro_batch = max(1, size // 2)
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
            step = steps[bad[0]]
            _, recon, kl = values[bad[0]]
            term = (
                "the reconstruction loss"
                if not math.isfinite(recon)
                else "the KL term"
                if not math.isfinite(kl)
                else "the loss"
            )
            self.model.load_state_dict(self._good_weights)
            if self._averaged is not None:
                self._averaged.load_state_dict(self._good_weights)
            self.step = self._good_step
            raise TrainingError(
                f"Training stopped at step {step:,}: {term} is not a number any more. The last "
                f"good weights, of step {self._good_step:,}, were kept; try a lower learning rate.",
                f"loss, recon_loss, kl = {values[bad[0]].tolist()}",
            )
        if time.monotonic() >= self._snapshot_due_s:
            self._snapshot_due_s = time.monotonic() + _SNAPSHOT_EVERY_S
            weights = self._copy_weights(self.model)
            if all(bool(torch.isfinite(w).all()) for w in weights.values()):
                self._good_weights, self._good_step = weights, self.step

    def _measure_held_out(self, epoch: int) -> Iterator[TrainEvent]:
        """Measure the held-out images with one seeded posterior sample each."""
        model = self.measured_model
        generator = torch.Generator(self.device).manual_seed(self.spec.seed)
        totals = torch.zeros(3, device=self.device)
        size = self._micro_batch() or max(self.batch_size, 256)
        for start in range(0, len(self.held_out), size):
            index = self.held_out[start : start + size]
            with torch.inference_mode():
                x = self._to_float(torch.from_numpy(index).to(self.device))
                noise = torch.randn(
                    len(index), self.spec.latent_dim, device=self.device, generator=generator
                )
                model.eval()
                terms = self._objective.terms(model, x, noise)
                totals += torch.stack([terms.loss.sum(), terms.recon_loss.sum(), terms.kl.sum()])
            yield StepDone(self.step, index, terms.mu)
        metrics = self._metrics("held_out", epoch, (totals / len(self.held_out)).tolist())
        better = self.best_metrics is None or metrics.loss < self.best_metrics.loss
        if better and math.isfinite(metrics.loss):
            self.best_metrics = metrics
            self.best_step = self.step
            self.best_weights = self._copy_weights(model)
        yield metrics

    def _metrics(self, split: str, epoch: int, means: list[float]) -> Metrics:
        loss, recon, kl = means
        return Metrics(self.step, epoch, split, loss, recon, kl, self.images_per_s)

    @staticmethod
    def _copy_weights(model: Autoencoder) -> Weights:
        return {name: value.detach().clone() for name, value in model.state_dict().items()}


class _RunningMean:
    """Mean of loss terms over steps, kept on the device until it is asked for."""

    def __init__(self) -> None:
        self._sum: Tensor | None = None
        self._count = 0

    def add(self, means: Tensor) -> None:
        self._sum = means.clone() if self._sum is None else self._sum + means
        self._count += 1

    def take(self) -> list[float]:
        assert self._sum is not None
        means: list[float] = (self._sum / self._count).tolist()
        self._sum, self._count = None, 0
        return means
