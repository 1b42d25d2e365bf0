"""MODEL: what is open, and the settings of the next run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.base.errors import UsageError
from latentlab.base.options import applicable, options_of
from latentlab.base.shown_name import shown_name
from latentlab.features.training.controller import TrainingController
from latentlab.models.family.command_line import same_run
from latentlab.models.family.likelihood import NEGATIVE_NATS
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.objectives.denoising import Denoising
from latentlab.models.family.presets import PRESETS, preset_of
from latentlab.models.family.proposal import proposed_spec, suited
from latentlab.models.family.train_spec import TrainSpec, usual_spec
from latentlab.models.model_document import ModelDocument
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.option_form import OptionForm
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.widgets.style.tone import set_tone
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.formula_text import formula_text
from latentlab.widgets.text.plain_text import plain_tooltip
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_RECOMMENDED = "auto"  # as on the command line
_TOOLTIP = Qt.ItemDataRole.ToolTipRole


class ModelPanel(QWidget):
    """The form of the training settings, with what they build; greyed while a run goes on."""

    problemChanged = Signal(str)
    """Emitted with the sentence why what the form shows cannot be trained, empty if it can."""

    def __init__(
        self,
        session: Session,
        training: Training,
        controller: TrainingController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("model_panel")
        self._session = session
        self._training = training
        self._controller = controller
        self._problem = ""
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
        self._preset_title = label(self.tr("Preset"))
        self._preset_title.setBuddy(self._presets)
        card.add_row(self._preset_title, self._presets)
        # What is open is the data: the card above shows it.
        names = [opt.name for opt in options_of(TrainSpec) if opt.name != "data"]
        self._form = OptionForm(training.spec, names, self._suited)
        self._form.setObjectName("train_form")
        self._form.row("objective").set_choice_help(_sentences(OBJECTIVES))
        self._form.row("network").set_choice_help(_sentences(NETWORKS))
        card.add(self._form)
        # What belongs to no field, or to one that is folded away.
        self._elsewhere = label(tone="bad", size="small", wrap=True)
        self._elsewhere.setObjectName("fit_problem")
        card.add(self._elsewhere)
        layout.addWidget(card)

        self._form.specChanged.connect(controller.set_spec)
        self._form.validityChanged.connect(self._render_problem)
        self._form.advanced.toggled.connect(self._render_problem)
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
        presets.addItem(self.tr("Custom"), "")
        presets.addItem(self.tr("Recommended"), _RECOMMENDED)
        presets.setItemData(presets.count() - 1, self._about_recommended(), _TOOLTIP)
        for name, preset in PRESETS.items():
            presets.addItem(QCoreApplication.translate("presets", preset.title), name)
            sentence = QCoreApplication.translate("presets", preset.sentence)
            presets.setItemData(presets.count() - 1, sentence, _TOOLTIP)
        presets.activated.connect(self._use_preset)
        return presets

    @property
    def problem(self) -> str:
        """Why what the form shows cannot be trained on the open data; empty if it can."""
        return self._problem

    @Slot(int)
    def _use_preset(self, place: int) -> None:
        name = self._presets.itemData(place)
        if name == _RECOMMENDED:
            self._controller.fill(self._recommended())
        elif name:
            self._controller.set_spec(PRESETS[name].spec(self._training.spec.data))
        self._render_settings()

    @Slot()
    def _render_settings(self) -> None:
        spec = self._training.spec
        if self._form.spec != spec:
            self._form.set_spec(spec)
        objective, network = OBJECTIVES[spec.objective], NETWORKS[spec.network]
        choices = "choices"
        self._form.row("objective").set_note(
            formula_text(objective.formula), QCoreApplication.translate(choices, objective.sentence)
        )
        self._form.row("network").set_note(
            "", QCoreApplication.translate(choices, network.sentence)
        )
        editable = not self._training.is_active
        self._form.set_enabled_fields(None if editable else ())
        for part in (self._preset_title, self._presets):
            part.setEnabled(editable)
        self._render_preset(spec)
        self._render_problem()

    def _render_preset(self, spec: TrainSpec) -> None:
        is_recommended = same_run(spec, self._recommended())
        chosen = _RECOMMENDED if is_recommended else preset_of(spec)
        with QSignalBlocker(self._presets):
            self._presets.setCurrentIndex(self._presets.findData(chosen))
        about = self.tr("Settings from the literature and from experience, by name")
        if is_recommended:
            about = self._about_recommended()
        elif chosen:
            about = QCoreApplication.translate("presets", PRESETS[chosen].sentence)
            about = f"{PRESETS[chosen].title}: {about}"
        # Rich text, because Qt wraps only that in a tooltip.
        self._presets.setToolTip(f"<p>{about}</p>")

    def _images(self) -> tuple[tuple[int, int, int], int] | None:
        """Return shape and number of the open images."""
        data = self._session.data
        return None if data is None else (data.image_shape, len(data))

    def _recommended(self) -> TrainSpec:
        images = self._images()
        spec = TrainSpec() if images is None else proposed_spec(*images)
        return dataclasses.replace(spec, data=self._training.spec.data)

    def _about_recommended(self) -> str:
        return self.tr("What suits size, colour and number of the open images")

    def _suited(self, before: TrainSpec, after: TrainSpec) -> TrainSpec:
        return suited(before, after, self._images())

    @Slot()
    def _render_problem(self) -> None:
        """Say below the field, or else below the form, why the settings cannot be trained."""
        wrong, data = self._form.errors, self._session.data
        unfit, owner = "", None
        if data is not None:
            unfit, owner = _unfit(self._training.spec, data.image_shape)
        folded = {
            opt.name
            for opt in options_of(TrainSpec)
            if opt.advanced and not self._form.advanced.is_open
        }
        self._form.set_remarks({owner: unfit} if owner and owner not in folded else {})
        hidden = next((wrong[name] for name in wrong if name in folded), "")
        if not wrong and (owner is None or owner in folded):
            hidden = unfit
        self._elsewhere.setText(hidden)
        self._elsewhere.setVisible(bool(hidden))
        problem = next(iter(wrong.values()), unfit)
        if problem != self._problem:
            self._problem = problem
            self.problemChanged.emit(problem)

    @Slot()
    def _render_model(self) -> None:
        model = self._session.model
        if model is None:
            self._name.setText(self.tr("No model"))
            self._origin.hide()
            self._figures.setText("")
            return
        self._name.setText(shown_name(model.name))
        self._name.setToolTip(plain_tooltip(shown_name(str(model.path or model.name))))
        trained_on = shown_name(model.document.data_title or model.document.data_name)
        self._origin.setVisible(not model.knows_data)
        self._origin.setText(
            self.tr("trained on {}, not on the open data").format(trained_on)
            if model.fits_data
            else self.tr("trained on {}; open data resized").format(trained_on)
        )
        self._origin.setToolTip(plain_tooltip(self._origin.text()))
        set_tone(self._origin, "warn")
        loss = model.document.held_out_nats
        self._figures.setText("" if loss is None else self.tr("{:.1f} nats").format(loss))
        self._figures.setToolTip(self._about_loss(model.document, loss))

    def _about_loss(self, document: ModelDocument, loss: float | None) -> str:
        """Return what the figure of a model is of, and what it can be compared with."""
        if loss is None:
            return ""
        kind = LIKELIHOODS.get(document.likelihood)
        title = document.likelihood if kind is None else kind.title
        words = (
            self.tr(
                "Reconstruction of corrupted held-out images, nats per image; {} likelihood: "
                "compare models of the same likelihood only"
            )
            if document.objective == Denoising.name
            else self.tr(
                "Reconstruction and KL of held-out images, nats per image; {} likelihood: compare "
                "models of the same likelihood only"
            )
        )
        about = words.format(title)
        return f"{about}. {NEGATIVE_NATS}" if loss < 0 else about


def _unfit(spec: TrainSpec, shape: tuple[int, int, int]) -> tuple[str, str | None]:
    """Return why settings do not fit images of a shape, and the field whose value it is.

    The field is the first that would fit with its usual value; ``None`` where none would.
    """
    sentence = _problem_of(spec, shape)
    if not sentence:
        return "", None
    usual = usual_spec(spec.objective)
    for opt in options_of(TrainSpec):
        changed = dataclasses.replace(spec, **{opt.name: getattr(usual, opt.name)})
        if opt.name in applicable(spec) and not _problem_of(changed, shape):
            return sentence, opt.name
    return sentence, None


def _problem_of(spec: TrainSpec, shape: tuple[int, int, int]) -> str:
    try:
        spec.validate(shape)
    except UsageError as error:
        return error.sentence
    return ""


def _sentences(members: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: QCoreApplication.translate("choices", member.sentence)
        for name, member in members.items()
    }
