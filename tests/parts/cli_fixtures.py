"""Small models, each trained once, and a shell that runs in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_shell import LABELS, NUM_IMAGES, SHAPE, Answer, Refused, Shell, pictures_of

from latentlab.__main__ import main


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """Call the program with words, which may be paths or numbers."""

    def call(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture
def refused(shell: Shell) -> Refused:
    """Call the program with words that it must refuse with one sentence; return that."""

    def call(*words: object, code: int = 2) -> str:
        answer = shell(*words)
        assert answer.code == code, answer
        assert answer.out == ""
        assert answer.err.count("\n") == 1
        assert answer.err.endswith((".\n", "?\n"))
        assert "Traceback" not in answer.err
        assert "fault of LatentLab" not in answer.err
        return answer.err

    return call


@pytest.fixture(scope="session")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 160 grey pictures of 8 × 7 pixels in three classes with gaps between."""
    path = tmp_path_factory.mktemp("data") / "blobs.npz"
    labels = np.array(LABELS)[np.arange(NUM_IMAGES) % 3]
    np.savez(path, x=pictures_of(NUM_IMAGES, SHAPE), y=labels)
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, blobs: Path) -> Callable[[str], Path]:
    """Return the run folder of a small model with a code of three, trained for an objective."""
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
    """The run folder of a variational autoencoder."""
    return trained("variational")
