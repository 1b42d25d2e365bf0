"""What a training run was asked for: one dataclass behind form, command line and files."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from latentlab.base.errors import UsageError
from latentlab.base.options import Option, applicable, check, options_of, with_choices
from latentlab.models.family.layers import ACTIVATIONS
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.run_options import RunOptions

MEMBERS: dict[str, Mapping[str, Any]] = {
    "objective": OBJECTIVES,
    "network": NETWORKS,
    "likelihood": LIKELIHOODS,
}
"""What can be chosen, by the option that chooses it."""


def _option_classes() -> tuple[type, ...]:
    """Return each member's options class once, those derived from others first."""
    found = {m.Options: None for members in MEMBERS.values() for m in members.values()}
    return tuple(sorted(found, key=lambda cls: -len(cls.__mro__)))


def _titles(members: Mapping[str, Any]) -> dict[str, str]:
    return {name: member.title for name, member in members.items()}


if TYPE_CHECKING:

    class _AllOptions(RunOptions):
        # The options of all members, which only the program itself can list.
        def __getattr__(self, name: str) -> Any: ...

else:
    _AllOptions = dataclasses.make_dataclass(
        "_AllOptions", [], bases=(*_option_classes(), RunOptions), frozen=True
    )
    _AllOptions.__module__ = __name__


@dataclass(frozen=True)
class TrainSpec(_AllOptions):
    """Settings of one training run: the window's form and ``latentlab train`` are built from it.

    It has all fields of :class:`RunOptions` and those of the options of every objective, network
    and likelihood, so that it can be handed to each of them as its options.
    """

    DESCRIBED: ClassVar[tuple[Option, ...]]

    objective: str = with_choices(RunOptions, "objective", _titles(OBJECTIVES))
    network: str = with_choices(RunOptions, "network", _titles(NETWORKS))
    likelihood: str = with_choices(RunOptions, "likelihood", _titles(LIKELIHOODS))
    activation: str = with_choices(RunOptions, "activation", ACTIVATIONS)
    code_activation: str = with_choices(
        RunOptions, "code_activation", {"auto": "Automatic", **ACTIVATIONS}
    )

    def validate(self, shape: tuple[int, int, int] | None = None) -> None:
        """Check ranges and what the fields say together.

        Parameters
        ----------
        shape
            (height, width, channels) of the images, where they are known.

        Raises
        ------
        UsageError
            With one sentence that names what does not fit.
        """
        check(self)
        for problem in self._problems(shape):
            if problem:
                raise UsageError(problem)

    def _problems(self, shape: tuple[int, int, int] | None) -> Iterable[str]:
        objective = OBJECTIVES[self.objective]
        if not objective.closed_form:
            needed = objective.code_activation
            if self.code_activation not in ("auto", needed) and needed is not None:
                yield (
                    f"The objective “{objective.title}” needs the code activation "
                    f"“{ACTIVATIONS[needed]}”; leave it at auto."
                )
            yield objective.problem(self)
            yield NETWORKS[self.network].problem(shape, self)
        if shape is None or objective.allows_overcomplete:
            return
        if "latent_dim" in applicable(self) and self.latent_dim > math.prod(shape):
            yield _too_wide(objective.title, self.latent_dim, shape)


def _too_wide(title: str, latent_dim: int, shape: tuple[int, int, int]) -> str:
    height, width, channels = shape
    return (
        f"A code of {latent_dim:,} numbers is wider than an image of {height * width * channels:,} "
        f"({width} × {height}{'' if channels == 1 else ', colour'}), which has no meaning for "
        f"“{title}”; sparse, denoising and contractive objectives can use it."
    )


def _describe() -> tuple[Option, ...]:
    """Return all options in the order of the form, each with where it applies."""
    made = {opt.name: opt for opt in options_of(TrainSpec)}
    owners: dict[str, dict[str, list[str]]] = {}
    for selector, members in MEMBERS.items():
        for name, member in members.items():
            for field in dataclasses.fields(member.Options):
                owners.setdefault(field.name, {}).setdefault(selector, []).append(name)
    for name, opt in made.items():
        only_for: dict[str, tuple[str, ...]] = {
            selector: tuple(names) for selector, names in owners.get(name, {}).items()
        }
        general = {name, *owners.get(name, {})} - {"objective"}
        allowed = tuple(k for k, o in OBJECTIVES.items() if not general & o.without)
        if len(allowed) < len(OBJECTIVES):
            only_for.setdefault("objective", allowed)
        # A code that is the feature map has as many numbers as that.
        if name == "latent_dim":
            only_for["code"] = ("dense",)
        made[name] = dataclasses.replace(opt, only_for=only_for)
    order: list[str] = []
    for name in made:
        if name in owners:
            continue
        order.append(name)
        if name in MEMBERS:
            order += [own for own, by in owners.items() if name in by and own not in order]
    return tuple(made[name] for name in order)


TrainSpec.DESCRIBED = _describe()


def usual_spec(objective: str) -> TrainSpec:
    """Return the usual settings for an objective, with what suits it."""
    suggested = OBJECTIVES[objective].suggests
    return dataclasses.replace(TrainSpec(), **{"objective": objective, **suggested})


def check_alone(given: Mapping[str, Any]) -> None:
    """Check the values of some options, each by itself.

    Raises
    ------
    UsageError
        Naming the first one that is out of range.
    """
    check(dataclasses.replace(TrainSpec(), **given))


def refuse_meaningless(spec: TrainSpec, given: Iterable[str]) -> None:
    """Check that all options that somebody has given have a meaning beside the others.

    Raises
    ------
    UsageError
        Naming the first one that has none, and where it would have one.
    """
    meaningful = applicable(spec)
    for opt in options_of(TrainSpec):
        if opt.name not in given or opt.name in meaningful:
            continue
        selector, allowed = next(
            (s, allowed)
            for s, allowed in opt.only_for.items()
            if getattr(spec, s) not in allowed and s in meaningful
        )
        flag, value = opt.name.replace("_", "-"), getattr(spec, selector)
        raise UsageError(
            f"--{flag} has no meaning with --{selector.replace('_', '-')} {value}; "
            f"it is for: {', '.join(allowed)}."
        )


def spec_from(values: Mapping[str, Any]) -> TrainSpec:
    """Return checked settings from names and values as they stand in a file.

    What this version does not know is passed over, and what is missing has its usual value.

    Raises
    ------
    UsageError
        If a value is of another kind or out of range.
    """
    try:
        spec = msgspec.convert(values, TrainSpec, strict=True)
        spec.validate()
    except (msgspec.MsgspecError, RecursionError, OverflowError) as error:
        raise UsageError(f"The settings cannot be read: {str(error)[:200]}.") from error
    return spec
