"""Users' own pictures in the real window: their files, their splits, and one brought in alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lab_window import LabMap, LabWindow, OpenLab
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QPushButton, QTableView

from latentlab.features.open_data.skipped_dialog import SkippedDialog
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Origin, Skipped
from latentlab.widgets.images.image_strip import ImageStrip
from latentlab.widgets.images.image_view import ImageView
from latentlab.widgets.text.path_line import PathLine
from latentlab.window.toast_area import ToastArea


@pytest.fixture
def opened_urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to the desktop."""
    found: list[str] = []

    def note(url: QUrl) -> bool:
        found.append(url.toLocalFile())
        return True

    monkeypatch.setattr("latentlab.features.explore.show_file.QDesktopServices.openUrl", note)
    monkeypatch.setattr("latentlab.features.explore.show_file.sys.platform", "linux")
    return found


@pytest.fixture
def clipboard() -> Iterator[None]:
    yield
    QGuiApplication.clipboard().clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(40):
        colour = (index * 6, 255 - index * 6, 90)
        (tmp_path / f"c{index % 2}").mkdir(exist_ok=True)
        Image.new("RGB", (48, 32), colour).save(tmp_path / f"c{index % 2}" / f"{index}.png")
    return tmp_path


def own_data(folder: Path) -> ImageSet:
    files = [f"c{index % 2}/{index}.png" for index in range(40)]
    images = np.stack([np.asarray(Image.open(folder / file)) for file in files])
    skipped = tuple(Skipped(f"<b>{i}</b>.png", "empty" if i else "no picture") for i in range(9))
    splits = (np.arange(40) % 3).astype(np.int8)
    origin = Origin(str(folder), files, skipped, {(48, 32): 40}, {"RGB": 40}, 2, splits)
    labels = (np.arange(40) % 2).astype(np.int32)
    return ImageSet(str(folder), "Own", images, labels, ("<i>a</i>", "b"), origin)


def use(opened: OpenLab | LabWindow, data: ImageSet) -> None:
    opened.lab.session_controller.use_data(data)
    opened.wait(lambda: opened.lab.session.data is data)
    opened.wait(
        lambda: (
            opened.lab.map_view.index is not None and len(opened.lab.map_view.codes) == len(data)
        )
    )


def text_of(lab_window: LabWindow, name: str) -> str:
    return lab_window.control(QLabel, name).text()  # type: ignore[attr-defined]


def test_the_data_panel_says_where_the_images_come_from_and_what_was_left_out(
    lab_window: LabWindow, folder: Path, clipboard: None
) -> None:
    button = lab_window.control(QPushButton, "data_skipped")
    assert not button.isVisible()
    use(lab_window, own_data(folder))
    source = lab_window.control(PathLine, "data_source")
    assert isinstance(source, PathLine) and source.path == str(folder)
    assert text_of(lab_window, "data_size") == "40 · 48 × 32 · colour"
    assert "48 × 32: 40" in lab_window.control(QLabel, "data_size").toolTip()
    assert text_of(lab_window, "data_classes") == "2 classes · held out by the splits"
    assert isinstance(button, QPushButton) and button.text() == "9 files left out"
    button.click()
    dialog = lab_window.window.findChild(SkippedDialog)
    model = dialog.findChild(QTableView).model()
    assert model.rowCount() == 9
    assert model.index(2, 0).data() == "<b>2</b>.png"
    assert "&lt;b&gt;" in model.index(2, 0).data(Qt.ItemDataRole.ToolTipRole)
    dialog.copy()
    assert QGuiApplication.clipboard().text().splitlines()[0] == "<b>0</b>.png\tno picture"
    dialog.export(folder / "left out.csv")
    assert (folder / "left out.csv").read_text("utf-8-sig").splitlines()[
        1
    ] == "<b>0</b>.png,no picture"
    dialog.export(folder / "missing" / "x.csv")
    assert "cannot be written" in dialog.findChild(QLabel, "export_problem").text()
    dialog.close()


def test_a_selected_image_names_its_file_and_its_split(
    lab_window: LabWindow, folder: Path, opened_urls: list[str]
) -> None:
    data = own_data(folder)
    use(lab_window, data)
    lab_window.lab.explore_controller.select(4)
    path = folder / "c0" / "4.png"
    line = lab_window.control(PathLine, "image_path")
    assert isinstance(line, PathLine) and line.path == str(path)
    assert text_of(lab_window, "selected_title") == "Image 4 · <i>a</i>"
    assert text_of(lab_window, "selected_where").startswith("validation split")
    line.copy()
    assert QGuiApplication.clipboard().text() == str(path)
    lab_window.control(QPushButton, "open_file").click()  # type: ignore[attr-defined]
    lab_window.control(QPushButton, "show_in_folder").click()  # type: ignore[attr-defined]
    assert opened_urls == [str(path), str(path.parent)]
    path.unlink()
    lab_window.control(QPushButton, "open_file").click()  # type: ignore[attr-defined]
    assert len(opened_urls) == 2
    assert "still there" in text_of(lab_window, "file_problem")

    # It is shown as the model takes it.
    lab_window.lab.explore_controller.select(3)
    lab_window.wait(lambda: lab_window.lab.explorer.reconstructed is not None)
    original = lab_window.control(ImageView, "selected_image")
    assert isinstance(original, ImageView)
    assert (original.image.width(), original.image.height()) == (28, 28)
    assert original.caption == "shown as 28 × 28 grey"

    # The card under the pointer names the file.
    lab_window.window.findChild(object, "latent_map").fit()
    lab_window.lab.explorer.set_hovered(7)
    card = lab_window.window.findChild(object, "hover_card")
    lab_window.wait(card.isVisible)
    assert text_of(lab_window, "hover_file") == "7.png"

    # A member of an archive is shown, but not opened.
    opened_urls.clear()
    archive = folder / "all.zip"
    archive.write_bytes(b"PK")
    assert data.origin is not None
    origin = Origin(str(archive), data.origin.files)
    use(lab_window, ImageSet(str(archive), "Own", data.images, None, (), origin))
    lab_window.lab.explore_controller.select(1)
    line = lab_window.control(PathLine, "image_path")
    assert isinstance(line, PathLine) and line.path == f"{archive} › c1/1.png"
    assert not lab_window.control(QPushButton, "open_file").isVisible()
    lab_window.control(QPushButton, "show_in_folder").click()  # type: ignore[attr-defined]
    assert opened_urls == [str(folder)]
    assert not lab_window.map.findChild(object, "class_legend").isVisible()


def test_one_picture_dropped_is_put_on_the_map_beside_what_the_model_makes_of_it(
    lab_window: LabWindow, tmp_path: Path
) -> None:
    explorer, data = lab_window.lab.explorer, lab_window.lab.session.data
    path = tmp_path / "my <b>5.png"
    digit = np.asarray(data.images[5])
    Image.fromarray(digit[:, :, 0]).resize((280, 280), Image.Resampling.NEAREST).save(path)
    lab_window.choose_tab("Selection")
    lab_window.lab.explore_controller.select(77)
    lab_window.drop(path)
    lab_window.wait(lambda: explorer.brought is not None)
    assert lab_window.lab.session.data is data, "nothing was imported"
    assert explorer.selected is None
    assert np.allclose(explorer.z, explorer.brought.z)
    assert np.allclose(explorer.z, lab_window.lab.map_view.codes[5], atol=0.25)
    lab_window.wait(lambda: text_of(lab_window, "selected_title") == path.name)
    assert text_of(lab_window, "selected_where") == "280 × 280 L → 28 × 28 grey"
    assert "nats" in text_of(lab_window, "selected_loss")
    lab_window.wait(lambda: explorer.brought_neighbours is not None)
    strip = lab_window.control(ImageStrip, "nearest_to_brought")
    lab_window.wait(strip.isVisible)
    assert isinstance(strip, ImageStrip)
    strip.chosen.emit(0)
    assert explorer.selected == explorer.brought_neighbours.indices[0]
    lab_window.lab.explore_controller.select(None)
    assert text_of(lab_window, "selected_title") == path.name, "the picture is still there"
    lab_window.control(QPushButton, "clear_selection").click()  # type: ignore[attr-defined]
    assert explorer.brought is None


def test_its_mark_is_painted_where_its_code_lies(lab_map: LabMap, tmp_path: Path) -> None:
    explorer = lab_map.lab.explorer
    white = tmp_path / "white.png"
    Image.new("L", (28, 28), 255).save(white)
    lab_map.lab.picture_controller.bring_file(white)
    lab_map.wait(lambda: explorer.brought is not None)
    lab_map.lab.map_view.set_shown("points", False)
    lab_map.lab.map_view.set_shown("grid", False)
    lab_map.lab.explore_controller.move_to(explorer.brought.z + np.float32(0.8))
    x, y = lab_map.lab.map_view.camera.to_screen(tuple(map(float, explorer.brought.z)))
    lab_map.lab.map_view.set_camera(lab_map.lab.map_view.camera.panned(300 - x, 250 - y))
    accent = QColor(lab_map.theme.tokens.warn).rgb()
    shown = lab_map.map.grab().toImage()
    assert QColor(shown.pixel(300, 235)).rgb() == accent
    lab_map.lab.picture_controller.forget()
    shown = lab_map.map.grab().toImage()
    assert QColor(shown.pixel(300, 235)).rgb() != accent


def test_a_picture_is_pasted_as_pixels_or_as_a_file_and_refused_where_it_is_none(
    lab_window: LabWindow, tmp_path: Path, clipboard: None
) -> None:
    explorer = lab_window.lab.explorer
    image = QImage(60, 60, QImage.Format.Format_ARGB32)
    image.fill(QColor(255, 0, 0))
    QGuiApplication.clipboard().setImage(image)
    lab_window.trigger("paste_picture_action")
    lab_window.wait(lambda: explorer.brought is not None)
    assert explorer.brought.name == "Pasted picture"
    assert (explorer.brought.picture == 76).all()
    path = tmp_path / "file.png"
    image.save(str(path))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(data)
    lab_window.trigger("paste_picture_action")
    lab_window.wait(lambda: explorer.brought.source == path)

    # A damaged one is refused with its name.
    path = tmp_path / "broken.png"
    before = explorer.brought
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    lab_window.drop(path)
    lab_window.wait(lambda: any("“broken.png” cannot be shown" in s for s in lab_window.notices))
    assert explorer.brought is before

    # Without a picture on the clipboard it says so.
    (tmp_path / "a.txt").write_bytes(b"x")
    for files in ([], [path, path], [tmp_path / "a.txt"]):
        data = QMimeData()
        data.setText("no picture")
        if files:
            data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
        QGuiApplication.clipboard().setMimeData(data)
        lab_window.window.findChild(ToastArea).clear()
        assert not lab_window.notices
        lab_window.trigger("paste_picture_action")
        assert "no picture on the clipboard" in lab_window.notices[0]
        assert explorer.brought is before
