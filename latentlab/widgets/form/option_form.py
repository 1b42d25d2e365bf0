"""A form built from an options dataclass: one row for each described field."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.base.errors import UsageError
from latentlab.base.options import Option, applicable, check, options_of
from latentlab.widgets.form.disclosure import Disclosure
from latentlab.widgets.form.option_row import OptionRow


class OptionForm(QWidget):
    """Edits one frozen options dataclass; always holds a valid one.

    Parameters
    ----------
    spec
        An instance of a dataclass whose fields were made by :func:`latentlab.base.options.option`.
        If it has ``validate()``, that is asked too; otherwise the ranges are checked.
    only
        Names of the fields to show; ``None`` for all. The others keep the values of ``spec``.
    suit
        Given the instance before and after an edit, returns the latter with what else should change
        along with it.
    parent
        Owner.
    """

    specChanged = Signal(object)
    """Emitted with the new instance after the user changed a value to a valid one."""
    validityChanged = Signal(bool)
    """Emitted when the form began or ceased to show a value that cannot be used."""

    def __init__(
        self,
        spec: Any,
        only: Collection[str] | None = None,
        suit: Callable[[Any, Any], Any] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._suit = suit
        self._errors: Mapping[str, str] = {}
        self._remarks: Mapping[str, str] = {}
        self._valid = True
        self._enabled: Collection[str] | None = None
        self._options = [opt for opt in options_of(type(spec)) if only is None or opt.name in only]
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._advanced = Disclosure(
            self.tr("Advanced"), self.tr("Options that are seldom changed"), self
        )
        self._advanced.toggled.connect(self._show_what_applies)
        self._rows: dict[str, OptionRow] = {}
        self._layout.addWidget(self._advanced)
        self.set_spec(spec)

    @property
    def spec(self) -> Any:
        """The last valid instance."""
        return self._spec

    @property
    def is_valid(self) -> bool:
        """Whether all that is shown can be used; while not, :attr:`spec` is what was before."""
        return self._valid

    @property
    def errors(self) -> dict[str, str]:
        """Field name to the sentence that says why its value cannot be used."""
        return dict(self._errors)

    def set_spec(self, spec: Any) -> None:
        """Show an instance without emitting :attr:`specChanged`; errors go away.

        Raises
        ------
        TypeError
            If it is an instance of another class.
        """
        if type(spec) is not type(self._spec):
            raise TypeError(f"The form edits {type(self._spec).__name__}, not {type(spec)}.")
        self._spec = spec
        for name, row in self._rows.items():
            row.set_value(getattr(spec, name))
        self._show_errors({})
        self._show_applicable(spec)
        self._set_valid(True)

    def set_remarks(self, remarks: Mapping[str, str]) -> None:
        """Show sentences below fields that are right by themselves, such as what they do not suit.

        They stay over edits until others are set, and a wrong value's own sentence goes before.
        """
        self._remarks = dict(remarks)
        self._show_errors(self._errors)

    def set_enabled_fields(self, names: Collection[str] | None) -> None:
        """Leave only these fields editable, such as while training; ``None`` for all."""
        self._enabled = names
        for name, row in self._rows.items():
            row.setEnabled(names is None or name in names)

    def row(self, name: str) -> OptionRow:
        """Return the row of a field, for its editor, slider and visibility.

        Rows are made when they are first shown or asked for: a form knows many more fields than
        it shows, and the window should be quick to open.
        """
        if name not in self._rows:
            self._make_row(next(opt for opt in self._options if opt.name == name))
        return self._rows[name]

    def _make_row(self, opt: Option) -> None:
        row = OptionRow(opt, type(self._spec).__name__, self)
        row.set_value(getattr(self._spec, opt.name))
        row.setEnabled(self._enabled is None or opt.name in self._enabled)
        row.setVisible(False)
        row.edited.connect(self._read)
        before = self._options[: self._options.index(opt)]
        place = sum(o.name in self._rows and o.advanced == opt.advanced for o in before)
        (self._advanced.body if opt.advanced else self._layout).insertWidget(place, row)
        self._rows[opt.name] = row

    @property
    def advanced(self) -> Disclosure:
        """The folded section."""
        return self._advanced

    @Slot()
    def _read(self) -> None:
        """Read all rows; tell the new instance if all of them are right."""
        edited = self.sender()
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, row in self._rows.items():
            try:
                values[name] = row.value()
            except ValueError as error:
                errors[name] = str(error)
        candidate = dataclasses.replace(self._spec, **values)
        if self._suit is not None:
            candidate = self._suit(self._spec, candidate)
        # What cannot be read has no say where it has no meaning.
        meaningful = applicable(candidate)
        for name in [name for name in errors if name not in meaningful]:
            del errors[name]
            self._rows[name].set_value(getattr(self._spec, name))
        self._show_applicable(candidate)
        if not errors:
            try:
                self._validate(candidate)
            except UsageError as error:
                wrong = self._first_wrong(candidate)
                if wrong is None and isinstance(edited, OptionRow):
                    wrong = edited.option.name
                errors[wrong or next(iter(self._rows))] = error.sentence
        self._show_errors(errors)
        self._set_valid(not errors)
        if not errors and candidate != self._spec:
            self._spec = candidate
            for name, value in values.items():
                if getattr(candidate, name) != value:
                    self._rows[name].set_value(getattr(candidate, name))
            self.specChanged.emit(candidate)

    def _show_errors(self, errors: Mapping[str, str]) -> None:
        self._errors = errors
        for name, row in self._rows.items():
            row.set_error(errors.get(name) or self._remarks.get(name, ""))

    def _first_wrong(self, candidate: Any) -> str | None:
        """Return the first field that is wrong by itself, beside defaults."""
        for name in self._rows:
            alone = dataclasses.replace(self._spec, **{name: getattr(candidate, name)})
            try:
                self._validate(alone)
            except UsageError:
                return name
        return None

    @staticmethod
    def _validate(candidate: Any) -> None:
        if hasattr(candidate, "validate"):
            candidate.validate()
        else:
            check(candidate)

    def _show_applicable(self, spec: Any) -> None:
        meaningful = applicable(spec)
        any_advanced = False
        for opt in self._options:
            applies = opt.name in meaningful
            any_advanced = any_advanced or (applies and opt.advanced)
            if applies and (not opt.advanced or self._advanced.is_open):
                self.row(opt.name).setVisible(True)
            elif opt.name in self._rows:
                self._rows[opt.name].setVisible(applies)
        self._advanced.setVisible(any_advanced)

    @Slot()
    def _show_what_applies(self) -> None:
        self._show_applicable(self._spec)

    def _set_valid(self, valid: bool) -> None:
        if valid != self._valid:
            self._valid = valid
            self.validityChanged.emit(valid)
