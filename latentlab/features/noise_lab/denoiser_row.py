"""Which model denoises, how often, and a button that trains one for this very noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentlab.base.model_place import model_title
from latentlab.base.shown_name import shown_name
from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.store import MOST_PASSES, NoiseLab
from latentlab.widgets.dialogs.open_dialog import ask_for_model
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import IntEditor
from latentlab.widgets.style.section import label
from latentlab.widgets.text.plain_text import plain_tooltip
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_CHOOSE = "\0choose"  # no path can be called so
_MOST_NAME_PX = 190


class DenoiserRow(QWidget):
    """The choice of the denoiser, the number of passes, and the button for training."""

    def __init__(
        self,
        session: Session,
        training: Training,
        lab: NoiseLab,
        controller: NoiseController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._training = session, training
        self._lab, self._controller = lab, controller
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(label(self.tr("Model"), tone="muted"))
        self._choice = _RefilledComboBox(self._fill_all)
        self._choice.setObjectName("denoiser")
        self._choice.setAccessibleName(self.tr("Denoiser"))
        self._choice.setMaximumWidth(_MOST_NAME_PX)
        self._choice.activated.connect(self._choose)
        row.addWidget(self._choice)
        row.addWidget(label(self.tr("Passes"), tone="muted"))
        self._passes = IntEditor(1, MOST_PASSES)
        self._passes.setObjectName("noise_passes")
        self._passes.setAccessibleName(self.tr("Passes"))
        self._passes.setToolTip(self.tr("Denoise the denoised again, so many times in all"))
        self._passes.setFixedSize(28, self._passes.sizeHint().height())
        self._passes.valueChanged.connect(controller.set_passes)
        row.addWidget(self._passes)
        row.addStretch(1)
        self._train = QPushButton(self.tr("Train one"))
        self._train.setObjectName("train_denoiser")
        self._train.setAccessibleName(self.tr("Train a denoiser"))
        self._train.setProperty("chip", "true")
        self._train.clicked.connect(controller.train_denoiser)
        row.addWidget(self._train)
        for changed in (session.modelChanged, session.dataChanged, lab.denoiserChanged):
            changed.connect(self._render_choice)
        for changed in (session.engineChanged, session.dataChanged, training.statusChanged):
            changed.connect(self._render_button)
        lab.noiseChanged.connect(self._render_passes)
        self._render_choice()
        self._render_button()
        self._render_passes()

    # --- choice --------------------------------------------------------------------------------

    def _fill_all(self) -> None:
        """List all that there is now, for which the disk is asked."""
        self._fill(self._controller.recent_models())

    def _fill(self, recent: Sequence[str] = ()) -> None:
        choice, chosen = self._choice, self._lab.denoiser
        model = self._session.model
        entries = [
            (
                self.tr("map’s model"),
                "",
                self.tr("{}, which is open on the map").format(shown_name(model.name))
                if model is not None
                else self.tr("No model is open"),
            )
        ]
        entries += [
            (name, name, self.tr("Comes with LatentLab"))
            for name in self._controller.bundled_denoisers()
        ]
        known = {value for _, value, _ in entries}
        others = [path for path in recent if path not in known]
        if chosen not in known and chosen not in others:
            others.insert(0, chosen)
        entries += [
            (shown_name(model_title(Path(path))), path, shown_name(path)) for path in others
        ]
        entries.append((self.tr("Choose a file…"), _CHOOSE, self.tr("Another model file")))
        with QSignalBlocker(choice):
            choice.clear()
            for text, value, tip in entries:
                choice.addItem(text, value)
                choice.setItemData(
                    choice.count() - 1, plain_tooltip(tip), Qt.ItemDataRole.ToolTipRole
                )
            choice.setCurrentIndex(choice.findData(chosen))
        tip = choice.itemData(choice.currentIndex(), Qt.ItemDataRole.ToolTipRole)
        choice.setToolTip(str(tip))
        choice.updateGeometry()

    @Slot()
    def _render_choice(self) -> None:
        self._fill()

    @Slot(int)
    def _choose(self, place: int) -> None:
        value = str(self._choice.itemData(place))
        if value == _CHOOSE:
            value = ask_for_model(self) or self._lab.denoiser
        self._controller.set_denoiser(value)
        self._fill()

    # --- the rest ------------------------------------------------------------------------------

    @Slot()
    def _render_passes(self) -> None:
        with QSignalBlocker(self._passes):
            self._passes.setValue(self._lab.passes)

    @Slot()
    def _render_button(self) -> None:
        data = self._session.data
        if self._training.is_active:
            why = self.tr("A model is being trained already")
        elif data is None or len(data) < 2:
            why = self.tr("Open a data set first")
        elif self._session.engine_status != "ready":
            why = self.tr("PyTorch is still being loaded")
        else:
            why = ""
        self._train.setEnabled(not why)
        self._train.setToolTip(
            why
            or self.tr(
                "Train a model on the open data that undoes this noise; it becomes the map’s "
                "model, and the pictures here improve while it learns"
            )
        )


class _RefilledComboBox(FlatComboBox):
    """Lists what there is at the moment when it is opened."""

    def __init__(self, fill: Callable[[], None]) -> None:
        super().__init__(align_left=True)
        self._refill = fill

    def showPopup(self) -> None:
        """Fill the list and open it."""
        self._refill()
        super().showPopup()
