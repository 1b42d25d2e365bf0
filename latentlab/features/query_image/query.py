"""A picture that the user brings to the open model: read once, encoded under changing weights."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.base.trace import now_s
from latentlab.engine.aside import Aside
from latentlab.engine.cursor_messages import PictureEncoded
from latentlab.engine.live_model import LiveModel
from latentlab.images.treatment import Treatment

if TYPE_CHECKING:
    from latentlab.data.pictures.decode_crew import DecodeCrew

MAX_FILE_BYTES = 256 << 20
_LOOK_PX = 16  # nobody looks at the original here
_AGAIN_EVERY_S = 0.5  # while weights change; it costs a training step or so


class BroughtPicture:
    """The bytes of a picture and what they are in the shape of the model.

    Reading and decoding wait for a disk and for another process, so they are done aside.

    Parameters
    ----------
    name
        What people read.
    content
        The bytes of a picture file, or the file.
    """

    def __init__(self, name: str, content: bytes | Path) -> None:
        self._name = name
        self._source = content if isinstance(content, Path) else None
        self._content = None if isinstance(content, Path) else content
        self._reading: Aside[_Read] | None = None
        self._crew: DecodeCrew | None = None
        self._is_closed = False
        self._pixels: NDArray[np.uint8] | None = None
        self._size, self._mode = (0, 0), ""
        self._encoded_with = (-1, -1)
        self._encoded_s = -1e9

    @property
    def is_reading(self) -> bool:
        """Whether it is being read."""
        return self._reading is not None

    def wait(self, seconds: float) -> None:
        """Wait for the reading, no longer than that."""
        if self._reading is not None:
            self._reading.wait(seconds)

    def close(self) -> None:
        """End the reading at once."""
        self._is_closed = True
        if self._crew is not None:
            for process in self._crew.processes:
                process.close()

    def has_work(self, model: LiveModel, *, hurried: bool) -> bool:
        """Whether it can be read, or is to be encoded, now.

        That is so with another model, or other weights. ``hurried`` says that the weights will
        change again at once, so that it may wait a moment.
        """
        if self._reading is not None:
            return self._reading.is_done
        if self._pixels is None or self._pixels.shape != model.document.input_shape:
            return True
        epoch, version = self._encoded_with
        if epoch != model.session_epoch:
            return True
        waits = hurried and now_s() - self._encoded_s < _AGAIN_EVERY_S
        return version != model.weights_version and not waits

    def advance(self, model: LiveModel) -> PictureEncoded | None:
        """Take what was read and return what the model makes of it, or begin to read.

        Raises
        ------
        DataError
            If it cannot be read or decoded.
        """
        if self._reading is not None:
            if not self._reading.is_done:
                return None
            reading, self._reading = self._reading, None
            read = reading.result()
            self._content, self._pixels = read.content, read.pixels
            self._size, self._mode = read.size, read.mode
        shape = model.document.input_shape
        if self._pixels is None or self._pixels.shape != shape:
            self._reading = Aside(lambda: self._read(shape))
            return None
        return self._encode(model, self._pixels)

    def _encode(self, model: LiveModel, pixels: NDArray[np.uint8]) -> PictureEncoded:
        z, image, loss = model.reconstruct(pixels)
        is_new = self._encoded_with == (-1, -1)
        self._encoded_with = (model.session_epoch, model.weights_version)
        self._encoded_s = now_s()
        return PictureEncoded(
            model.session_epoch,
            self._name,
            self._source,
            self._size,
            self._mode,
            pixels,
            z,
            image,
            loss,
            model.weights_version,
            is_new,
        )

    def _read(self, shape: tuple[int, int, int]) -> _Read:
        """Read and decode the picture; this is called aside."""
        # In a process of its own, so that a picture that makes a decoder crash costs itself only.
        from latentlab.data.pictures.decode_crew import DecodeCrew
        from latentlab.data.pictures.listing import Entry
        from latentlab.data.pictures.picture_viewer import look_at

        content = self._content
        if content is None:
            assert self._source is not None
            content = _bytes_of(self._source)  # once: what was dropped may be gone later
        height, width, channels = shape
        self._crew = crew = DecodeCrew()
        if self._is_closed:
            self.close()
        try:
            with TemporaryDirectory() as folder:
                file = Path(folder) / "picture"
                file.write_bytes(content)
                entry = Entry(self._name, str(file), "", len(content), 0)
                (view,) = look_at([entry], crew, _LOOK_PX, Treatment(width, height, channels))
        except OSError as error:
            raise DataError(f"“{self._name}” cannot be shown: {error}.") from error
        finally:
            self._crew = None
            crew.close()
        if isinstance(view, str):
            raise DataError(f"“{self._name}” cannot be shown: {view}.")
        assert view.treated is not None
        return _Read(content, view.treated, (view.width, view.height), view.mode)


@dataclass(frozen=True)
class _Read:
    """The bytes of a file, and the picture in the shape of the model."""

    content: bytes
    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    mode: str


def _bytes_of(path: Path) -> bytes:
    """Return what is in a regular file; opening a pipe would wait for ever."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"“{path.name}” is not a file.")
        if found.st_size > MAX_FILE_BYTES:
            raise DataError(
                f"“{path.name}” has {found.st_size / 2**20:,.0f} MiB, which is too much for one "
                "picture."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(
            f"“{path.name}” cannot be read; look whether it is there.", str(error)
        ) from error
