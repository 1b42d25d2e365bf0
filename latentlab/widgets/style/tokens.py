"""The colours of the program: one set of names, a dark and a light value of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """Named colours, each a ``#rrggbb`` string.

    Attributes
    ----------
    background
        Behind the map and other canvases.
    panel
        Docks, toolbar, dialogs and cards.
    raised
        Buttons, chips, grooves and whatever floats over the map.
    line
        Thin borders and separators.
    ink, muted
        Text, and text that stands back.
    accent, accent_ink
        The one accent colour, and text upon it.
    good, warn, bad
        What went well, what needs a look, what failed.
    """

    background: str
    panel: str
    raised: str
    line: str
    ink: str
    muted: str
    accent: str
    accent_ink: str
    good: str
    warn: str
    bad: str


DARK = Tokens(
    background="#16181d",
    panel="#1d2027",
    raised="#242832",
    line="#30353f",
    ink="#ebedf0",
    muted="#98a0ad",
    accent="#5aa9e6",
    accent_ink="#0b1722",  # white on this accent would have a contrast of only 2.5 : 1
    good="#6cc28b",
    warn="#e0b052",
    bad="#e5766c",
)

LIGHT = Tokens(
    background="#fafaf8",
    panel="#ffffff",
    raised="#f1f2f4",
    line="#dcdfe4",
    ink="#191b1e",
    muted="#667080",
    accent="#1f77b4",
    accent_ink="#ffffff",
    good="#2e8b57",
    warn="#a8710d",
    bad="#b93a32",
)


def mixed(foreground: str, background: str, share: float) -> str:
    """Return the colour ``share`` of the way from ``background`` to ``foreground``.

    Parameters
    ----------
    foreground, background
        ``#rrggbb`` strings.
    share
        0 gives the background, 1 the foreground.
    """
    pairs = zip(bytes.fromhex(foreground[1:]), bytes.fromhex(background[1:]), strict=True)
    return "#" + "".join(f"{round(share * f + (1 - share) * b):02x}" for f, b in pairs)
