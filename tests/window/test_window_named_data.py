"""Opening data sets and models by name, in the real window."""

from __future__ import annotations

from lab_window import LabWindow, OpenLab
from PySide6.QtWidgets import QMenu

from latentlab.images.image_set import ImageSet


def test_the_menus_open_bundled_sets_and_models(
    lab_window: LabWindow, few_digits: ImageSet
) -> None:
    for name in ("emoji", "shapes"):
        _the_data_menu_opens(lab_window, name)
    # A wide model takes seconds for all of the digits.
    lab_window.lab.session_controller.use_data(few_digits)
    _the_model_menu_opens_bundled_models(lab_window)


def _the_data_menu_opens(lab_window: LabWindow, name: str) -> None:
    menu = lab_window.control(QMenu, "data_menu")
    action = next(a for a in menu.actions() if a.objectName() == f"open_{name}_action")
    assert action.isEnabled()
    action.trigger()
    lab_window.wait(lambda: lab_window.lab.session.data.name == name)
    assert lab_window.lab.session.data.image_shape == (32, 32, 3)
    assert lab_window.lab.settings.recent() == [], "the menu has them anyway"
    lab_window.trigger("open_digits_action")
    lab_window.wait(lambda: lab_window.lab.session.data.name == "digits")


def test_shapes_are_drawn_and_known_sets_asked_for_by_name(open_lab: OpenLab) -> None:
    open_lab.lab.session_controller.open_path("shapes:30:2")
    open_lab.wait(lambda: len(open_lab.lab.session.data) == 30)
    open_lab.lab.session_controller.open_path("mnist")
    open_lab.wait(lambda: any("latentlab data get mnist" in said for said in open_lab.notices))
    assert open_lab.lab.session.data.name == "shapes:30:2", "what was open stays open"


def _the_model_menu_opens_bundled_models(lab_window: LabWindow) -> None:
    """The denoiser's code is a feature map of thousands of numbers; the map shows a plane of it."""
    lab = lab_window.lab
    menu = lab_window.control(QMenu, "model_menu")
    names = [action.objectName() for action in menu.actions()]
    place = names.index("open_bundled_denoiser_action")
    assert names[place - 1] == "open_bundled_model_action"
    menu.actions()[place].trigger()
    lab_window.wait(lambda: lab.session.model.name == "digits-denoiser")
    assert lab_window.window.windowTitle() == "Few digits · digits-denoiser — LatentLab"
    lab_window.wait(lambda: len(lab.explorer.z) == lab.session.model.document.latent_dim > 1000)
    epoch = lab.session.model.session_epoch
    lab_window.wait(lambda: getattr(lab.explorer.decoded, "session_epoch", None) == epoch)
    assert lab.explorer.decoded.image.shape == (28, 28, 1)
    lab_window.trigger("open_bundled_model_action")
    lab_window.wait(lambda: lab.session.model.name == "digits-vae")
