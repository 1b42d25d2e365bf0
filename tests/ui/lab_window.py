"""The real window for tests, and a hand to move on it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from latentlab.app import create_window
from latentlab.services.lab import Lab
from latentlab.ui.latent_map.latent_map import LatentMap
from latentlab.ui.main_window import MainWindow


class LabWindow:
    """A window with its lab.

    ``closing`` is what fixtures do at the end: it must leave nothing behind.
    """

    def __init__(self, qtbot: QtBot, path: str | None = None) -> None:
        self.qtbot = qtbot
        self.window: MainWindow = create_window(path)
        self.lab: Lab = self.window.findChild(Lab)
        self.map: LatentMap = self.window.findChild(LatentMap, "latent_map")
        self.window.resize(1440, 900)  # the offscreen screen is smaller than any real one
        self.window.show()

    def wait(self, condition: Callable[[], object], timeout_ms: int = 20_000) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout_ms)

    def wait_ready(self) -> None:
        """Wait until the engine serves and the open data are encoded by the open model."""
        self.wait(lambda: self.lab.session.engine_status == "ready")
        self.wait(lambda: self.lab.session.session_epoch > 0)
        self.wait(lambda: self.lab.explorer.decoded is not None)

    def mouse(
        self,
        kind: QEvent.Type,
        at: tuple[float, float],
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        point = QPointF(*at)
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        if kind == QEvent.Type.MouseMove:
            button = Qt.MouseButton.NoButton
        where = self.map.mapToGlobal(QPoint(round(at[0]), round(at[1])))
        event = QMouseEvent(kind, point, QPointF(where), button, held, modifiers)
        QApplication.sendEvent(self.map, event)

    def press(self, at: tuple[float, float], **more: object) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, at, **more)  # type: ignore[arg-type]

    def move(self, at: tuple[float, float], **more: object) -> None:
        self.mouse(QEvent.Type.MouseMove, at, **more)  # type: ignore[arg-type]

    def release(self, at: tuple[float, float], **more: object) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, at, **more)  # type: ignore[arg-type]

    def click(self, at: tuple[float, float], **more: object) -> None:
        self.press(at, **more)
        self.release(at, **more)

    def on_screen(self, index: int) -> tuple[float, float]:
        """Return where the point of a data image is on the map."""
        x, y = self.lab.map_view.positions[index]
        return self.lab.map_view.camera.to_screen((float(x), float(y)))

    def control(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def choose_tab(self, title: str) -> None:
        tabs = self.control(QTabWidget, "bottom_tabs")
        assert isinstance(tabs, QTabWidget)
        tabs.setCurrentIndex([tabs.tabText(i) for i in range(tabs.count())].index(title))

    def trigger(self, name: str) -> None:
        from PySide6.QtGui import QAction

        action = self.window.findChild(QAction, name)
        assert action is not None, name
        action.trigger()

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
