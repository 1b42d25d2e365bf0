"""The exact state of a run in a file, from which it goes on as if it had never stopped."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from latentlab.base.atomic_write import atomic_write
from latentlab.base.errors import TrainingError
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics

STATE_VERSION = 2  # 1 knew no figures owed: it was only written when there were none
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # what Adam keeps for each parameter


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands, besides its tensors.

    Attributes
    ----------
    version
        :data:`STATE_VERSION` of the program that wrote it.
    step
        Optimiser steps done.
    total_steps
        Length of the run.
    threads
        Processor threads, which can change the last bits of sums.
    num_processes
        Processes that shared the steps, for the same reason.
    trained_s
        Seconds of training so far.
    largest_micro_batch
        What fits into memory.
    num_mean_steps
        Steps in the running means of the log line to come.
    best_step, best_metrics
        The best epoch so far.
    log_bytes, log_pending
        Length of the training log at this step, and lines that could not be written yet.
    owed
        Splits whose figures the last step has still to report.
    """

    version: int
    step: int
    total_steps: int
    threads: int | None
    num_processes: int
    trained_s: float
    largest_micro_batch: int
    num_mean_steps: int
    best_step: int
    best_metrics: dict[str, Any] | None
    log_bytes: int
    log_pending: list[str] = []
    owed: list[str] = []


def save_state(path: Path, run: TrainingRun, *, log_bytes: int, log_pending: list[str]) -> None:
    """Write the state of a run after its last step that took effect, atomically.

    Hold ``run.in_effect``.

    Raises
    ------
    OSError
        If it cannot be written; an earlier file is intact then.
    """
    best = run.best_metrics
    state = RunState(
        version=STATE_VERSION,
        step=run.step,
        total_steps=run.total_steps,
        threads=run.threads,
        num_processes=run.group.size,
        trained_s=run.trained_s,
        largest_micro_batch=run.largest_micro_batch,
        num_mean_steps=run.means.num_steps,
        best_step=run.best_step,
        best_metrics=None if best is None else dataclasses.asdict(best),
        log_bytes=log_bytes,
        log_pending=log_pending,
        owed=list(run.owed),
    )
    data = save(_tensors(run), {"latentlab_state": msgspec.json.encode(state).decode()})
    atomic_write(path, lambda file: _write(file.write, data))


def load_state(path: Path, run: TrainingRun) -> RunState:
    """Put a saved state into a fresh run of the same settings.

    Raises
    ------
    TrainingError
        If the file is damaged, or belongs to another run.
    """
    try:
        with safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
            state = msgspec.json.decode(metadata["latentlab_state"], type=RunState)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        if state.version > STATE_VERSION:
            raise TrainingError(
                "This run was saved by a newer version of LatentLab; update the program to "
                "continue it."
            )
        _restore(run, state, tensors)
    except (SafetensorError, msgspec.MsgspecError, KeyError, RuntimeError, OSError) as error:
        raise TrainingError(
            f"The saved state “{path.name}” is damaged or belongs to another run, so the run "
            "cannot be continued; its model can still be opened.",
            str(error),
        ) from error
    return state


def _tensors(run: TrainingRun) -> dict[str, Tensor]:
    found = {f"model.{name}": value for name, value in run.model.state_dict().items()}
    if run.averaged is not None:
        found |= {f"averaged.{name}": value for name, value in run.averaged.state_dict().items()}
    if run.best_weights is not None:
        found |= {f"best.{name}": value for name, value in run.best_weights.items()}
    for name, parameter in run.model.named_parameters():
        moments = run.optimiser.state.get(parameter, {})
        found |= {f"adam.{name}.{kind}": moments[kind] for kind in _MOMENTS if kind in moments}
    if run.means.sums is not None:
        found["means"] = run.means.sums
    found |= {f"objective.{name}": value for name, value in run.objective_state().items()}
    # The format knows no strides: channels-last weights are written in plain order.
    return {name: value.detach().cpu().contiguous() for name, value in found.items()}


def _restore(run: TrainingRun, state: RunState, tensors: dict[str, Tensor]) -> None:
    def part(prefix: str) -> dict[str, Tensor]:
        return {
            name.removeprefix(prefix): value.to(run.device)
            for name, value in tensors.items()
            if name.startswith(prefix)
        }

    run.model.load_state_dict(part("model."))
    if run.averaged is not None:
        run.averaged.load_state_dict(part("averaged."))
    run.best_weights = part("best.") or None
    for name, parameter in run.model.named_parameters():
        moments = part(f"adam.{name}.")
        if set(moments) != set(_MOMENTS):
            continue
        for kind in ("exp_avg", "exp_avg_sq"):
            # The fused step walks weights and moments side by side: their strides must agree.
            moments[kind] = torch.empty_like(parameter).copy_(moments[kind]).detach()
        run.optimiser.state[parameter] = moments
    run.means.sums = tensors["means"].to(run.device) if "means" in tensors else None
    run.means.num_steps = state.num_mean_steps
    run.objective.load_state(part("objective."))
    run.step = state.step
    run.owed = tuple(state.owed)
    run.losses.remember(run.step)
    run.trained_s = state.trained_s
    run.threads = state.threads if run.threads is None else run.threads
    run.largest_micro_batch = state.largest_micro_batch
    run.best_step = state.best_step
    if state.best_metrics is not None:
        run.best_metrics = msgspec.convert(state.best_metrics, Metrics)


def _write(write: Any, data: bytes) -> None:
    write(data)
