"""The folder of one training run: what was asked, how it went, and the weights."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import msgspec
import torch

import latentlab
from latentlab.core.atomic_write import atomic_write, remove_stale_temporaries
from latentlab.core.errors import ModelFileError, TrainingError
from latentlab.core.model_document import ModelDocument
from latentlab.nn.checkpoint import document_of, save_model
from latentlab.nn.training import Metrics, TrainingRun

SAVE_EVERY_S = 20.0


class RunFolder:
    """Writes a run to disk as it goes.

    ``run.json`` says what was asked, ``metrics.jsonl`` has one line per log step,
    ``model.safetensors`` the best weights and ``last.safetensors`` the latest.

    Parameters
    ----------
    path
        The folder; made if it is missing.
    run
        The run that is written.
    warn
        Called with a sentence when something could not be written; training goes on.

    Raises
    ------
    TrainingError
        If the folder holds another run already, or cannot be made.
    """

    def __init__(
        self, path: Path, run: TrainingRun, warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self.path = path
        self._run = run
        self._warn = warn
        self.document: ModelDocument | None = None  # of the best weights, as last saved
        self._saved_step = -1
        self._saved_s = time.monotonic()
        self._pending_lines: list[bytes] = []
        if (path / "run.json").exists():
            raise TrainingError(
                f"“{path}” already holds a run; choose another folder or remove it first."
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
            remove_stale_temporaries(path)
            self._describe()
        except OSError as error:
            raise TrainingError(
                f"The run folder “{path}” cannot be written: {error.strerror or error}."
            ) from error

    def _describe(self) -> None:
        run = self._run
        description = {
            "data_fingerprint": run.data.fingerprint,
            "num_images": len(run.data),
            "num_held_out": len(run.held_out),
            "spec": asdict(run.spec),
            "device": str(run.device),
            "threads": run.threads,
            "versions": {"latentlab": latentlab.__version__, "torch": str(torch.__version__)},
        }
        self._described_threads = run.threads
        text = msgspec.json.format(msgspec.json.encode(description), indent=2)
        atomic_write(self.path / "run.json", lambda file: _write_all(file.write, text))

    @property
    def model_path(self) -> Path:
        """The best weights."""
        return self.path / "model.safetensors"

    def log(self, metrics: Metrics) -> None:
        """Append a line to ``metrics.jsonl``; what a full disk refused is tried again later."""
        self._pending_lines.append(msgspec.json.encode(metrics) + b"\n")
        path = self.path / "metrics.jsonl"
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
        """Save the best model if it is new and the last save is ``every_s`` seconds ago."""
        if time.monotonic() - self._saved_s < every_s or self._run.best_weights is None:
            return
        if self._run.best_step != self._saved_step:
            self._save_best()
        self._saved_s = time.monotonic()

    def finish(self) -> None:
        """Save the last weights, put the best ones into the run's model, and save those."""
        run = self._run
        last = run.step
        try:
            if last and last != run.best_step:
                save_model(
                    self.path / "last.safetensors",
                    run.measured_model,
                    document_of(run, run.measured_model, last),
                )
        except ModelFileError as error:
            self._warn(error.sentence)
        run.keep_best()
        self._save(run.best_step)

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
        self.document = document = document_of(self._run, self._run.model, step)
        try:
            save_model(self.model_path, self._run.model, document, keep_previous=True)
            self._saved_step = step
        except ModelFileError as error:
            self._warn(error.sentence)


def _write_all(write: Callable[[bytes], int], data: bytes) -> None:
    write(data)
    write(b"\n")
