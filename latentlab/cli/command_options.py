"""Command-line options: those made from an options dataclass, and those that commands share."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter, Token
from cyclopts.validators import Number

from latentlab.base.options import Option, options_of

MAX_SEED = 2**63 - 1
_FEW = 3  # names that say where an option applies


def _whole(text: str) -> int:
    # Without this, 2.7 epochs would be 2.
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a whole number.") from None


def _whole_number(_: Any, tokens: Sequence[Token]) -> int:
    return _whole(tokens[0].value)


def _whole_numbers(_: Any, tokens: Sequence[Token]) -> tuple[int, ...]:
    return tuple(
        _whole(part) for token in tokens for part in token.value.split(",") if part.strip()
    )


WHOLE = Parameter(converter=_whole_number)
Seed = Annotated[int, WHOLE, Parameter(validator=Number(gte=0, lte=MAX_SEED))]
Split = Literal["auto", "held-out", "train", "all"]
AsJson = Annotated[bool, Parameter(name="--json", show_default=False)]


def _path(_: object, tokens: Sequence[Token]) -> Path:
    text = tokens[0].value
    if not text.strip():  # as an unset variable of a shell gives; it would be the current folder
        raise ValueError("It is empty; name where the result goes.")
    return Path(text)


Out = Annotated[Path, Parameter(name=["--out", "-o"], converter=_path)]
Overwrite = Annotated[
    bool, Parameter(name="--overwrite", show_default=False, help="Replace files that are there.")
]


def command_line_type(cls: type, without: Collection[str] = (), group: str = "Training") -> type:
    """Return a dataclass with the fields of ``cls``, annotated for the command line.

    Fields named in ``without`` are left out: they have another place on the command line. All
    fields are ``None`` unless they are given, see :func:`given`.

    Choices become a closed list, tuples are written ``400,200``, and each field's help is its
    sentence, unit, range and where it applies. Fields with choices that others depend on make a
    group of the help with those; the rest follow in a last one, called ``group``.
    """
    types = {f.name: f.type for f in dataclasses.fields(cls)}
    options = {opt.name: opt for opt in options_of(cls)}
    conditions = {name: _conditions(opt, options) for name, opt in options.items()}
    groups = _groups(options, conditions, group)
    made = dataclasses.make_dataclass(
        f"{cls.__name__}Options",
        [
            (
                name,
                _annotation(opt, str(types[name]), conditions[name], groups[name]),
                dataclasses.field(default=None),
            )
            for name, opt in options.items()
            if name not in without
        ],
        frozen=True,
    )
    made.__module__ = cls.__module__  # cyclopts passes over classes of Python's own modules
    return made


def given(options: Any) -> dict[str, Any]:
    """Return the names and values that somebody wrote on the command line."""
    return {name: value for name, value in vars(options).items() if value is not None}


@dataclasses.dataclass(frozen=True)
class _Condition:
    """With which values of another option one has a meaning, or with which it has none."""

    selector: str
    names: tuple[str, ...]
    excludes: bool

    def __str__(self) -> str:
        flag = self.selector.replace("_", "-")
        return f"{'not with' if self.excludes else 'only for'} --{flag} {', '.join(self.names)}"


def _conditions(opt: Option, options: dict[str, Option]) -> list[_Condition]:
    found = []
    for selector, allowed in opt.only_for.items():
        # What already holds for the option that another condition is about goes without saying.
        others = [options[other].only_for for other in opt.only_for if other != selector]
        if any(other.get(selector) == allowed for other in others):
            continue
        excluded = tuple(n for n in options[selector].choices or () if n not in allowed)
        if excluded and len(excluded) <= len(allowed):
            found.append(_Condition(selector, excluded, True))
        else:
            found.append(_Condition(selector, allowed, False))
    return found


def _groups(
    options: dict[str, Option], conditions: dict[str, list[_Condition]], last: str
) -> dict[str, Group]:
    """Return the group of each option: that of the option which it belongs to, or the last one."""
    owner: dict[str, str] = {}
    for name, found in conditions.items():
        own = [c.selector for c in found if not c.excludes]
        if own:
            owner[name] = own[0]
    owners = [name for name in options if name in owner.values() and name not in owner]
    made = {
        name: Group(options[name].label, sort_key=order) for order, name in enumerate(owners, 1)
    }
    rest = Group(last, sort_key=len(options))
    groups: dict[str, Group] = {}
    for name in options:
        root = name
        while root in owner:
            root = owner[root]
        groups[name] = made.get(root, rest)
    return groups


def _annotation(opt: Option, type_name: str, conditions: Sequence[_Condition], group: Group) -> Any:
    text = opt.help
    if opt.choices is None and opt.range_text():
        text += f" [{opt.range_text()}{' ' + opt.unit if opt.unit else ''}]"
    if conditions:
        text += f" ({'; '.join(map(str, conditions))})"
    default = ",".join(map(str, opt.default)) if isinstance(opt.default, tuple) else opt.default
    more: dict[str, Any] = {"help": text, "show_default": lambda _: str(default), "group": group}
    kind: Any
    if opt.choices:
        kind = Literal[tuple(opt.choices)]
    elif isinstance(opt.default, tuple):
        kind = tuple[int, ...]
        more |= {"n_tokens": 1, "converter": _whole_numbers, "negative": ()}
    elif type_name == "int":
        kind = int
        more |= {"converter": _whole_number}
    else:
        kind = float
    return Annotated[kind | None, Parameter(**more)]
