"""Codes as text, for typing, copying and pasting."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError

_SHOWN_NUMBERS = 8
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS = re.compile(r"(?:\bdtype=)?(?:\b(?:np|numpy)\.)?\b(?:array|float32|float64)\b")
_MAX_ABS = 1e6


def show_code(z: NDArray[np.float32]) -> str:
    """Return a code with three decimals, shortened after eight numbers."""
    text = ", ".join(f"{float(v):.3f}" for v in z[:_SHOWN_NUMBERS])
    return text if len(z) <= _SHOWN_NUMBERS else f"{text}, …"


def parse_code(text: str, latent_dim: int) -> NDArray[np.float32]:
    """Return the code that a text names, float32 (latent_dim,).

    Numbers may be separated by commas, semicolons or spaces and wrapped in brackets.

    Raises
    ------
    UsageError
        If the text holds something else, or not exactly ``latent_dim`` numbers.
    """
    plain = _WORDS.sub(" ", text.replace("−", "-"))
    rest = re.sub(r"[\s,;()\[\]]", "", _NUMBER.sub("", plain))
    numbers = _NUMBER.findall(plain)
    if rest or not numbers:
        raise UsageError("Type numbers separated by commas, such as 0.62, -0.35.")
    if len(numbers) != latent_dim:
        raise UsageError(f"The code has {latent_dim} numbers; there are {len(numbers)} here.")
    z = np.array([float(n) for n in numbers], np.float64)
    if not (np.abs(z) <= _MAX_ABS).all():
        raise UsageError("Code numbers lie between -1,000,000 and 1,000,000.")
    return z.astype(np.float32)
