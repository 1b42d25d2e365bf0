"""Names for files that are made from others: like theirs, and safe to write anywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from latentlab.base.shown_name import shown_name
from latentlab.images.image_place import PICTURE_SUFFIXES

_MAX_BYTES = 120  # of one name: room for a number and an ending, and for many folders in one path
_MAX_FOLDERS = 8  # the innermost ones are kept
_REFUSED = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))  # by some file system or other
# Windows takes these for devices, whatever ending follows.
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{kind}{i}" for kind in ("com", "lpt") for i in range(10)
}


def export_names(files: Iterable[str], ending: str = ".png") -> list[str]:
    """Return a relative path for each file, all different, with ``/`` between folders.

    Folders are kept, so that their classes are. Whatever leads out of a folder (``..``, a leading
    ``/``, a drive) is left out, and so is the ending of a known kind of picture. What some system
    refuses in names becomes ``_``. Of names that are then equal, also where only case differs, all
    but the first get a number: ``a.png``, ``a-2.png``.

    Parameters
    ----------
    files
        Names with ``/`` between folders, as in ``Origin.files``; any text.
    ending
        Of the new files.
    """
    wanted = [_parts(file) for file in files]
    taken = {
        _key(folders[: i + 1]) for folders, _ in wanted for i in range(len(folders))
    }  # a file cannot have the name of a folder
    found = []
    numbers: dict[tuple[str, ...], int] = {}
    for folders, stem in wanted:
        name = stem + ending
        first = key = _key([*folders, name])
        while key in taken:
            numbers[first] = numbers.get(first, 1) + 1
            name = f"{stem}-{numbers[first]}{ending}"
            key = _key([*folders, name])
        taken.add(key)
        found.append("/".join([*folders, name]))
    return found


def _parts(file: str) -> tuple[list[str], str]:
    """Return the folders and the name without its ending, all of them safe."""
    parts = [part for part in file.split("/") if part.strip(". ")]
    *folders, name = parts or ["picture"]
    dot = name.rfind(".")
    if dot > 0 and name[dot:].lower() in PICTURE_SUFFIXES:
        name = name[:dot]
    return [_safe(folder) for folder in folders[-_MAX_FOLDERS:]], _safe(name)


def _safe(part: str) -> str:
    text = shown_name(part).translate(_REFUSED)
    # Cut between letters, not inside of one.
    text = text.encode("utf-8", "replace")[:_MAX_BYTES].decode("utf-8", "ignore")
    text = text.strip().rstrip(".").rstrip() or "_"  # Windows drops what is taken off here
    return f"_{text}" if text.split(".")[0].rstrip().lower() in _DEVICES else text


def _key(parts: Sequence[str]) -> tuple[str, ...]:
    """Return what is equal for paths that some file system takes for the same."""
    return tuple(
        unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).casefold())
        for part in parts
    )
