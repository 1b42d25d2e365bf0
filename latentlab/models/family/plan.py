"""A network before it exists: layers in their order, and what follows from them.

Drawings, the checks of files that are not trusted, and the number of threads come from a plan, for
which no weight has to be made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentlab.models.family.layers import Layer, Linear, SequenceAsRows, Shape, Unflatten


@dataclass(frozen=True)
class Plan:
    """A network before it exists.

    Attributes
    ----------
    encoder
        From an image (channels, height, width) to the code, or to mean and log-variance.
    decoder
        From the code to the likelihood's parameter for each pixel.
    latent_dim
        Length of the code.
    """

    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    latent_dim: int

    def num_parameters(self) -> int:
        """Return how many numbers training adjusts."""
        return sum(layer.num_parameters() for layer in (*self.encoder, *self.decoder))

    def multiply_adds(self, shape: tuple[int, int, int]) -> int:
        """Return the multiplications to rebuild one image of a shape (height, width, channels)."""
        total = 0
        ways: tuple[tuple[tuple[Layer, ...], Shape], ...] = (
            (self.encoder, (shape[2], *shape[:2])),
            (self.decoder, (self.latent_dim,)),
        )
        for layers, at in ways:
            for layer in layers:
                total += layer.multiply_adds(at)
                at = layer.output_shape(at)  # noqa: PLW2901 - the shape walks along
        return total


@dataclass(frozen=True)
class Stage:
    """One layer in its place.

    Attributes
    ----------
    layer
        The layer.
    shape
        Behind the layer.
    receptive_px
        Side of the square of input pixels that one value behind the layer sees; ``None`` where it
        sees all of them.
    """

    layer: Layer
    shape: Shape
    receptive_px: int | None


def stages(layers: Sequence[Layer], shape: Shape) -> tuple[Stage, ...]:
    """Return each layer with its output shape and receptive field, for an input shape."""
    found: list[Stage] = []
    field: int | None = 1 if len(shape) == 3 else None
    step, side = 1, max(shape[1:], default=1)
    for layer in layers:
        shape = layer.output_shape(shape)
        if len(shape) != 3 or isinstance(layer, (Linear, Unflatten, SequenceAsRows)):
            field = None
        if field is not None:
            field += (layer.kernel - 1) * step
            step *= layer.stride
            # What reaches over all of the image sees all of it.
            field = field if field < 2 * side else None
        found.append(Stage(layer, shape, field))
    return tuple(found)
