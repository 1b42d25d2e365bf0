"""Layers as plain values: what a network is made of, before any weight exists.

Each knows its output shape, its parameters and its work, and with :meth:`Layer.module` the real
thing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]
"""Of one image on its way: (channels, height, width), (steps, features) or (features,)."""

ACTIVATIONS = {
    "silu": "SiLU",
    "relu": "ReLU",
    "gelu": "GELU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "linear": "none (linear)",
}
SMOOTH_ACTIVATIONS = ("silu", "gelu", "tanh", "sigmoid", "linear")


class Layer:
    """One step from input to output.

    Attributes
    ----------
    kernel, stride
        Extent and step along each side in input pixels, for receptive fields.
    """

    kernel: int = 1
    stride: int = 1
    has_weights: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """What a drawing writes on it."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape behind the layer for the shape before it."""
        return shape

    def num_parameters(self) -> int:
        """Return how many numbers training adjusts."""
        return 0

    def multiply_adds(self, shape: Shape) -> int:
        """Return the multiplications for one image of the shape before the layer."""
        # The same weights are used at each place of an image and at each step of a sequence.
        places = {3: math.prod(self.output_shape(shape)[1:]), 2: shape[0]}.get(len(shape), 1)
        return self.num_parameters() * places

    def module(self) -> nn.Module:
        """Return the layer with fresh weights."""
        raise NotImplementedError


@dataclass(frozen=True)
class Flatten(Layer):
    """All values in one row."""

    @property
    def title(self) -> str:  # noqa: D102
        return "flatten"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (math.prod(shape),)

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.Flatten()


@dataclass(frozen=True)
class Unflatten(Layer):
    """One row of values in the shape of an image or a sequence."""

    shape: Shape

    @property
    def title(self) -> str:  # noqa: D102
        return "unflatten"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return self.shape

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.Unflatten(1, self.shape)


@dataclass(frozen=True)
class Linear(Layer):
    """A fully connected layer."""

    inputs: int
    outputs: int
    has_weights: ClassVar[bool] = True

    @property
    def title(self) -> str:  # noqa: D102
        return "dense"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (*shape[:-1], self.outputs)

    def num_parameters(self) -> int:  # noqa: D102
        return (self.inputs + 1) * self.outputs

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.Linear(self.inputs, self.outputs)


@dataclass(frozen=True)
class Activation(Layer):
    """A nonlinearity by its name in :data:`ACTIVATIONS`."""

    name: str

    @property
    def title(self) -> str:  # noqa: D102
        return ACTIVATIONS[self.name]

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        kinds: dict[str, type[nn.Module]] = {
            "silu": nn.SiLU,
            "relu": nn.ReLU,
            "gelu": nn.GELU,
            "tanh": nn.Tanh,
            "sigmoid": nn.Sigmoid,
            "linear": nn.Identity,
        }
        return kinds[self.name]()


@dataclass(frozen=True)
class Dropout(Layer):
    """Leaves out a share of the values at random in training."""

    share: float

    @property
    def title(self) -> str:  # noqa: D102
        return f"dropout {self.share:g}"

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.Dropout(self.share)


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution that keeps the size, or divides it by its stride, rounding up."""

    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    has_weights: ClassVar[bool] = True

    @property
    def title(self) -> str:  # noqa: D102
        step = f", step {self.stride}" if self.stride > 1 else ""
        return f"conv {self.kernel}×{self.kernel}{step}"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        _, h, w = shape
        return (self.outputs, -(-h // self.stride), -(-w // self.stride))

    def num_parameters(self) -> int:  # noqa: D102
        return (self.inputs * self.kernel**2 + 1) * self.outputs

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.Conv2d(
            self.inputs, self.outputs, self.kernel, stride=self.stride, padding=self.kernel // 2
        )


@dataclass(frozen=True)
class TransposedConv(Layer):
    """The way back from a 3×3 convolution of stride 2: doubles the size to exactly ``size``."""

    inputs: int
    outputs: int
    size: tuple[int, int]
    before: tuple[int, int]
    has_weights: ClassVar[bool] = True

    @property
    def title(self) -> str:  # noqa: D102
        return "transposed conv 3×3"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (self.outputs, *self.size)

    def num_parameters(self) -> int:  # noqa: D102
        return (self.inputs * 9 + 1) * self.outputs

    def multiply_adds(self, shape: Shape) -> int:  # noqa: D102
        # Each value before the layer meets all weights once, whatever the size behind it.
        return self.num_parameters() * math.prod(shape[1:])

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        padding = (self.size[0] - 2 * self.before[0] + 1, self.size[1] - 2 * self.before[1] + 1)
        return nn.ConvTranspose2d(
            self.inputs, self.outputs, 3, stride=2, padding=1, output_padding=padding
        )


@dataclass(frozen=True)
class MaxPool(Layer):
    """The largest of each 2×2 values; a rest at the edge counts as a whole cell."""

    kernel: int = 2
    stride: int = 2

    @property
    def title(self) -> str:  # noqa: D102
        return "max-pool 2×2"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        c, h, w = shape
        return (c, -(-h // 2), -(-w // 2))

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.MaxPool2d(2, ceil_mode=True)


@dataclass(frozen=True)
class Upsample(Layer):
    """Repeats values up to a size (nearest neighbour)."""

    size: tuple[int, int]

    @property
    def title(self) -> str:  # noqa: D102
        return "upsample"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (shape[0], *self.size)

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.Upsample(size=self.size, mode="nearest")


@dataclass(frozen=True)
class TopK(Layer):
    """Keeps the k largest values of each code and sets the others to 0."""

    k: int

    @property
    def title(self) -> str:  # noqa: D102
        return f"top {self.k}"

    def module(self) -> nn.Module:  # noqa: D102
        import torch
        from torch import nn

        class KeepLargest(nn.Module):
            def __init__(self, k: int) -> None:
                super().__init__()
                self.k = k

            def forward(self, h: torch.Tensor) -> torch.Tensor:
                values, places = h.topk(min(self.k, h.shape[1]), dim=1, sorted=False)
                return torch.zeros_like(h).scatter(1, places, values)

        return KeepLargest(self.k)


@dataclass(frozen=True)
class Residual(Layer):
    """Two 3×3 convolutions around which the input is added again (He et al. 2016).

    Pre-activation with GroupNorm, which unlike BatchNorm does not let images of a batch see each
    other. Where the channels change, a 1×1 convolution carries the input over.
    """

    inputs: int
    outputs: int
    activation: str
    kernel: int = 5  # of two 3×3 convolutions together
    has_weights: ClassVar[bool] = True

    @property
    def title(self) -> str:  # noqa: D102
        return "residual block"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (self.outputs, *shape[1:])

    def num_parameters(self) -> int:  # noqa: D102
        norms = 2 * (self.inputs + self.outputs)
        convs = (self.inputs * 9 + 1 + self.outputs * 9 + 1) * self.outputs
        carry = 0 if self.inputs == self.outputs else (self.inputs + 1) * self.outputs
        return norms + convs + carry

    def module(self) -> nn.Module:  # noqa: D102
        import torch
        from torch import nn

        class ResidualBlock(nn.Module):
            def __init__(self, inputs: int, outputs: int, activation: str) -> None:
                super().__init__()
                self.body = nn.Sequential(
                    nn.GroupNorm(num_groups(inputs), inputs),
                    Activation(activation).module(),
                    nn.Conv2d(inputs, outputs, 3, padding=1),
                    nn.GroupNorm(num_groups(outputs), outputs),
                    Activation(activation).module(),
                    nn.Conv2d(outputs, outputs, 3, padding=1),
                )
                self.carry = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                carried: torch.Tensor = self.carry(x)
                change: torch.Tensor = self.body(x)
                return carried + change

        return ResidualBlock(self.inputs, self.outputs, self.activation)


@dataclass(frozen=True)
class GroupNorm(Layer):
    """Normalises groups of channels of each image by itself (Wu and He 2018)."""

    channels: int
    has_weights: ClassVar[bool] = True

    @property
    def title(self) -> str:  # noqa: D102
        return "group norm"

    def num_parameters(self) -> int:  # noqa: D102
        return 2 * self.channels

    def module(self) -> nn.Module:  # noqa: D102
        from torch import nn

        return nn.GroupNorm(num_groups(self.channels), self.channels)


@dataclass(frozen=True)
class RowsAsSequence(Layer):
    """An image as a sequence of its rows: (c, h, w) becomes (h, c · w)."""

    @property
    def title(self) -> str:  # noqa: D102
        return "rows as steps"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        c, h, w = shape
        return (h, c * w)

    def module(self) -> nn.Module:  # noqa: D102
        import torch
        from torch import nn

        class Rows(nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return x.permute(0, 2, 1, 3).flatten(2)

        return Rows()


@dataclass(frozen=True)
class SequenceAsRows(Layer):
    """A sequence of rows as an image: the way back from :class:`RowsAsSequence`."""

    shape: tuple[int, int, int]

    @property
    def title(self) -> str:  # noqa: D102
        return "steps as rows"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return self.shape

    def module(self) -> nn.Module:  # noqa: D102
        import torch
        from torch import nn

        class Image(nn.Module):
            def __init__(self, channels: int) -> None:
                super().__init__()
                self.channels = channels

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                n, rows, row = x.shape
                image = x.reshape(n, rows, self.channels, row // self.channels)
                return image.permute(0, 2, 1, 3).contiguous()

        return Image(self.shape[0])


@dataclass(frozen=True)
class RepeatSteps(Layer):
    """The same values at each step of a sequence."""

    steps: int

    @property
    def title(self) -> str:  # noqa: D102
        return f"repeat ×{self.steps}"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (self.steps, *shape)

    def module(self) -> nn.Module:  # noqa: D102
        import torch
        from torch import nn

        class Repeat(nn.Module):
            def __init__(self, steps: int) -> None:
                super().__init__()
                self.steps = steps

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return x.unsqueeze(1).expand(-1, self.steps, -1)

        return Repeat(self.steps)


@dataclass(frozen=True)
class Lstm(Layer):
    """A long short-term memory (Hochreiter and Schmidhuber 1997) over a sequence.

    Gives its state at each step, or at the last one alone.
    """

    inputs: int
    units: int
    last_only: bool = False
    has_weights: ClassVar[bool] = True

    @property
    def title(self) -> str:  # noqa: D102
        return f"LSTM {self.units}"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return (self.units,) if self.last_only else (shape[0], self.units)

    def num_parameters(self) -> int:  # noqa: D102
        return 4 * self.units * (self.inputs + self.units + 2)

    def module(self) -> nn.Module:  # noqa: D102
        import torch
        from torch import nn

        class Recurrent(nn.Module):
            def __init__(self, inputs: int, units: int, last_only: bool) -> None:
                super().__init__()
                self.lstm = nn.LSTM(inputs, units, batch_first=True)
                self.last_only = last_only

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                states: torch.Tensor = self.lstm(x)[0]
                return states[:, -1] if self.last_only else states

        return Recurrent(self.inputs, self.units, self.last_only)


def num_groups(channels: int) -> int:
    """Return the largest number of groups up to 8 that divides the channels."""
    return next(g for g in range(min(8, channels), 0, -1) if channels % g == 0)
