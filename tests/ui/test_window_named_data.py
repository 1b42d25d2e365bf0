"""Opening data sets by name in the real window."""

from __future__ import annotations

import pytest
from lab_window import LabWindow
from PySide6.QtWidgets import QMenu

from latentlab.ui.toast_area import ToastArea


@pytest.mark.parametrize("name", ["emoji", "shapes"])
def test_the_data_menu_opens_bundled_sets(lab_window: LabWindow, name: str) -> None:
    menu = lab_window.control(QMenu, "data_menu")
    action = next(a for a in menu.actions() if a.objectName() == f"open_{name}_action")
    assert action.isEnabled()
    action.trigger()
    lab_window.wait(lambda: lab_window.lab.session.data.name == name)
    assert lab_window.lab.session.data.image_shape == (32, 32, 3)
    assert lab_window.lab.settings.recent() == [], "the menu has them anyway"
    lab_window.trigger("open_digits_action")
    lab_window.wait(lambda: lab_window.lab.session.data.name == "digits")


def test_shapes_are_drawn_and_known_sets_asked_for_by_name(lab_window: LabWindow) -> None:
    lab_window.lab.session_controller.open_path("shapes:30:2")
    lab_window.wait(lambda: len(lab_window.lab.session.data) == 30)
    lab_window.lab.session_controller.open_path("mnist")
    toasts = lab_window.window.findChild(ToastArea)
    lab_window.wait(lambda: any("latentlab data get mnist" in t.sentence for t in toasts.toasts))
    assert lab_window.lab.session.data.name == "shapes:30:2", "what was open stays open"


def test_the_model_menu_opens_bundled_models(lab_window: LabWindow) -> None:
    """The denoiser's code is a feature map of thousands of numbers; the map shows a plane of it."""
    lab = lab_window.lab
    menu = lab_window.control(QMenu, "model_menu")
    names = [action.objectName() for action in menu.actions()]
    place = names.index("open_bundled_denoiser_action")
    assert names[place - 1] == "open_bundled_model_action"
    menu.actions()[place].trigger()
    lab_window.wait(lambda: lab.session.model.name == "digits-denoiser")
    lab_window.wait(lambda: len(lab.explorer.z) == lab.session.model.document.latent_dim > 1000)
    epoch = lab.session.model.session_epoch
    lab_window.wait(lambda: getattr(lab.explorer.decoded, "session_epoch", None) == epoch)
    assert lab.explorer.decoded.image.shape == (28, 28, 1)
    lab_window.trigger("open_bundled_model_action")
    lab_window.wait(lambda: lab.session.model.name == "digits-vae")
