"""Whatever raises in the engine ends alone and by name; everything else goes on."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch

from latentlab.base.out_of_memory import is_out_of_memory
from latentlab.base.trace import NullTracer
from latentlab.engine import engine as engine_module
from latentlab.engine.cursor_messages import (
    Decoded,
    DecodeRequest,
    EncodePictureCommand,
    PictureEncoded,
    Reconstructed,
    ReconstructRequest,
    TraversalEndsDecoded,
    TraversalEndsRequest,
)
from latentlab.engine.engine import Engine
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import (
    Command,
    Embedded,
    Failed,
    InteractiveRequest,
    ModelOpened,
    OpenDataCommand,
    OpenModelCommand,
    Result,
    SaveModelCommand,
    UseDataCommand,
    Warned,
)
from latentlab.engine.training_messages import (
    CurvePoint,
    TrainCommand,
    TrainControlCommand,
    TrainProgress,
    TrainStatusChanged,
)
from latentlab.features.grid.messages import TilesDecoded, TilesRequest
from latentlab.features.noise_lab import non_local_means
from latentlab.features.noise_lab.messages import (
    Denoised,
    DenoiseRequest,
    StripAdvanced,
    StripRequest,
)
from latentlab.features.noise_map.messages import (
    NoiseCodes,
    NoiseCodesRequest,
    NoiseField,
    NoiseFieldRequest,
)
from latentlab.features.noise_matrix.messages import MatrixAdvanced, MatrixCell, MatrixRequest
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_file import read_model_file
from latentlab.training.run_folder import RunFolder

R = TypeVar("R")
SPEC = TrainSpec(network="mlp", hidden=(8,), epochs=3, batch_size=20, held_out=0.1, seed=1)
SHAPE = (6, 5, 1)
STEPS = (("gaussian", 0.4),)
PIXELS = np.random.default_rng(0).integers(0, 256, (100, *SHAPE), np.uint8)
LABELS = np.arange(100, dtype=np.int32) % 3
DATA = ImageSet("noise", "Noise", PIXELS, LABELS, ("a", "b", "c"))
ERRORS = (
    ValueError("odd"),
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
)

# Where a kind of work can be made to fail, alone.
PLACES = {
    "decode": "latentlab.features.explore.work.Decoded",
    "reconstruct": "latentlab.features.explore.work.Reconstructed",
    "grid": "latentlab.features.explore.work.TilesDecoded",
    "slider_ends": "latentlab.features.explore.work.TraversalEndsDecoded",
    "points": "latentlab.engine.embedding_job.adapted",
    "noise_codes": "latentlab.features.noise_map.work.corrupted_versions",
    "noise_field": "latentlab.features.noise_map.work.field_images",
    "denoise": "latentlab.features.noise_lab.work.ssim",
    "strip": "latentlab.features.noise_lab.strip_job.median_3x3",
    "matrix": "latentlab.features.noise_matrix.work.corrupt",
    "query_image": "latentlab.features.query_image.query.PictureEncoded",
}
ANSWERS: dict[str, Callable[[Result], bool]] = {
    "decode": lambda r: isinstance(r, Decoded),
    "reconstruct": lambda r: isinstance(r, Reconstructed),
    "grid": lambda r: isinstance(r, TilesDecoded),
    "slider_ends": lambda r: isinstance(r, TraversalEndsDecoded),
    "points": lambda r: isinstance(r, Embedded) and r.complete,
    "noise_codes": lambda r: isinstance(r, NoiseCodes),
    "noise_field": lambda r: isinstance(r, NoiseField) and r.complete,
    "denoise": lambda r: isinstance(r, Denoised),
    "strip": lambda r: isinstance(r, StripAdvanced) and r.complete,
    "matrix": lambda r: isinstance(r, MatrixAdvanced) and r.complete,
    "query_image": lambda r: isinstance(r, PictureEncoded),
}
BESIDE_TRAINING = sorted(set(PLACES) - {"points", "matrix"})


class Bench:
    """An engine, its mailbox, and all that it has said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mailbox = Mailbox()
        self.said: list[Any] = []
        self.engine = Engine(self.mailbox, self.said.append, NullTracer())
        self.monkeypatch = monkeypatch
        self._sequence = 0

    def of(self, kind: type[R]) -> list[R]:
        return [result for result in self.said if isinstance(result, kind)]

    @property
    def failures(self) -> list[Failed]:
        """What somebody reads."""
        return [failed for failed in self.of(Failed) if not failed.is_repeated]

    def until(self, done: Callable[[], bool], most: int = 8000) -> None:
        for _ in range(most):
            if done():
                return
            self.engine.turn()
        raise AssertionError(f"not reached in {most} turns")

    def rest(self, most: int = 20_000) -> None:
        for _ in range(most):
            if not self.engine.turn():
                return
        raise AssertionError(f"still busy after {most} turns")

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.mailbox.put_command(command)
        self.rest()

    @property
    def epoch(self) -> int:
        return self.of(ModelOpened)[-1].session_epoch

    def ask(self, kind: str) -> None:
        """Ask for one kind of work."""
        if kind == "query_image":
            self.mailbox.put_command(EncodePictureCommand("own", png()))
        elif kind == "points":
            self.mailbox.put_command(UseDataCommand(DATA))
        else:
            self._sequence += 1
            self.mailbox.put(request_of(kind, self.epoch, self._sequence))

    def break_(self, kind: str, error: Exception, times: int = 10**9) -> list[int]:
        """Let work fail so many times; return where each failure is noted."""
        module, name = PLACES[kind].rsplit(".", 1)
        return self.break_at(importlib.import_module(module), name, error, times)

    def break_at(self, owner: object, name: str, error: Exception, times: int = 10**9) -> list[int]:
        real, failed = getattr(owner, name), list[int]()

        def broken(*args: Any, **more: Any) -> Any:
            if len(failed) < times:
                failed.append(1)
                raise error
            return real(*args, **more)

        self.monkeypatch.setattr(owner, name, broken)
        return failed


def png() -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.fromarray(PIXELS[0, :, :, 0]).save(file, "PNG")
    return file.getvalue()


def request_of(kind: str, epoch: int, n: int) -> InteractiveRequest:
    z = np.zeros((2, 2), np.float32)
    image = PIXELS[0]
    requests: dict[str, InteractiveRequest] = {
        "decode": DecodeRequest(epoch, n, z[0] + n, 0.0, True),
        "reconstruct": ReconstructRequest(epoch, n, 0, image),
        "grid": TilesRequest(epoch, n, 0, np.zeros((2, 2), np.int64), z),
        "slider_ends": TraversalEndsRequest(epoch, n, (0,), z),
        "noise_codes": NoiseCodesRequest(epoch, n, image, STEPS, 0, True, True),
        "noise_field": NoiseFieldRequest(epoch, n, DATA, np.arange(40), STEPS),
        "denoise": DenoiseRequest(epoch, n, image, STEPS, 0, 1, "", 0.0),
        "strip": StripRequest(epoch, n, image, STEPS, 0, 0, ""),
        "matrix": MatrixRequest(epoch, n, DATA, ("",), STEPS, 0),
    }
    return requests[kind]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("latentlab.training.threads._PROBE_S", 0.0)
    monkeypatch.setattr(non_local_means, "is_available", lambda: False)
    return Bench(monkeypatch)


@pytest.fixture
def training(bench: Bench, tmp_path: Path) -> Iterator[Bench]:
    bench.do(UseDataCommand(DATA))
    spec = replace(SPEC, epochs=100_000)
    bench.mailbox.put_command(TrainCommand(spec, tmp_path / "run", "run"))
    bench.until(lambda: bool(bench.of(TrainProgress)))
    yield bench
    bench.engine.close()


@pytest.mark.parametrize("error", ERRORS[:2], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("kind", PLACES)
def test_what_fails_once_fails_alone_and_works_when_it_is_asked_for_again(
    bench: Bench, tmp_path: Path, kind: str, error: Exception
) -> None:
    bench.do(UseDataCommand(DATA), TrainCommand(SPEC, tmp_path / "first", "first"))
    bench.said[:] = bench.of(ModelOpened)[-1:]
    tries = bench.break_(kind, error, times=1)
    for one in PLACES:
        bench.ask(one)
    bench.rest()
    (failed,) = bench.of(Failed)
    assert (failed.origin, failed.is_repeated) == (kind, False)
    assert len(tries) == 1, "it is not tried again by itself"
    words = "needs more memory" if is_out_of_memory(error) else "failed unexpectedly (ValueError)"
    assert words in failed.sentence
    assert type(error).__name__ in failed.details and "Traceback" in failed.details
    answered = {one for one, is_answer in ANSWERS.items() if any(map(is_answer, bench.said))}
    assert answered == set(PLACES) - {kind}
    bench.ask(kind)
    bench.rest()
    assert any(map(ANSWERS[kind], bench.said))


@pytest.mark.parametrize("kind", PLACES)
def test_what_always_fails_is_said_once(bench: Bench, tmp_path: Path, kind: str) -> None:
    bench.do(UseDataCommand(DATA), TrainCommand(SPEC, tmp_path / "first", "first"))
    bench.said[:] = bench.of(ModelOpened)[-1:]
    tries = bench.break_(kind, ValueError("odd"))
    asked = 20 if kind not in ("query_image", "matrix", "points") else 3
    for _ in range(asked):
        bench.ask(kind)
        bench.ask("decode" if kind != "decode" else "denoise")
        bench.rest()
    assert len(tries) == asked, "once for each time that it is asked for"
    assert len(bench.of(Failed)) == asked, "its panel hears of each"
    # Where somebody pressed a button, each failure is an answer; other data are news, too.
    assert len(bench.failures) == (1 if asked == 20 else asked)
    assert len(bench.of(Denoised if kind == "decode" else Decoded)) == asked


@pytest.mark.parametrize("kind", BESIDE_TRAINING)
def test_a_run_does_not_miss_a_turn(training: Bench, kind: str) -> None:
    tries = training.break_(kind, ValueError("odd"))
    turns = 0

    def step() -> int:
        job = training.engine._training
        assert job is not None, "the run goes on"
        return job.run.step

    while len(tries) < 3 and turns < 4000:
        before = step()
        if not turns % 20:
            training.ask(kind)
        for _ in range(10):  # a step, and held-out images to measure at times
            training.engine.turn()
        assert step() > before
        turns += 1
    assert len(tries) >= 3
    assert {failed.origin for failed in training.of(Failed)} == {kind}
    assert len(training.failures) == (len(training.of(Failed)) if kind == "query_image" else 1)
    assert training.of(TrainStatusChanged)[-1].status == "running"


def test_other_data_make_an_old_failure_news(bench: Bench) -> None:
    bench.do(UseDataCommand(DATA), OpenModelCommand("digits-vae"))
    bench.break_("decode", ValueError("odd"))
    for _ in range(3):
        bench.ask("decode")
        bench.rest()
    assert len(bench.failures) == 1
    bench.do(OpenModelCommand("digits-vae"))
    bench.ask("decode")
    bench.rest()
    assert len(bench.failures) == 2


# --- Training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS[:2], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("measuring", [False, True])
def test_a_defect_in_training_ends_the_run_alone_and_keeps_its_weights(
    training: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    measuring: bool,
    error: Exception,
) -> None:
    training.until(lambda: bool(training.of(CurvePoint)))
    job = training.engine._training
    assert job is not None
    objective = job.run.objective
    real = objective.terms

    def broken(model: Any, batch: Any) -> Any:
        if bool(batch.measuring) == measuring:
            raise error
        return real(model, batch)

    monkeypatch.setattr(objective, "terms", broken)
    training.until(lambda: bool(training.of(Failed)))
    monkeypatch.undo()
    training.rest()
    (failed,) = training.of(Failed)
    assert failed.origin == "train" and failed.sentence.startswith(
        ("Training ", "There is not enough memory")
    )
    status = training.of(TrainStatusChanged)[-1]
    assert (status.status, status.sentence) == ("idle", failed.sentence)
    assert read_model_file(tmp_path / "run" / "model.safetensors").document.step > 0
    assert training.of(Embedded)[-1].complete
    training.ask("decode")
    training.rest()
    assert training.of(Decoded)
    training.do(TrainCommand(SPEC, tmp_path / "again", "again"))
    assert len(training.of(Failed)) == 1


@pytest.mark.parametrize("error", [*ERRORS[:2], OSError(28, "No space left on device")])
def test_saving_that_fails_in_between_is_said_and_the_run_goes_on(
    training: Bench, tmp_path: Path, error: Exception
) -> None:
    training.monkeypatch.setattr("latentlab.features.training.job.SAVE_EVERY_S", 0.0)
    tries = training.break_at(RunFolder, "save_now_and_then", error)
    training.until(lambda: len(tries) >= 3)
    assert training.of(TrainStatusChanged)[-1].status == "running"
    (failed,) = training.failures
    assert failed.origin == "save_run"
    assert failed.sentence.startswith("Saving the run ")


def test_the_points_of_a_run_may_fail(training: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = training.break_at(
        importlib.import_module("latentlab.features.training.job"), "Embedded", MemoryError()
    )
    training.until(lambda: len(tries) >= 3, most=100_000)
    assert training.of(TrainStatusChanged)[-1].status == "running"
    assert [failed.origin for failed in training.failures] == ["points"]


def test_a_run_that_cannot_be_saved_ends_all_the_same(training: Bench, tmp_path: Path) -> None:
    training.break_at(RunFolder, "finish", MemoryError(), times=1)
    training.do(TrainControlCommand("stop"))
    (failed,) = training.of(Failed)
    assert failed.origin == "save_run"
    status = training.of(TrainStatusChanged)[-1]
    assert status.status == "idle" and status.sentence == failed.sentence
    training.ask("decode")
    training.rest()
    assert training.of(Decoded)
    training.do(TrainCommand(SPEC, tmp_path / "again", "again"))
    assert training.of(TrainStatusChanged)[-1].status == "idle"
    assert len(training.of(Failed)) == 1


def test_a_run_that_cannot_be_started_leaves_things_as_they_are(
    bench: Bench, tmp_path: Path
) -> None:
    bench.do(UseDataCommand(DATA), OpenModelCommand("digits-vae"))
    bench.break_at(engine_module, "TrainingJob", ZeroDivisionError(), times=1)
    bench.do(TrainCommand(SPEC, tmp_path / "run", "run"))
    assert [failed.origin for failed in bench.of(Failed)] == ["TrainCommand"]
    assert [status.status for status in bench.of(TrainStatusChanged)] == ["preparing", "idle"]
    bench.do(TrainCommand(SPEC, tmp_path / "run", "run"))
    assert bench.of(TrainStatusChanged)[-1].sentence.startswith("Kept epoch")


# --- Opening and saving ---------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("read_checkpoint", OpenModelCommand("digits-vae")),
        ("build_model", OpenModelCommand("digits-vae")),
        ("open_data", OpenDataCommand("digits")),
        ("write_model_file", SaveModelCommand(Path("m.safetensors"))),
    ],
)
def test_a_command_that_fails_leaves_what_was_open(
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    command: Command,
    error: Exception,
) -> None:
    monkeypatch.chdir(tmp_path)
    bench.do(UseDataCommand(DATA), OpenModelCommand("digits-vae"))
    before = bench.of(ModelOpened)
    bench.break_at(engine_module, place, error, times=1)
    bench.do(command)
    (failed,) = bench.failures
    assert failed.origin == type(command).__name__
    assert bench.of(ModelOpened) == before
    bench.ask("decode")
    bench.rest()
    assert bench.of(Decoded)
    bench.do(command)
    assert len(bench.failures) == 1 and not bench.of(Warned)
    assert not bench.of(MatrixCell)
