"""Properties from the job to the table, the map, the export and the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import create_autospec

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from latentlab.__main__ import main
from latentlab.engine.jobs import Share, Sources, Steps
from latentlab.features.properties import MEASURING
from latentlab.features.properties.measure import measure
from latentlab.features.properties.panel import PropertiesPanel
from latentlab.images.image_set import ImageSet
from latentlab.widgets.style.theme import Theme
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training
from latentlab.workspace.workbench import Workbench

PIXELS = np.random.default_rng(0).integers(0, 256, (300, 8, 9, 1), np.uint8)
DATA = ImageSet("noise", "Noise", PIXELS, np.arange(300, dtype=np.int32) % 2, ("a", "b"))


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def answered(steps: Steps[Any]) -> tuple[list[float], Any]:
    shares: list[float] = []
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return shares, end.value
        assert isinstance(step, Share)
        shares.append(step.done)


def test_the_job_measures_all_images_in_pieces() -> None:
    shares, found = answered(MEASURING.load()(DATA, Sources(None, torch.device("cpu"))))
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 1
    np.testing.assert_array_equal(found, measure(PIXELS))
    assert not found.flags.writeable


class Panel:
    """The panel on a desk whose client a test answers."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.session, self.training = Session(), Training()
        self.explorer, self.map_view = Explorer(), MapView()
        self.explore = create_autospec(ExploreController, instance=True)
        thread = SimpleNamespace(
            resulted=self.session.savedChanged, ask=lambda _: None, command=lambda _: None
        )
        self.desk = JobDesk(cast(Any, thread), self.session, self.training)
        self.bench = Workbench(
            self.session, self.training, self.explorer, self.map_view, self.explore, self.desk
        )
        self.widget = PropertiesPanel(self.bench, theme)
        qtbot.addWidget(self.widget)
        self.client = self.desk.client(MEASURING)
        self.widget.show()

    def answer(self) -> None:
        self.session.set_data(DATA)
        self.client.state, self.client.answer = "done", measure(PIXELS)
        self.client.changed.emit()

    def choose(self, title: str) -> None:
        box = self.widget._colour
        place = box.findText(title)
        box.setCurrentIndex(place)
        box.activated.emit(place)


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Panel:
    return Panel(qtbot, Theme(qapp, "dark"))


def test_the_table_follows_the_map_and_leads_it(panel: Panel) -> None:
    table = panel.widget._table
    assert table.model().rowCount() == 0 and not panel.widget._export.isEnabled()
    panel.answer()
    assert table.model().rowCount() == 300
    table.sortByColumn(2, table.horizontalHeader().sortIndicatorOrder())
    panel.explorer.set_selected(17)
    assert table.currentIndex().siblingAtColumn(0).data() == "17"
    panel.explore.select.assert_not_called()
    table.setCurrentIndex(table.model().index(0, 0))
    dimmest = int(np.argmin(measure(PIXELS)[:, 1]))
    panel.explore.select.assert_called_once_with(dimmest)


def test_the_map_is_coloured_by_a_property_until_the_data_change(panel: Panel) -> None:
    panel.answer()
    panel.choose("Brightness")
    colouring = panel.map_view.colouring
    assert colouring is not None
    np.testing.assert_array_equal(colouring.values, measure(PIXELS)[:, 1])
    panel.choose("Class")
    assert panel.map_view.colouring is None
    panel.choose("Aspect")
    panel.session.set_data(ImageSet("other", "Other", PIXELS[:5]))
    assert panel.map_view.colouring is None
    assert panel.widget._colour.currentText() == "Class"


def test_export_writes_one_row_an_image(panel: Panel, tmp_path: Path) -> None:
    panel.answer()
    panel.widget.export(tmp_path / "p.csv")
    rows = rows_of(tmp_path / "p.csv")
    assert len(rows) == 300 and rows[3]["class"] == "b"
    assert float(rows[3]["brightness"]) == pytest.approx(float(measure(PIXELS)[3, 1]), rel=1e-6)
    panel.widget.export(tmp_path / "missing" / "p.csv")
    assert "cannot be written" in panel.widget._said.text()


def test_the_command_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:  # type: ignore[type-arg]
    np.save(tmp_path / "noise.npy", PIXELS)
    out = tmp_path / "p.csv"
    assert main(["properties", str(tmp_path / "noise.npy"), "--json", "-o", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["num_images"] == 300 == len(found["images"])
    assert set(found["properties"]) < set(found["images"][0])
    rows = rows_of(out)
    assert [float(row["area"]) for row in rows] == [one["area"] for one in found["images"]]
    assert main(["properties", str(tmp_path / "noise.npy"), "-o", str(tmp_path / "p.txt")]) == 2
    assert "must end with" in capsys.readouterr().err
