"""Non-local means of scikit-image, which is an extra: a strong remedy that learns nothing."""

from __future__ import annotations

import importlib.util

import numpy as np
from numpy.typing import NDArray


def is_available() -> bool:
    """Whether scikit-image is installed, found out without loading it."""
    return importlib.util.find_spec("skimage") is not None


def non_local_means(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one denoised image, float32 (h, w, c) in [0, 1].

    Buades, Coll and Morel, "A non-local algorithm for image denoising", CVPR 2005, with the noise
    estimated from the image itself.
    """
    from skimage.restoration import denoise_nl_means, estimate_sigma

    noisy = np.clip(image, 0.0, 1.0)
    sigma = float(np.mean(estimate_sigma(noisy, channel_axis=-1)))
    result = denoise_nl_means(
        noisy,
        patch_size=5,
        patch_distance=6,
        h=0.8 * max(sigma, 1e-3),
        sigma=sigma,
        fast_mode=True,
        channel_axis=-1,
    )
    limited: NDArray[np.float32] = np.clip(result, 0.0, 1.0).astype(np.float32)
    return limited
