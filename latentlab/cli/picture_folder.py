"""A folder for pictures that are made, in which nothing is replaced that somebody may need."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from latentlab.base.errors import UsageError
from latentlab.images.image_set import ImageSet


def spare_files(
    folder: Path,
    names: Sequence[str],
    *,
    overwrite: bool,
    data: ImageSet | None = None,
    others: Iterable[Path] = (),
) -> None:
    """Check that new files replace nothing.

    Parameters
    ----------
    folder
        Where the files go; it need not exist.
    names
        Their relative paths with ``/`` between folders.
    overwrite
        Whether files that are there may be replaced, if they are not among those the command reads.
    data
        The images that the command reads; where they are files, these stay, and the new ones do not
        become part of the same data set.
    others
        More files that the command reads.

    Raises
    ------
    UsageError
        If a file that is read would be replaced; or any file, unless they may be overwritten.
    """
    origin = None if data is None else data.origin
    if data is not None and origin is not None and Path(origin.root).is_dir():
        root, inside = os.path.realpath(origin.root), os.path.realpath(folder)
        if inside != root and os.path.commonpath([root, inside]) == root:
            raise UsageError(
                f"“{folder}” lies within “{data.title}”: what is written there would be taken for "
                "pictures of it; name a folder outside."
            )
    there = [name for name in names if os.path.lexists(folder / name)]
    if not there:
        return
    read = {os.path.realpath(path) for path in others}
    if origin is not None:
        read |= {os.path.realpath(Path(origin.root, file)) for file in origin.files}
        read.add(os.path.realpath(origin.root))
    mine = next((name for name in there if os.path.realpath(folder / name) in read), None)
    if mine is not None:
        raise UsageError(
            f"“{mine}” in “{folder}” is read by this command and would be replaced; name another "
            "folder."
        )
    if not overwrite:
        raise UsageError(
            f"There is a “{there[0]}” in “{folder}” already; name another folder, or add "
            "--overwrite."
        )
