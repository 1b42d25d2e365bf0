"""Options described once: a frozen dataclass whose fields carry label, unit, range and a sentence.

The window's form, the command line and the checks of values are all built from the same fields.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from latentlab.base.errors import UsageError

_KEY = "latentlab.option"


@dataclass(frozen=True)
class Option:
    """What is known of one field of an options dataclass.

    Attributes
    ----------
    name
        The attribute's name, also the form control's ``objectName``; the command line writes it
        with hyphens.
    label, help, unit
        Words for the form: a short label, one full sentence, and the unit (may be empty).
    default
        The field's default value.
    minimum, maximum
        Inclusive bounds of a number, or of each number of a tuple; ``None`` where there is none.
    min_length, max_length
        How many numbers a tuple has at least and at most.
    choices
        Allowed values of a string mapped to what the form shows.
    decimals
        Digits after the point that the form offers for a float.
    only_for
        Other field -> values for which this field has a meaning; elsewhere the form hides it.
    advanced
        Whether the form folds it away at first.
    """

    name: str
    label: str
    help: str
    default: Any
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int = 0
    max_length: int = 64
    choices: Mapping[str, str] | None = None
    decimals: int = 3
    only_for: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    advanced: bool = False

    def range_text(self) -> str:
        """The allowed range in words, such as ``1 to 10,000``; empty where all is allowed."""
        if self.choices:
            return ", ".join(self.choices)
        if self.minimum is None or self.maximum is None:
            return ""
        return f"{_number(self.minimum)} to {_number(self.maximum)}"


def option(
    default: Any,
    label: str,
    help: str,
    **more: Any,
) -> Any:
    """Return a dataclass field with the description of an :class:`Option`."""
    return field(default=default, metadata={_KEY: {"label": label, "help": help, **more}})


def with_choices(cls: type, name: str, choices: Mapping[str, str]) -> Any:
    """Return the field of an options dataclass again, with the values that it can take."""
    known = next(f for f in dataclasses.fields(cls) if f.name == name)
    return option(known.default, **{**known.metadata[_KEY], "choices": choices})


def options_of(cls: type) -> tuple[Option, ...]:
    """Return the described fields of an options dataclass, in order.

    A class that is put together from others may say the order, and where its fields apply, in a
    tuple ``DESCRIBED``.
    """
    described: tuple[Option, ...] | None = getattr(cls, "DESCRIBED", None)
    if described is not None:
        return described
    return tuple(
        Option(name=f.name, default=f.default, **f.metadata[_KEY])
        for f in dataclasses.fields(cls)
        if _KEY in f.metadata
    )


def applicable(spec: Any) -> frozenset[str]:
    """Return the names of the fields that have a meaning beside the values of the others.

    A condition on a field that has no meaning itself says nothing.
    """
    options = {opt.name: opt for opt in options_of(type(spec))}

    def applies(name: str) -> bool:
        return all(
            getattr(spec, other) in allowed or not applies(other)
            for other, allowed in options[name].only_for.items()
        )

    return frozenset(name for name in options if applies(name))


def check(spec: Any) -> None:
    """Check every described field of an options dataclass instance.

    Raises
    ------
    UsageError
        Naming the first field that is out of range, and the range.
    """
    for opt in options_of(type(spec)):
        value = getattr(spec, opt.name)
        if opt.choices is not None:
            if value not in opt.choices:
                raise UsageError(
                    f"{opt.label} cannot be “{value}”; it is one of: {opt.range_text()}."
                )
            continue
        numbers = value if isinstance(value, tuple) else (value,)
        if isinstance(value, tuple) and len(value) < opt.min_length:
            raise UsageError(f"{opt.label} needs at least {_count(opt.min_length, 'number')}.")
        if isinstance(value, tuple) and len(value) > opt.max_length:
            raise UsageError(f"{opt.label} can have at most {_count(opt.max_length, 'number')}.")
        for number in numbers:
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                low = -math.inf if opt.minimum is None else opt.minimum
                high = math.inf if opt.maximum is None else opt.maximum
                if not low <= number <= high:  # also catches NaN
                    raise UsageError(
                        f"{opt.label} cannot be {_number(number)}; "
                        f"it goes from {opt.range_text()}{' ' + opt.unit if opt.unit else ''}."
                    )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:g}"
