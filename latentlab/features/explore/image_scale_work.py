"""Measures in pieces how far images of the open data usually are from each other."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from latentlab.engine.cursor_messages import PictureScaleMeasured
from latentlab.engine.live_model import LiveModel
from latentlab.engine.messages import Result
from latentlab.images.image_scale import picture_scale
from latentlab.images.image_set import ImageSet
from latentlab.models.family.described_model import held_out_share


class PictureScaleWork:
    """Measures each pair of data and image size once, until another comes.

    Parameters
    ----------
    emit
        Takes the results.
    """

    def __init__(self, emit: Callable[[Result], None]) -> None:
        self._emit = emit
        self._key: tuple[object, ...] = ()
        self._work: Generator[None, None, float] | None = None
        self._session_epoch = 0
        self._scale = float("nan")

    def follow(self, model: LiveModel, data: ImageSet | None) -> None:
        """Note which model is open on which data."""
        self._session_epoch = model.session_epoch
        if data is None:
            self._key, self._work = (), None
            return
        held_out = data.held_out(held_out_share(model.document))
        key = (data, model.document.input_shape, held_out.tobytes())
        if key != self._key:
            self._key = key
            others = np.setdiff1d(np.arange(len(data)), held_out)
            self._work = picture_scale(data.images, held_out, others, model.document.input_shape)
        elif self._work is None:
            self._report()

    def has_work(self) -> bool:
        """Whether there is anything to do."""
        return self._work is not None

    def drop(self) -> None:
        """Measure no further; the scale stays unknown until other data come."""
        self._work, self._scale = None, float("nan")

    def advance(self) -> None:
        """Do one piece of it."""
        assert self._work is not None
        try:
            next(self._work)
        except StopIteration as end:
            self._scale, self._work = end.value, None
            self._report()

    def _report(self) -> None:
        self._emit(PictureScaleMeasured(self._session_epoch, self._scale))
