"""MODEL: what is open, and the settings of the next run."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.core.errors import UsageError
from latentlab.core.options import options_of
from latentlab.family.command_line import same_run
from latentlab.family.objectives import OBJECTIVES
from latentlab.family.presets import PRESETS
from latentlab.family.train_spec import TrainSpec, usual_spec
from latentlab.services.training_controller import TrainingController
from latentlab.state.session import SessionModel
from latentlab.state.training import TrainingModel
from latentlab.ui.elided_label import ElidedLabel
from latentlab.ui.flat_combo_box import FlatComboBox
from latentlab.ui.option_form import OptionForm
from latentlab.ui.section import Card, label, section_title
from latentlab.ui.tone import set_tone

_TOOLTIP = Qt.ItemDataRole.ToolTipRole


class ModelPanel(QWidget):
    """The form of the training settings, with what they build; greyed while a run goes on."""

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
        self._presets = self._make_presets()
        title = label(self.tr("Preset"))
        title.setBuddy(self._presets)
        card.add_row(title, self._presets)
        # What is open is the data: the card above shows it.
        names = [opt.name for opt in options_of(TrainSpec) if opt.name != "data"]
        self._form = OptionForm(training.spec, names)
        self._form.setObjectName("train_form")
        card.add(self._form)
        self._problem = label(tone="bad", size="small", wrap=True)
        self._problem.setObjectName("fit_problem")
        card.add(self._problem)
        layout.addWidget(card)

        self._form.specChanged.connect(self._take)
        session.modelChanged.connect(self._render_model)
        session.dataChanged.connect(self._render_settings)
        training.specChanged.connect(self._render_settings)
        training.statusChanged.connect(self._render_settings)
        self._render_model()
        self._render_settings()

    def _make_presets(self) -> FlatComboBox:
        presets = FlatComboBox(self)
        presets.setObjectName("preset")
        presets.setAccessibleName(self.tr("Preset"))
        presets.setToolTip(self.tr("Settings from the literature and from experience, by name"))
        presets.addItem(self.tr("Custom"), "")
        for name, preset in PRESETS.items():
            presets.addItem(QCoreApplication.translate("presets", preset.title), name)
            sentence = QCoreApplication.translate("presets", preset.sentence)
            presets.setItemData(presets.count() - 1, sentence, _TOOLTIP)
        presets.activated.connect(self._use_preset)
        return presets

    @Slot(int)
    def _use_preset(self, place: int) -> None:
        name = self._presets.itemData(place)
        if name:
            self._controller.set_spec(PRESETS[name].spec(self._training.spec.data))
        self._render_settings()

    @Slot(object)
    def _take(self, spec: TrainSpec) -> None:
        """Hand on what was edited; another objective brings what suits it."""
        before = self._training.spec
        if spec.objective != before.objective:
            suited = usual_spec(spec.objective)
            changes = {
                name: getattr(suited, name)
                for name in OBJECTIVES[spec.objective].suggests
                if getattr(spec, name) == getattr(TrainSpec(), name)
            }
            spec = dataclasses.replace(spec, **changes)
        self._controller.set_spec(spec)

    @Slot()
    def _render_settings(self) -> None:
        spec = self._training.spec
        if self._form.spec != spec:
            self._form.set_spec(spec)
        editable = not self._training.is_active
        self._form.set_enabled_fields(None if editable else ())
        self._presets.setEnabled(editable)
        chosen = next((n for n, p in PRESETS.items() if same_run(p.spec(spec.data), spec)), "")
        with QSignalBlocker(self._presets):
            self._presets.setCurrentIndex(self._presets.findData(chosen))
        data = self._session.data
        problem = ""
        if data is not None:
            try:
                spec.validate(data.image_shape)
            except UsageError as error:
                problem = error.sentence
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    @Slot()
    def _render_model(self) -> None:
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
            self.tr("Loss on held-out images, nats per image (BCE is no density on grey pixels)")
        )
