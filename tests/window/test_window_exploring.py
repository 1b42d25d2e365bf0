"""What the hand does on the map with the real compute thread, alone and in the window."""

from __future__ import annotations

import numpy as np
from lab_window import LabMap, LabWindow, OpenLab
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from latentlab.engine.cursor_messages import Decoded
from latentlab.widgets.images.image_view import ImageView
from latentlab.widgets.text.meter import Meter


def painted_sequences(lab_window: LabWindow) -> list[int]:
    painted: list[int] = []
    view = lab_window.window.findChild(ImageView, "decoded_image")
    view.painted.connect(painted.append)
    return painted


def test_the_bundled_map_is_shown_before_torch_and_a_drag_paints_newer_and_newer_pictures(
    qtbot: QtBot,
) -> None:
    opened = LabWindow(qtbot)
    session, view = opened.lab.session, opened.lab.map_view
    assert session.engine_status == "loading"
    assert session.data is not None and len(session.data) == 10_000
    assert view.codes.shape == (10_000, 2) and np.isfinite(view.codes).all()
    assert view.mosaic is not None and view.mosaic.pixels.any()
    assert opened.window.windowTitle() == "Digits · digits-vae — LatentLab"
    opened.wait_ready()
    painted = painted_sequences(opened)
    opened.press((300, 200))
    # The hand never rests: with "drop unless newest" next to nothing would be painted. How many
    # moves 20 pictures take depends on the machine; a busy one is given many.
    moves = 0
    while len(set(painted)) < 20 and moves < 500:
        at = (300 + 3 * (moves % 60), 200 + moves % 60)
        opened.move(at)
        opened.rest()
        moves += 1
    opened.release(at)
    opened.wait(lambda: painted and painted[-1] == opened.lab.explorer.decoded.sequence)
    assert painted == sorted(painted)
    assert len(set(painted)) >= 20
    end = view.camera.to_latent(at)
    opened.wait(lambda: np.allclose(opened.lab.explorer.decoded.z, end, atol=1e-4))
    opened.close()


def test_the_panels_and_commands_beside_the_map(lab_window: LabWindow) -> None:
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

    # support falls away from the data
    meter = lab_window.control(Meter, "support_meter")
    lab_window.lab.explore_controller.move_to(np.median(lab_window.lab.map_view.codes, 0))
    lab_window.wait(lambda: meter.share > 0.5)
    lab_window.lab.explore_controller.move_to(np.array([40.0, 40.0], np.float32))
    lab_window.wait(lambda: meter.share == 0)
    assert lab_window.window.findChild(object, "verdict").text() == "Far from data"

    # steps of the cursor are taken back and done again
    lab_window.qtbot.keyClick(lab_window.map, Qt.Key.Key_Right)
    first = explorer.z.tolist()
    lab_window.qtbot.keyClick(lab_window.map, Qt.Key.Key_Up)
    second = explorer.z.tolist()
    lab_window.trigger("undo_action")
    assert explorer.z.tolist() == first != second
    lab_window.trigger("redo_action")
    assert explorer.z.tolist() == second

    # the whole map, and all classes
    view = lab_window.lab.map_view
    fitted = view.camera
    lab_window.map._zoom(2.0, (100.0, 100.0))
    view.set_dimmed_classes(frozenset({3}))
    lab_window.trigger("fit_action")
    lab_window.trigger("show_all_classes_action")
    assert np.isclose(view.camera.scale, fitted.scale)
    assert not view.dimmed_classes


def test_an_answer_of_another_model_or_an_older_one_is_not_shown(open_lab: OpenLab) -> None:
    explorer, session = open_lab.lab.explorer, open_lab.lab.session
    shown = explorer.decoded
    black = np.zeros((28, 28, 1), np.uint8)
    older = Decoded(session.session_epoch, shown.sequence - 1, shown.z, black, 0, 1.0, 0.0, True)
    foreign = Decoded(
        session.session_epoch + 1, shown.sequence + 9, shown.z, black, 0, 1.0, 0.0, True
    )
    for answer in (older, foreign):
        open_lab.lab.compute.resulted.emit(answer)
        assert explorer.decoded is shown


def test_a_click_on_a_point_selects_it_beside_its_reconstruction(lab_map: LabMap) -> None:
    explorer = lab_map.lab.explorer
    lab_map.click(lab_map.on_screen(4321))
    assert explorer.selected is not None
    data = lab_map.lab.session.data
    code = lab_map.lab.map_view.codes[explorer.selected]
    lab_map.wait(lambda: explorer.reconstructed is not None)
    assert np.allclose(explorer.reconstructed.z, code, atol=1e-3)
    original = data.images[explorer.selected].astype(float)
    other = data.images[(explorer.selected + 1) % len(data)].astype(float)
    rebuilt = explorer.reconstructed.image.astype(float)
    assert np.mean((rebuilt - original) ** 2) < np.mean((rebuilt - other) ** 2)
    lab_map.qtbot.keyClick(lab_map.map, Qt.Key.Key_Escape)
    assert explorer.selected is None


def test_shift_snaps_to_the_nearest_point(lab_map: LabMap) -> None:
    x, y = lab_map.on_screen(77)
    lab_map.press((x + 1, y), modifiers=Qt.KeyboardModifier.ShiftModifier)
    lab_map.release((x + 1, y))
    z = lab_map.lab.explorer.z
    assert (lab_map.lab.map_view.codes == z).all(1).any()


def test_hover_shows_a_ring_at_once_and_then_a_card(lab_map: LabMap) -> None:
    card = lab_map.map.findChild(object, "hover_card")
    lab_map.move(lab_map.on_screen(10), button=Qt.MouseButton.NoButton)
    assert lab_map.lab.explorer.hovered is not None
    assert not card.isVisible()
    lab_map.wait(card.isVisible)
    lab_map.move((3, 3), button=Qt.MouseButton.NoButton)
    if lab_map.lab.explorer.hovered is None:
        assert not card.isVisible()


def test_arrow_keys_move_the_cursor_and_join_the_trail(lab_map: LabMap) -> None:
    explorer, trail = lab_map.lab.explorer, lab_map.lab.trail
    before = explorer.z.copy()
    lab_map.qtbot.keyClick(lab_map.map, Qt.Key.Key_Right)
    lab_map.qtbot.keyClick(lab_map.map, Qt.Key.Key_Up)
    step = 10 / lab_map.lab.map_view.camera.scale
    assert np.allclose(explorer.z - before, [step, step], atol=1e-5)
    assert len(trail.visits) == 2
    lab_map.lab.explore_controller.undo()
    assert np.allclose(explorer.z - before, [step, 0], atol=1e-5)
    lab_map.lab.explore_controller.redo()
    assert np.allclose(explorer.z - before, [step, step], atol=1e-5)


def test_a_greyed_class_stays_on_the_map(lab_map: LabMap) -> None:
    chip = lab_map.map.findChild(object, "class_3")
    before = lab_map.map.grab().toImage()
    chip.click()
    assert lab_map.lab.map_view.dimmed_classes == {3}
    after = lab_map.map.grab().toImage()
    index = int(np.flatnonzero(lab_map.lab.session.data.labels == 3)[0])
    x, y = (round(v) for v in lab_map.on_screen(index))
    background = lab_map.map.grab().toImage().pixelColor(2, lab_map.map.height() - 3)
    assert before != after
    assert after.pixelColor(x, y) != background


def test_the_wheel_zooms_about_the_pointer_and_fit_returns(lab_map: LabMap) -> None:
    view = lab_map.lab.map_view
    fitted = view.camera
    under = fitted.to_latent((100.0, 100.0))
    lab_map.map._zoom(1.2**3, (100.0, 100.0))
    assert view.camera.scale > fitted.scale
    assert np.allclose(view.camera.to_latent((100.0, 100.0)), under, atol=1e-6)
    lab_map.map.fit()
    assert np.isclose(view.camera.scale, fitted.scale)


def test_the_grid_covers_the_view_and_refines_after_a_zoom(lab_map: LabMap) -> None:
    view = lab_map.lab.map_view
    lab_map.map._zoom(4.0, (200.0, 200.0))
    lab_map.map._zoom(4.0, (200.0, 200.0))
    lab_map.wait(lambda: len(view.mosaic.stale_keys(0)) == 0)
    block, (left, bottom, right, top) = view.mosaic.block, view.camera.bounds()
    assert block.left * block.side <= left and block.right * block.side >= right
    assert block.bottom * block.side <= bottom and block.top * block.side >= top
    assert 24 <= block.side * view.camera.scale < 48


def test_a_drag_with_the_right_button_pans(lab_map: LabMap) -> None:
    view, z = lab_map.lab.map_view, lab_map.lab.explorer.z.copy()
    before = view.camera
    lab_map.press((300, 200), button=Qt.MouseButton.RightButton)
    lab_map.move((340, 180), button=Qt.MouseButton.RightButton)
    lab_map.release((340, 180), button=Qt.MouseButton.RightButton)
    assert view.camera == before.panned(40, -20)
    assert (lab_map.lab.explorer.z == z).all()
