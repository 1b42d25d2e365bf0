"""TRAINING: where the run is, how long it takes, and its curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentlab.base.durations import duration_text
from latentlab.models.family.likelihood import NEGATIVE_NATS
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.meter import Meter
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.training_state import Training

if TYPE_CHECKING:
    from latentlab.features.training.loss_plot import LossPlot


_IN_NATS = ("kl", "mutual_information", "total_correlation", "dimension_kl")


class TrainingPanel(QWidget):
    """Epoch, time left, speed, and reconstruction and KL as curves."""

    def __init__(self, training: Training, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_panel")
        self._training = training
        self._theme = theme
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section_title(self.tr("Training")))
        self._card = Card()
        self._epoch = StillLabel(theme, bold=True)
        self._epoch.setObjectName("epoch")
        self._left = StillLabel(theme, "muted", align_right=True)
        self._left.setObjectName("time_left")
        self._bar = Meter(self.tr("Progress of training"), theme)
        self._bar.setObjectName("train_progress")
        self._bar.setToolTip(self.tr("Progress of training"))
        self._add_row(self._epoch, self._left)
        self._card.add(self._bar)
        self._recon = StillLabel(theme, "accent", small=True)
        self._second = StillLabel(theme, "warn", small=True, align_right=True)
        self._second.setObjectName("second_term")
        self._terms = FlatComboBox(self)
        self._terms.setObjectName("second_term_choice")
        self._terms.setAccessibleName(self.tr("Right axis"))
        self._terms.setToolTip(self.tr("What the right axis of the curves shows"))
        self._terms.activated.connect(self._choose_term)
        # A penalty has a long name, and stands in a row of its own.
        self._name = StillLabel(theme, "warn", small=True)
        self._value = StillLabel(theme, "warn", small=True, align_right=True)
        self._value.setObjectName("penalty")
        self._axis = label(self.tr("Right axis"), tone="muted", size="small")
        self._axis.setBuddy(self._terms)
        self._sentence = label(tone="muted", size="small", wrap=True)
        self._sentence.setObjectName("train_sentence")
        self._add_row(self._recon, self._second)
        self._add_row(self._name, self._value)
        self._below_zero = label(
            QCoreApplication.translate("likelihoods", NEGATIVE_NATS),
            tone="muted",
            size="small",
            wrap=True,
        )
        self._below_zero.setObjectName("below_zero")
        self._below_zero.hide()
        self._card.add(self._below_zero)
        self._card.add_row(self._axis, self._terms)
        self._card.add(self._sentence)
        layout.addWidget(self._card)
        self._plot: LossPlot | None = None
        training.statusChanged.connect(self._render)
        training.progressChanged.connect(self._render)
        training.curvesChanged.connect(self._render_figures)
        for part in (self._axis, self._terms):
            part.hide()
        self._render()
        self._render_figures()

    def _add_row(self, left: QWidget, right: QWidget) -> None:
        row = QHBoxLayout()
        row.addWidget(left, 5)
        row.addWidget(right, 4)
        self._card.body.addLayout(row)

    @Slot()
    def _make_plot(self) -> None:
        from latentlab.features.training.loss_plot import LossPlot

        if self._plot is None:
            self._plot = LossPlot(self._training, self._theme)
            self._plot.set_second(self._term)
            self._card.body.insertWidget(2, self._plot)

    @Slot()
    def _render(self) -> None:
        training, progress = self._training, self._training.progress
        if training.is_active and self._plot is None:
            self._make_plot()
        self._bar.setVisible(progress is not None)
        if progress is None:
            text = (
                self.tr("Preparing…") if training.status == "preparing" else self.tr("Not training")
            )
            self._epoch.set_text(text)
            self._left.set_text("")
        else:
            self._epoch.set_text(self.tr("Epoch {0} / {1}").format(progress.epoch, progress.epochs))
            self._bar.set_share(progress.step / max(1, progress.total_steps))
            self._left.set_text(self._left_text())
            self._left.setToolTip(
                self.tr("{0:,.0f} images/s · step {1:,} of {2:,}").format(
                    progress.images_per_s, progress.step, progress.total_steps
                )
            )
        sentence = training.sentence
        if training.status == "idle" and progress is None and not sentence:
            sentence = self.tr("Train starts a new run with the settings above.")
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))

    def _left_text(self) -> str:
        progress = self._training.progress
        match self._training.status:
            case "paused":
                return self.tr("paused")
            case "finishing":
                return self.tr("saving…")
            case "idle":
                return self.tr("done")
        if progress is None or not math.isfinite(progress.seconds_left):
            return ""
        return self.tr("{} left").format(duration_text(progress.seconds_left))

    @Slot()
    def _render_figures(self) -> None:
        curves = self._training.curves
        held_out = [p for p in curves if p.split == "held_out"]
        self._offer_terms()
        is_choice = len(self._training.second_terms) > 1
        is_short = is_choice or self._term == "kl"  # the list names what was chosen
        self._recon.setVisible(bool(curves))
        self._below_zero.setVisible(any(point.recon_loss < 0 for point in curves[-2:]))
        self._second.setVisible(bool(curves) and bool(self._term) and is_short)
        for part in (self._name, self._value):
            part.setVisible(bool(curves) and bool(self._term) and not is_short)
        if not curves:
            return
        point = (held_out or curves)[-1]
        where = self.tr("on held-out images") if held_out else self.tr("on training images")
        text = self.tr("reconstruction {:.1f}").format(point.recon_loss)
        self._recon.set_text(text)
        # The other figure has the rest; the width changes as rarely as the number of digits.
        self._recon.setFixedWidth(self._recon.fontMetrics().horizontalAdvance(text) + 2)
        self._recon.setToolTip(
            self.tr("{}, nats per image; compare runs of the same likelihood only").format(where)
        )
        if not self._term:
            return
        figure = figure_text(self._term, point.term(self._term))
        self._second.set_text(figure if is_choice else f"{readable(self._term)} {figure}")
        self._name.set_text(readable(self._term))
        self._value.set_text(figure)
        for part in (self._second, self._name, self._value):
            part.setToolTip(self.tr("{}, before its weight").format(where))

    @property
    def _term(self) -> str:
        """What the right axis shows: ``kl`` or a penalty, empty for none."""
        terms = self._training.second_terms
        chosen = self._terms.currentData()
        return chosen if chosen in terms else (terms[0] if terms else "")

    def _offer_terms(self) -> None:
        """List what the right axis can show, where there is a choice."""
        terms = self._training.second_terms
        listed = tuple(self._terms.itemData(i) for i in range(self._terms.count()))
        if terms != listed:
            with QSignalBlocker(self._terms):
                self._terms.clear()
                for name in terms:
                    self._terms.addItem(readable(name), name)
            for part in (self._axis, self._terms):
                part.setVisible(len(terms) > 1)
        self._show_term()

    @Slot()
    def _choose_term(self) -> None:
        self._render_figures()

    def _show_term(self) -> None:
        if self._plot is not None:
            self._plot.set_second(self._term)


def readable(term: str) -> str:
    """Return a term of the loss as people write it: ``total_correlation`` → total correlation."""
    words = {"kl": "KL", "mmd": "MMD", "dimension_kl": "KL of dimensions"}
    return words.get(term, term.replace("_", " "))


def figure_text(term: str, value: float) -> str:
    """Return a term's value with as many digits as tell something."""
    if term == "dead_units":
        return f"{100 * value:.1f} %"
    unit = " nats" if term in _IN_NATS else ""
    size = abs(value)
    if size < 1:
        return f"{value:.3g}{unit}"
    return f"{value:,.{2 if size < 10 else 1 if size < 1000 else 0}f}{unit}"
