"""``latentlab evaluate``: figures of a model on images."""

from __future__ import annotations

from latentlab.cli.command_options import AsJson, Seed, Split
from latentlab.cli.output import note, print_json, printable
from latentlab.cli.subject import choose, open_trained
from latentlab.models.family.described_model import spec_of
from latentlab.models.family.likelihood import NEGATIVE_NATS
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.objectives.denoising import Denoising


def evaluate(
    run: str,
    *,
    data: str | None = None,
    split: Split = "auto",
    seed: Seed = 0,
    device: str = "auto",
    json_: AsJson = False,
) -> int:
    """Measure reconstruction, KL and the code of a model.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    data
        A data set; the one that the model was trained on if not given.
    split
        Which images: auto takes the held-out ones of the model's own data, and all of any other.
    seed
        Of the posterior samples.
    device
        auto, cpu, cuda or mps.
    json_
        Write one JSON object.
    """
    model = open_trained(run, device)
    subject = choose(model, data, split)
    from latentlab.training.evaluation import denoising_loss
    from latentlab.training.evaluation import evaluate as measure

    document = model.document
    which = (subject.data.images, subject.indices, model.device, seed)
    found = measure(model.network, *which)
    corrupted: float | None = None
    if document.objective == Denoising.name:
        corrupted = denoising_loss(model.network, Denoising(spec_of(document)), *which)
    if json_:
        print_json(
            {
                "data": subject.data.name,
                "split": subject.split,
                "likelihood": document.likelihood,
                **found.as_dict(),
                "denoising_loss": corrupted,
            }
        )
        return 0
    active = f"{found.active_units} of {model.latent_dim}"
    print(f"{printable(subject.data.title)}: {found.num_images:,} {subject.split} images")
    print(f"  loss           {found.loss:10.2f} nats per image")
    print(f"  reconstruction {found.recon_loss:10.2f}  ({LIKELIHOODS[document.likelihood].title})")
    if corrupted is not None:
        print(f"   of corrupted  {corrupted:10.2f}")
    if model.network.probabilistic:
        print(f"  KL             {found.kl:10.2f}")
    print(f"  MSE            {found.mse:10.5f}  ({found.psnr_db:.2f} dB)")
    print(f"  active units   {active:>10}")
    print(f"  Jacobian norm  {found.jacobian_norm:10.3f}")
    print(f"  relative       {found.jacobian_relative:10.3f}  (to the spread of the codes)")
    print(f"  code sparsity  {found.code_sparsity:10.1%}")
    print(f"  dead units     {found.dead_units:10.1%}")
    if found.recon_loss < 0:
        note(NEGATIVE_NATS)
    return 0
