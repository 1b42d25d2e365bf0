"""Shows the import view as soon as there is an import, and hides it when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from latentlab.widgets.style.theme import Theme
from latentlab.workspace.lab import Controllers, Stores

if TYPE_CHECKING:
    from latentlab.features.importing.import_view import ImportView


class ImportOpener(QObject):
    """Makes the view with the first import; the window opens quicker without it.

    Parameters
    ----------
    stores, controllers
        Of the window.
    theme
        Whose colours are used.
    window
        Above which the view is shown; owner.
    """

    def __init__(
        self, stores: Stores, controllers: Controllers, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._stores = stores
        self._controllers = controllers
        self._theme = theme
        self._window = window
        self._view: ImportView | None = None
        stores.importing.statusChanged.connect(self._follow)

    def close(self) -> None:
        """Cancel an import and hide the view."""
        self._controllers.imports.cancel()

    @Slot()
    def _follow(self) -> None:
        if self._stores.importing.status == "idle":
            if self._view is not None and self._view.isVisible():
                self._view.hide()
                # Without a window manager nobody else gives the keyboard back.
                self._window.activateWindow()
            return
        if self._view is None:
            from latentlab.features.importing.import_view import ImportView

            s = self._stores
            self._view = ImportView(
                s.importing,
                s.session,
                s.training,
                self._controllers.imports,
                self._theme,
                self._window,
            )
        if not self._view.isVisible():
            self._view.show()
            self._view.activateWindow()
