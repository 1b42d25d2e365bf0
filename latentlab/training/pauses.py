"""Moments within a training step in which something short may be computed on the same weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

_LONG_STEP_S = 0.015  # pausing in shorter ones costs more than it saves


class Pauses:
    """Calls something back between any two layers of a network, forwards and backwards.

    A part of a step need not be small then to be left soon, so a batch is not cut into parts that
    each read and write all gradients. The weights do not change within a part, and what is called
    must leave them, and the mode of the network, as they are.

    Attributes
    ----------
    pause
        What is called; nothing by default.
    longest_s
        The longest time without a pause while :meth:`between_layers` was last in force.
    """

    def __init__(self) -> None:
        self.pause: Callable[[], None] = _nothing
        self.longest_s = 0.0
        self._since_s = 0.0
        self._is_pausing = False

    @contextmanager
    def between_layers(
        self, network: nn.Module, is_watched: bool, step_s: float | None = None
    ) -> Iterator[None]:
        """Pause between the layers of a network while somebody waits; always take the time.

        A hand that comes in the middle of a long step, of ``step_s`` seconds, must not wait for its
        end either: there every step has pauses, if there is anything to call.
        """
        is_long = step_s is not None and step_s > _LONG_STEP_S and self.pause is not _nothing
        wanted = is_watched or is_long
        # Hooks are there for one part only: a copy of the network must not take them along.
        layers = [layer for layer in network.modules() if not list(layer.children())]
        hooks = [layer.register_forward_hook(self._after) for layer in layers if wanted]
        self.longest_s, self._since_s = 0.0, time.perf_counter()
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            self._note()

    def _after(self, layer: nn.Module, inputs: Any, output: Any) -> None:
        del layer, inputs
        if self._is_pausing or not isinstance(output, Tensor):
            return
        self._take()
        if output.requires_grad:
            output.register_hook(self._backwards)  # type: ignore[no-untyped-call]

    def _backwards(self, gradient: Tensor) -> None:
        del gradient
        self._take()

    def _take(self) -> None:
        self._note()
        self._is_pausing = True  # the network may be used meanwhile
        try:
            self.pause()
        finally:
            self._is_pausing = False
            self._since_s = time.perf_counter()

    def _note(self) -> None:
        self.longest_s = max(self.longest_s, time.perf_counter() - self._since_s)


def _nothing() -> None:
    pass
