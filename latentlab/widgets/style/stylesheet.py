"""The stylesheet of the whole program, made from the colour tokens.

Dynamic properties that it knows (set them with :func:`latentlab.widgets.style.tone.set_look`):

``primary="true"``
    A push or tool button in the accent colour.
``chip="true"``
    A small round button, such as a class in the legend.
``flat="true"``
    A push or tool button without a frame until the pointer is over it.
``tone="muted" | "accent" | "good" | "warn" | "bad"``
    Text of a label, bar of a progress bar, edge of a message.
``look="title" | "section" | "strong" | "small"``
    Size and weight of a label.
``plain="true"``
    A line edit or spin box that is only its bold value until it is used, as in the cards.
``quiet="true"``
    A slider or spin box that can be used and hardly matters, greyed.
``floating="true"``
    A label that lies over the map.
``images="true"``
    A list that is nothing but its images.
"""

from __future__ import annotations

from string import Template

from latentlab.widgets.style.tokens import Tokens, mixed

_TEMPLATE = Template("""
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QScrollArea { background: transparent; border: none; }
QDockWidget { border: none; }
QDockWidget::title { background: $panel; padding: 12px 12px 4px 12px; text-align: left; }

QToolTip {
    background: $raised; color: $ink; border: 1px solid $line; padding: 4px 6px;
}

/* Text */
QLabel { background: transparent; }
QLabel[look="title"] { font-size: 16px; font-weight: bold; }
QLabel[look="section"] {
    font-size: 11px; font-weight: bold; letter-spacing: 1px; text-transform: uppercase;
    color: $muted;
}
QLabel[look="strong"] { font-weight: bold; }
QLabel[look="small"] { font-size: 11px; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="accent"] { color: $accent; }
QLabel[tone="good"] { color: $good; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="bad"] { color: $bad; }
QLabel:disabled { color: $faint; }
QLabel[floating="true"] {
    background: $raised; border: 1px solid $line; border-radius: 6px; padding: 3px 8px;
    font-size: 11px;
}
QLabel[keycap="true"] {
    background: $raised; border: 1px solid $line; border-bottom-width: 2px; border-radius: 4px;
    padding: 1px 6px; font-size: 11px;
}

/* Cards */
QFrame[card="true"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[popup="true"] { background: $panel; border: 1px solid $line; border-radius: 8px; }

/* Buttons */
QPushButton, QToolBar QToolButton {
    background: $raised; color: $ink; border: 1px solid $line; border-radius: 6px;
    padding: 5px 11px;
}
QToolBar QToolButton { margin: 0 3px; padding: 4px 10px; }
QPushButton:hover, QToolBar QToolButton:hover { background: $hover; border-color: $edge; }
QPushButton:pressed, QToolBar QToolButton:pressed { background: $line; }
QPushButton:checked, QToolBar QToolButton:checked,
QPushButton[primary="true"], QToolBar QToolButton[primary="true"] {
    background: $accent; color: $accent_ink; border-color: $accent;
}
QPushButton:checked:hover, QToolBar QToolButton:checked:hover,
QPushButton[primary="true"]:hover, QToolBar QToolButton[primary="true"]:hover {
    background: $accent_hover; border-color: $accent_hover;
}
QPushButton[primary="true"]:pressed, QToolBar QToolButton[primary="true"]:pressed {
    background: $accent_pressed; border-color: $accent_pressed;
}
QPushButton:disabled, QToolBar QToolButton:disabled,
QPushButton[primary="true"]:disabled, QToolBar QToolButton[primary="true"]:disabled {
    background: transparent; color: $faint; border-color: $line;
}
QPushButton:focus, QToolBar QToolButton:focus { border-color: $accent; }
QPushButton[primary="true"]:focus, QPushButton:checked:focus,
QToolBar QToolButton[primary="true"]:focus, QToolBar QToolButton:checked:focus {
    border: 2px solid $ink; padding: 4px 10px;
}
QToolBar QToolButton[primary="true"]:focus, QToolBar QToolButton:checked:focus {
    padding: 3px 9px;
}
QToolButton::menu-indicator { image: none; }

QPushButton[chip="true"], QToolButton[chip="true"] {
    background: $raised; border: 1px solid $line; border-radius: 10px; padding: 2px 8px;
    font-size: 11px; min-height: 14px;
}
QPushButton[chip="true"]:hover, QToolButton[chip="true"]:hover { border-color: $edge; }
QPushButton[chip="true"]:checked, QToolButton[chip="true"]:checked {
    background: $accent; color: $accent_ink; border-color: $accent;
}
QPushButton[chip="true"]:focus, QToolButton[chip="true"]:focus {
    border: 1px solid $accent; padding: 2px 8px;
}
QPushButton[flat="true"], QToolButton[flat="true"], QToolBar QToolButton[flat="true"] {
    background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 3px 6px; color: $muted;
}
QPushButton[flat="true"]:hover, QToolButton[flat="true"]:hover {
    background: $raised; color: $ink;
}
QPushButton[flat="true"]:checked, QToolButton[flat="true"]:checked {
    background: $accent; color: $accent_ink;
}
QPushButton[flat="true"]:focus, QToolButton[flat="true"]:focus { border-color: $accent; }

/* Toolbar, menus, status bar */
QToolBar {
    background: $panel; border: none; border-bottom: 1px solid $line; padding: 6px 9px;
    spacing: 0;
}
QToolBar::separator { background: transparent; width: 22px; }
QMenuBar { background: $panel; color: $ink; border-bottom: 1px solid $line; }
QMenuBar::item { background: transparent; padding: 4px 9px; border-radius: 4px; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $panel; color: $ink; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 10px; border-radius: 5px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $selected; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QStatusBar { background: $panel; color: $muted; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 2px 5px; }
QStatusBar QLabel[tone="good"] { color: $good; }
QStatusBar QLabel[tone="warn"] { color: $warn; }
QStatusBar QLabel[tone="bad"] { color: $bad; }

/* Tabs */
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab {
    background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
    padding: 9px 1px 8px 1px; margin: 0 8px;
}
QTabBar::tab:hover { color: $ink; }
QTabBar::tab:selected { color: $ink; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; }
QTabBar::tab:disabled { color: $faint; }

/* Values */
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    background: $raised; color: $ink; border: 1px solid $line; border-radius: 6px;
    padding: 3px 7px; selection-background-color: $accent; selection-color: $accent_ink;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $edge; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
    border-color: $accent;
}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $faint; }
QLineEdit[plain="true"], QAbstractSpinBox[plain="true"] {
    background: transparent; border: none; border-bottom: 1px solid transparent; border-radius: 0;
    padding: 2px 0 1px 0; font-weight: bold;
}
QLineEdit[plain="true"]:hover, QAbstractSpinBox[plain="true"]:hover {
    border-bottom-color: $edge;
}
QLineEdit[plain="true"]:focus, QAbstractSpinBox[plain="true"]:focus {
    border-bottom-color: $accent;
}
QLineEdit[plain="true"][invalid="true"] { border-bottom-color: $bad; color: $bad; }
QAbstractSpinBox[quiet="true"] { color: $muted; }
QAbstractSpinBox[plain="true"]::up-button, QAbstractSpinBox[plain="true"]::down-button {
    subcontrol-origin: border; subcontrol-position: top right; width: 0; height: 0; border: none;
}
QComboBox::drop-down { border: none; width: 18px; }
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView {
    background: $panel; color: $ink; border: 1px solid $line; padding: 4px; outline: none;
    selection-background-color: $selected; selection-color: $ink;
}
QComboBox QAbstractItemView::item { padding: 4px 8px; min-height: 20px; border-radius: 5px; }
QComboBox QAbstractItemView::item:selected { background: $selected; color: $ink; }

QSlider { background: transparent; }
QSlider:horizontal { min-height: 18px; }
QSlider::groove:horizontal { background: $groove; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal:disabled { background: $faint; }
QSlider[quiet="true"]::sub-page:horizontal { background: $faint; }
QSlider[quiet="true"]::handle:horizontal { background: $muted; }
QSlider::handle:horizontal {
    background: $ink; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
}
QSlider::handle:horizontal:disabled { background: $faint; }
QSlider::handle:horizontal:focus {
    background: $accent; border: 2px solid $ink; width: 10px; height: 10px;
}
QSlider:vertical { min-width: 18px; }
QSlider::groove:vertical { background: $groove; width: 4px; border-radius: 2px; }
QSlider::add-page:vertical { background: $accent; width: 4px; border-radius: 2px; }
QSlider::handle:vertical {
    background: $ink; width: 14px; height: 14px; margin: 0 -5px; border-radius: 7px;
}
QSlider::handle:vertical:focus {
    background: $accent; border: 2px solid $ink; width: 10px; height: 10px;
}

QProgressBar {
    background: $groove; border: none; border-radius: 2px; max-height: 4px; min-height: 4px;
    color: transparent;
}
QProgressBar::chunk { background: $good; border-radius: 2px; }
QProgressBar[tone="accent"]::chunk { background: $accent; }
QProgressBar[tone="warn"]::chunk { background: $warn; }
QProgressBar[tone="bad"]::chunk { background: $bad; }
QProgressBar[tone="muted"]::chunk { background: $muted; }

QCheckBox, QRadioButton { spacing: 7px; padding: 1px; border: 1px solid transparent; }
QCheckBox { color: $ink; border-radius: 4px; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 8px; height: 8px; border: 1px solid $muted; border-radius: 5px;
    background: transparent;
}
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $ink; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked {
    background: $ink; border-color: $ink;
}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $faint; }
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {
    background: $faint;
}
QCheckBox[quiet="true"]:!checked { color: $muted; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }

/* Lists and scroll bars */
QAbstractItemView {
    background: $panel; alternate-background-color: $raised; border: 1px solid $line;
    border-radius: 6px; selection-background-color: $selected; selection-color: $ink;
}
QHeaderView::section {
    background: $panel; color: $muted; border: none; border-bottom: 1px solid $line;
    padding: 4px 8px; font-size: 11px; font-weight: bold;
}
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; margin: 0; }
QScrollBar:horizontal { height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

/* Messages */
QFrame[toast="true"] {
    background: $raised; border: 1px solid $line; border-radius: 8px;
}
QFrame[edge="true"] { background: $accent; border: none; border-radius: 2px; }
QFrame[edge="true"][tone="good"] { background: $good; }
QFrame[edge="true"][tone="warn"] { background: $warn; }
QFrame[edge="true"][tone="bad"] { background: $bad; }
QFrame[toast="true"] QPushButton { background: $panel; }
QFrame[toast="true"] QPushButton:hover { background: $hover; }
QFrame[toast="true"] QToolButton[flat="true"]:hover { background: $line; }
QLineEdit[search="true"] {
    background: transparent; border: none; border-bottom: 1px solid $line; border-radius: 0;
    padding: 10px 14px; font-size: 14px;
}
QListView[results="true"], QListView[images="true"] {
    background: transparent; border: none; outline: none;
}
""")


def stylesheet(tokens: Tokens) -> str:
    """Return the application's stylesheet in these colours."""
    return _TEMPLATE.substitute(
        vars(tokens),
        hover=mixed(tokens.ink, tokens.raised, 0.06),
        edge=mixed(tokens.muted, tokens.line, 0.45),
        faint=mixed(tokens.muted, tokens.panel, 0.55),
        groove=mixed(tokens.line, tokens.raised, 0.45),
        selected=mixed(tokens.accent, tokens.panel, 0.20),
        accent_hover=mixed("#ffffff", tokens.accent, 0.12),
        accent_pressed=mixed("#000000", tokens.accent, 0.12),
    )
