"""The folder of one training run: what was asked, how it went, the weights, and where it stands."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch

import latentlab
from latentlab.core.atomic_write import atomic_write, remove_stale_temporaries
from latentlab.core.errors import ModelFileError, TrainingError, UsageError
from latentlab.core.model_place import BEST_NAME, LAST_NAME, RUN_NAME
from latentlab.family.train_spec import TrainSpec, spec_from
from latentlab.nn.checkpoint import Description, describe, save_model
from latentlab.nn.resume import load_state, save_state
from latentlab.nn.run_lock import RunLock
from latentlab.nn.train_events import Metrics
from latentlab.nn.training import TrainingRun

SAVE_EVERY_S = 20.0
STATE_FILE = "state.safetensors"


class RunFolder:
    """Writes a run to disk as it goes.

    ``run.json`` says what was asked, ``metrics.jsonl`` has one line per log step,
    ``model.safetensors`` the best weights, ``last.safetensors`` the latest, and
    ``state.safetensors`` all that is needed to go on.

    Parameters
    ----------
    path
        The folder; made if it is missing.
    run
        The run that is written, not begun yet.
    warn
        Called with a sentence when something could not be written; training goes on.
    resume
        Go on with the run that the folder holds, if it holds one.

    Raises
    ------
    TrainingError
        If the folder holds another run already, is in use, or cannot be made.
    UsageError
        If a run is to be resumed with other settings or data.
    """

    def __init__(
        self,
        path: Path,
        run: TrainingRun,
        warn: Callable[[str], None] = lambda _: None,
        *,
        resume: bool = False,
    ) -> None:
        self.path = path
        self._run = run
        self._warn = warn
        self.saved: Description | None = None  # of the best weights, as last saved
        self._saved_best_step = self._saved_state_step = -1
        self._saved_s = time.monotonic()
        self._pending_lines: list[bytes] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._lock = RunLock(path)
        try:
            if (path / RUN_NAME).exists():
                if not resume:
                    raise TrainingError(
                        f"“{path}” already holds a run; add --resume to continue it, or choose "
                        "another folder."
                    )
                self._continue()
            remove_stale_temporaries(path)
            self._describe()
        except OSError as error:
            self._lock.release()
            raise self._cannot_write(error) from error
        except BaseException:
            self._lock.release()
            raise

    def _cannot_write(self, error: OSError) -> TrainingError:
        return TrainingError(
            f"The run folder “{self.path}” cannot be written: {error.strerror or error}."
        )

    def _continue(self) -> None:
        """Take up the run where its last save left it."""
        check_same_run(self.path, self._run)
        log_bytes = 0  # killed before its first save, a run begins anew
        if (self.path / STATE_FILE).exists():
            state = load_state(self.path / STATE_FILE, self._run)
            log_bytes = state.log_bytes
            self._pending_lines = [line.encode() for line in state.log_pending]
            self._saved_state_step = state.step
        # Lines after the save are written again by the steps after it.
        log = self.path / "metrics.jsonl"
        if log.exists() and log.stat().st_size > log_bytes:
            os.truncate(log, log_bytes)

    def _describe(self) -> None:
        run = self._run
        description = {
            "data_fingerprint": run.data.fingerprint,
            "num_images": len(run.data),
            "num_held_out": len(run.held_out),
            "spec": dataclasses.asdict(run.spec),
            "device": str(run.device),
            "num_processes": run.group.size,
            "threads": run.threads,
            "versions": {"latentlab": latentlab.__version__, "torch": str(torch.__version__)},
        }
        self._described_threads = run.threads
        text = msgspec.json.format(msgspec.json.encode(description), indent=2)
        atomic_write(self.path / RUN_NAME, lambda file: _write_all(file.write, text))

    @property
    def model_path(self) -> Path:
        """The best weights."""
        return self.path / BEST_NAME

    @property
    def is_saved(self) -> bool:
        """Whether the best weights so far are on the disk."""
        return self._saved_best_step == self._run.best_step

    @property
    def _log_path(self) -> Path:
        return self.path / "metrics.jsonl"

    def log(self, metrics: Metrics) -> None:
        """Append a line to ``metrics.jsonl``; what a full disk refused is tried again later."""
        self._pending_lines.append(msgspec.json.encode(metrics.as_line()) + b"\n")
        path = self._log_path
        size = path.stat().st_size if path.exists() else 0
        try:
            if self._described_threads != self._run.threads:
                self._describe()  # the thread count is known only once training has begun
            with path.open("ab") as file:
                file.write(b"".join(self._pending_lines))
        except OSError as error:
            # Half a line must not stay: it would spoil the next one.
            with contextlib.suppress(OSError):
                os.truncate(path, size)
            self._warn(f"The training log cannot be written: {error.strerror or error}.")
        else:
            self._pending_lines.clear()

    def save_now_and_then(self, every_s: float = SAVE_EVERY_S) -> None:
        """Save state and best model if they are new and the last save is ``every_s`` seconds ago.

        Call it after logging; while a step is not reported in full, nothing is saved.
        """
        if time.monotonic() - self._saved_s < every_s or not self._run.settled:
            return
        if self._run.best_weights is not None and self._run.best_step != self._saved_best_step:
            self._save_best()
        self._save_state()
        self._saved_s = time.monotonic()

    def finish(self) -> None:
        """Save state and last weights, put the best ones into the run's model, and save those.

        Where the run was left in the middle of a step, the state of the last save stays.
        """
        run = self._run
        if run.settled:
            self._save_state()
        last = run.step
        try:
            if last and last != run.best_step:
                save_model(
                    self.path / LAST_NAME,
                    run.measured_model,
                    describe(run, run.measured_model, last),
                )
        except ModelFileError as error:
            self._warn(error.sentence)
        run.keep_best()
        self._save(run.best_step)
        self.close()

    def close(self) -> None:
        """Let other programs use the folder; safe to call twice."""
        self._lock.release()

    def _save_state(self) -> None:
        run = self._run
        if run.step == self._saved_state_step:
            return
        log = self._log_path
        try:
            size = 0
            if log.exists():
                with log.open("rb+") as file:
                    os.fsync(file.fileno())  # the state counts on these lines
                    size = os.fstat(file.fileno()).st_size
            pending = [line.decode() for line in self._pending_lines]
            save_state(self.path / STATE_FILE, run, log_bytes=size, log_pending=pending)
            self._saved_state_step = run.step
        except OSError as error:
            self._warn(
                f"The state of the run cannot be saved: {error.strerror or error}. Training goes "
                "on, and it is tried again."
            )

    def _save_best(self) -> None:
        """Save the best weights without touching those that are being trained."""
        run = self._run
        assert run.best_weights is not None
        live = {name: value.clone() for name, value in run.model.state_dict().items()}
        run.model.load_state_dict(run.best_weights)
        try:
            self._save(run.best_step)
        finally:
            run.model.load_state_dict(live)

    def _save(self, step: int) -> None:
        self.saved = description = describe(self._run, self._run.model, step)
        try:
            save_model(self.model_path, self._run.model, description, keep_previous=True)
            self._saved_best_step = step
        except ModelFileError as error:
            self._warn(error.sentence)


def asked_for(path: Path) -> tuple[TrainSpec, dict[str, Any]]:
    """Return the settings of the run in a folder, and all that its ``run.json`` says.

    Raises
    ------
    UsageError
        If there is no run, or its description is damaged.
    """
    try:
        said: dict[str, Any] = msgspec.json.decode((path / RUN_NAME).read_bytes(), type=dict)
        return spec_from(said["spec"]), said
    except (OSError, msgspec.MsgspecError, KeyError, UsageError) as error:
        raise UsageError(
            f"The run in “{path}” cannot be read: its {RUN_NAME} is missing or damaged.",
            str(error),
        ) from error


def check_same_run(path: Path, run: TrainingRun) -> None:
    """Check that a run has the settings and data of the one in a folder; it may be longer.

    Raises
    ------
    UsageError
        Naming the first difference.
    """
    spec, said = asked_for(path)
    if said.get("data_fingerprint") != run.data.fingerprint:
        raise UsageError(
            f"The run in “{path}” was trained on other images; resume it with its own data."
        )
    for field in dataclasses.fields(TrainSpec):
        before, now = getattr(spec, field.name), getattr(run.spec, field.name)
        if before == now or field.name == "data" or (field.name == "epochs" and now > before):
            continue
        raise UsageError(
            f"The run in “{path}” has {field.name} {before}, not {now}; resume it with its own "
            "settings, or train in another folder."
        )


def _write_all(write: Callable[[bytes], int], data: bytes) -> None:
    write(data)
    write(b"\n")


def join_run(path: Path, run: TrainingRun, *, resume: bool) -> None:
    """Bring a process that writes nothing to where the run in a folder stands.

    Raises
    ------
    TrainingError, UsageError
        As :class:`RunFolder`.
    """
    if resume and (path / STATE_FILE).exists():
        load_state(path / STATE_FILE, run)
