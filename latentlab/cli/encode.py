"""``latentlab encode``: images to codes in a file."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from latentlab.cli.code_file import ENDINGS, check_parquet, write_codes
from latentlab.cli.command_options import AsJson, Out, Split
from latentlab.cli.destination import file_to_write
from latentlab.cli.output import print_json
from latentlab.cli.subject import choose, open_trained


def encode(
    run: str,
    data: str,
    *,
    out: Out,
    split: Split = "all",
    device: str = "auto",
    json_: AsJson = False,
) -> int:
    """Write the codes of images: z, and mu and logvar where the model has them.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    data
        A data set of images that fit the model.
    out
        codes.npz with arrays z, mu, logvar, labels and indices, or a table codes.csv or
        codes.parquet with columns z_0, z_1, … and label and index.
    split
        Which images: auto takes the held-out ones of the model's own data, and all of any other.
    device
        auto, cpu, cuda or mps.
    json_
        Write what was done as one JSON object.
    """
    file_to_write(out, ENDINGS)
    check_parquet(out)
    model = open_trained(run, device)
    subject = choose(model, data, split)
    mu, logvar = model.posterior(subject.images)
    # The code of an image is the mean of its posterior: sampled codes would differ each time.
    arrays: dict[str, NDArray[Any]] = {"z": mu}
    if logvar is not None:
        arrays |= {"mu": mu, "logvar": logvar}
    labels, class_names = subject.labels
    if labels is not None:
        arrays["labels"] = labels
    arrays["indices"] = subject.indices
    write_codes(out, arrays, class_names)
    if json_:
        print_json(
            {
                "out": out,
                "num_images": len(mu),
                "latent_dim": model.latent_dim,
                "arrays": list(arrays),
            }
        )
    else:
        print(out)
    return 0
