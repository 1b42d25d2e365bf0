"""An action for each tab, so that the command search finds what lies behind it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QWidget


class TabActions(QObject):
    """Actions that bring a tab, and whatever dock it lies in, into sight.

    Parameters
    ----------
    tabs
        With all their pages.
    """

    def __init__(self, tabs: QTabWidget) -> None:
        super().__init__(tabs)
        self._tabs = tabs
        self.actions: list[QAction] = []
        for place in range(tabs.count()):
            title = tabs.tabText(place)
            action = QAction(
                QCoreApplication.translate("TabActions", "Show the tab “{}”").format(title), self
            )
            action.setObjectName(f"show_tab_{place}_action")
            action.setData(place)
            action.triggered.connect(self._show)
            self.actions.append(action)

    @Slot()
    def _show(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self._tabs.setCurrentIndex(int(action.data()))
        dock: QWidget | None = self._tabs.parentWidget()
        if dock is not None:
            dock.show()
            dock.raise_()
