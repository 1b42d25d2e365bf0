"""Where the file behind an image lies, and whether it may be opened."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from latentlab.images.origin import Origin

# What picture viewers open. A name with another ending is never handed to the desktop, which
# might run it.
# fmt: off
PICTURE_SUFFIXES = frozenset(
    {
        ".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".ico", ".j2k", ".jfif",
        ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tga",
        ".tif", ".tiff", ".webp",
    }
)
# fmt: on


@dataclass(frozen=True)
class ImagePlace:
    """The place of one image.

    Attributes
    ----------
    name
        The file's own name.
    path
        The file, or the archive that holds it.
    member
        Name inside the archive, empty for a file of its own.
    """

    name: str
    path: Path
    member: str = ""

    @property
    def text(self) -> str:
        """The whole path; of an archive's member both names with an arrow between them."""
        return f"{self.path} › {self.member}" if self.member else str(self.path)

    @property
    def can_open(self) -> bool:
        """Whether it is now a picture file of its own, which a viewer may be given."""
        return not self.member and is_picture_file(self.path)


def image_place(origin: Origin, index: int) -> ImagePlace | None:
    """Return where an image of a set lies, ``None`` if the set does not say so.

    A name that leads out of the folder is shown and never joined with it, so it cannot be opened.
    """
    if not 0 <= index < len(origin.files):
        return None
    file, root = origin.files[index], Path(origin.root)
    if not file:
        return None
    parts = PurePosixPath(file).parts
    name = parts[-1] if parts else file
    inside = not file.startswith("/") and ".." not in parts
    if os.name == "nt":  # where a name may also begin with a drive, or have other separators
        inside = inside and not PureWindowsPath(file).drive and "\\" not in file
    if not inside or _is_file(root):
        # The root itself may be the picture: one file was opened.
        return ImagePlace(name, root, "" if root.name == file else file)
    return ImagePlace(name, root.joinpath(*parts))


def is_picture_file(path: Path) -> bool:
    """Whether a regular file with the ending of a picture is there."""
    return path.suffix.lower() in PICTURE_SUFFIXES and _is_file(path)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):  # gone, forbidden, or a name that no file can have
        return False
