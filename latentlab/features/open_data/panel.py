"""DATA: which images are open, where they come from, and what was open before."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.features.open_data.recent_list import RecentList
from latentlab.features.open_data.skipped_dialog import SkippedDialog
from latentlab.images.image_set import ImageSet
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.path_line import PathLine
from latentlab.widgets.text.plain_text import plain_tooltip
from latentlab.workspace.session import Session
from latentlab.workspace.session_controller import SessionController
from latentlab.workspace.training_state import Training

_MOST_SIZES = 8


class DataPanel(QWidget):
    """Name, count, size, classes and source of the open data set, and the recent ones."""

    def __init__(
        self,
        session: Session,
        training: Training,
        controller: SessionController,
        parent: QWidget | None = None,
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
        self._size.setObjectName("data_size")
        self._classes = ElidedLabel("muted")
        self._classes.setObjectName("data_classes")
        self._source = PathLine(self.tr("Source of the images"))
        self._source.setObjectName("data_source")
        self._skipped = QPushButton()
        self._skipped.setObjectName("data_skipped")
        self._skipped.setProperty("chip", "true")
        self._skipped.setToolTip(self.tr("List the files that were left out, and why"))
        self._skipped.clicked.connect(self.show_skipped)
        card.add_row(self._title, self._size)
        card.add(self._classes)
        card.add(self._source)
        card.add_row(self._skipped, QWidget())
        self._recent = RecentList(session, training, controller)
        card.add(self._recent)
        layout.addWidget(card)
        session.dataChanged.connect(self._render)
        training.specChanged.connect(self._render_classes)
        self._render()

    @Slot()
    def show_skipped(self) -> None:
        """List the files that were left out."""
        data = self._session.data
        if data is not None and data.origin is not None and data.origin.skipped:
            SkippedDialog(data.title, data.origin.skipped, self.window()).show()

    @Slot()
    def _render(self) -> None:
        data = self._session.data
        origin = None if data is None else data.origin
        self._source.set_path("" if origin is None else origin.root)
        num_skipped = 0 if origin is None else len(origin.skipped)
        self._skipped.setVisible(num_skipped > 0)
        skipped = self.tr("{:,} files left out").format(num_skipped)
        self._skipped.setText(skipped)
        self._skipped.setAccessibleName(skipped)
        self._render_classes()
        if data is None:
            self._title.setText(self.tr("No data"))
            self._size.setText("")
            return
        h, w, c = data.image_shape
        colour = self.tr("grey") if c == 1 else self.tr("colour")
        self._title.setText(shown_name(data.title))
        self._title.setToolTip(plain_tooltip(shown_name(data.name)))
        self._size.setText(f"{len(data):,} · {w} × {h} · {colour}")
        self._size.setToolTip(self._source_text(data))

    @Slot()
    def _render_classes(self) -> None:
        data = self._session.data
        if data is None:
            self._classes.setText(self.tr("Open or drop a data set"))
            return
        classes = (
            self.tr("{:,} classes").format(len(data.class_names))
            if data.class_names
            else self.tr("no classes")
        )
        if data.origin is not None and data.origin.splits is not None:
            held_out = self.tr("held out by the splits")
        else:
            share = 100 * self._training.spec.held_out
            held_out = self.tr("held out {:.0f} %").format(share)
        self._classes.setText(f"{classes} · {held_out}")

    def _source_text(self, data: ImageSet) -> str:
        """Return what the files were before they were brought to one size."""
        origin = data.origin
        if origin is None or not origin.source_sizes:
            return ""
        most = sorted(origin.source_sizes.items(), key=lambda item: -item[1])
        lines = [self.tr("Sizes of the files (width × height):")]
        lines += [f"{w:,} × {h:,}: {count:,}" for (w, h), count in most[:_MOST_SIZES]]
        if len(most) > _MOST_SIZES:
            lines.append(self.tr("and {:,} other sizes").format(len(most) - _MOST_SIZES))
        if origin.num_duplicates:
            lines.append(self.tr("{:,} files are copies of another").format(origin.num_duplicates))
        return "\n".join(lines)
