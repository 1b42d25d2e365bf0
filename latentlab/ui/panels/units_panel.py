"""UNITS: which of many code numbers are active, at the cursor and over the data."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.core.code_units import activity_shares, is_active
from latentlab.state.explorer import ExplorerModel
from latentlab.state.map_view import MapViewModel
from latentlab.state.session import SessionModel
from latentlab.ui.coalesced import Coalesced
from latentlab.ui.section import Card, label, section_title
from latentlab.ui.theme import Theme
from latentlab.ui.unit_map import UnitMap

_MANY = 16  # code numbers that sliders cannot show any more


class UnitsPanel(QWidget):
    """Heat maps of the units of a wide or sparse code; hidden for others."""

    def __init__(
        self,
        session: SessionModel,
        explorer: ExplorerModel,
        map_view: MapViewModel,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("units_panel")
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(9)
        layout.addWidget(section_title(self.tr("Units")))
        card = Card()
        self._now = label(size="small", wrap=True)
        self._now.setObjectName("units_active")
        self._code = UnitMap(
            self.tr("Activation of each unit at the cursor"), self.tr("unit {0}: {1:.3f}"), theme
        )
        self._code.setObjectName("unit_activations")
        self._share = label(size="small", tone="muted", wrap=True)
        self._share.setObjectName("units_dead")
        self._data = UnitMap(
            self.tr("How often each unit is active over the data"),
            self.tr("unit {0}: active for {1:.1%} of the images"),
            theme,
        )
        self._data.setObjectName("unit_shares")
        for part in (self._now, self._code, self._share, self._data):
            card.add(part)
        layout.addWidget(card)
        session.modelChanged.connect(self._render_model)
        explorer.zChanged.connect(Coalesced(self._render_code, self).schedule)
        map_view.codesChanged.connect(Coalesced(self._render_data, self, 1000).schedule)
        self._render_model()

    @property
    def _is_wide(self) -> bool:
        model = self._session.model
        if model is None:
            return False
        sparse = model.document.objective.startswith("sparse")
        return model.document.latent_dim > (2 if sparse else _MANY)

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
        share = count / max(1, len(z))
        self._now.setText(
            self.tr("{0:,} of {1:,} units active ({2:.1%})").format(count, len(z), share)
        )
        self._code.set_values(np.abs(z))

    @Slot()
    def _render_data(self) -> None:
        codes = self._map_view.codes
        model = self._session.model
        if not self._is_wide or model is None or codes is None or not len(codes):
            return
        if codes.shape[1] != model.document.latent_dim:
            return
        shares = activity_shares(codes)
        dead = int((shares == 0).sum())
        self._share.setText(
            self.tr("over the data: {0:.1%} active on average, {1:,} never").format(
                float(shares.mean()), dead
            )
        )
        self._data.set_values(shares)
