"""Several processes that train one model, started by torchrun and as torchrun starts them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.__main__ import main
from latentlab.models.model_file import read_model_file

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ["--hidden", "32", "--batch-size", "50", "--threads", "1", "--latent-dim", "4"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "pictures.npz"
    np.savez(path, x=rng.integers(0, 256, (1000, 8, 8), np.uint8))
    return path


def start(words: Sequence[object], **variables: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        env={**os.environ, "PYTHONPATH": path, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def start_by_torchrun(*words: object, **variables: str) -> subprocess.Popen[str]:
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return start([*launch, *words], **variables)


def start_two(*words: object) -> list[subprocess.Popen[str]]:
    """Start the two processes alone: torchrun is an interpreter more, which loads torch, too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [
        start(
            words,
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE="2",
            LOCAL_WORLD_SIZE="2",
            MASTER_ADDR="127.0.0.1",
            MASTER_PORT=str(port),
            OMP_NUM_THREADS="1",
        )
        for rank in range(2)
    ]


def finish(*processes: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the worst exit code and all that was said."""
    found = [process.communicate(timeout=120) for process in processes]
    worst = max((process.returncode for process in processes), key=abs)
    return worst, "".join(out + err for out, err in found)


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "images_per_s"} for line in lines]


@pytest.mark.parametrize("objective", ["variational", "tcvae"])
def test_two_processes_give_the_losses_of_one(objective: str, data: Path, tmp_path: Path) -> None:
    words = ("train", data, *OPTIONS, "--epochs", 2, "--objective", objective, "--out")
    both = start_two("-m", "latentlab", *words, tmp_path / "2")
    assert main([*map(str, words), str(tmp_path / "1")]) == 0
    code, said = finish(*both)
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
    words = ("-m", "latentlab", "train", data, *OPTIONS, "--epochs", 6, "--save-every", 0)
    words = (*words, "--resume", "--out")
    cut = start_two(*words, tmp_path / "cut")
    end_s = time.monotonic() + 60
    while not (tmp_path / "cut" / "state.safetensors").exists():
        assert time.monotonic() < end_s and cut[0].poll() is None
        time.sleep(0.01)
    for process in cut:
        process.kill()
        process.communicate()
    whole = start_two(*words, tmp_path / "whole")
    code, said = finish(*start_two(*words, tmp_path / "cut"))
    assert code == 0, said
    assert "Continuing after step" in said
    code, said = finish(*whole)
    assert code == 0, said
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    a, b = (read_model_file(tmp_path / name).weights for name in ("cut", "whole"))
    assert all(np.array_equal(a[name], b[name]) for name in b)


_LEAVE = """
import os, sys
from pathlib import Path
import torch
from latentlab.training.process_group import TorchrunGroup
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
    code, said = finish(*start_two(script))
    assert code == 0, said


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the workers through /proc")
def test_a_lost_process_ends_the_run_and_is_named(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("-m", "latentlab", "train", data, *OPTIONS, "--epochs", 100000, "--out", out)
    process = start_by_torchrun(*words, LATENTLAB_EXCHANGE_TIMEOUT_S="10")
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
