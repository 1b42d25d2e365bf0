"""The ranking of outliers: order, threshold and curves follow from the scores."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.features.outliers.measure import OutlierScores
from latentlab.features.outliers.messages import OutliersFound
from latentlab.features.outliers.store import Outliers
from latentlab.images.image_set import ImageSet

NAN = np.nan


def found(
    recon: list[float], latent: list[float], labels: list[int] | None = None
) -> OutliersFound:
    images = np.zeros((len(recon), 2, 2, 1), np.uint8)
    classes = None if labels is None else np.array(labels, np.int32)
    data = ImageSet("x", "X", images, classes, ("a", "b"))
    return OutliersFound(data, OutlierScores(np.array(recon), np.array(latent)))


def store(*args: list, held_out: list[int] | None = None) -> Outliers:  # type: ignore[type-arg]
    made = Outliers()
    made.set_found(found(*args), None if held_out is None else np.array(held_out, np.int64))
    return made


def test_each_score_has_its_order_and_both_places_are_known() -> None:
    made = store([0.1, 0.4, 0.3, 0.2], [9.0, 1.0, 2.0, 3.0])
    assert made.order.tolist() == [1, 2, 3, 0]
    assert made.recon_ranks.tolist() == [1, 2, 3, 4]
    assert made.latent_ranks.tolist() == [4, 3, 2, 1]
    assert made.place_of(3) == 2
    made.set_score("latent")
    assert made.order.tolist() == [0, 3, 2, 1]
    assert made.latent_ranks.tolist() == [1, 2, 3, 4]
    made.set_score("both")
    assert sorted(made.order.tolist()) == [0, 1, 2, 3]
    assert made.threshold is None, "places that are added up have no unit"


def test_held_out_images_are_ranked_among_themselves() -> None:
    made = store([0.1, 0.4, 0.3, 0.2], [1.0, 1.0, 1.0, 1.0], held_out=[0, 2])
    assert made.order.tolist() == [2, 0]
    assert made.recon_ranks.tolist() == [1, 2]
    assert made.place_of(1) is None and made.place_of(None) is None and made.place_of(99) is None
    made.set_scope("all")
    assert made.order.tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize("held_out", [None, []])
def test_without_held_out_images_all_are_shown(held_out: list[int] | None) -> None:
    assert len(store([1.0, 2.0], [1.0, 2.0], held_out=held_out).order) == 2


def test_threshold_and_count_belong_together() -> None:
    made = store([0.1, 0.4, 0.3, 0.2], [1.0, 2.0, 3.0, 4.0])
    made.set_num_above(2)
    assert made.threshold == 0.3
    made.set_threshold(0.2)
    assert made.num_above == 3
    made.set_threshold(0.25)
    assert (made.num_above, made.threshold) == (2, 0.3)
    made.set_threshold(5.0)
    assert (made.num_above, made.threshold) == (0, None)
    made.set_num_above(99)
    assert (made.num_above, made.threshold) == (4, 0.1)
    made.set_num_above(2)
    made.set_score("latent")
    assert (made.num_above, made.threshold) == (2, 3.0), "the share stays"


def test_five_in_a_hundred_are_above_at_first() -> None:
    made = store([float(i) for i in range(200)], [0.0] * 200)
    assert made.num_above == 10 and made.threshold == 190.0


def test_images_without_a_score_come_last_and_are_never_above() -> None:
    made = store([0.1, 0.2, 0.3], [NAN, 1.0, NAN])
    made.set_score("latent")
    assert made.order.tolist() == [1, 0, 2]
    made.set_num_above(3)
    assert (made.num_above, made.threshold) == (1, 1.0)
    made.set_score("both")
    made.set_num_above(3)
    assert made.num_above == 1


def test_curves_are_over_the_shown_images() -> None:
    made = store([0.1, 0.9, 0.2, 0.8], [1.0, 2.0, 3.0, NAN], [0, 1, 0, 1], held_out=[0, 1, 2])
    assert made.curves() == (None, None)
    made.set_abnormal(1)
    recon, latent = made.curves()
    assert recon is not None and recon.auc == 1.0
    assert latent is not None and latent.auc == 0.5
    made.set_abnormal(7)
    assert made.curves() == (None, None), "no image is of this class"


def test_without_classes_there_is_no_curve() -> None:
    made = store([1.0, 2.0], [1.0, 2.0])
    made.set_abnormal(0)
    assert made.curves() == (None, None)


def test_forgetting_them_empties_all() -> None:
    made = store([1.0, 2.0], [1.0, 2.0])
    times = iter("once")
    made.foundChanged.connect(times.__next__)
    made.set_found(None, None)
    made.set_found(None, None)
    assert "".join(times) == "nce", "nothing changed the second time"
    assert not len(made.order) and made.num_above == 0 and made.threshold is None
    assert made.place_of(0) is None
