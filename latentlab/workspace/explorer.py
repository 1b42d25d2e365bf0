"""The cursor in latent space and what is seen there."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.cursor_messages import (
    Decoded,
    PictureEncoded,
    Reconstructed,
    TraversalEndsDecoded,
)
from latentlab.latent.neighbours import Neighbours


class Explorer(QObject):
    """Store of the cursor, its picture and support, the hovered and selected points, and a
    picture that was brought in from outside of the data.
    """

    zChanged = Signal()
    decodedChanged = Signal()
    neighboursChanged = Signal()
    hoveredChanged = Signal()
    selectedChanged = Signal()
    reconstructedChanged = Signal()
    broughtChanged = Signal()
    endsChanged = Signal()
    pictureDistanceChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._z = np.zeros(2, np.float32)
        self._decoded: Decoded | None = None
        self._neighbours: Neighbours | None = None
        self._hovered: int | None = None
        self._selected: int | None = None
        self._reconstructed: Reconstructed | None = None
        self._ends: TraversalEndsDecoded | None = None
        self._brought: PictureEncoded | None = None
        self._brought_neighbours: Neighbours | None = None
        self._nearest_rmse = self._picture_scale = math.nan

    @property
    def z(self) -> NDArray[np.float32]:
        """The code at the cursor, float32 (d,), read-only."""
        return self._z

    def set_z(self, z: NDArray[np.float32]) -> None:
        """Move the cursor; codes that are not finite are ignored."""
        if not np.isfinite(z).all() or np.array_equal(z, self._z):
            return
        self._z = np.array(z, np.float32)
        self._z.flags.writeable = False
        self.zChanged.emit()

    @property
    def decoded(self) -> Decoded | None:
        """The newest picture for the cursor."""
        return self._decoded

    def set_decoded(self, decoded: Decoded | None) -> None:
        """Show a decoded picture."""
        self._decoded = decoded
        self.decodedChanged.emit()

    @property
    def neighbours(self) -> Neighbours | None:
        """The data points nearest to the cursor."""
        return self._neighbours

    def set_neighbours(self, neighbours: Neighbours | None) -> None:
        """Note what is near."""
        self._neighbours = neighbours
        self.neighboursChanged.emit()

    @property
    def picture_distance(self) -> float:
        """How far the picture at the cursor is from that of the nearest image, NaN if not known.

        In usual distances τ: the median of a held-out image to the nearest training image.
        """
        return self._nearest_rmse / self._picture_scale if self._picture_scale > 0 else math.nan

    def set_nearest_rmse(self, rmse: float) -> None:
        """Note how far the picture is from that of the nearest image, NaN if not known."""
        self._nearest_rmse = rmse
        self.pictureDistanceChanged.emit()

    def set_picture_scale(self, scale: float) -> None:
        """Note how far images usually are from each other, NaN if not known."""
        self._picture_scale = scale
        self.pictureDistanceChanged.emit()

    @property
    def hovered(self) -> int | None:
        """Index of the data point under the pointer."""
        return self._hovered

    def set_hovered(self, index: int | None) -> None:
        """Note which data point is under the pointer."""
        if index == self._hovered:
            return
        self._hovered = index
        self.hoveredChanged.emit()

    @property
    def selected(self) -> int | None:
        """Index of the selected data point."""
        return self._selected

    def set_selected(self, index: int | None) -> None:
        """Select a data point, or none."""
        if index == self._selected:
            return
        self._selected = index
        self._reconstructed = None
        self.selectedChanged.emit()

    @property
    def reconstructed(self) -> Reconstructed | None:
        """The reconstruction of the selected data point, ``None`` until it is there."""
        return self._reconstructed

    def set_reconstructed(self, reconstructed: Reconstructed | None) -> None:
        """Show a reconstruction."""
        self._reconstructed = reconstructed
        self.reconstructedChanged.emit()

    @property
    def ends(self) -> TraversalEndsDecoded | None:
        """The pictures at both ends of the sliders, of where the cursor rested last."""
        return self._ends

    def set_ends(self, ends: TraversalEndsDecoded | None) -> None:
        """Show the ends of the sliders."""
        self._ends = ends
        self.endsChanged.emit()

    @property
    def brought(self) -> PictureEncoded | None:
        """The picture that the user brought in, as the open model sees it."""
        return self._brought

    @property
    def brought_neighbours(self) -> Neighbours | None:
        """The data points nearest to its code, ``None`` where that is not known."""
        return self._brought_neighbours

    def set_brought(self, picture: PictureEncoded | None, neighbours: Neighbours | None) -> None:
        """Show a picture from outside of the data, or none."""
        self._brought, self._brought_neighbours = picture, neighbours
        self.broughtChanged.emit()
