"""The legend of many classes: a short list that scrolls, with a field to find one by its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.map.legend.class_row import COUNT_ROLE, GREYED_ROLE, ROW_HEIGHT_PX, ClassRowDelegate
from latentlab.widgets.style.tone import set_look
from latentlab.widgets.text.plain_text import plain_tooltip

_WIDTH_PX = 206
_MOST_ROWS = 9
_FEWEST_ROWS = 3
_Index = QModelIndex | QPersistentModelIndex


class _ClassItemModel(QAbstractListModel):
    """Names, colours and counts; the row is the number of the class."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self._colours: list[QColor] = []
        self._counts: list[int] = []
        self._dimmed: frozenset[int] = frozenset()

    def set_classes(
        self, names: Sequence[str], colours: Sequence[QColor], counts: Sequence[int]
    ) -> None:
        self.beginResetModel()
        self._names = [shown_name(name) for name in names]
        self._colours, self._counts = list(colours), list(counts)
        self._dimmed = frozenset()
        self.endResetModel()

    def set_dimmed(self, dimmed: frozenset[int]) -> None:
        self._dimmed = dimmed
        if self._names:
            self.dataChanged.emit(self.index(0), self.index(len(self._names) - 1), [GREYED_ROLE])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - as Qt has it
        """Return the number of classes."""
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a row shows."""
        row = index.row()
        name, is_greyed = self._names[row], row in self._dimmed
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(self._sentence(row))
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.tr("{}, greyed").format(name) if is_greyed else name
        return {
            int(Qt.ItemDataRole.DecorationRole): self._colours[row],
            COUNT_ROLE: self._counts[row],
            GREYED_ROLE: is_greyed,
        }.get(int(role))

    def _sentence(self, row: int) -> str:
        return self.tr("{0}: {1:,} images; click to grey, double-click to see it alone").format(
            self._names[row], self._counts[row]
        )


class _ClassView(QListView):
    """A list that keeps the wheel to itself: the map below would zoom."""

    flipped = Signal(QModelIndex)
    chosen = Signal(QModelIndex)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll."""
        super().wheelEvent(event)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Grey by Space, see alone by Enter."""
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and index.isValid():
            self.flipped.emit(index)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.chosen.emit(index)
        else:
            super().keyPressEvent(event)


class _FilterField(QLineEdit):
    """A line for a part of a name; down goes on to the list, Esc empties it."""

    downPressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep the keys that would move the cursor of the map."""
        match event.key():
            case Qt.Key.Key_Down:
                self.downPressed.emit()
            case Qt.Key.Key_Up:
                event.accept()
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case _:
                super().keyPressEvent(event)


class ClassList(QFrame):
    """Dot, name and number of images of each class."""

    flipped = Signal(int)
    """Emitted with the class that was clicked, or whose row Space was pressed on."""
    isolated = Signal(int, bool)
    """Emitted with the class to be seen alone, and whether a click has flipped it before."""
    allWanted = Signal()
    """Emitted when no class shall be greyed."""
    resized = Signal()
    """Emitted when it wants another height."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("class_list")
        self.setProperty("popup", "true")
        self.setAccessibleName(self.tr("Classes"))
        self._model = _ClassItemModel(self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._model)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 5, 6, 6)
        layout.setSpacing(5)
        layout.addLayout(self._make_head())
        self._filter = _FilterField()
        self._filter.setObjectName("class_filter")
        self._filter.setPlaceholderText(self.tr("Find a class"))
        self._filter.setAccessibleName(self.tr("Find a class"))
        self._filter.setToolTip(self.tr("A part of the name; Enter sees the first one alone"))
        self._filter.textChanged.connect(self._search)
        self._filter.returnPressed.connect(self._isolate_first)
        self._filter.downPressed.connect(self._enter_list)
        layout.addWidget(self._filter)
        self._view = _ClassView()
        self._view.setObjectName("class_view")
        self._view.setProperty("results", "true")
        self._view.setAccessibleName(self.tr("Classes"))
        self._view.setModel(self._found)
        self._view.setItemDelegate(ClassRowDelegate(self._view))
        self._view.setUniformItemSizes(True)
        self._view.setMouseTracking(True)
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.clicked.connect(self._flip)
        self._view.flipped.connect(self._flip)
        self._view.doubleClicked.connect(self._isolate_clicked)
        self._view.chosen.connect(self._isolate_chosen)
        layout.addWidget(self._view, 1)

    def _make_head(self) -> QHBoxLayout:
        self._fold = QToolButton()
        self._fold.setObjectName("class_fold")
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._fold.setCheckable(True)
        self._fold.setChecked(True)
        self._fold.setArrowType(Qt.ArrowType.DownArrow)
        self._fold.setAccessibleName(self.tr("Show the classes"))
        self._fold.setToolTip(self.tr("Show or fold away the list of classes"))
        set_look(self._fold, "flat", "true")
        self._fold.toggled.connect(self._show_or_fold)
        self._all = QPushButton(self.tr("show all"))
        self._all.setObjectName("show_all_classes")
        self._all.setProperty("chip", "true")
        self._all.setAccessibleName(self.tr("Show all classes"))
        self._all.setToolTip(self.tr("Grey no class"))
        self._all.clicked.connect(self.allWanted)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._fold)
        row.addStretch(1)
        row.addWidget(self._all)
        return row

    # --- contents ------------------------------------------------------------------------------

    def set_classes(
        self, names: Sequence[str], colours: Sequence[QColor], counts: Sequence[int]
    ) -> None:
        """Show other classes, none of them greyed, and all of them found."""
        self._filter.clear()
        self._model.set_classes(names, colours, counts)
        self._fold.setText(self.tr("{:,} classes").format(len(names)))
        self._all.hide()

    def set_dimmed(self, dimmed: frozenset[int]) -> None:
        """Show which classes are greyed."""
        self._model.set_dimmed(dimmed)
        self._all.setVisible(bool(dimmed))

    def wanted_size(self, room: QSize) -> QSize:
        """Return the size that the list takes of some room over the map."""
        width = min(_WIDTH_PX, room.width())
        self.ensurePolished()
        head = max(self._fold.sizeHint().height(), self._all.sizeHint().height()) + 11
        full = head + self._filter.sizeHint().height() + 10
        rows = min(_MOST_ROWS, (room.height() - full) // ROW_HEIGHT_PX)
        is_open = self._fold.isChecked() and rows >= _FEWEST_ROWS
        self._filter.setVisible(is_open)
        self._view.setVisible(is_open)
        return QSize(width, full + rows * ROW_HEIGHT_PX if is_open else head)

    # --- what the hand does --------------------------------------------------------------------

    @Slot(bool)
    def _show_or_fold(self, is_open: bool) -> None:
        self._fold.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.resized.emit()

    @Slot(str)
    def _search(self, text: str) -> None:
        self._found.setFilterFixedString(text)

    @Slot()
    def _enter_list(self) -> None:
        self._view.setFocus(Qt.FocusReason.TabFocusReason)
        if not self._view.currentIndex().isValid():
            self._view.setCurrentIndex(self._found.index(0, 0))

    def _class_of(self, index: QModelIndex) -> int:
        return self._found.mapToSource(index).row()

    @Slot(QModelIndex)
    def _flip(self, index: QModelIndex) -> None:
        self.flipped.emit(self._class_of(index))

    @Slot(QModelIndex)
    def _isolate_clicked(self, index: QModelIndex) -> None:
        self.isolated.emit(self._class_of(index), True)

    @Slot(QModelIndex)
    def _isolate_chosen(self, index: QModelIndex) -> None:
        self.isolated.emit(self._class_of(index), False)

    @Slot()
    def _isolate_first(self) -> None:
        if self._filter.text() and self._found.rowCount():
            self._isolate_chosen(self._found.index(0, 0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep presses beside the rows from the map below."""
        event.accept()
