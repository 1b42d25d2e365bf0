"""Whether a network has learnt its images by heart, said in one sentence."""

from __future__ import annotations

import math

from latentlab.training.run import TrainingRun

_NATS_PER_VALUE = 2.0
"""Held-out above training loss from which on nothing carries over.

Ordinary over-fitting costs some hundredths of a nat for each pixel value; a picture drawn without
any knowledge of the image, about one.
"""


def memorising(run: TrainingRun) -> str:
    """Return a sentence about a held-out loss that has exploded, empty where it has not.

    It compares what a run has measured last.
    """
    train, held_out = run.last_metrics.get("train"), run.last_metrics.get("held_out")
    if train is None or held_out is None:
        return ""
    gap = held_out.loss - train.loss
    if math.isfinite(gap) and gap <= _NATS_PER_VALUE * math.prod(run.data.image_shape):
        return ""
    return (
        f"The held-out loss exploded to {held_out.loss:,.0f} nats (training: {train.loss:,.0f}): "
        f"the model memorises its {len(run.train_indices):,} training images and fails on others; "
        "use more images, a smaller network, a lower learning rate or fewer epochs."
    )
