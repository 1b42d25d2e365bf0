"""The toolbar: menus, training, view and the command search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QWidget

from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.style.section import label
from latentlab.widgets.tool_pill import ToolPill
from latentlab.window.actions import ACTIONS

# Names of actions; an empty name is a separator.
_DATA = (
    "open_action",
    "open_run_action",
    "paste_picture_action",
    "",
    "open_digits_action",
    "open_emoji_action",
    "open_shapes_action",
    "downloads_action",
    "",
    "clear_cache_action",
)
_MODEL = (
    "open_action",
    "save_action",
    "",
    "open_bundled_model_action",
    "open_bundled_denoiser_action",
    "show_runs_action",
    "",
    "copy_command_action",
)
_VIEW = (
    "fit_action",
    "zoom_in_action",
    "zoom_out_action",
    "show_all_classes_action",
    "",
    "random_action",
    "undo_action",
    "redo_action",
    "",
    "theme_system_action",
    "theme_dark_action",
    "theme_light_action",
    "",
)
_VIEW_END = ("reset_layout_action", "", "shortcuts_action", "about_action", "quit_action")


class LabToolbar(QToolBar):
    """One row over the window.

    Parameters
    ----------
    actions
        All commands by name.
    docks
        Switches of the docks, for the view menu.
    icons
        Where icons come from.
    parent
        The window.

    Attributes
    ----------
    recent_menu
        Filled by the window each time it opens.
    """

    def __init__(
        self,
        actions: Mapping[str, QAction],
        docks: Sequence[QAction],
        icons: IconSource,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setObjectName("toolbar")
        self.setWindowTitle(self.tr("Toolbar"))
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        data = self._menu(self.tr("Data"), "data_menu", _DATA)
        self.recent_menu = QMenu(self.tr("Open recent"), data)
        self.recent_menu.setObjectName("recent_menu")
        self.recent_menu.setToolTipsVisible(True)
        data.insertMenu(actions["open_digits_action"], self.recent_menu)
        data.insertSeparator(actions["open_digits_action"])
        view = self._menu(self.tr("View"), "view_menu", _VIEW)
        view.addActions(list(docks))
        self._fill(view, _VIEW_END)
        self.addWidget(label("LatentLab", size="title"))
        self.addSeparator()
        for menu in (data, self._menu(self.tr("Model"), "model_menu", _MODEL), view):
            self.addWidget(ToolPill(menu=menu))
        self.addSeparator()
        self.addWidget(ToolPill(actions["train_action"], primary=True))
        self._add_icons("step_action", "stop_action")
        self.addSeparator()
        self._add_icons("fit_action", "random_action")
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.addWidget(ToolPill(actions["commands_action"], flat=True))
        for spec in ACTIONS:
            # The button of training is filled with the accent colour; the window gives its icon.
            if spec.icon and spec.name != "train_action":
                icons.bind(actions[spec.name], spec.icon)
        actions["train_action"].setIconVisibleInMenu(False)

    def _add_icons(self, *names: str) -> None:
        for name in names:
            self.addWidget(ToolPill(self._actions[name], icon_only=True))

    def _menu(self, title: str, object_name: str, names: Sequence[str]) -> QMenu:
        menu = QMenu(title, self)
        menu.setObjectName(object_name)
        menu.setToolTipsVisible(True)
        self._fill(menu, names)
        return menu

    def _fill(self, menu: QMenu, names: Sequence[str]) -> None:
        for name in names:
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
