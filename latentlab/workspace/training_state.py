"""The training run as the window sees it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from latentlab.engine.training_messages import (
    CurvePoint,
    TrainProgress,
    TrainStatus,
    TrainStatusChanged,
)
from latentlab.models.family.train_spec import TrainSpec


class Training(QObject):
    """Store of the settings of the next run, and the state and curves of the present or last."""

    specChanged = Signal()
    statusChanged = Signal()
    progressChanged = Signal()
    curvesChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec = self._filled = TrainSpec()
        self._status = TrainStatusChanged("idle")
        self._progress: TrainProgress | None = None
        self._curves: list[CurvePoint] = []

    @property
    def spec(self) -> TrainSpec:
        """Settings of the next run."""
        return self._spec

    def set_spec(self, spec: TrainSpec) -> None:
        """Change the settings of the next run."""
        if spec == self._spec:
            return
        self._spec = spec
        self.specChanged.emit()

    @property
    def filled(self) -> TrainSpec:
        """What the form was filled with last; what differs from it now is the user's choice."""
        return self._filled

    def fill(self, spec: TrainSpec) -> None:
        """Change the settings of the next run to some that are not the user's own."""
        self._filled = spec
        self.set_spec(spec)

    @property
    def status(self) -> TrainStatus:
        """Whether a run goes on."""
        return self._status.status

    @property
    def sentence(self) -> str:
        """What to say about the status, may be empty."""
        return self._status.sentence

    @property
    def run_folder(self) -> Path | None:
        """Folder of the present run."""
        return self._status.run_folder

    @property
    def is_active(self) -> bool:
        """Whether there is a run that has not ended."""
        return self._status.status != "idle"

    def set_status(self, status: TrainStatusChanged) -> None:
        """Note what became of the run; a new one clears the curves."""
        if status.status == "preparing":
            self._curves.clear()
            self._progress = None
            self.curvesChanged.emit()
            self.progressChanged.emit()
        self._status = status
        self.statusChanged.emit()

    @property
    def progress(self) -> TrainProgress | None:
        """Where the present or last run is."""
        return self._progress

    def set_progress(self, progress: TrainProgress) -> None:
        """Note where the run is."""
        self._progress = progress
        self.progressChanged.emit()

    @property
    def curves(self) -> tuple[CurvePoint, ...]:
        """Loss terms so far, in order of steps."""
        return tuple(self._curves)

    @property
    def second_terms(self) -> tuple[str, ...]:
        """What the objective adds to the reconstruction, by name; ``kl`` first where there is one.

        Empty before the first curve point, and for an objective that adds nothing.
        """
        if not self._curves:
            return ()
        has_kl = any(point.kl != 0 for point in self._curves)
        return (*(["kl"] if has_kl else []), *self._curves[-1].penalties)

    def add_curve_point(self, point: CurvePoint) -> None:
        """Add loss terms."""
        self._curves.append(point)
        self.curvesChanged.emit()
