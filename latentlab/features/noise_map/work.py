"""What the noise layers of the map need of the open model, computed in short pieces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.base.trace import now_s
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Result
from latentlab.engine.pace import PieceSize
from latentlab.features.noise_map.field import field_images
from latentlab.features.noise_map.messages import (
    NoiseCodes,
    NoiseCodesRequest,
    NoiseField,
    NoiseFieldRequest,
)
from latentlab.features.noise_map.paths import cloud_versions, corrupted_versions, path_versions
from latentlab.images.adapt import adapted
from latentlab.models.inference import chunk_images, encode, posterior_of, to_input

REPORT_EVERY_S = 0.1


class NoiseMapWork:
    """Path, cloud and field, for an engine that says when and with which model.

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
        self._codes: _CodesJob | None = None
        self._field: _FieldJob | None = None

    def has_work(self) -> bool:
        """Whether anything is wanted."""
        return self.has_codes() or self.has_field()

    def has_codes(self) -> bool:
        """Whether path or cloud are wanted."""
        return self._codes is not None or self._mailbox.has(NoiseCodesRequest)

    def has_field(self) -> bool:
        """Whether arrows are wanted."""
        return self._field is not None or self._mailbox.has(NoiseFieldRequest)

    def drop_codes(self) -> None:
        """Forget path and cloud."""
        self._codes = None

    def drop_field(self) -> None:
        """Forget the arrows that are still to come."""
        self._field = None

    def advance_codes(self, model: LiveModel | None) -> None:
        """Encode a piece of path and cloud.

        What was begun is finished before the newest request is taken, so that both move on while
        somebody drags the amount of a model that is slower than the hand.
        """
        if self._codes is None:
            request = self._mailbox.take(NoiseCodesRequest)
            self._codes = None if request is None else _CodesJob(request)
        job = self._codes
        if job is None:
            return
        if model is None or model.session_epoch != job.request.session_epoch:
            self._codes = None
            return
        result = job.advance(model)
        if result is not None:
            self._codes = None
            self._emit(result)

    def advance_field(self, model: LiveModel | None) -> None:
        """Follow some data images from their corrupted to their denoised version."""
        newer = self._mailbox.take(NoiseFieldRequest)
        if newer is not None:
            self._field = _FieldJob(newer)
        job = self._field
        if job is None:
            return
        if model is None or model.session_epoch != job.request.session_epoch:
            self._field = None
            return
        result = job.advance(model)
        if result is not None:
            if result.complete:
                self._field = None
            self._emit(result)


class _CodesJob:
    """Versions of one image, corrupted and encoded some at a time."""

    def __init__(self, request: NoiseCodesRequest) -> None:
        self.request = request
        steps, seed = request.steps, request.seed
        path = path_versions(steps, seed) if request.wants_path else []
        cloud = cloud_versions(steps, seed)
        self._num_path = len(path)
        self._versions = path + (cloud if request.wants_cloud else cloud[:1])
        self._piece = PieceSize(chunk_images(request.image.shape))
        self._codes: list[NDArray[np.float32]] = []
        self._done = 0

    def advance(self, model: LiveModel) -> NoiseCodes | None:
        begin = now_s()
        shape = model.document.input_shape
        versions = self._versions[self._done : self._done + self._piece.items]
        image = adapted(self.request.image[None], shape)[0]
        images = corrupted_versions(image, versions)
        self._codes.append(encode(model.network, images, model.device)[0])
        self._done += len(versions)
        self._piece.learn(len(versions), now_s() - begin)
        if self._done < len(self._versions):
            return None
        codes = np.concatenate(self._codes)
        codes.flags.writeable = False
        return NoiseCodes(
            model.session_epoch,
            self.request.sequence,
            self.request.steps,
            codes[: self._num_path],
            codes[self._num_path :],
            model.weights_version,
        )


class _FieldJob:
    """Arrows of data images, some at a time."""

    def __init__(self, request: NoiseFieldRequest) -> None:
        self.request = request
        self._piece = PieceSize(chunk_images(request.data.image_shape))
        self._starts: list[NDArray[np.float32]] = []
        self._ends: list[NDArray[np.float32]] = []
        self._done = 0
        self._reported_s = now_s()

    def advance(self, model: LiveModel) -> NoiseField | None:
        """Return the arrows that have not been reported, now and then and at the end."""
        begin = now_s()
        request = self.request
        indices = request.indices[self._done : self._done + self._piece.items]
        if len(indices):
            images = adapted(np.asarray(request.data.images[indices]), model.document.input_shape)
            starts, ends = denoised_codes(model, field_images(images, indices, request.steps))
            self._starts.append(starts)
            self._ends.append(ends)
            self._done += len(indices)
            self._piece.learn(len(indices), now_s() - begin)
        complete = self._done == len(request.indices)
        if not complete and now_s() - self._reported_s < REPORT_EVERY_S:
            return None
        self._reported_s = now_s()
        return self._report(model, complete)

    def _report(self, model: LiveModel, complete: bool) -> NoiseField:
        none = np.empty((0, model.document.latent_dim), np.float32)
        starts = np.concatenate([none, *self._starts])
        ends = np.concatenate([none, *self._ends])
        self._starts, self._ends = [], []
        starts.flags.writeable = ends.flags.writeable = False
        return NoiseField(
            model.session_epoch,
            self.request.sequence,
            starts,
            ends,
            complete,
            model.weights_version,
        )


@torch.inference_mode()
def denoised_codes(
    model: LiveModel, corrupted: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the codes of corrupted images and of what the model makes of those images.

    Parameters
    ----------
    corrupted
        float32 (n, h, w, c), of the model's shape.

    Returns
    -------
    tuple of NDArray[np.float32]
        Both (n, d). The denoised images are encoded as they are decoded, without rounding to 255
        steps.
    """
    network = model.network
    mu, _ = posterior_of(network, to_input(corrupted, network, model.device))
    images = network.decode_mean(mu).contiguous(memory_format=network.memory_format)
    again, _ = posterior_of(network, images)
    return mu.float().cpu().numpy(), again.float().cpu().numpy()
