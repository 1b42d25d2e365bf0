"""Selection: the chosen image beside what the model makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.features.explore.file_row import FileRow
from latentlab.features.query_image.controller import PictureController
from latentlab.images.adapt import adapted
from latentlab.images.image_place import ImagePlace, image_place
from latentlab.images.origin import SPLITS
from latentlab.images.pixel_metrics import psnr_db
from latentlab.latent.code_text import show_code
from latentlab.models.family.described_model import run_spec
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.images.image_strip import ImageStrip
from latentlab.widgets.images.image_view import ImageView
from latentlab.widgets.style.section import label
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.plain_text import plain_tooltip
from latentlab.workspace.explore_controller import NUM_NEAREST, ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.session import Session

_IMAGE_PX = 118
_FACTS_PX = 252


class SelectionPanel(QWidget):
    """Original, reconstruction and difference of the selected point, or of a picture brought in.

    A picture from outside of the data is shown while no point is selected.
    """

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        explore: ExploreController,
        picture: PictureController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("selection_panel")
        self._session = session
        self._explorer = explorer
        self._explore = explore
        self._picture = picture
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 10, 14, 10)
        self._nothing = label(
            self.tr(
                "Click a point on the map to see its image beside its reconstruction, or paste or "
                "drop a picture of your own."
            ),
            tone="muted",
            wrap=True,
        )
        outer.addWidget(self._nothing)
        self._content = QWidget()
        outer.addWidget(self._content, 1)
        row = QHBoxLayout(self._content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        row.addLayout(self._make_facts())
        self._original = ImageView(self.tr("Original image"), size_px=_IMAGE_PX)
        self._original.setObjectName("selected_image")
        self._reconstruction = ImageView(self.tr("Reconstruction"), "…", size_px=_IMAGE_PX)
        self._reconstruction.setObjectName("reconstruction")
        self._reconstruction.set_caption(self.tr("reconstruction"))
        self._difference = ImageView(self.tr("Absolute difference"), "…", size_px=_IMAGE_PX)
        self._difference.setObjectName("difference")
        self._difference.set_caption(self.tr("|difference|"))
        for view in (self._original, self._reconstruction, self._difference):
            view.whole_pixels = True
            view.setMaximumSize(_IMAGE_PX + 40, _IMAGE_PX + 64)
            row.addWidget(view, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._make_nearest(), 0, Qt.AlignmentFlag.AlignTop)
        row.addStretch(1)
        # Training sends a new state of a picture again and again; one frame shows the last.
        soon = Coalesced(self._render, self).schedule
        explorer.broughtChanged.connect(soon)
        explorer.selectedChanged.connect(self._render)
        explorer.reconstructedChanged.connect(self._render)
        session.dataChanged.connect(self._render)
        session.modelChanged.connect(self._render)
        self._render()

    def _make_facts(self) -> QVBoxLayout:
        facts = QVBoxLayout()
        facts.setSpacing(3)
        self._title = ElidedLabel(size="strong")
        self._title.setObjectName("selected_title")
        self._where = ElidedLabel("muted")
        self._where.setObjectName("selected_where")
        self._file = FileRow()
        self._file.hide()
        self._code = label(tone="muted")
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._loss = label(tone="muted")
        self._loss.setObjectName("selected_loss")
        self._loss.setToolTip(self.tr("Reconstruction loss and peak signal-to-noise ratio"))
        for widget in (self._title, self._where, self._code, self._loss, self._file):
            widget.setFixedWidth(_FACTS_PX)
            facts.addWidget(widget)
        self._show = QPushButton(self.tr("Show on map"))
        self._show.setObjectName("show_brought")
        self._show.setAccessibleName(self.tr("Show on map"))
        self._show.setToolTip(self.tr("Put the cursor on the code of the picture"))
        self._show.clicked.connect(self._picture.go_to)
        self._clear = QPushButton()
        self._clear.setObjectName("clear_selection")
        self._name_clear()
        self._clear.clicked.connect(self._clear_selection)
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self._show, self._clear):
            button.setProperty("chip", "true")
            row.addWidget(button)
        row.addStretch(1)
        facts.addSpacing(2)
        facts.addLayout(row)
        facts.addStretch(1)
        return facts

    def _name_clear(self) -> None:
        self._clear.setText(self.tr("Clear"))
        self._clear.setAccessibleName(self.tr("Clear the selection"))
        self._clear.setToolTip(self.tr("Select nothing (Esc on the map)"))

    def _make_nearest(self) -> QWidget:
        self._near = QWidget()
        column = QVBoxLayout(self._near)
        column.setContentsMargins(0, 0, 0, 0)
        self._nearest = ImageStrip(self.tr("Images nearest to the picture"), NUM_NEAREST)
        self._nearest.setObjectName("nearest_to_brought")
        self._nearest.chosen.connect(self._select_nearest)
        self._nearest.setFixedWidth(NUM_NEAREST * 46)
        column.addWidget(label(self.tr("nearest images · data"), tone="muted", size="small"))
        column.addWidget(self._nearest)
        return self._near

    # --- intents -------------------------------------------------------------------------------

    @Slot()
    def _clear_selection(self) -> None:
        if self._explorer.selected is not None:
            self._explore.select(None)
        else:
            self._picture.forget()

    @Slot(int)
    def _select_nearest(self, place: int) -> None:
        neighbours = self._explorer.brought_neighbours
        if neighbours is not None and place < len(neighbours.indices):
            self._explore.select(int(neighbours.indices[place]))
            self._explore.rest()

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        data, index = self._session.data, self._explorer.selected
        is_chosen = data is not None and index is not None and index < len(data)
        is_brought = not is_chosen and self._explorer.brought is not None
        self._nothing.setVisible(not is_chosen and not is_brought)
        self._content.setVisible(is_chosen or is_brought)
        self._near.setVisible(is_brought)
        self._show.setVisible(is_brought)
        if is_chosen:
            self._render_selected()
        elif is_brought:
            self._render_brought()

    def _render_selected(self) -> None:
        data, index = self._session.data, self._explorer.selected
        assert data is not None and index is not None
        self._name_clear()
        name = data.class_name(index)
        title = self.tr("Image {:,}").format(index)
        self._set_title(f"{title} · {name}" if name else title)
        split = None if data.origin is None else data.origin.splits
        texts = [self._trained_text(index)]
        if split is not None and 0 <= split[index] < len(SPLITS):
            texts.insert(0, self._split_text(SPLITS[split[index]]))
        self._set_where(" · ".join(texts), " · ".join(texts))
        self._file.set_place(None if data.origin is None else image_place(data.origin, index))
        self._original.set_caption(self.tr("original · data"))
        reconstructed = self._explorer.reconstructed
        original = data.shown_image(index)
        if reconstructed is None:
            self._original.set_image(original)
            self._reconstruction.set_image(None)
            self._difference.set_image(None)
            self._code.setText("")
            self._loss.setText("")
            return
        fitting = adapted(original[None], reconstructed.image.shape)[0]
        if fitting.shape != original.shape:
            self._original.set_caption(self._shape_text(fitting.shape))
        self._show_images(fitting, reconstructed.image, reconstructed.z, reconstructed.recon_loss)

    def _render_brought(self) -> None:
        picture, data = self._explorer.brought, self._session.data
        assert picture is not None
        self._clear.setText(self.tr("Take away"))
        self._clear.setAccessibleName(self.tr("Take the picture away"))
        self._clear.setToolTip(self.tr("Take the picture off the map"))
        self._set_title(picture.name)
        width, height = picture.source_size
        before = f"{width:,} × {height:,} {picture.source_mode}"
        self._set_where(
            f"{before} → {_size_text(picture.picture.shape)} {self._colour(picture.picture.shape)}",
            self.tr("{0}, {1}, as the model takes it").format(
                before, self._shape_text(picture.picture.shape)
            ),
        )
        source = picture.source
        self._file.set_place(None if source is None else ImagePlace(source.name, Path(source)))
        self._original.set_caption(self.tr("your picture"))
        self._show_images(picture.picture, picture.image, picture.z, picture.recon_loss)
        neighbours = self._explorer.brought_neighbours
        near = [] if neighbours is None or data is None else [int(i) for i in neighbours.indices]
        near = [i for i in near if data is not None and i < len(data)]
        self._near.setVisible(bool(near))
        if neighbours is None or data is None or not near:
            return
        self._nearest.set_strip(
            [data.shown_image(i) for i in near],
            [
                self.tr("Image {0:,}{1}: data, {2:.3f} away").format(
                    i, f" · {shown_name(data.class_name(i))}" if data.class_name(i) else "", d
                )
                for i, d in zip(near, neighbours.distances, strict=False)
            ],
        )

    def _show_images(
        self,
        original: NDArray[np.uint8],
        reconstruction: NDArray[np.uint8],
        z: NDArray[np.float32],
        recon_loss: float,
    ) -> None:
        self._original.set_image(original)
        self._reconstruction.set_image(reconstruction)
        difference = np.abs(original.astype(np.int16) - reconstruction.astype(np.int16))
        self._difference.set_image(difference.astype(np.uint8))
        self._code.setText(f"z = {show_code(z)}")
        self._loss.setText(
            self.tr("{0:.1f} nats · {1:.1f} dB").format(
                recon_loss, psnr_db(original, reconstruction)
            )
        )

    def _set_title(self, text: str) -> None:
        self._title.setText(shown_name(text))
        self._title.setToolTip(plain_tooltip(shown_name(text)))

    def _set_where(self, text: str, tooltip: str) -> None:
        self._where.setText(text)
        self._where.setToolTip(plain_tooltip(tooltip))

    def _colour(self, shape: tuple[int, ...]) -> str:
        return self.tr("grey") if shape[2] == 1 else self.tr("colour")

    def _shape_text(self, shape: tuple[int, ...]) -> str:
        return self.tr("shown as {0} {1}").format(_size_text(shape), self._colour(shape))

    def _split_text(self, split: str) -> str:
        return {
            "train": self.tr("training split"),
            "validation": self.tr("validation split"),
            "test": self.tr("test split"),
        }[split]

    def _trained_text(self, index: int) -> str:
        model, data = self._session.model, self._session.data
        spec = None if model is None else run_spec(model.document)
        if model is None or data is None or not model.knows_data or spec is None:
            return self.tr("not among the images that the model was trained on")
        held_out = data.held_out(spec.held_out)
        if index in held_out:
            return self.tr("held out: never trained on")
        return self.tr("training image")


def _size_text(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"
