"""The model that is open on the compute thread, trained or in training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from latentlab.images.image_set import ImageSet
from latentlab.latent.density import GaussianMixture
from latentlab.latent.tiles import fitted_size, tile_shape
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.inference import decode, encode, posterior_of, to_input, to_pixels
from latentlab.models.model_document import ModelDocument


@dataclass
class LiveModel:
    """A network, what is known of it, and where it computes.

    Attributes
    ----------
    session_epoch
        Number of this model since the program started.
    weights_version
        Grows each time the weights change.
    prior
        The density fitted to the codes, where there is one.
    """

    network: Autoencoder
    document: ModelDocument
    device: torch.device
    name: str
    path: Path | None
    session_epoch: int
    weights_version: int = 0
    prior: GaussianMixture | None = None

    def fits(self, data: ImageSet | None) -> bool:
        """Whether the images of a set have the shape that this model takes."""
        return data is not None and data.image_shape == self.document.input_shape

    def knows(self, data: ImageSet | None) -> bool:
        """Whether the model was trained on this very set."""
        return (
            data is not None
            and self.fits(data)
            and data.fingerprint == self.document.data_fingerprint
        )

    def decode(self, z: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return images uint8 (n, h, w, c) of codes (n, d)."""
        return decode(self.network, z, self.device)

    @torch.inference_mode()
    def decode_tiles(self, z: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return pictures for cells of the grid, uint8 (n, side, side, c): small and square."""
        images = self.network.decode_mean(torch.from_numpy(np.array(z, np.float32)).to(self.device))
        shape = self.document.input_shape
        side, _, _ = tile_shape(shape)
        height, width = fitted_size(shape)
        if (height, width) != shape[:2]:
            images = functional.adaptive_avg_pool2d(images, (height, width))
        if height != width:
            top, left = (side - height) // 2, (side - width) // 2
            padding = (left, side - width - left, top, side - height - top)
            images = functional.pad(images, padding)
        return to_pixels(images)

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return codes float32 (n, d) of images (n, h, w, c)."""
        return encode(self.network, images, self.device)[0]

    @torch.inference_mode()
    def reconstruct(
        self, image: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8], float]:
        """Return code (d,), reconstruction (h, w, c) and loss in nats of one image (h, w, c)."""
        x = to_input(image[None], self.network, self.device)
        mu, _ = posterior_of(self.network, x)
        output = self.network.decode(mu)
        loss = float(self.network.likelihood.nll(output, x)[0])
        picture = to_pixels(self.network.likelihood.mean(output))[0]
        return mu[0].float().cpu().numpy(), picture, loss
