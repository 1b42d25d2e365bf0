"""The real lab for tests, without a window, with its map, or with all of it; and a hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from latentlab.app import create_window
from latentlab.base.trace import NullTracer
from latentlab.features.noise_map.noise_layers import NoiseLayers
from latentlab.map.latent_map import LatentMap
from latentlab.widgets.style.theme import Theme
from latentlab.window.main_window import MainWindow
from latentlab.window.toast_area import ToastArea
from latentlab.workspace.lab import Lab

_FRAME_MS = 8


class Served:
    """A lab with its compute thread, and waiting for it."""

    qtbot: QtBot
    lab: Lab

    def wait(self, condition: Callable[[], object], timeout_ms: int = 20_000) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout_ms)

    def wait_ready(self) -> None:
        """Wait until the engine serves and the open data are encoded by the open model."""
        self.wait(lambda: self.lab.session.engine_status == "ready")
        self.wait(lambda: self.lab.session.session_epoch > 0)
        self.wait(lambda: self.lab.explorer.decoded is not None)

    def rest(self) -> None:
        """Let one frame pass, as a hand does between two places."""
        self.qtbot.wait(_FRAME_MS)

    def round_trip(self) -> None:
        """Wait until the compute thread has taken all that was asked, and answered once more."""
        place = self.lab.explorer.z + np.float32(0.01)
        self.lab.explore_controller.move_to(place)
        self.wait(lambda: np.array_equal(self.lab.explorer.decoded.z, place))


class OpenLab(Served):
    """What a window serves, without the window: stores, controllers and the compute thread.

    ``notices`` are the sentences that a window would show. ``closing`` is what fixtures do at the
    end: it must leave nothing behind.
    """

    def __init__(self, qtbot: QtBot, path: str | None = None) -> None:
        self.qtbot = qtbot
        self.lab = Lab(NullTracer())
        self.notices: list[str] = []
        self.lab.session_controller.noticed.connect(self._note)
        self.lab.open_first(path)
        self.lab.start()

    def _note(self, kind: str, sentence: str, details: str) -> None:
        self.notices.append(sentence)

    def close(self) -> None:
        self.lab.close()
        self.lab.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class Hand:
    """What a hand does on the map, in points of the map."""

    lab: Lab
    map: LatentMap

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


class LabMap(Hand, OpenLab):
    """The map alone, on a lab that serves it."""

    def __init__(self, qtbot: QtBot, path: str | None = None) -> None:
        super().__init__(qtbot, path)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        lab = self.lab
        self.theme = Theme(app, "dark")
        self.map = LatentMap(
            lab.session,
            lab.explorer,
            lab.map_view,
            lab.trail,
            lab.explore_controller,
            self.theme,
            NullTracer(),
            NoiseLayers(lab.map_view, lab.noise_map, lab.noise_lab, self.theme, lab),
        )
        lab.session_controller.extentChanged.connect(self.map.fit_when_known)
        self.map.resize(860, 620)
        self.map.show()

    def close(self) -> None:
        self.map.close()
        super().close()
        self.map.deleteLater()
        self.theme.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class LabWindow(Hand, Served):
    """A window with its lab.

    ``closing`` is what fixtures do at the end: it must leave nothing behind.
    """

    def __init__(self, qtbot: QtBot, path: str | None = None) -> None:
        self.qtbot = qtbot
        self.window: MainWindow = create_window(path)
        self.lab = self.window.findChild(Lab)
        self.map = self.window.findChild(LatentMap, "latent_map")
        self.window.resize(1440, 900)  # the offscreen screen is smaller than any real one
        self.window.show()

    def drop(self, *paths: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        event = QDropEvent(
            QPointF(300, 300),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        # A drop that no drag has entered is not delivered by Qt.
        self.window.dropEvent(event)

    @property
    def notices(self) -> list[str]:
        """The sentences shown."""
        return [toast.sentence for toast in self.window.findChild(ToastArea).toasts]

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
