from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from latentlab.core.errors import UsageError
from latentlab.core.options import options_of
from latentlab.family.train_spec import TrainSpec

# Settings beside which every single choice is allowed.
FREE = TrainSpec(objective="undercomplete", latent_dim=64)

OPTIONS = {option.name: option for option in options_of(TrainSpec)}
NUMBERS = [name for name, option in OPTIONS.items() if option.minimum is not None]


def test_the_defaults_are_valid() -> None:
    TrainSpec().validate()


def test_every_field_is_described() -> None:
    assert set(OPTIONS) == {field.name for field in fields(TrainSpec)}
    for option in OPTIONS.values():
        assert option.label[0].isupper() or not option.label[0].isascii()
        assert not option.label.endswith(".")
        assert option.help.endswith(".")
        assert len(option.help) > 15


def test_labels_are_told_apart() -> None:
    labels = [option.label for option in OPTIONS.values()]
    assert len(set(labels)) == len(labels)


def test_a_field_is_hidden_only_by_a_choice_that_exists() -> None:
    for option in OPTIONS.values():
        for other, values in option.only_for.items():
            assert set(values) <= set(OPTIONS[other].choices or ())
            assert values


def with_value(name: str, value: float) -> TrainSpec:
    is_tuple = isinstance(OPTIONS[name].default, tuple)
    changed: dict[str, Any] = {name: (value,) if is_tuple else value}
    return replace(TrainSpec(), **changed)


@pytest.mark.parametrize("name", NUMBERS)
def test_the_ends_of_each_range_are_valid(name: str) -> None:
    option = OPTIONS[name]
    assert option.minimum is not None
    assert option.maximum is not None
    with_value(name, option.minimum).validate()
    with_value(name, option.maximum).validate()


@pytest.mark.parametrize("name", NUMBERS)
def test_beyond_each_range_a_sentence_names_the_field(name: str) -> None:
    option = OPTIONS[name]
    assert option.minimum is not None
    assert option.maximum is not None
    above = option.maximum + 1
    below = option.minimum - 1
    for value in (below, above, math.nan, math.inf, -math.inf):
        with pytest.raises(UsageError) as caught:
            with_value(name, value).validate()
        assert caught.value.sentence.startswith(f"{option.label} cannot be ")


@pytest.mark.parametrize("name", [n for n, o in OPTIONS.items() if o.choices])
def test_each_choice_is_valid_and_no_other(name: str) -> None:
    for choice in OPTIONS[name].choices or ():
        replace(FREE, **{name: choice}).validate()
    for other in ("", "Variational", "none", "mlp "):
        with pytest.raises(UsageError, match="it is one of"):
            replace(TrainSpec(), **{name: other}).validate()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (TrainSpec(channels=()), "Channels needs at least 1 number."),
        (TrainSpec(hidden=(8,) * 33), "Hidden widths can have at most 32 numbers."),
        (TrainSpec(channels=(8,) * 9), "Channels can have at most 8 numbers."),
    ],
)
def test_layers_are_counted(spec: TrainSpec, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        spec.validate()
    assert caught.value.sentence == sentence


def test_the_most_layers_are_valid() -> None:
    TrainSpec(hidden=(8,) * 32, channels=(8,) * 8).validate()


def test_settings_do_not_change_under_the_hand() -> None:
    with pytest.raises(FrozenInstanceError):
        TrainSpec().epochs = 3  # type: ignore[misc]
