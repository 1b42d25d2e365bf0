"""Outliers: the scores of all images, which of them are shown and in which order."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.features.outliers.measure import SCORES, OutlierScores, ranks_of
from latentlab.features.outliers.messages import OutliersFound
from latentlab.features.outliers.roc import RocCurve, roc_curve

Scope = Literal["held_out", "all"]
Score = Literal["recon", "latent", "both"]

_FIRST_SHARE = 0.05  # of the images above the threshold


class Outliers(QObject):
    """Store of the tab of outliers.

    Signals
    -------
    foundChanged
        There are scores, or none any more.
    progressChanged
        The computation has begun, advanced or ended.
    orderChanged
        Other images are shown, or in another order; the threshold and the curves change with it.
    thresholdChanged
        More or fewer of them are above the threshold.
    abnormalChanged
        Another class counts as abnormal.
    """

    foundChanged = Signal()
    progressChanged = Signal()
    orderChanged = Signal()
    thresholdChanged = Signal()
    abnormalChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: OutliersFound | None = None
        self._held_out: NDArray[np.int64] | None = None
        self._share: float | None = None
        self._scope: Scope = "held_out"
        self._score: Score = "recon"
        self._num_above = 0
        self._abnormal: int | None = None
        self._clear_order()

    # --- what is known -------------------------------------------------------------------------

    @property
    def found(self) -> OutliersFound | None:
        """The scores of all images, ``None`` until they are computed."""
        return self._found

    @property
    def held_out(self) -> NDArray[np.int64] | None:
        """Images that the model was not trained on, sorted int64.

        ``None`` where it was trained on none of these data, or nothing is known of that.
        """
        return self._held_out

    def set_found(self, found: OutliersFound | None, held_out: NDArray[np.int64] | None) -> None:
        """Show other scores, or none."""
        if found is None and self._found is None:
            return
        self._found, self._held_out = found, held_out
        self._make_order()
        self._num_above = min(round(_FIRST_SHARE * len(self._order)), self._num_known)
        self.foundChanged.emit()
        self.orderChanged.emit()

    @property
    def share_done(self) -> float | None:
        """How much of the computation is done, 0 to 1; ``None`` while nothing is computed."""
        return self._share

    def set_share_done(self, share: float | None) -> None:
        """Note how far the computation is."""
        if share != self._share:
            self._share = share
            self.progressChanged.emit()

    # --- what is shown -------------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        """Whether only held-out images are shown; all of them where none are held out."""
        return self._scope

    def set_scope(self, scope: Scope) -> None:
        """Show held-out images only, or all."""
        if scope != self._scope:
            self._scope = scope
            self._reorder()

    @property
    def score(self) -> Score:
        """What images are ranked by; ``both`` adds up both places."""
        return self._score

    def set_score(self, score: Score) -> None:
        """Rank by another score."""
        if score in SCORES and score != self._score:
            self._score = score
            self._reorder()

    @property
    def order(self) -> NDArray[np.int64]:
        """The images that are shown, int64 (m,), most unusual first."""
        return self._order

    @property
    def recon_ranks(self) -> NDArray[np.int64]:
        """Place of each of :attr:`order` by reconstruction error, int64 (m,), from 1."""
        return self._recon_ranks

    @property
    def latent_ranks(self) -> NDArray[np.int64]:
        """Place of each of :attr:`order` by latent distance, int64 (m,), from 1."""
        return self._latent_ranks

    def place_of(self, index: int | None) -> int | None:
        """Return the place, from 0, of an image in :attr:`order`; ``None`` if it is not shown."""
        if index is None or not 0 <= index < len(self._place_of):
            return None
        place = int(self._place_of[index])
        return place if place >= 0 else None

    # --- the threshold -------------------------------------------------------------------------

    @property
    def num_above(self) -> int:
        """How many of the shown images are above the threshold."""
        return self._num_above

    @property
    def threshold(self) -> float | None:
        """The smallest score above the threshold; ``None`` where there is no such number.

        There is none with nothing above it, and for places that are added up.
        """
        if self._score == "both" or not 0 < self._num_above <= len(self._order):
            return None
        return float(self._values[self._order[self._num_above - 1]])

    def set_num_above(self, count: int) -> None:
        """Put the threshold where ``count`` images are above it."""
        count = min(max(int(count), 0), self._num_known)
        if count != self._num_above:
            self._num_above = count
            self.thresholdChanged.emit()

    def set_threshold(self, threshold: float) -> None:
        """Put the threshold to a score: images with at least this much are above it."""
        if self._score != "both":
            self.set_num_above(int(np.sum(self._values[self._order] >= threshold)))

    # --- a class that counts as abnormal -------------------------------------------------------

    @property
    def abnormal(self) -> int | None:
        """Label of the class that counts as abnormal."""
        return self._abnormal

    def set_abnormal(self, label: int | None) -> None:
        """Let another class count as abnormal, or none."""
        if label != self._abnormal:
            self._abnormal = label
            self.abnormalChanged.emit()

    def curves(self) -> tuple[RocCurve | None, RocCurve | None]:
        """Return the ROC curves of both scores over the shown images.

        ``None`` where no class is abnormal, or all shown images are of one kind.
        """
        data = None if self._found is None else self._found.data
        if data is None or data.labels is None or self._abnormal is None:
            return None, None
        assert self._found is not None
        positive = np.asarray(data.labels[self._order] == self._abnormal)
        scores = self._found.scores
        return (
            roc_curve(scores.recon_error[self._order], positive),
            roc_curve(scores.latent_distance[self._order], positive),
        )

    # --- the order -----------------------------------------------------------------------------

    def _reorder(self) -> None:
        share = self._num_above / max(1, len(self._order))
        self._make_order()
        self._num_above = min(round(share * len(self._order)), self._num_known)
        self.orderChanged.emit()

    def _clear_order(self) -> None:
        self._order = np.empty(0, np.int64)
        self._recon_ranks = self._latent_ranks = self._place_of = self._order
        self._values = np.empty(0)
        self._num_known = 0  # images that have the chosen score

    def _make_order(self) -> None:
        if self._found is None:
            self._clear_order()
            return
        count = len(self._found.scores.recon_error)
        shown = np.arange(count)
        if self._scope == "held_out" and self._held_out is not None and len(self._held_out):
            shown = self._held_out[self._held_out < count]
        scores = self._found.scores
        chosen = OutlierScores(scores.recon_error[shown], scores.latent_distance[shown])
        by_place = np.argsort(chosen.ranks(self._score))
        self._order = shown[by_place]
        self._recon_ranks = ranks_of(chosen.recon_error)[by_place]
        self._latent_ranks = ranks_of(chosen.latent_distance)[by_place]
        self._place_of = np.full(count, -1, np.int64)
        self._place_of[self._order] = np.arange(len(self._order))
        is_latent = self._score == "latent"
        self._values = scores.latent_distance if is_latent else scores.recon_error
        known = ~np.isnan(self._values[shown])
        if self._score == "both":
            known &= ~np.isnan(scores.latent_distance[shown])
        self._num_known = int(known.sum())
