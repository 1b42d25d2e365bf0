from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAction, QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from latentlab.widgets.style.icons import IconSource, app_icon, icon
from latentlab.widgets.style.section import label
from latentlab.widgets.style.stylesheet import stylesheet
from latentlab.widgets.style.theme import DARK, LIGHT, Theme, Tokens, tabular_font
from latentlab.widgets.style.tokens import mixed
from latentlab.widgets.style.tone import set_look, set_tone

# Said by the offscreen platform about every window with a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    font, palette = QFont(qapp.font()), QPalette(qapp.palette())
    style = qapp.style().name() or "Fusion"
    yield qapp
    qapp.setStyleSheet("")
    qapp.setStyle(style)
    qapp.setFont(font)
    qapp.setPalette(palette)


def _contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour: str) -> float:
        parts = []
        for byte in bytes.fromhex(colour[1:]):
            share = byte / 255
            parts.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [DARK, LIGHT])
def test_texts_are_readable_on_what_they_lie_on(tokens: Tokens) -> None:
    for text in (tokens.ink, tokens.muted):
        for ground in (tokens.background, tokens.panel, tokens.raised):
            assert _contrast(text, ground) >= 4.4
    assert _contrast(tokens.accent_ink, tokens.accent) >= 4.5
    for text in (tokens.accent, tokens.good, tokens.warn, tokens.bad):
        assert _contrast(text, tokens.panel) >= 4.0


@pytest.mark.parametrize("tokens", [DARK, LIGHT])
def test_the_stylesheet_has_no_open_places(tokens: Tokens) -> None:
    text = stylesheet(tokens)
    assert "$" not in text
    assert text.count("{") == text.count("}")
    assert all(re.fullmatch("#[0-9a-f]{6}", c) for c in dataclasses.astuple(tokens))


def test_mixed_colours_lie_between() -> None:
    assert mixed("#ffffff", "#000000", 0.0) == "#000000"
    assert mixed("#ffffff", "#000000", 1.0) == "#ffffff"
    assert mixed("#ff0000", "#0000ff", 0.5) == "#800080"


def test_a_theme_dresses_the_application(app: QApplication) -> None:
    theme = Theme(app, "dark")
    assert theme.is_dark
    assert theme.tokens is DARK
    assert app.palette().color(QPalette.ColorRole.Window) == QColor(DARK.panel)
    assert DARK.accent in app.styleSheet()


def test_changing_the_mode_tells_once_and_only_if_colours_change(
    app: QApplication, qtbot: QtBot
) -> None:
    theme = Theme(app, "dark")
    told: list[bool] = []

    def note() -> None:
        told.append(theme.is_dark)

    theme.changed.connect(note)
    theme.set_mode("light")
    theme.set_mode("light")
    assert theme.mode == "light"
    assert told == [False]
    assert app.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.panel)
    theme.set_mode("system")
    theme.set_mode("dark")
    assert told[-1] is True


def test_a_fixed_mode_does_not_follow_the_desktop(app: QApplication) -> None:
    theme = Theme(app, "light")
    app.styleHints().colorSchemeChanged.emit(app.styleHints().colorScheme())
    assert theme.tokens is LIGHT


def test_an_unknown_mode_is_refused(app: QApplication) -> None:
    theme = Theme(app, "light")
    with pytest.raises(ValueError, match="sepia"):
        theme.set_mode("sepia")  # type: ignore[arg-type]


def test_figures_have_one_width() -> None:
    font = tabular_font(QFont())
    assert font.featureValue(QFont.Tag("tnum")) == 1


def test_a_tone_colours_a_label(app: QApplication, qtbot: QtBot) -> None:
    Theme(app, "dark")
    text = label("21 dB", tone="muted")
    qtbot.addWidget(text)
    text.show()
    set_tone(text, "good")
    text.ensurePolished()
    assert text.palette().color(QPalette.ColorRole.WindowText) == QColor(DARK.good)


def _colour_of(target: QAction | QPushButton) -> QColor:
    """Return the colour of the most opaque pixel of an icon."""
    image = target.icon().pixmap(32, 32).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    strongest = max(pixels, key=QColor.alpha)
    strongest.setAlpha(255)
    return strongest


def test_icons_follow_the_theme_and_end_with_their_button(app: QApplication, qtbot: QtBot) -> None:
    theme = Theme(app, "dark")
    icons = IconSource(theme)
    owner = QWidget()
    qtbot.addWidget(owner)
    action = QAction("Train", owner)
    button = QPushButton(owner)
    icons.bind(action, "play")
    icons.bind_primary(button, "play")
    assert _colour_of(action) == QColor(DARK.ink)
    assert _colour_of(button) == QColor(DARK.accent_ink)
    icons.bind(button, "pause")  # another icon for the same button replaces the first
    theme.set_mode("light")
    assert _colour_of(action) == QColor(LIGHT.ink)
    assert _colour_of(button) == QColor(LIGHT.ink)
    with qtbot.waitSignal(button.destroyed):
        button.deleteLater()
    theme.set_mode("dark")
    assert _colour_of(action) == QColor(DARK.ink)


def test_a_missing_icon_is_empty(qapp: QApplication) -> None:
    assert icon("no-such-icon", "#ffffff").isNull()
    assert not icon("play", "#ffffff").isNull()
    app_icon()


def test_setting_a_look_twice_is_harmless(qtbot: QtBot) -> None:
    button = QPushButton("Train")
    qtbot.addWidget(button)
    set_look(button, "primary", "true")
    set_look(button, "primary", "true")
    assert button.property("primary") == "true"
