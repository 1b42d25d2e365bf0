"""UNITS: which of many code numbers are active, at the cursor and over the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.features.units.unit_map import UnitMap
from latentlab.features.units.unit_shares import UnitShares
from latentlab.latent.code_units import activity_shares, is_active, is_dead
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.style.section import Card, section_title
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

_MANY = 16  # code numbers that sliders cannot show any more
_SHARES_EVERY_MS = 1000


class UnitsPanel(QWidget):
    """The units of a wide or sparse code; hidden for others."""

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("units_panel")
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._shares: NDArray[np.float32] | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(9)
        layout.addWidget(section_title(self.tr("Units")))
        card = Card()
        # Labels that change with the hand must not lay the window out anew.
        self._now = StillLabel(theme, small=True)
        self._now.setObjectName("units_active")
        self._now.setToolTip(
            self.tr("At the cursor: units above a hundredth of the largest one count as active")
        )
        self._code = UnitMap(self.tr("Activation of each unit at the cursor"), theme)
        self._code.setObjectName("unit_activations")
        self._code.set_hint(self._unit_text)
        self._mean = StillLabel(theme, "muted", small=True)
        self._mean.setObjectName("units_over_data")
        self._dead = StillLabel(theme, "muted", small=True)
        self._dead.setObjectName("units_dead")
        self._dead.setToolTip(
            self.tr("Dead units: never active on a sample of at most 2,000 images")
        )
        self._curve = UnitShares(self.tr("How often each unit is active over the data"), theme)
        self._curve.setObjectName("unit_shares")
        for part in (self._now, self._code, self._mean, self._curve, self._dead):
            card.add(part)
        layout.addWidget(card)
        session.modelChanged.connect(self._render_model)
        explorer.zChanged.connect(Coalesced(self._render_code, self).schedule)
        map_view.codesChanged.connect(Coalesced(self._render_data, self, _SHARES_EVERY_MS).schedule)
        self._render_model()

    @property
    def _is_wide(self) -> bool:
        model = self._session.model
        if model is None:
            return False
        sparse = model.document.objective.startswith("sparse")
        return model.document.latent_dim > (2 if sparse else _MANY)

    def _unit_text(self, unit: int) -> str:
        """Return what is known of a unit, for the tooltip of its cell."""
        number, z = f"{unit + 1:,}", self._explorer.z
        text = self.tr("unit {0}: {1:.3f}").format(number, float(z[unit]) if unit < len(z) else 0.0)
        if self._shares is not None and unit < len(self._shares):
            share = float(self._shares[unit])
            over_data = self.tr("active for {:.1f} % of the images").format(100 * share)
            text += " · " + (over_data if share > 0 else self.tr("active for none of the images"))
        return text

    @Slot()
    def _render_model(self) -> None:
        self.setVisible(self._is_wide)
        self._render_code()
        self._render_data()

    @Slot()
    def _render_code(self) -> None:
        if not self._is_wide:
            return
        z = self._explorer.z
        count = int(is_active(z[None]).sum())
        text = self.tr("{0:,} of {1:,} units active ({2:.1f} %)")
        self._now.set_text(text.format(count, len(z), 100 * count / max(1, len(z))))
        self._code.set_values(np.abs(z))

    @Slot()
    def _render_data(self) -> None:
        codes, model = self._map_view.codes, self._session.model
        known = self._is_wide and model is not None and len(codes) > 0
        known = known and model is not None and codes.shape[1] == model.document.latent_dim
        for part in (self._mean, self._curve, self._dead):
            part.setVisible(known)
        self._shares = activity_shares(codes) if known else None
        if self._shares is None:
            return
        dead = int(is_dead(self._shares).sum())
        self._mean.set_text(
            self.tr("over the data: {:.1f} % active on average").format(
                100 * float(self._shares.mean())
            )
        )
        self._dead.set_text(
            self.tr("{0:,} of {1:,} never active ({2:.1f} %)").format(
                dead, len(self._shares), 100 * dead / len(self._shares)
            )
            if dead
            else self.tr("each is active for some image"),
            "warn" if dead else "muted",
        )
        self._curve.set_shares(self._shares)
