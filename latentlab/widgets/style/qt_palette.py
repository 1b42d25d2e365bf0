"""The Qt palette in the colours of the tokens.

Widgets that paint themselves read the palette, so they follow the theme without knowing it:
``Window`` is the panel, ``Base`` the background, ``Button`` raised, ``Mid`` the line,
``PlaceholderText`` muted and ``Highlight`` the accent.
"""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from latentlab.widgets.style.tokens import DARK, LIGHT, Tokens, mixed


def qt_palette(tokens: Tokens) -> QPalette:
    """Return a complete palette, with faint colours for disabled widgets."""
    role = QPalette.ColorRole
    result = QPalette(QColor(tokens.raised), QColor(tokens.panel))
    colours = {
        role.Window: tokens.panel,
        role.Base: tokens.background,
        role.AlternateBase: tokens.raised,
        role.Button: tokens.raised,
        role.ToolTipBase: tokens.raised,
        role.Light: mixed(tokens.ink, tokens.raised, 0.10),
        role.Midlight: tokens.raised,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Shadow: tokens.background,
        role.WindowText: tokens.ink,
        role.Text: tokens.ink,
        role.ButtonText: tokens.ink,
        role.ToolTipText: tokens.ink,
        role.BrightText: tokens.bad,
        role.PlaceholderText: tokens.muted,
        role.Highlight: tokens.accent,
        role.Accent: tokens.accent,
        role.HighlightedText: tokens.accent_ink,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
    }
    for which, colour in colours.items():
        result.setColor(which, QColor(colour))
    faint = QColor(mixed(tokens.muted, tokens.panel, 0.55))
    for which in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        result.setColor(QPalette.ColorGroup.Disabled, which, faint)
    return result


def tokens_of(palette: QPalette) -> Tokens:
    """Return the tokens that a palette was made of, for what it has no role for."""
    # Text and not ground, which a stylesheet may have made transparent for a widget.
    ink = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText)
    return DARK if ink.lightness() > 128 else LIGHT
