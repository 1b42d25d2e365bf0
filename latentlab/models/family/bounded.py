"""Limits that a number can come back from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def bounded(x: Tensor, low: float, high: float) -> Tensor:
    """Return ``x`` limited to a range, same shape.

    ``clamp`` has no gradient outside of its range, so that what has left it once never returns.
    Here the gradient beyond a limit is that at the limit where it leads back, and 0 elsewhere.
    """
    if not x.requires_grad:
        return x.clamp(low, high)
    limited: Tensor = _function().apply(x, low, high)
    return limited


@cache
def _function() -> Any:
    import torch

    class Bounded(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Tensor, low: float, high: float) -> Tensor:
            return x.clamp(low, high)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Tensor, float, float], output: Tensor) -> None:
            x, ctx.low, ctx.high = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
            (x,) = ctx.saved_tensors
            # Descent moves against the gradient.
            out = ((x < ctx.low) & (gradient > 0)) | ((x > ctx.high) & (gradient < 0))
            return gradient.masked_fill(out, 0.0), None, None

    return Bounded
