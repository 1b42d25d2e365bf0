from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from latentlab.base.options import check, option, options_of
from latentlab.models.family.train_spec import TrainSpec
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import FloatEditor, IntEditor, next_round, number_text
from latentlab.widgets.form.option_form import OptionForm
from latentlab.widgets.form.value_slider import ValueSlider

# Said by the offscreen platform about every window with a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@dataclass(frozen=True)
class Spec:
    kind: str = option(
        "mask", "Kind", "What is done.", choices={"mask": "Mask", "gaussian": "Gaussian noise"}
    )
    count: int = option(3, "Count", "How many.", minimum=1, maximum=2000)
    weight: float = option(1.0, "Weight", "How much.", minimum=0.0, maximum=100.0, decimals=2)
    rate: float = option(1e-3, "Rate", "How fast.", minimum=1e-7, maximum=1.0, decimals=6)
    sigma: float = option(
        0.1,
        "Sigma",
        "Width of the noise.",
        unit="px",
        minimum=0.0,
        maximum=1.0,
        decimals=2,
        only_for={"kind": ("gaussian",)},
    )
    widths: tuple[int, ...] = option(
        (64, 32), "Widths", "Units.", minimum=1, maximum=512, min_length=1, advanced=True
    )

    def validate(self) -> None:
        check(self)


@pytest.fixture
def form(qtbot: QtBot) -> OptionForm:
    result = OptionForm(Spec())
    qtbot.addWidget(result)
    result.show()
    qtbot.waitExposed(result)
    return result


@pytest.fixture
def told(form: OptionForm) -> list[Spec]:
    specs: list[Spec] = []
    form.specChanged.connect(specs.append)
    return specs


def _editor(form: OptionForm, name: str) -> Any:
    return form.row(name).editor  # rows are made when they are first asked for


def test_it_shows_the_spec_it_was_given(qtbot: QtBot) -> None:
    spec = TrainSpec(network="conv", latent_dim=16, beta=4.0, channels=(8, 16, 32))
    form = OptionForm(spec)
    qtbot.addWidget(form)
    assert form.spec == spec
    assert _editor(form, "latent_dim").value() == 16
    assert _editor(form, "channels").text() == "8, 16, 32"


def test_every_option_has_an_editor_with_name_and_tooltip(qtbot: QtBot) -> None:
    form = OptionForm(TrainSpec())
    qtbot.addWidget(form)
    for opt in options_of(TrainSpec):
        editor = _editor(form, opt.name)
        assert editor.accessibleName() == opt.label
        assert opt.help in editor.toolTip()
        if opt.choices is None and opt.range_text():
            assert opt.range_text() in editor.toolTip()
        assert editor.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_each_edit_tells_a_new_spec(form: OptionForm, told: list[Spec]) -> None:
    _editor(form, "count").setValue(7)
    _editor(form, "kind").setCurrentIndex(1)
    _editor(form, "weight").setValue(2.5)
    assert told == [
        Spec(count=7),
        Spec(count=7, kind="gaussian"),
        Spec(count=7, kind="gaussian", weight=2.5),
    ]
    assert form.spec is told[-1]


def test_setting_a_spec_is_silent(form: OptionForm, told: list[Spec]) -> None:
    spec = Spec(kind="gaussian", count=9, weight=0.25, rate=2e-5, sigma=0.5, widths=(8,))
    form.set_spec(spec)
    assert told == []
    assert form.spec == spec
    _editor(form, "count").setValue(10)
    assert told == [dataclasses.replace(spec, count=10)], "nothing else was rounded or lost"


def test_another_class_is_refused(form: OptionForm) -> None:
    with pytest.raises(TypeError):
        form.set_spec(TrainSpec())


def test_fields_without_a_meaning_are_hidden(form: OptionForm) -> None:
    assert form.row("sigma").isHidden()
    _editor(form, "kind").setCurrentIndex(1)
    assert not form.row("sigma").isHidden()
    form.set_spec(Spec())
    assert form.row("sigma").isHidden()


def test_advanced_fields_unfold(form: OptionForm) -> None:
    assert not _editor(form, "widths").isVisible()
    form.advanced.set_open(True)
    assert form.advanced.is_open
    assert _editor(form, "widths").isVisible()


def test_rows_that_are_not_shown_are_not_made(form: OptionForm) -> None:
    assert form.findChild(QWidget, "sigma") is None
    assert form.findChild(QWidget, "widths") is None
    _editor(form, "kind").setCurrentIndex(1)
    sigma = form.findChild(QWidget, "sigma")
    assert sigma is not None
    assert sigma.isVisible()
    rows = [form.row(name) for name in ("kind", "count", "weight", "rate", "sigma")]
    tops = [row.mapTo(form, QPoint(0, 0)).y() for row in rows]
    QApplication.sendPostedEvents()
    assert tops == sorted(tops)


def test_only_some_fields(qtbot: QtBot) -> None:
    form = OptionForm(Spec(count=5), only=("weight",))
    qtbot.addWidget(form)
    with pytest.raises(StopIteration):
        form.row("count")
    assert form.advanced.isHidden()
    _editor(form, "weight").setValue(3.0)
    assert form.spec == Spec(count=5, weight=3.0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("64, x", "whole numbers"), ("64, 9000", "1 to 512"), ("", "at least 1 number")],
)
def test_a_wrong_text_is_explained_and_not_used(
    form: OptionForm, told: list[Spec], qtbot: QtBot, text: str, sentence: str
) -> None:
    form.advanced.set_open(True)
    validity: list[bool] = []
    form.validityChanged.connect(validity.append)
    edit = _editor(form, "widths")
    assert isinstance(edit, QLineEdit)
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)
    assert sentence in form.errors["widths"]
    assert not form.is_valid
    edit.selectAll()
    qtbot.keyClicks(edit, "16 8")
    assert form.errors == {}
    assert told[-1] == form.spec == Spec(widths=(16, 8))
    assert validity[0] is False
    assert validity[-1] is True


def test_what_cannot_be_read_says_nothing_where_it_has_no_meaning(
    qtbot: QtBot,
) -> None:
    form = OptionForm(TrainSpec())
    qtbot.addWidget(form)
    form.show()
    told: list[TrainSpec] = []
    form.specChanged.connect(told.append)
    form.advanced.set_open(True)
    widths = _editor(form, "hidden")
    widths.selectAll()
    qtbot.keyClicks(widths, "64, x")
    assert "hidden" in form.errors
    network = _editor(form, "network")
    network.setCurrentIndex(network.findData("conv"))
    assert form.errors == {}
    assert form.is_valid
    assert told[-1].network == "conv"
    assert told[-1].hidden == (64,), "what could be read before"
    network.setCurrentIndex(network.findData("mlp"))
    assert form.row("hidden").value() == (64,)


def test_a_list_of_layers_may_be_empty(qtbot: QtBot) -> None:
    form = OptionForm(TrainSpec())
    qtbot.addWidget(form)
    edit = _editor(form, "hidden")
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    assert form.spec.hidden == ()
    assert edit.placeholderText() == "none"


def test_an_edit_brings_along_what_suits_it(qtbot: QtBot) -> None:
    def suit(before: Spec, after: Spec) -> Spec:
        return dataclasses.replace(after, count=7) if after.kind != before.kind else after

    form = OptionForm(Spec(), suit=suit)
    qtbot.addWidget(form)
    told: list[Spec] = []
    form.specChanged.connect(told.append)
    _editor(form, "kind").setCurrentIndex(1)
    assert told == [Spec(kind="gaussian", count=7)]
    assert _editor(form, "count").value() == 7


def test_remarks_stand_below_fields_that_are_right(form: OptionForm) -> None:
    form.set_remarks({"count": "More than there are."})
    assert form.row("count").error == "More than there are."
    assert form.is_valid
    assert form.errors == {}
    _editor(form, "weight").setValue(2.0)
    assert form.row("count").error == "More than there are."
    form.set_remarks({})
    assert form.row("count").error == ""


def test_a_note_and_the_words_of_choices(form: OptionForm) -> None:
    row = form.row("kind")
    row.set_note("f(x) = x", "What <it> does.")
    notes = [w for w in row.findChildren(QWidget, "kind_note") if not w.isHidden()]
    assert [note.text() for note in notes] == ["f(x) = x"]  # type: ignore[attr-defined]
    assert "What &lt;it&gt; does." in row.editor.toolTip()
    row.set_choice_help({"mask": "Leaves out.", "gaussian": "Adds."})
    assert row.editor.itemData(1, Qt.ItemDataRole.ToolTipRole) == "Adds."
    row.set_note("")
    assert notes[0].isHidden()
    assert "What" in row.editor.toolTip(), "its own words stay"


def test_slider_and_number_follow_each_other(form: OptionForm, told: list[Spec]) -> None:
    editor, slider = _editor(form, "weight"), form.row("weight").slider
    assert isinstance(slider, ValueSlider)
    slider.setValue(slider.maximum())
    assert editor.value() == 10.0, "the slider ends at ten times the default"
    editor.setValue(50.0)
    assert slider.value() == slider.maximum()
    assert told[-1].weight == 50.0, "a typed number may lie beyond the slider"
    editor.setValue(0.0)
    assert slider.value() == 0


def test_a_typed_number_keeps_its_digits(form: OptionForm, told: list[Spec], qtbot: QtBot) -> None:
    for typed, value in [("0.0125", 0.0125), ("0,5", 0.5), ("2.5e-3", 0.0025)]:
        editor = _editor(form, "weight")
        editor.setFocus()
        editor.selectAll()
        qtbot.keyClicks(editor, typed)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        assert told[-1].weight == pytest.approx(value)


def test_a_number_out_of_range_is_brought_back(form: OptionForm, qtbot: QtBot) -> None:
    editor = _editor(form, "weight")
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, "900")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert form.spec.weight == 100.0


def test_a_learning_rate_steps_through_round_numbers(form: OptionForm) -> None:
    editor = _editor(form, "rate")
    values = []
    for _ in range(3):
        editor.stepUp()
        values.append(editor.value())
    assert values == pytest.approx([2e-3, 5e-3, 1e-2])
    form.set_spec(Spec(rate=1e-7))
    editor.stepDown()
    assert editor.value() == pytest.approx(1e-7)
    assert editor.text() == "1e-7"


@pytest.mark.parametrize("name", ["kind", "count", "weight", "weight_slider"])
def test_the_wheel_changes_only_what_has_the_focus(
    form: OptionForm, told: list[Spec], name: str
) -> None:
    editor = form.findChild(QWidget, name)
    assert editor is not None
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(editor.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    form.setFocus()
    QApplication.sendEvent(editor, event)
    assert told == []
    assert not event.isAccepted(), "so that the panel scrolls"


def test_fields_can_be_locked(form: OptionForm) -> None:
    form.set_enabled_fields(["count"])
    assert form.row("count").isEnabled()
    assert not form.row("weight").isEnabled()
    form.set_enabled_fields(None)
    assert form.row("weight").isEnabled()


def test_choices_show_their_titles(form: OptionForm) -> None:
    box = _editor(form, "kind")
    assert isinstance(box, FlatComboBox)
    assert [box.itemText(i) for i in range(box.count())] == ["Mask", "Gaussian noise"]
    assert box.sizeHint().width() > box.minimumSizeHint().width() / 2


def test_sliders_are_for_plain_amounts(form: OptionForm) -> None:
    assert form.row("rate").slider is None
    assert form.row("count").slider is None
    assert isinstance(form.row("sigma").slider, QSlider)


def test_units_follow_the_number(form: OptionForm) -> None:
    assert _editor(form, "sigma").text() == "0.10 px"
    editor = _editor(form, "count")
    assert isinstance(editor, IntEditor)
    editor.setValue(1500)
    assert editor.text() == "1,500"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.0, 2, "1.00"),
        (0.005, 2, "0.005"),
        (1e-5, 6, "1e-5"),
        (0.001, 6, "0.001"),
        (0.0, 4, "0"),
        (-0.35, 3, "−0.350"),
    ],
)
def test_numbers_are_written_short(value: float, decimals: int, text: str) -> None:
    assert number_text(value, decimals) == text


@given(st.floats(min_value=1e-10, max_value=1e10))
def test_round_steps_enclose_a_value(value: float) -> None:
    assert next_round(value, up=False) < value < next_round(value, up=True)
    assert next_round(value, up=True) / next_round(value, up=False) <= 10.0


@given(st.floats(min_value=-100.0, max_value=100.0), st.integers(0, 6))
def test_what_is_written_can_be_read(qapp: QApplication, value: float, decimals: int) -> None:
    editor = FloatEditor(-100.0, 100.0, decimals)
    text = editor.textFromValue(value)
    assert editor.valueFromText(text) == pytest.approx(value, rel=1e-4, abs=1e-11)
