"""What the tab of variations needs of the open model, computed in short pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.jobs import Sources, Steps
from latentlab.engine.pace import pieces
from latentlab.features.variations.measure import (
    class_centroids,
    equal_pixel_noise,
    noise_scale,
    vary_codes,
)
from latentlab.features.variations.messages import (
    CentroidsDecoded,
    CentroidsOptions,
    Varied,
    VaryOptions,
)
from latentlab.images.adapt import adapted
from latentlab.models.inference import chunk_images, encode

_FARTHEST = 1e6  # no decoder says anything about codes beyond, and float32 stays finite


def varied(options: VaryOptions, sources: Sources) -> Steps[Varied]:
    """Vary an image in latent space and in its pixels."""
    model = sources.model
    assert model is not None
    version = model.weights_version
    shape = model.document.input_shape
    image = adapted(options.image[None], shape)
    mu, logvar = encode(model.network, image, model.device)
    noise = options.noise
    if noise == "posterior" and logvar is None:
        noise = "prior"
    scale = noise_scale(noise, logvar, model.prior, model.document)
    with np.errstate(over="ignore", invalid="ignore"):
        codes = vary_codes(mu[0], scale, options.sigma, options.count, options.seed)
    codes = np.nan_to_num(codes, posinf=_FARTHEST, neginf=-_FARTHEST)
    np.clip(codes, -_FARTHEST, _FARTHEST, out=codes)
    centre = model.decode(mu)[0]
    yield None
    images = np.empty((len(codes), *shape), np.uint8)
    noisy = np.empty_like(images)
    for rows in pieces(len(codes), chunk_images(shape)):
        images[rows] = model.decode(codes[rows])
        yield None
    for rows in pieces(len(codes), chunk_images(shape)):
        for i in range(rows.start, rows.stop):
            (pixels,) = equal_pixel_noise(centre, images[i : i + 1], options.seed, first=i)
            noisy[i] = np.rint(pixels * 255.0)
        yield None
    redrawn = []
    for pictures in (images, noisy):
        total = 0.0
        for rows in pieces(len(codes), chunk_images(shape)):
            again = model.decode(model.encode(pictures[rows]))
            total += mean_change(pictures[rows], again) * (rows.stop - rows.start)
            yield None
        redrawn.append(total / max(1, len(codes)))
    for array in (codes, images, noisy, mu):
        array.flags.writeable = False
    return Varied(
        noise,
        options.sigma,
        mu[0],
        centre,
        codes,
        images,
        noisy,
        mean_change(images, centre),
        mean_change(noisy, centre),
        redrawn[0],
        redrawn[1],
        options.sigma * float(np.mean(scale)),
        version,
    )


def averaged(options: CentroidsOptions, sources: Sources) -> Steps[CentroidsDecoded | None]:
    """Decode the mean of each class; ``None`` where the codes are of another model."""
    model = sources.model
    assert model is not None
    version = model.weights_version
    if options.codes.shape[1] != model.document.latent_dim:
        return None
    means = class_centroids(options.codes, options.labels, options.num_classes)
    classes = np.flatnonzero(np.isfinite(means).all(1)).astype(np.int64)
    codes = np.ascontiguousarray(means[classes])
    yield None
    shape = model.document.input_shape
    images = np.empty((len(codes), *shape), np.uint8)
    for rows in pieces(len(codes), chunk_images(shape)):
        images[rows] = model.decode(codes[rows])
        yield None
    for array in (classes, codes, images):
        array.flags.writeable = False
    return CentroidsDecoded(classes, codes, images, version)


def mean_change(images: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean squared difference of pictures on the scale of 0 to 1, 0 without any."""
    if images.size == 0:
        return 0.0
    difference = (images.astype(np.float32) - other.astype(np.float32)) / np.float32(255.0)
    return float(np.mean(np.square(difference), dtype=np.float64))
