"""LATENT DIMENSIONS: a slider and a typed number for each code number."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.features.traversal.dimension_row import DimensionRow
from latentlab.features.traversal.measure import MAX_SLIDERS, shown_numbers, slider_range
from latentlab.latent.code_units import is_measured, number_name, says_something
from latentlab.models.model_document import ModelDocument
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.form.disclosure import Disclosure
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.session import Session

__all__ = ["MAX_SLIDERS", "LatentPanel", "shown_numbers"]

_MOST_ROWS = 128  # of sliders, the folded ones included
_ROWS_AT_ONCE = 6  # made between two turns of the event loop: each takes a millisecond or two


class LatentPanel(QWidget):
    """Sliders over the code numbers that say most, in units of the prior; the rest folds away."""

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        explore: ExploreController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("latent_panel")
        self._session = session
        self._explorer = explorer
        self._explore = explore
        self._rows: list[DimensionRow] = []
        self._folded: list[DimensionRow] = []
        self._waiting: list[int] = []
        self._range = (np.empty(0), np.empty(0))
        self._says = np.empty(0, bool)
        self._built_for: object = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(9)
        layout.addWidget(section_title(self.tr("Latent dimensions")))
        self._card = Card()
        self._unit = label(tone="muted", size="small", wrap=True)
        self._unit.setObjectName("latent_unit")
        self._card.add(self._unit)
        self._more = Disclosure(
            self.tr("The other numbers"), self.tr("Those that say less about the images")
        )
        self._more.setObjectName("other_numbers")
        self._more.body.setSpacing(0)
        self._more.toggled.connect(self._on_folded)
        self._card.add(self._more)
        self._rest = label(tone="muted", size="small", wrap=True)
        self._card.add(self._rest)
        layout.addWidget(self._card)
        # Many rows at once would hold the window up.
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._make_some)
        session.modelChanged.connect(self._build)
        explorer.zChanged.connect(Coalesced(self._render, self).schedule)
        explorer.endsChanged.connect(self._render_ends)
        self._build()

    @Slot()
    def _build(self) -> None:
        model = self._session.model
        if model is None:
            self._unit.hide()
            self._more.hide()
            self._rest.setText(self.tr("No model is open."))
            return
        document = model.document
        key = (
            document.latent_mean,
            document.latent_std,
            document.latent_kl,
            document.prior == "standard-normal",
        )
        if key == self._built_for:
            return
        self._built_for = key
        self._range = slider_range(document)
        self._says = says_something(document.latent_kl, document.latent_std)
        self._timer.stop()
        for row in (*self._rows, *self._folded):
            row.setParent(None)
            row.deleteLater()
        shown = shown_numbers(document)
        look: Literal["plain", "ends"] = "plain" if document.latent_dim <= 2 else "ends"
        self._rows = [self._make_row(document, number, look) for number in shown]
        for place, row in enumerate(self._rows):
            self._card.body.insertWidget(place + 1, row)  # below the line about the unit
        self._folded = []
        others = [i for i in range(min(document.latent_dim, 10 * _MOST_ROWS)) if i not in shown]
        self._waiting = others[: _MOST_ROWS - len(shown)]
        self._more.set_open(False)
        self._more.setVisible(bool(self._waiting))
        self._render_texts(document, len(shown))
        self._render()
        self._render_ends()

    def _render_texts(self, document: ModelDocument, num_shown: int) -> None:
        self._unit.setVisible(document.latent_dim > 2)
        if document.prior == "standard-normal":
            self._unit.setText(self.tr("From −3 σ to 3 σ of the prior."))
        else:
            self._unit.setText(self.tr("From −3 σ to 3 σ of the codes."))
        num_rows = num_shown + len(self._waiting)
        more = document.latent_dim - num_rows
        self._rest.setVisible(more > 0)
        self._rest.setText(
            self.tr(
                "Sliders for {0:,} of {1:,} dimensions; the other {2:,} keep the values of the "
                "last code shown."
            ).format(num_rows, document.latent_dim, more)
        )

    def _make_row(
        self, document: ModelDocument, number: int, look: Literal["plain", "ends", "compact"]
    ) -> DimensionRow:
        kl, mean, std = document.latent_kl, document.latent_mean, document.latent_std
        low, high = self._range
        details = self.tr("KL {:.2f}").format(kl[number]) if kl else ""
        tooltip = self.tr("Code number {0}; the data lie at {1:.2f} ± {2:.2f}").format(
            number + 1, mean[number], std[number]
        )
        if document.latent_dim > 2 and not kl and is_measured(kl, std):
            details = self.tr("σ {:.2f}").format(std[number])
        says = bool(self._says[number])
        if not says:
            tooltip = self.tr("{0} says nothing about the images: {1}").format(
                number_name(number), tooltip
            )
        row = DimensionRow(number, low[number], high[number], details, tooltip, look)
        row.set_quiet(not says)
        row.changed.connect(self._change)
        row.rested.connect(self._explore.rest)
        return row

    # --- the folded rows -----------------------------------------------------------------------

    @Slot(bool)
    def _on_folded(self, is_open: bool) -> None:
        if is_open and self._waiting:
            self._timer.start()
        self._render()

    @Slot()
    def _make_some(self) -> None:
        model = self._session.model
        if model is None or not self._waiting or not self._more.is_open:
            self._timer.stop()
            return
        now, self._waiting = self._waiting[:_ROWS_AT_ONCE], self._waiting[_ROWS_AT_ONCE:]
        for number in now:
            row = self._make_row(model.document, number, "compact")
            self._more.body.addWidget(row)
            self._folded.append(row)
        self._render()

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        z = self._explorer.z
        rows = [*self._rows, *self._folded] if self._more.is_open else self._rows
        for row in rows:
            if row.number < len(z):
                row.show_value(float(z[row.number]))

    @Slot()
    def _render_ends(self) -> None:
        ends = self._explorer.ends
        if ends is None or ends.session_epoch != self._session.session_epoch:
            return
        place = {number: i for i, number in enumerate(ends.numbers)}
        for row in self._rows:
            i = place.get(row.number)
            if i is not None:
                row.show_ends(ends.images[2 * i], ends.images[2 * i + 1])

    @Slot(int, float)
    def _change(self, number: int, value: float) -> None:
        z = np.array(self._explorer.z)
        if number < len(z):
            z[number] = value
            self._explore.move_to(z)
