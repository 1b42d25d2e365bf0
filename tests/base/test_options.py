from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from latentlab.base.errors import UsageError
from latentlab.base.options import applicable, check, option, options_of


@dataclass(frozen=True)
class Spec:
    size: int = option(3, "Size", "How large.", unit="px", minimum=1, maximum=10_000)
    rate: float = option(0.5, "Rate", "How fast.", minimum=0.0, maximum=1.0, decimals=2)
    kind: str = option("a", "Kind", "Which.", choices={"a": "First", "b": "Second"})
    widths: tuple[int, ...] = option(
        (4, 2), "Widths", "How wide.", minimum=1, maximum=99, min_length=1, max_length=3
    )
    depth: int = option(1, "Depth", "How deep.", only_for={"kind": ("b",)}, advanced=True)
    hidden_from_people: int = 7


@dataclass(frozen=True)
class Chain:
    first: str = option("on", "First", "One.", choices={"on": "On", "off": "Off"})
    second: str = option(
        "x", "Second", "Two.", choices={"x": "X", "y": "Y"}, only_for={"first": ("on",)}
    )
    third: int = option(1, "Third", "Three.", only_for={"second": ("y",)})
    fourth: int = option(1, "Fourth", "Four.", only_for={"second": ("y",), "first": ("on",)})


def test_described_fields_are_listed_in_order() -> None:
    assert [o.name for o in options_of(Spec)] == ["size", "rate", "kind", "widths", "depth"]


def test_an_option_knows_what_was_said_of_it() -> None:
    size, rate, kind, _, depth = options_of(Spec)
    assert (size.label, size.help, size.unit, size.default) == ("Size", "How large.", "px", 3)
    assert (size.minimum, size.maximum, size.advanced) == (1, 10_000, False)
    assert rate.decimals == 2
    assert kind.choices == {"a": "First", "b": "Second"}
    assert depth.advanced


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("size", "1 to 10,000"),
        ("rate", "0 to 1"),
        ("kind", "a, b"),
        ("widths", "1 to 99"),
        ("depth", ""),
    ],
)
def test_the_range_in_words(name: str, text: str) -> None:
    found = {o.name: o.range_text() for o in options_of(Spec)}
    assert found[name] == text


def test_a_field_applies_beside_some_values_only() -> None:
    assert "depth" in applicable(Spec(kind="b"))
    assert applicable(Spec(kind="a")) == {"size", "rate", "kind", "widths"}


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (Chain(), {"first", "second"}),
        (Chain(second="y"), {"first", "second", "third", "fourth"}),
        # What has no meaning itself says nothing of others, whatever its value.
        (Chain(first="off"), {"first", "third"}),
        (Chain(first="off", second="y"), {"first", "third"}),
    ],
)
def test_a_condition_on_what_does_not_apply_says_nothing(spec: Chain, names: set[str]) -> None:
    assert applicable(spec) == names


def test_a_class_may_say_the_order_and_the_conditions_itself() -> None:
    first, second, *_ = options_of(Chain)

    class Described(Chain):
        DESCRIBED = (replace(second, only_for={}), replace(first, only_for={"second": ("y",)}))

    assert [o.name for o in options_of(Described)] == ["second", "first"]
    assert applicable(Described()) == {"second"}
    assert applicable(Described(second="y")) == {"second", "first"}
    check(Described(third=-(10**9)))
    with pytest.raises(UsageError, match="Second cannot be “z”"):
        check(Described(second="z"))


@pytest.mark.parametrize(
    "spec",
    [
        Spec(),
        Spec(size=1),
        Spec(size=10_000),
        Spec(rate=0.0),
        Spec(rate=1),
        Spec(widths=(1, 99)),
        Spec(depth=-(10**9)),
    ],
)
def test_values_in_range_pass(spec: Spec) -> None:
    check(spec)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (Spec(size=0), "Size cannot be 0; it goes from 1 to 10,000 px."),
        (Spec(size=10_001), "Size cannot be 10,001; it goes from 1 to 10,000 px."),
        (Spec(rate=1.01), "Rate cannot be 1.01; it goes from 0 to 1."),
        (Spec(rate=float("nan")), "Rate cannot be nan; it goes from 0 to 1."),
        (Spec(rate=float("inf")), "Rate cannot be inf; it goes from 0 to 1."),
        (Spec(kind="c"), "Kind cannot be “c”; it is one of: a, b."),
        (Spec(widths=()), "Widths needs at least 1 number."),
        (Spec(widths=(1, 2, 3, 4)), "Widths can have at most 3 numbers."),
        (Spec(widths=(3, 0)), "Widths cannot be 0; it goes from 1 to 99."),
        (Spec(size=-5, rate=9.0), "Size cannot be -5; it goes from 1 to 10,000 px."),
    ],
)
def test_the_first_wrong_value_is_named_with_its_range(spec: Spec, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(spec)
    assert caught.value.sentence == sentence
