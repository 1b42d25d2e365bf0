"""What is imported, how far it has come and how fast."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentlab.base.durations import duration_text
from latentlab.base.shown_name import shown_name
from latentlab.data.pictures.import_messages import ImportProgress
from latentlab.features.importing.store import Importing
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.meter import Meter
from latentlab.widgets.text.still_label import StillLabel


class ImportHeader(QWidget):
    """Title, counts, speed, time left and a bar."""

    def __init__(self, importing: Importing, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_header")
        self._importing = importing
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._title = ElidedLabel(size="title")
        self._title.setObjectName("import_title")
        layout.addWidget(self._title)
        row = QHBoxLayout()
        self._facts = StillLabel(theme, "muted")
        self._facts.setObjectName("import_facts")
        self._left = StillLabel(theme, "muted", align_right=True)
        self._left.setObjectName("import_left")
        row.addWidget(self._facts, 3)
        row.addWidget(self._left, 2)
        layout.addLayout(row)
        self._bar = Meter(self.tr("Progress of the import"), theme)
        self._bar.setObjectName("import_progress")
        self._bar.setToolTip(self.tr("Progress of the import"))
        layout.addWidget(self._bar)
        importing.statusChanged.connect(self._render)
        importing.progressChanged.connect(self._render)
        importing.surveyChanged.connect(self._render)
        importing.wishChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        importing, progress = self._importing, self._importing.progress
        self._title.setText(shown_name(importing.title))
        match importing.status:
            case "scanning":
                self._render_scanning(progress)
            case "packing":
                self._render_packing(progress)
            case "done":
                assert importing.result is not None
                text = self.tr("All read: {:,} pictures").format(len(importing.result))
                self._facts.set_text(text, "muted")
                self._bar.set_share(1.0)
            case "failed":
                self._facts.set_text(self.tr("Nothing could be imported"), "bad")
                self._bar.set_share(0.0)
            case "idle":
                self._facts.set_text("", "muted")
                self._bar.set_share(0.0)
        self._left.set_text(self._left_text())

    def _render_scanning(self, progress: ImportProgress | None) -> None:
        self._bar.set_share(0.0)
        if progress is None or not progress.found:
            self._facts.set_text(self.tr("Looking for pictures…"), "muted")
            return
        text = self.tr("{0:,} files found · {1:,.0f}/s")
        self._facts.set_text(text.format(progress.found, progress.per_s), "muted")

    def _render_packing(self, progress: ImportProgress | None) -> None:
        if progress is None or progress.stage != "packing":
            survey = self._importing.survey
            found = 0 if survey is None else survey.num_files
            self._facts.set_text(self.tr("{:,} files found").format(found), "muted")
            self._bar.set_share(0.0)
            return
        text = self.tr("{0:,} of {1:,} read · {2:,.0f}/s")
        self._facts.set_text(text.format(progress.done, progress.found, progress.per_s), "muted")
        self._bar.set_share(progress.done / max(1, progress.found), "accent")

    def _left_text(self) -> str:
        importing, progress = self._importing, self._importing.progress
        if importing.status != "packing":
            return ""
        words = []
        if progress is not None and progress.seconds_left is not None:
            words.append(self.tr("{} left").format(duration_text(progress.seconds_left)))
        if importing.wish == "train":
            words.append(self.tr("then training starts"))
        elif importing.wish == "open":
            words.append(self.tr("then they are opened"))
        return " · ".join(words)
