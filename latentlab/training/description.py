"""What a run's model is, measured and written to a model file beside its weights."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import latentlab
from latentlab.base.errors import DataError
from latentlab.latent.density import GaussianMixture, fit_gaussian, fit_mixture
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.described_model import MAX_PRIOR_DIM, PRIOR_PREFIX, described
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.objectives.variational import kl_per_dim
from latentlab.models.inference import chunk_images, posterior_of, to_input
from latentlab.models.model_document import FORMAT_VERSION, ModelDocument
from latentlab.models.model_file import write_model_file
from latentlab.training.run import TrainingRun

_STATISTICS_IMAGES = 2048  # training images that latent statistics are taken over
_MOST_CODE_VALUES = 2**25  # of the codes that a density is fitted to: 128 MiB


def weights_of(model: Autoencoder) -> dict[str, NDArray[np.float32]]:
    """Return a model's weights as float32 arrays by name."""
    return {
        name: np.ascontiguousarray(value.detach().float().cpu().numpy())
        for name, value in model.state_dict().items()
    }


@dataclass(frozen=True)
class Description:
    """What is written beside the weights: the document, and the density fitted to the codes."""

    document: ModelDocument
    prior: GaussianMixture | None = None


def describe(
    run: TrainingRun,
    model: Autoencoder,
    step: int,
    *,
    measure_codes: bool = True,
    all_codes: bool = False,
) -> Description:
    """Return the description of a run's model: what it is, what it was trained on, how well.

    Without ``measure_codes`` the latent statistics are those of the prior, at no cost. Otherwise
    they are taken over some training images, and what is fitted to the codes over the same ones;
    with ``all_codes`` over all of them, which takes a pass over the data where something is fitted.
    The KL of each dimension is that of the held-out images, as :func:`~.evaluation.evaluate`
    measures it, or of the same training images where none are held out.
    """
    d = model.latent_dim
    mean, std = [0.0] * d, [1.0] * d
    kl: list[float] = []
    prior: GaussianMixture | None = None
    if measure_codes:
        kind = OBJECTIVES[run.spec.objective].prior
        fits_all = all_codes and kind != "standard-normal" and d <= MAX_PRIOR_DIM
        most = max(2, _MOST_CODE_VALUES // d) if fits_all else _STATISTICS_IMAGES
        # The weights are worth saving also where the images cannot be read any more.
        with contextlib.suppress(DataError):
            codes, kl = _codes_and_kl(run, model, _spread(run.train_indices, most))
            mean = codes.mean(0, np.float64).tolist()
            std = codes.std(0, np.float64).tolist()
            prior = _fit_prior(kind, codes)
            if kl and len(run.held_out):
                _, kl = _codes_and_kl(run, model, run.held_out)
    metrics = run.best_metrics
    treatment = None if run.data.origin is None else run.data.origin.treatment
    document = ModelDocument(
        format_version=FORMAT_VERSION,
        **described(run.spec),
        input_shape=run.data.image_shape,
        latent_dim=d,
        latent_mean=mean,
        latent_std=std,
        latent_kl=kl,
        data_name=run.data.name,
        data_title=run.data.title,
        data_fingerprint=run.data.fingerprint,
        data_treatment=None if treatment is None else asdict(treatment),
        class_names=list(run.data.class_names),
        step=step,
        epoch=-(-step // run.steps_per_epoch),
        metrics={}
        if metrics is None
        else {
            "loss": metrics.loss,
            "recon_loss": metrics.recon_loss,
            "kl": metrics.kl,
            **metrics.penalties,
        },
        versions={"latentlab": latentlab.__version__, "torch": str(torch.__version__)},
        spec=asdict(run.spec),
    )
    return Description(document, prior)


def save_model(
    path: Path, model: Autoencoder, description: Description, *, keep_previous: bool = False
) -> None:
    """Write a model file atomically.

    Raises
    ------
    ModelFileError
        If it cannot be written; an earlier file is intact then.
    """
    tensors = tensors_of(model, description)
    write_model_file(path, description.document, tensors, keep_previous=keep_previous)


def tensors_of(
    model: Autoencoder, description: Description
) -> dict[str, NDArray[np.floating[Any]]]:
    """Return what a model file holds beside its document; arrays may be those of the model."""
    tensors: dict[str, NDArray[np.floating[Any]]] = dict(weights_of(model))
    fitted = {} if description.prior is None else description.prior.to_arrays()
    if all(np.isfinite(value).all() for value in fitted.values()):  # else no model would be saved
        tensors |= {PRIOR_PREFIX + name: value for name, value in fitted.items()}
    return tensors


def _spread(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the indices, or of more than ``most`` as many, spread evenly."""
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).round().astype(np.int64)]


@torch.inference_mode()
def _codes_and_kl(
    run: TrainingRun, model: Autoencoder, indices: NDArray[np.int64]
) -> tuple[NDArray[np.float32], list[float]]:
    """Return codes of images, and the mean KL of each dimension where there is one."""
    codes = np.empty((len(indices), model.latent_dim), np.float32)
    total = torch.zeros(model.latent_dim, dtype=torch.float64)
    size = chunk_images(run.data.image_shape)
    for start in range(0, len(indices), size):
        images = run.data.images[indices[start : start + size]]
        mu, logvar = posterior_of(model, to_input(images, model, run.device))
        codes[start : start + size] = mu.float().cpu().numpy()
        if logvar is not None:
            total += kl_per_dim(mu, logvar).cpu().double().sum(0)
    return codes, (total / len(indices)).tolist() if model.probabilistic else []


def _fit_prior(kind: str, codes: NDArray[np.float32]) -> GaussianMixture | None:
    """Return what is fitted to codes; wide codes have no room for a covariance in a file."""
    if kind == "standard-normal" or codes.shape[1] > MAX_PRIOR_DIM:
        return None
    if not np.isfinite(codes).all() or len(codes) < 2:
        return None
    return fit_mixture(codes) if kind == "mixture" else fit_gaussian(codes)
