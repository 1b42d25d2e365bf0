"""DATA: which images are open."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.state.session import SessionModel
from latentlab.state.training import TrainingModel
from latentlab.ui.elided_label import ElidedLabel
from latentlab.ui.section import Card, label, section_title


class DataPanel(QWidget):
    """Name, count, size and classes of the open data set."""

    def __init__(
        self, session: SessionModel, training: TrainingModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("data_panel")
        self._session = session
        self._training = training
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section_title(self.tr("Data")))
        card = Card()
        self._title = ElidedLabel(size="strong")
        self._title.setObjectName("data_title")
        self._size = label(tone="muted")
        self._classes = ElidedLabel("muted")
        card.add_row(self._title, self._size)
        card.add(self._classes)
        layout.addWidget(card)
        session.dataChanged.connect(self._render)
        training.specChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        data = self._session.data
        if data is None:
            self._title.setText(self.tr("No data"))
            self._size.setText("")
            self._classes.setText(self.tr("Open or drop a data set"))
            return
        h, w, c = data.image_shape
        colour = self.tr("grey") if c == 1 else self.tr("colour")
        self._title.setText(data.title)
        self._title.setToolTip(data.name)
        self._size.setText(f"{len(data):,} · {h}×{w} · {colour}")
        held_out = self.tr("held out {:.0f} %").format(100 * self._training.spec.held_out)
        classes = (
            self.tr("{:,} classes").format(len(data.class_names))
            if data.class_names
            else self.tr("no classes")
        )
        self._classes.setText(f"{classes} · {held_out}")
