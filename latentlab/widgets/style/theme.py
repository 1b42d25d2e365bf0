"""Light or dark: one object that dresses the application and says when its colours changed."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from latentlab.widgets.style.qt_palette import qt_palette
from latentlab.widgets.style.stylesheet import stylesheet
from latentlab.widgets.style.tokens import DARK, LIGHT, Tokens

__all__ = ["DARK", "LIGHT", "Mode", "Theme", "Tokens", "tabular_font"]

Mode = Literal["system", "dark", "light"]

_SMALLEST_FONT_PX = 13


def tabular_font(base: QFont) -> QFont:
    """Return ``base`` with figures of equal width, where Qt and the font have them."""
    font = QFont(base)
    if hasattr(font, "setFeature"):  # Qt 6.7
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


class Theme(QObject):
    """Dresses the application in light or dark.

    Parameters
    ----------
    app
        The application: gets the Fusion style, a palette, a font and a stylesheet at once.
    mode
        ``system`` follows the desktop; ``dark`` and ``light`` stay.
    parent
        Owner of this object.
    """

    changed = Signal()
    """Emitted after the application was dressed in other colours."""

    def __init__(
        self, app: QApplication, mode: Mode = "system", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._app = app
        self._mode: Mode = mode
        # Desktops that tell Qt no scheme still give it a palette: read it before replacing it.
        window = app.palette().color(QPalette.ColorRole.Window)
        self._dark_at_start = window.lightness() < 128
        self._tokens: Tokens | None = None
        app.setStyle("Fusion")
        font = tabular_font(app.font())
        if QFontInfo(font).pixelSize() < _SMALLEST_FONT_PX:
            font.setPixelSize(_SMALLEST_FONT_PX)
        app.setFont(font)
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._ask_system()
        self._apply()

    @property
    def tokens(self) -> Tokens:
        """The colours in use."""
        return self._tokens or DARK

    @property
    def is_dark(self) -> bool:
        """Whether the colours in use are the dark ones."""
        return self.tokens is DARK

    @property
    def mode(self) -> Mode:
        """What was chosen: ``system``, ``dark`` or ``light``."""
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Choose light, dark, or what the desktop says.

        Raises
        ------
        ValueError
            If ``mode`` is none of the three.
        """
        if mode not in ("system", "dark", "light"):
            raise ValueError(f"The theme cannot be “{mode}”; it is system, dark or light.")
        if mode == self._mode:
            return
        self._mode = mode
        self._ask_system()
        self._apply()

    def _ask_system(self) -> None:
        """Ask the platform for the same scheme, for title bars and native dialogs.

        It does nothing on some platforms, so the palette never relies on it. ``Unknown`` gives
        the choice back to the desktop.
        """
        hints = self._app.styleHints()
        if not hasattr(hints, "setColorScheme"):  # Qt 6.8
            return
        hints.setColorScheme(
            {
                "system": Qt.ColorScheme.Unknown,
                "dark": Qt.ColorScheme.Dark,
                "light": Qt.ColorScheme.Light,
            }[self._mode]
        )

    def _wanted(self) -> Tokens:
        if self._mode != "system":
            return DARK if self._mode == "dark" else LIGHT
        scheme = self._app.styleHints().colorScheme()
        if scheme == Qt.ColorScheme.Unknown:
            return DARK if self._dark_at_start else LIGHT
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT

    @Slot(Qt.ColorScheme)
    def _follow_system(self, scheme: Qt.ColorScheme) -> None:
        del scheme  # asked again, because a fixed mode overrules it
        self._apply()

    def _apply(self) -> None:
        wanted = self._wanted()
        if wanted is self._tokens:
            return
        self._tokens = wanted
        self._app.setPalette(qt_palette(wanted))
        self._app.setStyleSheet(stylesheet(wanted))
        self.changed.emit()
