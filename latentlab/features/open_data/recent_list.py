"""What was opened last, folded away until it is wanted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.widgets.form.disclosure import Disclosure
from latentlab.widgets.style.tone import set_look
from latentlab.widgets.text.plain_text import plain_button, plain_tooltip
from latentlab.workspace.session import Session
from latentlab.workspace.session_controller import SessionController
from latentlab.workspace.training_state import Training

_MOST = 6
_TEXT_PX = 190


class _RecentButton(QPushButton):
    """Opens one path again."""

    chosen = Signal(str)

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        set_look(self, "flat", "true")
        self.setStyleSheet("text-align: left;")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        name = shown_name(Path(path).name or path)
        self.ensurePolished()
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _TEXT_PX)
        self.setText(plain_button(shown))
        self.setAccessibleName(self.tr("Open {}").format(name))
        self.setToolTip(plain_tooltip(shown_name(path)))
        self.clicked.connect(self._choose)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self._path)


class RecentList(QWidget):
    """The last few data sets and models, newest first; nothing while there are none."""

    def __init__(
        self,
        session: Session,
        training: Training,
        controller: SessionController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._training = training
        self._controller = controller
        self._shown: list[str] = []
        self._buttons: list[_RecentButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._fold = Disclosure(self.tr("Recent"), self.tr("Data sets and models opened last"))
        self._fold.setObjectName("recent_list")
        layout.addWidget(self._fold)
        session.dataChanged.connect(self._render)
        session.modelChanged.connect(self._render)
        session.savedChanged.connect(self._render)
        self._fold.toggled.connect(self._render)
        training.statusChanged.connect(self._render_enabled)
        self._render()

    @Slot()
    def _render(self) -> None:
        paths = self._controller.recent()[:_MOST]
        if paths != self._shown:
            self._shown = paths
            for button in self._buttons:
                button.setParent(None)
                button.deleteLater()
            self._buttons = [_RecentButton(path) for path in paths]
            for button in self._buttons:
                button.chosen.connect(self._open)
                self._fold.body.addWidget(button)
        self.setVisible(bool(paths))
        self._render_enabled()

    @Slot()
    def _render_enabled(self) -> None:
        for button in self._buttons:
            button.setEnabled(not self._training.is_active)

    @Slot(str)
    def _open(self, path: str) -> None:
        self._controller.open_path(path)
