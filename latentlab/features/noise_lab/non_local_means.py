"""Non-local means of scikit-image, which is an extra: a strong remedy that learns nothing."""

from __future__ import annotations

import importlib.util

import numpy as np
from numpy.typing import NDArray

_MAD_OF_NORMAL = 0.6745  # the median of |n| for n with standard deviation 1


def is_available() -> bool:
    """Whether scikit-image is installed, found out without loading it."""
    return importlib.util.find_spec("skimage") is not None


def non_local_means(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one denoised image, float32 (h, w, c) in [0, 1].

    Buades, Coll and Morel, "A non-local algorithm for image denoising", CVPR 2005, with the noise
    estimated from the image itself.
    """
    from skimage.restoration import denoise_nl_means

    noisy = np.clip(image, 0.0, 1.0)
    sigma = noise_sigma(noisy)
    if sigma == 0.0:
        return noisy
    result = denoise_nl_means(
        noisy,
        patch_size=5,
        patch_distance=6,
        h=0.8 * sigma,
        sigma=sigma,
        fast_mode=True,
        channel_axis=-1,
    )
    # A single channel comes back without its axis.
    limited: NDArray[np.float32] = np.clip(result, 0.0, 1.0).astype(np.float32)
    return limited.reshape(image.shape)


def noise_sigma(image: NDArray[np.float32]) -> float:
    """Return the standard deviation of the noise in an image (h, w, c).

    The median of the diagonal details of the finest scale, here of the Haar wavelet: Donoho and
    Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81 (1994), section 4.2.
    Details that vanish, as where noise was clipped to black, do not count.
    """
    h, w, _ = image.shape
    even = image[: h // 2 * 2, : w // 2 * 2]
    details = even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]
    size = np.abs(details[details != 0.0]) / 2
    return float(np.median(size)) / _MAD_OF_NORMAL if len(size) else 0.0
