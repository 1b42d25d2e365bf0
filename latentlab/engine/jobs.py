"""What a job is: a computation that the window asks for and the compute thread does in pieces.

A job is a generator over frozen options. Between two yields it computes one short piece, and it
yields how far it is, a part of its answer, or nothing; what it returns is the answer.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    import torch

    from latentlab.engine.live_model import LiveModel

A = TypeVar("A")


@dataclass(frozen=True)
class Share:
    """How much of a job is done, 0 to 1."""

    done: float


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the answer that may be shown before the rest is known."""

    value: Any


Steps = Generator[Share | Part | None, None, A]
"""A job at work: pieces, and in the end the answer."""


@dataclass(frozen=True)
class Sources:
    """What a job may compute with: the open model, ``None`` without one, and the device."""

    model: LiveModel | None
    device: torch.device


@dataclass(frozen=True)
class JobKind:
    """One kind of job, as a feature describes it.

    Attributes
    ----------
    name
        Unique; it stands in logs and in what is said of a failure.
    work
        ``package.module:function`` of (options, :class:`Sources`) that returns :data:`Steps`. Only
        the compute thread imports it.
    doing
        What it does, to begin a sentence with: "Measuring the properties".
    retry
        A sentence that says how to try again.
    needs_model
        Whether it computes with the open model: another model ends it, and its answer is stale.
    of_weights
        Whether changed weights do so too.
    beside_training
        Whether it may take a share of the time of a training.
    finishes_first
        Whether what was begun is finished before the newest request is taken, so that pictures keep
        coming while a setting is dragged with a model that is slower than the hand.
    """

    name: str
    work: str
    doing: str
    retry: str
    needs_model: bool = False
    of_weights: bool = False
    beside_training: bool = False
    finishes_first: bool = False

    def load(self) -> Callable[[Any, Sources], Steps[Any]]:
        """Import the work."""
        return load(self.work)  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class JobRequest:
    """The newest request of one client: ``options``, or ``None`` to end the running job.

    Attributes
    ----------
    slot
        The client; a newer request of the same one ends the older.
    sequence
        Counts the client's requests.
    model_id
        The model that is meant, where the kind needs one.
    """

    kind: JobKind
    slot: str
    sequence: int
    options: Any
    model_id: int = -1


@dataclass(frozen=True, eq=False)
class JobReport:
    """What has become of a request.

    Attributes
    ----------
    state
        ``running`` with a new ``share`` or a part in ``value``; ``done`` with the answer;
        ``failed`` with a sentence; ``stale`` where model or weights have changed meanwhile.
    """

    slot: str
    sequence: int
    state: Literal["running", "done", "failed", "stale"]
    share: float = 0.0
    value: Any = None
    sentence: str = ""


def load(place: str) -> Any:
    """Import what ``package.module:name`` names."""
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)
