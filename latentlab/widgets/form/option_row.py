"""One field of an options dataclass as a row: label, editor, perhaps a slider, perhaps an error."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from latentlab.base.options import Option
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import FloatEditor, IntEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.style.section import label
from latentlab.widgets.style.tone import set_look

_INT_MAX = 2**31 - 1


class OptionRow(QWidget):
    """The row of one option; it checks syntax only, the form checks what the values mean.

    Parameters
    ----------
    option
        What is known of the field.
    context
        Translation context of label and help, the name of the dataclass.
    parent
        Owner.
    """

    edited = Signal()
    """Emitted when the user changed the value, or the text of a value."""

    def __init__(self, option: Option, context: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        self._context = context
        self._detail = ""
        title = QCoreApplication.translate(context, option.label)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(1)
        line = QHBoxLayout()
        line.setSpacing(8)
        outer.addLayout(line)

        self.editor = self._make_editor()
        self.editor.setObjectName(option.name)
        self.editor.setAccessibleName(title)
        self._label = label(title)
        self._label.setBuddy(self.editor)
        line.addWidget(self._label)
        if isinstance(self.editor, QLineEdit):
            line.addWidget(self.editor, 1)  # as much of a list as there is room for
        else:
            line.addStretch(1)
            line.addWidget(self.editor)

        self.slider = self._make_slider()
        if self.slider is not None:
            self.slider.setObjectName(f"{option.name}_slider")
            self.slider.setAccessibleName(title)
            self.slider.moved.connect(self._follow_slider)
            outer.addWidget(self.slider)

        self._note = label(size="small", tone="accent", wrap=True)
        self._note.setObjectName(f"{option.name}_note")
        self._error = label(size="small", tone="bad", wrap=True)
        self._error.setObjectName(f"{option.name}_error")
        for below in (self._note, self._error):
            below.hide()
            outer.addWidget(below)
        self._explain()

    # ------------------------------------------------------------------ value

    def value(self) -> Any:
        """Return the value as the dataclass wants it.

        Raises
        ------
        ValueError
            If the text cannot be read; the message is a translated sentence.
        """
        match self.editor:
            case FlatComboBox():
                return self.editor.currentData()
            case QLineEdit() if isinstance(self.option.default, str):
                return self.editor.text().strip()
            case QLineEdit():
                return self._numbers(self.editor.text())
            case IntEditor() | FloatEditor():
                return self.editor.value()
        raise AssertionError(self.editor)

    def set_value(self, value: Any) -> None:
        """Show a value without emitting :attr:`edited`."""
        with QSignalBlocker(self.editor):
            match self.editor:
                case FlatComboBox():
                    self.editor.setCurrentIndex(self.editor.findData(value))
                case QLineEdit() if isinstance(self.option.default, str):
                    self.editor.setText(value)
                case QLineEdit():
                    self.editor.setText(", ".join(str(number) for number in value))
                case IntEditor() | FloatEditor():
                    self.editor.setValue(value)
        if self.slider is not None:
            self.slider.show_value(value)
        self.editor.update()

    def set_error(self, sentence: str) -> None:
        """Show a sentence below the value, or none."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        set_look(self.editor, "invalid", "true" if sentence else "")

    def set_note(self, note: str, detail: str = "") -> None:
        """Show a line below the value, such as a formula, and more of it in the tooltip."""
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if detail != self._detail:
            self._detail = detail
            self._explain()

    def set_choice_help(self, sentences: Mapping[str, str]) -> None:
        """Give the choices of a list their own translated sentences as tooltips."""
        assert isinstance(self.editor, FlatComboBox)
        for place in range(self.editor.count()):
            sentence = sentences[self.editor.itemData(place)]
            self.editor.setItemData(place, sentence, Qt.ItemDataRole.ToolTipRole)

    @property
    def error(self) -> str:
        """The sentence that is shown below the value; may be empty."""
        return self._error.text()

    # ------------------------------------------------------------------ parts

    def _make_editor(self) -> QWidget:
        opt = self.option
        editor: FlatComboBox | QLineEdit | IntEditor | FloatEditor
        if opt.choices is not None:
            editor = FlatComboBox(self)
            for name, title in opt.choices.items():
                editor.addItem(QCoreApplication.translate("choices", title), name)
            editor.currentIndexChanged.connect(self._tell)
        elif isinstance(opt.default, (tuple, str)):
            editor = QLineEdit(self)
            editor.setProperty("plain", "true")
            editor.setAlignment(Qt.AlignmentFlag.AlignRight)
            if isinstance(opt.default, tuple):
                empty = self.tr("none") if opt.min_length == 0 else "64, 32"
                editor.setPlaceholderText(empty)
            editor.setTextMargins(0, 0, -2, 0)
            editor.setMinimumWidth(60)
            editor.textEdited.connect(self._tell)
        elif isinstance(opt.default, int):
            low = -_INT_MAX if opt.minimum is None else int(opt.minimum)
            high = _INT_MAX if opt.maximum is None else int(opt.maximum)
            editor = IntEditor(low, high, self)
            editor.valueChanged.connect(self._tell)
        elif isinstance(opt.default, float):
            low_, high_ = self._bounds()
            editor = FloatEditor(low_, high_, opt.decimals, self._step(), self)
            editor.valueChanged.connect(self._tell)
        else:
            raise TypeError(f"No editor for {opt.name}: {type(opt.default).__name__}")
        if isinstance(editor, (IntEditor, FloatEditor)) and 0 < len(opt.unit) <= 2:
            gap = "" if opt.unit == "°" else " "
            editor.setSuffix(gap + opt.unit)
        return editor

    def _make_slider(self) -> ValueSlider | None:
        """Return a slider for plain amounts; where magnitudes or many digits count, none.

        Folded fields have none either, to stay a short list.
        """
        opt = self.option
        if not isinstance(opt.default, float) or opt.decimals > 2 or opt.advanced:
            return None
        if opt.minimum is None or opt.maximum is None:
            return None
        top = self._usual_top()
        # The default of an open-ended weight stands at a third of the way.
        power = 2.0 if top < opt.maximum else 1.0
        return ValueSlider(opt.minimum, top, opt.decimals, power, self)

    def _bounds(self) -> tuple[float, float]:
        opt = self.option
        low = -1e9 if opt.minimum is None else float(opt.minimum)
        high = 1e9 if opt.maximum is None else float(opt.maximum)
        return low, high

    def _usual_top(self) -> float:
        """Return where the slider ends: ten times the default if the range goes far beyond."""
        high = self._bounds()[1]
        return min(high, 10 * self.option.default) if self.option.default > 0 else high

    def _step(self) -> float:
        low, high = self._bounds()
        top = self._usual_top() if high < 1e9 else 1.0
        return max((top - max(low, 0.0)) / 100, float(10**-self.option.decimals))

    def _explain(self) -> None:
        """Put all words about the option into the tooltips."""
        tooltip = self._tooltip(self._context)
        for widget in (self, self._label, self.editor, self.slider, self._note):
            if widget is not None:
                widget.setToolTip(tooltip)

    def _tooltip(self, context: str) -> str:
        opt = self.option
        parts = [QCoreApplication.translate(context, opt.help)]
        if self._detail:
            parts.append(html.escape(self._detail))
        if opt.choices is None and opt.range_text():
            unit = QCoreApplication.translate(context, opt.unit) if opt.unit else ""
            parts.append(
                QCoreApplication.translate("OptionRow", "Range: {range} {unit}")
                .format(range=opt.range_text(), unit=unit)
                .strip()
            )
        # Rich text, because Qt wraps only that in a tooltip.
        return "<p>" + "<br>".join(parts) + "</p>"

    def _numbers(self, text: str) -> tuple[int, ...]:
        words = text.replace(",", " ").replace(";", " ").split()
        try:
            return tuple(int(word) for word in words)
        except ValueError:
            raise ValueError(
                self.tr("Write whole numbers with commas between them, such as 512, 256.")
            ) from None

    # ------------------------------------------------------------------ slots

    @Slot(float)
    def _follow_slider(self, value: float) -> None:
        assert isinstance(self.editor, FloatEditor)
        self.editor.setValue(value)

    @Slot()
    def _tell(self) -> None:
        if self.slider is not None and isinstance(self.editor, FloatEditor):
            self.slider.show_value(self.editor.value())
        self.edited.emit()
