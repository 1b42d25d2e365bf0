"""A canvas for the mouse: pen, eraser, clear and undo."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

SIDE_PX = 320
_MOST_UNDONE = 60


class DrawingCanvas(QWidget):
    """A square that takes strokes.

    Parameters
    ----------
    ground
        Colour of the empty canvas, and of the eraser.
    parent
        Owner.

    Attributes
    ----------
    pen_colour, pen_px, erases
        Of the strokes to come.
    """

    drawn = Signal()
    """The drawing has changed."""

    def __init__(self, ground: QColor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawing_canvas")
        self.setAccessibleName(self.tr("Drawing"))
        self.setFixedSize(SIDE_PX, SIDE_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.pen_colour = QColor("white")
        self.pen_px = 24
        self.erases = False
        self._ground = ground
        self._image = self._empty()
        self._before: list[QImage] = []
        self._last: QPointF | None = None

    @property
    def image(self) -> QImage:
        """What is drawn."""
        return self._image

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return bool(self._before)

    def set_ground(self, ground: QColor) -> None:
        """Begin a new drawing on another ground."""
        self._ground = ground
        self._before.clear()
        self._image = self._empty()
        self.update()

    @Slot()
    def clear(self) -> None:
        """Wipe the canvas; it can be undone."""
        self._remember()
        self._image = self._empty()
        self._tell()

    @Slot()
    def undo(self) -> None:
        """Take the last stroke back."""
        if self._before:
            self._image = self._before.pop()
            self._tell()

    def _empty(self) -> QImage:
        image = QImage(SIDE_PX, SIDE_PX, QImage.Format.Format_RGB32)
        image.fill(self._ground)
        return image

    def _remember(self) -> None:
        self._before.append(self._image.copy())
        del self._before[:-_MOST_UNDONE]

    def _tell(self) -> None:
        self.update()
        self.drawn.emit()

    def sizeHint(self) -> QSize:
        """Return the size of the square."""
        return QSize(SIDE_PX, SIDE_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke with a dot."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._remember()
            self._last = event.position()
            self._stroke_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the stroke."""
        if self._last is not None:
            self._stroke_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._last = None

    def _stroke_to(self, point: QPointF) -> None:
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._ground if self.erases else self.pen_colour
        painter.setPen(
            QPen(
                colour,
                self.pen_px,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        if self._last is None or self._last == point:
            painter.drawPoint(point)
        else:
            painter.drawLine(self._last, point)
        painter.end()
        self._last = point
        self._tell()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the drawing and a frame."""
        del event
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
