"""LATENT DIMENSIONS: a slider and a typed number for each code number."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentlab.core.model_document import ModelDocument
from latentlab.services.explore_controller import ExploreController
from latentlab.state.explorer import ExplorerModel
from latentlab.state.session import SessionModel
from latentlab.ui.coalesced import Coalesced
from latentlab.ui.number_editors import FloatEditor
from latentlab.ui.section import Card, label, section_title
from latentlab.ui.value_slider import ValueSlider

MAX_SLIDERS = 8
_REACH = 4.0  # standard deviations to either side
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class _DimensionRow(QWidget):
    """Name, KL, value and slider of one code number."""

    changed = Signal(int, float)
    rested = Signal()

    def __init__(
        self, number: int, mean: float, std: float, kl: float | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.number = number
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        name = f"z{number + 1}".translate(_SUBSCRIPTS)
        card_row = QWidget()
        row = QHBoxLayout(card_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        title = label(name)
        details = label("" if kl is None else self.tr("KL {:.2f}").format(kl), tone="muted")
        details.setToolTip(
            self.tr("Mean KL of this number in nats: how much it tells about the image")
        )
        self._editor = FloatEditor(-1e6, 1e6, 3, max(std, 1e-3) / 10)
        # A fixed size: otherwise each new number lays the whole window out anew.
        self._editor.setFixedSize(84, self._editor.sizeHint().height())
        self._editor.setObjectName(f"z_{number + 1}")
        self._editor.setAccessibleName(self.tr("Value of {}").format(name))
        self._editor.setToolTip(
            self.tr("Code number {0}; the data lie at {1:.2f} ± {2:.2f}").format(
                number + 1, mean, std
            )
        )
        row.addWidget(title)
        row.addWidget(details)
        row.addStretch(1)
        row.addWidget(self._editor)
        column.addWidget(card_row)
        reach = _REACH * max(std, 1e-3)
        self._slider = ValueSlider(mean - reach, mean + reach, 4)
        self._slider.setObjectName(f"z_slider_{number + 1}")
        self._slider.setAccessibleName(self.tr("Slider of {}").format(name))
        self._slider.setToolTip(self._editor.toolTip())
        column.addWidget(self._slider)
        self._editor.valueChanged.connect(self._tell)
        self._editor.editingFinished.connect(self.rested)
        self._slider.moved.connect(self._tell)
        self._slider.sliderReleased.connect(self.rested)

    def show_value(self, value: float) -> None:
        """Show a value without telling it back."""
        with QSignalBlocker(self._editor):
            self._editor.setValue(round(value, 3))  # as many digits as are shown
        self._slider.show_value(value)

    @Slot(float)
    def _tell(self, value: float) -> None:
        self.changed.emit(self.number, value)


class LatentPanel(QWidget):
    """Sliders over the code numbers that say most, in the range where the data lie."""

    def __init__(
        self,
        session: SessionModel,
        explorer: ExplorerModel,
        explore: ExploreController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("latent_panel")
        self._session = session
        self._explorer = explorer
        self._explore = explore
        self._rows: list[_DimensionRow] = []
        self._built_for: object = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(9)
        layout.addWidget(section_title(self.tr("Latent dimensions")))
        self._card = Card()
        self._rest = label(tone="muted", size="small", wrap=True)
        self._card.add(self._rest)
        layout.addWidget(self._card)
        session.modelChanged.connect(self._build)
        explorer.zChanged.connect(Coalesced(self._render, self).schedule)
        self._build()

    @Slot()
    def _build(self) -> None:
        model = self._session.model
        if model is None:
            self._rest.setText(self.tr("No model is open."))
            return
        document = model.document
        key = (document.latent_mean, document.latent_std, document.latent_kl)
        if key == self._built_for:
            return
        self._built_for = key
        for row in self._rows:
            row.setParent(None)
            row.deleteLater()
        self._rows = []
        for place, i in enumerate(shown_numbers(document)):
            kl = document.latent_kl[i] if document.latent_kl else None
            row = _DimensionRow(i, document.latent_mean[i], document.latent_std[i], kl)
            row.changed.connect(self._change)
            row.rested.connect(self._explore.rest)
            self._card.body.insertWidget(place, row)
            self._rows.append(row)
        more = document.latent_dim - len(self._rows)
        self._rest.setVisible(more > 0)
        self._rest.setText(
            self.tr("{:,} more keep the values of the last code shown.").format(more)
        )
        self._render()

    @Slot()
    def _render(self) -> None:
        z = self._explorer.z
        for row in self._rows:
            if row.number < len(z):
                row.show_value(float(z[row.number]))

    @Slot(int, float)
    def _change(self, number: int, value: float) -> None:
        z = np.array(self._explorer.z)
        if number < len(z):
            z[number] = value
            self._explore.move_to(z)


def shown_numbers(document: ModelDocument) -> list[int]:
    """Return which code numbers have a slider: those that say most, in their order."""
    telling = np.asarray(document.latent_kl or document.latent_std)
    first = np.argsort(-telling, kind="stable")[:MAX_SLIDERS]
    return sorted(first.tolist())
