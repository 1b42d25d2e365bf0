"""MODEL: what is open, and the settings of the next run."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.core.options import options_of
from latentlab.family.train_spec import TrainSpec
from latentlab.services.training_controller import TrainingController
from latentlab.state.session import SessionModel
from latentlab.state.training import TrainingModel
from latentlab.ui.elided_label import ElidedLabel
from latentlab.ui.option_form import OptionForm
from latentlab.ui.section import Card, label, section_title
from latentlab.ui.tone import set_tone


class ModelPanel(QWidget):
    """The form of the training settings; greyed while a run goes on."""

    def __init__(
        self,
        session: SessionModel,
        training: TrainingModel,
        controller: TrainingController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("model_panel")
        self._session = session
        self._training = training
        self._controller = controller
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section_title(self.tr("Model")))
        card = Card()
        self._name = ElidedLabel(size="strong")
        self._name.setObjectName("model_name")
        self._figures = label(tone="muted")
        card.add_row(self._name, self._figures)
        self._origin = ElidedLabel("muted", "small")
        self._origin.setObjectName("model_origin")
        card.add(self._origin)
        # What is open is the data: the card above shows it.
        names = [opt.name for opt in options_of(TrainSpec) if opt.name != "data"]
        self._form = OptionForm(training.spec, names)
        self._form.setObjectName("train_form")
        card.add(self._form)
        layout.addWidget(card)
        self._form.specChanged.connect(controller.set_spec)
        session.modelChanged.connect(self._render)
        training.specChanged.connect(self._render)
        training.statusChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        if self._form.spec != self._training.spec:
            self._form.set_spec(self._training.spec)
        self._form.set_enabled_fields(() if self._training.is_active else None)
        model = self._session.model
        if model is None:
            self._name.setText(self.tr("No model"))
            self._origin.hide()
            self._figures.setText("")
            return
        self._name.setText(model.name)
        self._name.setToolTip(str(model.path or model.name))
        trained_on = model.document.data_title or model.document.data_name
        self._origin.setVisible(not model.knows_data)
        self._origin.setText(
            self.tr("trained on {}, not on the open data").format(trained_on)
            if model.fits_data
            else self.tr("trained on {}; the open data do not fit").format(trained_on)
        )
        self._origin.setToolTip(self._origin.text())
        set_tone(self._origin, "warn")
        loss = model.document.metrics.get("loss")
        self._figures.setText("" if loss is None else self.tr("{:.1f} nats").format(loss))
        self._figures.setToolTip(
            self.tr("Reconstruction + KL on held-out images, nats per image (BCE on grey pixels)")
        )
