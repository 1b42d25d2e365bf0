"""Whether Qt can open a window here, asked before Qt is, because Qt aborts where it cannot."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import sys
from pathlib import Path

_APT_LINE = (
    "sudo apt-get install libegl1 libgl1 libxkbcommon-x11-0 libdbus-1-3 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-xinerama0 libfontconfig1 libglib2.0-0"
)


def display_problem() -> str:
    """Return what keeps a window from opening, with the fix, or nothing if one can open.

    Only Linux has such problems: a missing display, or missing system libraries.
    """
    if not sys.platform.startswith("linux"):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    missing = _missing_library(platform)
    if missing:
        return (
            f"LatentLab cannot open a window because the system library {missing} is missing; "
            f"on Debian or Ubuntu run: {_APT_LINE}"
        )
    if platform not in ("", "xcb") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY")
    if not display:
        return (
            "LatentLab cannot open a window because there is no display; start it in a desktop "
            "session, through “ssh -X”, or with “xvfb-run latentlab”."
        )
    if not _x_server_answers(display):
        return (
            f"LatentLab cannot open a window because the display “{display}” does not answer; "
            "check DISPLAY, or start it in a desktop session."
        )
    return ""


def _missing_library(platform: str) -> str:
    """Return the name of a shared library that Qt needs and the system does not have."""
    spec = importlib.util.find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return ""
    root = Path(next(iter(spec.submodule_search_locations))) / "Qt"
    needed = [root / "lib" / "libQt6Gui.so.6"]
    if platform in ("", "xcb") and not os.environ.get("WAYLAND_DISPLAY"):
        needed.append(root / "plugins" / "platforms" / "libqxcb.so")
    for library in needed:
        if not library.exists():
            continue
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            # "libxcb-cursor.so.0: cannot open shared object file: No such file or directory"
            return str(error).split(":")[0]
    return ""


def _x_server_answers(display: str) -> bool:
    name = ctypes.util.find_library("xcb") or "libxcb.so.1"
    try:
        xcb = ctypes.CDLL(name)
    except OSError:
        return True  # then Qt's own libraries have been found otherwise
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)
