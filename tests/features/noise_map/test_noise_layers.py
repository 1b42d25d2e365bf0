"""Path, cloud and field are painted where they are, in both themes, and from caches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.noise_map.field import FieldCells
from latentlab.features.noise_map.field_layer import stretch
from latentlab.features.noise_map.marks import NoiseMarks, one_sigma
from latentlab.features.noise_map.messages import NoiseCodes
from latentlab.features.noise_map.noise_layers import NoiseLayers
from latentlab.features.noise_map.paths import PATH_POINTS
from latentlab.features.noise_map.store import FieldArrows, NoiseMap
from latentlab.latent.camera import Camera
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.map.layers_panel import LayersPanel
from latentlab.widgets.style.tokens import DARK, LIGHT, Tokens
from latentlab.workspace.map_view import LAYERS, MapView

WIDTH, HEIGHT = 300, 200


class StillTheme:
    """Only the colours of a theme: the application keeps its own."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens


class Map:
    """The layers on stores of their own; one latent unit is 100 px, and (0, 0) the middle."""

    def __init__(self, tokens: Tokens = DARK, dims: int = 2) -> None:
        self.view, self.noise = MapView(), NoiseMap()
        self.view.set_plane(AxisPlane(np.zeros(dims, np.float32)))
        self.view.set_camera(Camera(width=WIDTH, height=HEIGHT))
        self.view.set_shown("noise_field", True)
        self.theme = StillTheme(tokens)
        self.layers = NoiseLayers(self.view, self.noise, NoiseLab(), self.theme)  # type: ignore[arg-type]

    def painted(self, ratio: float = 1.0) -> QImage:
        image = QImage(
            round(WIDTH * ratio), round(HEIGHT * ratio), QImage.Format.Format_ARGB32_Premultiplied
        )
        image.setDevicePixelRatio(ratio)
        image.fill(QColor(self.theme.tokens.background))
        painter = QPainter(image)
        self.layers.paint(painter, ratio)
        painter.end()
        return image

    def show_only(self, layer: str) -> None:
        for name in ("noise_path", "noise_cloud", "noise_field"):
            self.view.set_shown(name, name == layer)


def codes(path: list[float], cloud: list[list[float]], dims: int = 2) -> NoiseCodes:
    """A straight path along the first axis, from and to some numbers."""
    way = np.zeros((PATH_POINTS, dims), np.float32)
    way[:, 0] = np.linspace(*path, PATH_POINTS)
    around = np.zeros((len(cloud), dims), np.float32)
    around[:, :2] = cloud
    return NoiseCodes(1, 1, (("gaussian", 0.5),), way, around, 0)


def field(step: list[float], dims: int = 2) -> FieldArrows:
    """Five arrows along the first axis from each middle of a cell of half a unit."""
    x, y = np.meshgrid(np.arange(-1.25, 1.5, 0.5), np.arange(-0.75, 1.0, 0.5))
    starts = np.zeros((x.size * 5, dims), np.float32)
    starts[:, :2] = np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), 5, axis=0)
    ends = starts.copy()
    ends[:, :2] += np.array(step, np.float32)
    return FieldArrows(starts, ends)


def is_empty(image: QImage) -> bool:
    first = image.pixel(0, 0)
    return all(
        image.pixel(x, y) == first
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


@pytest.mark.parametrize("tokens", [DARK, LIGHT])
def test_a_path_is_painted_as_far_as_it_has_gone(qtbot: QtBot, tokens: Tokens) -> None:
    shown = Map(tokens)
    shown.noise.set_codes(codes([-1, 1], [[0, 0]]))
    image = shown.painted()
    # At 50 % it is in the middle: before it the way is strong, after it thin.
    assert image.pixelColor(80, 100) == QColor(tokens.warn)
    assert image.pixelColor(220, 100) not in (QColor(tokens.warn), QColor(tokens.background))
    assert image.pixelColor(150, 100) == QColor(tokens.warn), "where it is now"
    for tick in (50, 100, 200, 250):
        assert image.pixelColor(tick, 103) == QColor(tokens.ink), tick
    assert image.pixelColor(20, 100) == QColor(tokens.background)


@pytest.mark.parametrize("tokens", [DARK, LIGHT])
def test_a_cloud_has_dots_and_an_ellipse(qtbot: QtBot, tokens: Tokens) -> None:
    shown = Map(tokens)
    shown.view.set_opacity("noise_cloud", 1.0)
    shown.show_only("noise_cloud")
    shown.noise.set_codes(codes([-1, 1], [[-1, 0], [1, 0], [0, 0.5], [0, -0.5]]))
    image = shown.painted()
    ink, back = QColor(tokens.ink), QColor(tokens.background)
    for x, y in ((50, 100), (250, 100), (150, 50), (150, 150)):
        found = image.pixelColor(x, y)
        assert abs(found.lightness() - ink.lightness()) < 60, (x, y)
    assert image.pixelColor(150, 100) == back
    # Radii: root of the mean squares, 1/√2 and 0.5/√2 units.
    assert image.pixelColor(round(150 + 70.7), 100) != back
    assert image.pixelColor(150, round(100 + 35.4)) != back


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((("gaussian", 0.5),), ["0 %", "100 %", "50 %", "25 %", "75 %"]),
        # Both grow by 2.5 until the second reaches all of its range: no tick is an amount of both.
        ((("mask", 0.135), ("gaussian", 0.4)), ["0 ×", "2.5 ×", "1.25 ×", "0.625 ×", "1.88 ×"]),
        ((("mask", 0.0), ("gaussian", 0.0)), ["0 %", "100 %", "50 %", "25 %", "75 %"]),
    ],
)
def test_ticks_of_stacked_corruptions_are_multiples_of_the_sliders(
    steps: tuple[tuple[str, float], ...], expected: list[str]
) -> None:
    found = codes([-1.0, 1.0], [[0.0, 0.0]] * 3)
    marks = NoiseMarks()
    plane = AxisPlane(np.zeros(2, np.float32))
    marks.place(replace(found, steps=steps), plane, Camera(), DARK, 1.0)
    assert [marks._tick_text(percent) for percent in (0, 100, 50, 25, 75)] == expected


def test_the_ellipse_is_that_of_the_covariance() -> None:
    turn = np.deg2rad(30)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-np.sin(turn), np.cos(turn)])
    points = np.array([3 * along, -3 * along, across, -across], np.float32)
    radii, angle = one_sigma(points)
    assert radii == pytest.approx((3 / np.sqrt(2), 1 / np.sqrt(2)), rel=1e-5)
    assert angle % 180 == pytest.approx(30, abs=1e-3)


@pytest.mark.parametrize("tokens", [DARK, LIGHT])
def test_arrows_point_where_the_field_does(qtbot: QtBot, tokens: Tokens) -> None:
    shown = Map(tokens)
    shown.noise.set_field(field([0.4, 0.0]))
    image = shown.painted()
    back = QColor(tokens.background)
    tail = (150 + 25, 100 - 25)  # a cell's middle at (0.25, 0.25)
    assert image.pixelColor(tail[0] + 20, tail[1]) != back
    assert image.pixelColor(tail[0] - 5, tail[1]) == back
    # The head is at the tip, on both sides of the shaft.
    assert image.pixelColor(tail[0] + 36, tail[1] - 2) != back
    assert image.pixelColor(tail[0] + 5, tail[1] - 3) == back


def test_upwards_on_the_map_is_upwards_on_the_screen(qtbot: QtBot) -> None:
    shown = Map()
    shown.noise.set_field(field([0.0, 0.4]))
    image = shown.painted()
    back = QColor(DARK.background)
    assert image.pixelColor(175, 75 - 20) != back
    assert image.pixelColor(175, 75 + 6) == back


def test_all_arrows_have_one_scale_and_fit_their_cells() -> None:
    def cells(*lengths: float) -> FieldCells:
        steps = np.array([[length, 0] for length in lengths], np.float32).reshape(-1, 2)
        return FieldCells(0.5, steps, steps, np.ones(len(steps), np.float32))

    assert stretch(cells(0.4, 0.4, 0.4)) == 1.0
    assert stretch(cells(0.1, 0.1, 0.1)) == 4.0
    assert stretch(cells(1.0, 1.0, 0.1)) == 0.25
    assert stretch(cells(*[0.4] * 9, 50.0)) == 1.0, "one far out does not shrink the others"
    assert stretch(cells(0.0, 0.0)) == 1.0
    assert stretch(cells()) == 1.0
    assert stretch(cells(1e-9)) == 4.0, "what stands still is not blown up"


def test_a_field_that_stands_still_is_dots(qtbot: QtBot) -> None:
    shown = Map()
    shown.noise.set_field(field([0.0, 0.0]))
    image = shown.painted()
    assert image.pixelColor(175, 75) == QColor(DARK.ink) or not is_empty(image)
    assert image.pixelColor(175 + 6, 75) == QColor(DARK.background)


@pytest.mark.parametrize("layer", ["noise_path", "noise_cloud", "noise_field"])
def test_each_layer_can_be_switched_off(qtbot: QtBot, layer: str) -> None:
    shown = Map()
    shown.noise.set_codes(codes([-1, 1], [[-1, 0.5], [1, 0.5], [0, 0.9]]))
    shown.noise.set_field(field([0.4, 0.1]))
    shown.show_only(layer)
    assert not is_empty(shown.painted())
    shown.view.set_opacity(layer, 0.0)
    assert is_empty(shown.painted())


def test_without_anything_known_nothing_is_painted(qtbot: QtBot) -> None:
    assert is_empty(Map().painted())


def test_wide_codes_are_projected_and_those_of_another_length_are_not_shown(qtbot: QtBot) -> None:
    shown = Map(dims=4)
    shown.noise.set_codes(codes([-1, 1], [[0, 0]], dims=4))
    shown.noise.set_field(field([0.4, 0.0], dims=4))
    assert shown.painted().pixelColor(80, 100) == QColor(DARK.warn)
    shown.view.set_plane(AxisPlane(np.zeros(4, np.float32), (2, 3)))
    assert shown.painted().pixelColor(80, 100) != QColor(DARK.warn)
    shown.view.set_plane(AxisPlane(np.zeros(3, np.float32)))
    assert is_empty(shown.painted())


def test_what_is_no_number_or_far_away_is_not_painted(qtbot: QtBot) -> None:
    shown = Map()
    for wrong in (np.nan, np.inf, 1e20):
        made = codes([-1, 1], [[0, wrong], [0, 0], [1, 1]])
        made.path[-1] = wrong
        shown.noise.set_codes(made)
        one = field([0.0, 0.4])
        shown.noise.set_field(FieldArrows(one.starts, np.full_like(one.ends, wrong)))
        shown.view.set_shown("noise_field", wrong != 1e20)
        assert is_empty(shown.painted())


def test_it_follows_the_view_and_sharp_screens(qtbot: QtBot) -> None:
    shown = Map()
    shown.noise.set_codes(codes([-1, 1], [[0, 0]]))
    shown.painted()
    shown.view.set_camera(shown.view.camera.panned(0, 40))
    image = shown.painted()
    assert image.pixelColor(80, 140) == QColor(DARK.warn)
    assert image.pixelColor(80, 100) == QColor(DARK.background)
    assert shown.painted(2.0).pixelColor(160, 280) == QColor(DARK.warn)


def test_a_frame_in_which_nothing_has_changed_comes_from_the_cache(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Map()
    shown.noise.set_codes(codes([-1, 1], [[-1, 0.5], [1, 0.5], [0, 0.9]]))
    shown.noise.set_field(field([0.4, 0.1]))
    first = shown.painted()

    def refuse(*_: object) -> None:
        raise AssertionError("computed anew")

    monkeypatch.setattr("latentlab.features.noise_map.field_layer.field_cells", refuse)
    monkeypatch.setattr("latentlab.features.noise_map.marks.present_share", refuse)
    assert shown.painted() == first


def test_something_new_is_told(qtbot: QtBot) -> None:
    shown = Map()
    with qtbot.waitSignal(shown.layers.changed, timeout=100):
        shown.noise.set_codes(codes([-1, 1], [[0, 0]]))
    with qtbot.waitSignal(shown.layers.changed, timeout=100):
        shown.noise.set_field(field([0.4, 0.1]))


def test_each_layer_has_a_row_and_the_field_is_off_at_first(qtbot: QtBot) -> None:
    view = MapView()
    panel = LayersPanel(view)
    qtbot.addWidget(panel)
    assert set(panel._rows) == set(LAYERS)
    assert view.is_shown("noise_path")
    assert view.is_shown("noise_cloud")
    assert not view.is_shown("noise_field")
    assert view.opacity("noise_field") == 0.0
    assert view.chosen_opacity("noise_field") > 0.0
