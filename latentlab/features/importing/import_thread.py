"""The thread that finds, reads and packs pictures, and what the window sees of it."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from latentlab.base.errors import LatentLabError
from latentlab.data.pictures.import_messages import (
    ExamplesTreated,
    Imported,
    ImportFailed,
    ImportMessage,
)
from latentlab.features.importing.machine_speed import measured_gflops
from latentlab.features.importing.telling import Telling
from latentlab.images.treatment import TreatmentOptions

if TYPE_CHECKING:
    from latentlab.data.pictures.decode_crew import DecodeCrew
    from latentlab.data.pictures.listing import Listing
    from latentlab.data.pictures.survey import Sample

_EVENT_LOOP_EVERY_S = 0.03
_REST_S = 0.3

log = logging.getLogger(__name__)


class RunningImport(Protocol):
    """What is asked of :class:`latentlab.data.pictures.picture_import.PictureImport`."""

    @property
    def listing(self) -> Listing | None:
        """The files, once scanning has ended."""

    @property
    def sample(self) -> Sample | None:
        """What a look at some of them said, once it is known."""

    def run(self) -> Iterator[ImportMessage | None]:
        """Yield messages, and ``None`` where there is nothing new."""


MakeImport = Callable[..., RunningImport]
"""Called with paths and options, and with ``listing`` and ``sample`` of an earlier import."""


class PictureImports:
    """Makes real imports; reading pictures is loaded with the first one.

    All of them share the processes that decode, so that a change of options need not wait for new
    ones.
    """

    def __init__(self) -> None:
        self._crew: DecodeCrew | None = None

    def __call__(self, *args: Any, **more: Any) -> RunningImport:
        """Return an import."""
        from latentlab.data.pictures.decode_crew import DecodeCrew
        from latentlab.data.pictures.picture_import import PictureImport

        self._crew = self._crew or DecodeCrew()
        return PictureImport(*args, crew=self._crew, **more)

    def close(self) -> None:
        """End the processes."""
        if self._crew is not None:
            self._crew.close()
            self._crew = None


@dataclass(frozen=True)
class _Order:
    """What is wanted now; without paths nothing is.

    Orders with the same ``begin`` are about the same files, found once.
    """

    number: int
    begin: int = 0
    paths: tuple[Path, ...] = ()
    options: TreatmentOptions = TreatmentOptions()  # noqa: RUF009 - frozen
    is_change: bool = False


class _Box:
    """One place for an order between the threads: the newest wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: _Order | None = None

    def put(self, order: _Order) -> None:
        with self._lock:
            self._order = order

    def take(self) -> _Order | None:
        with self._lock:
            order, self._order = self._order, None
            return order


class _Worker(QObject):
    """Lives in the import thread and advances one import, a slice per turn."""

    resulted = Signal(int, object)
    measured = Signal(float)
    turnRequested = Signal()
    measureRequested = Signal()

    def __init__(self, box: _Box, make: MakeImport, rest_s: float) -> None:
        super().__init__()
        self._box = box
        self._make = make
        self._rest_s = rest_s
        self._order = _Order(0)
        self._waiting: _Order | None = None
        self._import: RunningImport | None = None
        self._messages: Iterator[ImportMessage | None] | None = None
        self._telling = Telling(self._tell)
        self._is_turning = False
        self._gflops = 0.0
        # Queued even within the thread: each turn goes back to the event loop first.
        self.turnRequested.connect(self.turn, Qt.ConnectionType.QueuedConnection)
        self.measureRequested.connect(self.measure, Qt.ConnectionType.QueuedConnection)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self.turn)

    @Slot()
    def wake(self) -> None:
        """Begin to turn, unless a turn is to come anyway: there is one in the queue at most."""
        if not self._is_turning:
            self._is_turning = True
            self.turnRequested.emit()

    @Slot()
    def turn(self) -> None:
        """Follow the newest order, advance the import for a moment, and come back if it goes on."""
        self._is_turning = False
        until_s = time.monotonic() + _EVENT_LOOP_EVERY_S
        while True:
            order = self._box.take()
            if order is not None:
                self._follow(order)
            if self._messages is None or self._rest.isActive():
                return
            self._advance()
            if time.monotonic() >= until_s:
                break
        self.wake()

    @Slot()
    def close(self) -> None:
        """Cancel, then end the thread's event loop."""
        self._stop()
        if isinstance(self._make, PictureImports):
            self._make.close()
        QThread.currentThread().quit()

    def _follow(self, order: _Order) -> None:
        """Begin what is wanted instead of what goes on; what was found already is kept."""
        same_files = self._import is not None and order.begin == self._order.begin
        self._order = order
        self._rest.stop()
        if same_files and self._messages is not None and self._import_listing() is None:
            self._waiting = order  # scanning goes on for either
            return
        listing = self._import_listing() if same_files else None
        sample = self._import.sample if same_files and self._import is not None else None
        self._stop()
        if order.paths:
            self._start(order, listing, sample)

    def _import_listing(self) -> Listing | None:
        return None if self._import is None else self._import.listing

    def _start(self, order: _Order, listing: Listing | None, sample: Sample | None) -> None:
        try:
            self._import = self._make(order.paths, order.options, listing=listing, sample=sample)
            self._messages = self._import.run()
        except Exception as error:  # noqa: BLE001 - a defect must not end the thread silently
            self._report(error)

    def _advance(self) -> None:
        assert self._messages is not None and self._import is not None
        try:
            message = next(self._messages)
        except StopIteration:
            self._messages = self._waiting = None
            self._telling.flush()
            return
        except Exception as error:  # noqa: BLE001 - whatever a file brings about
            self._messages = self._waiting = None
            self._report(error)
            return
        if self._waiting is not None and self._import.listing is not None:
            self._telling.flush()
            order, self._waiting = self._waiting, None
            self._follow(order)
            return
        self._telling.take(message)
        if isinstance(message, Imported):
            self.measure()
        if isinstance(message, ExamplesTreated):
            self.measure()  # before reading the pictures takes all cores
            if self._order.is_change and self._rest_s > 0:
                # Somebody who tries out options must not start the reading with each of them.
                self._rest.start(round(1000 * self._rest_s))

    @Slot()
    def measure(self) -> None:
        """Measure the machine; the best of all times counts, when nothing else kept it busy."""
        gflops = measured_gflops()
        if gflops > 1.1 * self._gflops:
            self._gflops = gflops
            self.measured.emit(gflops)

    def _tell(self, message: ImportMessage) -> None:
        self.resulted.emit(self._order.number, message)

    def _stop(self) -> None:
        """End what goes on, and forget what it has found."""
        self._rest.stop()
        self._telling.forget()
        messages, self._messages = self._messages, None
        self._import = self._waiting = None
        if isinstance(messages, Generator):
            try:
                messages.close()
            except Exception:
                log.exception("import thread, close")

    def _report(self, error: Exception) -> None:
        if isinstance(error, LatentLabError):
            self._telling.take(ImportFailed(error.sentence, error.details))
            return
        details = "".join(traceback.format_exception(error))
        log.error("import thread:\n%s", details)
        sentence = (
            f"Something went wrong while reading the pictures ({type(error).__name__}); "
            "what was open stays open."
        )
        self._telling.take(ImportFailed(sentence, details))


class ImportThread(QObject):
    """Starts, feeds and ends the import thread; it begins to run with the first import.

    Parameters
    ----------
    make
        Makes an import; a real one if not given.
    rest_s
        How long options must stay as they are before all pictures are read anew.
    parent
        Owner.

    Signals
    -------
    resulted(int, object)
        The number of the order and an ``ImportMessage``, in the thread that this object lives in.
    measured(float)
        What this machine computes, in 10⁹ operations a second, when more than was known.
    """

    resulted = Signal(int, object)
    measured = Signal(float)
    wakeRequested = Signal()
    closeRequested = Signal()

    def __init__(
        self,
        make: MakeImport | None = None,
        *,
        rest_s: float = _REST_S,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._box = _Box()
        self._number = 0
        self._last = _Order(0)
        self._thread = QThread(self)
        self._thread.setObjectName("import")
        self._worker = _Worker(self._box, make or PictureImports(), rest_s)
        self._worker.moveToThread(self._thread)
        self._worker.resulted.connect(self.resulted, Qt.ConnectionType.QueuedConnection)
        self._worker.measured.connect(self.measured, Qt.ConnectionType.QueuedConnection)
        self.wakeRequested.connect(self._worker.wake, Qt.ConnectionType.QueuedConnection)
        self.closeRequested.connect(self._worker.close, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.isRunning()

    def begin(self, paths: Sequence[Path], options: TreatmentOptions) -> int:
        """Import pictures instead of whatever is imported now; return the number of the order."""
        self._number += 1
        self._order(_Order(self._number, self._number, tuple(paths), options))
        if not self._thread.isRunning():
            self._thread.start(QThread.Priority.LowPriority)
        return self._number

    def change(self, options: TreatmentOptions) -> int:
        """Treat the same pictures otherwise; return the number of the order."""
        self._number += 1
        last = self._last
        self._order(_Order(self._number, last.begin, last.paths, options, is_change=True))
        return self._number

    def cancel(self) -> None:
        """End what goes on; what it leaves unfinished is removed."""
        self._number += 1
        self._order(_Order(self._number))

    @Slot()
    def measure(self) -> None:
        """Measure the machine once more, where there has been an import."""
        if self._thread.isRunning():
            self._worker.measureRequested.emit()

    def close(self) -> None:
        """Cancel and end the thread; returns when it has ended."""
        if not self._thread.isRunning():
            return
        self._box.put(_Order(self._number + 1))
        self.closeRequested.emit()
        self._thread.wait()

    def _order(self, order: _Order) -> None:
        self._last = order
        self._box.put(order)
        self.wakeRequested.emit()
