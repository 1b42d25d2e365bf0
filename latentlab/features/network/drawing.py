"""What a drawing of a network shows: one row for each layer with weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from latentlab.models.family.layers import Layer, MaxPool, RepeatSteps, Shape, Upsample
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plan import Plan, Stage, stages
from latentlab.models.family.plans import plan_of
from latentlab.models.family.train_spec import TrainSpec

Role = Literal["input", "layer", "code", "output"]


@dataclass(frozen=True)
class DrawnLayer:
    """A row of the drawing.

    Attributes
    ----------
    role
        Where it stands; there is one ``code``.
    title
        Kind of layer, with what follows it and changes the size.
    shape
        Behind it: (channels, height, width), or (numbers,).
    num_parameters
        Numbers that training adjusts.
    receptive_px
        Side of the square of input pixels that one value sees; ``None`` for all of them.
    """

    role: Role
    title: str
    shape: Shape
    num_parameters: int = 0
    receptive_px: int | None = None

    @property
    def num_values(self) -> int:
        """How many numbers describe an image at this place."""
        return math.prod(self.shape)

    @property
    def short_title(self) -> str:
        """The kind of layer in a word, with an arrow where the size changes."""
        words = self.title.replace("transposed ", "").split(" ")
        sizes = {"pool": " ↓", "step": " ↓", "up": " ↑", "transposed": " ↑"}
        arrow = next((sign for word, sign in sizes.items() if word in self.title), "")
        return self.title if self.role == "code" else words[0].rstrip(",") + arrow

    @property
    def shape_text(self) -> str:
        """The shape in short, such as ``7×5×64``: width, height, channels unless there is one."""
        if len(self.shape) != 3:
            return "×".join(str(side) for side in self.shape)
        channels, height, width = self.shape
        return f"{width}×{height}" if channels == 1 else f"{width}×{height}×{channels}"


@dataclass(frozen=True)
class Drawing:
    """All rows of a network, from image to image.

    Attributes
    ----------
    rows
        Input, encoder, code, decoder.
    num_parameters
        Of all layers together.
    """

    rows: tuple[DrawnLayer, ...]
    num_parameters: int

    @property
    def code(self) -> DrawnLayer:
        """The bottleneck."""
        return next(row for row in self.rows if row.role == "code")

    @property
    def narrowing(self) -> float:
        """How many numbers of the image come on one of the code."""
        return self.rows[0].num_values / self.code.num_values


def draw(spec: TrainSpec, shape: tuple[int, int, int]) -> Drawing:
    """Return the drawing of the network that settings build for images (height, width, channels).

    The settings must be valid for the shape.
    """
    plan: Plan = plan_of(spec, shape)
    image: Shape = (shape[2], *shape[:2])
    encoder = _rows(stages(plan.encoder, image))
    decoder = _rows(stages(plan.decoder, (plan.latent_dim,)))
    last = encoder[-1]
    is_map = len(last.shape) == 3
    clouds = OBJECTIVES[spec.objective].probabilistic
    code = replace(
        last,
        role="code",
        title="code μ, σ" if clouds else "code",
        shape=_without_spread(last.shape, clouds) if is_map else (plan.latent_dim,),
    )
    output = replace(decoder[-1], role="output", shape=image)
    rows = (DrawnLayer("input", "image", image), *encoder[:-1], code, *decoder[:-1], output)
    return Drawing(rows, plan.num_parameters())


def _without_spread(shape: Shape, clouds: bool) -> Shape:
    """Return the shape of the code in a feature map that holds mean and log-variance."""
    return (shape[0] // 2, *shape[1:]) if clouds else shape


def _rows(found: Sequence[Stage]) -> list[DrawnLayer]:
    """Return a row for each layer with weights, with what lies between it and the next."""
    rows: list[DrawnLayer] = []
    for stage in found:
        layer = stage.layer
        if layer.has_weights:
            rows.append(
                DrawnLayer(
                    "layer", layer.title, stage.shape, layer.num_parameters(), stage.receptive_px
                )
            )
        elif rows and isinstance(layer, (MaxPool, Upsample, RepeatSteps)):
            title = f"{rows[-1].title}, {_short(layer)}"
            field = stage.receptive_px if isinstance(layer, MaxPool) else rows[-1].receptive_px
            rows[-1] = replace(rows[-1], title=title, shape=stage.shape, receptive_px=field)
    return _merged(rows)


def _short(layer: Layer) -> str:
    return {MaxPool: "pool", Upsample: "up"}.get(type(layer), layer.title)


def _merged(rows: Iterable[DrawnLayer]) -> list[DrawnLayer]:
    """Return the rows without norms, whose few weights are counted with the layer before."""
    kept: list[DrawnLayer] = []
    for row in rows:
        if kept and row.title.startswith("group norm"):
            total = kept[-1].num_parameters + row.num_parameters
            kept[-1] = replace(kept[-1], num_parameters=total)
        else:
            kept.append(row)
    return kept
