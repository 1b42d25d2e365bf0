"""Selection: the chosen data image beside what the model makes of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.core.code_text import show_code
from latentlab.core.image_set import held_out_indices
from latentlab.core.pixel_metrics import psnr_db
from latentlab.family.described_model import run_spec
from latentlab.services.explore_controller import ExploreController
from latentlab.state.explorer import ExplorerModel
from latentlab.state.session import SessionModel
from latentlab.ui.image_view import ImageView
from latentlab.ui.section import label

_IMAGE_PX = 118


class SelectionPanel(QWidget):
    """Original, reconstruction and difference of the selected point."""

    def __init__(
        self,
        session: SessionModel,
        explorer: ExplorerModel,
        explore: ExploreController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("selection_panel")
        self._session = session
        self._explorer = explorer
        self._explore = explore
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 12, 14, 12)
        self._nothing = label(
            self.tr("Click a point on the map to see its image beside its reconstruction."),
            tone="muted",
        )
        outer.addWidget(self._nothing)
        self._content = QWidget()
        outer.addWidget(self._content, 1)
        row = QHBoxLayout(self._content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        facts = QVBoxLayout()
        facts.setSpacing(4)
        self._title = label(size="strong")
        self._title.setObjectName("selected_title")
        self._where = label(tone="muted")
        self._code = label(tone="muted")
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._loss = label(tone="muted")
        self._clear = QPushButton(self.tr("Clear"))
        self._clear.setObjectName("clear_selection")
        self._clear.setAccessibleName(self.tr("Clear the selection"))
        self._clear.setToolTip(self.tr("Select nothing (Esc on the map)"))
        self._clear.clicked.connect(self._clear_selection)
        for text in (self._title, self._where, self._code, self._loss):
            text.setMinimumWidth(190)
            facts.addWidget(text)
        facts.addSpacing(6)
        facts.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignLeft)
        facts.addStretch(1)
        row.addLayout(facts)
        self._original = ImageView(self.tr("Original image"), size_px=_IMAGE_PX)
        self._original.setObjectName("selected_image")
        self._reconstruction = ImageView(self.tr("Reconstruction"), "…", size_px=_IMAGE_PX)
        self._reconstruction.setObjectName("reconstruction")
        self._difference = ImageView(self.tr("Absolute difference"), "…", size_px=_IMAGE_PX)
        self._difference.setObjectName("difference")
        for view in (self._original, self._reconstruction, self._difference):
            view.setMaximumSize(_IMAGE_PX + 40, _IMAGE_PX + 64)
            row.addWidget(view, 0, Qt.AlignmentFlag.AlignTop)
        self._original.set_caption(self.tr("original · data"))
        row.addStretch(1)
        explorer.selectedChanged.connect(self._render)
        explorer.reconstructedChanged.connect(self._render)
        session.dataChanged.connect(self._render)
        session.modelChanged.connect(self._render)
        self._render()

    @Slot()
    def _clear_selection(self) -> None:
        self._explore.select(None)

    @Slot()
    def _render(self) -> None:
        data, index = self._session.data, self._explorer.selected
        chosen = data is not None and index is not None and index < len(data)
        self._nothing.setVisible(not chosen)
        self._content.setVisible(chosen)
        if data is None or index is None or not chosen:
            return
        name = data.class_name(index)
        title = self.tr("Image {:,}").format(index)
        self._title.setText(f"{title} · {name}" if name else title)
        self._where.setText(self._trained_text(index))
        original = np.asarray(data.images[index])
        self._original.set_image(original)
        reconstructed = self._explorer.reconstructed
        if reconstructed is None:
            self._reconstruction.set_image(None)
            self._difference.set_image(None)
            self._code.setText("")
            model = self._session.model
            fits = model is not None and model.fits_data
            self._loss.setText("" if fits else self.tr("The model takes images of another size."))
            return
        self._code.setText(f"z = {show_code(reconstructed.z)}")
        self._loss.setText(
            self.tr("{0:.1f} nats · {1:.1f} dB").format(
                reconstructed.recon_loss, psnr_db(original, reconstructed.image)
            )
        )
        self._loss.setToolTip(self.tr("Reconstruction loss and peak signal-to-noise ratio"))
        self._reconstruction.set_image(reconstructed.image)
        self._reconstruction.set_caption(self.tr("reconstruction"))
        difference = np.abs(original.astype(np.int16) - reconstructed.image.astype(np.int16))
        self._difference.set_image(difference.astype(np.uint8))
        self._difference.set_caption(self.tr("|difference|"))

    def _trained_text(self, index: int) -> str:
        model, data = self._session.model, self._session.data
        spec = None if model is None else run_spec(model.document)
        if model is None or data is None or not model.knows_data or spec is None:
            return self.tr("not among the images that the model was trained on")
        held_out = held_out_indices(len(data), spec.held_out)
        if index in held_out:
            return self.tr("held out: never trained on")
        return self.tr("training image")
