"""Random small changes of training images, anew in each step."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_PADDING = {"black": "zeros", "repeat": "border"}


def random_affine(
    x: Tensor, *, shift_px: float, rotation_deg: float, scaling: float, edges: str = "black"
) -> Tensor:
    """Return images moved, turned and scaled at random.

    Parameters
    ----------
    x
        float (n, c, h, w).
    shift_px
        Largest move along each axis in pixels.
    rotation_deg
        Largest angle either way in degrees.
    scaling
        Largest relative change of size either way.
    edges
        What comes in from outside: ``"black"``, which is 0, or ``"repeat"``, the nearest pixel.
    """
    n, _, h, w = x.shape
    uniform = torch.rand(n, 4, device=x.device) * 2 - 1
    angle = uniform[:, 0] * math.radians(rotation_deg)
    zoom = torch.exp(uniform[:, 1] * math.log1p(scaling))
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    # affine_grid works in units of half the image, so the aspect enters the rotation.
    aspect = h / w
    theta = torch.stack(
        [
            torch.stack([cos, -sin * aspect, uniform[:, 2] * (2 * shift_px / w)], 1),
            torch.stack([sin / aspect, cos, uniform[:, 3] * (2 * shift_px / h)], 1),
        ],
        1,
    )
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode=_PADDING[edges], align_corners=False)
