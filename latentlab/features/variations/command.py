"""``latentlab vary``: variations of an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.cli.command_options import WHOLE, AsJson, Out, Overwrite, Seed
from latentlab.cli.destination import folder_to_write
from latentlab.cli.output import print_json
from latentlab.cli.picture_folder import spare_files
from latentlab.cli.pictures import as_uint8, number_names, write_named_pngs
from latentlab.cli.subject import choose, open_trained
from latentlab.features.variations.measure import equal_pixel_noise, noise_scale, vary_codes
from latentlab.features.variations.messages import VariationNoise
from latentlab.images.contact_sheet import contact_sheet
from latentlab.images.image_set import ImageSet

if TYPE_CHECKING:
    from latentlab.models.open_model import OpenedModel

_MAX_VALUES = 2**27  # of all variations together, which are in memory as float32 twice

Count = Annotated[int, WHOLE, Parameter(name=["--count", "-n"], validator=Number(gte=1))]


def vary(
    run: str,
    image: Path | None = None,
    *,
    data: str | None = None,
    index: Annotated[int | None, WHOLE, Parameter(validator=Number(gte=0))] = None,
    count: Count = 64,
    sigma: Annotated[float, Parameter(validator=Number(gte=0))] = 1.0,
    noise: VariationNoise | None = None,
    seed: Seed = 0,
    out: Out,
    overwrite: Overwrite = False,
    device: str = "auto",
    json_: AsJson = False,
) -> int:
    """Make variations of an image with noise in latent space, and with noise in its pixels.

    The image is encoded, noise is added to its code, and each code is decoded: other images of the
    same kind. They are written as PNG files with numbers and together as sheet.png. Beside that,
    pixels.png shows the decoded image with noise in its pixels instead. So that the two can be
    compared, each picture there differs from the decoded image by the same mean squared change as
    the variation at its place.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    image
        A picture file; it gets the size and the colours that the model takes.
    data
        Instead of a file, a data set; the one that the model was trained on if only --index is
        given.
    index
        Which image of the data set, counted from 0.
    count
        How many variations.
    sigma
        How strong the noise is, in units of what --noise names.
    noise
        posterior: as unsure as the encoder is of the code, in each direction; prior: as wide as
        codes are spread, in each direction; isotropic: 1 in every direction. The posterior if not
        given, or the prior where the model has no posterior.
    seed
        Of the noise.
    out
        A folder for PNG files.
    overwrite
        Replace files that are there.
    device
        auto, cpu, cuda or mps.
    json_
        Write what was done as one JSON object.
    """
    if image is not None and (data is not None or index is not None):
        raise UsageError("Give either a picture file, or --index for an image of a data set.")
    if image is None and index is None:
        raise UsageError(
            "“latentlab vary” needs IMAGE, a picture file, or --index for an image of a data set."
        )
    folder_to_write(out)
    model = open_trained(run, device)
    if count * int(np.prod(model.image_shape)) > _MAX_VALUES:
        raise UsageError(f"{count:,} variations of this size are too many at once; ask for fewer.")
    if noise is None:
        noise = "posterior" if model.network.probabilistic else "prior"
    elif noise == "posterior" and not model.network.probabilistic:
        raise UsageError(
            "This model gives each image one code without a posterior; take --noise prior or "
            "isotropic."
        )
    pixels, images = _picture(model, image, data, index)
    names = [*number_names(range(count)), "sheet.png", "pixels.png"]
    spare_files(
        out, names, overwrite=overwrite, data=images, others=() if image is None else (image,)
    )
    mu, logvar = model.posterior(pixels[None])
    scale = noise_scale(noise, logvar, model.prior, model.document)
    codes = vary_codes(mu[0], scale, sigma, count, seed)
    if not np.isfinite(codes).all():
        raise UsageError("With so much noise the codes lie too far out; give a smaller --sigma.")
    (centre,) = model.decode(mu)
    variations = model.decode(codes)
    if not (np.isfinite(centre).all() and np.isfinite(variations).all()):
        raise UsageError("With so much noise the codes cannot be decoded; give a smaller --sigma.")
    sheets = [contact_sheet(variations), contact_sheet(equal_pixel_noise(centre, variations, seed))]
    write_named_pngs(out, names, [*as_uint8(variations), *sheets])
    if json_:
        change = np.square(variations.astype(np.float64) - centre).mean()
        print_json(
            {
                "out": out,
                "num_images": count,
                "noise": noise,
                "sigma": sigma,
                "seed": seed,
                "z": mu[0].tolist(),
                "scale": scale.tolist(),
                "mean_squared_change": float(change),
            }
        )
    else:
        print(out)
    return 0


def _picture(
    model: OpenedModel, image: Path | None, data: str | None, index: int | None
) -> tuple[NDArray[np.uint8], ImageSet | None]:
    """Return the image to vary, uint8 (h, w, c), and the data that it is from."""
    if image is not None:
        from latentlab.cli.picture_file import read_picture

        return read_picture(image, model.document), None
    images = choose(model, data, "all").data
    assert index is not None
    if index >= len(images):
        raise UsageError(
            f"“{images.title}” has no image {index:,}; its images count from 0 to "
            f"{len(images) - 1:,}."
        )
    return np.asarray(images.images[index]), images
