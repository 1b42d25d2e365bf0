"""Opens the command palette, which is made when it is wanted for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from latentlab.window.palette.command_palette import CommandPalette


class CommandSearch(QObject):
    """The window opens quicker without the palette.

    Parameters
    ----------
    window
        Above which the palette is shown; owner.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.palette: CommandPalette | None = None
        """The palette, once it was wanted."""

    def open_with(self, actions: Sequence[QAction]) -> None:
        """Let the user search these actions."""
        if self.palette is None:
            from latentlab.window.palette.command_palette import CommandPalette

            self.palette = CommandPalette(self._window)
        self.palette.open_with(actions)
