"""The curves of what an objective adds to the reconstruction, and the figures below them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from latentlab.engine.training_messages import CurvePoint, TrainStatusChanged
from latentlab.features.training.loss_plot import LossPlot
from latentlab.features.training.training_panel import TrainingPanel, figure_text, readable
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.training_state import Training

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Parts:
    """The panel in the middle of a run."""

    def __init__(self, theme: Theme) -> None:
        self.training = Training()
        self.panel = TrainingPanel(self.training, theme)
        self.training.set_status(TrainStatusChanged("preparing"))
        self.training.set_status(TrainStatusChanged("running"))
        plot = self.panel.findChild(LossPlot)
        choice = self.panel.findChild(FlatComboBox, "second_term_choice")
        assert plot is not None and choice is not None
        self.plot, self.choice = plot, choice

    def add(self, split: str, kl: float = 0.0, step: int = 10, **penalties: float) -> None:
        point = CurvePoint(step, 1, step / 10, split, 150.0, 140.0, kl, penalties)  # type: ignore[arg-type]
        self.training.add_curve_point(point)

    def text(self, name: str) -> str:
        """Return the text of a label that is shown."""
        found = self.panel.findChild(StillLabel, name)
        assert found is not None
        return found.text() if not found.isHidden() else ""

    def drawn(self, split: str) -> list[float]:
        """Return what the right axis shows."""
        self.plot.render_curves()
        self.plot.make_canvas()
        assert self.plot.canvas is not None
        values: list[float] = self.plot.curve(f"second {split}")[1].tolist()
        drawn = self.plot.canvas.curve_values(f"second {split}")
        assert set(drawn.tolist()) == set(values), "a single value is a short line"
        return values


@pytest.fixture
def parts(qtbot: QtBot, qapp: QApplication) -> Iterator[Parts]:
    made = Parts(Theme(qapp, "dark"))
    qtbot.addWidget(made.panel)
    made.panel.show()
    yield made


def test_a_variational_run_shows_its_kl(parts: Parts) -> None:
    parts.add("train", kl=3.0)
    parts.add("held_out", kl=4.0)
    assert parts.text("second_term") == "KL 4.00 nats"
    assert parts.text("penalty") == ""
    assert parts.choice.isHidden()
    assert parts.drawn("train") == [3.0]
    assert parts.drawn("held_out") == [4.0]


def test_nats_below_zero_are_explained_where_they_are_shown(parts: Parts) -> None:
    note = parts.panel.findChild(QLabel, "below_zero")
    assert note is not None and note.isHidden()
    parts.add("held_out")
    assert note.isHidden()
    parts.training.add_curve_point(CurvePoint(20, 2, 2.0, "held_out", -5268.8, -5268.8, 0.0, {}))
    assert not note.isHidden()
    assert "density" in note.text() and "same likelihood" in note.text()


def test_a_penalty_takes_the_place_of_a_kl_that_is_not_there(parts: Parts) -> None:
    parts.add("train", sparsity=12.0)
    parts.add("held_out", sparsity=0.25)
    assert parts.text("second_term") == ""
    assert parts.text("penalty") == "0.25"
    assert parts.choice.isHidden()
    assert parts.drawn("held_out") == [0.25]


def test_an_objective_without_a_penalty_has_no_right_axis(parts: Parts) -> None:
    parts.add("train")
    assert parts.text("second_term") == parts.text("penalty") == ""
    assert parts.drawn("train") == []
    assert parts.plot.axis_size("right") == 0


def test_several_terms_can_be_chosen_from(parts: Parts, qtbot: QtBot) -> None:
    terms = {"mutual_information": 3.0, "total_correlation": 0.5, "dimension_kl": 1.0}
    parts.add("train", kl=4.5, **terms)
    shown = [parts.choice.itemText(i) for i in range(parts.choice.count())]
    assert shown == ["KL", "mutual information", "total correlation", "KL of dimensions"]
    assert not parts.choice.isHidden()
    assert parts.text("second_term") == "4.50 nats"
    parts.choice.setCurrentIndex(2)
    parts.choice.activated.emit(2)
    assert parts.text("second_term") == "0.5 nats"
    assert parts.drawn("train") == [0.5]
    parts.add("train", kl=4.0, step=20, **terms | {"total_correlation": 0.25})
    assert parts.choice.currentIndex() == 2, "the choice stays while points come"
    assert parts.text("second_term") == "0.25 nats"


def test_dead_units_are_shown_as_measured(parts: Parts) -> None:
    parts.add("train", dead_units=0.125)
    parts.add("held_out", dead_units=0.25)
    assert parts.text("penalty") == "25.0 %"
    assert parts.drawn("train") == [0.125]
    assert parts.drawn("held_out") == [0.25]


def test_another_run_starts_without_the_terms_of_the_last(parts: Parts) -> None:
    parts.add("train", sparsity=12.0)
    parts.training.set_status(TrainStatusChanged("preparing"))
    assert parts.text("penalty") == parts.text("second_term") == ""
    parts.add("train", kl=2.0)
    assert parts.text("second_term") == "KL 2.00 nats"


@pytest.mark.parametrize("width", [226, 236])
def test_all_of_the_figures_fit(parts: Parts, width: int) -> None:
    parts.add("train", kl=12.3456)
    parts.panel.resize(width, 400)
    QApplication.sendPostedEvents()
    labels = [w for w in parts.panel.findChildren(StillLabel) if w.isVisible() and w.text()]
    assert len(labels) >= 3
    for label in labels:
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()


@pytest.mark.parametrize(
    ("term", "value", "text"),
    [
        ("kl", 6.544, "6.54 nats"),
        ("kl", 12.34, "12.3 nats"),
        ("sparsity", 0.001234, "0.00123"),
        ("sparsity", 123456.0, "123,456"),
        ("code_norm", 9.5, "9.50"),
        ("dead_units", 0.683, "68.3 %"),
    ],
)
def test_figures_have_the_digits_that_tell_something(term: str, value: float, text: str) -> None:
    assert figure_text(term, value) == text


def test_terms_are_written_as_people_write_them() -> None:
    assert readable("total_correlation") == "total correlation"
    assert readable("mmd") == "MMD"
    assert readable("kl") == "KL"
