"""The import view on the real import thread with a fake import."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from fake_import import NAMES, SKIPPED, FakeFactory
from fake_session import ImportParts
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot
from qt_turns import settle

from latentlab.base.errors import DataError
from latentlab.engine.training_messages import TrainStatusChanged
from latentlab.features.importing.count_bars import CountBars
from latentlab.features.importing.example_sheet import ExampleSheet
from latentlab.features.importing.found_classes import ClassList
from latentlab.features.importing.import_thread import ImportThread
from latentlab.features.importing.import_view import ImportView
from latentlab.widgets.dialogs.details_dialog import DetailsDialog
from latentlab.widgets.form.number_editors import IntEditor
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel

Widget = TypeVar("Widget", bound=QWidget)


class Opened(ImportParts):
    """The view with what is behind it."""

    def __init__(self, qtbot: QtBot, hold: str = "", mode: str = "dark") -> None:
        self.factory = FakeFactory(hold)
        super().__init__(ImportThread(self.factory, rest_s=0.0))
        self.qtbot = qtbot
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.theme = Theme(app, mode)  # type: ignore[arg-type]
        self.view = ImportView(
            self.importing, self.session, self.training, self.controller, self.theme
        )
        self.view.show()
        self.controller.begin(["/pets"])

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=10_000)

    def wait_for(self, status: str) -> None:
        self.wait(lambda: self.importing.status == status)

    def find(self, kind: type[Widget], name: str) -> Widget:
        found = self.view.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        return self.find(QLabel, name).text()

    def button(self, name: str) -> QPushButton:
        return self.find(QPushButton, name)

    def close(self) -> None:
        self.view.close()
        self.thread.close()
        self.view.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        self.theme.deleteLater()


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Opened]:
    made = Opened(qtbot)
    yield made
    made.close()


def test_what_was_found_is_shown(opened: Opened) -> None:
    opened.wait_for("done")
    assert opened.text("import_title") == "pets"
    assert opened.find(StillLabel, "import_facts").text() == "All read: 40 pictures"
    assert opened.text("num_pictures") == "40"
    assert opened.text("num_left_out") == str(len(SKIPPED))
    assert opened.text("num_duplicates") == "3"
    assert opened.find(CountBars, "size_bars").rows == (("12 × 10", 40),)
    assert opened.find(CountBars, "mode_bars").rows == (("colour", 40),)
    classes = opened.find(ClassList, "class_list").model()
    assert [classes.index(i, 0).data() for i in range(classes.rowCount())] == ["cats", "dogs"]
    assert opened.find(QTabWidget, "import_tabs").tabText(1) == "Left out (2)"
    assert opened.find(ExampleSheet, "examples").names == NAMES
    assert opened.view.windowTitle() == "pets — import pictures"


def test_the_estimate_says_what_training_takes(opened: Opened) -> None:
    opened.wait_for("done")
    opened.session.set_engine_status("ready")
    opened.wait(lambda: opened.text("estimate_time").startswith("Training takes about"))
    assert "memory" in opened.text("estimate_time") and "on disk" in opened.text("estimate_time")
    assert "Variational · Convolutional" in opened.text("estimate_settings")
    assert opened.text("too_few").startswith("Only 40 images: too few")


@pytest.mark.parametrize("mode", ["dark", "light"])
@pytest.mark.parametrize("hold", ["scanning", "surveyed", "packing", ""])
def test_each_phase_is_painted_at_each_size(qtbot: QtBot, hold: str, mode: str) -> None:
    opened = Opened(qtbot, hold, mode)
    opened.wait_for({"": "done", "scanning": "scanning"}.get(hold, "packing"))
    for size in ((820, 560), (1000, 680), (1900, 1100)):
        opened.view.resize(*size)
        assert opened.view.size().toTuple() == size  # nothing in it wants more room
        assert not opened.view.grab().isNull()
    opened.close()


def test_each_change_shows_the_examples_anew(opened: Opened) -> None:
    opened.wait_for("done")
    width = opened.find(IntEditor, "width")
    assert width.text() == "automatic · 12 px"
    width.setValue(7)
    opened.wait(
        lambda: opened.importing.examples and opened.importing.examples.treatment.width == 7
    )
    assert opened.find(ExampleSheet, "examples").items.image_item(0).images[1].shape[1] == 7
    assert "7 × 10" in opened.text("examples_legend")
    colour = opened.find(QComboBox, "colour")
    assert colour.itemText(0) == "Automatic · colour"
    colour.setCurrentIndex(colour.findData("grey"))
    opened.wait(lambda: "7 × 10 grey" in opened.text("examples_legend"))
    opened.wait_for("done")
    assert opened.importing.result is not None
    assert opened.importing.result.image_shape == (10, 7, 1)


def test_a_storm_in_the_form_ends_with_its_last_value(opened: Opened) -> None:
    opened.wait_for("done")
    width = opened.find(IntEditor, "width")
    for value in range(1, 120):
        width.setValue(value)
        if value % 10 == 0:
            settle()
    opened.wait_for("done")
    assert opened.importing.result is not None
    assert opened.importing.result.image_shape[1] == 119
    assert width.value() == 119


def test_the_form_waits_for_the_pictures(qtbot: QtBot) -> None:
    opened = Opened(qtbot, "scanning")
    assert not opened.find(IntEditor, "width").isEnabled()
    opened.wait(lambda: "40 files found" in opened.find(StillLabel, "import_facts").text())
    assert "1,000/s" in opened.find(StillLabel, "import_facts").text()
    opened.factory.hold = ""
    opened.wait_for("done")
    assert opened.find(IntEditor, "width").isEnabled()
    opened.close()


def test_time_left_and_what_comes_next(qtbot: QtBot) -> None:
    opened = Opened(qtbot, "packing")
    left = opened.find(StillLabel, "import_left")
    opened.wait(lambda: left.text() == "0 s left")
    opened.button("train_import").click()
    assert left.text() == "0 s left · then training starts"
    assert opened.button("train_import").text() == "Training next…"
    opened.button("train_import").click()
    opened.button("open_import").click()
    assert left.text() == "0 s left · then they are opened"
    opened.factory.hold = ""
    opened.wait(lambda: opened.sessions.used)
    assert opened.trainings.started == []
    opened.close()


def test_train_trains(opened: Opened) -> None:
    opened.wait_for("done")
    opened.button("train_import").click()
    assert len(opened.sessions.used) == len(opened.trainings.started) == 1


@pytest.mark.parametrize("hold", ["scanning", "surveyed", "packing", ""])
@pytest.mark.parametrize("how", ["button", "escape", "close"])
def test_cancel_in_each_phase(qtbot: QtBot, hold: str, how: str) -> None:
    opened = Opened(qtbot, hold)
    opened.wait_for({"": "done", "scanning": "scanning"}.get(hold, "packing"))
    opened.wait(lambda: opened.factory.made)
    if how == "button":
        opened.button("cancel_import").click()
    elif how == "escape":
        qtbot.keyClick(opened.view, Qt.Key.Key_Escape)
    else:
        opened.view.close()
    assert opened.importing.status == "idle" and not opened.view.isVisible()
    opened.wait(lambda: opened.factory.made[0].closed)
    assert opened.sessions.used == []
    opened.close()


def test_a_failure_is_a_sentence_with_details(qtbot: QtBot) -> None:
    opened = Opened(qtbot, "packing")
    opened.factory.error = DataError("“<b>pets</b>” holds no pictures.", "a: empty")
    opened.factory.hold = ""
    opened.wait_for("failed")
    sentence = opened.find(QLabel, "import_failure_sentence")
    assert sentence.isVisible() and sentence.textFormat() == Qt.TextFormat.PlainText
    assert sentence.text() == "“<b>pets</b>” holds no pictures."
    assert not opened.button("train_import").isEnabled()
    assert not opened.button("open_import").isEnabled()
    assert opened.button("cancel_import").text() == "Close"
    opened.button("import_details").click()
    dialog = opened.view.findChild(DetailsDialog)
    assert dialog is not None and dialog.isVisible()
    dialog.close()
    # Other pictures may be better.
    opened.factory.error = None
    opened.controller.begin(["/others"])
    opened.wait_for("done")
    assert not sentence.isVisible() and opened.button("train_import").isEnabled()
    opened.close()


def test_enter_in_a_field_presses_no_button(opened: Opened) -> None:
    opened.wait_for("done")
    width = opened.find(IntEditor, "width")
    width.setFocus()
    width.selectAll()
    opened.qtbot.keyClicks(width, "9")
    opened.qtbot.keyClick(width, Qt.Key.Key_Return)
    assert opened.importing.options.width == 9
    assert opened.view.isVisible() and opened.sessions.used == []


def test_a_run_that_goes_on_comes_first(opened: Opened) -> None:
    opened.wait_for("done")
    opened.training.set_status(TrainStatusChanged("running"))
    assert not opened.button("train_import").isEnabled()
    assert not opened.button("open_import").isEnabled()
    assert "stop it first" in opened.button("train_import").toolTip()
    opened.training.set_status(TrainStatusChanged("idle"))
    assert opened.button("train_import").isEnabled()


def test_without_torch_pictures_can_be_opened_but_not_trained_on(opened: Opened) -> None:
    opened.wait_for("done")
    opened.session.set_engine_status("failed")
    assert not opened.button("train_import").isEnabled()
    assert opened.button("open_import").isEnabled()


def test_every_control_has_a_name_and_a_tip_and_can_be_reached(opened: Opened) -> None:
    opened.wait_for("done")
    opened.find(QTabWidget, "import_tabs").setCurrentIndex(1)
    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox):
        for widget in opened.view.findChildren(kind):
            if widget.objectName().startswith("qt_") or not widget.isVisible():
                continue
            if type(widget).__name__ in ("QToolButton", "QTableCornerButton", "QAbstractButton"):
                continue  # of Qt's own tab bar and table
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
    reached = set()
    widget: QWidget = opened.button("cancel_import")
    for _ in range(400):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            reached.add(widget.objectName())
        widget = widget.nextInFocusChain()
    for name in (
        "width",
        "background",
        "duplicates",
        "skipped_table",
        "copy_skipped",
        "export_skipped",
        "class_list",
        "cancel_import",
        "open_import",
        "train_import",
    ):
        assert name in reached, name


def test_one_folder_without_classes_says_what_classes_would_be(qtbot: QtBot) -> None:
    opened = Opened(qtbot, "surveyed")
    opened.wait(lambda: opened.importing.survey is not None)
    opened.importing.set_survey(dataclasses.replace(opened.importing.survey, class_counts={}))
    assert opened.find(QLabel, "no_classes").isVisible()
    assert "folders" in opened.text("no_classes")
    assert not opened.find(ClassList, "class_list").isVisible()
    opened.close()
