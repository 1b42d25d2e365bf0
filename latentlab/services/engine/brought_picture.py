"""A picture that the user brings to the open model: read once, encoded under changing weights."""

from __future__ import annotations

import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from latentlab.core.errors import DataError
from latentlab.core.messages import PictureEncoded
from latentlab.core.trace import now_s
from latentlab.core.treatment import Treatment
from latentlab.services.engine.live_model import LiveModel

MAX_FILE_BYTES = 256 << 20
_LOOK_PX = 16  # nobody looks at the original here
_AGAIN_EVERY_S = 0.5  # while weights change; it costs a training step or so


class BroughtPicture:
    """The bytes of a picture and what they are in the shape of the model.

    Parameters
    ----------
    name
        What people read.
    content
        The bytes of a picture file, or the file.

    Raises
    ------
    DataError
        If the file cannot be read.
    """

    def __init__(self, name: str, content: bytes | Path) -> None:
        self._name = name
        self._source = content if isinstance(content, Path) else None
        self._content = _bytes_of(content) if isinstance(content, Path) else content
        self._pixels: NDArray[np.uint8] | None = None
        self._size, self._mode = (0, 0), ""
        self._encoded_with = (-1, -1)
        self._encoded_s = -1e9

    def is_due(self, model: LiveModel, *, hurried: bool) -> bool:
        """Whether another model, or other weights, make something else of it by now.

        ``hurried`` says that the weights will change again at once, so that it may wait a moment.
        """
        epoch, version = self._encoded_with
        if epoch != model.session_epoch:
            return True
        waits = hurried and now_s() - self._encoded_s < _AGAIN_EVERY_S
        return version != model.weights_version and not waits

    def encode(self, model: LiveModel) -> PictureEncoded:
        """Return what the model makes of it.

        Raises
        ------
        DataError
            If it cannot be decoded.
        """
        shape = model.document.input_shape
        if self._pixels is None or self._pixels.shape != shape:
            self._read(shape)
        assert self._pixels is not None
        z, image, loss = model.reconstruct(self._pixels)
        is_new = self._encoded_with == (-1, -1)
        self._encoded_with = (model.session_epoch, model.weights_version)
        self._encoded_s = now_s()
        return PictureEncoded(
            model.session_epoch,
            self._name,
            self._source,
            self._size,
            self._mode,
            self._pixels,
            z,
            image,
            loss,
            model.weights_version,
            is_new,
        )

    def _read(self, shape: tuple[int, int, int]) -> None:
        # In a process of its own, so that a picture that makes a decoder crash costs itself only.
        from latentlab.data.decode_crew import DecodeCrew
        from latentlab.data.listing import Entry
        from latentlab.data.picture_viewer import look_at

        height, width, channels = shape
        crew = DecodeCrew()
        try:
            with TemporaryDirectory() as folder:
                file = Path(folder) / "picture"  # what was dropped may be gone by now
                file.write_bytes(self._content)
                entry = Entry(self._name, str(file), "", len(self._content), 0)
                (view,) = look_at([entry], crew, _LOOK_PX, Treatment(width, height, channels))
        except OSError as error:
            raise DataError(f"“{self._name}” cannot be shown: {error}.") from error
        finally:
            crew.close()
        if isinstance(view, str):
            raise DataError(f"“{self._name}” cannot be shown: {view}.")
        self._pixels, self._mode = view.treated, view.mode
        self._size = (view.width, view.height)


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
