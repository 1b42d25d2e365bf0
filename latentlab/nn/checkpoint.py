"""Models to files and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import latentlab
from latentlab.core.errors import ModelFileError
from latentlab.core.model_document import FORMAT_VERSION, ModelDocument
from latentlab.core.model_file import ModelFile, check_same_layout, write_model_file
from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.inference import chunk_images, posterior_of, to_input
from latentlab.nn.likelihoods import LIKELIHOOD_CLASSES
from latentlab.nn.networks import NETWORK_FIELDS
from latentlab.nn.objectives import OBJECTIVE_CLASSES
from latentlab.nn.objectives.variational import kl_per_dim
from latentlab.nn.training import TrainingRun

_STATISTICS_IMAGES = 2048  # training images that latent statistics are taken over


def build_model(file: ModelFile, device: torch.device) -> Autoencoder:
    """Return the network of a model file with its weights, in evaluation mode.

    Raises
    ------
    ModelFileError
        With a table of differences if the weights do not fit the described network.
    """
    document = file.document
    _check_known(document)
    # On the meta device nothing is allocated until the layout is known to fit.
    with torch.device("meta"):
        model = Autoencoder(
            network=document.network,
            network_args=document.network_args,
            input_shape=document.input_shape,
            latent_dim=document.latent_dim,
            probabilistic=OBJECTIVE_CLASSES[document.objective].probabilistic,
            likelihood=document.likelihood,
        )
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    check_same_layout(expected, file.weights)
    weights = {name: torch.from_numpy(np.array(value)) for name, value in file.weights.items()}
    model.load_state_dict(weights, assign=True)
    model.to(device).to(memory_format=model.memory_format)  # type: ignore[call-overload]
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model.eval()


def _check_known(document: ModelDocument) -> None:
    known = (
        document.network in NETWORK_FIELDS
        and document.objective in OBJECTIVE_CLASSES
        and document.likelihood in LIKELIHOOD_CLASSES
        and set(document.network_args) == set(NETWORK_FIELDS[document.network])
    )
    if not known:
        raise ModelFileError(
            "This model has a network, objective or likelihood that this version of LatentLab "
            "does not know; a newer version may open it.",
            f"{document.network} {document.network_args}, {document.objective}, "
            f"{document.likelihood}",
        )


def weights_of(model: Autoencoder) -> dict[str, NDArray[np.float32]]:
    """Return a model's weights as float32 arrays by name."""
    return {
        name: np.ascontiguousarray(value.detach().float().cpu().numpy())
        for name, value in model.state_dict().items()
    }


def document_of(
    run: TrainingRun, model: Autoencoder, step: int, *, measure_codes: bool = True
) -> ModelDocument:
    """Return the description of a run's model: what it is, what it was trained on, how well.

    Without ``measure_codes`` the latent statistics are those of the prior, at no cost.
    """
    sample = run.train_indices
    if len(sample) > _STATISTICS_IMAGES:
        picks = np.linspace(0, len(sample) - 1, _STATISTICS_IMAGES).round().astype(np.int64)
        sample = sample[picks]
    mean, std = [0.0] * model.latent_dim, [1.0] * model.latent_dim
    kl: list[float] = []
    if measure_codes:
        mean, std, kl = _latent_statistics(run, model, sample)
    metrics = run.best_metrics
    network_args = {
        name: list(getattr(run.spec, name)) for name in NETWORK_FIELDS[run.spec.network]
    }
    return ModelDocument(
        format_version=FORMAT_VERSION,
        network=run.spec.network,
        network_args=network_args,
        objective=run.spec.objective,
        objective_args=dict(run.objective_args),
        likelihood=run.spec.likelihood,
        input_shape=run.data.image_shape,
        latent_dim=run.spec.latent_dim,
        latent_mean=mean,
        latent_std=std,
        latent_kl=kl,
        prior="standard-normal" if model.probabilistic else "fitted-normal",
        data_name=run.data.name,
        data_title=run.data.title,
        data_fingerprint=run.data.fingerprint,
        class_names=list(run.data.class_names),
        step=step,
        epoch=-(-step // run.steps_per_epoch),
        metrics={}
        if metrics is None
        else {"loss": metrics.loss, "recon_loss": metrics.recon_loss, "kl": metrics.kl},
        versions={"latentlab": latentlab.__version__, "torch": str(torch.__version__)},
        spec=run.spec,
    )


def save_model(
    path: Path, model: Autoencoder, document: ModelDocument, *, keep_previous: bool = False
) -> None:
    """Write a model file atomically.

    Raises
    ------
    ModelFileError
        If it cannot be written; an earlier file is intact then.
    """
    write_model_file(path, document, weights_of(model), keep_previous=keep_previous)


@torch.inference_mode()
def _latent_statistics(
    run: TrainingRun, model: Autoencoder, sample: NDArray[np.int64]
) -> tuple[list[float], list[float], list[float]]:
    """Return mean and standard deviation of the codes of training images, and the mean KL."""
    codes, kls = [], []
    size = chunk_images(run.data.image_shape)
    for start in range(0, len(sample), size):
        images = run.data.images[sample[start : start + size]]
        mu, logvar = posterior_of(model, to_input(images, model, run.device))
        codes.append(mu.double().cpu().numpy())
        if logvar is not None:
            kls.append(kl_per_dim(mu, logvar).double().cpu().numpy())
    mus = np.concatenate(codes)
    kl: list[float] = np.concatenate(kls).mean(0).tolist() if kls else []
    return mus.mean(0).tolist(), mus.std(0).tolist(), kl
