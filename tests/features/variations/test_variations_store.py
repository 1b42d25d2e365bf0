from __future__ import annotations

import math

from pytestqt.qtbot import QtBot

from latentlab.features.variations.messages import MOST_VARIATIONS
from latentlab.features.variations.store import MOST_SEED, MOST_SIGMA, Variations


def test_settings_stay_in_their_ranges_and_tell_of_changes_only(qtbot: QtBot) -> None:
    model = Variations()
    model.set_sigma(-1.0)
    assert model.sigma == 0.0
    model.set_sigma(1e9)
    assert model.sigma == MOST_SIGMA
    for odd in (math.nan, math.inf, -math.inf):
        model.set_sigma(odd)
    assert model.sigma == MOST_SIGMA
    model.set_count(0)
    assert model.count == 1
    model.set_count(10_000)
    assert model.count == MOST_VARIATIONS
    model.set_seed(-5)
    assert model.seed == 0
    model.set_seed(10**9)
    assert model.seed == MOST_SEED
    model.set_noise("nonsense")  # type: ignore[arg-type]
    assert model.noise == "prior"
    with qtbot.assertNotEmitted(model.settingsChanged):
        model.set_noise("prior")
        model.set_sigma(MOST_SIGMA)
        model.set_count(MOST_VARIATIONS)
        model.set_seed(MOST_SEED)
    with qtbot.waitSignal(model.settingsChanged):
        model.set_noise("isotropic")
