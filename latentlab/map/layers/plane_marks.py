"""Names the axes of the map, and marks the images that a plane leads through."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from latentlab.latent.camera import Camera
from latentlab.latent.code_units import number_name
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.image_plane import ImagePlane
from latentlab.latent.planes.pca_plane import PcaPlane
from latentlab.latent.planes.plane import LatentPlane
from latentlab.widgets.style.tokens import Tokens

_FONT_PX = 11
_MARGIN_PX = 10.0  # as the caption and the legend keep
_PADDING_PX = 8.0
_HEIGHT_PX = 21.0
_RADIUS_PX = 6.0
_LETTER_PX = 8.0  # radius of the disc around a letter


def axis_names(plane: LatentPlane) -> tuple[str, str]:
    """Return what runs to the right and what runs upwards; empty where a map needs no names."""
    if plane.latent_dim <= 2:
        return "", ""
    match plane:
        case AxisPlane():
            across, up = (number_name(axis) for axis in plane.axes)
            return f"{across} →", f"{up} ↑"
        case PcaPlane():
            across, up = (f"{100 * share:.0f} %" for share in plane.shares)
            return f"PC 1 · {across} →", f"PC 2 · {up} ↑"
        case ImagePlane():
            return "A – B →", "C ↑"
    return "", ""


class PlaneMarks:
    """Painted over the points and below the cursor; nothing for codes of two numbers."""

    def __init__(self) -> None:
        self._font = QFont()
        self._font.setPixelSize(_FONT_PX)

    def paint(self, painter: QPainter, plane: LatentPlane, camera: Camera, tokens: Tokens) -> None:
        """Paint the names at the ends of the axes, and the letters of the images."""
        across, up = axis_names(plane)
        if not across:
            return
        painter.setFont(self._font)
        metrics = QFontMetrics(self._font)
        wide = metrics.horizontalAdvance(across) + 2 * _PADDING_PX
        bottom = camera.height - _MARGIN_PX - _HEIGHT_PX
        right = camera.width - _MARGIN_PX - wide
        self._label(painter, QRectF(right, bottom, wide, _HEIGHT_PX), across, tokens)
        wide = metrics.horizontalAdvance(up) + 2 * _PADDING_PX
        self._label(painter, QRectF(_MARGIN_PX, _MARGIN_PX, wide, _HEIGHT_PX), up, tokens)
        if isinstance(plane, ImagePlane):
            for letter, (x, y) in zip("ABC", plane.corners.tolist(), strict=True):
                self._letter(painter, QPointF(*camera.to_screen((x, y))), letter, tokens)

    def _label(self, painter: QPainter, area: QRectF, text: str, tokens: Tokens) -> None:
        painter.setPen(QPen(QColor(tokens.line), 1.0))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)
        painter.setPen(QColor(tokens.ink))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), text)

    def _letter(self, painter: QPainter, at: QPointF, letter: str, tokens: Tokens) -> None:
        reach = 1e6
        if not (abs(at.x()) < reach and abs(at.y()) < reach):
            return
        area = QRectF(at.x() - _LETTER_PX, at.y() - _LETTER_PX, 2 * _LETTER_PX, 2 * _LETTER_PX)
        painter.setPen(QPen(QColor(tokens.background), 1.5))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(area)
        painter.setPen(QColor(tokens.accent_ink))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), letter)
