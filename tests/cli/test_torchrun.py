"""Several processes that train one model, started as torchrun starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.core.model_file import read_model_file

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ["--hidden", "32", "--batch-size", "50", "--threads", "1", "--latent-dim", "4"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "pictures.npz"
    np.savez(path, x=rng.integers(0, 256, (1000, 8, 8), np.uint8))
    return path


def command(processes: int, *words: object) -> list[str]:
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone"]
        start += ["--nproc-per-node", str(processes)]
    return [*start, "-m", "latentlab", "train", *map(str, words)]


def start(processes: int, *words: object, **variables: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    return subprocess.Popen(
        command(processes, *words),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "images_per_s"} for line in lines]


@pytest.mark.parametrize("objective", ["variational", "tcvae"])
def test_two_processes_give_the_losses_of_one(objective: str, data: Path, tmp_path: Path) -> None:
    words = (data, *OPTIONS, "--epochs", 2, "--objective", objective, "--out")
    both = [start(n, *words, tmp_path / str(n)) for n in (1, 2)]
    for process in both:
        code, said = finish(process)
        assert code == 0, said
    one, two = log_of(tmp_path / "1"), log_of(tmp_path / "2")
    assert len(one) == len(two) > 0
    for a, b in zip(one, two, strict=True):
        assert a.pop("split") == b.pop("split")
        assert a == pytest.approx(b, rel=2e-4, abs=2e-4)
    files = sorted(p.name for p in (tmp_path / "2").iterdir())
    assert "model.safetensors" in files and "state.safetensors" in files


def test_two_processes_killed_and_continued_end_bit_for_bit_alike(
    data: Path, tmp_path: Path
) -> None:
    words = (data, *OPTIONS, "--epochs", 6, "--save-every", 0, "--resume", "--out")
    whole = start(2, *words, tmp_path / "whole")
    cut = start(2, *words, tmp_path / "cut")
    end_s = time.monotonic() + 60
    while not (tmp_path / "cut" / "state.safetensors").exists():
        assert time.monotonic() < end_s and cut.poll() is None
        time.sleep(0.01)
    os.killpg(cut.pid, signal.SIGKILL)
    _kill_workers(tmp_path / "cut")
    cut.communicate()
    code, said = finish(whole)
    assert code == 0, said
    code, said = finish(start(2, *words, tmp_path / "cut"))
    assert code == 0, said
    assert "Continuing after step" in said
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    a, b = (read_model_file(tmp_path / name).weights for name in ("cut", "whole"))
    assert all(np.array_equal(a[name], b[name]) for name in b)


_LEAVE = """
import os, sys
from pathlib import Path
import torch
from latentlab.nn.process_group import TorchrunGroup
group = TorchrunGroup(torch.device("cpu"))
torch.optim.Adam(torch.nn.Linear(1, 1).parameters())
group.add_up(torch.ones(1))
group.close()
names = [(entry / "comm").read_text() for entry in Path("/proc/self/task").iterdir()]
sys.exit(any("gloo" in name for name in names))
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="lists the threads through /proc")
def test_a_closed_group_leaves_no_thread_that_could_outlive_the_interpreter(tmp_path: Path) -> None:
    script = tmp_path / "leave.py"
    script.write_text(_LEAVE)
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script]
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _kill_workers(folder: Path) -> None:
    """Kill the processes of torchrun that are sessions of their own."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                os.kill(int(entry.parent.name), signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the workers through /proc")
def test_a_lost_process_ends_the_run_and_is_named(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = (data, *OPTIONS, "--epochs", 100000, "--out", out)
    process = start(2, *words, LATENTLAB_EXCHANGE_TIMEOUT_S="10")
    end_s = time.monotonic() + 60
    while not (out / "metrics.jsonl").exists():
        assert time.monotonic() < end_s and process.poll() is None
        time.sleep(0.02)
    victim = next(
        int(entry.parent.name)
        for entry in Path("/proc").glob("[0-9]*/environ")
        if _is_worker(entry, rank=1, folder=out)
    )
    os.kill(victim, signal.SIGKILL)
    code, said = finish(process)
    assert code != 0
    assert "process 1 of 2 no longer answers" in said or "local_rank: 1" in said
    assert not list(out.glob("*.tmp"))


def _is_worker(entry: Path, rank: int, folder: Path) -> bool:
    try:
        variables = entry.read_bytes().split(b"\0")
        words = entry.with_name("cmdline").read_bytes()
    except OSError:
        return False
    return f"RANK={rank}".encode() in variables and str(folder).encode() in words
