"""Settings to a model file's description and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from latentlab.base.errors import ModelFileError
from latentlab.models.family.described_model import described, run_spec, spec_of
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plans import plan_of
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_document import ModelDocument, decode_document, encode_document

SHAPE = (28, 28, 1)


def document_of(spec: TrainSpec) -> ModelDocument:
    d = plan_of(spec, SHAPE).latent_dim
    document = ModelDocument(
        format_version=1,
        **described(spec),
        input_shape=SHAPE,
        latent_dim=d,
        latent_mean=[0.0] * d,
        latent_std=[1.0] * d,
        data_name="digits",
        data_fingerprint="c0ffee",
        spec=dataclasses.asdict(spec),
    )
    return decode_document(encode_document(document))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_description_rebuilds_the_same_network(objective: str, network: str) -> None:
    spec = TrainSpec(objective=objective, network=network, latent_dim=24, seed=9, epochs=3)
    document = document_of(spec)
    assert plan_of(spec_of(document), SHAPE) == plan_of(spec, SHAPE)
    assert run_spec(document) == spec


@pytest.mark.parametrize("downsampling", ["stride", "pool"])
@pytest.mark.parametrize(
    "objective",
    sorted(set(OBJECTIVES) - {"pca", "sparse-kl", "wae"}),  # these need a dense code
)
def test_a_feature_map_as_code(objective: str, downsampling: str) -> None:
    settings = {"network": "conv", "code": "map", "channels": (8, 4)}
    spec = TrainSpec(objective=objective, downsampling=downsampling, latent_dim=99, **settings)
    document = document_of(spec)
    assert document.latent_dim == 4 * 7 * 7
    assert plan_of(spec_of(document), SHAPE) == plan_of(spec, SHAPE)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_description_keeps_the_likelihood(likelihood: str) -> None:
    spec = TrainSpec(likelihood=likelihood, sigma=0.3, activation="gelu", hidden=(9, 7))
    found = spec_of(document_of(spec))
    assert found.likelihood == likelihood
    assert found.sigma == (0.3 if likelihood == "gaussian" else TrainSpec().sigma)
    assert (found.activation, found.hidden) == ("gelu", (9, 7))


def test_principal_components_are_described_as_what_they_are() -> None:
    """Whatever a form has kept of settings that have no meaning for them."""
    kept = {"network": "conv", "code": "map", "code_activation": "relu", "dropout": 0.5}
    document = document_of(TrainSpec(objective="pca", latent_dim=6, **kept))
    assert (document.network, document.network_args["hidden"]) == ("mlp", [])
    assert document.network_args["code_activation"] == "linear"
    plain = plan_of(TrainSpec(objective="pca", latent_dim=6), SHAPE)
    assert plan_of(spec_of(document), SHAPE) == plain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "transformer"}, "does not know; update the program"),
        ({"objective": "adversarial"}, "does not know; update the program"),
        ({"likelihood": "poisson"}, "does not know; update the program"),
        ({"network_args": {"hidden": [3] * 10**6}}, "out of bounds"),
        ({"network_args": {"hidden": [True]}}, "out of bounds"),
        ({"network_args": {"hidden": "wide"}}, "out of bounds"),
        ({"network_args": {"activation": "step"}}, "out of bounds"),
        ({"objective_args": {"beta": -1.0}}, "out of bounds"),
        ({"latent_dim": 5000}, "out of bounds"),
    ],
)
def test_what_cannot_be_built_is_refused(change: dict[str, Any], words: str) -> None:
    document = msgspec.structs.replace(document_of(TrainSpec()), **change)
    with pytest.raises(ModelFileError, match=words):
        spec_of(document)


def test_settings_that_cannot_be_read_are_none() -> None:
    document = document_of(TrainSpec())
    assert run_spec(msgspec.structs.replace(document, spec=None)) is None
    assert run_spec(msgspec.structs.replace(document, spec={"epochs": 0})) is None
    newer = {"epochs": 7, "an_option_of_tomorrow": True}
    assert run_spec(msgspec.structs.replace(document, spec=newer)) == TrainSpec(epochs=7)
