"""How unusual all images of a set are to the open model, computed in short pieces."""

from __future__ import annotations

import threading
import time

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.jobs import Share, Sources, Steps
from latentlab.engine.pace import pieces
from latentlab.features.outliers.image_errors import image_errors
from latentlab.features.outliers.measure import LatentDistance, OutlierScores
from latentlab.features.outliers.messages import OutlierOptions, OutliersFound
from latentlab.images.adapt import adapted
from latentlab.models.inference import chunk_images

_LOOK_EVERY_S = 0.002
_ERRORS_SHARE = 0.7  # of the bar; the rest are distances


def found(options: OutlierOptions, sources: Sources) -> Steps[OutliersFound]:
    """Measure error and code of each image, then the distances of the codes."""
    model, data = sources.model, options.data
    assert model is not None
    shape, count = model.document.input_shape, len(data)
    errors = np.full(count, np.nan)
    codes = np.full((count, model.document.latent_dim), np.nan, np.float32)
    for rows in pieces(count, min(chunk_images(data.image_shape), chunk_images(shape))):
        images = adapted(np.asarray(data.images[rows]), shape)
        measured = image_errors(model.network, images, model.device)
        errors[rows], codes[rows] = measured.mse, measured.codes
        yield Share(_ERRORS_SHARE * rows.stop / count)
    distances = _Distances(codes, options.training)
    try:
        while not distances.is_done:
            time.sleep(_LOOK_EVERY_S)
            yield Share(_ERRORS_SHARE + (1 - _ERRORS_SHARE) * distances.share)
    finally:
        distances.stop()
    for array in (errors, distances.values):
        array.flags.writeable = False
    return OutliersFound(data, OutlierScores(errors, distances.values))


class _Distances:
    """Latent distances, computed in a thread of their own.

    For many wide codes they take a minute, and a nearest-neighbour search does not come in short
    pieces. It is NumPy and SciPy alone, which let other threads run meanwhile.
    """

    _ROWS = 256  # between two looks at whether to stop

    def __init__(self, codes: NDArray[np.float32], training: NDArray[np.int64]) -> None:
        self._codes = codes
        self._training = training
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self.values = np.full(len(codes), np.nan)
        self.share = 0.0
        self._thread = threading.Thread(target=self._run, name="distances", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether all is known; raises what went wrong in the thread."""
        if self._thread.is_alive():
            return False
        if self._error is not None:
            raise self._error
        return True

    def stop(self) -> None:
        """Stop after the rows that are worked on."""
        self._stop.set()

    def _run(self) -> None:
        try:
            codes = self._codes
            own = np.full(len(codes), -1, np.int64)
            own[self._training] = np.arange(len(self._training))
            distance = LatentDistance(codes[self._training])
            for start in range(0, len(codes), self._ROWS):
                if self._stop.is_set():
                    return
                rows = slice(start, start + self._ROWS)
                self.values[rows] = distance.of(codes[rows], own[rows])
                self.share = min(1.0, (start + self._ROWS) / len(codes))
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits for it
            self._error = error
