"""The list of sets to download."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from latentlab.base.folders import downloads_folder
from latentlab.data.downloads.known import known_set
from latentlab.features.downloads.controller import DownloadController
from latentlab.features.downloads.dialog import DownloadsDialog
from latentlab.widgets.style.theme import Theme

_STALLS = "import time; time.sleep(1000) # {!r} {!r}"


def button(dialog: DownloadsDialog, name: str) -> QPushButton:
    row = dialog.findChild(object, f"offer_{name}")  # type: ignore[type-var]
    return row.button  # type: ignore[attr-defined,no-any-return]


def test_each_set_has_one_button_that_fits_its_state(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp, "dark")
    mnist = known_set("mnist")
    kmnist = known_set("kmnist")
    (downloads_folder() / "mnist").mkdir(parents=True)
    (downloads_folder() / "kmnist").mkdir(parents=True)
    for file in mnist.files:
        (mnist.folder / file.name).write_bytes(b"x")
    (kmnist.folder / kmnist.files[0].name).write_bytes(b"x")
    controller = DownloadController(script=_STALLS)
    dialog = DownloadsDialog(controller, theme)
    qtbot.addWidget(dialog)
    texts = {name: button(dialog, name).text() for name in ("mnist", "kmnist", "fashion-mnist")}
    assert texts == {"mnist": "Open", "kmnist": "Go on", "fashion-mnist": "Download"}
    with qtbot.waitSignal(dialog.openRequested) as opened:
        button(dialog, "mnist").click()
    assert opened.args == ["mnist"]
    button(dialog, "fashion-mnist").click()
    assert controller.downloading == "fashion-mnist"
    assert button(dialog, "fashion-mnist").text() == "Cancel"
    assert not button(dialog, "kmnist").isEnabled()
    button(dialog, "fashion-mnist").click()
    assert controller.downloading == ""
    assert button(dialog, "kmnist").isEnabled()
