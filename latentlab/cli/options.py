"""Command-line options made from an options dataclass, so that there is only one list of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Annotated, Any, Literal

from cyclopts import Parameter, Token

from latentlab.core.options import Option, options_of


def command_line_type(cls: type, without: Collection[str] = ()) -> type:
    """Return a dataclass with the fields of ``cls``, annotated for the command line.

    Fields named in ``without`` are left out: they have another place on the command line. All
    fields are ``None`` unless they are given, see :func:`given`.

    Choices become a closed list, tuples are written ``400,200``, and each field's help is its
    sentence, unit and range.
    """
    types = {f.name: f.type for f in dataclasses.fields(cls)}
    made = dataclasses.make_dataclass(
        f"{cls.__name__}Options",
        [
            (
                opt.name,
                _annotation(opt, str(types[opt.name])),
                dataclasses.field(default=None),
            )
            for opt in options_of(cls)
            if opt.name not in without
        ],
        frozen=True,
    )
    made.__module__ = cls.__module__  # cyclopts passes over classes of Python's own modules
    return made


def given(options: Any) -> dict[str, Any]:
    """Return the names and values that somebody wrote on the command line."""
    return {name: value for name, value in vars(options).items() if value is not None}


def _annotation(opt: Option, type_name: str) -> Any:
    text = opt.help
    if opt.choices is None and opt.range_text():
        text += f" [{opt.range_text()}{' ' + opt.unit if opt.unit else ''}]"
    for selector, names in opt.only_for.items():
        if len(names) <= 3:
            text += f" (only for --{selector.replace('_', '-')} {', '.join(names)})"
    default = ",".join(map(str, opt.default)) if isinstance(opt.default, tuple) else opt.default
    more: dict[str, Any] = {"help": text, "show_default": lambda _: str(default)}
    kind: Any
    if opt.choices:
        kind = Literal[tuple(opt.choices)]
    elif isinstance(opt.default, tuple):
        kind = tuple[int, ...]
        more |= {"n_tokens": 1, "converter": _numbers, "negative": ()}
    elif type_name == "int":
        kind = int
        more |= {"converter": _number}
    else:
        kind = float
    return Annotated[kind | None, Parameter(**more)]


def _number(_: Any, tokens: Sequence[Token]) -> int:
    return _whole(tokens[0].value)


def _numbers(_: Any, tokens: Sequence[Token]) -> tuple[int, ...]:
    return tuple(
        _whole(part) for token in tokens for part in token.value.split(",") if part.strip()
    )


def _whole(text: str) -> int:
    # Without this, 2.7 epochs would be 2.
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a whole number.") from None
