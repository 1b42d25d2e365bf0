"""Which device computes, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from latentlab.base.errors import UsageError


@dataclass(frozen=True)
class DeviceChoice:
    """A device that can be used here.

    Attributes
    ----------
    name
        ``"cuda"``, ``"mps"`` or ``"cpu"``.
    title
        What people read, such as ``"CPU · 8 threads"``.
    reason
        Why it was picked or what it is good for.
    """

    name: str
    title: str
    reason: str


def available_devices() -> list[DeviceChoice]:
    """Return the devices of this machine, the one to pick by itself first."""
    found: list[DeviceChoice] = []
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        found.append(DeviceChoice("cuda", f"CUDA · {name}", "GPU found"))
    if torch.backends.mps.is_available():
        found.append(DeviceChoice("mps", "MPS · Apple GPU", "GPU found"))
    threads = cpu_threads()
    title = f"CPU · {threads} thread{'' if threads == 1 else 's'}"
    found.append(DeviceChoice("cpu", title, "chosen over the GPU" if found else "no GPU found"))
    return found


def cpu_threads() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def pick_device(name: str = "auto") -> DeviceChoice:
    """Return the named device, or the best one for ``"auto"``.

    Raises
    ------
    UsageError
        If this machine does not have it.
    """
    devices = available_devices()
    if name == "auto":
        return devices[0]
    for choice in devices:
        if choice.name == name:
            return choice
    have = ", ".join(choice.name for choice in devices)
    raise UsageError(f"The device “{name}” is not available here; there is: {have}.")
