"""Which noise which model can undo: a matrix, computed one short piece after the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.base.errors import LatentLabError, UsageError
from latentlab.base.trace import now_s
from latentlab.engine.denoisers import Denoiser, Denoisers
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Result
from latentlab.engine.pace import PieceSize
from latentlab.features.noise_matrix.messages import (
    MATRIX_EXAMPLES,
    MOST_MATRIX_IMAGES,
    MatrixAdvanced,
    MatrixCell,
    MatrixRequest,
    MatrixRowOpened,
)
from latentlab.images.adapt import adapted
from latentlab.images.corruptions import corrupt, derived_seed
from latentlab.images.image_set import ImageSet
from latentlab.images.pixel_metrics import mse_as_db
from latentlab.models.family.described_model import run_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.inference import chunk_images
from latentlab.models.model_document import ModelDocument

BLOCK_IMAGES = 64  # images that get their noise together, whatever the pieces are
_REPORT_EVERY_S = 0.15


class MatrixWork:
    """The matrix for an engine that says when, with which open model and on which device.

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
        self._job: Iterator[Result | None] | None = None

    def has_work(self) -> bool:
        """Whether anything is wanted."""
        return self._job is not None or self._mailbox.has(MatrixRequest)

    def drop(self) -> None:
        """Forget what goes on."""
        self._job = None

    def advance(self, model: LiveModel | None, device: torch.device) -> None:
        """Do one piece."""
        newer = self._mailbox.take(MatrixRequest)
        if newer is not None:
            self._job = None if newer.data is None else _Matrix(newer, model, device).run()
        if self._job is None:
            return
        result = next(self._job, None)
        if isinstance(result, MatrixAdvanced) and result.complete:
            self._job = None
        if result is not None:
            self._emit(result)


@dataclass
class _Cell:
    """Sums of one cell."""

    corrupted: float = 0.0
    denoised: float = 0.0
    examples: list[tuple[NDArray[np.uint8], ...]] = field(default_factory=list)


class _Matrix:
    """A request on its way.

    The open model is taken as it is at the beginning: a copy, so that it may be closed or trained
    meanwhile. The others are opened when their row begins, and closed again.
    """

    def __init__(
        self, request: MatrixRequest, model: LiveModel | None, device: torch.device
    ) -> None:
        assert request.data is not None
        self._request = request
        self._data: ImageSet = request.data
        self._device = device
        self._opened = Denoisers()
        is_open = model is not None and model.session_epoch == request.session_epoch
        is_wanted = is_open and "" in request.models
        self._own = _copy_of(model) if model is not None and is_wanted else None
        self._indices = np.empty(0, np.int64)
        self._are_held_out = False
        self._done = 0
        self._reported_s = now_s()

    def run(self) -> Iterator[Result | None]:
        """Do one piece after the other; yield what there is to report."""
        documents: list[ModelDocument | None] = []
        for row, name in enumerate(self._request.models):
            # All are looked at first: the images must be held out for each of them.
            try:
                documents.append(self._denoiser(name).document)
                yield None
            except LatentLabError as error:
                documents.append(None)
                yield MatrixRowOpened(self._request.sequence, row, None, error.sentence)
        self._choose_images([document for document in documents if document is not None])
        yield self._progress()
        for row, (name, document) in enumerate(zip(self._request.models, documents, strict=True)):
            if document is None:
                self._done += len(self._request.noises) * len(self._indices)
                continue
            try:
                denoiser = self._denoiser(name)
            except LatentLabError as error:  # it has gone since
                self._done += len(self._request.noises) * len(self._indices)
                yield MatrixRowOpened(self._request.sequence, row, None, error.sentence)
                continue
            yield MatrixRowOpened(self._request.sequence, row, trained_with(document))
            for column in range(len(self._request.noises)):
                yield from self._cell(row, column, denoiser)
        yield self._progress(complete=True)

    def _denoiser(self, name: str) -> Denoiser:
        if name:
            return self._opened.get(name, None, self._device)
        if self._own is None:
            raise UsageError("The model of the map is another one by now; compute again.")
        return self._own

    def _choose_images(self, documents: list[ModelDocument]) -> None:
        """Take images that no model was trained on, spread over all of them."""
        shares = []
        for document in documents:
            if document.data_fingerprint == self._data.fingerprint:
                spec = run_spec(document)
                shares.append(TrainSpec.held_out if spec is None else spec.held_out)
        # The images held out of a smaller share are among those of a larger one.
        found = self._data.held_out(min(shares, default=TrainSpec.held_out))
        self._are_held_out = len(found) > 0
        if not len(found):
            found = np.arange(len(self._data))
        picks = np.linspace(0, len(found) - 1, min(len(found), MOST_MATRIX_IMAGES))
        self._indices = found[picks.round().astype(np.int64)]

    def _cell(self, row: int, column: int, denoiser: Denoiser) -> Iterator[Result | None]:
        name, amount = self._request.noises[column]
        shape, cell = denoiser.input_shape, _Cell()
        piece = PieceSize(min(BLOCK_IMAGES, chunk_images(shape)))
        for block, start in enumerate(range(0, len(self._indices), BLOCK_IMAGES)):
            rows = self._indices[start : start + BLOCK_IMAGES]
            images = adapted(np.asarray(self._data.images[rows]), shape)
            # A seed for each block, so that all models get the same noise. It is not limited to
            # black and white, as in training: limited noise would be weaker.
            noisy = corrupt(
                images, name, amount, derived_seed(self._request.seed, block), clip=False
            )
            clean = images.astype(np.float32) / np.float32(255.0)
            yield None
            position = 0
            while position < len(images):
                part = slice(position, position + piece.items)
                begin = now_s()
                _, denoised = denoiser.denoise(noisy[part])
                cell.denoised += _squares(denoised, clean[part])
                position += len(denoised)
                piece.learn(len(denoised), now_s() - begin)
                if len(cell.examples) < MATRIX_EXAMPLES:
                    for one in zip(images[part], noisy[part], denoised, strict=True):
                        cell.examples.append((one[0], _pixels(one[1]), _pixels(one[2])))
                yield self._progress() if self._is_due() else None
            cell.corrupted += _squares(noisy, clean)
            self._done += len(images)
        yield self._finished(row, column, cell, denoiser)

    def _finished(self, row: int, column: int, cell: _Cell, denoiser: Denoiser) -> MatrixCell:
        values = max(1, len(self._indices) * int(np.prod(denoiser.input_shape)))
        examples = cell.examples[:MATRIX_EXAMPLES]
        stacks = [np.stack([one[kind] for one in examples]) for kind in range(3)]
        for stack in stacks:
            stack.flags.writeable = False
        return MatrixCell(
            self._request.sequence,
            row,
            column,
            mse_as_db(cell.corrupted / values),
            _as_db(cell.denoised / values),
            *stacks,
        )

    def _is_due(self) -> bool:
        return now_s() - self._reported_s > _REPORT_EVERY_S

    def _progress(self, *, complete: bool = False) -> MatrixAdvanced:
        self._reported_s = now_s()
        total = len(self._request.models) * len(self._request.noises) * len(self._indices)
        return MatrixAdvanced(
            self._request.sequence,
            1.0 if complete else self._done / max(1, total),
            len(self._indices),
            self._are_held_out,
            complete,
        )


def trained_with(document: ModelDocument) -> tuple[str, float] | None:
    """Return the corruption that a model learnt to undo, ``None`` for clean images."""
    if document.objective != "denoising":
        return None
    arguments = document.objective_args
    try:
        return str(arguments["corruption"]), float(arguments["amount"])
    except (KeyError, TypeError, ValueError):
        return None


def _copy_of(model: LiveModel) -> Denoiser:
    network = copy.deepcopy(model.network).eval()
    return Denoiser(network, model.document, model.device, model.weights_version)


def _squares(images: NDArray[np.float32], clean: NDArray[np.float32]) -> float:
    return float(np.sum(np.square(images - clean), dtype=np.float64))


def _pixels(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
    return pixels


def _as_db(mse: float) -> float:
    """Return the PSNR, NaN where a network gives what is no number."""
    return mse_as_db(mse) if np.isfinite(mse) else float("nan")
