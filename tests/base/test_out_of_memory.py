from __future__ import annotations

import pytest
import torch

from latentlab.base.out_of_memory import is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: "
                     "can't allocate memory: you tried to allocate 4 bytes."),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
    ],
)  # fmt: skip
def test_a_lack_of_memory(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError("FileSystem does not appear to support flock"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        RecursionError("maximum recursion depth exceeded"),
        OSError(12, "Cannot allocate memory"),
        ValueError("out of memory"),
    ],
)
def test_another_fault(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_what_torch_itself_raises() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
