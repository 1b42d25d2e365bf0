"""The path of an image's code as noise grows, the cloud of its codes under many seeds, and the
way of the code from one pass of the denoiser to the next."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from latentlab.features.noise_map.messages import NoiseCodes
from latentlab.features.noise_map.paths import path_shares, present_share
from latentlab.latent.camera import Camera
from latentlab.latent.planes.plane import LatentPlane
from latentlab.widgets.style.tokens import DARK, Tokens, mixed

_TICKS = (0, 100, 50, 25, 75)  # in percent; the first ones keep their labels where they crowd
_TICK_PX = 5.0  # on either side of the path
_PRESENT_PX = 5.5  # radius of the present amount
_DOT_PX = 3.0
_LABEL_PX = 10
_PADDING_PX = 3.0
_FAR_PX = 1e5


class NoiseMarks:
    """Keeps pictures of both until the codes, the view or the colours change."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._codes: NoiseCodes | None = None
        self._camera = Camera()
        self._tokens = DARK
        self._ratio = 1.0
        self._plane: LatentPlane | None = None
        self._path = np.empty((0, 2), np.float32)
        self._cloud = np.empty((0, 2), np.float32)
        self._path_pixmap: QPixmap | None = None
        self._cloud_pixmap: QPixmap | None = None
        self._font = QFont()
        self._font.setPixelSize(_LABEL_PX)

    def place(
        self, codes: NoiseCodes, plane: LatentPlane, camera: Camera, tokens: Tokens, ratio: float
    ) -> None:
        """Say what is painted, from where, in which colours, and in how many device pixels.

        Nothing is computed where nothing has changed.
        """
        moved = self._plane is None or not plane.has_positions_of(self._plane)
        self._plane = plane
        key = (camera, tokens, ratio)
        if codes is self._codes and not moved and key == self._key:
            return
        self._codes, self._key = codes, key
        self._path = _on_screen(codes.path, plane, camera)
        self._cloud = _on_screen(codes.cloud, plane, camera)
        self._path_pixmap = self._cloud_pixmap = None
        self._camera, self._tokens, self._ratio = camera, tokens, ratio

    def paint_cloud(self, painter: QPainter) -> None:
        """Paint a dot for each seed, and the ellipse of one standard deviation."""
        if len(self._cloud) < 3:
            return
        if self._cloud_pixmap is None:
            self._cloud_pixmap = self._rendered(self._render_cloud)
        painter.drawPixmap(QPointF(0, 0), self._cloud_pixmap)

    def paint_path(self, painter: QPainter) -> None:
        """Paint the way from no noise to all of it, with ticks, and where it is now."""
        if not len(self._path) or not len(self._cloud):
            return
        if self._path_pixmap is None:
            self._path_pixmap = self._rendered(self._render_path)
        painter.drawPixmap(QPointF(0, 0), self._path_pixmap)

    def _rendered(self, render: Callable[[QPainter, Tokens], None]) -> QPixmap:
        ratio = self._ratio
        pixmap = QPixmap(round(self._camera.width * ratio), round(self._camera.height * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        render(painter, self._tokens)
        painter.end()
        return pixmap

    def _render_cloud(self, painter: QPainter, tokens: Tokens) -> None:
        dot, halo = QColor(tokens.ink), QColor(tokens.background)
        dot.setAlphaF(0.85)
        halo.setAlphaF(0.9)
        painter.setPen(QPen(halo, 1.2))
        painter.setBrush(dot)
        for x, y in self._cloud.tolist():
            painter.drawEllipse(QPointF(x, y), _DOT_PX, _DOT_PX)
        radii, angle = one_sigma(self._cloud)
        painter.translate(*self._cloud.mean(0).tolist())
        painter.rotate(angle)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((halo, 4.0), (QColor(tokens.warn), 1.6)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(QPointF(0, 0), *radii)

    def _render_path(self, painter: QPainter, tokens: Tokens) -> None:
        assert self._codes is not None
        points = [QPointF(x, y) for x, y in self._path.tolist()]
        share = present_share(self._codes.steps)
        gone = int(np.searchsorted(path_shares(), share, side="left"))
        now = QPointF(*self._cloud[0].tolist())
        done, to_come = [*points[:gone], now], [now, *points[gone:]]
        back, ink = QColor(tokens.background), QColor(tokens.ink)
        _draw_way(painter, [*done, *to_come], back, 5.0)
        _draw_way(painter, to_come, QColor(mixed(tokens.ink, tokens.background, 0.75)), 1.4)
        _draw_way(painter, done, QColor(tokens.warn), 3.0)
        ticks = []
        for percent in _TICKS:
            at, across = self._tick(percent)
            ticks.append(QLineF(at - across * _TICK_PX, at + across * _TICK_PX))
        for colour, width in ((back, 4.5), (ink, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(ticks)
        painter.setPen(QPen(back, 2.0))
        painter.setBrush(QColor(tokens.warn))
        painter.drawEllipse(now, _PRESENT_PX, _PRESENT_PX)
        self._render_labels(painter, now, tokens)

    def _tick(self, percent: int) -> tuple[QPointF, QPointF]:
        """Return where a tick is, and the direction across the path there."""
        last = len(self._path) - 1
        index = round(percent / 100 * last)
        before, after = self._path[max(index - 1, 0)], self._path[min(index + 1, last)]
        dx, dy = (after - before).tolist()
        length = math.hypot(dx, dy)
        across = QPointF(-dy / length, dx / length) if length > 0 else QPointF(0, 1)
        return QPointF(*self._path[index].tolist()), across

    def _tick_text(self, percent: int) -> str:
        """Return what a tick says: the amount, or of several how many times the present ones.

        They grow together in their proportions, so a percentage would be the amount of one of them.
        """
        assert self._codes is not None
        steps = self._codes.steps
        present = present_share(steps)
        if len(steps) == 1 or present <= 0.0:
            return f"{percent} %"
        return f"{percent / 100 / present:.3g} ×"

    def _render_labels(self, painter: QPainter, now: QPointF, tokens: Tokens) -> None:
        """Name the ticks, on that side of the path where nothing is in the way."""
        metrics = QFontMetrics(self._font)
        painter.setFont(self._font)
        reach = _PRESENT_PX + 1
        taken = [QRectF(now.x() - reach, now.y() - reach, 2 * reach, 2 * reach)]
        back = QColor(tokens.raised)
        back.setAlphaF(0.9)
        height = float(metrics.height())
        for percent in _TICKS:
            at, across = self._tick(percent)
            text = self._tick_text(percent)
            width = metrics.horizontalAdvance(text) + 2 * _PADDING_PX
            for side in (1, -1):
                # The edge or corner that is nearest to the tick lies at its end.
                x = at.x() + side * across.x() * (_TICK_PX + 2 + width / 2)
                y = at.y() + side * across.y() * (_TICK_PX + 2 + height / 2)
                box = QRectF(x - width / 2, y - height / 2, width, height)
                if any(box.intersects(other) for other in taken):
                    continue
                taken.append(box)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(back)
                painter.drawRoundedRect(box, 3, 3)
                painter.setPen(QColor(tokens.ink))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
                break


def paint_passes(
    painter: QPainter,
    codes: NDArray[np.float32],
    plane: LatentPlane,
    camera: Camera,
    tokens: Tokens,
) -> None:
    """Paint the way of the codes (n, d) of repeated passes, the last one with their number."""
    points = [QPointF(x, y) for x, y in _on_screen(codes, plane, camera).tolist()]
    if len(points) < 2:
        return
    back, colour = QColor(tokens.background), QColor(tokens.accent)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_way(painter, points, back, 4.5)
    _draw_way(painter, points, colour, 2.0)
    painter.setPen(QPen(back, 1.2))
    painter.setBrush(colour)
    for point in points:
        painter.drawEllipse(point, _DOT_PX, _DOT_PX)
    font = QFont()
    font.setPixelSize(_LABEL_PX)
    painter.setFont(font)
    box = QRectF(points[-1].x() + 5, points[-1].y() - 8, 22, 16)
    label_back = QColor(tokens.raised)
    label_back.setAlphaF(0.9)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(label_back)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor(tokens.ink))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(len(points)))


def one_sigma(points: NDArray[np.float32]) -> tuple[tuple[float, float], float]:
    """Return the ellipse of one standard deviation of points (n, 2).

    Its (longer, shorter) radius, and the angle of the longer one from the first axis towards the
    second, in degrees.
    """
    values, vectors = np.linalg.eigh(np.cov(points.T.astype(np.float64), bias=True))
    shorter, longer = np.sqrt(np.maximum(values, 0.0)).tolist()
    x, y = vectors[:, 1].tolist()
    return (longer, shorter), math.degrees(math.atan2(y, x))


def _on_screen(
    codes: NDArray[np.float32], plane: LatentPlane, camera: Camera
) -> NDArray[np.float32]:
    """Return where codes are on the screen, float32 (n, 2); nothing if one is far beside it."""
    if not len(codes):
        return np.empty((0, 2), np.float32)
    screen = camera.points_to_screen(plane.to_plane(codes))
    # Also false for what is no number, as the codes of a run that went wrong are.
    return screen if bool((np.abs(screen) < _FAR_PX).all()) else screen[:0]


def _draw_way(painter: QPainter, points: list[QPointF], colour: QColor, width: float) -> None:
    """Draw a way through points.

    Lines and round joints on their own: one stroke through all of them takes ten times as long
    where it crosses itself.
    """
    lines = [QLineF(first, second) for first, second in pairwise(points)]
    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawLines(lines)
    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(points)
