"""Several processes that train one model together, each on its share of every batch."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import torch

# Its functions take the group of the moment of their import as a default argument. The optimisers
# import it; after the group was made, it would keep the group's threads running while the
# interpreter goes, which now and then ends in std::terminate. So it is imported before.
import torch.distributed.nn.functional
from torch import Tensor
from torch import distributed as dist

from latentlab.base.errors import TrainingError, UsageError

_TIMEOUT_S = 60.0  # for one exchange; a process that takes longer counts as lost
_BEAT_EVERY_S = 2.0


class ProcessGroup:
    """One process alone: all exchanges return what they were given.

    Attributes
    ----------
    rank, size
        Number of this process, from 0, and how many there are.
    """

    rank = 0
    size = 1

    @property
    def writes(self) -> bool:
        """Whether this process writes files and messages."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return the rows of a batch of ``count`` that are this process's."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def add_up(self, values: Tensor) -> None:
        """Replace values by their sum over all processes."""

    def add_up_step(self, tensors: Sequence[Tensor], wants_stop: bool) -> bool:
        """Replace what a step has come to by its sums; return whether any process wants to stop.

        All of it goes in one exchange.
        """
        wish = tensors[0].new_full((1,), float(wants_stop))
        flat = torch.cat([tensor.reshape(-1) for tensor in (*tensors, wish)])
        self.add_up(flat)
        start = 0
        for tensor in tensors:
            tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()
        return bool(flat[-1] > 0)

    def gatherer(self, rows: slice, count: int) -> Callable[[Tensor], Tensor]:
        """Return what gives ``Batch.gather`` for own ``rows`` of a batch of ``count``."""
        return _same

    def close(self) -> None:
        """Leave the group."""


def _same(own: Tensor) -> Tensor:
    return own


class TorchrunGroup(ProcessGroup):
    """The processes that ``torchrun`` has started: gloo on processors, NCCL on GPUs.

    Raises
    ------
    TrainingError
        If the others cannot be reached.
    """

    def __init__(self, device: torch.device) -> None:
        self.rank = int(os.environ["RANK"])
        self.size = int(os.environ["WORLD_SIZE"])
        seconds = float(os.environ.get("LATENTLAB_EXCHANGE_TIMEOUT_S", _TIMEOUT_S))
        backend = "nccl" if device.type == "cuda" else "gloo"
        self._device = device
        try:
            dist.init_process_group(backend, timeout=timedelta(seconds=seconds))
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                "The processes of this training cannot reach each other; check the rendezvous "
                "address that torchrun was given.",
                str(error),
            ) from error
        # Who is alive is kept beside the exchanges, which say nothing about it when they fail.
        self._store = dist.distributed_c10d._get_default_store()
        self._beat_due_s = 0.0
        self._beat()

    def add_up(self, values: Tensor) -> None:  # noqa: D102
        self._beat()
        with self._naming_the_lost():
            dist.all_reduce(values)

    def gatherer(self, rows: slice, count: int) -> Callable[[Tensor], Tensor]:  # noqa: D102
        own_count = rows.stop - rows.start

        def gather(own: Tensor) -> Tensor:
            everything = own.new_zeros((count, *own.shape[1:]))
            everything[rows] = own.detach()
            self.add_up(everything)
            if not own.requires_grad:
                return everything
            # The loop weighs each own row with 1/count, so a term of the whole batch reaches the
            # gradient own_count/count times: this undoes it.
            scale = count / own_count
            now = own.detach()
            scaled = now + (own - now) * scale
            return torch.cat([everything[: rows.start], scaled, everything[rows.stop :]])

        return gather

    def close(self) -> None:  # noqa: D102
        if dist.is_initialized():
            dist.destroy_process_group()

    def _beat(self) -> None:
        now = time.monotonic()
        if now >= self._beat_due_s:
            self._beat_due_s = now + _BEAT_EVERY_S
            self._store.set(f"alive/{self.rank}", str(time.time()))

    @contextmanager
    def _naming_the_lost(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            lost = self._silent_ranks()
            who = f"process {', '.join(map(str, lost))}" if lost else "another process"
            raise TrainingError(
                f"Training stopped: {who} of {self.size} no longer answers. Continue from the last "
                "save with --resume.",
                str(error),
            ) from error

    def _silent_ranks(self) -> list[int]:
        """Return the ranks whose last sign of life is oldest by a margin."""
        try:
            seen = [
                float(self._store.get(f"alive/{rank}")) if rank != self.rank else time.time()
                for rank in range(self.size)
            ]
        except (RuntimeError, ValueError):
            return []
        newest = max(seen)
        silent = [r for r, at in enumerate(seen) if newest - at > 2 * _BEAT_EVERY_S]
        if not silent and self.size == 2:
            silent = [1 - self.rank]  # there is only one other
        return silent


def started_by_torchrun() -> bool:
    """Whether this process is one of several that torchrun has started."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def local_device(name: str) -> torch.device:
    """Return the device of this process: each GPU of a machine has one process.

    Raises
    ------
    UsageError
        If there are more processes than GPUs on this machine.
    """
    if name != "cuda":
        return torch.device(name)
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if local >= torch.cuda.device_count():
        raise UsageError(
            f"There are more processes than the {torch.cuda.device_count()} GPUs of this machine; "
            "lower --nproc-per-node, or train with --device cpu."
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)
