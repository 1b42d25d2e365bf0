"""A grid of images, each of which can be pointed at, walked to, chosen and copied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QSizePolicy, QWidget

from latentlab.images.contact_sheet import contact_sheet
from latentlab.widgets.images.cell_layout import CellLayout, CellShape, cell_layout
from latentlab.widgets.images.image_delegate import CAPTION_GAP_PX, LINE_PX, ImageDelegate
from latentlab.widgets.images.image_item_model import ImageItem, ImageItemModel, Index, Pixels
from latentlab.widgets.images.qimage import to_qimage
from latentlab.widgets.style.qt_palette import tokens_of
from latentlab.widgets.style.tone import set_look

_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_HINT = QSize(180, 96)
_MOST_TOLD = 1000  # items of which a screen reader is told that they changed


class ImageGrid(QListView):
    """Images in rows, as large as the room allows, or in a scrolled list where they do not fit.

    Arrows, Home and End move; Enter, Space or a click chooses; Ctrl+C copies.

    Parameters
    ----------
    name
        Translated accessible name.
    least_px, most_px
        Smallest and largest side of an image.
    gap_px
        Between two of them.
    columns
        Images in a row; 0 for as many as make them largest. With a number of columns all
        images are in sight, however small.
    pairs
        Whether each cell has two images.
    cell_px
        Smallest width of a cell.
    framed
        Whether each image has a thin border.
    crisp
        Whether enlarged pixels are crisp even where they then differ in size.
    font_px
        Height of the letters of captions.
    selects
        Whether the item that the hand or the keyboard is on is selected, with a ring of its own.
    copies_all
        Whether Ctrl+C copies all images as one picture, and not the one of the keyboard.
    parent
        Owner.
    """

    chosen = Signal(int)
    """Emitted with the place, from 0, of an image that was clicked or chosen with the keyboard."""
    reached = Signal(int)
    """Emitted with the place of the image that the hand or the keyboard has come to."""

    def __init__(
        self,
        name: str,
        *,
        least_px: int = 14,
        most_px: int = 96,
        gap_px: int = 3,
        columns: int = 0,
        pairs: bool = False,
        cell_px: int = 0,
        framed: bool = False,
        crisp: bool = True,
        font_px: int = 11,
        selects: bool = False,
        copies_all: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._base = CellShape(least_px, most_px, gap_px, pairs, width=cell_px)
        self._columns = columns
        self._copies_all = copies_all
        self._num_captions = 0
        self._placeholder = ""
        self._layout = CellLayout(1, 1, scrolls=False)
        self._is_telling = True
        self._items = ImageItemModel(crisp=crisp, parent=self)
        self._delegate = ImageDelegate(self._items, framed=framed, font_px=font_px, parent=self)
        self._delegate.shape = self._base
        self._delegate.tokens = tokens_of(self.palette())
        self.setAccessibleName(name)
        set_look(self, "images", "true")
        self.setModel(self._items)
        self.setItemDelegate(self._delegate)
        # ListMode wraps 100,000 rows of one size at once; IconMode builds a tree of them.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if selects else modes.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.clicked.connect(self._tell_click)
        self.entered.connect(self._point)
        self.viewportEntered.connect(self._unpoint)

    # --- contents ------------------------------------------------------------------------------

    def set_items(self, items: Sequence[ImageItem]) -> None:
        """Show other items, lazy ones too; the place of the keyboard stays as far as it can."""
        before = self.count
        self._is_telling = False  # Qt moves to the last item where the current one goes
        self._items.set_items(items)
        self._is_telling = True
        num_captions = len(items[0].captions) if items else 0
        if self.count != before or num_captions != self._num_captions:
            if items:
                self._num_captions = num_captions
            self.updateGeometry()
            self._lay_out()

    def set_images(
        self, images: Sequence[Pixels] | Pixels | None, tips: Sequence[str] = ()
    ) -> None:
        """Show one image in each cell.

        Parameters
        ----------
        images
            uint8 (h, w, 1 or 3) each; ``None`` for none.
        tips
            Translated: what each of them is; empty for nothing.
        """
        shown = () if images is None else images
        texts = tips if len(tips) else [""] * len(shown)
        self.set_items([ImageItem((i,), t) for i, t in zip(shown, texts, strict=False)])

    def set_columns(self, columns: int) -> None:
        """Put so many images into a row; 0 for as many as make them largest."""
        if columns != self._columns:
            self._columns = columns
            self._lay_out()

    def set_placeholder(self, text: str) -> None:
        """Set the translated text that is shown while there is no image."""
        self._placeholder = text
        self.viewport().update()

    def set_flagged(self, count: int, text: str) -> None:
        """Flag the first ``count`` items; the translated text says what that means."""
        self._items.set_flagged(count, text)

    @property
    def items(self) -> ImageItemModel:
        """The items."""
        return self._items

    @property
    def count(self) -> int:
        """How many items there are."""
        return self._items.rowCount()

    @property
    def columns(self) -> int:
        """How many stand in a row."""
        return self._layout.columns

    @property
    def current(self) -> int:
        """Place of the item that the keyboard is on, -1 for none."""
        return self.currentIndex().row()

    def show_current(self, place: int | None) -> None:
        """Put the keyboard on an item, or on none, without telling of it."""
        self._is_telling = False
        try:
            if place is None or not 0 <= place < self.count:
                self.clearSelection()
                self.setCurrentIndex(QModelIndex())
            elif self.current != place or self.selectionMode() != self.SelectionMode.NoSelection:
                self.setCurrentIndex(self._items.index(place, 0))
        finally:
            self._is_telling = True

    def set_marked(self, place: int | None) -> None:
        """Mark one item with the ring of what is selected, or none; the keyboard stays."""
        flags = QItemSelectionModel.SelectionFlag
        if place is None or not 0 <= place < self.count:
            self.clearSelection()
        else:
            self.selectionModel().select(self._items.index(place, 0), flags.ClearAndSelect)

    @property
    def marked(self) -> int | None:
        """Place of the item that is marked."""
        rows = [index.row() for index in self.selectedIndexes()]
        return rows[0] if rows else None

    # --- geometry ------------------------------------------------------------------------------

    def cell_rect(self, place: int) -> QRect:
        """Return the square of the first image of an item in the viewport."""
        return self._delegate.square(self.visualRect(self._items.index(place, 0)))

    @property
    def shape_of_cells(self) -> CellShape:
        """What is asked of the cells as they are now, captions included."""
        caption = CAPTION_GAP_PX + self._num_captions * LINE_PX if self._num_captions else 0
        base = self._base
        return CellShape(
            base.least, base.most, base.gap, base.pair, base.between, caption, base.width
        )

    def _lay_out(self) -> None:
        shape, width, height = self.shape_of_cells, self.width(), self.height()
        bar = self.verticalScrollBar().sizeHint().width()
        layout = cell_layout(shape, self.count, width, height, bar, self._columns)
        delegate = self._delegate
        changed = (layout.side, shape) != (delegate.side, delegate.shape)
        delegate.side, delegate.shape, self._layout = layout.side, shape, layout
        cell = delegate.cell_size()
        policies = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policies.ScrollBarAlwaysOn if layout.scrolls else policies.ScrollBarAlwaysOff
        )
        # Qt breaks a row where the next cell would touch the edge, and a cell ends with its gap.
        # So the viewport gets the room of the columns exactly, the last gap beyond the edge.
        right = width - layout.columns * cell.width() - 1 - (bar if layout.scrolls else 0)
        rows = -(-self.count // layout.columns)
        bottom = 0 if layout.scrolls else min(0, height - rows * cell.height())
        self.setViewportMargins(0, 0, right, bottom)
        self.verticalScrollBar().setSingleStep(max(8, cell.height() // 4))
        if changed:
            self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the images out anew."""
        super().resizeEvent(event)
        self._lay_out()

    def sizeHint(self) -> QSize:
        """Return room for some images."""
        return _HINT

    def minimumSizeHint(self) -> QSize:
        """Return room for a few."""
        base = self._base
        few = min(3 * (base.least + base.gap), _HINT.width())
        return QSize(max(few, base.cell_width(base.least)), base.least)

    # --- painting ------------------------------------------------------------------------------

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Paint what is in sight; Qt would ask each of 100,000 items, and lay all out anew."""
        self.viewport().update()
        if QAccessible.isActive():
            top = self.indexAt(QPoint(0, 0))
            bottom = self.indexAt(self.viewport().rect().bottomRight())
            seen = (top if top.isValid() else first, bottom if bottom.isValid() else last)
            if seen[1].row() - seen[0].row() < _MOST_TOLD:
                QAbstractItemView.dataChanged(self, *seen, list(roles))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._delegate.tokens = tokens_of(self.palette())
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the items, or say why there are none."""
        super().paintEvent(event)
        if self.count or not self._placeholder:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(self.rect(), flags, self._placeholder)
        painter.end()

    # --- input ---------------------------------------------------------------------------------

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Walk in the order of reading: Qt's own walk ends at the edge of a row."""
        here, last, columns = self.current, self.count - 1, self.columns
        actions = QAbstractItemView.CursorAction
        steps = {
            actions.MoveLeft: -1,
            actions.MovePrevious: -1,
            actions.MoveRight: 1,
            actions.MoveNext: 1,
            actions.MoveUp: -columns,
            actions.MoveDown: columns,
            actions.MoveHome: -here,
            actions.MoveEnd: last - here,
        }
        step = steps.get(action)
        if step is None:
            return super().moveCursor(action, modifiers)
        if here < 0:
            return self._items.index(last if action == actions.MoveEnd else 0, 0)
        there = here + step
        return self._items.index(there if 0 <= there <= last else here, 0)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell where the hand or the keyboard came to."""
        super().currentChanged(current, previous)
        if current.isValid() and self._is_telling:
            self.reached.emit(current.row())

    @Slot(QModelIndex)
    def _tell_click(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())

    @Slot()
    def _point(self) -> None:
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    @Slot()
    def _unpoint(self) -> None:
        self.viewport().unsetCursor()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is, if it was the keyboard that came here."""
        self._delegate.shows_current = event.reason() in _KEYBOARD
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the press: what lies behind has no use for it."""
        self._delegate.shows_current = False
        super().mousePressEvent(event)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose, copy or walk; letters are left to the window."""
        if event.matches(QKeySequence.StandardKey.Copy):
            if self._copies_all:
                self.copy_all()
            else:
                self.copy_current()
        elif event.key() in _ENTER and self.count:
            self.chosen.emit(max(0, self.current))
        elif event.text().isprintable() and event.text():
            event.ignore()  # Qt would look for a text through all items
        else:
            self._delegate.shows_current = True
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy."""
        where = event.globalPos()
        index = self.indexAt(self.viewport().mapFromGlobal(where))
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            where = self.viewport().mapToGlobal(self.visualRect(index).topLeft() + QPoint(8, 8))
        if index.isValid():
            self.show_current(index.row())
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self.tr("Copy image"))
        copy.setEnabled(index.isValid())
        copy.triggered.connect(self.copy_current)
        if self._copies_all:
            everything = menu.addAction(self.tr("Copy all images"))
            everything.setEnabled(self.count > 0)
            everything.triggered.connect(self.copy_all)
        menu.popup(where)

    @Slot()
    def copy_current(self) -> None:
        """Copy the image of the keyboard at its own size, the second of a pair."""
        if self.current >= 0:
            pixels = self._items.image_item(self.current).images[-1]
            if pixels is not None:
                QGuiApplication.clipboard().setImage(to_qimage(pixels))

    @Slot()
    def copy_all(self) -> None:
        """Copy all images as one picture; nothing happens while there are none."""
        images = [self._items.image_item(row).images[-1] for row in range(self.count)]
        known = [pixels for pixels in images if pixels is not None]
        if known:
            QGuiApplication.clipboard().setImage(to_qimage(contact_sheet(np.stack(known))))
