"""NETWORK: what the settings build, and what they train it for."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from latentlab.base.errors import UsageError
from latentlab.features.network.diagram import NetworkView
from latentlab.features.network.drawing import Drawing, draw
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.widgets.style.section import label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tone import set_tone
from latentlab.widgets.text.formula_text import formula_text
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_USUAL_SHAPE = (28, 28, 1)  # drawn for while no images are open
_LEAST_WORDS_PX, _MOST_WORDS_PX = 180, 280


class NetworkPanel(QWidget):
    """The drawing of the chosen network beside the objective's formula and sentence."""

    def __init__(
        self,
        session: Session,
        training: Training,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("network_panel")
        self._session = session
        self._training = training
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(18)
        self._view = NetworkView(theme)
        row.addWidget(self._view, 5)
        words = QWidget()
        area = QScrollArea()
        area.setObjectName("network_words")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumSize(_LEAST_WORDS_PX, 0)
        area.setMaximumWidth(_MOST_WORDS_PX)
        area.setWidget(words)
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._title = label(size="strong")
        self._formula = label(size="small", wrap=True, tone="accent")
        self._formula.setObjectName("objective_formula")
        self._formula.setToolTip(self.tr("What is minimised, in nats per image"))
        self._formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._sentence = label(tone="muted", size="small", wrap=True)
        self._sentence.setObjectName("objective_sentence")
        self._summary = label(size="small", wrap=True)
        self._summary.setObjectName("network_summary")
        for part in (self._title, self._summary, self._formula, self._sentence):
            column.addWidget(part)
        column.addStretch(1)
        row.addWidget(area, 3)
        session.dataChanged.connect(self._render)
        training.specChanged.connect(self._render)
        self._render()

    @property
    def network_view(self) -> NetworkView:
        """The drawing."""
        return self._view

    @Slot()
    def _render(self) -> None:
        spec, data = self._training.spec, self._session.data
        objective = OBJECTIVES[spec.objective]
        self._title.setText(QCoreApplication.translate("choices", objective.title))
        self._formula.setText(formula_text(objective.formula))
        self._sentence.setText(QCoreApplication.translate("choices", objective.sentence))
        drawing: Drawing | None = None
        try:
            shape = _USUAL_SHAPE if data is None else data.image_shape
            spec.validate(shape)
            drawing = draw(spec, shape)
        except UsageError as error:
            self._summary.setText(error.sentence)
        set_tone(self._summary, "bad" if drawing is None else "")
        self._view.set_drawing(drawing)
        self._view.setToolTip(
            QCoreApplication.translate("choices", NETWORKS[spec.network].sentence)
        )
        if drawing is not None:
            self._summary.setText(self._summary_of(drawing))

    def _summary_of(self, drawing: Drawing) -> str:
        count = self.tr("{} parameters").format(_short_count(drawing.num_parameters))
        share = drawing.narrowing
        if share >= 1:
            width = self.tr("code {} × narrower than the image").format(_factor(share))
        else:
            width = self.tr("code {} × wider than the image").format(_factor(1 / share))
        return f"{count} · {width}"


def _short_count(count: int) -> str:
    return f"{count / 1e6:.2f} M" if count >= 1_000_000 else f"{count:,}"


def _factor(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
