"""The tabs that study a model and its data: noise, variations, outliers, the matrix of noises."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QScrollArea, QTabWidget, QWidget

from latentlab.core.trace import Tracer
from latentlab.services.lab import Controllers, Stores
from latentlab.ui.icons import IconSource
from latentlab.ui.panels.noise_matrix_panel import NoiseMatrixPanel
from latentlab.ui.panels.noise_panel import NoisePanel
from latentlab.ui.panels.outliers_panel import OutliersPanel
from latentlab.ui.panels.vary_panel import VaryPanel
from latentlab.ui.picture_door import PictureDoor
from latentlab.ui.theme import Theme


def add_noise_tab(
    tabs: QTabWidget,
    stores: Stores,
    controllers: Controllers,
    pictures: PictureDoor,
    icons: IconSource,
    theme: Theme,
    tracer: Tracer,
) -> NoisePanel:
    """Put the noise lab behind the tabs that are there, and return its panel."""
    panel = NoisePanel(
        stores.session,
        stores.training,
        stores.noise_lab,
        controllers.noise,
        pictures.bring,
        pictures.paste,
        icons,
        theme,
        tracer,
    )
    panel.watched.connect(controllers.noise.set_watched)
    panel.wanted.connect(controllers.noise_map.set_watched)
    tabs.addTab(_scrolled(panel), QCoreApplication.translate("StudyTabs", "Noise lab"))
    return panel


def add_study_tabs(
    tabs: QTabWidget, stores: Stores, controllers: Controllers, theme: Theme
) -> None:
    """Put variations, outliers and the matrix behind the tabs that are there."""
    studies = controllers.studies
    tabs.addTab(
        _scrolled(
            VaryPanel(
                stores.session, stores.explorer, studies.variations, studies.variation_controller
            )
        ),
        QCoreApplication.translate("StudyTabs", "Vary"),
    )
    tabs.addTab(
        _scrolled(
            OutliersPanel(
                stores.session,
                stores.training,
                stores.explorer,
                studies.outliers,
                studies.outlier_controller,
                theme,
            )
        ),
        QCoreApplication.translate("StudyTabs", "Outliers"),
    )
    tabs.addTab(
        _scrolled(
            NoiseMatrixPanel(
                stores.session,
                stores.training,
                studies.noise_matrix,
                studies.noise_matrix_controller,
                theme,
            )
        ),
        QCoreApplication.translate("StudyTabs", "Noise matrix"),
    )


def _scrolled(panel: QWidget) -> QScrollArea:
    """Return a panel that scrolls where the window is narrow, instead of widening it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setProperty("follows_selection", panel.property("follows_selection"))
    area.setWidget(panel)
    return area
