"""Names from data, files and models are shown letter by letter wherever the window shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab_window import LabWindow
from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QTabWidget,
    QToolTip,
    QWidget,
)
from qt_turns import settle
from shiboken6 import isValid

from latentlab.base.bundled import model_path
from latentlab.features.open_data.panel import DataPanel
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Origin, Skipped
from latentlab.widgets.dialogs.details_dialog import DetailsDialog
from latentlab.widgets.text.still_label import StillLabel

NAMES = (
    "<img src=x>",
    "<b>x</b>",
    "a&b",
    "&lt;i>",
    "n" * 5000,
    "two\nlines",
    "\u202egnp.exe",
)
TAGS = ("<img src=x>", "<b>x</b>", "&lt;i>")
COUNT = 70


def hostile_data() -> ImageSet:
    """Images of digits' size, whose title, classes, files and reasons are all hostile."""
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28, 1), np.uint8)
    labels = (np.arange(COUNT) % len(NAMES)).astype(np.int32)
    files = [f"{NAMES[label]}/{NAMES[label]}{i}.png" for i, label in enumerate(labels)]
    skipped = tuple(Skipped(name, f"odd {name}") for name in NAMES)
    origin = Origin("/data/<img src=x>", files, skipped, {(28, 28): COUNT}, {"L": COUNT})
    title = "<img src=x> <b>x</b> a&b\n\u202e"
    return ImageSet("/data/<img src=x>/<b>x</b>", title, images, labels, NAMES, origin)


class Texts:
    """Everything that a window shows, with where it is from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bad: set[str] = set()
        self._where: Any = None
        monkeypatch.setattr(QToolTip, "showText", self._take_tip)

    def look_at(self, window: QWidget) -> None:
        """Take all texts of a window, and the tips at many of its places."""
        for widget in (window, *window.findChildren(QWidget)):
            if isValid(widget):
                self._look(widget)
        for action in window.findChildren(QAction):
            self._check(action, "tip", action.toolTip(), may_be_rich=True)
            self._check(action, "text", action.text(), has_mnemonic=True)

    def _look(self, widget: QWidget) -> None:
        self._check(widget, "tip", widget.toolTip(), may_be_rich=True)
        self._check(widget, "title", widget.windowTitle())
        if isinstance(widget, QLabel):
            is_plain = widget.textFormat() == Qt.TextFormat.PlainText
            self._check(widget, "text", widget.text(), may_be_rich=not is_plain)
        if isinstance(widget, StillLabel):
            self._check(widget, "text", widget.text())
        if isinstance(widget, QAbstractButton):
            self._check(widget, "text", widget.text(), has_mnemonic=True)
        if isinstance(widget, (QAbstractItemView, QComboBox)):
            for index in _indexes(widget.model()):
                tip = index.data(Qt.ItemDataRole.ToolTipRole)
                self._check(widget, "tip of a row", str(tip or ""), may_be_rich=True)
                text = index.data(Qt.ItemDataRole.DisplayRole)
                self._check(widget, "row", str(text or ""))
        if widget.isVisible() and not isinstance(widget, QMenu):
            self._where = widget
            for x in range(4, widget.width(), max(8, widget.width() // 12)):
                for y in range(4, widget.height(), max(8, widget.height() // 12)):
                    at = QPoint(x, y)
                    event = QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at))
                    QApplication.sendEvent(widget, event)

    def _take_tip(self, at: QPoint, text: str, *more: object) -> None:
        del at, more
        self._check(self._where, "tip at a place", text, may_be_rich=True)

    def _check(
        self,
        where: Any,
        what: str,
        text: str,
        *,
        may_be_rich: bool = False,
        has_mnemonic: bool = False,
    ) -> None:
        wrong = []
        if may_be_rich:
            wrong += [tag for tag in TAGS if tag in text]
        if has_mnemonic and "a&b" in text:
            wrong.append("a&b")
        if "\u202e" in text:
            wrong.append("right-to-left override")
        if what != "row" and "two\nlines" in text and "<p" not in text:
            wrong.append("end of line")
        if "tip" in what and len(text) > 1500:
            wrong.append("long")
        if wrong:
            self.bad.add(f"{type(where).__name__} “{where.objectName()}”, {what}: {wrong}")


def _indexes(model: QAbstractItemModel | None) -> Iterator[QModelIndex]:
    if model is not None:
        for row in range(min(50, model.rowCount())):
            for column in range(model.columnCount()):
                yield model.index(row, column)


@pytest.fixture
def hostile_window(lab_window: LabWindow, tmp_path: Path) -> LabWindow:
    """A window on hostile data, with a model of a hostile name, opened from a hostile folder."""
    lab = lab_window.lab
    folder = tmp_path / "<img src=x>"
    folder.mkdir()
    for name in ("<b>x</b>a&b", "<img src=x>a&b", "\u202e&lt;i>"):
        path = folder / f"{name.replace('/', '∕')}.safetensors"
        path.write_bytes(model_path("digits-vae").read_bytes())
        epoch = lab.session.session_epoch
        lab.session_controller.open_path(str(path))
        lab_window.wait(lambda epoch=epoch: lab.session.session_epoch > epoch)
    lab.session_controller.use_data(hostile_data())
    lab_window.wait(lambda: lab.session.data is not None and len(lab.session.data) == COUNT)
    lab_window.wait(lambda: lab.map_view.index is not None)
    for name in NAMES:
        lab.session_controller.noticed.emit("warn", f"“{name}” cannot be read.", f"odd {name}")
    return lab_window


@pytest.mark.qt_log_ignore("propagateSizeHints", "raise")
def test_every_name_is_plain_text_wherever_it_is_shown(
    hostile_window: LabWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, texts = hostile_window.lab, Texts(monkeypatch)
    tabs = hostile_window.control(QTabWidget, "bottom_tabs")
    assert isinstance(tabs, QTabWidget)
    hostile_window.click(hostile_window.on_screen(0))
    for index in range(len(NAMES)):
        lab.explore_controller.select(index)
        hostile_window.wait(lambda: lab.explorer.reconstructed is not None)
        if index == 0:
            for place in range(tabs.count()):
                tabs.setCurrentIndex(place)
                settle()
                texts.look_at(hostile_window.window)
        else:
            tabs.setCurrentIndex(1)
            texts.look_at(tabs.currentWidget())
    hostile_window.window._fill_recent()  # as when the menu is opened
    hostile_window.window.findChild(DataPanel).show_skipped()
    DetailsDialog("\u202e<b>x</b>", "details", hostile_window.window).show()
    for window in QApplication.topLevelWidgets():
        if isValid(window) and window is not hostile_window.window:  # Qt's own tips come and go
            texts.look_at(window)
    texts.look_at(hostile_window.window)
    assert not texts.bad, "\n".join(sorted(texts.bad))
    assert hostile_window.window.minimumSizeHint().width() <= 1440, "a long name widens nothing"
    assert hostile_window.window.width() == 1440
