"""How far the reconstruction of each single image is from it, and its code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.images.image_array import ImageArray
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.inference import chunk_images, encode, posterior_of, to_input


@dataclass(frozen=True, eq=False)
class ImageErrors:
    """Figures of n images, from the posterior mean, so without chance.

    Attributes
    ----------
    mse
        float64 (n,), mean squared error over the pixels on the scale of 0 to 1.
    nats
        float64 (n,), reconstruction loss of the model's likelihood. On grey pixels the floor of
        the cross-entropy is the entropy of the image itself, so greyer images have more.
    codes
        float32 (n, d), posterior means.
    """

    mse: NDArray[np.float64]
    nats: NDArray[np.float64]
    codes: NDArray[np.float32]


@torch.inference_mode()
def image_errors(model: Autoencoder, images: ImageArray, device: torch.device) -> ImageErrors:
    """Measure each image of an array uint8 (n, h, w, c), which may stay in a file."""
    mse, nats = np.empty(len(images)), np.empty(len(images))
    codes = np.empty((len(images), model.latent_dim), np.float32)
    size = chunk_images(model.input_shape)
    for start in range(0, len(images), size):
        rows = slice(start, start + size)
        x = to_input(images[rows], model, device)
        mu, _ = posterior_of(model, x)
        output = model.decode(mu)
        squared = (model.likelihood.mean(output) - x).square()
        mse[rows] = squared.flatten(1).mean(1).cpu().numpy()
        nats[rows] = model.likelihood.nll(output, x).cpu().numpy()
        codes[rows] = mu.float().cpu().numpy()
    return ImageErrors(mse, nats, codes)


def codes_of(
    model: Autoencoder,
    images: ImageArray,
    indices: NDArray[np.int64],
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the codes, float32 (k, d), of some images of an array, which may stay in a file."""
    size = chunk_images(model.input_shape)
    parts = [
        encode(model, images[indices[start : start + size]], device)[0]
        for start in range(0, len(indices), size)
    ]
    return np.concatenate([np.empty((0, model.latent_dim), np.float32), *parts])
