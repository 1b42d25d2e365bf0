"""The command search: type a few letters, press Enter, the command runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Slot
from PySide6.QtGui import QAction, QColor, QHideEvent, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QGraphicsDropShadowEffect,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from latentlab.widgets.action_text import group_of, plain_text, shortcut_text
from latentlab.widgets.style.section import label
from latentlab.window.palette.command_delegate import (
    ROLE_GROUP,
    ROLE_PLACES,
    ROLE_SHORTCUT,
    CommandDelegate,
)
from latentlab.window.palette.fuzzy import fuzzy_match

_ROLE_ACTION = Qt.ItemDataRole.UserRole
_WIDTH_PX = 520
_ROW_PX = 32
_MOST_ROWS = 10

# Disabled, minus the score, place among the actions, text, group, matched letters, action.
_Found = tuple[bool, float, int, str, str, tuple[int, ...], QAction]


class CommandPalette(QFrame):
    """A search line with a list of commands, over the upper middle of the window.

    It lies inside its parent, not in a window of its own, so it works the same on every desktop.
    Up, Down, Page up and Page down choose; Enter runs; Escape or a click elsewhere closes.

    Parameters
    ----------
    parent
        The window that it lies over.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._is_listening = False
        self._actions: list[QAction] = []
        self._focus_before: QWidget | None = None
        self.setProperty("popup", "true")
        self.setObjectName("command_palette")
        self.setAccessibleName(self.tr("Search commands"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        self._search = QLineEdit(self)
        self._search.setObjectName("command_search")
        self._search.setProperty("search", "true")
        self._search.setPlaceholderText(self.tr("Search commands"))
        self._search.setAccessibleName(self.tr("Search commands"))
        self._search.setToolTip(self.tr("Type some letters of a command; Enter runs it"))
        layout.addWidget(self._search)
        self._model = QStandardItemModel(self)
        self._list = QListView(self)
        self._list.setObjectName("command_list")
        self._list.setProperty("results", "true")
        self._list.setAccessibleName(self.tr("Commands"))
        self._list.setToolTip(self.tr("Click a command to run it"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(CommandDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys stay with the search line
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setContentsMargins(6, 6, 6, 6)
        self._list.setViewportMargins(6, 6, 6, 6)
        layout.addWidget(self._list)
        self._nothing = label(self.tr("No command has these letters."), tone="muted")
        self._nothing.setContentsMargins(14, 12, 14, 14)
        layout.addWidget(self._nothing)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(32)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 110))
        self.setGraphicsEffect(shadow)
        self._search.textChanged.connect(self._filter)
        self._search.installEventFilter(self)
        self._list.clicked.connect(self._run)
        parent.installEventFilter(self)
        self.hide()

    @Slot()
    def open_with(self, actions: Sequence[QAction]) -> None:
        """Open with these commands; separators, empty and hidden ones are left out.

        Parameters
        ----------
        actions
            Of the window. Those that are disabled are shown grey, after the others.
        """
        self._actions = [
            action
            for action in actions
            if action.isVisible() and not action.isSeparator() and action.text()
        ]
        if not self.isVisible():
            self._focus_before = QApplication.focusWidget()
        self._listen(True)
        self._search.clear()
        self._filter("")
        self.show()
        self.raise_()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def shown_actions(self) -> list[QAction]:
        """The commands in the list now, best first."""
        return [self._model.item(row).data(_ROLE_ACTION) for row in range(self._model.rowCount())]

    @Slot(str)
    def _filter(self, query: str) -> None:
        found: list[_Found] = []
        for order, action in enumerate(self._actions):
            text, group = plain_text(action), group_of(action)
            match = fuzzy_match(query, text)
            score, places = (match.score, match.places) if match else (0.0, ())
            if match is None:  # "training stop": whole words of the group help too
                named = f"{group} {text}".casefold()
                if not all(word in named for word in query.casefold().split()):
                    continue
                score = -100.0
            found.append((not action.isEnabled(), -score, order, text, group, places, action))
        found.sort(key=_rank)
        self._model.clear()
        for disabled, _, _, text, group, places, action in found:
            item = QStandardItem(text)
            item.setData(action, _ROLE_ACTION)
            item.setData(group, ROLE_GROUP)
            item.setData(shortcut_text(action), ROLE_SHORTCUT)
            item.setData(places, ROLE_PLACES)
            item.setEnabled(not disabled)
            item.setToolTip(action.statusTip() or action.toolTip())
            self._model.appendRow(item)
        self._list.setVisible(bool(found))
        self._nothing.setVisible(not found)
        if found:
            self._list.setCurrentIndex(self._model.index(0, 0))
        self._place()

    def _place(self) -> None:
        width = min(_WIDTH_PX, self._window.width() - 24)
        rows = min(_MOST_ROWS, self._model.rowCount())
        self._list.setFixedHeight(rows * _ROW_PX + 12)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        top = min(64, max(8, self._window.height() // 10))
        height = min(self.sizeHint().height(), self._window.height() - top - 8)
        self.setGeometry((self._window.width() - width) // 2, top, width, height)

    @Slot(QModelIndex)
    def _run(self, index: QModelIndex) -> None:
        action = index.data(_ROLE_ACTION)
        if not isinstance(action, QAction) or not action.isEnabled():
            return
        self._close(give_focus_back=True)
        action.trigger()

    def _close(self, *, give_focus_back: bool) -> None:
        before, self._focus_before = self._focus_before, None
        self.hide()
        if give_focus_back and before is not None:
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    @Slot(QWidget, QWidget)
    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        del old
        # None: another program has the focus, or a menu; what was typed should survive that.
        if new is not None and new is not self and not self.isAncestorOf(new):
            self._close(give_focus_back=False)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop listening once closed."""
        super().hideEvent(event)
        if self.isHidden():  # otherwise only the window was minimised
            self._focus_before = None
            self._listen(False)

    def _listen(self, listen: bool) -> None:
        """Watch, only while open, whether the focus goes elsewhere."""
        app = QApplication.instance()
        if listen == self._is_listening or not isinstance(app, QApplication):
            return
        self._is_listening = listen
        if listen:
            app.focusChanged.connect(self._focus_changed)
        else:
            app.focusChanged.disconnect(self._focus_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle of the window, and take the list's keys from the search line."""
        if watched is self._window:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take_key(event)
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: _MOST_ROWS,
            Qt.Key.Key_PageUp: -_MOST_ROWS,
        }
        if key == Qt.Key.Key_Escape:
            self._close(give_focus_back=True)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self._list.currentIndex())
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            pass  # there is nowhere else to go
        elif Qt.Key(key) in steps:
            self._move(steps[Qt.Key(key)])
        else:
            return False
        return True

    def _move(self, step: int) -> None:
        count = sum(action.isEnabled() for action in self.shown_actions)  # those come first
        if count == 0:
            return
        row = self._list.currentIndex().row() + step
        row = row % count if abs(step) == 1 else min(max(row, 0), count - 1)
        self._list.setCurrentIndex(self._model.index(row, 0))


def _rank(found: _Found) -> tuple[bool, float, int]:
    return found[:3]
