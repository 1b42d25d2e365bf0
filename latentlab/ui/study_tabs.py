"""The tabs that study a model and its data: noise, variations, outliers, the matrix of noises."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QTabWidget, QWidget

from latentlab.core.trace import Tracer
from latentlab.services.lab import Controllers, Stores
from latentlab.ui.icons import IconSource
from latentlab.ui.lazy_tab import LazyTab
from latentlab.ui.panels.noise_panel import NoisePanel
from latentlab.ui.picture_door import PictureDoor
from latentlab.ui.theme import Theme


class StudyTabs(QObject):
    """Puts panels behind the tabs that are there.

    Parameters
    ----------
    tabs
        Where to.
    stores, controllers
        Of the window.
    theme
        Whose colours are used.
    """

    def __init__(
        self, tabs: QTabWidget, stores: Stores, controllers: Controllers, theme: Theme
    ) -> None:
        super().__init__(tabs)
        self._tabs = tabs
        self._stores = stores
        self._controllers = controllers
        self._theme = theme

    def add_noise_lab(self, pictures: PictureDoor, icons: IconSource, tracer: Tracer) -> NoisePanel:
        """Add the noise lab, and return its panel."""
        s, c = self._stores, self._controllers
        panel = NoisePanel(
            s.session,
            s.training,
            s.noise_lab,
            c.noise,
            pictures.bring,
            pictures.paste,
            icons,
            self._theme,
            tracer,
        )
        panel.watched.connect(c.noise.set_watched)
        panel.wanted.connect(c.noise_map.set_watched)
        page = LazyTab(follows_selection=True)
        page.setWidget(panel)
        self._tabs.addTab(page, self.tr("Noise lab"))
        return panel

    def add_studies(self) -> None:
        """Add variations, outliers and the matrix; each is made when somebody looks."""
        for make, title, follows in (
            (self._make_vary, self.tr("Vary"), True),
            (self._make_outliers, self.tr("Outliers"), True),
            (self._make_matrix, self.tr("Noise matrix"), False),
        ):
            self._tabs.addTab(LazyTab(make, follows_selection=follows), title)

    def _make_vary(self) -> QWidget:
        from latentlab.ui.panels.vary_panel import VaryPanel

        s, studies = self._stores, self._controllers.studies
        return VaryPanel(s.session, s.explorer, studies.variations, studies.variation_controller)

    def _make_outliers(self) -> QWidget:
        from latentlab.ui.panels.outliers_panel import OutliersPanel

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
        from latentlab.ui.panels.noise_matrix_panel import NoiseMatrixPanel

        s, studies = self._stores, self._controllers.studies
        return NoiseMatrixPanel(
            s.session,
            s.training,
            studies.noise_matrix,
            studies.noise_matrix_controller,
            self._theme,
        )
