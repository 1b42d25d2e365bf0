"""The images of a training run: on the device where they fit, else read from where they are."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.base.memory import available_bytes
from latentlab.images.image_array import ImageArray

_COPIED_AT_ONCE = 16 << 20
_SHARE_OF_MEMORY = 0.4  # of what is free; the rest is for the network and everybody else


class Pixels:
    """Images by index as float batches.

    Parameters
    ----------
    images
        uint8 (n, h, w, c), may stay in a file.
    device
        Where batches are wanted.
    memory_format
        Layout of the batches.
    resident
        Whether all images are copied to the device as uint8; if not given, where that takes no
        more than a part of its free memory.
    """

    def __init__(
        self,
        images: ImageArray,
        device: torch.device,
        memory_format: torch.memory_format,
        *,
        resident: bool | None = None,
    ) -> None:
        self._device = device
        self._memory_format = memory_format
        self.resident = _fits(images.nbytes, device) if resident is None else resident
        self._images = images
        self._copied: Tensor | None = None
        if self.resident:
            self._copied = torch.from_numpy(_channels_first(images)).to(device)

    def batch(self, index: Tensor) -> Tensor:
        """Return images by index, int64 (b,), as float (b, c, h, w) in [0, 1] on the device."""
        if self._copied is not None:
            x = self._copied.index_select(0, index.to(self._device))
        else:
            # In the order of the file, which a disk reads far faster, and then as asked for.
            order = np.sort(index.cpu().numpy())
            places = np.searchsorted(order, index.cpu().numpy())
            rows = np.asarray(self._images[order])[places]
            x = torch.from_numpy(np.ascontiguousarray(rows.transpose(0, 3, 1, 2)))
            x = x.to(self._device)
        return x.float().div_(255.0).contiguous(memory_format=self._memory_format)


def _channels_first(images: ImageArray) -> NDArray[np.uint8]:
    """Return all images as (n, c, h, w), writable, without a second copy of all on the way."""
    if isinstance(images, np.ndarray):
        # Torch warns of read-only arrays: those are copied.
        return np.require(images.transpose(0, 3, 1, 2), requirements=["C", "W"])
    n, h, w, c = images.shape
    copied = np.empty((n, c, h, w), np.uint8)
    rows = max(1, _COPIED_AT_ONCE // (h * w * c))
    for start in range(0, n, rows):
        copied[start : start + rows] = images[start : start + rows].transpose(0, 3, 1, 2)
    return copied


def _fits(num_bytes: int, device: torch.device) -> bool:
    is_cuda = device.type == "cuda"
    free = torch.cuda.mem_get_info(device)[0] if is_cuda else available_bytes()
    return free is None or num_bytes <= free * _SHARE_OF_MEMORY
