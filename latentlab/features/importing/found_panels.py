"""What was found: how many pictures, of which sizes and kinds, in which classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from latentlab.features.importing.count_bars import CountBars
from latentlab.features.importing.found_classes import ClassList
from latentlab.features.importing.store import Importing
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import SPLITS
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.widgets.style.theme import Theme


class CountPanel(QWidget):
    """How many pictures and duplicates there are, and the classes with a bar each."""

    def __init__(self, importing: Importing, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("count_panel")
        self._importing = importing
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section_title(self.tr("Pictures")))
        card = Card()
        self._figures = {
            name: self._add_figure(card, title, name, tooltip)
            for name, title, tooltip in (
                ("num_pictures", self.tr("Pictures"), self.tr("How many pictures will be used")),
                ("num_left_out", self.tr("Left out"), self.tr("Files that are no pictures")),
                (
                    "num_duplicates",
                    self.tr("Exact duplicates"),
                    self.tr("Files with exactly the same content as another one"),
                ),
                (
                    "splits",
                    self.tr("Held out by folders"),
                    self.tr("Pictures in folders named for validation or test: not trained on"),
                ),
            )
        }
        layout.addWidget(card)
        self._classes_title = section_title(self.tr("Classes"))
        layout.addWidget(self._classes_title)
        self._classes_card = Card()
        self._no_classes = label(tone="muted", size="small", wrap=True)
        self._no_classes.setObjectName("no_classes")
        self._classes = ClassList(theme)
        self._classes.setObjectName("class_list")
        self._classes_card.body.addWidget(self._no_classes, 0, Qt.AlignmentFlag.AlignTop)
        self._classes_card.body.addWidget(self._classes, 1)
        layout.addWidget(self._classes_card, 1)
        self._rest = QWidget()  # takes the room that a sentence does not need
        layout.addWidget(self._rest, 1)
        self._classes_shown: tuple[Mapping[str, int], bool] | None = None
        for signal in (
            importing.statusChanged,
            importing.surveyChanged,
            importing.skippedChanged,
        ):
            signal.connect(self._render)
        importing.progressChanged.connect(self._render_count)
        self._render()

    @staticmethod
    def _add_figure(card: Card, title: str, name: str, tooltip: str) -> tuple[QLabel, QLabel]:
        text, value = label(title), label(size="strong")
        value.setObjectName(name)
        for part in (text, value):
            part.setToolTip(tooltip)
        card.add_row(text, value)
        return text, value

    def figure(self, name: str) -> str:
        """Return what a figure says, empty while it is hidden."""
        value = self._figures[name][1]
        return value.text() if value.isVisibleTo(self) else ""

    def _show(self, name: str, text: str) -> None:
        for part in self._figures[name]:
            part.setVisible(bool(text))
        self._figures[name][1].setText(text)

    @Slot()
    def _render_count(self) -> None:
        importing = self._importing
        data, progress, survey = importing.result, importing.progress, importing.survey
        count = survey.num_files if survey is not None else 0
        if importing.status == "failed":
            count = 0
        elif survey is None and progress is not None:
            count = progress.found
        self._show("num_pictures", f"{len(data) if data is not None else count:,}")

    @Slot()
    def _render(self) -> None:
        importing, data = self._importing, self._importing.result
        self._render_count()
        self._show("num_left_out", f"{len(importing.skipped):,}")
        origin = None if data is None else data.origin
        waiting = "…" if importing.status in ("scanning", "packing") else "–"
        self._show("num_duplicates", waiting if origin is None else f"{origin.num_duplicates:,}")
        held_out = 0
        if origin is not None and origin.splits is not None:
            held_out = int((origin.splits != SPLITS.index("train")).sum())
        self._show("splits", f"{held_out:,}" if held_out else "")
        counts: Mapping[str, int] = {}
        if data is not None:
            counts = class_counts(data)
        elif importing.survey is not None:
            counts = importing.survey.class_counts
        known = importing.survey is not None or data is not None
        if (counts, known) == self._classes_shown:
            return
        self._classes_shown = (counts, known)
        self._classes.set_counts(counts)
        self._classes_title.setText(
            self.tr("{:,} classes").format(len(counts)) if len(counts) > 1 else self.tr("Classes")
        )
        self._no_classes.setText(
            self.tr("No classes: folders within the folder would be classes.") if known else "…"
        )
        self._no_classes.setVisible(not counts)
        self._classes.setVisible(bool(counts))
        self._rest.setVisible(not counts)
        vertical = QSizePolicy.Policy.Expanding if counts else QSizePolicy.Policy.Maximum
        self._classes_card.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)

    def sizeHint(self) -> QSize:
        """Return a column."""
        return QSize(230, 400)


class SourcePanel(QWidget):
    """Sizes and kinds of pixels of the files, before anything is done to them."""

    def __init__(self, importing: Importing, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("source_panel")
        self._importing = importing
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._title = section_title(self.tr("Sizes and kinds"))
        layout.addWidget(self._title)
        card = self._card = Card()
        self._sizes = CountBars(self.tr("Sizes of the files, in pixels"), theme)
        self._sizes.setObjectName("size_bars")
        self._modes = CountBars(self.tr("Kinds of pixels of the files"), theme)
        self._modes.setObjectName("mode_bars")
        self._note = label(tone="muted", size="small", wrap=True)
        self._note.setObjectName("sample_note")
        for part in (self._sizes, self._modes, self._note):
            card.add(part)
        layout.addWidget(card)
        importing.surveyChanged.connect(self._render)
        importing.statusChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        survey, data = self._importing.survey, self._importing.result
        sizes: Mapping[tuple[int, int], int] = {}
        modes: Mapping[str, int] = {}
        note = ""
        if data is not None and data.origin is not None and data.origin.source_sizes:
            sizes, modes = data.origin.source_sizes, data.origin.source_modes
        elif survey is not None:
            sizes, modes = survey.sizes, survey.modes
            if 0 < survey.num_sampled < survey.num_files:
                note = self.tr("of {0:,} files looked at").format(survey.num_sampled)
        self._sizes.set_counts({f"{w} × {h}": count for (w, h), count in sizes.items()})
        self._modes.set_counts(_by_words(modes))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        for part in (self._title, self._card):
            part.setVisible(bool(sizes))


_MODE_WORDS = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey, transparent",
    "La": "grey, transparent",
    "P": "palette",
    "PA": "palette, transparent",
    "RGB": "colour",
    "RGBA": "colour, transparent",
    "RGBa": "colour, transparent",
    "RGBX": "colour",
    "CMYK": "print colours",
    "YCbCr": "colour (YCbCr)",
    "LAB": "colour (LAB)",
    "HSV": "colour (HSV)",
    "F": "grey, fractions",
    "I": "grey, 32 bits",
}


def _by_words(modes: Mapping[str, int]) -> dict[str, int]:
    """Return counts by what people call Pillow's kinds of pixels."""
    found: dict[str, int] = {}
    for mode, count in modes.items():
        words = "grey, 16 bits" if mode.startswith("I;16") else _MODE_WORDS.get(mode, mode)
        found[words] = found.get(words, 0) + count
    return found


def class_counts(data: ImageSet) -> dict[str, int]:
    """Return how many images each class has; empty without classes."""
    if data.labels is None:
        return {}
    labels = np.asarray(data.labels)
    numbers = np.bincount(labels[labels >= 0], minlength=len(data.class_names))
    return dict(zip(data.class_names, numbers.tolist(), strict=False))
