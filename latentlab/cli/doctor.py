"""``latentlab doctor``: versions, device and why, Qt platform, folders."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import Any

import latentlab
from latentlab.base.folders import config_folder, data_folder, log_folder
from latentlab.base.qt_platform import display_problem
from latentlab.cli.command_options import AsJson
from latentlab.cli.output import print_json, printable

_PACKAGES = ("torch", "numpy", "PySide6-Essentials", "pyqtgraph", "scipy", "msgspec")


def doctor(*, json_: AsJson = False) -> int:
    """Say what was found on this machine, and what to do where something is wrong.

    Parameters
    ----------
    json_
        Write one JSON object.
    """
    found = _look()
    if json_:
        print_json(found)
    else:
        _print(found)
    return 1 if found["device_problem"] else 0


def _look() -> dict[str, Any]:
    versions: dict[str, str | None] = {
        "latentlab": latentlab.__version__,
        "python": platform.python_version(),
    }
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    devices: list[dict[str, str]] = []
    device_problem = None
    try:
        from latentlab.models.device import available_devices

        devices += (
            {"name": choice.name, "title": choice.title, "reason": choice.reason}
            for choice in available_devices()
        )
    except Exception as error:  # noqa: BLE001 - a broken torch raises anything
        device_problem = f"PyTorch cannot be loaded: {error}"
    return {
        "versions": versions,
        "platform": sys.platform,
        "devices": devices,
        "device_problem": device_problem,
        "window_problem": display_problem() or None,
        "folders": {"runs": data_folder(), "settings": config_folder(), "log": log_folder()},
    }


def _print(found: dict[str, Any]) -> None:
    versions = dict(found["versions"])
    print(
        f"LatentLab {versions.pop('latentlab')}, Python {versions.pop('python')}, "
        f"{found['platform']}"
    )
    for package, version in versions.items():
        print(f"  {package} {version or f'is missing: python -m pip install {package}'}")
    for device in found["devices"]:
        print(f"Device: {device['title']} ({device['reason']})")
    if found["device_problem"]:
        print(f"Device: {printable(found['device_problem'])}")
    print(f"Window: {found['window_problem'] or 'a display is there'}")
    folders = found["folders"]
    print(f"Runs: {folders['runs']}\nSettings: {folders['settings']}\nLog: {folders['log']}")
