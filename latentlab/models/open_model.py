"""A trained model for use from Python: encode, decode, reconstruct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from latentlab.base.bundled import model_path
from latentlab.base.errors import UsageError
from latentlab.latent.density import GaussianMixture
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.checkpoint import build_model, prior_of, read_checkpoint
from latentlab.models.device import pick_device
from latentlab.models.inference import chunk_images, encode
from latentlab.models.model_document import ModelDocument


def open_model(path: str | Path, *, device: str = "auto") -> OpenedModel:
    """Open a model file, a run folder or a bundled model by name.

    Raises
    ------
    ModelFileError
        If it cannot be opened.
    UsageError
        If the device is not available here.
    """
    where = torch.device(pick_device(device).name)
    file = read_checkpoint(model_path(path))
    return OpenedModel(build_model(file, where), file.document, where, prior_of(file))


class OpenedModel:
    """A trained autoencoder behind NumPy arrays.

    Attributes
    ----------
    document
        What the file says about the model.
    network
        The network itself, in evaluation mode.
    device
        Where it computes.
    prior
        The density fitted to the training codes of a deterministic model; ``None`` for the
        standard normal.
    """

    def __init__(
        self,
        network: Autoencoder,
        document: ModelDocument,
        device: torch.device,
        prior: GaussianMixture | None = None,
    ) -> None:
        self.network = network
        self.device = device
        self.document = document
        self.prior = prior

    @property
    def latent_dim(self) -> int:
        """Length of the code."""
        return self.network.latent_dim

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the images in pixels."""
        return self.network.input_shape

    def __repr__(self) -> str:
        h, w, c = self.image_shape
        return (
            f"<{self.document.objective} model, {w} × {h} × {c} images, "
            f"latent_dim={self.latent_dim}, trained on {self.document.data_name}>"
        )

    def encode(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the codes (posterior means), float32 (n, latent_dim).

        Parameters
        ----------
        images
            uint8, or float in [0, 1], of shape (n, h, w, c).

        Raises
        ------
        UsageError
            If the shape or the values do not fit.
        """
        return self.posterior(images)[0]

    @torch.inference_mode()
    def posterior(
        self, images: ArrayLike
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Return ``mu`` and ``logvar`` (natural log; ``None`` if deterministic), float32 (n, d).

        Parameters
        ----------
        images
            uint8, or float in [0, 1], of shape (n, h, w, c).

        Raises
        ------
        UsageError
            If the shape or the values do not fit.
        """
        x = self._checked_images(images)
        parts = [encode(self.network, x[rows], self.device) for rows in self._chunks(len(x))]
        if not parts:
            nothing = np.empty((0, self.latent_dim), np.float32)
            return nothing, nothing.copy() if self.network.probabilistic else None
        mu = np.concatenate([mu for mu, _ in parts])
        logvars = [logvar for _, logvar in parts if logvar is not None]
        return mu, np.concatenate(logvars) if logvars else None

    @torch.inference_mode()
    def decode(self, z: ArrayLike) -> NDArray[np.float32]:
        """Return the expected images, float32 (n, h, w, c) in [0, 1].

        Parameters
        ----------
        z
            float (n, latent_dim).

        Raises
        ------
        UsageError
            If the shape does not fit or a value is not finite.
        """
        try:
            with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused
                codes = np.asarray(z, np.float32)
        except (ValueError, TypeError) as error:
            raise UsageError(
                f"z must hold numbers in the shape (n, {self.latent_dim}).", str(error)
            ) from error
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise UsageError(f"z must have the shape (n, {self.latent_dim}); it has {codes.shape}.")
        if not np.isfinite(codes).all():
            raise UsageError("z must be finite.")
        parts = [
            self.network.decode_mean(torch.from_numpy(codes[rows].copy()).to(self.device))
            .permute(0, 2, 3, 1)
            .float()
            .cpu()
            .numpy()
            for rows in self._chunks(len(codes))
        ]
        return np.ascontiguousarray(
            np.concatenate(parts) if parts else np.empty((0, *self.image_shape), np.float32)
        )

    def reconstruct(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return ``decode(encode(images))``, float32 (n, h, w, c) in [0, 1]."""
        return self.decode(self.encode(images))

    def denoise(self, corrupted: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the reconstruction of corrupted images, float32 (n, h, w, c) in [0, 1].

        Unlike :meth:`reconstruct` it takes values outside [0, 1], as noise has them.

        Raises
        ------
        UsageError
            If the shape does not fit.
        """
        if corrupted.shape[1:] != self.image_shape:
            raise UsageError(f"{self._wanted()}; they have {corrupted.shape}.")
        parts = [
            encode(self.network, corrupted[rows], self.device)[0]
            for rows in self._chunks(len(corrupted))
        ]
        return self.decode(np.concatenate(parts) if parts else np.empty((0, self.latent_dim)))

    def _chunks(self, count: int) -> list[slice]:
        size = chunk_images(self.image_shape)
        return [slice(start, start + size) for start in range(0, count, size)]

    def _wanted(self) -> str:
        h, w, c = self.image_shape
        return f"Images must have the shape (n, {h}, {w}, {c})"

    def _checked_images(self, images: ArrayLike) -> NDArray[Any]:
        try:
            x = np.asarray(images)
        except ValueError as error:  # rows of different lengths
            raise UsageError(f"{self._wanted()}.", str(error)) from error
        if x.shape[1:] != self.image_shape:
            raise UsageError(f"{self._wanted()}; they have {x.shape}.")
        if x.dtype == np.uint8:
            return x
        if not np.issubdtype(x.dtype, np.floating):
            raise UsageError(f"Images must be uint8 or float, not {x.dtype}.")
        with np.errstate(over="ignore"):
            x = x.astype(np.float32)
        # Written so that NaN fails as well.
        if x.size and not (x.min() >= 0.0 and x.max() <= 1.0):
            raise UsageError("Images of floats must lie in [0, 1].")
        return x
