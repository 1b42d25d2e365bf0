"""What the cursor, the selection and the grid of the map need of the open model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from latentlab.base.trace import Tracer, now_s
from latentlab.engine.cursor_messages import (
    CompareRequest,
    Decoded,
    DecodeRequest,
    NearestCompared,
    Reconstructed,
    ReconstructRequest,
    TraversalEndsDecoded,
    TraversalEndsRequest,
)
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Result
from latentlab.engine.pace import PieceSize
from latentlab.features.grid.messages import TilesDecoded, TilesRequest
from latentlab.images.adapt import adapted


class ExploreWork:
    """Decodes and reconstructs, for an engine that says when and with which model.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    tracer
        Records ``decode.compute``.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None], tracer: Tracer) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._tracer = tracer
        self._tiles: TilesRequest | None = None
        self._tiles_done = 0
        self._tile_piece = PieceSize(512)

    def decode(self, model: LiveModel | None) -> None:
        """Decode the code at the cursor."""
        request = self._mailbox.take(DecodeRequest)
        if request is None or model is None or request.session_epoch != model.session_epoch:
            return
        begin = now_s()
        image = model.decode(request.z[None])[0]
        end = now_s()
        self._tracer.span("decode.compute", begin, end, sequence=request.sequence)
        self._emit(
            Decoded(
                request.session_epoch,
                request.sequence,
                request.z,
                image,
                model.weights_version,
                (end - begin) * 1e3,
                request.event_s,
                request.by_hand,
            )
        )

    def reconstruct(self, model: LiveModel | None) -> None:
        """Encode and decode the selected image."""
        request = self._mailbox.take(ReconstructRequest)
        if request is None or model is None or request.session_epoch != model.session_epoch:
            return
        fitting = adapted(request.image[None], model.document.input_shape)[0]
        z, image, loss = model.reconstruct(fitting)
        self._emit(
            Reconstructed(request.session_epoch, request.sequence, request.index, z, image, loss)
        )

    def compare_nearest(self, model: LiveModel | None) -> None:
        """Compare the picture at the cursor with that of the nearest image."""
        request = self._mailbox.take(CompareRequest)
        if request is None or model is None or request.session_epoch != model.session_epoch:
            return
        here, nearest = model.decode(np.stack([request.z, request.nearest_z])).astype(np.float32)
        rmse = float(np.sqrt(np.square((here - nearest) / 255.0).mean()))
        self._emit(NearestCompared(request.session_epoch, rmse))

    def decode_ends(self, model: LiveModel | None) -> None:
        """Decode both ends of the sliders."""
        request = self._mailbox.take(TraversalEndsRequest)
        if request is None or model is None or request.session_epoch != model.session_epoch:
            return
        self._emit(
            TraversalEndsDecoded(
                request.session_epoch,
                request.sequence,
                request.numbers,
                model.decode_tiles(request.z),
                model.weights_version,
            )
        )

    def has_tiles(self) -> bool:
        """Whether cells of the grid are wanted."""
        return self._tiles is not None or self._mailbox.has(TilesRequest)

    def end_tiles(self) -> None:
        """Forget the cells that are wanted: another model is open."""
        self._tiles = None

    def advance_tiles(self, model: LiveModel | None) -> None:
        """Decode some cells."""
        newer = self._mailbox.take(TilesRequest)
        if newer is not None:
            self._tiles, self._tiles_done = newer, 0
        request = self._tiles
        if request is None:
            return
        if model is None or request.session_epoch != model.session_epoch:
            self._tiles = None
            return
        start = self._tiles_done
        stop = min(len(request.keys), start + self._tile_piece.items)
        begin = now_s()
        images = model.decode_tiles(request.z[start:stop])
        self._tile_piece.learn(stop - start, now_s() - begin)
        self._tiles_done = stop
        if stop == len(request.keys):
            self._tiles = None
        self._emit(
            TilesDecoded(
                request.session_epoch,
                request.sequence,
                request.level,
                request.keys[start:stop],
                images,
                model.weights_version,
            )
        )
