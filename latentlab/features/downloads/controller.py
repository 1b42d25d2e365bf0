"""Downloads well-known data sets when asked to, in a process that can be ended at any moment."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from latentlab.data.downloads.known import KNOWN_DATA, KNOWN_SETS, KnownSet
from latentlab.data.downloads.remote_file import part_path

_LOOK_EVERY_MS = 200
_END_MS = 3000
_SCRIPT = (
    "import sys; sys.path.insert(0, {!r}); "
    "from latentlab.__main__ import main; sys.exit(main(['data', 'get', {!r}]))"
)


@dataclass(frozen=True)
class Offer:
    """A data set that can be downloaded: its name and title, what it holds, and where it stands.

    ``done_bytes`` counts what an interrupted download has left too.
    """

    name: str
    title: str
    num_images: int
    licence: str
    num_bytes: int
    done_bytes: int
    is_here: bool


class DownloadController(QObject):
    """One download at a time; the next one goes on where a cancelled one has stopped."""

    changed = Signal()
    """What is downloaded, or how far it is, has changed."""

    finished = Signal(str)
    """A set is here; its name."""

    failed = Signal(str, str)
    """A download failed: a sentence, and details that may be empty."""

    def __init__(self, parent: QObject | None = None, *, script: str = _SCRIPT) -> None:
        super().__init__(parent)
        self._script = script
        self._process: QProcess | None = None
        self._name = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.changed)

    @property
    def downloading(self) -> str:
        """Name of the set that is being downloaded, empty if none is."""
        return self._name

    def offers(self) -> tuple[Offer, ...]:
        """Return all sets that can be downloaded, and how far each is."""
        return tuple(
            Offer(
                known.name,
                known.title,
                known.num_images,
                known.licence,
                known.num_bytes,
                _done_bytes(known),
                known.is_here,
            )
            for known in KNOWN_SETS
        )

    def download(self, name: str) -> None:
        """Begin to download a set; nothing happens while another one is downloaded."""
        if self._process is not None or name not in KNOWN_DATA:
            return
        source = str(Path(__file__).resolve().parents[3])
        process = QProcess(self)
        process.finished.connect(self._end)
        process.errorOccurred.connect(self._end_unstarted)
        self._process, self._name = process, name
        process.start(sys.executable, ["-P", "-c", self._script.format(source, name)])
        self._timer.start()
        self.changed.emit()

    @Slot()
    def cancel(self) -> None:
        """End the download; what is there already is kept for the next time."""
        process = self._forget()
        if process is not None:
            process.finished.disconnect(self._end)
            process.errorOccurred.disconnect(self._end_unstarted)
            process.kill()
            process.waitForFinished(_END_MS)
            process.deleteLater()
            self.changed.emit()

    @Slot(int, QProcess.ExitStatus)
    def _end(self, code: int, _: QProcess.ExitStatus) -> None:
        name, process = self._name, self._forget()
        assert process is not None
        said = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        self.changed.emit()
        if code == 0:
            self.finished.emit(name)
            return
        lines = said.splitlines() or [self.tr("The download ended without a word.")]
        self.failed.emit(lines[-1], said if len(lines) > 1 else "")

    @Slot(QProcess.ProcessError)
    def _end_unstarted(self, error: QProcess.ProcessError) -> None:
        if error is not QProcess.ProcessError.FailedToStart:
            return
        process = self._forget()
        assert process is not None
        details = process.errorString()
        process.deleteLater()
        self.changed.emit()
        self.failed.emit(self.tr("The download could not be started."), details)

    def _forget(self) -> QProcess | None:
        process, self._process, self._name = self._process, None, ""
        self._timer.stop()
        return process


def _done_bytes(known: KnownSet) -> int:
    return sum(
        min(file.size, max(_size(known.folder / file.name), _size(part_path(known.folder, file))))
        for file in known.files
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
