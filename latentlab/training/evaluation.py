"""How good a model is on given images: reconstruction, KL, and what its code is like."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentlab.images.image_array import ImageArray
from latentlab.images.pixel_metrics import mse_as_db
from latentlab.latent.code_units import activity_shares, is_dead, quiet_share
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.objective import Objective
from latentlab.models.family.objectives.variational import kl_per_dim
from latentlab.models.inference import chunk_images, to_input
from latentlab.training.measuring import (
    BLOCK_IMAGES,
    MEASURING_SEED,
    PosteriorNoise,
    measured_inputs,
)

ACTIVE_VARIANCE = 0.01  # of a dimension over the images (Burda et al. 2016, section 5.2)
_EXACT_JACOBIAN_DIMS = 64
_NUM_PROBES = 32
_JACOBIAN_IMAGES = 1000


@dataclass(frozen=True)
class Evaluation:
    """Figures of a model on a set of images.

    Attributes
    ----------
    num_images
        How many.
    recon_loss, kl, loss
        Nats per image, with one seeded posterior sample each; the loss is their sum at weight 1.
    mse, psnr_db
        Of the reconstruction from the posterior mean, over all pixels on the scale of 0 to 1.
    kl_per_dim
        Mean KL of each code number in nats; empty for deterministic models.
    active_units
        Latent dimensions whose variance over the images is above :data:`ACTIVE_VARIANCE`; of a
        deterministic model, whose codes have no size of their own, above that fraction of the
        largest variance.
    jacobian_norm
        Mean Frobenius norm of ∂mu/∂x, over at most 1,000 images spread evenly; exact up to 64
        latent dimensions, above from 32 random probes for each image.
    jacobian_relative
        The same over the root of the total variance of the codes, √(tr Cov mu): comparable between
        models whose codes differ in size. 0 where the codes do not vary.
    code_sparsity
        Share of code units below ``latent.code_units.QUIET_SHARE`` of the largest of their image.
    dead_units
        Fraction of units that are never active on a sample of at most 2,000 of the images.
    """

    num_images: int
    recon_loss: float
    kl: float
    loss: float
    mse: float
    psnr_db: float
    kl_per_dim: list[float]
    active_units: int
    jacobian_norm: float
    jacobian_relative: float
    code_sparsity: float
    dead_units: float

    def as_dict(self) -> dict[str, Any]:
        """Return names and values."""
        return asdict(self)


def evaluate(
    model: Autoencoder,
    images: ImageArray,
    indices: NDArray[np.int64],
    device: torch.device,
    seed: int = MEASURING_SEED,
) -> Evaluation:
    """Measure a model on some images of an array uint8 (n, h, w, c), which may stay in a file."""
    size = chunk_images(model.input_shape)
    chance = PosteriorNoise(model.latent_dim, seed)
    recon = squared = 0.0
    dims = torch.zeros(model.latent_dim, dtype=torch.float64)
    codes: list[NDArray[np.float32]] = []
    for start in range(0, len(indices), size):
        with torch.inference_mode():
            x = to_input(images[indices[start : start + size]], model, device)
            mu, logvar = model.encode(x)
            output = model.decode(mu)
            squared += _sum((model.likelihood.mean(output) - x).square().flatten(1).sum(1))
            if logvar is not None:
                noise = chance.rows(start, len(mu)).to(device)
                output = model.decode(mu + noise * (0.5 * logvar).exp())
                dims += kl_per_dim(mu, logvar).cpu().double().sum(0)
            recon += _sum(model.likelihood.nll(output, x))
            codes.append(mu.float().cpu().numpy())
    kl = float(dims.sum())
    n = len(indices)
    mse = squared / (n * int(np.prod(model.input_shape)))
    all_codes = np.concatenate(codes)
    variance = all_codes.astype(np.float64).var(0)
    # The prior gives the codes of a density their scale, and nothing those of other models.
    scale = 1.0 if model.probabilistic else float(variance.max(initial=0.0))
    jacobian_norm = _mean_jacobian_norm(model, images, indices, device, seed)
    spread = float(np.sqrt(variance.sum()))
    return Evaluation(
        num_images=n,
        recon_loss=recon / n,
        kl=kl / n,
        loss=(recon + kl) / n,
        mse=mse,
        psnr_db=mse_as_db(mse),
        kl_per_dim=(dims / n).tolist() if model.probabilistic else [],
        active_units=int((variance > ACTIVE_VARIANCE * scale).sum()),
        jacobian_norm=jacobian_norm,
        jacobian_relative=jacobian_norm / spread if spread > 0 else 0.0,
        code_sparsity=float(quiet_share(all_codes).mean()),
        dead_units=float(is_dead(activity_shares(all_codes)).mean()),
    )


@torch.inference_mode()
def denoising_loss(
    model: Autoencoder,
    objective: Objective,
    images: ImageArray,
    indices: NDArray[np.int64],
    device: torch.device,
    seed: int = MEASURING_SEED,
) -> float:
    """Return the reconstruction loss of clean images from corrupted ones, in nats per image.

    That is what a denoising objective is trained on and selected by, on the corruption that it was
    trained with.
    """
    total = 0.0
    size = chunk_images(model.input_shape)
    for start in range(0, len(indices), BLOCK_IMAGES):
        x = to_input(images[indices[start : start + BLOCK_IMAGES]], model, device)
        seen = measured_inputs(objective, x, start, seed)
        for first in range(0, len(x), size):
            rows = slice(first, first + size)
            output = model.decode(model.encode(seen[rows]).mu)
            total += _sum(model.likelihood.nll(output, x[rows]))
    return total / len(indices)


def _mean_jacobian_norm(
    model: Autoencoder,
    images: ImageArray,
    indices: NDArray[np.int64],
    device: torch.device,
    seed: int,
) -> float:
    if len(indices) > _JACOBIAN_IMAGES:
        picks = np.linspace(0, len(indices) - 1, _JACOBIAN_IMAGES).round().astype(np.int64)
        indices = indices[picks]
    generator = torch.Generator().manual_seed(seed)
    total = 0.0
    size = min(256, chunk_images(model.input_shape))
    for start in range(0, len(indices), size):
        x = to_input(images[indices[start : start + size]], model, device).requires_grad_()
        # cuDNN has no gradient of recurrent layers outside of training.
        with torch.backends.cudnn.flags(enabled=not _is_recurrent(model)):
            mu = model.encode(x).mu
            squared = torch.zeros(len(x), device=device)
            if model.latent_dim <= _EXACT_JACOBIAN_DIMS:
                for unit in torch.eye(model.latent_dim, device=device):
                    squared += _squared_product(mu, x, unit.expand_as(mu))
            else:
                for _ in range(_NUM_PROBES):
                    signs = torch.randint(0, 2, mu.shape, generator=generator) * 2.0 - 1.0
                    squared += _squared_product(mu, x, signs.to(device)) / _NUM_PROBES
        total += _sum(squared.sqrt())
    return total / len(indices)


def _squared_product(mu: Tensor, x: Tensor, vectors: Tensor) -> Tensor:
    """Return ‖vᵀ ∂mu/∂x‖² of each image, float (n,); over random signs its mean is ‖∂mu/∂x‖²_F.

    Unlike the penalty of the contractive objective it needs no second derivative, which would keep
    all that each product was computed from.
    """
    (product,) = torch.autograd.grad(mu, x, vectors, retain_graph=True)
    return product.square().flatten(1).sum(1)


def _is_recurrent(model: Autoencoder) -> bool:
    return any(isinstance(layer, nn.RNNBase) for layer in model.modules())


def _sum(values: Tensor) -> float:
    return float(values.cpu().double().sum())  # not all devices have float64
