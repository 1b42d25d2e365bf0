"""Encode a whole data set in short pieces."""

from __future__ import annotations

import numpy as np

from latentlab.base.trace import now_s
from latentlab.engine.aside import Aside
from latentlab.engine.live_model import LiveModel
from latentlab.engine.messages import Embedded
from latentlab.engine.pace import PieceSize
from latentlab.images.adapt import adapted
from latentlab.images.image_set import ImageSet
from latentlab.latent.neighbours import NeighbourIndex
from latentlab.models.family.described_model import held_out_share
from latentlab.models.inference import chunk_images

_REPORT_EVERY_S = 0.2
_LOOK_EVERY_S = 0.002  # whether the index is there


class EmbeddingJob:
    """Codes of all images under the weights of one moment.

    Parameters
    ----------
    model, data
        What encodes and what is encoded; the weights must not change meanwhile. Images of
        another shape are adapted piece by piece, so that no second copy of all is held.
    """

    def __init__(self, model: LiveModel, data: ImageSet) -> None:
        self._model = model
        self._data = data
        self._codes = np.full((len(data), model.document.latent_dim), np.nan, np.float32)
        self._position = 0
        shape = model.document.input_shape
        self._piece = PieceSize(min(chunk_images(data.image_shape), chunk_images(shape)))
        self._reported_s = now_s()
        self._indexing: Aside[NeighbourIndex] | None = None

    def advance(self) -> tuple[Embedded | None, bool]:
        """Encode one piece; return what there is to report, and whether all is done."""
        if self._indexing is not None:
            self._indexing.wait(_LOOK_EVERY_S)
            if not self._indexing.is_done:
                return None, False
            return self._report(self._codes, self._indexing.result()), True
        stop = min(len(self._data), self._position + self._piece.items)
        begin = now_s()
        images = np.asarray(self._data.images[self._position : stop])
        images = adapted(images, self._model.document.input_shape)
        self._codes[self._position : stop] = self._model.encode(images)
        self._piece.learn(stop - self._position, now_s() - begin)
        self._position = stop
        if stop == len(self._data):
            codes = self._codes
            codes.flags.writeable = False
            held_out = self._data.held_out(held_out_share(self._model.document))
            # It takes tenths of a second for many or wide codes.
            self._indexing = Aside(lambda: NeighbourIndex(codes, measured=held_out))
        elif now_s() - self._reported_s > _REPORT_EVERY_S:
            self._reported_s = now_s()
            return self._report(self._codes.copy(), None), False
        return None, False

    def _report(self, codes: np.ndarray, index: NeighbourIndex | None) -> Embedded:
        return Embedded(
            self._model.session_epoch, codes, index, index is not None, self._model.weights_version
        )
