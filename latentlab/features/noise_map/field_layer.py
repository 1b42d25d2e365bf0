"""The denoising field as arrows on a grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from latentlab.features.noise_map.field import FieldCells, field_cells, field_level
from latentlab.features.noise_map.store import FieldArrows
from latentlab.latent.camera import Camera
from latentlab.latent.planes.plane import LatentPlane
from latentlab.widgets.style.tokens import Tokens, mixed

_CELL_PX = 26.0  # cells are between this and twice this size
_LONGEST = 0.9  # of an arrow, in cells
_REFERENCE = 0.8  # of all samples make arrows no longer than that; others are cut there
_MOST_STRETCH = 4.0  # lengths are shown at most so much longer than they are
_STILL_PX = 2.0  # shorter ones have no direction that could be seen
_HEAD = 0.36  # of the length
_MOST_HEAD_PX = 7.0
_HEAD_ANGLE = math.radians(26)
_HALF_WEIGHT = 2.0  # arrows in a cell that is shown at half its strength
_LEAST_WEIGHT = 0.35
_FAINTEST = 0.3  # of the way from the background to ink
_STRENGTHS = 5  # arrows are painted in so many opacities
_MARGIN_PX = 10.0
_LABEL_PX = 11


class FieldLayer:
    """Keeps a picture of the field until the field, the view or the colours change."""

    def __init__(self) -> None:
        self._arrows: FieldArrows | None = None
        self._plane: LatentPlane | None = None
        self._starts = self._ends = np.empty((0, 2), np.float32)
        self._key: tuple[object, ...] = ()
        self._pixmap = QPixmap()
        self._font = QFont()
        self._font.setPixelSize(_LABEL_PX)

    def paint(
        self,
        painter: QPainter,
        arrows: FieldArrows,
        plane: LatentPlane,
        camera: Camera,
        tokens: Tokens,
        ratio: float,
    ) -> None:
        """Paint the field.

        Parameters
        ----------
        painter
            On the map widget, opacity set.
        arrows
            In codes of the plane's length.
        plane, camera
            The view.
        tokens
            The colours.
        ratio
            Device pixels per pixel.
        """
        moved = self._plane is None or not plane.has_positions_of(self._plane)
        if arrows is not self._arrows or moved:
            self._starts, self._ends = plane.to_plane(arrows.starts), plane.to_plane(arrows.ends)
            self._arrows = arrows
            self._key = ()
        self._plane = plane
        key = (camera, tokens, ratio, plane.latent_dim > 2)
        if key != self._key:
            self._key = key
            self._pixmap = self._rendered(camera, tokens, ratio)
        painter.drawPixmap(QPointF(0, 0), self._pixmap)

    def _rendered(self, camera: Camera, tokens: Tokens, ratio: float) -> QPixmap:
        size = (max(1, round(camera.width * ratio)), max(1, round(camera.height * ratio)))
        pixmap = QPixmap(*size)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        level = field_level(camera.scale, _CELL_PX)
        cells = field_cells(self._starts, self._ends, level, camera.bounds())
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        factor = stretch(cells)
        paint_arrows(painter, cells, factor, camera, tokens)
        if len(cells.weights):
            self._paint_scale(painter, factor, camera, tokens)
        painter.end()
        return pixmap

    def _paint_scale(
        self, painter: QPainter, factor: float, camera: Camera, tokens: Tokens
    ) -> None:
        """Say how much longer or shorter than true the arrows are."""
        if factor == 1.0:
            return
        text = f"→ × {factor:g}" if factor > 1 else f"→ × 1/{1 / factor:g}"
        painter.setFont(self._font)
        metrics = QFontMetrics(self._font)
        width, height = metrics.horizontalAdvance(text) + 16.0, 21.0
        above = height + 6.0 if self._key[3] else 0.0  # the name of an axis stands there
        box = QRectF(
            camera.width - _MARGIN_PX - width,
            camera.height - _MARGIN_PX - height - above,
            width,
            height,
        )
        painter.setPen(QPen(QColor(tokens.line), 1.0))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(QColor(tokens.ink))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def stretch(cells: FieldCells) -> float:
    """Return how many times longer than true the arrows are shown: a power of 2.

    One factor for all, so that they can be compared, such that four fifths of the samples make
    arrows of at most a cell. A few that land far away and come back a long way would otherwise
    shrink all others to dots.
    """
    lengths = np.hypot(*cells.steps.T)
    order = np.argsort(lengths)
    behind = np.cumsum(cells.weights[order])
    if not len(behind):
        return 1.0
    reference = float(lengths[order[np.searchsorted(behind, _REFERENCE * behind[-1])]])
    if reference <= 0.0:
        return 1.0
    wanted = min(_LONGEST * cells.side / reference, _MOST_STRETCH)
    return float(2.0 ** math.floor(math.log2(wanted)))


def paint_arrows(
    painter: QPainter, cells: FieldCells, factor: float, camera: Camera, tokens: Tokens
) -> None:
    """Paint an arrow from the middle of each cell, fainter where few samples are behind it.

    Lengths are ``factor`` times the true ones and cut at a cell; where there is no movement that
    could be seen, a dot is painted.
    """
    enough = cells.weights >= _LEAST_WEIGHT
    tails = camera.points_to_screen(cells.centres[enough]).astype(np.float64)
    steps = cells.steps[enough] * np.array([factor, -factor]) * camera.scale
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    cut = np.minimum(1.0, _LONGEST * cells.side * camera.scale / np.maximum(lengths, 1e-9))
    steps, lengths = steps * cut[:, None], lengths * cut
    strength = cells.weights[enough] / (cells.weights[enough] + _HALF_WEIGHT)
    group = np.minimum((strength * _STRENGTHS).astype(int), _STRENGTHS - 1)
    still = lengths < _STILL_PX
    for number in range(_STRENGTHS):
        moving = (group == number) & ~still
        resting = (group == number) & still
        lines = _lines(tails[moving], steps[moving], lengths[moving])
        dots = [QPointF(x, y) for x, y in tails[resting].tolist()]
        # Opaque colours and flat caps: with others, hundreds of lines take ten times as long.
        share = _FAINTEST + (1 - _FAINTEST) * number / (_STRENGTHS - 1)
        colours = [(mixed(tokens.ink, tokens.background, share), 1.4)]
        if number > 0:  # a halo would make the faintest arrows the plainest
            colours.insert(0, (tokens.background, 3.4))
        for name, width in colours:
            colour = QColor(name)
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLines(lines)
            painter.setPen(
                QPen(colour, width + 1.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
            )
            painter.drawPoints(dots)


def _lines(
    tails: NDArray[np.float64], steps: NDArray[np.float64], lengths: NDArray[np.float64]
) -> list[QLineF]:
    """Return shaft and both sides of the head of each arrow."""
    tips = tails + steps
    head = np.minimum(_HEAD * lengths, _MOST_HEAD_PX) / np.maximum(lengths, 1e-9)
    back = -steps * head[:, None]
    parts = [np.concatenate([tails, tips], axis=1)]
    for angle in (_HEAD_ANGLE, -_HEAD_ANGLE):
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        parts.append(np.concatenate([tips, tips + back @ turn], axis=1))
    return [QLineF(*line) for line in np.concatenate(parts).tolist()]
