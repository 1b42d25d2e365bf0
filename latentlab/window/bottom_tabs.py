"""The tabs below the map, from the noise lab to the matrix of noises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QWidget

from latentlab.base.trace import Tracer
from latentlab.engine.jobs import load
from latentlab.features import FEATURES
from latentlab.features.explore.selection_panel import SelectionPanel
from latentlab.features.explore.trail_panel import TrailPanel
from latentlab.features.feature import Feature
from latentlab.features.noise_lab.panel import NoisePanel
from latentlab.features.query_image.door import PictureDoor
from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.style.theme import Theme
from latentlab.window.lazy_tab import LazyTab
from latentlab.workspace.lab import Controllers, Stores

_TRAIL_ACTIONS = ("undo_action", "redo_action", "clear_trail_action")


class BottomTabs(QTabWidget):
    """Each panel scrolls where the window is narrow; those not seen at first are made later.

    Parameters
    ----------
    stores, controllers
        Of the window.
    actions
        Of the window, by name.
    pictures
        Where single pictures come in.
    icons, theme, tracer
        Looks, and where timings are recorded.

    Attributes
    ----------
    noise
        The panel of the noise lab.
    """

    def __init__(
        self,
        stores: Stores,
        controllers: Controllers,
        actions: Mapping[str, QAction],
        pictures: PictureDoor,
        icons: IconSource,
        theme: Theme,
        tracer: Tracer,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("bottom_tabs")
        self._stores = stores
        self._controllers = controllers
        self._theme = theme
        s, c = stores, controllers
        self.noise = NoisePanel(
            s.session,
            s.training,
            s.noise_lab,
            c.noise,
            pictures.bring,
            pictures.paste,
            icons,
            theme,
            tracer,
        )
        self.noise.watched.connect(c.noise.set_watched)
        self.noise.wanted.connect(c.noise_map.set_watched)
        self._add(self.noise, self.tr("Noise lab"), follows_selection=True)
        self._selection = self._add(
            SelectionPanel(s.session, s.explorer, c.explore, c.picture),
            self.tr("Selection"),
            follows_selection=True,
        )
        trail_actions = [actions[name] for name in _TRAIL_ACTIONS]
        self._add(TrailPanel(s.explorer, s.trail, c.explore, trail_actions), self.tr("Trail"))
        make: Callable[[], QWidget]
        for make, title, follows in (
            (self._make_network, self.tr("Network"), False),
            (self._make_vary, self.tr("Vary"), True),
            (self._make_outliers, self.tr("Outliers"), True),
            (self._make_matrix, self.tr("Noise matrix"), False),
        ):
            self.addTab(LazyTab(make, follows_selection=follows), title)
        for feature in FEATURES:
            if feature.panel:
                make = partial(self._make_feature, feature)
                self.addTab(LazyTab(make, follows_selection=True), self.tr(feature.title))

    @Slot()
    def show_selection(self) -> None:
        """Show what is selected, unless the tab of now does so in its own way."""
        if not self.currentWidget().property("follows_selection"):
            self.setCurrentWidget(self._selection)

    def _add(self, panel: QWidget, title: str, *, follows_selection: bool = False) -> LazyTab:
        page = LazyTab(follows_selection=follows_selection)
        page.setWidget(panel)
        self.addTab(page, title)
        return page

    def _make_feature(self, feature: Feature) -> QWidget:
        panel: QWidget = load(feature.panel)(self._controllers.bench, self._theme)
        return panel

    # --- panels that are made when somebody looks ----------------------------------------------

    def _make_network(self) -> QWidget:
        from latentlab.features.network.panel import NetworkPanel

        return NetworkPanel(self._stores.session, self._stores.training, self._theme)

    def _make_vary(self) -> QWidget:
        from latentlab.features.variations.panel import VaryPanel

        s, studies = self._stores, self._controllers.studies
        return VaryPanel(s.session, s.explorer, studies.variations, studies.variation_controller)

    def _make_outliers(self) -> QWidget:
        from latentlab.features.outliers.panel import OutliersPanel

        s, studies = self._stores, self._controllers.studies
        return OutliersPanel(
            s.session,
            s.training,
            s.explorer,
            studies.outliers,
            studies.outlier_controller,
            self._theme,
        )

    def _make_matrix(self) -> QWidget:
        from latentlab.features.noise_matrix.panel import NoiseMatrixPanel

        s, studies = self._stores, self._controllers.studies
        return NoiseMatrixPanel(
            s.session,
            s.training,
            studies.noise_matrix,
            studies.noise_matrix_controller,
            self._theme,
        )
