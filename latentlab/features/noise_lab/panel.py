"""NOISE LAB: corrupt a picture, watch it come back, and compare amounts and remedies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.base.trace import Tracer
from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.corruption_rows import CorruptionRows
from latentlab.features.noise_lab.denoiser_row import DenoiserRow
from latentlab.features.noise_lab.messages import STRIP_CURVES
from latentlab.features.noise_lab.noise_source import NoiseSource
from latentlab.features.noise_lab.picture_row import PictureRow
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.noise_lab.strip_plot import Strip, StripPlot
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

if TYPE_CHECKING:
    from latentlab.features.noise_lab.drawing_pad import DrawingPad

_CONTROLS_PX = 230
_PICTURES_PX = 330  # at least
_STRIP_PX = 190  # at least
_NARROW_DIMS = 8  # codes that leave out more than light noise does
_TABS_PX = 80  # of the tabs above the panel, and a window's title


class NoisePanel(QWidget):
    """Controls on the left, the four pictures in the middle, the strip over amounts on the right.

    Parameters
    ----------
    session, training, lab
        What is rendered.
    controller
        Where the user's wishes go.
    bring, paste
        Bring in a picture file, and what is on the clipboard.
    icons, theme, tracer
        Looks, and where timings are recorded.
    parent
        Owner.
    """

    watched = Signal(bool)
    """Emitted when the panel comes into sight or goes out of it."""
    wanted = Signal(bool)
    """Emitted when somebody chooses the panel or leaves it; at the start nobody has chosen it."""

    def __init__(
        self,
        session: Session,
        training: Training,
        lab: NoiseLab,
        controller: NoiseController,
        bring: Callable[[str], None],
        paste: Callable[[], None],
        icons: IconSource,
        theme: Theme,
        tracer: Tracer,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("noise_panel")
        self._session, self._lab, self._controller = session, lab, controller
        self._icons = icons
        self._pad: DrawingPad | None = None
        self._shows_passes = False
        self._was_hidden = False
        outer = QHBoxLayout(self)
        outer.setContentsMargins(14, 8, 14, 8)
        outer.setSpacing(18)
        controls = QVBoxLayout()
        controls.setSpacing(6)
        source = NoiseSource(session, lab, controller, icons, bring, paste)
        source.drawingWanted.connect(self.draw)
        controls.addWidget(source)
        rows = CorruptionRows(lab, controller, icons)
        controls.addWidget(rows, 1)
        for widget in (source, rows):
            widget.setFixedWidth(_CONTROLS_PX)
        outer.addLayout(controls)
        middle = QVBoxLayout()
        middle.setSpacing(4)
        self._pictures = PictureRow(lab, theme, tracer)
        self._pictures.setMinimumWidth(_PICTURES_PX)
        middle.addWidget(self._pictures, 1)
        self._hint = StillLabel(theme, "muted", small=True, lines=2)
        self._hint.setObjectName("noise_hint")
        middle.addWidget(self._hint)
        middle.addWidget(DenoiserRow(session, training, lab, controller))
        outer.addLayout(middle, 5)
        outer.addLayout(self._make_strip(theme), 3)
        soon = Coalesced(self._render_strip, self).schedule
        lab.stripChanged.connect(soon)
        lab.resultChanged.connect(self._on_result)
        lab.noiseChanged.connect(self._render_mark)
        self._soon = soon
        self._render_strip()

    def _make_strip(self, theme: Theme) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        heading = QHBoxLayout()
        heading.setSpacing(6)
        self._heading = ElidedLabel("muted", "small")
        self._heading.setObjectName("strip_heading")
        heading.addWidget(self._heading)
        heading.addStretch(1)
        self._passes_chip = QPushButton(self.tr("passes"))
        self._passes_chip.setObjectName("strip_passes")
        self._passes_chip.setProperty("chip", "true")
        self._passes_chip.setCheckable(True)
        self._passes_chip.setToolTip(
            self.tr("Show the passes one after another instead of all amounts")
        )
        self._passes_chip.toggled.connect(self._show_passes)
        heading.addWidget(self._passes_chip)
        titles = {
            "model": self.tr("model"),
            "linear": self.tr("best linear"),
            "untouched": self.tr("untouched"),
            "median": self.tr("median 3×3"),
            "nlm": self.tr("NL-means"),
        }
        self._strip = StripPlot(theme, titles)
        self._strip.setAccessibleName(self.tr("PSNR over amounts of noise"))
        self._strip.setMinimumWidth(_STRIP_PX)
        self._strip.chosen.connect(self._choose_share)
        column.addLayout(heading)
        column.addWidget(self._strip, 1)
        return column

    # --- what is seen --------------------------------------------------------------------------

    @property
    def pictures(self) -> PictureRow:
        """The four pictures."""
        return self._pictures

    @property
    def pad(self) -> DrawingPad | None:
        """The drawing pad, once it was wanted."""
        return self._pad

    def showEvent(self, event: QShowEvent) -> None:
        """Let the strip and the marks on the map be computed."""
        super().showEvent(event)
        self.watched.emit(True)
        if self._was_hidden:
            self.wanted.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: compute nothing."""
        super().hideEvent(event)
        self._was_hidden = True
        self.watched.emit(False)
        self.wanted.emit(False)

    # --- intents -------------------------------------------------------------------------------

    @Slot()
    def draw(self) -> None:
        """Open the drawing pad."""
        if self._pad is None:
            from latentlab.features.noise_lab.drawing_pad import DrawingPad

            self._pad = DrawingPad(self._session, self._icons, self.window())
            self._pad.drawn.connect(self._controller.use_drawing)
            # Above the panel, where pad and pictures are seen together.
            place = self.mapToGlobal(QPoint(0, -_TABS_PX)) - QPoint(
                0, self._pad.sizeHint().height()
            )
            self._pad.move(place)
        self._pad.show()
        self._pad.raise_()
        self._pad.activateWindow()

    @Slot(float)
    def _choose_share(self, share: float) -> None:
        lab = self._lab
        if lab.steps and lab.has_clean and not self._shows_passes:
            kind = CORRUPTIONS[lab.steps[lab.varied][0]]
            self._controller.set_amount(lab.varied, kind.amount_at(round(share, 3)))

    @Slot(bool)
    def _show_passes(self, shows: bool) -> None:
        self._shows_passes = shows
        self._render_strip()

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _on_result(self) -> None:
        result = self._lab.result
        has_passes = result is not None and len(result.images) > 1
        if self._passes_chip.isVisibleTo(self) != has_passes:
            self._passes_chip.setVisible(has_passes)
            if not has_passes:
                self._passes_chip.setChecked(False)
        if self._shows_passes:
            self._soon()
        self._hint.set_text(self._advice())

    def _advice(self) -> str:
        """Return why the denoised picture is worse than the corrupted one, where it is."""
        result, model = self._lab.result, self._session.model
        if result is None or not result.psnr_db or result.psnr_db[-1] >= result.psnr_db[0]:
            return ""
        if result.psnr_db[0] == math.inf:  # there was nothing to undo
            return ""
        if result.denoiser == "" and model is not None:
            numbers = model.document.latent_dim
            if numbers <= _NARROW_DIMS:
                return self.tr(
                    "A code of {} numbers is too narrow for this: choose another denoiser, or "
                    "train one."
                ).format(numbers)
        return self.tr("Worse than before: this model has learnt to undo other noise, or none.")

    @Slot()
    def _render_mark(self) -> None:
        lab = self._lab
        if self._shows_passes:
            self._strip.set_place(1.0)
        elif lab.steps:
            name, amount = lab.steps[lab.varied]
            self._strip.set_place(CORRUPTIONS[name].share_of(amount))

    @Slot()
    def _render_strip(self) -> None:
        if self._shows_passes:
            self._render_passes()
        else:
            self._render_amounts()
        self._render_mark()

    def _render_passes(self) -> None:
        result = self._lab.result
        self._heading.setText(self.tr("denoised again and again"))
        if result is None:
            self._strip.set_strip(None)
            return
        pictures = np.concatenate([result.corrupted[None], result.images])
        last = len(pictures) - 1
        curves = {"model": np.array(result.psnr_db)} if result.psnr_db else {}
        self._strip.set_strip(
            Strip(
                np.linspace(0.0, 1.0, last + 1),
                tuple(str(place) for place in range(last + 1)),
                (pictures,),
                curves,
            )
        )

    def _render_amounts(self) -> None:
        lab, strip = self._lab, self._lab.strip
        if not lab.steps or not lab.has_clean:
            self._heading.setText("")
            self._strip.set_strip(
                None,
                self.tr("Nothing is added to the picture; there are no amounts to compare.")
                if lab.image is not None
                else "",
            )
            return
        title = CORRUPTIONS[lab.steps[lab.varied][0]].title
        if strip is None:
            self._heading.setText(self.tr("All amounts"))
            waiting = self.tr("…") if lab.image is not None else ""
            self._strip.set_strip(None, lab.strip_problem or waiting)
            return
        if strip.num_images:
            self._heading.setText(
                self.tr("All amounts · dB over {} images").format(strip.num_images)
            )
            self._heading.setToolTip(
                self.tr(
                    "All amounts of “{0}”. Pictures: the one on the left. Curves: PSNR in dB over "
                    "{1} images that were held out where the model knows these data; the best "
                    "linear denoiser is fitted to the others."
                ).format(title, strip.num_images)
            )
        else:
            self._heading.setText(self.tr("All amounts"))
        rows = tuple(r for r in (strip.corrupted, strip.denoised) if r is not None)
        names = tuple(f"{100 * share:.0f} %" for share in strip.shares.tolist())
        curves = {name: strip.psnr_db[name] for name in STRIP_CURVES if name in strip.psnr_db}
        self._strip.set_strip(Strip(strip.shares, names, rows, curves))
