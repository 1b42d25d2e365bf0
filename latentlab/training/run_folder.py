"""The folder of one training run: what was asked, how it went, the weights, and where it stands."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch

import latentlab
from latentlab.base.atomic_write import atomic_write, remove_stale_temporaries
from latentlab.base.errors import ModelFileError, TrainingError, UsageError
from latentlab.base.model_place import BEST_NAME, LAST_NAME, RUN_NAME
from latentlab.base.valid_text import valid_texts
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.document_fit import fitted
from latentlab.models.family.train_spec import TrainSpec, spec_from
from latentlab.models.model_file import MAX_WEIGHT_BYTES
from latentlab.training.description import Description, describe, save_model
from latentlab.training.resume import load_state, save_state
from latentlab.training.run import TrainingRun
from latentlab.training.run_lock import RunLock
from latentlab.training.train_events import Metrics

SAVE_EVERY_S = 20.0
_FIRST_SAVE_S = 1.0  # after the start; then at twice the time, until saves are as usual
_SAVE_SHARE = 0.05  # of the time, at most, goes into the early saves
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
        self.save_error: ModelFileError | None = None  # why the best weights are not on the disk
        self._saved_best_step = -1
        self._saved_state: tuple[int, tuple[str, ...]] | None = None  # its step, and what it owes
        self._begun_s = self._saved_s = time.monotonic()
        self._save_s = 0.0  # how long the last save took
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
            self._check_can_be_saved()
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

    def _check_can_be_saved(self) -> None:
        """Say before the first step what the model file will not hold; refuse what no file can."""
        run = self._run
        num_bytes = 4 * sum(parameter.numel() for parameter in run.model.parameters())
        if num_bytes > MAX_WEIGHT_BYTES:
            raise TrainingError(
                f"This network has {num_bytes / 2**30:,.1f} GiB of weights, and a model file can "
                f"hold {MAX_WEIGHT_BYTES // 2**30} GiB; make the network smaller."
            )
        _, notes = fitted(describe(run, run.model, 0, measure_codes=False).document)
        for note in notes:
            self._warn(note)

    def _continue(self) -> None:
        """Take up the run where its last save left it."""
        check_same_run(self.path, self._run)
        log_bytes = 0  # killed before its first save, a run begins anew
        if (self.path / STATE_FILE).exists():
            state = load_state(self.path / STATE_FILE, self._run)
            log_bytes = state.log_bytes
            self._pending_lines = [line.encode() for line in state.log_pending]
            self._saved_state = state.step, tuple(state.owed)
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
        # The path of the data need not be valid Unicode.
        text = msgspec.json.format(msgspec.json.encode(valid_texts(description)), indent=2)
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
        try:
            if self._described_threads != self._run.threads:
                self._describe()  # the thread count is known only once training has begun
        except OSError as error:
            self._warn_of_log(error)
        with self._run.in_effect:
            self._pending_lines.append(msgspec.json.encode(metrics.as_line()) + b"\n")
            self._run.reported(metrics.split)
            self._write_lines()

    def _write_lines(self) -> None:
        path = self._log_path
        size = path.stat().st_size if path.exists() else 0
        try:
            with path.open("ab") as file:
                file.write(b"".join(self._pending_lines))
        except OSError as error:
            # Half a line must not stay: it would spoil the next one.
            with contextlib.suppress(OSError):
                os.truncate(path, size)
            self._warn_of_log(error)
        else:
            self._pending_lines.clear()

    def _warn_of_log(self, error: OSError) -> None:
        self._warn(f"The training log cannot be written: {error.strerror or error}.")

    def save_now_and_then(self, every_s: float = SAVE_EVERY_S, *, early: bool = True) -> None:
        """Save state and best model if they are new and the last save is ``every_s`` seconds ago.

        With ``early``, the first saves come sooner, so that a run cut off in its first minute has
        lost little. Call it after each event, and after logging it.

        Raises
        ------
        TrainingError
            If a loss that was not looked at yet is not a number.
        """
        now_s = time.monotonic()
        if early:
            so_far_s = self._saved_s - self._begun_s
            every_s = min(every_s, max(_FIRST_SAVE_S, so_far_s, self._save_s / _SAVE_SHARE))
        if now_s - self._saved_s < every_s or not self._run.settled:
            return
        self._run.check_finite()
        if self._run.best_weights is not None and self._run.best_step != self._saved_best_step:
            self._save_best()
        self.save_state()
        self._saved_s = time.monotonic()
        self._save_s = self._saved_s - now_s

    def finish(self) -> None:
        """Save state and last weights, put the best ones into the run's model, and save those.

        The state comes first: nothing is lost if the rest takes longer than there is time.
        """
        run = self._run
        try:
            run.check_finite()
        except TrainingError as error:
            self._warn(error.sentence)
        self.save_state()
        last = run.step
        try:
            if last and last != run.best_step:
                save_model(
                    self.path / LAST_NAME,
                    run.measured_model,
                    describe(run, run.measured_model, last),
                )
            else:
                self._remove_last()  # of an earlier end, before the run was resumed
        except ModelFileError as error:
            self._warn(error.sentence)
        with run.in_effect:
            run.settled = False  # the model holds other weights than the state from here on
            run.keep_best()
        self._save(run.model, all_codes=True)
        self.close()

    def _remove_last(self) -> None:
        """Remove last weights that the best ones have overtaken."""
        with contextlib.suppress(OSError):
            (self.path / LAST_NAME).unlink(missing_ok=True)

    def close(self) -> None:
        """Let other programs use the folder; safe to call twice."""
        self._lock.release()

    def save_state(self) -> None:
        """Save all that is needed to go on, if it is new.

        This may be called at any moment, also in the middle of a step, and from another thread than
        the one that trains: the step is done again then.
        """
        with self._run.in_effect:
            self._save_state()

    def _save_state(self) -> None:
        run = self._run
        now = run.step, run.owed
        if not run.settled or now == self._saved_state:
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
            self._saved_state = now
        except OSError as error:
            self._warn(
                f"The state of the run cannot be saved: {error.strerror or error}. Training goes "
                "on, and it is tried again."
            )

    def _save_best(self) -> None:
        """Save the best weights without touching those that are being trained."""
        run = self._run
        assert run.best_weights is not None
        best = copy.deepcopy(run.model)
        best.load_state_dict(run.best_weights)
        self._save(best)

    def _save(self, model: Autoencoder, *, all_codes: bool = False) -> None:
        step = self._run.best_step
        self.saved = description = describe(self._run, model, step, all_codes=all_codes)
        try:
            save_model(self.model_path, model, description, keep_previous=True)
            self._saved_best_step = step
            self.save_error = None
        except ModelFileError as error:
            self.save_error = error
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
