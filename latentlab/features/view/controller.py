"""Which plane through latent space the map shows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from latentlab.base.errors import UsageError
from latentlab.base.trace import now_s
from latentlab.latent.planes.axis_plane import AxisPlane, most_informative_axes
from latentlab.latent.planes.image_plane import ImagePlane, image_plane
from latentlab.latent.planes.pca_plane import PcaPlane, pca_plane
from latentlab.latent.planes.plane import LatentPlane
from latentlab.models.model_document import ModelDocument
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

NUM_PICKED = 3
WIDE_DIMS = 64
"""Of so many numbers of a code no two say much: the plane of all of them is shown instead."""

_FOLLOW_EVERY_MS = 1000  # how often planes that belong to the data follow their codes
_FOLLOW_SHARE = 0.03  # of the window's time that this may take, where codes are many and long


class ViewController(QObject):
    """Shows axes, the PCA plane, or the plane through three images; the cursor keeps its code."""

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._document: ModelDocument | None = None
        self._is_chosen = False
        self._is_outdated = False  # the plane is one of another model's codes
        self._wants_pca = False  # as soon as codes are known
        self._follow_ms = _FOLLOW_EVERY_MS
        self._follow_timer = QTimer(self)
        self._follow_timer.setSingleShot(True)
        self._follow_timer.timeout.connect(self._follow_codes)
        session.modelChanged.connect(self._on_model_changed)
        session.dataChanged.connect(self._on_data_changed)
        explorer.selectedChanged.connect(self._on_selected)
        map_view.codesChanged.connect(self._on_codes_changed)

    # --- intents -------------------------------------------------------------------------------

    def show_axes(self, across: int, up: int) -> None:
        """Show two different code numbers; the others keep the cursor's values.

        Raises
        ------
        UsageError
            If both are the same number, or there is no such number.
        """
        d = len(self._explorer.z)
        if across == up or not (0 <= across < d and 0 <= up < d):
            raise UsageError(f"Choose two different numbers of the {d} of the code.")
        self._choose(AxisPlane(self._explorer.z, (across, up)))

    def show_best_axes(self) -> None:
        """Show the two code numbers that say most."""
        if self._document is not None:
            self._is_chosen = self._wants_pca = False
            self._show_best_axes(self._document)

    def show_pca(self) -> None:
        """Show the plane along which the codes vary most.

        Raises
        ------
        UsageError
            If the codes are not known.
        """
        before = self._map_view.plane
        plane = pca_plane(self._map_view.codes, before if isinstance(before, PcaPlane) else None)
        self._choose(plane)

    def show_picked(self) -> None:
        """Show the plane through the three data points selected last.

        Raises
        ------
        UsageError
            If there are fewer, or they lie on a line.
        """
        picked = self._map_view.picked
        if len(picked) < NUM_PICKED:
            raise UsageError("Click three points of the map first.")
        if max(picked) >= len(self._map_view.codes):
            raise UsageError("The codes of these images are not known yet; wait a moment.")
        plane = image_plane(self._map_view.codes, (picked[0], picked[1], picked[2]))
        self._choose(plane)

    def _choose(self, plane: LatentPlane) -> None:
        self._is_chosen, self._wants_pca = True, False
        self._show(plane)

    def _show_wide(self) -> None:
        try:
            self.show_pca()
        except UsageError:
            return  # too few codes are known yet
        self._is_chosen = False

    def _show(self, plane: LatentPlane) -> None:
        if plane.latent_dim != len(self._explorer.z):
            return  # of a model that is on its way out
        moved = not plane.continues(self._map_view.plane)
        self._map_view.set_plane(plane)
        if moved:
            self._map_view.extentChanged.emit()

    # --- stores --------------------------------------------------------------------------------

    @Slot()
    def _on_model_changed(self) -> None:
        model = self._session.model
        if model is None:
            return
        before, document = self._document, model.document
        self._document = document
        plane = self._map_view.plane
        # A run begins without statistics, and ends with them: still the same model to a user.
        is_same = (
            before is not None
            and before.spec == document.spec
            and before.data_fingerprint == document.data_fingerprint
            and document.latent_dim == before.latent_dim == plane.latent_dim
        )
        measured = before is None or before.latent_std != document.latent_std
        if not is_same:
            # Numbers of another code mean something else; a plane of the data can be found anew.
            self._is_outdated = not isinstance(plane, AxisPlane)
            self._is_chosen = self._is_outdated and plane.latent_dim == document.latent_dim
        if not self._is_chosen and (not is_same or measured):
            self._wants_pca = document.latent_dim >= WIDE_DIMS
            if not (self._wants_pca and is_same):
                self._show_best_axes(document)
            self._on_codes_changed()

    def _show_best_axes(self, document: ModelDocument) -> None:
        dims, z = document.latent_dim, self._explorer.z
        axes = most_informative_axes(document.latent_kl, document.latent_std)
        before = self._map_view.plane
        if isinstance(before, AxisPlane) and (before.axes, len(z)) == (axes, dims):
            return
        anchor = z if len(z) == dims else np.zeros(dims, np.float32)
        self._map_view.set_plane(AxisPlane(anchor, axes))
        self._map_view.extentChanged.emit()

    @Slot()
    def _on_data_changed(self) -> None:
        self._map_view.set_picked(())
        if isinstance(self._map_view.plane, ImagePlane):
            self.show_best_axes()

    @Slot()
    def _on_selected(self) -> None:
        index = self._explorer.selected
        if index is not None:
            others = tuple(i for i in self._map_view.picked if i != index)
            self._map_view.set_picked((*others, index)[-NUM_PICKED:])

    @Slot()
    def _on_codes_changed(self) -> None:
        if self._wants_pca and self._map_view.codes.shape[1] == len(self._explorer.z):
            self._show_wide()
        if isinstance(self._map_view.plane, AxisPlane):
            return
        if self._is_outdated:
            self._follow_codes()
        if not self._follow_timer.isActive():
            self._follow_timer.start(self._follow_ms)

    @Slot()
    def _follow_codes(self) -> None:
        """Lay the plane through where the codes are now, such as in training."""
        plane, codes = self._map_view.plane, self._map_view.codes
        if codes.shape[1] != plane.latent_dim:
            return
        begin = now_s()
        try:
            if isinstance(plane, PcaPlane):
                self._map_view.set_plane(pca_plane(codes, plane))
            elif isinstance(plane, ImagePlane) and max(plane.indices) < len(codes):
                self._map_view.set_plane(image_plane(codes, plane.indices))
        except UsageError:
            return  # too few codes are known at this moment: the plane stays where it was
        self._is_outdated = False
        taken_ms = 1e3 * (now_s() - begin)
        self._follow_ms = max(_FOLLOW_EVERY_MS, round(taken_ms / _FOLLOW_SHARE))
