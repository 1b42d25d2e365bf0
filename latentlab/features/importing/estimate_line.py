"""What a training run on the pictures would be and need, in two lines."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.base.durations import duration_text
from latentlab.features.importing.store import Importing
from latentlab.models.family.estimate import TrainEstimate
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.proposal import too_few
from latentlab.models.family.train_spec import TrainSpec
from latentlab.widgets.style.section import label
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.workspace.session import Session


class EstimateLine(QWidget):
    """How long training takes here, and the settings that it would have."""

    def __init__(
        self, importing: Importing, session: Session, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("estimate_line")
        self._importing = importing
        self._session = session
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._time = ElidedLabel(size="strong")
        self._time.setObjectName("estimate_time")
        self._settings = ElidedLabel("muted", "small")
        self._settings.setObjectName("estimate_settings")
        layout.addWidget(self._time)
        layout.addWidget(self._settings)
        self._warning = label(tone="warn", size="small", wrap=True)
        self._warning.setObjectName("too_few")
        self._warning.hide()
        layout.addWidget(self._warning)
        importing.proposalChanged.connect(self._render)
        importing.surveyChanged.connect(self._render)
        importing.statusChanged.connect(self._render)
        session.deviceChanged.connect(self._render)
        session.engineChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        count = self._importing.num_images
        warning = "" if count is None else too_few(count)
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))
        spec, estimate = self._importing.proposal, self._importing.estimate
        if spec is None or estimate is None:
            self._time.setText("")
            self._settings.setText("")
            return
        self._time.setText(f"{self._time_text(estimate)} · {self._needs_text(estimate)}")
        parameters = self.tr("{} parameters").format(_short(estimate.num_parameters))
        text = f"{_settings_text(spec)} · {parameters}"
        self._settings.setText(text)
        # Rich text, because Qt wraps only that in a tooltip.
        hint = self.tr("All of it can be changed in the window before another run.")
        self._settings.setToolTip(f"<p>{text}.<br>{hint}</p>")

    def _time_text(self, estimate: TrainEstimate) -> str:
        if estimate.seconds is None or self._session.engine_status == "loading":
            # While PyTorch is loaded it takes the time that is measured.
            return self.tr("Measuring how fast this machine is…")
        duration = duration_text(estimate.seconds)
        device = self._session.device
        if device is not None and device.name != "cpu":
            return self.tr("Training takes at most about {0}; {1} is faster").format(
                duration, device.title
            )
        return self.tr("Training takes about {} here").format(duration)

    def _needs_text(self, estimate: TrainEstimate) -> str:
        return self.tr("{0} memory · {1} on disk").format(
            size_text(estimate.memory_bytes), size_text(estimate.disk_bytes)
        )


def _settings_text(spec: TrainSpec) -> str:
    """Return objective, network, code and length of a run in one line."""
    widths = {"mlp": "hidden", "conv": "channels", "resnet": "levels"}.get(spec.network)
    network = QCoreApplication.translate("choices", NETWORKS[spec.network].title)
    if widths is not None:
        network += " " + "·".join(str(width) for width in getattr(spec, widths))
    objective = QCoreApplication.translate("choices", OBJECTIVES[spec.objective].title)
    more = QCoreApplication.translate("EstimateLine", "{0:,} latent dimensions · {1:,} epochs")
    return f"{objective} · {network} · {more.format(spec.latent_dim, spec.epochs)}"


def _short(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count:,}"


def size_text(num_bytes: float) -> str:
    """Return a number of bytes as people say it, such as ``12 MB`` or ``1.4 GB``."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= size:
            value = num_bytes / size
            return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    return f"{num_bytes:.0f} bytes"
