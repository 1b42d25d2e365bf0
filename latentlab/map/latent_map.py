"""The map widget: it paints the layers and turns what the hand does into intents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from latentlab.base.trace import Tracer, now_s
from latentlab.images.image_place import image_place
from latentlab.latent.camera import Camera
from latentlab.map.hover_card import HoverCard
from latentlab.map.layers.grid_layer import GridLayer
from latentlab.map.layers.map_layer import MapLayer
from latentlab.map.layers.plane_marks import PlaneMarks
from latentlab.map.layers.points_layer import PointsLayer
from latentlab.map.layers.query_mark import paint_brought_mark
from latentlab.map.legend.map_legend import MapLegend
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.style.section import label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tokens import mixed
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.trail import Trail

PICK_RADIUS_PX = 14.0
HOVER_CARD_AFTER_MS = 125
_CLICK_SLOP_PX = 4.0
_KEY_STEP_PX = 10.0
_FINE_STEP_PX = 1.0
_WHEEL_STEP = 1.2  # zoom by one notch of a wheel
_CURSOR_REACH_PX = 14
_MAX_ZOOM_STEPS = 8.0
_REFIT_EVERY_S = 1.0
_FRAME_EVERY_MS = 150  # for what training changes; the hand does not wait for it

_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class LatentMap(QWidget):
    """Points over the decoded grid.

    Press or drag decodes, the wheel zooms, the middle or right button (or Space and drag) pans,
    Shift snaps to data, arrow keys move the cursor.
    """

    framePainted = Signal()

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        trail: Trail,
        explore: ExploreController,
        theme: Theme,
        tracer: Tracer,
        noise: MapLayer,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._trail = trail
        self._explore = explore
        self._theme = theme
        self._tracer = tracer
        self._noise = noise
        self._grid = GridLayer()
        self._points = PointsLayer()
        self._plane_marks = PlaneMarks()
        self._drag: str = ""
        self._press_at = QPointF()
        self._last_at = QPointF()
        self._moved = False
        self._space_held = False
        self._fit_scale = 1.0
        self._fit_wanted = True
        self._fitted: Camera | None = None
        self._fitted_s = 0.0
        self._cursor_area = QRect()
        self._screen_key: tuple[object, ...] | None = None
        self._screen = np.empty((0, 2), np.float32)
        self._codes_revision = 0

        self.setObjectName("latent_map")
        self.setAccessibleName(self.tr("Latent map"))
        self.setAccessibleDescription(
            self.tr("Press or drag to decode; arrow keys move the cursor.")
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(260, 200)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

        self._legend = MapLegend(map_view, theme, self)
        self._caption = label(
            self.tr("drag: decode · wheel: zoom · right drag: pan · Shift: snap to data")
        )
        self._caption.setParent(self)
        self._caption.setProperty("floating", "true")
        self._caption.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._card = HoverCard(self)
        self._card_timer = QTimer(self)
        self._card_timer.setSingleShot(True)
        self._card_timer.setInterval(HOVER_CARD_AFTER_MS)
        self._card_timer.timeout.connect(self._show_card)

        # Codes and cells of the grid change at their own times; one frame shows both.
        self._frames = Coalesced(self.update, self, _FRAME_EVERY_MS)
        self._connect()
        self._on_data_changed()

    def _connect(self) -> None:
        explorer, map_view = self._explorer, self._map_view
        self._session.dataChanged.connect(self._on_data_changed)
        map_view.codesChanged.connect(self._on_codes_changed)
        map_view.cameraChanged.connect(self._on_camera_changed)
        map_view.planeChanged.connect(self._on_codes_changed)
        map_view.extentChanged.connect(self.fit_when_known)
        map_view.classesChanged.connect(self._on_classes_changed)
        map_view.layersChanged.connect(self.update)
        map_view.mosaicChanged.connect(self._frames.schedule)
        explorer.zChanged.connect(self._on_z_changed)
        explorer.hoveredChanged.connect(self._on_hovered_changed)
        explorer.selectedChanged.connect(self.update)
        explorer.broughtChanged.connect(self._frames.schedule)
        self._trail.changed.connect(self.update)
        self._noise.changed.connect(self.update)
        self._theme.changed.connect(self.update)

    # --- intents -------------------------------------------------------------------------------

    @Slot()
    def fit(self) -> None:
        """Show all points."""
        camera = self._map_view.camera.resized(self.width(), self.height())
        camera = camera.fitted(self._map_view.extent())
        self._fit_scale = camera.scale
        self._fit_wanted = not len(self._map_view.positions)
        self._fitted = camera
        self._fitted_s = now_s()
        self._map_view.set_camera(camera)

    @Slot()
    def fit_when_known(self) -> None:
        """Show all points as soon as there are some."""
        self._fit_wanted = True
        self._fit_if_wanted()

    @Slot()
    def zoom_in(self) -> None:
        """Zoom in about the cursor."""
        self._zoom(_WHEEL_STEP, self._cursor_on_screen())

    @Slot()
    def zoom_out(self) -> None:
        """Zoom out about the cursor."""
        self._zoom(1 / _WHEEL_STEP, self._cursor_on_screen())

    def gestures(self) -> list[tuple[str, str]]:
        """Return what the mouse and keys do on the map, in words."""
        return [
            (self.tr("Press or drag"), self.tr("Decode under the hand")),
            (self.tr("Shift + drag"), self.tr("Snap to the nearest data point")),
            (self.tr("Click a point"), self.tr("Select it")),
            (self.tr("Wheel, pinch"), self.tr("Zoom")),
            (self.tr("Right, middle or Space + drag"), self.tr("Pan")),
            (self.tr("Arrow keys"), self.tr("Move the cursor (Ctrl: finely)")),
            (self.tr("Enter"), self.tr("Select the nearest point")),
            (self.tr("Esc"), self.tr("Select nothing")),
            (self.tr("Double-click a class"), self.tr("See it alone")),
        ]

    # --- stores --------------------------------------------------------------------------------

    @Slot()
    def _on_data_changed(self) -> None:
        data = self._session.data
        if data is None:
            return
        self._points.set_classes(data.labels, len(data.class_names), len(data))
        names = data.class_names if data.labels is not None else ()
        self._legend.set_classes(names, self._points.colours, self._points.counts)
        self.update()

    @Slot()
    def _on_codes_changed(self) -> None:
        self._codes_revision += 1
        self._points.invalidate()
        self._fit_if_wanted()
        self._frames.schedule()

    def _fit_if_wanted(self) -> None:
        positions = self._map_view.positions
        # While a new run starts, its first few codes say nothing about the extent of the map.
        if not len(positions) or np.isfinite(positions[:, 0]).mean() < 0.5:
            return
        if self._fit_wanted:
            self.fit()
        elif self._map_view.camera == self._fitted and now_s() - self._fitted_s > _REFIT_EVERY_S:
            # Nobody has moved the view since the last fit, so it may follow the training.
            wanted = self._fitted.fitted(self._map_view.extent())
            x, y = self._fitted.to_screen(wanted.centre)
            drift_px = max(abs(x - self.width() / 2), abs(y - self.height() / 2))
            if abs(wanted.scale / self._fitted.scale - 1) > 0.12 or drift_px > 0.08 * self.width():
                self.fit()
            self._fitted_s = now_s()

    @Slot()
    def _on_camera_changed(self) -> None:
        self._hide_card()
        self.update()

    @Slot()
    def _on_classes_changed(self) -> None:
        self._legend.set_dimmed(self._map_view.dimmed_classes)
        self.update()

    @Slot()
    def _on_z_changed(self) -> None:
        # Only the cursor has moved: the layers below it come from their caches.
        old, self._cursor_area = self._cursor_area, self._area_of_cursor()
        self.update(old.united(self._cursor_area) if old.intersects(self._cursor_area) else old)
        self.update(self._cursor_area)

    @Slot()
    def _on_hovered_changed(self) -> None:
        if self._explorer.hovered is None:
            self._hide_card()
        else:
            self._card.hide()
            self._card_timer.start()
        self.update()

    # --- geometry ------------------------------------------------------------------------------

    def _cursor_on_screen(self) -> tuple[float, float]:
        position = self._map_view.plane.to_plane(self._explorer.z[None])[0]
        return self._map_view.camera.to_screen((float(position[0]), float(position[1])))

    def _area_of_cursor(self) -> QRect:
        if len(self._explorer.z) != self._map_view.plane.latent_dim:
            return QRect()
        x, y = self._cursor_on_screen()
        if not (abs(x) < 1e6 and abs(y) < 1e6):
            return QRect()
        reach = _CURSOR_REACH_PX
        return QRect(round(x) - reach, round(y) - reach, 2 * reach, 2 * reach)

    def _screen_positions(self) -> NDArray[np.float32]:
        key = (self._codes_revision, self._map_view.camera)
        if key != self._screen_key:
            self._screen_key = key
            self._screen = self._map_view.camera.points_to_screen(self._map_view.positions)
        return self._screen

    def _nearest_point(self, at: QPointF, within_px: float) -> int | None:
        screen = self._screen_positions()
        if len(screen) == 0 or self._map_view.opacity("points") == 0.0:
            return None
        squared = (screen[:, 0] - at.x()) ** 2 + (screen[:, 1] - at.y()) ** 2
        data, dimmed = self._session.data, self._map_view.dimmed_classes
        if dimmed and data is not None and data.labels is not None:
            squared = np.where(np.isin(data.labels, list(dimmed)), np.inf, squared)
        squared = np.where(np.isnan(squared), np.inf, squared)
        nearest = int(np.argmin(squared))
        return nearest if squared[nearest] <= within_px**2 else None

    # --- mouse ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to decode or to pan."""
        at = event.position()
        self._press_at = self._last_at = at
        self._moved = False
        pans = event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton)
        if pans or (event.button() == Qt.MouseButton.LeftButton and self._space_held):
            self._drag = "pan"
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._drag = "decode"
            self._decode_at(at, event.modifiers(), now_s())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Decode, pan, or look for a point under the pointer."""
        at = event.position()
        step = at - self._last_at
        self._last_at = at
        if (at - self._press_at).manhattanLength() > _CLICK_SLOP_PX:
            self._moved = True
        if self._drag == "decode":
            self._explorer.set_hovered(None)
            self._decode_at(at, event.modifiers(), now_s())
        elif self._drag == "pan":
            self._map_view.set_camera(self._map_view.camera.panned(step.x(), step.y()))
        else:
            self._explorer.set_hovered(self._nearest_point(at, PICK_RADIUS_PX))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag; a click on a point selects it."""
        if self._drag == "decode" and event.button() == Qt.MouseButton.LeftButton:
            if not self._moved:
                index = self._nearest_point(event.position(), PICK_RADIUS_PX)
                self._explore.select(index)
            self._explore.rest()
        self._drag = ""
        self.setCursor(Qt.CursorShape.CrossCursor)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide what hovers."""
        self._explorer.set_hovered(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        notches = event.angleDelta().y() / 120.0
        notches = min(max(notches, -_MAX_ZOOM_STEPS), _MAX_ZOOM_STEPS)
        at = event.position()
        self._zoom(_WHEEL_STEP**notches, (at.x(), at.y()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom by a pinch of a touchpad."""
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            at = event.position()
            self._zoom(1.0 + event.value(), (at.x(), at.y()))
            return True
        return super().event(event)

    def _decode_at(self, at: QPointF, modifiers: Qt.KeyboardModifier, event_s: float) -> None:
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            index = self._nearest_point(at, float("inf"))
            if index is not None:
                self._explore.move_to_image(index, event_s)
                return
        self._explore.move_on_map(self._map_view.camera.to_latent((at.x(), at.y())), event_s)

    def _zoom(self, factor: float, about: tuple[float, float]) -> None:
        if factor > 0:
            self._map_view.set_camera(self._map_view.camera.zoomed(factor, about))

    # --- keys ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor, zoom, select, or let go."""
        key = Qt.Key(event.key())
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in _ARROWS:
            self._step(_ARROWS[key], _FINE_STEP_PX if control else _KEY_STEP_PX)
        elif key == Qt.Key.Key_Space:
            self._space_held = True
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            x, y = self._cursor_on_screen()
            self._explore.select(self._nearest_point(QPointF(x, y), float("inf")))
        elif key == Qt.Key.Key_Escape:
            self._explore.select(None)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let a move by keys join the trail when the key is released."""
        if event.isAutoRepeat():
            return
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self._space_held = False
        elif key in _ARROWS:
            self._explore.rest()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget held keys."""
        self._space_held = False
        super().focusOutEvent(event)

    def _step(self, direction: tuple[float, float], step_px: float) -> None:
        position = self._map_view.plane.to_plane(self._explorer.z[None])[0]
        step = step_px / self._map_view.camera.scale
        self._explore.move_on_map(
            (float(position[0]) + direction[0] * step, float(position[1]) + direction[1] * step),
            now_s(),
        )

    # --- hover card ----------------------------------------------------------------------------

    @Slot()
    def _show_card(self) -> None:
        data, index = self._session.data, self._explorer.hovered
        if data is None or index is None or index >= len(data) or self._drag:
            return
        name = data.class_name(index)
        place = None if data.origin is None else image_place(data.origin, index)
        x, y = self._screen_positions()[index]
        self._card.show_image(
            data.shown_image(index),
            self.tr("Class {}").format(name) if name else "",
            self.tr("image {:,}").format(index),
            QPoint(round(float(x)), round(float(y))),
            file="" if place is None else place.name,
        )

    def _hide_card(self) -> None:
        self._card_timer.stop()
        self._card.hide()

    # --- painting ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is in the middle there, and everything in view if it was."""
        super().resizeEvent(event)
        camera = self._map_view.camera
        was_fitted = camera == self._fitted
        self._map_view.set_camera(camera.resized(self.width(), self.height()))
        if was_fitted and len(self._map_view.positions):
            self.fit()
        else:
            self._fit_if_wanted()
        self._legend.arrange()
        self._caption.adjustSize()
        self._caption.move(10, self.height() - self._caption.height() - 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all layers."""
        begin = now_s()
        tokens, view = self._theme.tokens, self._map_view
        camera, ratio = view.camera, self.devicePixelRatioF()
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.fillRect(event.rect(), QColor(tokens.background))
        opacity = view.opacity("grid")
        if view.mosaic is not None and opacity > 0:
            painter.setOpacity(opacity)
            self._grid.paint(painter, view.mosaic, camera, QColor(tokens.ink), ratio)
        opacity = view.opacity("points")
        if opacity > 0 and len(view.positions):
            painter.setOpacity(opacity)
            self._points.paint(
                painter,
                view.positions,
                camera,
                dimmed=view.dimmed_classes,
                dimmed_colour=QColor(mixed(tokens.muted, tokens.background, 0.45)),
                plain_colour=QColor(tokens.accent),
                zoom=camera.scale / self._fit_scale,
                ratio=ratio,
                closeness=view.closeness,
                colouring=view.colouring,
            )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._noise.paint(painter, ratio)
        opacity = view.opacity("trail")
        if opacity > 0:
            painter.setOpacity(opacity)
            self._paint_trail(painter)
        painter.setOpacity(1.0)
        self._plane_marks.paint(painter, view.plane, camera, tokens)
        self._paint_marks(painter)
        painter.end()
        self._tracer.span("map.frame", begin, now_s())
        self.framePainted.emit()

    def _paint_trail(self, painter: QPainter) -> None:
        visits = self._trail.visits
        plane = self._map_view.plane
        if len(visits) < 2 or len(visits[0]) != plane.latent_dim:
            return
        screen = self._map_view.camera.points_to_screen(plane.to_plane(np.stack(visits)))
        points = [QPointF(float(x), float(y)) for x, y in screen]
        accent = QColor(self._theme.tokens.accent)
        painter.setPen(QPen(accent, 1.4, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        for point in points:
            painter.drawEllipse(point, 2.4, 2.4)

    def _paint_marks(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        screen = self._screen_positions()
        for index, colour in (
            (self._explorer.hovered, tokens.ink),
            (self._explorer.selected, tokens.accent),
        ):
            if index is not None and index < len(screen) and np.isfinite(screen[index]).all():
                x, y = screen[index]
                self._ring(painter, QPointF(float(x), float(y)), 6.5, QColor(colour))
        if self._session.model is None:
            return
        brought = self._explorer.brought
        if brought is not None and len(brought.z) == self._map_view.plane.latent_dim:
            position = self._map_view.plane.to_plane(brought.z[None])
            at = self._map_view.camera.points_to_screen(position)[0]
            paint_brought_mark(painter, (float(at[0]), float(at[1])), brought.name, tokens)
        if len(self._explorer.z) == self._map_view.plane.latent_dim:
            x, y = self._cursor_on_screen()
            if abs(x) < 1e6 and abs(y) < 1e6:
                self._cursor_area = self._area_of_cursor()
                at = QPointF(x, y)
                # Broken where the code lies off the plane, which the map cannot show.
                z, plane = self._explorer.z[None], self._map_view.plane
                is_off = not np.allclose(plane.to_latent(plane.to_plane(z)), z, atol=1e-3)
                self._ring(painter, at, 9.0, QColor(tokens.ink), is_broken=is_off)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.ink))
                painter.drawEllipse(at, 2.4, 2.4)

    def _ring(
        self,
        painter: QPainter,
        at: QPointF,
        radius: float,
        colour: QColor,
        *,
        is_broken: bool = False,
    ) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        halo = QColor(self._theme.tokens.background)
        halo.setAlphaF(0.75)
        painter.setPen(QPen(halo, 4.5))
        painter.drawEllipse(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius))
        style = Qt.PenStyle.DotLine if is_broken else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 2.0, style))
        painter.drawEllipse(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius))
