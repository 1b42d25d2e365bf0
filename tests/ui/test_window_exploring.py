"""What the hand does on the map of the real window, with the real compute thread."""

from __future__ import annotations

import numpy as np
from lab_window import LabWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from latentlab.core.messages import Decoded
from latentlab.ui.image_view import ImageView
from latentlab.ui.meter import Meter


def painted_sequences(lab_window: LabWindow) -> list[int]:
    painted: list[int] = []
    view = lab_window.window.findChild(ImageView, "decoded_image")
    view.painted.connect(painted.append)
    return painted


def test_the_bundled_map_is_shown_before_torch(qtbot: QtBot) -> None:
    opened = LabWindow(qtbot)
    session, view = opened.lab.session, opened.lab.map_view
    assert session.engine_status == "loading"
    assert session.data is not None and len(session.data) == 10_000
    assert view.codes.shape == (10_000, 2) and np.isfinite(view.codes).all()
    assert view.mosaic is not None and view.mosaic.pixels.any()
    assert opened.window.windowTitle() == "Digits · digits-vae — LatentLab"
    opened.wait_ready()
    opened.close()


def test_a_drag_paints_many_pictures_and_never_an_older_one(lab_window: LabWindow) -> None:
    painted = painted_sequences(lab_window)
    lab_window.press((300, 200))
    # The hand never rests: with "drop unless newest" next to nothing would be painted. How many
    # moves 20 pictures take depends on the machine; a busy one is given many.
    moves = 0
    while len(set(painted)) < 20 and moves < 500:
        at = (300 + 3 * (moves % 60), 200 + moves % 60)
        lab_window.move(at)
        lab_window.qtbot.wait(8)
        moves += 1
    lab_window.release(at)
    lab_window.wait(lambda: painted and painted[-1] == lab_window.lab.explorer.decoded.sequence)
    assert painted == sorted(painted)
    assert len(set(painted)) >= 20
    end = lab_window.lab.map_view.camera.to_latent(at)
    lab_window.wait(lambda: np.allclose(lab_window.lab.explorer.decoded.z, end, atol=1e-4))


def test_an_answer_of_another_model_or_an_older_one_is_not_shown(lab_window: LabWindow) -> None:
    explorer, session = lab_window.lab.explorer, lab_window.lab.session
    shown = explorer.decoded
    black = np.zeros((28, 28, 1), np.uint8)
    older = Decoded(session.session_epoch, shown.sequence - 1, shown.z, black, 0, 1.0, 0.0, True)
    foreign = Decoded(
        session.session_epoch + 1, shown.sequence + 9, shown.z, black, 0, 1.0, 0.0, True
    )
    for answer in (older, foreign):
        lab_window.lab.compute.resulted.emit(answer)
        assert explorer.decoded is shown


def test_a_click_on_a_point_selects_it_beside_its_reconstruction(lab_window: LabWindow) -> None:
    explorer = lab_window.lab.explorer
    lab_window.click(lab_window.on_screen(4321))
    assert explorer.selected is not None
    data = lab_window.lab.session.data
    code = lab_window.lab.map_view.codes[explorer.selected]
    lab_window.wait(lambda: explorer.reconstructed is not None)
    assert np.allclose(explorer.reconstructed.z, code, atol=1e-3)
    original = data.images[explorer.selected].astype(float)
    other = data.images[(explorer.selected + 1) % len(data)].astype(float)
    rebuilt = explorer.reconstructed.image.astype(float)
    assert np.mean((rebuilt - original) ** 2) < np.mean((rebuilt - other) ** 2)
    lab_window.qtbot.keyClick(lab_window.map, Qt.Key.Key_Escape)
    assert explorer.selected is None


def test_shift_snaps_to_the_nearest_point(lab_window: LabWindow) -> None:
    x, y = lab_window.on_screen(77)
    lab_window.press((x + 1, y), modifiers=Qt.KeyboardModifier.ShiftModifier)
    lab_window.release((x + 1, y))
    z = lab_window.lab.explorer.z
    assert (lab_window.lab.map_view.codes == z).all(1).any()


def test_hover_shows_a_ring_at_once_and_then_a_card(lab_window: LabWindow) -> None:
    card = lab_window.window.findChild(object, "hover_card")
    lab_window.move(lab_window.on_screen(10), button=Qt.MouseButton.NoButton)
    assert lab_window.lab.explorer.hovered is not None
    assert not card.isVisible()
    lab_window.wait(card.isVisible)
    lab_window.move((3, 3), button=Qt.MouseButton.NoButton)
    if lab_window.lab.explorer.hovered is None:
        assert not card.isVisible()


def test_arrow_keys_move_the_cursor_and_join_the_trail(lab_window: LabWindow) -> None:
    explorer, trail = lab_window.lab.explorer, lab_window.lab.trail
    before = explorer.z.copy()
    lab_window.qtbot.keyClick(lab_window.map, Qt.Key.Key_Right)
    lab_window.qtbot.keyClick(lab_window.map, Qt.Key.Key_Up)
    step = 10 / lab_window.lab.map_view.camera.scale
    assert np.allclose(explorer.z - before, [step, step], atol=1e-5)
    assert len(trail.visits) == 2
    lab_window.trigger("undo_action")
    assert np.allclose(explorer.z - before, [step, 0], atol=1e-5)
    lab_window.trigger("redo_action")
    assert np.allclose(explorer.z - before, [step, step], atol=1e-5)


def test_z_is_typed_copied_and_pasted(lab_window: LabWindow) -> None:
    explorer = lab_window.lab.explorer
    field = lab_window.control(QLineEdit, "z_input")
    field.setText("0.25; -1.5")
    lab_window.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert explorer.z.tolist() == [0.25, -1.5]
    lab_window.trigger("copy_z_action")
    text = QGuiApplication.clipboard().text()
    lab_window.lab.explore_controller.move_to(np.zeros(2, np.float32))
    QGuiApplication.clipboard().setText(text)
    lab_window.trigger("paste_z_action")
    assert explorer.z.tolist() == [0.25, -1.5]
    error = lab_window.window.findChild(object, "z_error")
    for wrong in ("", "1", "1 2 3", "nan, 0", "inf 0", "1e99, 0", "hello"):
        field.setText(wrong)
        lab_window.qtbot.keyClick(field, Qt.Key.Key_Return)
        assert explorer.z.tolist() == [0.25, -1.5]
        assert error.isVisible() and error.text()


def test_support_falls_away_from_the_data(lab_window: LabWindow) -> None:
    meter = lab_window.control(Meter, "support_meter")
    lab_window.lab.explore_controller.move_to(np.median(lab_window.lab.map_view.codes, 0))
    lab_window.wait(lambda: meter.share > 0.5)
    lab_window.lab.explore_controller.move_to(np.array([40.0, 40.0], np.float32))
    lab_window.wait(lambda: meter.share == 0)
    assert lab_window.window.findChild(object, "verdict").text() == "Far from data"


def test_a_greyed_class_stays_on_the_map(lab_window: LabWindow) -> None:
    chip = lab_window.window.findChild(object, "class_3")
    before = lab_window.map.grab().toImage()
    chip.click()
    assert lab_window.lab.map_view.dimmed_classes == {3}
    after = lab_window.map.grab().toImage()
    index = int(np.flatnonzero(lab_window.lab.session.data.labels == 3)[0])
    x, y = (round(v) for v in lab_window.on_screen(index))
    background = lab_window.map.grab().toImage().pixelColor(2, lab_window.map.height() - 3)
    assert before != after
    assert after.pixelColor(x, y) != background
    lab_window.trigger("show_all_classes_action")
    assert not lab_window.lab.map_view.dimmed_classes


def test_the_wheel_zooms_about_the_pointer_and_fit_returns(lab_window: LabWindow) -> None:
    view = lab_window.lab.map_view
    fitted = view.camera
    under = fitted.to_latent((100.0, 100.0))
    lab_window.map._zoom(1.2**3, (100.0, 100.0))
    assert view.camera.scale > fitted.scale
    assert np.allclose(view.camera.to_latent((100.0, 100.0)), under, atol=1e-6)
    lab_window.trigger("fit_action")
    assert np.isclose(view.camera.scale, fitted.scale)


def test_the_grid_covers_the_view_and_refines_after_a_zoom(lab_window: LabWindow) -> None:
    view = lab_window.lab.map_view
    lab_window.map._zoom(4.0, (200.0, 200.0))
    lab_window.map._zoom(4.0, (200.0, 200.0))
    lab_window.wait(lambda: len(view.mosaic.stale_keys(0)) == 0)
    block, (left, bottom, right, top) = view.mosaic.block, view.camera.bounds()
    assert block.left * block.side <= left and block.right * block.side >= right
    assert block.bottom * block.side <= bottom and block.top * block.side >= top
    assert 24 <= block.side * view.camera.scale < 48


def test_a_drag_with_the_right_button_pans(lab_window: LabWindow) -> None:
    view, z = lab_window.lab.map_view, lab_window.lab.explorer.z.copy()
    before = view.camera
    lab_window.press((300, 200), button=Qt.MouseButton.RightButton)
    lab_window.move((340, 180), button=Qt.MouseButton.RightButton)
    lab_window.release((340, 180), button=Qt.MouseButton.RightButton)
    assert view.camera == before.panned(40, -20)
    assert (lab_window.lab.explorer.z == z).all()
