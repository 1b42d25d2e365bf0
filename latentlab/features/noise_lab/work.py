"""What the noise lab needs of a denoiser: one picture at once, and the strip in short pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.base.errors import LatentLabError
from latentlab.base.trace import Tracer, now_s
from latentlab.engine.denoisers import Denoiser, Denoisers
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Result
from latentlab.features.noise_lab.messages import (
    Denoised,
    DenoiseRefused,
    DenoiseRequest,
    StripRequest,
)
from latentlab.features.noise_lab.strip_job import KnownCurves, StripJob, as_pixels
from latentlab.images.adapt import adapted
from latentlab.images.corruptions import corrupt_stack
from latentlab.images.image_set import ImageSet
from latentlab.images.pixel_metrics import mean_psnr_db, ssim

T = TypeVar("T", bound=np.generic)


class NoiseLabWork:
    """Denoises for an engine that says when, and with which model and data.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    tracer
        Records ``denoise.compute``.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None], tracer: Tracer) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._tracer = tracer
        self._denoisers = Denoisers()
        self._known = KnownCurves()
        self._strip: StripJob | None = None
        self._adapted: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None

    def serve(self, model: LiveModel | None, device: torch.device) -> None:
        """Answer the newest request for one picture."""
        request = self._mailbox.take(DenoiseRequest)
        if request is None or _is_of_another(request, model):
            return
        begin = now_s()
        try:
            denoiser = self._denoisers.get(request.denoiser, model, device)
        except LatentLabError as error:
            self._refuse(request, error.sentence)
            return
        self._emit(self._denoised(request, denoiser, begin))
        self._tracer.span("denoise.compute", begin, now_s(), sequence=request.sequence)

    def has_strip(self) -> bool:
        """Whether there is something to do for the strip."""
        return self._strip is not None or self._mailbox.has(StripRequest)

    def _drop_strip(self) -> None:
        if self._strip is not None:
            self._strip.close()
            self._strip = None

    def end_strip(self) -> None:
        """Forget the strip: other data or another model are open."""
        self._drop_strip()

    def advance_strip(
        self, model: LiveModel | None, data: ImageSet | None, device: torch.device
    ) -> None:
        """Do one piece of the strip."""
        newer = self._mailbox.take(StripRequest)
        if newer is not None:
            self._drop_strip()
            if _is_of_another(newer, model):
                return
            try:
                denoiser = self._denoisers.get(newer.denoiser, model, device)
            except LatentLabError:
                return  # the picture says why
            self._strip = StripJob(newer, denoiser, data, self._known)
        job = self._strip
        if job is None:
            return
        if _is_of_another(job.request, model):
            self._drop_strip()
            return
        if job.request.denoiser == "" and model is not None:
            job.weights_change |= model.weights_version != job.first_version
        report, done = job.advance()
        if done:
            self._drop_strip()
        if report is not None:
            self._emit(report)

    def _denoised(self, request: DenoiseRequest, denoiser: Denoiser, begin_s: float) -> Denoised:
        is_of_map = request.denoiser == ""
        shape = denoiser.input_shape
        clean = self._fitting(request.image, shape)
        # Unclipped, as denoisers are trained: clipped Gaussian noise would be weaker.
        noisy = corrupt_stack(clean[None], request.steps, request.seed, clip=False)
        images, codes = [], []
        seen = noisy
        for _ in range(max(1, request.passes)):
            code, seen = denoiser.denoise(seen)
            images.append(seen)
            codes.append(code)
        passed = np.concatenate(images)
        psnr: tuple[float, ...] = ()
        similarity: tuple[float, ...] = ()
        if request.has_clean:
            compared = np.concatenate([noisy, passed])
            target = np.broadcast_to(clean, compared.shape)
            psnr = tuple(mean_psnr_db(clean[None], one[None]) for one in compared)
            similarity = tuple(float(s) for s in ssim(target, compared))
        return Denoised(
            request.session_epoch,
            request.sequence,
            request.denoiser,
            clean,
            as_pixels(noisy)[0],
            as_pixels(passed),
            _kept(np.concatenate(codes)) if is_of_map else None,
            psnr,
            similarity,
            request.image.shape != shape,
            denoiser.weights_version,
            (now_s() - begin_s) * 1e3,
            request.event_s,
            request.by_hand,
        )

    def _fitting(self, image: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        """Return the image in the denoiser's shape; a large one is adapted once, not each time."""
        if image.shape == shape:
            return image
        if (
            self._adapted is None
            or self._adapted[0] is not image
            or self._adapted[1].shape != shape
        ):
            self._adapted = (image, _kept(adapted(image[None], shape)[0]))
        return self._adapted[1]

    def _refuse(self, request: DenoiseRequest, sentence: str) -> None:
        self._emit(
            DenoiseRefused(request.session_epoch, request.sequence, request.denoiser, sentence)
        )


def _is_of_another(request: DenoiseRequest | StripRequest, model: LiveModel | None) -> bool:
    """Whether a request for the map's model means another one than is open."""
    if request.denoiser != "":
        return False
    return model is None or model.session_epoch != request.session_epoch


def _kept(array: NDArray[T]) -> NDArray[T]:
    kept = np.ascontiguousarray(array)
    kept.flags.writeable = False
    return kept
