"""The status bar: device and why, memory, latency, last save."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QMenu, QStatusBar, QToolButton, QWidget

from latentlab.base.durations import duration_text
from latentlab.base.process_memory import resident_mib
from latentlab.widgets.style.section import label
from latentlab.widgets.style.tone import set_look
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_REFRESH_MS = 2000


class LabStatusBar(QStatusBar):
    """Facts about the machine and the session, always in the same places."""

    deviceChosen = Signal(str)

    def __init__(self, session: Session, training: Training, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setSizeGripEnabled(False)
        self._session = session
        self._training = training
        self._latency_words = ""
        self._latency_ms = 0.0
        self._device = QToolButton()
        self._device.setObjectName("status_device")
        set_look(self._device, "flat", "true")
        self._device.setAccessibleName(self.tr("Device"))
        self._device.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._device)
        self._menu.setObjectName("device_menu")
        self._device.setMenu(self._menu)
        self._memory = label(tone="muted")
        self._memory.setObjectName("status_memory")
        self._memory.setToolTip(self.tr("Memory that the program uses"))
        self._latency = label(tone="muted")
        self._latency.setFixedSize(250, 20)  # a new number must not lay the window out anew
        self._latency.setObjectName("status_latency")
        self._latency.setToolTip(
            self.tr("Time to decode the picture at the cursor, and from the hand to the screen")
        )
        self._speed = label(tone="muted")
        self._speed.setFixedSize(120, 20)
        self._speed.setObjectName("status_speed")
        self._speed.setToolTip(self.tr("Training speed"))
        self._saved = label(tone="muted")
        self._saved.setObjectName("status_saved")
        for widget in (self._device, self._memory, self._latency, self._speed):
            self.addWidget(widget)
        self.addPermanentWidget(self._saved)
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        session.engineChanged.connect(self._render_device)
        session.deviceChanged.connect(self._render_device)
        session.savedChanged.connect(self._tick)
        training.progressChanged.connect(self._render_speed)
        training.statusChanged.connect(self._render_speed)
        self._menu.triggered.connect(self._choose)
        self._render_device()
        self._tick()

    @Slot(float, float)
    def show_latency(self, decode_ms: float, painted_ms: float) -> None:
        """Show how long the last decoded picture took, smoothed."""
        self._show(self.tr("decode {0:.1f} ms · on screen {1:.0f} ms"), decode_ms, painted_ms)

    @Slot(float, float)
    def show_denoising(self, denoise_ms: float, painted_ms: float) -> None:
        """Show how long the last denoised picture took, smoothed."""
        self._show(self.tr("denoise {0:.1f} ms · on screen {1:.0f} ms"), denoise_ms, painted_ms)

    def _show(self, words: str, compute_ms: float, painted_ms: float) -> None:
        if words != self._latency_words:
            self._latency_words, self._latency_ms = words, painted_ms
        self._latency_ms = 0.8 * self._latency_ms + 0.2 * painted_ms
        self._latency.setText(words.format(compute_ms, self._latency_ms))

    def stop(self) -> None:
        """Stop to look at memory and time; the window is closing."""
        self._timer.stop()

    @Slot()
    def _render_device(self) -> None:
        device, status = self._session.device, self._session.engine_status
        if status == "loading":
            self._device.setText(self.tr("Loading PyTorch…"))
            self._device.setToolTip(
                self.tr("The map can be looked at; decoding starts in a moment")
            )
        elif status == "failed" or device is None:
            self._device.setText(self.tr("PyTorch could not be loaded"))
            self._device.setToolTip(self.tr("Run “latentlab doctor” in a shell"))
        else:
            self._device.setText(f"{device.title} ({device.reason})")
            self._device.setToolTip(self.tr("Where the model computes, and why; click to change"))
        self._menu.clear()
        for option in self._session.devices:
            action = self._menu.addAction(f"{option.title} ({option.reason})")
            action.setData(option.name)
            action.setCheckable(True)
            action.setChecked(device is not None and option.name == device.name)

    @Slot(object)
    def _choose(self, action: object) -> None:
        self.deviceChosen.emit(action.data())  # type: ignore[attr-defined]

    @Slot()
    def _render_speed(self) -> None:
        progress = self._training.progress
        running = self._training.status == "running" and progress is not None
        self._speed.setText(
            self.tr("{:,.0f} images/s").format(progress.images_per_s)
            if running and progress is not None
            else ""
        )

    @Slot()
    def _tick(self) -> None:
        memory = resident_mib()
        self._memory.setText("" if memory is None else self.tr("{:,.0f} MB").format(memory))
        saved = self._session.saved_s
        if saved is not None:
            ago = duration_text(time.monotonic() - saved)
            self._saved.setText(self.tr("saved {} ago").format(ago))
