from __future__ import annotations

import itertools
import json
import math
from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any

import pytest

from latentlab.base.errors import UsageError
from latentlab.base.options import applicable, options_of
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.train_spec import TrainSpec, refuse_meaningless, spec_from, usual_spec
from latentlab.models.run_options import RunOptions

# Settings beside which every single choice is allowed.
FREE = TrainSpec(objective="undercomplete", latent_dim=64)

OPTIONS = {option.name: option for option in options_of(TrainSpec)}
MEMBERS: dict[str, Any] = {
    "objective": OBJECTIVES,
    "network": NETWORKS,
    "likelihood": LIKELIHOODS,
}
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


# --- Where the options come from -----------------------------------------------------------------


def own_options(member: Any) -> set[str]:
    return {field.name for field in fields(member.Options)}


def test_each_option_is_there_once() -> None:
    names = [option.name for option in TrainSpec.DESCRIBED]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("selector", MEMBERS)
def test_every_option_of_every_member_is_there_as_it_was_described(selector: str) -> None:
    for member in MEMBERS[selector].values():
        for own in options_of(member.Options):
            assert replace(OPTIONS[own.name], only_for={}) == own
            assert getattr(TrainSpec(), own.name) == own.default


def test_the_options_of_all_runs_keep_their_order_and_members_follow_their_selector() -> None:
    owned = {
        name: selector
        for selector, members in MEMBERS.items()
        for member in members.values()
        for name in own_options(member)
    }
    order = [option.name for option in options_of(RunOptions)]
    wanted = []
    for name in order:
        wanted.append(name)
        for member in MEMBERS.get(name, {}).values():
            wanted += [o.name for o in options_of(member.Options) if o.name not in wanted]
    assert [option.name for option in TrainSpec.DESCRIBED] == wanted
    assert set(owned) | set(order) == set(wanted)


@pytest.mark.parametrize("selector", MEMBERS)
def test_an_option_is_only_for_those_that_have_it(selector: str) -> None:
    members = MEMBERS[selector]
    for option in TrainSpec.DESCRIBED:
        having = tuple(n for n, m in members.items() if option.name in own_options(m))
        if having:
            assert option.only_for[selector] == having
        elif selector != "objective":
            assert selector not in option.only_for


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_applies_is_what_the_members_have(objective: str) -> None:
    kind = OBJECTIVES[objective]
    general = {option.name for option in options_of(RunOptions)}
    for network, likelihood in itertools.product(NETWORKS, LIKELIHOODS):
        spec = TrainSpec(objective=objective, network=network, likelihood=likelihood)
        wanted = (general - kind.without) | own_options(kind)
        if "network" not in kind.without:
            wanted |= own_options(NETWORKS[network])
        if "likelihood" not in kind.without:
            wanted |= own_options(LIKELIHOODS[likelihood])
        assert applicable(spec) == wanted
        mapped = replace(spec, code="map")
        gone = {"latent_dim"} if "code" in wanted else set()
        assert applicable(mapped) == wanted - gone


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_usual_settings_of_an_objective_are_valid(objective: str) -> None:
    kind = OBJECTIVES[objective]
    spec = usual_spec(objective)
    spec.validate((28, 28, 1))
    assert spec.objective == objective
    assert replace(spec, objective="variational", latent_dim=2) == TrainSpec()
    assert set(kind.suggests) <= applicable(spec)
    assert kind.without <= set(OPTIONS)
    assert kind.prior in ("standard-normal", "fitted-normal", "mixture")
    assert not kind.probabilistic or kind.prior == "standard-normal"


def test_everything_that_has_a_meaning_may_be_given() -> None:
    for objective in OBJECTIVES:
        spec = usual_spec(objective)
        refuse_meaningless(spec, applicable(spec))
        for name in set(OPTIONS) - applicable(spec):
            with pytest.raises(UsageError, match="has no meaning with"):
                refuse_meaningless(spec, [name])


# --- From files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec", [*map(usual_spec, OBJECTIVES), *(p.spec() for p in PRESETS.values())]
)
def test_settings_come_back_from_a_file(spec: TrainSpec) -> None:
    assert spec_from(json.loads(json.dumps(asdict(spec)))) == spec


def test_what_is_missing_is_as_usual_and_what_is_unknown_is_passed_over() -> None:
    assert spec_from({}) == TrainSpec()
    newer = {"epochs": 7, "hidden": [], "of_tomorrow": {"a": [1, None]}, "DESCRIBED": 3}
    assert spec_from(newer) == TrainSpec(epochs=7, hidden=())


@pytest.mark.parametrize("whole", [2, 0])
def test_a_whole_number_is_a_number(whole: int) -> None:
    found = spec_from({"beta": whole}).beta
    assert (found, type(found)) == (whole, float)


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 2.0},
        {"epochs": "2"},
        {"epochs": True},
        {"epochs": None},
        {"epochs": 0},
        {"epochs": 10**400},
        {"beta": "1"},
        {"beta": False},
        {"beta": -0.5},
        {"beta": math.nan},
        {"beta": 10**400},
        {"hidden": 7},
        {"hidden": [3.5]},
        {"hidden": [[3]]},
        {"hidden": "ab"},
        {"hidden": {"0": 1}},
        {"hidden": [0]},
        {"channels": []},
        {"objective": ["pca"]},
        {"objective": "magic"},
        {"activation": 1},
        {"data": 5},
        {"objective": "wae", "batch_size": 10},
        {1: 2},
    ],
    ids=lambda values: str(values)[:40],
)
def test_what_is_of_another_kind_or_out_of_range_is_one_sentence(values: dict[Any, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        spec_from(values)
    assert caught.value.sentence.endswith(".")
    assert "\n" not in caught.value.sentence
    assert len(caught.value.sentence) < 300
