"""The form for what is done to the pictures."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.features.importing.controller import ImportController
from latentlab.features.importing.store import Importing
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import IntEditor
from latentlab.widgets.form.option_form import OptionForm
from latentlab.widgets.style.section import Card, section_title


class TreatmentPanel(QWidget):
    """Size, colour, shape, background and duplicates; what is left open says what was chosen."""

    def __init__(
        self,
        importing: Importing,
        controller: ImportController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("treatment_panel")
        self._importing = importing
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section_title(self.tr("Treatment")))
        card = Card()
        self._form = OptionForm(importing.options)
        self._form.setObjectName("treatment_form")
        card.add(self._form)
        layout.addWidget(card)
        self._form.specChanged.connect(controller.change_options)
        importing.optionsChanged.connect(self._render)
        importing.surveyChanged.connect(self._render)
        importing.statusChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        importing = self._importing
        options, survey = importing.options, importing.survey
        if self._form.spec != options:
            self._form.set_spec(options)
        self._form.setEnabled(survey is not None)
        treatment = None if survey is None else survey.treatment
        self._say_automatic("width", None if treatment is None else treatment.width)
        self._say_automatic("height", None if treatment is None else treatment.height)
        colours = self._form.row("colour").editor
        assert isinstance(colours, FlatComboBox)
        text = self.tr("Automatic")
        if treatment is not None and options.colour == "auto":
            colour = self.tr("colour") if treatment.channels == 3 else self.tr("grey")
            text = self.tr("Automatic · {}").format(colour)
        with QSignalBlocker(colours):
            colours.setItemText(colours.findData("auto"), text)

    def _say_automatic(self, name: str, value: int | None) -> None:
        """Say in the place of a zero which size was chosen."""
        editor = self._form.row(name).editor
        assert isinstance(editor, IntEditor)
        if value is None:
            editor.setSpecialValueText(self.tr("automatic"))
        else:
            editor.setSpecialValueText(self.tr("automatic · {:,} px").format(value))
        editor.updateGeometry()
