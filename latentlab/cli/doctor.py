"""``latentlab doctor``: versions, device and why, Qt platform, folders."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

import latentlab
from latentlab.core.folders import config_folder, data_folder, log_folder
from latentlab.core.qt_platform import display_problem

_PACKAGES = ("torch", "numpy", "PySide6-Essentials", "pyqtgraph", "scipy", "msgspec")


def doctor() -> int:
    """Say what the program found on this machine, and what to do where something is wrong."""
    print(f"LatentLab {latentlab.__version__}, Python {platform.python_version()}, {sys.platform}")
    for package in _PACKAGES:
        try:
            print(f"  {package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            print(f"  {package} is missing: python -m pip install {package}")
    failed = False
    try:
        from latentlab.nn.device import available_devices

        for choice in available_devices():
            print(f"Device: {choice.title} ({choice.reason})")
    except Exception as error:  # noqa: BLE001 - a broken torch raises anything
        failed = True
        print(f"Device: PyTorch cannot be loaded: {error}")
    problem = display_problem()
    print(f"Window: {problem or 'a display is there'}")
    print(f"Runs: {data_folder()}\nSettings: {config_folder()}\nLog: {log_folder()}")
    return 1 if failed else 0
