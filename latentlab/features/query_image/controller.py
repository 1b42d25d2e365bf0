"""A picture from outside of the data: ask what the open model makes of it, and keep the answer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.cursor_messages import (
    EncodePictureCommand,
    ForgetPictureCommand,
    PictureEncoded,
)
from latentlab.engine.messages import ModelOpened
from latentlab.latent.neighbours import Neighbours
from latentlab.workspace.explore_controller import NUM_NEAREST, ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.neighbour_search import NeighbourSearch
from latentlab.workspace.session import Session


class PictureController(QObject):
    """Between drops and the clipboard on one side and the compute thread on the other."""

    shown = Signal()
    """The picture is there, or was asked for again, and should be seen."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        explore: ExploreController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._explore = explore
        self._is_wanted = False
        self._search = NeighbourSearch(self)
        self._search.found.connect(self._take_neighbours)
        thread.resulted.connect(self._take)
        map_view.codesChanged.connect(self._find_neighbours)

    # --- intents -------------------------------------------------------------------------------

    def bring_file(self, path: Path) -> None:
        """Encode a picture file."""
        self._bring(EncodePictureCommand(path.name, path))

    def bring_bytes(self, content: bytes, name: str) -> None:
        """Encode the bytes of a picture file; ``name`` is what people read."""
        self._bring(EncodePictureCommand(name, content))

    def go_to(self) -> None:
        """Show the picture again and put the cursor on its code."""
        picture = self._explorer.brought
        if picture is not None:
            self._explore.select(None)
            self._explore.move_to(picture.z)
            self._explore.rest()
            self.shown.emit()

    def forget(self) -> None:
        """Take the picture off the map."""
        self._is_wanted = False
        self._search.drop()
        self._thread.command(ForgetPictureCommand())
        self._explorer.set_brought(None, None)

    def _bring(self, command: EncodePictureCommand) -> None:
        self._is_wanted = True
        self._thread.command(command)

    # --- answers -------------------------------------------------------------------------------

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case PictureEncoded():
                self._take_picture(result)
            case ModelOpened():
                picture = self._explorer.brought
                if picture is not None and picture.session_epoch != result.session_epoch:
                    # Its code says nothing in another model; the engine sends the new one.
                    self._explorer.set_brought(None, None)

    def _take_picture(self, picture: PictureEncoded) -> None:
        # The engine may have sent one more before it heard that the picture is forgotten.
        if picture.session_epoch != self._session.session_epoch or not self._is_wanted:
            return
        self._explorer.set_brought(picture, self._neighbours_of(picture))
        if picture.is_new:
            self.go_to()

    @Slot()
    def _find_neighbours(self) -> None:
        picture = self._explorer.brought
        if picture is None:
            return
        neighbours = self._neighbours_of(picture)
        if neighbours is not None or self._explorer.brought_neighbours is not None:
            self._explorer.set_brought(picture, neighbours)

    def _neighbours_of(self, picture: PictureEncoded) -> Neighbours | None:
        """Return what is near the picture; ``None`` also where that comes later."""
        index = self._map_view.index
        if index is None or index.codes.shape[1] != len(picture.z):
            self._search.drop()
            return None
        return self._search.query(index, picture.z, NUM_NEAREST)

    @Slot(object)
    def _take_neighbours(self, found: Neighbours | None) -> None:
        if self._explorer.brought is not None:
            self._explorer.set_brought(self._explorer.brought, found)

    def close(self) -> None:
        """End a search for neighbours."""
        self._search.close()
