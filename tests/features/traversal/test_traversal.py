from __future__ import annotations

import numpy as np
import pytest

from latentlab.features.traversal.measure import MAX_SLIDERS, end_codes, shown_numbers, slider_range
from latentlab.models.model_document import ModelDocument


def document(prior: str, mean: list[float], std: list[float], kl: list[float]) -> ModelDocument:
    return ModelDocument(
        format_version=1,
        network="mlp",
        network_args={},
        objective="variational",
        objective_args={},
        likelihood="bernoulli",
        input_shape=(28, 28, 1),
        latent_dim=len(mean),
        latent_mean=mean,
        latent_std=std,
        latent_kl=kl,
        prior=prior,
        data_name="digits",
        data_fingerprint="",
    )


def test_sliders_reach_three_units_of_the_prior() -> None:
    statistics = ([5.0, -1.0, 0.0], [0.1, 2.0, 0.0])
    low, high = slider_range(document("standard-normal", *statistics, []))
    assert low.tolist() == [-3, -3, -3] and high.tolist() == [3, 3, 3]
    low, high = slider_range(document("mixture", *statistics, []))
    assert np.allclose(low, [4.7, -7, -0.003]) and np.allclose(high, [5.3, 5, 0.003])


@pytest.mark.parametrize("prior", ["standard-normal", "mixture"])
def test_maps_of_two_numbers_keep_their_range(prior: str) -> None:
    low, high = slider_range(document(prior, [1.0, 0.0], [0.5, 2.0], []))
    assert low.tolist() == [-1, -8] and high.tolist() == [3, 8]


def test_the_numbers_that_say_most_come_in_their_order() -> None:
    kl = [0.0] * 20
    kl[3], kl[17], kl[9] = 2.0, 5.0, 1.0
    shown = shown_numbers(document("standard-normal", [0.0] * 20, [1.0] * 20, kl))
    assert len(shown) == MAX_SLIDERS and shown == sorted(shown)
    assert {3, 9, 17} < set(shown)


def test_each_end_differs_from_the_cursor_in_one_number() -> None:
    z = np.arange(5, dtype=np.float32)
    low, high = np.full(5, -3.0), np.full(5, 3.0)
    codes = end_codes(z, [1, 4], low, high)
    assert codes.dtype == np.float32
    expected = [[0, -3, 2, 3, 4], [0, 3, 2, 3, 4], [0, 1, 2, 3, -3], [0, 1, 2, 3, 3]]
    assert codes.tolist() == expected
    assert z.tolist() == [0, 1, 2, 3, 4]
    assert end_codes(z, [], low, high).shape == (0, 5)
