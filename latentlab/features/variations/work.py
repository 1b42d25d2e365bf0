"""What the tab of variations needs of the open model, computed in short pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Result
from latentlab.engine.pace import pieces
from latentlab.features.variations.measure import (
    class_centroids,
    equal_pixel_noise,
    noise_scale,
    vary_codes,
)
from latentlab.features.variations.messages import (
    CentroidsDecoded,
    CentroidsRequest,
    Varied,
    VaryRequest,
)
from latentlab.images.adapt import adapted
from latentlab.models.inference import chunk_images, encode

_Job = Iterator[Result | None]
_FARTHEST = 1e6  # no decoder says anything about codes beyond, and float32 stays finite


class VariationWork:
    """Variations or class centroids, for an engine that says when and with which model.

    What was begun is finished before the newest request is taken, so that the sheets move on while
    somebody drags the size of the noise with a model that is slower than the hand.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    kind
        Which of both.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        emit: Callable[[Result], None],
        kind: type[VaryRequest] | type[CentroidsRequest],
    ) -> None:
        self._kind = kind
        self._mailbox = mailbox
        self._emit = emit
        self._job: _Job | None = None
        self._epoch = -1  # of the job

    def has_work(self) -> bool:
        """Whether anything is wanted."""
        return self._job is not None or self._mailbox.has(self._kind)

    def drop(self) -> None:
        """Forget what goes on."""
        self._job = None

    def advance(self, model: LiveModel | None) -> None:
        """Compute one piece."""
        if self._job is None and not self._begin(model):
            return
        if model is None or model.session_epoch != self._epoch:
            self._job = None
            return
        assert self._job is not None
        try:
            result = next(self._job)
        except StopIteration:
            self._job = None
            return
        if result is not None:
            self._job = None
            self._emit(result)

    def _begin(self, model: LiveModel | None) -> bool:
        request: VaryRequest | CentroidsRequest | None = self._mailbox.take(self._kind)
        if request is None or model is None:
            return False
        self._epoch = request.session_epoch
        if model.session_epoch != self._epoch:
            return False
        self._job = (
            _varied(request, model)
            if isinstance(request, VaryRequest)
            else _centroids(request, model)
        )
        return True


def _varied(request: VaryRequest, model: LiveModel) -> _Job:
    version = model.weights_version
    shape = model.document.input_shape
    image = adapted(request.image[None], shape)
    mu, logvar = encode(model.network, image, model.device)
    noise = request.noise
    if noise == "posterior" and logvar is None:
        noise = "prior"
    scale = noise_scale(noise, logvar, model.prior, model.document)
    with np.errstate(over="ignore", invalid="ignore"):
        codes = vary_codes(mu[0], scale, request.sigma, request.count, request.seed)
    codes = np.nan_to_num(codes, posinf=_FARTHEST, neginf=-_FARTHEST)
    np.clip(codes, -_FARTHEST, _FARTHEST, out=codes)
    centre = model.decode(mu)[0]
    yield None
    images = np.empty((len(codes), *shape), np.uint8)
    noisy = np.empty_like(images)
    for rows in pieces(len(codes), chunk_images(shape)):
        images[rows] = model.decode(codes[rows])
        yield None
    for rows in pieces(len(codes), chunk_images(shape)):
        for i in range(rows.start, rows.stop):
            (pixels,) = equal_pixel_noise(centre, images[i : i + 1], request.seed, first=i)
            noisy[i] = np.rint(pixels * 255.0)
        yield None
    redrawn = []
    for pictures in (images, noisy):
        total = 0.0
        for rows in pieces(len(codes), chunk_images(shape)):
            again = model.decode(model.encode(pictures[rows]))
            total += mean_change(pictures[rows], again) * (rows.stop - rows.start)
            yield None
        redrawn.append(total / max(1, len(codes)))
    for array in (codes, images, noisy, mu):
        array.flags.writeable = False
    yield Varied(
        request.session_epoch,
        request.sequence,
        noise,
        request.sigma,
        mu[0],
        centre,
        codes,
        images,
        noisy,
        mean_change(images, centre),
        mean_change(noisy, centre),
        redrawn[0],
        redrawn[1],
        request.sigma * float(np.mean(scale)),
        version,
    )


def _centroids(request: CentroidsRequest, model: LiveModel) -> _Job:
    version = model.weights_version
    if request.codes.shape[1] != model.document.latent_dim:
        return
    means = class_centroids(request.codes, request.labels, request.num_classes)
    classes = np.flatnonzero(np.isfinite(means).all(1)).astype(np.int64)
    codes = np.ascontiguousarray(means[classes])
    yield None
    shape = model.document.input_shape
    images = np.empty((len(codes), *shape), np.uint8)
    for rows in pieces(len(codes), chunk_images(shape)):
        images[rows] = model.decode(codes[rows])
        yield None
    for array in (classes, codes, images):
        array.flags.writeable = False
    yield CentroidsDecoded(request.session_epoch, request.sequence, classes, codes, images, version)


def mean_change(images: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean squared difference of pictures on the scale of 0 to 1, 0 without any."""
    if images.size == 0:
        return 0.0
    difference = (images.astype(np.float32) - other.astype(np.float32)) / np.float32(255.0)
    return float(np.mean(np.square(difference), dtype=np.float64))
