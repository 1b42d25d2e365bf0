"""The cursor on an engine that is turned over by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from study_parts import StudyParts, trained_model

from latentlab.engine.cursor_messages import CompareRequest, DecodeRequest
from latentlab.images.image_scale import picture_scale
from latentlab.images.image_set import ImageSet


@pytest.fixture
def parts(few_digits: ImageSet) -> Iterator[StudyParts]:
    made = StudyParts()
    made.open(few_digits)
    yield made
    made.end_all()


def test_the_picture_is_compared_with_that_of_the_nearest_image(
    parts: StudyParts, few_digits: ImageSet
) -> None:
    codes, explorer = parts.map_view.codes, parts.explorer
    parts.explore.move_to(codes[7] + np.float32(0.3))
    parts.explore.compare_nearest()
    parts.thread.rest()
    found = explorer.neighbours
    assert found is not None
    model = parts.thread.engine._model
    assert model is not None
    pair = model.decode(np.stack([explorer.z, codes[found.indices[0]]])).astype(float) / 255
    rmse = np.sqrt(((pair[0] - pair[1]) ** 2).mean())
    held_out = few_digits.held_out(0.1)
    work = picture_scale(few_digits.images, held_out, np.setdiff1d(np.arange(400), held_out))
    with pytest.raises(StopIteration) as end:
        while True:
            next(work)
    scale = end.value.value
    assert 0.1 < scale < 0.4
    assert explorer.picture_distance == pytest.approx(rmse / scale, rel=1e-4)
    parts.explore.move_to_image(7)
    parts.explore.compare_nearest()
    parts.thread.rest()
    assert explorer.picture_distance == 0.0


def test_nothing_is_compared_before_anything_is_known() -> None:
    parts = StudyParts()
    parts.explore.compare_nearest()
    assert parts.thread.of(CompareRequest) == []
    assert np.isnan(parts.explorer.picture_distance)
    parts.end_all()


def test_random_points_come_from_the_fitted_mixture(tmp_path: Path, few_digits: ImageSet) -> None:
    """Moments alone would put points between the clusters, where the mixture has none."""
    trained_model(
        tmp_path / "run", few_digits, objective="rae", hidden=(16,), latent_dim=2, epochs=4
    )
    parts = StudyParts()
    parts.open(few_digits, tmp_path / "run")
    model = parts.session.model
    assert model is not None and model.prior is not None
    assert model.prior.num_components > 1
    points = []
    for _ in range(400):
        parts.explore.go_to_random()
        points.append(parts.explorer.z)
    expected = model.prior.log_prob(model.prior.sample(5000, 0)).mean()
    found = model.prior.log_prob(np.array(points))
    assert found.mean() == pytest.approx(expected, abs=5 * found.std() / 20)
    normal = np.random.default_rng(0).normal(
        model.document.latent_mean, model.document.latent_std, (5000, 2)
    )
    assert model.prior.log_prob(normal).mean() < expected - 0.2, "another density"
    assert len(parts.thread.of(DecodeRequest)) > 0
    parts.end_all()
