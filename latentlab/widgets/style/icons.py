"""Icons from the bundled SVGs, in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from latentlab.base.resources import resource
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tokens import mixed

_SIZES_PX = (16, 24)  # each size of each icon is drawn before the first paint


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    """Return the text of an icon; empty if there is none."""
    path = resource("icons", f"{name}.svg")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _pixmap(renderer: QSvgRenderer, size_px: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(size_px, size_px) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size_px * ratio, size_px * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=512)
def _rendered(name: str, normal: str, disabled: str, checked: str, ratio: float) -> QIcon:
    result = QIcon()
    source = _svg(name)
    if not source:
        return result
    looks = [
        (normal, QIcon.Mode.Normal, QIcon.State.Off),
        (disabled, QIcon.Mode.Disabled, QIcon.State.Off),
    ]
    if checked != normal:
        looks.append((checked, QIcon.Mode.Normal, QIcon.State.On))
        looks.append((disabled, QIcon.Mode.Disabled, QIcon.State.On))
    for colour, mode, state in looks:
        text = source.replace("currentColor", colour)
        renderer = QSvgRenderer(QByteArray(text.encode()))
        for size_px in _SIZES_PX:
            result.addPixmap(_pixmap(renderer, size_px, ratio), mode, state)
    return result


def icon(
    name: str, colour: str, *, disabled: str | None = None, checked: str | None = None
) -> QIcon:
    """Return a bundled icon in one colour; an empty icon if there is none of that name.

    Parameters
    ----------
    name
        File name in ``resources/icons`` without ``.svg``.
    colour
        Of the lines, ``#rrggbb``.
    disabled, checked
        Colours for a disabled and for a checked control; without them as ``colour``.
    """
    ratio = 1.0
    if isinstance(QGuiApplication.instance(), QGuiApplication):
        ratio = max((s.devicePixelRatio() for s in QGuiApplication.screens()), default=1.0)
    return _rendered(name, colour, disabled or colour, checked or colour, ratio)


def app_icon() -> QIcon:
    """Return the program's own icon; empty while the file is missing."""
    path = resource("app", "latentlab-256.png")
    return QIcon(str(path)) if path.is_file() else QIcon()


class _Binding(QObject):
    """Keeps one target's icon in the theme's colours; being its child, it ends with it."""

    def __init__(
        self, target: QAction | QAbstractButton, theme: Theme, name: str, look: str
    ) -> None:
        super().__init__(target)
        self._target = target
        self._theme = theme
        self._name = name
        self._look = look
        theme.changed.connect(self.apply)
        self.apply()

    @Slot()
    def apply(self) -> None:
        tokens = self._theme.tokens
        normal, checked = {
            "plain": (tokens.ink, tokens.ink),
            "muted": (tokens.muted, tokens.muted),
            "primary": (tokens.accent_ink, tokens.accent_ink),
            "checkable": (tokens.ink, tokens.accent_ink),
        }[self._look]
        faint = mixed(tokens.muted, tokens.panel, 0.55)
        self._target.setIcon(icon(self._name, normal, disabled=faint, checked=checked))


class IconSource(QObject):
    """Gives icons to actions and buttons, and recolours them when the theme changes.

    Parameters
    ----------
    theme
        Whose colours are used.
    parent
        Owner.
    """

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def bind(self, target: QAction | QAbstractButton, name: str) -> None:
        """Give an icon in the colour of the text."""
        self._bind(target, name, "plain")

    def bind_muted(self, target: QAction | QAbstractButton, name: str) -> None:
        """Give an icon that stands back, such as to a flat button."""
        self._bind(target, name, "muted")

    def bind_primary(self, target: QAction | QAbstractButton, name: str) -> None:
        """Give an icon to a button that is always filled with the accent colour."""
        self._bind(target, name, "primary")

    def bind_checkable(self, target: QAction | QAbstractButton, name: str) -> None:
        """Give an icon to a button that is filled with the accent colour while checked."""
        self._bind(target, name, "checkable")

    def _bind(self, target: QAction | QAbstractButton, name: str, look: str) -> None:
        for old in target.findChildren(_Binding, options=Qt.FindChildOption.FindDirectChildrenOnly):
            # Deleted at once, so that a change of theme in between cannot bring the old icon back.
            old.setParent(None)
            old.deleteLater()
            self._theme.changed.disconnect(old.apply)
        _Binding(target, self._theme, name, look)
