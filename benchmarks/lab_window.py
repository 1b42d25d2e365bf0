"""Opens the real window for a benchmark, posts input to it, and collects timings in memory.

Not a benchmark.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from figures import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
if sys.platform == "win32":
    import torch  # noqa: F401 - its DLLs do not load after Qt's

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer, Slot
from PySide6.QtGui import QInputEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from latentlab.app import create_window
from latentlab.base.trace import now_s
from latentlab.engine.messages import Embedded, Failed
from latentlab.map.latent_map import LatentMap
from latentlab.models.family.train_spec import TrainSpec
from latentlab.window.main_window import MainWindow
from latentlab.workspace.lab import Lab

INPUT_EVERY_S = 0.016
_BATCHES_BEFORE_MEASURING = 20


@dataclass(frozen=True)
class Span:
    """An interval that the program has traced, on the clock of ``now_s``."""

    name: str
    start_s: float
    end_s: float
    args: dict[str, Any]


class MemoryTracer:
    """Keeps what the program traces; appending to a list is all that it costs."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def span(self, name: str, start_s: float, end_s: float, **args: Any) -> None:
        self._spans.append(Span(name, start_s, end_s, args))

    def mark(self, name: str, **args: Any) -> None:
        self.span(name, now_s(), now_s(), **args)

    def close(self) -> None:
        pass

    def named(self, name: str, begin_s: float = 0.0, end_s: float = float("inf")) -> list[Span]:
        """Return the spans of a name that ended within some interval."""
        return [s for s in self._spans if s.name == name and begin_s <= s.end_s <= end_s]


def wait_until(
    condition: Callable[[], bool], what: str, *, timeout_s: float = 120.0, poll_ms: int = 50
) -> None:
    """Run the event loop until something is so, or end the script and say what never came."""
    loop = QEventLoop()
    timer = QTimer()
    timer.setInterval(poll_ms)
    give_up_s = now_s() + timeout_s

    def look() -> None:
        if condition() or now_s() > give_up_s:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    if not condition():
        loop.exec()
    timer.stop()
    if not condition():
        raise SystemExit(f"Gave up after {timeout_s:.0f} s: {what} did not happen.")


def let_run(seconds: float) -> None:
    """Run the event loop for a while."""
    until_s = now_s() + seconds
    wait_until(lambda: now_s() >= until_s, "the passing of time", timeout_s=seconds + 60)


class InputThread(threading.Thread):
    """Posts events to a widget at a fixed rate, from outside of the window's thread.

    A timer in the window's own thread would wait whenever the window is busy, and so miss the very
    delays that are looked for.

    Parameters
    ----------
    widget
        Receiver.
    make_event
        Returns event ``number`` (from 0) of the sequence; all are posted before the thread ends.
    duration_s
        How long to go on.

    Attributes
    ----------
    posted_s
        When event ``number`` was posted.
    late_s
        How long after its turn each was posted: a busy machine holds up this thread too.
    window_cpu_s
        Processor time that the window's thread took meanwhile; it hardly depends on other load.
    """

    def __init__(
        self, widget: QWidget, make_event: Callable[[int], QInputEvent], duration_s: float
    ) -> None:
        super().__init__(name="input", daemon=True)
        self._widget = widget
        self._make_event = make_event
        self.count = max(2, round(duration_s / INPUT_EVERY_S))
        self.posted_s: list[float] = []
        self.late_s: list[float] = []
        self.window_cpu_s = 0.0

    def run(self) -> None:
        begin_s = now_s()
        for number in range(self.count):
            due_s = begin_s + number * INPUT_EVERY_S
            time.sleep(max(0.0, due_s - now_s()))
            event = self._make_event(number)
            event.setTimestamp(number + 1)  # 0 means none
            posted_s = now_s()
            self.posted_s.append(posted_s)
            self.late_s.append(posted_s - due_s)
            QCoreApplication.postEvent(self._widget, event)


def number_of(event: QEvent) -> int | None:
    """Return the number that :class:`InputThread` gave to an event, ``None`` of any other."""
    if isinstance(event, QInputEvent) and event.timestamp():
        return int(event.timestamp()) - 1
    return None


@dataclass(frozen=True)
class Path:
    """A smooth path over a widget that does not repeat itself for some minutes.

    Positions are computed beforehand: the input thread must not ask a widget anything.
    """

    positions: np.ndarray
    offset: QPointF = field(default_factory=QPointF)

    @staticmethod
    def over(widget: QWidget, count: int, *, reach: float = 0.38, phase_s: float = 0.0) -> Path:
        """Return a path of ``count`` points that keeps within ``reach`` of the middle."""
        t = phase_s + INPUT_EVERY_S * np.arange(count)
        x = widget.width() * (0.5 + reach * np.sin(2 * np.pi * 0.31 * t + 0.4))
        y = widget.height() * (0.5 + reach * np.sin(2 * np.pi * 0.47 * np.sqrt(2) / 1.5 * t))
        return Path(np.stack([x, y], 1), QPointF(widget.mapToGlobal(QPointF(0, 0))))

    def at(self, number: int) -> tuple[QPointF, QPointF]:
        """Return a point in the widget's and in global coordinates."""
        local = QPointF(*self.positions[number].tolist())
        return local, local + self.offset


def drag_event(path: Path, number: int, count: int, button: Qt.MouseButton) -> QMouseEvent:
    """Return event ``number`` of a drag: press, moves, release."""
    local, there = path.at(number)
    kind, changed, held = QEvent.Type.MouseMove, Qt.MouseButton.NoButton, button
    if number == 0:
        kind, changed = QEvent.Type.MouseButtonPress, button
    elif number == count - 1:
        kind, changed = QEvent.Type.MouseButtonRelease, button
        held = Qt.MouseButton.NoButton
    return QMouseEvent(kind, local, there, changed, held, Qt.KeyboardModifier.NoModifier)


class LabWindow(QObject):
    """The window of the program, as ``latentlab.app`` opens it, with handles for a benchmark.

    Attributes
    ----------
    app, window, lab, map
        Parts of the program.
    tracer
        What the program has traced.
    """

    def __init__(self) -> None:
        self.app = QApplication.instance() or QApplication([sys.argv[0]])
        super().__init__()
        self.tracer = MemoryTracer()
        self.window: MainWindow = create_window(tracer=self.tracer)
        self.lab = next(child for child in self.window.children() if isinstance(child, Lab))
        self.map = self.window.findChild(LatentMap, "latent_map")
        self._embedded = 0
        self.lab.compute.resulted.connect(self._take)
        self.window.show()

    @Slot(object)
    def _take(self, result: object) -> None:
        if isinstance(result, Embedded) and result.complete:
            self._embedded += 1
        elif isinstance(result, Failed):
            print(result.sentence, result.details, file=sys.stderr)

    def wait_embedded(self, act: Callable[[], None] | None = None) -> None:
        """Do something that makes the program encode all data, and wait until it has."""
        before = self._embedded
        if act is not None:
            act()
        wait_until(lambda: self._embedded > before, "the encoding of the data")
        let_run(1.0)  # the grid is decoded afresh behind the new points

    def wait_ready(self) -> None:
        """Wait until the bundled model is open on the compute thread and its map complete."""
        self.wait_embedded()
        session = self.lab.session
        wait_until(lambda: session.engine_status == "ready", "the loading of torch")

    def open(self, name: str) -> None:
        """Open a bundled model or another path, and wait for its map."""
        self.wait_embedded(lambda: self.lab.session_controller.open_path(name))

    def start_training(self, network: str) -> TrainSpec:
        """Start a run that does not end by itself, with the window's defaults."""
        spec = TrainSpec(network=network, epochs=100_000)
        self.lab.training_controller.set_spec(spec)
        begin_s = now_s()
        self.lab.training_controller.start()
        wait_until(
            lambda: len(self.tracer.named("train.step", begin_s)) > _BATCHES_BEFORE_MEASURING,
            "the start of training",
        )
        return spec

    def stop_training(self) -> None:
        """Stop the run, and wait until its best model is shown."""
        self.wait_embedded(self.lab.training_controller.stop)
        wait_until(lambda: not self.lab.training.is_active, "the end of training")

    def post(
        self,
        make_event: Callable[[int], QInputEvent],
        duration_s: float,
        widget: QWidget | None = None,
    ) -> InputThread:
        """Post events to a widget, the map by default, and return once they are worked off."""
        thread = InputThread(widget or self.map, make_event, duration_s)
        begin_cpu_s = time.thread_time()
        thread.start()
        wait_until(lambda: not thread.is_alive(), "the end of the input", timeout_s=duration_s + 60)
        let_run(0.4)
        thread.window_cpu_s = time.thread_time() - begin_cpu_s
        return thread

    def close(self) -> None:
        """Close the window and end its compute thread."""
        self.window.close()
        let_run(0.05)


@contextmanager
def lab_window() -> Iterator[LabWindow]:
    """Open the window, wait until all is ready, and close it at the end."""
    lab = LabWindow()
    try:
        lab.wait_ready()
        yield lab
    finally:
        lab.close()
