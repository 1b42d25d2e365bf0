"""Corruptions on the command line: one with its amount, or several in turn."""

from __future__ import annotations

from collections.abc import Sequence

from latentlab.base.errors import UsageError
from latentlab.images.corruptions import CORRUPTIONS, checked_corruption

Steps = tuple[tuple[str, float], ...]


def corruption_steps(words: Sequence[str], amount: float | None) -> Steps:
    """Return (name, amount) of each corruption in the order in which they are written.

    Parameters
    ----------
    words
        NAME or NAME=AMOUNT; without an amount it is the usual one of that corruption.
    amount
        Amount of the only corruption, where it is given apart.

    Raises
    ------
    UsageError
        If a corruption is unknown, an amount is no number in its range, or it is not clear which
        corruption ``amount`` belongs to.
    """
    if amount is not None:
        if not words:
            raise UsageError("--amount needs a --corruption.")
        if len(words) > 1 or "=" in words[0]:
            raise UsageError(
                "--amount is for a single --corruption NAME; write the amounts of several as "
                "--corruption NAME=AMOUNT."
            )
    return tuple(_step(word, amount) for word in words)


def _step(word: str, amount: float | None) -> tuple[str, float]:
    if "," in word:
        raise UsageError(
            f"“{word[:40]}” names several corruptions; repeat the option: --corruption mask=0.5 "
            "--corruption blur=0.2."
        )
    name, has_own, text = (part.strip() for part in word.partition("="))
    if has_own:
        try:
            amount = float(text)
        except ValueError:
            raise UsageError(
                f"“{text[:40]}” in --corruption “{name[:40]}” is not a number; write it like "
                "mask=0.5."
            ) from None
    if amount is None:
        amount = CORRUPTIONS[name].default_amount if name in CORRUPTIONS else 0.0
    checked_corruption(name, amount)
    return name, amount
