"""A page of tabs that is made when it is seen for the first time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget


class LazyTab(QScrollArea):
    """Scrolls its panel where the window is narrow, instead of widening it.

    Panels that nobody has asked for would hold up the first paint of the window.

    Parameters
    ----------
    make
        Returns the panel; called once. Without it a panel is set as the area's widget.
    follows_selection
        Whether the panel shows a selected image in its own way, so that it is not left then.
    parent
        Owner.
    """

    def __init__(
        self,
        make: Callable[[], QWidget] | None = None,
        *,
        follows_selection: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._make = make
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("follows_selection", follows_selection)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the panel, the first time."""
        if self._make is not None:
            make, self._make = self._make, None
            self.setWidget(make())
        super().showEvent(event)
