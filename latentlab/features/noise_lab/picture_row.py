"""Clean, corrupted, denoised and difference, side by side, as fast as the hand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.base.trace import Tracer, now_s
from latentlab.features.noise_lab.messages import Denoised
from latentlab.features.noise_lab.picture_pane import PicturePane
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.style.section import label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tone import Tone

GAP_PX = 10
_ORANGE = (1.0, 0.62, 0.18)  # too light
_BLUE = (0.30, 0.62, 1.0)  # too dark


class PictureRow(QWidget):
    """The four pictures of the newest result.

    Pictures follow each result; the numbers below them at most 25 times a second.

    Parameters
    ----------
    lab
        What is shown.
    theme
        Whose colours are used.
    tracer
        Records ``denoise``: from the hand to the painted picture.
    parent
        Owner.
    """

    latencyMeasured = Signal(float, float)
    """Milliseconds that the denoiser took, and from the input event to the painted picture."""

    def __init__(
        self, lab: NoiseLab, theme: Theme, tracer: Tracer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._lab = lab
        self._tracer = tracer
        measured = self.tr(
            "PSNR in dB and structural similarity (SSIM, 1 is equal), both against the clean "
            "picture"
        )
        self._clean = PicturePane(
            self.tr("clean"), theme, self.tr("The picture before the corruption"), self
        )
        self._corrupted = PicturePane(
            self.tr("corrupted"),
            theme,
            self.tr("What the denoiser is given.") + " " + measured,
            self,
        )
        self._denoised = PicturePane(
            self.tr("denoised"), theme, self.tr("What comes out of it.") + " " + measured, self
        )
        self._difference = PicturePane(
            self.tr("|difference|"),
            theme,
            self.tr("Denoised against clean; click for the sign of the difference"),
            self,
        )
        for pane, name in zip(self.panes, ("clean", "corrupted", "denoised", "diff"), strict=True):
            pane.view.setObjectName(f"noise_{name}")
        self._difference.view.setCursor(Qt.CursorShape.PointingHandCursor)
        self._difference.view.clicked.connect(self._toggle_sign)
        self._sign = QPushButton("±", self)
        self._sign.setObjectName("noise_sign")
        self._sign.setProperty("flat", "true")
        self._sign.setCheckable(True)
        self._sign.setAccessibleName(self.tr("Show the sign of the difference"))
        self._sign.setToolTip(
            self.tr("Show the sign: orange where the result is too light, blue where too dark")
        )
        self._sign.toggled.connect(self._render_pictures)
        self._problem = label(tone="bad", wrap=True, parent=self)
        self._problem.setObjectName("noise_problem")
        self._problem.hide()
        self._denoised.view.painted.connect(self._measure)
        self._soon = Coalesced(self._render_numbers, self)
        lab.resultChanged.connect(self._render)
        lab.imageChanged.connect(self._render_numbers)
        self._render()

    @property
    def panes(self) -> tuple[PicturePane, ...]:
        """The four pictures with their texts, from left to right."""
        return (self._clean, self._corrupted, self._denoised, self._difference)

    def text_height(self) -> int:
        """Return the height of what stands below a picture."""
        return self._clean.text_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give all pictures the same width."""
        super().resizeEvent(event)
        width = (self.width() - 3 * GAP_PX) // 4
        for place, pane in enumerate(self.panes):
            pane.setGeometry(place * (width + GAP_PX), 0, width, self.height())
        left = 2 * (width + GAP_PX)
        self._problem.setGeometry(left + 4, 4, 2 * width, max(40, self.height() - 8))
        top = self._difference.view.geometry().bottom() + 2
        self._sign.setGeometry(self._difference.geometry().right() - 25, top, 26, 20)

    @Slot()
    def _toggle_sign(self) -> None:
        self._sign.toggle()

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        self._render_pictures()
        self._soon.schedule()

    @Slot()
    def _render_pictures(self) -> None:
        result = self._lab.result
        if result is None:
            self._clean.view.set_image(self._lab.image)
            for pane in self.panes[1:]:
                pane.view.set_image(None)
            return
        last = result.images[-1]
        self._clean.view.set_image(result.clean)
        self._corrupted.view.set_image(result.corrupted)
        self._denoised.view.set_image(last, sequence=result.sequence)
        self._difference.view.set_image(difference(result.clean, last, self._sign.isChecked()))

    @Slot()
    def _render_numbers(self) -> None:
        lab, result = self._lab, self._lab.result
        self._problem.setText(lab.problem)
        self._problem.setVisible(bool(lab.problem))
        for pane in self.panes[2:]:
            pane.setVisible(not lab.problem)
        self._sign.setVisible(not lab.problem)
        self._clean.set_title(self.tr("clean") if lab.has_clean else self.tr("your picture"))
        if result is None:
            for pane in self.panes:
                pane.set_measured("")
            return
        self._render_clean(result)
        if not result.psnr_db:
            nothing = self.tr("no clean picture to compare with")
            self._corrupted.set_title(self.tr("given"))
            self._corrupted.set_measured(self.tr("as it is"))
            self._denoised.set_title(self._denoised_title(result))
            self._denoised.set_measured(nothing, self.tr("no comparison"), "muted")
            self._denoised.view.setToolTip(nothing)
            self._difference.set_title(self.tr("removed"))
            self._difference.set_measured("")
            return
        self._corrupted.set_title(self.tr("corrupted"))
        self._corrupted.set_measured(*_score(result.psnr_db[0], result.ssim[0]))
        tone = verdict(result)
        self._denoised.set_title(self._denoised_title(result), tone)
        self._denoised.set_measured(*_score(result.psnr_db[-1], result.ssim[-1]), tone)
        self._difference.set_title(
            self.tr("difference ±") if self._sign.isChecked() else self.tr("|difference|")
        )
        rmse = 10 ** (-result.psnr_db[-1] / 20)
        self._difference.set_measured(self.tr("RMSE {:.3f}").format(rmse))

    def _render_clean(self, result: Denoised) -> None:
        height, width, channels = result.clean.shape
        if result.is_adapted:
            colour = self.tr("grey") if channels == 1 else self.tr("colour")
            text = self.tr("{0} × {1} {2}").format(width, height, colour)
            self._clean.set_measured(text, tone="warn")
            self._clean.view.setToolTip(
                self.tr(
                    "The denoiser takes images of {0} × {1}, {2}: the picture was cut and scaled "
                    "to that"
                ).format(width, height, colour)
            )
        else:
            self._clean.set_measured(shown_name(self._lab.image_title), tone="muted")
            self._clean.view.setToolTip(self.tr("The picture before the corruption"))

    def _denoised_title(self, result: Denoised) -> str:
        passes = len(result.images)
        return self.tr("denoised × {}").format(passes) if passes > 1 else self.tr("denoised")

    @Slot(int)
    def _measure(self, sequence: int) -> None:
        result = self._lab.result
        if result is None or result.sequence != sequence:
            return
        end = now_s()
        self._tracer.span("denoise", result.event_s, end, sequence=sequence)
        if result.by_hand:
            self.latencyMeasured.emit(result.denoise_ms, (end - result.event_s) * 1e3)


def verdict(result: Denoised) -> Tone:
    """Return the tone of the denoised picture; none where the two measures do not agree."""
    gains = (
        result.psnr_db[-1] > result.psnr_db[0],
        round(result.ssim[-1], 2) >= round(result.ssim[0], 2),  # as they are shown
    )
    return "good" if all(gains) else "muted" if gains[0] else "warn"


def difference(
    clean: NDArray[np.uint8], other: NDArray[np.uint8], signed: bool
) -> NDArray[np.uint8]:
    """Return how far two images are apart, on the scale that all images have.

    Parameters
    ----------
    clean, other
        uint8 (h, w, c).
    signed
        Whether the sign is shown, as mean over the channels: orange where ``other`` is too light,
        blue where it is too dark.

    Returns
    -------
    NDArray[np.uint8]
        (h, w, c), or (h, w, 3) with the sign.
    """
    apart = other.astype(np.int16) - clean.astype(np.int16)
    if not signed:
        size: NDArray[np.uint8] = np.abs(apart).astype(np.uint8)
        return size
    mean = apart.astype(np.float32).mean(2, keepdims=True)
    light = np.clip(mean, 0, None) * np.array(_ORANGE, np.float32)
    dark = np.clip(-mean, 0, None) * np.array(_BLUE, np.float32)
    coloured: NDArray[np.uint8] = np.rint(light + dark).astype(np.uint8)
    return coloured


def _score(psnr_db: float, ssim: float) -> tuple[str, str]:
    """Return PSNR and SSIM in words, long and short."""
    decibels = "∞ dB" if math.isinf(psnr_db) else f"{psnr_db:.1f} dB"
    similarity = f"{round(ssim, 2) + 0.0:.2f}"  # never −0.00
    return f"{decibels} · SSIM {similarity}", f"{decibels} · {similarity}"
