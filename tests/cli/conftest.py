"""Small models, each trained once, and a shell that runs in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.__main__ import main

SHAPE = (8, 7, 1)  # height, width, channels
NUM_IMAGES = 160
LABELS = (3, 7, 9)


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Call the program with words, which may be paths or numbers."""

    def call(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture
def refused(shell: Callable[..., Answer]) -> Callable[..., str]:
    """Call the program with words that it must refuse with one sentence; return that."""

    def call(*words: object, code: int = 2) -> str:
        answer = shell(*words)
        assert answer.code == code, answer
        assert answer.out == ""
        assert answer.err.count("\n") == 1
        assert answer.err.endswith((".\n", "?\n", "more.\n"))
        assert "Traceback" not in answer.err
        assert "fault of LatentLab" not in answer.err
        return answer.err

    return call


def pictures_of(count: int, shape: tuple[int, int, int], seed: int = 0) -> Any:
    """Soft blobs at random places, uint8 (n, h, w, c)."""
    h, w, c = shape
    rng = np.random.default_rng(seed)
    y, x = rng.uniform(1, h - 2, (count, 1, 1, 1)), rng.uniform(1, w - 2, (count, 1, 1, 1))
    rows, columns = np.arange(h)[None, :, None, None], np.arange(w)[None, None, :, None]
    blob = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 4)
    return (255 * np.repeat(blob, c, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 160 grey pictures of 8 × 7 pixels in three classes with gaps between."""
    path = tmp_path_factory.mktemp("data") / "blobs.npz"
    labels = np.array(LABELS)[np.arange(NUM_IMAGES) % 3]
    np.savez(path, x=pictures_of(NUM_IMAGES, SHAPE), y=labels)
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, blobs: Path) -> Callable[[str], Path]:
    """Return the run folder of a small model that was trained for an objective."""
    made: dict[str, Path] = {}

    def get(objective: str) -> Path:
        if objective not in made:
            out = tmp_path_factory.mktemp("runs") / objective
            words = ["train", blobs, "--out", out, "--objective", objective, "--threads", 1]
            words += ["--latent-dim", 3]
            if objective != "pca":
                words += ["--epochs", 2, "--batch-size", 100, "--hidden", 16]
            if objective == "sparse-topk":
                words += ["--k", 2]
            assert main([str(word) for word in words]) == 0
            made[objective] = out
        return made[objective]

    return get


@pytest.fixture
def vae(trained: Callable[[str], Path]) -> Path:
    """The run folder of a variational autoencoder with a code of three numbers."""
    return trained("variational")
