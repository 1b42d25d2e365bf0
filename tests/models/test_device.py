from __future__ import annotations

import os

import pytest
import torch

from latentlab.base.errors import UsageError
from latentlab.models import device
from latentlab.models.device import available_devices, cpu_threads, pick_device


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with two processors and no GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    return monkeypatch


def with_cuda(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(torch.cuda, "is_available", lambda: True)
    machine.setattr(torch.cuda, "get_device_name", lambda _: "Toy 9000")


def test_a_cpu_alone(machine: pytest.MonkeyPatch) -> None:
    (cpu,) = available_devices()
    assert (cpu.name, cpu.title, cpu.reason) == ("cpu", "CPU · 2 threads", "no GPU found")
    assert pick_device() == pick_device("cpu") == cpu


def test_one_thread_is_no_plural(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(device, "cpu_threads", lambda: 1)
    assert available_devices()[-1].title == "CPU · 1 thread"


def test_a_gpu_comes_first(machine: pytest.MonkeyPatch) -> None:
    with_cuda(machine)
    gpu, cpu = available_devices()
    assert (gpu.name, gpu.title) == ("cuda", "CUDA · Toy 9000")
    assert pick_device() == gpu
    assert pick_device("cpu").reason == "chosen over the GPU"
    assert pick_device("cpu") == cpu


def test_an_apple_gpu(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [choice.name for choice in available_devices()] == ["mps", "cpu"]
    assert pick_device("auto").name == "mps"


@pytest.mark.parametrize("name", ["cuda", "mps", "tpu", "", "CPU"])
def test_what_is_not_there_is_refused(machine: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        pick_device(name)
    assert caught.value.sentence == f"The device “{name}” is not available here; there is: cpu."


def test_a_refusal_names_all_there_are(machine: pytest.MonkeyPatch) -> None:
    with_cuda(machine)
    with pytest.raises(UsageError, match="there is: cuda, cpu"):
        pick_device("mps")


@pytest.mark.parametrize(("count", "expected"), [(6, 6), (1, 1), (None, 1)])
def test_where_the_system_does_not_tell_all_processors_count(
    monkeypatch: pytest.MonkeyPatch, count: int | None, expected: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert cpu_threads() == expected


def test_only_processors_of_this_process_count(machine: pytest.MonkeyPatch) -> None:
    assert cpu_threads() == 2
