"""From images to codes and back, with NumPy arrays on the outside."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.objective import Posterior

CHUNK_BYTES = 8 << 20  # input pixels as float32 that are worked on at once


def chunk_images(shape: tuple[int, int, int]) -> int:
    """Return how many images of a shape make one chunk: at least 1, at most 1024."""
    return int(min(1024, max(1, CHUNK_BYTES // (4 * int(np.prod(shape))))))


def to_input(
    images: NDArray[np.uint8] | NDArray[np.float32], model: Autoencoder, device: torch.device
) -> Tensor:
    """Return images (n, h, w, c), uint8 or float in [0, 1], as float (n, c, h, w) on a device."""
    # Torch warns of read-only arrays, which images of a file may be: those are copied.
    pixels = np.require(images.transpose(0, 3, 1, 2), requirements=["C", "W"])
    x = torch.from_numpy(pixels).to(device)
    scale = 255.0 if x.dtype == torch.uint8 else 1.0
    return x.float().div_(scale).contiguous(memory_format=model.memory_format)


def to_pixels(images: Tensor) -> NDArray[np.uint8]:
    """Return float images (n, c, h, w) in [0, 1] as read-only uint8 (n, h, w, c)."""
    scaled = images.mul(255.0).add_(0.5).clamp_(0.0, 255.0).to(torch.uint8)
    pixels = np.ascontiguousarray(scaled.permute(0, 2, 3, 1).cpu().numpy())
    pixels.flags.writeable = False
    return pixels


@torch.inference_mode()
def encode(
    model: Autoencoder, images: NDArray[np.uint8] | NDArray[np.float32], device: torch.device
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return ``mu`` and ``logvar`` (``None`` if deterministic), float32 (n, d), of images."""
    mu, logvar = posterior_of(model, to_input(images, model, device))
    return (
        mu.float().cpu().numpy(),
        None if logvar is None else logvar.float().cpu().numpy(),
    )


@torch.inference_mode()
def decode(model: Autoencoder, z: NDArray[np.float32], device: torch.device) -> NDArray[np.uint8]:
    """Return the expected images of codes, uint8 (n, h, w, c)."""
    codes = torch.from_numpy(np.array(z, np.float32)).to(device)
    return to_pixels(model.decode_mean(codes))


def posterior_of(model: Autoencoder, x: Tensor) -> Posterior:
    """Return the posterior in evaluation mode, whatever mode the model is in."""
    was_training = model.training
    model.eval()
    try:
        return model.encode(x)
    finally:
        model.train(was_training)
