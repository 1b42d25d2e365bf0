"""From a model file to a network with its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from latentlab.base.errors import ModelFileError
from latentlab.latent.density import GaussianMixture
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.described_model import PRIOR_PREFIX, check_plausible, spec_of
from latentlab.models.model_file import ModelFile, ModelHeader, read_model_file
from latentlab.models.weight_layout import check_same_layout


def read_checkpoint(path: Path) -> ModelFile:
    """Read a model file whose weights fit the network that it describes.

    Whether they fit follows from its header alone, before any weight is read.

    Raises
    ------
    ModelFileError
        As ``read_model_file`` and :func:`check_layout`.
    """
    return read_model_file(path, check_layout)


def check_layout(header: ModelHeader) -> None:
    """Check names and shapes of the weights against the network that the header describes.

    Raises
    ------
    ModelFileError
        With a table of differences if they do not fit.
    """
    _empty_model(header)


def build_model(file: ModelFile, device: torch.device) -> Autoencoder:
    """Return the network of a model file with its weights, in evaluation mode.

    Raises
    ------
    ModelFileError
        With a table of differences if the weights do not fit the described network.
    """
    shapes = {name: value.shape for name, value in file.weights.items()}
    model = _empty_model(ModelHeader(file.path, file.document, shapes))
    weights = {
        name: torch.from_numpy(np.array(value))
        for name, value in file.weights.items()
        if not name.startswith(PRIOR_PREFIX)
    }
    model.load_state_dict(weights, assign=True)
    model.to(device).to(memory_format=model.memory_format)  # type: ignore[call-overload]
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model.eval()


def _empty_model(header: ModelHeader) -> Autoencoder:
    """Return the network that a header describes, without weights, if those in the file fit."""
    check_plausible(header)
    # On the meta device nothing is allocated until the layout is known to fit.
    with torch.device("meta"):
        model = Autoencoder(spec_of(header.document), header.document.input_shape)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    own = {n: shape for n, shape in header.shapes.items() if not n.startswith(PRIOR_PREFIX)}
    check_same_layout(expected, own)
    return model


def prior_of(file: ModelFile) -> GaussianMixture | None:
    """Return the density that was fitted to the codes, ``None`` where there is none in the file.

    Raises
    ------
    ModelFileError
        If its numbers make no density.
    """
    arrays = {
        name.removeprefix(PRIOR_PREFIX): np.asarray(value)
        for name, value in file.weights.items()
        if name.startswith(PRIOR_PREFIX)
    }
    if not arrays:
        return None
    prior = GaussianMixture.from_arrays(arrays)
    if prior.latent_dim != file.document.latent_dim:
        raise ModelFileError(
            f"The density in this model file is for codes of {prior.latent_dim} numbers, not of "
            f"{file.document.latent_dim}."
        )
    return prior
