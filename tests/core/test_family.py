"""What people read of the family is what the code has."""

from __future__ import annotations

from dataclasses import fields

import pytest

from latentlab.core.family import LIKELIHOODS, NETWORKS, OBJECTIVES, Kind, choices
from latentlab.core.options import options_of
from latentlab.core.train_spec import TrainSpec
from latentlab.nn.likelihoods import LIKELIHOOD_CLASSES
from latentlab.nn.networks import NETWORK_BUILDERS, NETWORK_FIELDS
from latentlab.nn.objectives import OBJECTIVE_CLASSES

GROUPS = {"objective": OBJECTIVES, "network": NETWORKS, "likelihood": LIKELIHOODS}


def test_names_in_words_are_names_in_code() -> None:
    assert set(OBJECTIVES) == set(OBJECTIVE_CLASSES)
    assert set(NETWORKS) == set(NETWORK_BUILDERS) == set(NETWORK_FIELDS)
    assert set(LIKELIHOODS) == set(LIKELIHOOD_CLASSES)


@pytest.mark.parametrize("field", sorted(GROUPS))
def test_settings_offer_all_of_them(field: str) -> None:
    option = next(o for o in options_of(TrainSpec) if o.name == field)
    assert option.choices == choices(GROUPS[field])
    assert option.default in GROUPS[field]


def test_every_network_takes_settings_that_exist_and_are_shown_for_it() -> None:
    names = {field.name for field in fields(TrainSpec)}
    for network, taken in NETWORK_FIELDS.items():
        assert set(taken) <= names
        for option in options_of(TrainSpec):
            if "network" in option.only_for:
                assert (network in option.only_for["network"]) == (option.name in taken)


def test_the_weight_of_the_kl_is_offered_to_densities_only() -> None:
    beta = next(o for o in options_of(TrainSpec) if o.name == "beta")
    densities = {name for name, cls in OBJECTIVE_CLASSES.items() if cls.probabilistic}
    assert set(beta.only_for["objective"]) <= densities


@pytest.mark.parametrize(
    "kind", [kind for kinds in GROUPS.values() for kind in kinds.values()], ids=lambda k: k.name
)
def test_each_kind_is_explained(kind: Kind) -> None:
    assert kind.name == kind.name.lower()
    assert kind.name.isidentifier() or "-" in kind.name
    assert kind.title
    assert kind.sentence[0].isupper()
    assert kind.sentence.endswith(".")


def test_names_and_titles_are_told_apart() -> None:
    for kinds in GROUPS.values():
        assert all(name == kind.name for name, kind in kinds.items())
        assert len(set(choices(kinds).values())) == len(kinds)
