"""How unusual all images of a set are to the open model, computed in short pieces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from latentlab.core.adapt import adapted
from latentlab.core.messages import Result
from latentlab.core.outlier_messages import (
    OutliersAdvanced,
    OutliersDropped,
    OutliersFound,
    OutliersRequest,
)
from latentlab.core.outlier_scores import LatentDistance, OutlierScores
from latentlab.core.trace import now_s
from latentlab.nn.image_errors import image_errors
from latentlab.nn.inference import chunk_images
from latentlab.services.engine.live_model import LiveModel
from latentlab.services.engine.mailbox import Mailbox
from latentlab.services.engine.pace import PieceSize

REPORT_EVERY_S = 0.15
_LOOK_EVERY_S = 0.002
_ERRORS_SHARE = 0.7  # of the bar; the rest are distances


class OutlierWork:
    """Scores for an engine that says when and with which model.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None]) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._job: _Job | None = None

    def has_work(self) -> bool:
        """Whether anything is wanted."""
        return self._job is not None or self._mailbox.has(OutliersRequest)

    def advance(self, model: LiveModel | None) -> None:
        """Measure some images."""
        newer = self._mailbox.take(OutliersRequest)
        if newer is not None:
            self.close()
            if newer.data is not None and model is not None:
                self._job = _Job(newer, model)
        job = self._job
        if job is None:
            return
        if model is None or not job.is_of(model):
            self.close()
            self._emit(OutliersDropped(job.request.session_epoch, job.request.sequence))
            return
        result = job.advance()
        if isinstance(result, OutliersFound):
            self.close()
        if result is not None:
            self._emit(result)

    def close(self) -> None:
        """End what goes on."""
        if self._job is not None:
            self._job.end()
        self._job = None


class _Job:
    """First the reconstruction error and code of each image, then the distances of the codes."""

    def __init__(self, request: OutliersRequest, model: LiveModel) -> None:
        assert request.data is not None
        self.request = request
        self._data = request.data
        self._model = model
        self._version = model.weights_version
        self._distances: _Distances | None = None
        self._steps = self._run()
        self._reported_s = now_s()

    def is_of(self, model: LiveModel) -> bool:
        """Whether the model and its weights are still those that the job began with."""
        is_same = model is self._model and model.weights_version == self._version
        return is_same and model.session_epoch == self.request.session_epoch

    def advance(self) -> OutliersAdvanced | OutliersFound | None:
        """Do one piece; return what there is to report."""
        step = next(self._steps)
        if isinstance(step, OutliersFound):
            return step
        if now_s() - self._reported_s < REPORT_EVERY_S:
            return None
        self._reported_s = now_s()
        return OutliersAdvanced(self.request.session_epoch, self.request.sequence, step)

    def end(self) -> None:
        """Let a thread that counts for this job stop soon."""
        if self._distances is not None:
            self._distances.stop()

    def _run(self) -> Iterator[float | OutliersFound]:
        data, shape = self._data, self._model.document.input_shape
        count = len(data)
        errors = np.full(count, np.nan)
        codes = np.full((count, self._model.document.latent_dim), np.nan, np.float32)
        piece = PieceSize(min(chunk_images(data.image_shape), chunk_images(shape)))
        start = 0
        while start < count:
            rows = slice(start, min(count, start + piece.items))
            begin = now_s()
            images = adapted(np.asarray(data.images[rows]), shape)
            found = image_errors(self._model.network, images, self._model.device)
            errors[rows], codes[rows] = found.mse, found.codes
            start = rows.stop
            piece.learn(rows.stop - rows.start, now_s() - begin)
            yield _ERRORS_SHARE * start / count
        distances = self._distances = _Distances(codes, self.request.training)
        while not distances.is_done:
            time.sleep(_LOOK_EVERY_S)
            yield _ERRORS_SHARE + (1 - _ERRORS_SHARE) * distances.share
        for array in (errors, distances.values):
            array.flags.writeable = False
        yield OutliersFound(
            self.request.session_epoch,
            self.request.sequence,
            data,
            OutlierScores(errors, distances.values),
            self._version,
        )


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
