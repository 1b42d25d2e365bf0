"""The buttons of the toolbar: icon and words centred in a round frame."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from latentlab.widgets.action_text import plain_text, shortcut_text
from latentlab.widgets.form.chevron import draw_chevron
from latentlab.widgets.style.tone import set_look

_ICON_PX = 16
_GAP_PX = 6
_PADDING_PX = 12
_HEIGHT_PX = 28


class ToolPill(QToolButton):
    """A toolbar button for an action, or for a menu, or for both.

    Qt's own tool button puts icon and words at the left with uneven room; this one centres them.

    Parameters
    ----------
    action
        What it does; its text, tooltip, enabled and checked state are followed. ``None`` for a
        button that only opens ``menu``.
    menu
        Opens on a click; its title is the text.
    primary
        Filled with the accent colour. Use it once in a window.
    flat
        Without a frame, muted, and with its keys beside the words.
    icon_only
        Whether the words are left to the tooltip and the accessible name.
    parent
        Owner.
    """

    def __init__(
        self,
        action: QAction | None = None,
        *,
        menu: QMenu | None = None,
        primary: bool = False,
        flat: bool = False,
        icon_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._primary = primary
        self._flat = flat
        self._icon_only = icon_only
        self.setProperty("primary", "true" if primary else "")
        set_look(self, "flat", "true" if flat else "")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if action is not None:
            self.setDefaultAction(action)
            self.setObjectName(action.objectName())
            self.setAccessibleName(plain_text(action))
        if menu is not None:
            self.setText(menu.title().replace("&", ""))
            self.setMenu(menu)
            self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            self.setObjectName(menu.objectName())
            self.setAccessibleName(self.text())
            self.setToolTip(menu.toolTip() or self.text())

    def _words(self) -> str:
        if self._icon_only:
            return ""
        action: QAction | None = self.defaultAction()  # PySide6 6.11 declares it never None
        if action is None:
            return self.text()
        keys = shortcut_text(action) if self._flat else ""
        return f"{plain_text(action)}  {keys}".rstrip()

    def _content_width(self) -> int:
        parts = []
        if not self.icon().isNull():
            parts.append(_ICON_PX)
        if self._words():
            parts.append(self.fontMetrics().horizontalAdvance(self._words()))
        if self.menu() is not None:
            parts.append(8)
        return sum(parts) + _GAP_PX * max(0, len(parts) - 1)

    def sizeHint(self) -> QSize:
        """Return room for the parts with even margins."""
        # 3 px at each side are the margin that the stylesheet puts between toolbar buttons.
        return QSize(self._content_width() + 2 * _PADDING_PX + 6, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """Return the same: a button is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the style paint the frame, then paint the parts in the middle."""
        del event
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = ""
        option.icon = QIcon()
        option.features = QStyleOptionToolButton.ToolButtonFeature.None_
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

        filled = (self._primary or self.isChecked()) and self.isEnabled()
        group = QPalette.ColorGroup.Normal if self.isEnabled() else QPalette.ColorGroup.Disabled
        role = QPalette.ColorRole.WindowText
        if filled:
            role = QPalette.ColorRole.HighlightedText
        elif self._flat and not self.underMouse():
            role = QPalette.ColorRole.PlaceholderText
        # Not the button's own palette, in which the stylesheet fades some colours.
        ink = QApplication.palette().color(group, role)
        left = (self.width() - self._content_width()) // 2
        middle = self.height() / 2
        if not self.icon().isNull():
            area = QRect(left, (self.height() - _ICON_PX) // 2, _ICON_PX, _ICON_PX)
            self.icon().paint(
                painter,
                area,
                Qt.AlignmentFlag.AlignCenter,
                QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled,
                QIcon.State.On if self.isChecked() else QIcon.State.Off,
            )
            left += _ICON_PX + _GAP_PX
        words = self._words()
        if words:
            painter.setPen(ink)
            width = self.fontMetrics().horizontalAdvance(words)
            area = QRect(left, 0, width + 2, self.height())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), words)
            left += width + _GAP_PX
        if self.menu() is not None:
            draw_chevron(painter, QPointF(left + 4, middle + 0.5), ink)
