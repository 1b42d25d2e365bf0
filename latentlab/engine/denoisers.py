"""The models that denoise: that of the map, and others that are opened when they are wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.base.bundled import model_path
from latentlab.base.errors import LatentLabError, UsageError
from latentlab.base.model_place import weights_file
from latentlab.base.out_of_memory import is_out_of_memory
from latentlab.base.shown_name import shown_name
from latentlab.engine.live_model import LiveModel
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.checkpoint import build_model, read_checkpoint
from latentlab.models.inference import posterior_of, to_input
from latentlab.models.model_document import ModelDocument

MOST_OPEN = 2


@dataclass(frozen=True)
class Denoiser:
    """A network with what is known of it, in evaluation mode or in training."""

    network: Autoencoder
    document: ModelDocument
    device: torch.device
    weights_version: int = 0

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the images that it takes."""
        return self.document.input_shape

    @torch.inference_mode()
    def denoise(
        self, images: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return codes (n, d) and denoised images (n, h, w, c) in [0, 1], float32.

        Parameters
        ----------
        images
            float32 (n, h, w, c), values beyond 0 and 1 as noise has them.
        """
        mu, _ = posterior_of(self.network, to_input(images, self.network, self.device))
        means = self.network.decode_mean(mu)
        pictures = np.ascontiguousarray(means.float().permute(0, 2, 3, 1).cpu().numpy())
        return mu.float().cpu().numpy(), np.clip(pictures, 0.0, 1.0, out=pictures)

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return codes float32 (n, d) of images uint8 (n, h, w, c)."""
        with torch.inference_mode():
            mu, _ = posterior_of(self.network, to_input(images, self.network, self.device))
            return mu.float().cpu().numpy()


class Denoisers:
    """Opens models by name or path and keeps those used last."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, int], Denoiser] = {}

    def get(self, name: str, model: LiveModel | None, device: torch.device) -> Denoiser:
        """Return the denoiser of that name: ``""`` for ``model``, else it is opened or kept open.

        A file that has changed since is opened again.

        Raises
        ------
        LatentLabError
            If there is none, or it cannot be opened.
        """
        if name == "":
            if model is None:
                raise UsageError("Open a model first; then it can denoise.")
            return Denoiser(model.network, model.document, model.device, model.weights_version)
        path = model_path(name)
        try:
            changed_ns = (weights_file(path) or path).stat().st_mtime_ns
        except (OSError, ValueError) as error:
            raise UsageError(
                f"The denoiser “{shown_name(path.name)}” is not there any more; choose another.",
                str(error),
            ) from error
        key = (name, str(device), changed_ns)
        found = self._open.pop(key, None)
        if found is None:
            file = read_checkpoint(path)
            try:
                network = build_model(file, device)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                raise LatentLabError(
                    "There is not enough memory for this denoiser; choose a smaller one.",
                    str(error),
                ) from error
            found = Denoiser(network, file.document, device)
        self._open[key] = found  # the newest last
        while len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]
        return found
