"""All commands of the window in one table: text, keys, icon, tooltip, group."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence

_CONTEXT = "Actions"


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark a text for the translators; Qt's own marker has no usable type."""
    del context
    return text


@dataclass(frozen=True)
class ActionSpec:
    """One command.

    Attributes
    ----------
    name
        The action's ``objectName``.
    text, tooltip
        Words, to be translated.
    keys
        Shortcuts, portable notation.
    icon
        File name in ``resources/icons`` without ``.svg``, empty for none.
    group
        Title under which lists show it.
    checkable
        Whether it is a switch.
    """

    name: str
    text: str
    tooltip: str
    group: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False


_DATA = QT_TRANSLATE_NOOP("Actions", "Data")
_MODEL = QT_TRANSLATE_NOOP("Actions", "Model")
_TRAINING = QT_TRANSLATE_NOOP("Actions", "Training")
_MAP = QT_TRANSLATE_NOOP("Actions", "Map")
_VIEW = QT_TRANSLATE_NOOP("Actions", "View")
_HELP = QT_TRANSLATE_NOOP("Actions", "Help")

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open_action",
        QT_TRANSLATE_NOOP("Actions", "&Open…"),
        QT_TRANSLATE_NOOP("Actions", "Open a model file or a data set"),
        _DATA,
        ("Ctrl+O",),
        "folder-open",
    ),
    ActionSpec(
        "open_run_action",
        QT_TRANSLATE_NOOP("Actions", "Open &folder…"),
        QT_TRANSLATE_NOOP("Actions", "Open a run folder or a folder of IDX files"),
        _DATA,
        ("Ctrl+Shift+O",),
        "folder-open",
    ),
    ActionSpec(
        "open_digits_action",
        QT_TRANSLATE_NOOP("Actions", "Bundled &digits"),
        QT_TRANSLATE_NOOP("Actions", "Open the 10,000 digits that come with the program"),
        _DATA,
        (),
        "database",
    ),
    ActionSpec(
        "open_emoji_action",
        QT_TRANSLATE_NOOP("Actions", "Bundled &emoji"),
        QT_TRANSLATE_NOOP("Actions", "Open the 1,892 colour emoji that come with the program"),
        _DATA,
        (),
        "database",
    ),
    ActionSpec(
        "open_shapes_action",
        QT_TRANSLATE_NOOP("Actions", "Drawn &shapes"),
        QT_TRANSLATE_NOOP("Actions", "Draw 6,000 shapes whose form, colour and place are known"),
        _DATA,
        (),
        "database",
    ),
    ActionSpec(
        "downloads_action",
        QT_TRANSLATE_NOOP("Actions", "&Well-known sets…"),
        QT_TRANSLATE_NOOP("Actions", "Download and open MNIST, Fashion-MNIST or KMNIST"),
        _DATA,
        (),
        "database",
    ),
    ActionSpec(
        "clear_cache_action",
        QT_TRANSLATE_NOOP("Actions", "&Clear picture cache"),
        QT_TRANSLATE_NOOP(
            "Actions", "Remove the packed copies of pictures; they are made again when needed"
        ),
        _DATA,
        (),
        "eraser",
    ),
    ActionSpec(
        "open_bundled_model_action",
        QT_TRANSLATE_NOOP("Actions", "Bundled digits &VAE"),
        QT_TRANSLATE_NOOP(
            "Actions", "Open the variational autoencoder that comes with the program"
        ),
        _MODEL,
        (),
        "box",
    ),
    ActionSpec(
        "open_bundled_denoiser_action",
        QT_TRANSLATE_NOOP("Actions", "Bundled digits &denoiser"),
        QT_TRANSLATE_NOOP("Actions", "Open the denoising autoencoder that comes with the program"),
        _MODEL,
        (),
        "box",
    ),
    ActionSpec(
        "save_action",
        QT_TRANSLATE_NOOP("Actions", "&Save model…"),
        QT_TRANSLATE_NOOP("Actions", "Save the open model to a file"),
        _MODEL,
        ("Ctrl+S",),
        "save",
    ),
    ActionSpec(
        "show_runs_action",
        QT_TRANSLATE_NOOP("Actions", "Show &runs folder"),
        QT_TRANSLATE_NOOP("Actions", "Show the folder with all training runs"),
        _MODEL,
        (),
        "history",
    ),
    ActionSpec(
        "train_action",
        QT_TRANSLATE_NOOP("Actions", "Train"),
        QT_TRANSLATE_NOOP("Actions", "Start a training run; pause it; go on"),
        _TRAINING,
        ("Ctrl+T",),
        "play",
    ),
    ActionSpec(
        "step_action",
        QT_TRANSLATE_NOOP("Actions", "Single step"),
        QT_TRANSLATE_NOOP("Actions", "Do one optimiser step and pause"),
        _TRAINING,
        ("Ctrl+Shift+T",),
        "step-forward",
    ),
    ActionSpec(
        "stop_action",
        QT_TRANSLATE_NOOP("Actions", "Stop"),
        QT_TRANSLATE_NOOP("Actions", "End the run and keep its best model"),
        _TRAINING,
        ("Ctrl+.",),
        "square",
    ),
    ActionSpec(
        "copy_command_action",
        QT_TRANSLATE_NOOP("Actions", "&Copy as command line"),
        QT_TRANSLATE_NOOP("Actions", "Copy the same training run as a line for a shell"),
        _TRAINING,
        ("Ctrl+Shift+L",),
        "copy",
    ),
    ActionSpec(
        "fit_action",
        QT_TRANSLATE_NOOP("Actions", "&Fit all points"),
        QT_TRANSLATE_NOOP("Actions", "Show all points of the map"),
        _MAP,
        ("Ctrl+0",),
        "maximize",
    ),
    ActionSpec(
        "zoom_in_action",
        QT_TRANSLATE_NOOP("Actions", "Zoom &in"),
        QT_TRANSLATE_NOOP("Actions", "Zoom in about the cursor"),
        _MAP,
        ("Ctrl++", "Ctrl+="),
        "plus",
    ),
    ActionSpec(
        "zoom_out_action",
        QT_TRANSLATE_NOOP("Actions", "Zoom &out"),
        QT_TRANSLATE_NOOP("Actions", "Zoom out about the cursor"),
        _MAP,
        ("Ctrl+-",),
        "minus",
    ),
    ActionSpec(
        "show_all_classes_action",
        QT_TRANSLATE_NOOP("Actions", "Show all &classes"),
        QT_TRANSLATE_NOOP("Actions", "Grey no class"),
        _MAP,
        (),
        "filter",
    ),
    ActionSpec(
        "undo_action",
        QT_TRANSLATE_NOOP("Actions", "&Undo move"),
        QT_TRANSLATE_NOOP("Actions", "Go back to the place visited before"),
        _MAP,
        ("Ctrl+Z",),
        "undo-2",
    ),
    ActionSpec(
        "redo_action",
        QT_TRANSLATE_NOOP("Actions", "&Redo move"),
        QT_TRANSLATE_NOOP("Actions", "Go to the place visited after"),
        _MAP,
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "redo-2",
    ),
    ActionSpec(
        "clear_trail_action",
        QT_TRANSLATE_NOOP("Actions", "Clear trail"),
        QT_TRANSLATE_NOOP("Actions", "Forget all visited places"),
        _MAP,
        (),
        "trash-2",
    ),
    ActionSpec(
        "random_action",
        QT_TRANSLATE_NOOP("Actions", "Random &point of the prior"),
        QT_TRANSLATE_NOOP(
            "Actions",
            "Put the cursor on a random sample of the model’s prior, or of the density fitted to "
            "its codes",
        ),
        _MAP,
        ("Ctrl+R",),
        "shuffle",
    ),
    ActionSpec(
        "copy_z_action",
        QT_TRANSLATE_NOOP("Actions", "Copy &z"),
        QT_TRANSLATE_NOOP("Actions", "Copy the code at the cursor"),
        _MAP,
        ("Ctrl+Shift+C",),
        "copy",
    ),
    ActionSpec(
        "paste_z_action",
        QT_TRANSLATE_NOOP("Actions", "&Paste z"),
        QT_TRANSLATE_NOOP("Actions", "Go to the code on the clipboard"),
        _MAP,
        ("Ctrl+Shift+V",),
        "clipboard-paste",
    ),
    ActionSpec(
        "type_z_action",
        QT_TRANSLATE_NOOP("Actions", "&Type z"),
        QT_TRANSLATE_NOOP("Actions", "Put the keyboard into the code field"),
        _MAP,
        ("Ctrl+L",),
        "keyboard",
    ),
    ActionSpec(
        "paste_picture_action",
        QT_TRANSLATE_NOOP("Actions", "Paste p&icture"),
        QT_TRANSLATE_NOOP("Actions", "Encode the picture on the clipboard and show it on the map"),
        _MAP,
        ("Ctrl+V",),
        "clipboard-paste",
    ),
    ActionSpec(
        "commands_action",
        QT_TRANSLATE_NOOP("Actions", "Search commands"),
        QT_TRANSLATE_NOOP("Actions", "Find and run any command"),
        _VIEW,
        ("Ctrl+K",),
        "search",
    ),
    ActionSpec(
        "theme_system_action",
        QT_TRANSLATE_NOOP("Actions", "Theme: as the system"),
        QT_TRANSLATE_NOOP("Actions", "Light or dark as the system says"),
        _VIEW,
        (),
        "monitor",
        checkable=True,
    ),
    ActionSpec(
        "theme_dark_action",
        QT_TRANSLATE_NOOP("Actions", "Theme: dark"),
        QT_TRANSLATE_NOOP("Actions", "Dark colours"),
        _VIEW,
        (),
        "moon",
        checkable=True,
    ),
    ActionSpec(
        "theme_light_action",
        QT_TRANSLATE_NOOP("Actions", "Theme: light"),
        QT_TRANSLATE_NOOP("Actions", "Light colours"),
        _VIEW,
        (),
        "sun",
        checkable=True,
    ),
    ActionSpec(
        "reset_layout_action",
        QT_TRANSLATE_NOOP("Actions", "Reset panels"),
        QT_TRANSLATE_NOOP("Actions", "Put all panels back where they were at first"),
        _VIEW,
        (),
        "panel-left",
    ),
    ActionSpec(
        "shortcuts_action",
        QT_TRANSLATE_NOOP("Actions", "Keys and gestures"),
        QT_TRANSLATE_NOOP("Actions", "List all shortcuts and mouse gestures"),
        _HELP,
        ("F1",),
        "keyboard",
    ),
    ActionSpec(
        "about_action",
        QT_TRANSLATE_NOOP("Actions", "About LatentLab"),
        QT_TRANSLATE_NOOP("Actions", "Version and licences"),
        _HELP,
        (),
        "info",
    ),
    ActionSpec(
        "quit_action",
        QT_TRANSLATE_NOOP("Actions", "&Quit"),
        QT_TRANSLATE_NOOP("Actions", "Save a running training and close the window"),
        _VIEW,
        ("Ctrl+Q",),
        "log-out",
    ),
)


def make_actions(parent: QObject) -> dict[str, QAction]:
    """Return all actions by name, without icons and connections."""
    made: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(QCoreApplication.translate(_CONTEXT, spec.text), parent)
        action.setObjectName(spec.name)
        tooltip = QCoreApplication.translate(_CONTEXT, spec.tooltip)
        action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        shown = ", ".join(
            s.toString(QKeySequence.SequenceFormat.NativeText) for s in action.shortcuts()
        )
        action.setToolTip(f"{tooltip} ({shown})" if shown else tooltip)
        action.setStatusTip(tooltip)
        action.setCheckable(spec.checkable)
        action.setProperty("group", QCoreApplication.translate(_CONTEXT, spec.group))
        made[spec.name] = action
    return made
