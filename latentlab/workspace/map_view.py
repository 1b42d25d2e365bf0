"""What the map shows and from where: camera, codes, classes, layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.latent.camera import Camera
from latentlab.latent.grid_mosaic import GridMosaic
from latentlab.latent.neighbours import NeighbourIndex
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.fidelity import closeness
from latentlab.latent.planes.image_plane import ImagePlane
from latentlab.latent.planes.plane import LatentPlane
from latentlab.latent.point_colouring import PointColouring

_FIRST_OPACITY = {
    "points": 1.0,
    "grid": 0.3,
    "trail": 0.8,
    "noise_path": 1.0,
    "noise_cloud": 0.8,
    "noise_field": 0.8,
}
LAYERS = tuple(_FIRST_OPACITY)
_FIRST_HIDDEN = {"noise_field"}


class MapView(QObject):
    """Store of the map."""

    cameraChanged = Signal()
    codesChanged = Signal()
    planeChanged = Signal()
    classesChanged = Signal()
    colouringChanged = Signal()
    layersChanged = Signal()
    mosaicChanged = Signal()
    pickedChanged = Signal()
    extentChanged = Signal()
    """The positions mean something else now, so a view of all of them is wanted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._camera = Camera()
        self._codes = np.empty((0, 2), np.float32)
        self._index: NeighbourIndex | None = None
        self._plane: LatentPlane = AxisPlane(np.zeros(2, np.float32))
        self._positions = self._codes
        self._closeness: NDArray[np.float32] | None = None
        self._picked: tuple[int, ...] = ()
        self._dimmed: frozenset[int] = frozenset()
        self._colouring: PointColouring | None = None
        self._opacity = dict(_FIRST_OPACITY)
        self._shown = {layer: layer not in _FIRST_HIDDEN for layer in LAYERS}
        self.mosaic: GridMosaic | None = None

    @property
    def camera(self) -> Camera:
        """The view."""
        return self._camera

    def set_camera(self, camera: Camera) -> None:
        """Look from elsewhere."""
        if camera == self._camera:
            return
        self._camera = camera
        self.cameraChanged.emit()

    @property
    def codes(self) -> NDArray[np.float32]:
        """Codes of the data, float32 (n, d); rows that are not known are NaN."""
        return self._codes

    @property
    def positions(self) -> NDArray[np.float32]:
        """Map positions of the data, float32 (n, 2)."""
        return self._positions

    def extent(self) -> NDArray[np.float32]:
        """Return what a view of the whole map shows, float32 (m, 2).

        These are the positions, and as many of the images that the plane leads through that they
        do not count as outliers.
        """
        if not isinstance(self._plane, ImagePlane) or not len(self._positions):
            return self._positions
        corners = np.repeat(self._plane.corners, len(self._positions) // 50 + 1, axis=0)
        return np.concatenate([self._positions, corners])

    @property
    def index(self) -> NeighbourIndex | None:
        """Nearest neighbours among the codes, ``None`` until it is known."""
        return self._index

    def set_codes(self, codes: NDArray[np.float32], index: NeighbourIndex | None) -> None:
        """Show other codes."""
        self._codes = codes
        self._index = index
        if codes.shape[1] != self._plane.latent_dim:
            self._plane = AxisPlane(np.zeros(codes.shape[1], np.float32))
            self.planeChanged.emit()
        self._positions = self._plane.to_plane(codes)
        self._closeness = None
        self.codesChanged.emit()

    @property
    def plane(self) -> LatentPlane:
        """The plane through latent space that is shown."""
        return self._plane

    def set_plane(self, plane: LatentPlane) -> None:
        """Show another plane."""
        before, self._plane = self._plane, plane
        if plane.shows_same_as(before):
            return
        self._closeness = None
        if self._codes.shape[1] == plane.latent_dim and not plane.has_positions_of(before):
            self._positions = plane.to_plane(self._codes)
        self.planeChanged.emit()

    @property
    def closeness(self) -> NDArray[np.float32] | None:
        """Opacity of each point by its distance from the plane, float32 (n,).

        ``None`` where all codes lie in the plane, with two numbers or fewer.
        """
        if self._plane.latent_dim <= 2 or self._codes.shape[1] != self._plane.latent_dim:
            return None
        if self._closeness is None:
            self._closeness = closeness(self._plane, self._codes)
        return self._closeness

    @property
    def picked(self) -> tuple[int, ...]:
        """The data points selected last, three at most, the oldest first."""
        return self._picked

    def set_picked(self, picked: tuple[int, ...]) -> None:
        """Note which data points were selected last."""
        if picked == self._picked:
            return
        self._picked = picked
        self.pickedChanged.emit()

    @property
    def dimmed_classes(self) -> frozenset[int]:
        """Classes that are greyed."""
        return self._dimmed

    def set_dimmed_classes(self, classes: frozenset[int]) -> None:
        """Grey some classes."""
        if classes == self._dimmed:
            return
        self._dimmed = classes
        self.classesChanged.emit()

    @property
    def colouring(self) -> PointColouring | None:
        """The numbers that colour the points, ``None`` where their classes do."""
        return self._colouring

    def set_colouring(self, colouring: PointColouring | None) -> None:
        """Colour the points by a number, or by their classes again."""
        if colouring is self._colouring:
            return
        self._colouring = colouring
        self.colouringChanged.emit()

    def opacity(self, layer: str) -> float:
        """Return the opacity of a layer, 0 to 1; 0 while it is switched off."""
        return self._opacity[layer] if self._shown[layer] else 0.0

    def chosen_opacity(self, layer: str) -> float:
        """Return the opacity that a layer has or would have when switched on."""
        return self._opacity[layer]

    def is_shown(self, layer: str) -> bool:
        """Whether a layer is switched on."""
        return self._shown[layer]

    def set_opacity(self, layer: str, opacity: float) -> None:
        """Set the opacity of a layer, 0 to 1."""
        opacity = min(max(float(opacity), 0.0), 1.0)
        if opacity == self._opacity[layer]:
            return
        self._opacity[layer] = opacity
        self.layersChanged.emit()

    def set_shown(self, layer: str, shown: bool) -> None:
        """Switch a layer on or off."""
        if shown == self._shown[layer]:
            return
        self._shown[layer] = shown
        self.layersChanged.emit()
