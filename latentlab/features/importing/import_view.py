"""The window in which pictures are looked at and treated before anything is trained on them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.features.importing.controller import ImportController
from latentlab.features.importing.estimate_line import EstimateLine
from latentlab.features.importing.example_sheet import ExampleSheet
from latentlab.features.importing.found_panels import CountPanel, SourcePanel
from latentlab.features.importing.import_header import ImportHeader
from latentlab.features.importing.skipped_panel import SkippedPanel
from latentlab.features.importing.store import Importing
from latentlab.features.importing.treatment_panel import TreatmentPanel
from latentlab.widgets.dialogs.details_dialog import DetailsDialog
from latentlab.widgets.style.section import Card, label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tone import set_look, set_tone
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_LEFT_PX, _RIGHT_PX = 266, 214
_NO_IMAGES = np.empty((0, 1, 1, 1), np.uint8)


class ImportView(QDialog):
    """Shows one import from its first file to Train; not modal, so the map stays usable.

    Parameters
    ----------
    importing, session, training
        Stores.
    controller
        Takes what the user wants.
    theme
        Whose colours are used.
    parent
        The window.
    """

    def __init__(
        self,
        importing: Importing,
        session: Session,
        training: Training,
        controller: ImportController,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("import_view")
        self.setModal(False)
        self.setMinimumSize(820, 560)
        self.resize(1000, 680)
        self._importing = importing
        self._session = session
        self._training = training
        self._controller = controller
        self._theme = theme
        outer = QVBoxLayout(self)
        outer.setContentsMargins(18, 16, 18, 14)
        outer.setSpacing(14)
        outer.addWidget(ImportHeader(importing, theme))
        columns = QHBoxLayout()
        columns.setSpacing(16)
        outer.addLayout(columns, 1)
        columns.addWidget(self._make_left())
        columns.addLayout(self._make_centre(), 1)
        right = CountPanel(importing, theme)
        right.setFixedWidth(_RIGHT_PX)
        columns.addWidget(right)
        outer.addLayout(self._make_footer())
        importing.statusChanged.connect(self._render)
        importing.surveyChanged.connect(self._render)
        importing.wishChanged.connect(self._render)
        importing.examplesChanged.connect(self._render_examples)
        importing.skippedChanged.connect(self._render_tabs)
        session.engineChanged.connect(self._render)
        training.statusChanged.connect(self._render)
        self._render()
        self._render_examples()
        self._render_tabs()

    # --- construction --------------------------------------------------------------------------

    def _make_left(self) -> QScrollArea:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(12)
        layout.addWidget(TreatmentPanel(self._importing, self._controller))
        layout.addWidget(SourcePanel(self._importing, self._theme))
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        area.setFixedWidth(_LEFT_PX)
        return area

    def _make_centre(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(10)
        self._failure = Card()
        self._failure.setObjectName("import_failure")
        self._why = label(tone="bad", wrap=True)
        self._why.setObjectName("import_failure_sentence")
        self._failure.add(self._why)
        self._details = self._make_button(
            "import_details", self.tr("Details…"), self.tr("Show and copy the details")
        )
        self._details.clicked.connect(self._show_details)
        self._failure.body.addWidget(self._details, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._failure)
        self._tabs = QTabWidget()
        self._tabs.setObjectName("import_tabs")
        self._tabs.tabBar().setAccessibleName(self.tr("Examples and files left out"))
        self._tabs.addTab(self._make_examples(), self.tr("Examples"))
        skipped = SkippedPanel(self._importing)
        skipped.exported.connect(self._show_export)
        page = QWidget()
        inside = QVBoxLayout(page)
        inside.setContentsMargins(0, 10, 0, 0)
        inside.addWidget(skipped)
        self._tabs.addTab(page, "")
        column.addWidget(self._tabs, 1)
        return column

    def _make_examples(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.setSpacing(8)
        self._legend = ElidedLabel("muted", "small")
        self._legend.setObjectName("examples_legend")
        self._sheet = ExampleSheet()
        self._sheet.setObjectName("examples")
        self._sheet.setToolTip(self.tr("Some pictures, drawn at random (Ctrl+C copies one)"))
        self._sheet.currentNameChanged.connect(self._render_current)
        self._current = ElidedLabel("muted", "small")
        self._current.setObjectName("current_example")
        layout.addWidget(self._legend)
        layout.addWidget(self._sheet, 1)
        layout.addWidget(self._current)
        return page

    def _make_footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(EstimateLine(self._importing, self._session), 1)
        self._exported = label(size="small")
        self._exported.setObjectName("export_notice")
        self._exported.hide()
        row.addWidget(self._exported)
        self._cancel = self._make_button(
            "cancel_import",
            self.tr("Cancel"),
            self.tr("Import nothing; what was open stays open (Esc)"),
        )
        self._cancel.clicked.connect(self.reject)
        self._open = self._make_button("open_import", self.tr("Open without training"), "")
        self._open.clicked.connect(self._controller.open_only)
        self._train = self._make_button("train_import", self.tr("Train"), "")
        set_look(self._train, "primary", "true")
        self._train.clicked.connect(self._controller.train)
        for button in (self._cancel, self._open, self._train):
            row.addWidget(button)
        return row

    def _make_button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip)
        # Enter in a field of the form must not press a button.
        button.setAutoDefault(False)
        return button

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        importing = self._importing
        title = shown_name(importing.title)
        self.setWindowTitle(
            self.tr("{} — import pictures").format(title) if title else self.tr("Import pictures")
        )
        failure = importing.failure
        self._failure.setVisible(failure is not None)
        if failure is not None:
            self._why.setText(shown_name(failure.sentence))
            self._details.setVisible(bool(failure.details))
        self._cancel.setText(
            self.tr("Close") if importing.status == "failed" else self.tr("Cancel")
        )
        if importing.status != "done":
            self._exported.hide()
        self._sheet.set_placeholder(
            self.tr("Looking at the pictures…")
            if importing.status in ("scanning", "packing")
            else self.tr("There is nothing to show.")
        )
        self._render_buttons()
        self._render_tabs()

    def _render_buttons(self) -> None:
        importing = self._importing
        ready = importing.status == "done"
        busy = self._training.is_active
        can_use = importing.status in ("scanning", "packing", "done") and not busy
        dead = self._session.engine_status == "failed"
        stop_first = self.tr("A run goes on; stop it first.")
        waits = {
            "train": self.tr("Training starts when all pictures are read; press again to wait."),
            "open": self.tr("They are opened when all are read; press again to wait."),
        }
        open_tip = self.tr("Show the pictures on the map of the open model")
        train_tip = self.tr("Use the pictures and train a new model on them")
        if dead:
            train_tip = self.tr("PyTorch could not be loaded; run “latentlab doctor” in a shell.")
        for button, wish, tip in (
            (self._open, "open", open_tip),
            (self._train, "train", train_tip),
        ):
            waiting = importing.wish == wish
            button.setEnabled(can_use and not (dead and wish == "train"))
            button.setToolTip(stop_first if busy else waits[wish] if waiting else tip)
        self._train.setText(
            self.tr("Train") if ready or importing.wish != "train" else self.tr("Training next…")
        )
        self._open.setText(
            self.tr("Open without training")
            if ready or importing.wish != "open"
            else self.tr("Opening next…")
        )

    @Slot()
    def _render_tabs(self) -> None:
        count = len(self._importing.skipped)
        text = self.tr("Left out ({:,})").format(count) if count else self.tr("Left out")
        if self._tabs.tabText(1) != text:
            self._tabs.setTabText(1, text)

    @Slot()
    def _render_examples(self) -> None:
        examples = self._importing.examples
        if examples is None or not examples.names:
            self._legend.setText("")
            self._sheet.set_examples((), (), _NO_IMAGES)
            return
        self._sheet.set_examples(examples.names, examples.originals, examples.images)
        treatment = examples.treatment
        colour = self.tr("colour") if treatment.channels == 3 else self.tr("grey")
        self._legend.setText(
            self.tr("left: as they are · right: as they will be, {0} × {1} {2}").format(
                treatment.width, treatment.height, colour
            )
        )

    @Slot()
    def _render_current(self) -> None:
        self._current.setText(self._sheet.current_name)

    @Slot(str, str)
    def _show_export(self, kind: str, sentence: str) -> None:
        self._exported.setText(shown_name(sentence))
        set_tone(self._exported, "good" if kind == "good" else "bad")
        self._exported.show()

    @Slot()
    def _show_details(self) -> None:
        failure = self._importing.failure
        if failure is not None:
            DetailsDialog(failure.sentence, failure.details, self).show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a line around the view, where no desktop gives it a frame."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    # --- closing -------------------------------------------------------------------------------

    def reject(self) -> None:
        """Cancel what goes on, at Esc and when the view is closed; nothing is left of it."""
        self._controller.cancel()
        super().reject()
