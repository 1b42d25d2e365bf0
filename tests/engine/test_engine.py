"""The engine, turned over by hand: what it answers to every request and command."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import shutil
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from failing_disk import FailingDisk

from latentlab.base.resources import resource
from latentlab.base.trace import NullTracer
from latentlab.data.catalog import open_data
from latentlab.engine import engine as engine_module
from latentlab.engine.cursor_messages import (
    Decoded,
    DecodeRequest,
    Reconstructed,
    ReconstructRequest,
    TraversalEndsDecoded,
    TraversalEndsRequest,
)
from latentlab.engine.engine import Engine
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import (
    Command,
    DataOpened,
    DeviceUsed,
    Embedded,
    EngineReady,
    Failed,
    InteractiveRequest,
    ModelOpened,
    ModelSaved,
    OpenDataCommand,
    OpenModelCommand,
    Result,
    SaveModelCommand,
    UseDataCommand,
    UseDeviceCommand,
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
from latentlab.images.adapt import adapted
from latentlab.images.image_set import ImageSet
from latentlab.models import model_file as model_file_module
from latentlab.models.checkpoint import build_model
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.inference import decode, encode
from latentlab.models.model_file import read_model_file
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import RunFolder
from latentlab.workspace.preview import read_preview

R = TypeVar("R", bound=Result)
CPU = torch.device("cpu")
SPEC = TrainSpec(hidden=(8,), epochs=3, batch_size=20, held_out=0.1, seed=1)


def images(count: int, h: int = 6, w: int = 5, c: int = 1) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (count, h, w, c), np.uint8)
    return ImageSet("noise", "Noise", pixels)


DATA = images(100)


class Bench:
    """An engine, its mailbox, and all that it has said."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.said: list[Result] = []
        self.engine = Engine(self.mailbox, self.said.append, NullTracer())

    def of(self, kind: type[R]) -> list[R]:
        return [result for result in self.said if isinstance(result, kind)]

    def last(self, kind: type[R]) -> R:
        return self.of(kind)[-1]

    @property
    def statuses(self) -> list[str]:
        return [result.status for result in self.of(TrainStatusChanged)]

    def request(self, request: InteractiveRequest) -> None:
        self.mailbox.put(request)

    def until(self, done: Callable[[], bool], most: int = 100_000) -> None:
        for _ in range(most):
            if done():
                return
            self.engine.turn()
        raise AssertionError(f"not reached in {most} turns")

    def rest(self, most: int = 100_000) -> None:
        """Turn until there is nothing to do."""
        for _ in range(most):
            if not self.engine.turn():
                return
        raise AssertionError(f"still busy after {most} turns")

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.mailbox.put_command(command)
        self.rest()

    def start_training(self, folder: Path, spec: TrainSpec = SPEC) -> None:
        """Begin a run and do its first two steps."""
        self.mailbox.put_command(TrainCommand(spec, folder, "variational 12:00"))
        self.until(lambda: self.training_step >= 2)

    @property
    def training_step(self) -> int:
        training = self.engine._training
        return 0 if training is None else training.run.step

    @property
    def is_training(self) -> bool:
        return self.engine._training is not None

    @property
    def epoch(self) -> int:
        return self.last(ModelOpened).session_epoch

    def decode_request(self, sequence: int, *, epoch: int | None = None) -> DecodeRequest:
        z = np.array([sequence / 10, -sequence / 10], np.float32)
        at = self.epoch if epoch is None else epoch
        return DecodeRequest(at, sequence, z, 1.5 * sequence, by_hand=True)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("latentlab.training.threads._PROBE_S", 0.0)
    return Bench()


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the noise that takes no time."""
    bench = Bench()
    folder = tmp_path_factory.mktemp("models") / "run"
    bench.do(UseDataCommand(DATA), TrainCommand(replace(SPEC, epochs=1), folder, "noise"))
    path = folder.with_name("noise model.safetensors")
    shutil.copy(folder / "model.safetensors", path)
    return path


@pytest.fixture
def opened(bench: Bench, model_file: Path) -> Bench:
    """A bench with the noise and its model open, and nothing said yet but that."""
    bench.do(UseDataCommand(DATA), OpenModelCommand(str(model_file)))
    return bench


def network_of(path: Path) -> Any:
    return build_model(read_model_file(path), CPU)


# --- Opening -------------------------------------------------------------------------------------


def test_it_says_what_it_computes_on(bench: Bench) -> None:
    bench.engine.announce(1.25)
    (ready,) = bench.of(EngineReady)
    assert ready.import_s == 1.25
    assert ready.device in [option.name for option in ready.devices]
    assert all(option.title and option.reason for option in ready.devices)


def test_data_is_opened_by_name_and_is_not_embedded_without_a_model(bench: Bench) -> None:
    bench.do(OpenDataCommand("digits"))
    assert [type(result) for result in bench.said] == [DataOpened]
    assert len(bench.last(DataOpened).data) == 10_000


def test_a_model_is_opened_and_the_data_are_embedded(bench: Bench, model_file: Path) -> None:
    bench.do(UseDataCommand(DATA), OpenModelCommand(str(model_file)))
    opened = bench.last(ModelOpened)
    assert opened.name == "noise model"
    assert opened.path == model_file
    assert opened.fits_data
    assert opened.knows_data
    embedded = bench.last(Embedded)
    assert embedded.complete
    assert embedded.session_epoch == opened.session_epoch
    expected = encode(network_of(model_file), DATA.images, CPU)[0]
    np.testing.assert_allclose(embedded.codes, expected, atol=1e-5)
    assert not embedded.codes.flags.writeable
    assert embedded.index is not None
    assert embedded.index.query(embedded.codes[7], 1).indices.tolist() == [7]


def test_data_of_the_same_shape_fit_but_are_not_known(opened: Bench) -> None:
    other = replace(DATA, images=DATA.images[::-1].copy())
    opened.do(UseDataCommand(other))
    model = opened.last(ModelOpened)
    assert (model.fits_data, model.knows_data) == (True, False)
    assert opened.last(Embedded).codes.shape == (100, 2)


def test_data_of_another_shape_are_adapted_to_be_encoded(opened: Bench, model_file: Path) -> None:
    before = opened.epoch
    other = images(30, 12, 16, 3)
    opened.do(UseDataCommand(other))
    model = opened.last(ModelOpened)
    assert (model.fits_data, model.knows_data) == (False, False)
    assert model.session_epoch == before
    embedded = opened.last(Embedded)
    assert embedded.complete
    fitting = adapted(other.images, (6, 5, 1))
    expected, _ = encode(network_of(model_file), fitting, CPU)
    np.testing.assert_allclose(embedded.codes, expected, atol=1e-5)
    opened.request(ReconstructRequest(before, 1, 7, other.images[7]))
    opened.rest()
    reconstructed = opened.last(Reconstructed)
    assert reconstructed.image.shape == (6, 5, 1)
    np.testing.assert_allclose(reconstructed.z, expected[7], atol=1e-5)


def test_the_bundled_map_is_that_of_the_bundled_model(bench: Bench) -> None:
    bench.do(OpenDataCommand("digits"), OpenModelCommand("digits-vae"))
    opened = bench.last(ModelOpened)
    assert opened.name == "digits-vae"
    assert opened.fits_data
    assert opened.knows_data
    stored = read_preview(resource("models", "digits-vae", "preview.npz"))
    embedded = bench.last(Embedded)
    np.testing.assert_allclose(stored.codes, embedded.codes, atol=2e-3)
    assert embedded.index is not None
    np.testing.assert_allclose(stored.reference, embedded.index.reference, atol=2e-3)


@pytest.mark.parametrize("content", [b"", b"junk" * 100, b"PK\x03\x04" + bytes(100)])
def test_a_damaged_model_leaves_the_open_one(opened: Bench, tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(content)
    epoch, count = opened.epoch, len(opened.of(ModelOpened))
    opened.do(OpenModelCommand(str(bad)))
    failed = opened.last(Failed)
    assert failed.origin == "OpenModelCommand"
    assert "bad.safetensors" in failed.sentence
    assert len(opened.of(ModelOpened)) == count
    opened.request(opened.decode_request(1, epoch=epoch))
    opened.rest()
    assert opened.last(Decoded).sequence == 1


def test_damaged_data_leave_the_open_ones(opened: Bench, tmp_path: Path) -> None:
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"PK\x03\x04 not really")
    opened.do(OpenDataCommand(str(bad)), OpenDataCommand(str(tmp_path / "missing")))
    assert [f.origin for f in opened.of(Failed)] == ["OpenDataCommand"] * 2
    assert opened.of(DataOpened)[-1].data is DATA


def test_each_model_gets_an_epoch_of_its_own(opened: Bench, model_file: Path) -> None:
    first = opened.epoch
    opened.do(OpenModelCommand(str(model_file)))
    assert opened.epoch > first >= 1, "0 is the map that the window shows before"


# --- The cursor ----------------------------------------------------------------------------------


def test_the_newest_place_is_decoded_and_the_others_are_not(
    opened: Bench, model_file: Path
) -> None:
    for sequence in range(1, 6):
        opened.request(opened.decode_request(sequence))
    opened.rest()
    (decoded,) = opened.of(Decoded)
    asked = opened.decode_request(5)
    assert (decoded.sequence, decoded.event_s, decoded.by_hand) == (5, 7.5, True)
    assert decoded.session_epoch == opened.epoch
    np.testing.assert_array_equal(decoded.z, asked.z)
    np.testing.assert_array_equal(
        decoded.image, decode(network_of(model_file), asked.z[None], CPU)[0]
    )
    assert decoded.image.shape == (6, 5, 1)
    assert not decoded.image.flags.writeable
    assert decoded.decode_ms > 0


def test_requests_to_a_closed_model_are_dropped(opened: Bench) -> None:
    old = opened.epoch
    opened.request(opened.decode_request(1, epoch=old - 1))
    opened.request(ReconstructRequest(old + 1, 1, 0, DATA.images[0]))
    keys = np.zeros((3, 2), np.int64)
    opened.request(TilesRequest(old - 1, 1, 0, keys, np.zeros((3, 2), np.float32)))
    opened.rest()
    assert not opened.of(Decoded)
    assert not opened.of(Reconstructed)
    assert not opened.of(TilesDecoded)
    assert opened.mailbox.is_empty()


def test_without_a_model_nothing_is_answered(bench: Bench) -> None:
    bench.request(bench.decode_request(1, epoch=0))
    bench.request(ReconstructRequest(0, 1, 0, DATA.images[0]))
    bench.request(TilesRequest(0, 1, 0, np.zeros((3, 2), np.int64), np.zeros((3, 2), np.float32)))
    bench.rest()
    assert bench.said == []
    assert bench.mailbox.is_empty()


def test_an_image_is_reconstructed(opened: Bench, model_file: Path) -> None:
    opened.request(ReconstructRequest(opened.epoch, 4, 17, DATA.images[17]))
    opened.rest()
    (result,) = opened.of(Reconstructed)
    network = network_of(model_file)
    z = encode(network, DATA.images[17:18], CPU)[0]
    np.testing.assert_allclose(result.z, z[0], atol=1e-5)
    np.testing.assert_array_equal(result.image, decode(network, z, CPU)[0])
    x = DATA.images[17].astype(float) / 255
    with torch.inference_mode():
        p = network.decode_mean(torch.from_numpy(z)).double().numpy()[0].transpose(1, 2, 0)
    bce = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum()
    assert result.recon_loss == pytest.approx(bce, rel=1e-4)
    assert (result.sequence, result.index) == (4, 17)


# --- The grid ------------------------------------------------------------------------------------


def tiles_request(bench: Bench, sequence: int, count: int) -> TilesRequest:
    keys = np.stack([np.arange(count), -np.arange(count)], axis=1).astype(np.int64)
    z = (keys / 100).astype(np.float32)
    return TilesRequest(bench.epoch, sequence, 3, keys, z)


def test_tiles_come_in_pieces_and_in_order(opened: Bench, model_file: Path) -> None:
    asked = tiles_request(opened, 1, 1500)
    opened.request(asked)
    opened.rest()
    pieces = opened.of(TilesDecoded)
    assert len(pieces) >= 4
    assert {(p.sequence, p.level) for p in pieces} == {(1, 3)}
    np.testing.assert_array_equal(np.concatenate([p.keys for p in pieces]), asked.keys)
    shown = np.concatenate([p.images for p in pieces])
    assert shown.shape == (1500, 6, 6, 1), "cells are square"
    expected = decode(network_of(model_file), asked.z, CPU)
    # A bulk of codes may round to the other side of a half.
    difference = np.abs(shown[:, :, :5].astype(int) - expected.astype(int))
    assert difference.max() <= 1
    assert (shown[:, :, 5] == 0).all(), "the rest of the cell is black"


def test_a_newer_grid_ends_an_older_one(opened: Bench) -> None:
    opened.request(tiles_request(opened, 1, 5000))
    opened.until(lambda: bool(opened.of(TilesDecoded)))
    opened.request(tiles_request(opened, 2, 40))
    opened.rest()
    sequences = [p.sequence for p in opened.of(TilesDecoded)]
    assert sequences == sorted(sequences)
    counts = {
        s: sum(len(p.keys) for p in opened.of(TilesDecoded) if p.sequence == s) for s in (1, 2)
    }
    assert counts[1] < 5000
    assert counts[2] == 40


def test_the_cursor_is_served_between_two_pieces(opened: Bench) -> None:
    opened.request(tiles_request(opened, 1, 3000))
    opened.engine.turn()
    opened.request(opened.decode_request(1))
    opened.rest()
    kinds = [type(r) for r in opened.said if isinstance(r, (TilesDecoded, Decoded))]
    assert kinds[0] is TilesDecoded
    assert kinds.index(Decoded) == 1
    assert kinds.count(TilesDecoded) >= 3


def test_tiles_come_before_the_points(bench: Bench, model_file: Path) -> None:
    bench.mailbox.put_command(UseDataCommand(images(4000)))
    bench.mailbox.put_command(OpenModelCommand(str(model_file)))
    bench.until(lambda: bool(bench.of(ModelOpened)))
    bench.request(tiles_request(bench, 1, 60))
    bench.rest()
    tiles = [n for n, r in enumerate(bench.said) if isinstance(r, TilesDecoded)]
    done = [n for n, r in enumerate(bench.said) if isinstance(r, Embedded) and r.complete]
    assert max(tiles) < min(done)


def test_another_model_ends_the_grid_of_the_one_before(opened: Bench, model_file: Path) -> None:
    old = opened.epoch
    opened.request(tiles_request(opened, 1, 5000))
    opened.until(lambda: bool(opened.of(TilesDecoded)))
    opened.mailbox.put_command(OpenModelCommand(str(model_file)))
    opened.rest()
    opened_at = max(n for n, r in enumerate(opened.said) if isinstance(r, ModelOpened))
    assert opened.epoch != old
    assert not [r for r in opened.said[opened_at:] if isinstance(r, TilesDecoded)]


@pytest.mark.parametrize(
    ("shape", "tile", "picture"),
    [((80, 60, 3), (56, 56, 3), (56, 42)), ((3, 9, 1), (9, 9, 1), (3, 9))],
)
def test_pictures_are_shrunk_and_centred_in_their_cells(
    bench: Bench,
    tmp_path: Path,
    shape: tuple[int, int, int],
    tile: tuple[int, int, int],
    picture: tuple[int, int],
) -> None:
    pixels = np.full((20, *shape), 255, np.uint8)
    spec = replace(SPEC, epochs=1, likelihood="gaussian")
    bench.do(UseDataCommand(replace(DATA, images=pixels)), TrainCommand(spec, tmp_path / "r", "r"))
    bench.request(tiles_request(bench, 1, 1))
    bench.rest()
    (cell,) = bench.last(TilesDecoded).images
    assert cell.shape == tile
    rows, columns = np.flatnonzero(cell.any((1, 2))), np.flatnonzero(cell.any((0, 2)))
    assert (len(rows), len(columns)) == picture
    assert rows[0] == (tile[0] - picture[0]) // 2
    assert columns[0] == (tile[1] - picture[1]) // 2


# --- Training ------------------------------------------------------------------------------------


def test_a_run_from_beginning_to_end(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "first"
    bench.do(UseDataCommand(DATA), TrainCommand(SPEC, folder, "variational 12:00"))
    assert bench.statuses == ["preparing", "running", "finishing", "idle"]
    assert bench.last(TrainStatusChanged).sentence.startswith("Kept epoch ")
    first, *_, last = bench.of(ModelOpened)
    assert first.session_epoch == last.session_epoch
    assert (first.name, first.path) == ("variational 12:00", None)
    assert last.path == folder / "model.safetensors"
    assert last.knows_data
    curve = bench.of(CurvePoint)
    assert [p.epoch for p in curve if p.split == "held_out"] == [1, 2, 3]
    assert [p.epochs_done for p in curve if p.split == "held_out"] == [1.0, 2.0, 3.0]
    assert curve[-1].step == 12
    best = min(p.loss for p in curve if p.split == "held_out")
    assert last.document.metrics["loss"] == pytest.approx(best)
    progress = bench.of(TrainProgress)
    assert progress[-1].total_steps == 12
    assert all(p.seconds_left >= 0 or np.isnan(p.seconds_left) for p in progress)
    assert [p.step for p in progress] == sorted(p.step for p in progress)
    embedded = bench.last(Embedded)
    assert embedded.complete
    network = network_of(folder)
    np.testing.assert_allclose(embedded.codes, encode(network, DATA.images, CPU)[0], atol=1e-5)
    assert {p.name for p in folder.iterdir()} >= {"run.json", "metrics.jsonl", "model.safetensors"}
    assert not bench.of(Failed)
    assert not bench.of(Warned)


def test_codes_come_while_training_and_are_those_of_the_batches(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latentlab.features.training.job.CODES_EVERY_S", 0.0)
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run")
    known = np.isfinite(bench.last(Embedded).codes).all(1)
    assert known.sum() == 40, "two batches of twenty"
    assert not bench.last(Embedded).complete
    bench.rest()
    assert np.isfinite(bench.of(Embedded)[-2].codes).all(), "held-out images were measured"


def test_stop_keeps_the_best(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=1000))
    bench.until(lambda: bench.training_step > 9)
    best = bench.engine._training.run.best_metrics  # type: ignore[union-attr]
    assert best is not None
    bench.do(TrainControlCommand("stop"))
    assert not bench.is_training
    assert bench.statuses[-2:] == ["finishing", "idle"]
    document = read_model_file(tmp_path / "run").document
    assert document.metrics["loss"] == pytest.approx(best.loss)
    assert document.step == best.step
    last = read_model_file(tmp_path / "run" / "last.safetensors").document
    assert last.step > document.step
    assert bench.last(Embedded).complete


def test_stop_before_the_first_step_still_leaves_a_model(bench: Bench, tmp_path: Path) -> None:
    bench.mailbox.put_command(UseDataCommand(DATA))
    bench.mailbox.put_command(TrainCommand(SPEC, tmp_path / "run", "r"))
    bench.until(lambda: bench.is_training)
    bench.do(TrainControlCommand("stop"))
    assert bench.statuses[-1] == "idle"
    assert "weights were kept" in bench.last(TrainStatusChanged).sentence
    assert network_of(tmp_path / "run") is not None


def test_pause_stands_still_serves_and_goes_on(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=30))
    bench.do(TrainControlCommand("pause"))
    step = bench.training_step
    assert bench.statuses[-1] == "paused"
    assert bench.last(TrainProgress).step == step
    embedded = bench.last(Embedded)
    assert embedded.complete, "all codes are of the same weights while paused"
    network = bench.engine._training.run.model  # type: ignore[union-attr]
    np.testing.assert_allclose(embedded.codes, encode(network, DATA.images, CPU)[0], atol=1e-5)
    bench.request(bench.decode_request(1))
    bench.rest()
    assert bench.last(Decoded).sequence == 1
    bench.do(TrainControlCommand("pause"))
    assert bench.training_step == step
    assert bench.statuses.count("paused") == 1
    bench.mailbox.put_command(TrainControlCommand("resume"))
    bench.rest()
    assert bench.statuses[-1] == "idle"
    assert bench.last(CurvePoint).step == 120


def test_single_steps(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=30))
    bench.do(TrainControlCommand("step"))
    assert bench.statuses[-1] == "paused", "a step out of the middle of a run pauses it"
    for _ in range(6):  # across the end of an epoch and its measuring
        before = bench.training_step
        bench.do(TrainControlCommand("step"))
        assert bench.training_step == before + 1
        assert bench.last(Embedded).complete
        assert bench.last(Embedded).weights_version == before + 1
    assert bench.statuses.count("paused") == 1


def test_resume_without_pause_and_control_without_a_run_do_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    for action in ("pause", "resume", "step", "stop"):
        bench.do(TrainControlCommand(action))
    assert bench.said == []
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run")
    count = len(bench.statuses)
    bench.mailbox.put_command(TrainControlCommand("resume"))
    bench.engine.turn()
    assert len(bench.statuses) == count


def test_the_live_weights_are_decoded_while_training(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=30, learning_rate=0.05))
    shown: list[Decoded] = []
    for sequence in range(1, 13):
        request = replace(bench.decode_request(sequence), z=np.zeros(2, np.float32))
        bench.request(request)
        bench.engine.turn()
        shown.append(bench.last(Decoded))
    assert [d.sequence for d in shown] == list(range(1, 13)), "one answer in each turn"
    versions = [d.weights_version for d in shown]
    assert versions == sorted(versions)
    assert versions[-1] > versions[0] + 2
    assert not np.array_equal(shown[0].image, shown[-1].image)


def test_the_grid_is_served_beside_training(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=2000))
    bench.request(tiles_request(bench, 1, 100))
    before = bench.training_step
    bench.until(lambda: sum(len(p.keys) for p in bench.of(TilesDecoded)) == 100, most=8000)
    assert bench.is_training
    assert bench.training_step > before
    bench.engine.close()


def test_a_turn_is_a_piece_of_training_or_one_of_the_grid(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=1000))
    both = 0
    for number in range(200):
        bench.mailbox.touch()
        if number % 10 == 0:
            bench.request(tiles_request(bench, number, 30))
        step, pieces = bench.training_step, len(bench.of(TilesDecoded))
        bench.engine.turn()
        both += bench.training_step > step and len(bench.of(TilesDecoded)) > pieces
    assert bench.of(TilesDecoded)
    assert both == 0, "the cursor would wait for both"


@pytest.mark.parametrize(
    "command",
    [
        OpenDataCommand("digits"),
        OpenModelCommand("digits-vae"),
        UseDeviceCommand("cpu"),
        TrainCommand(SPEC, Path("elsewhere"), "r"),
    ],
)
def test_what_a_run_does_not_bear_is_refused(
    bench: Bench, tmp_path: Path, command: Command
) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run")
    epoch = bench.epoch
    bench.mailbox.put_command(command)
    bench.engine.turn()
    failed = bench.last(Failed)
    assert failed.origin == type(command).__name__
    assert failed.sentence.startswith("Training is running: stop it before")
    assert bench.is_training
    bench.rest()
    assert bench.statuses[-1] == "idle"
    assert bench.epoch == epoch


def test_saving_while_training_saves_the_live_weights(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=30))
    bench.mailbox.put_command(TrainControlCommand("pause"))
    bench.rest()
    path = tmp_path / "now.safetensors"
    bench.do(SaveModelCommand(path))
    assert bench.last(ModelSaved).path == path
    z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    live = bench.engine._training.run.model  # type: ignore[union-attr]
    np.testing.assert_array_equal(decode(network_of(path), z, CPU), decode(live, z, CPU))
    assert read_model_file(path).document.step == bench.training_step
    assert bench.last(ModelOpened).path is None, "the run still has its own folder to go to"
    bench.do(TrainControlCommand("resume"))
    assert bench.statuses[-1] == "idle"


def test_a_loss_that_is_not_a_number_ends_in_a_sentence_and_a_usable_model(
    bench: Bench, tmp_path: Path
) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=50))
    run = bench.engine._training.run  # type: ignore[union-attr]
    run.model.decoder[0].weight.data.fill_(float("nan"))  # type: ignore[union-attr, operator]
    bench.rest()
    failed = bench.last(Failed)
    assert failed.origin == "train"
    assert "is not a number" in failed.sentence
    assert bench.statuses[-1] == "idle"
    assert bench.last(TrainStatusChanged).sentence == failed.sentence
    assert not bench.is_training
    assert np.isfinite(bench.last(Embedded).codes).all()
    assert network_of(tmp_path / "run") is not None
    bench.request(bench.decode_request(1))
    bench.rest()
    assert bench.last(Decoded).sequence == 1
    bench.do(TrainCommand(SPEC, tmp_path / "again", "again"))
    assert bench.statuses[-1] == "idle"
    assert len(bench.of(Failed)) == 1


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (replace(SPEC, epochs=0), "Epochs cannot be 0"),
        (replace(SPEC, network="transformer"), "Network cannot be"),
        (replace(SPEC, learning_rate=float("nan")), "Learning rate cannot be nan"),
    ],
)
def test_a_wrong_setting_is_refused(
    opened: Bench, tmp_path: Path, spec: TrainSpec, words: str
) -> None:
    epoch = opened.epoch
    opened.do(TrainCommand(spec, tmp_path / "run", "r"))
    assert words in opened.last(Failed).sentence
    assert opened.statuses == ["preparing", "idle"]
    assert not (tmp_path / "run").exists()
    opened.request(opened.decode_request(1, epoch=epoch))
    opened.rest()
    assert opened.last(Decoded).sequence == 1


def test_training_needs_data(bench: Bench, tmp_path: Path) -> None:
    bench.do(TrainCommand(SPEC, tmp_path / "run", "r"))
    assert bench.last(Failed).sentence.startswith("Open a data set first")
    assert bench.statuses == []


def test_a_folder_with_a_run_is_not_overwritten(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA), TrainCommand(SPEC, tmp_path / "run", "r"))
    content = (tmp_path / "run" / "model.safetensors").read_bytes()
    bench.do(TrainCommand(replace(SPEC, seed=5), tmp_path / "run", "r"))
    assert "already holds a run" in bench.last(Failed).sentence
    assert bench.statuses[-1] == "idle"
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == content


def test_a_network_too_large_for_the_memory_is_refused(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, **__: Any) -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory")

    monkeypatch.setattr(engine_module, "TrainingJob", too_large)
    bench.do(UseDataCommand(DATA), TrainCommand(SPEC, tmp_path / "run", "r"))
    assert "not enough memory" in bench.last(Failed).sentence
    assert bench.statuses[-1] == "idle"
    assert not bench.is_training


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EIO, "Writing failed (Input/output error)"),
        (errno.EROFS, "Writing failed (Read-only file system)"),
        (errno.EACCES, "Writing failed (Permission denied)"),
    ],
)
def test_saving_to_a_disk_that_refuses_any_step_loses_nothing(
    opened: Bench, tmp_path: Path, code: int, words: str
) -> None:
    target = tmp_path / "mine.safetensors"
    opened.do(SaveModelCommand(target))
    earlier = target.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        disk = FailingDisk(patch, (model_file_module,), None, code)
        opened.do(SaveModelCommand(target))
    assert disk.steps > 5
    for fail_at in range(disk.steps):
        num_failed = len(opened.of(Failed))
        with pytest.MonkeyPatch.context() as patch:
            FailingDisk(patch, (model_file_module,), fail_at, code)
            opened.do(SaveModelCommand(target))
        # A folder that will not be flushed costs nothing where it may not be opened at all.
        is_last = fail_at == disk.steps - 1
        assert len(opened.of(Failed)) == num_failed + (not (is_last and code == errno.EACCES))
        assert is_last or opened.last(Failed).sentence.startswith(words)
        assert target.read_bytes() == earlier, f"step {fail_at}"
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"mine.safetensors", "mine.safetensors.previous"}


def test_a_save_that_fails_while_training_does_not_end_it(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run")
    step = bench.training_step
    with pytest.MonkeyPatch.context() as patch:
        FailingDisk(patch, (model_file_module,), 1, errno.ENOSPC)
        bench.mailbox.put_command(SaveModelCommand(tmp_path / "mine.safetensors"))
        bench.until(lambda: bool(bench.of(Failed)))
    bench.until(lambda: bench.training_step >= step + 2)
    assert bench.last(Failed).sentence == "The disk is full: mine.safetensors was not saved."
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    bench.do(SaveModelCommand(tmp_path / "none" / "mine.safetensors"))
    assert "No such file or directory" in bench.last(Failed).sentence
    bench.rest()
    assert read_model_file(tmp_path / "run").document.epoch == 3
    assert bench.statuses[-1] == "idle"


@pytest.fixture
def shrinking(tmp_path: Path) -> Path:
    path = tmp_path / "shrinking.npy"
    np.save(path, DATA.images)
    return path


def test_data_that_shrink_end_the_embedding_with_a_sentence(opened: Bench, shrinking: Path) -> None:
    data = replace(open_data(shrinking), known_fingerprint="unknown")
    os.truncate(shrinking, 1000)
    opened.do(UseDataCommand(data))
    opened.rest()
    assert "“shrinking.npy” has become shorter" in opened.last(Failed).sentence
    assert sum(not failed.is_repeated for failed in opened.of(Failed)) == 1, "said once"
    opened.do(UseDataCommand(DATA))  # others can be opened, and are encoded
    opened.rest()
    assert opened.last(Embedded).complete


def test_data_that_shrink_end_the_training_and_lose_nothing(
    bench: Bench, shrinking: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latentlab.training.training_pixels._fits", lambda *_: False)
    bench.do(OpenDataCommand(str(shrinking)))
    bench.start_training(tmp_path / "run")
    bench.until(lambda: bench.training_step >= 6)
    os.truncate(shrinking, 1000)
    bench.rest()
    assert not bench.is_training
    assert bench.of(Failed)
    assert all("has become shorter" in one.sentence for one in bench.of(Failed))
    assert read_model_file(tmp_path / "run").document.step >= 4
    image = bench.last(ModelOpened)
    assert image.path == tmp_path / "run" / "model.safetensors"


def test_another_fault_at_the_start_is_no_lack_of_memory(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise NotImplementedError("no locks here")

    monkeypatch.setattr(engine_module, "TrainingJob", broken)
    bench.do(UseDataCommand(DATA), TrainCommand(SPEC, tmp_path / "run", "r"))
    assert bench.statuses[-1] == "idle"
    (failed,) = bench.of(Failed)
    assert failed.origin == "TrainCommand"
    assert "memory" not in failed.sentence
    assert not bench.is_training


def test_a_full_disk_is_said_once_and_training_goes_on(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run")
    open_path = Path.open

    def full(self: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        if self.name == "metrics.jsonl":
            raise OSError(28, "No space left on device")
        return open_path(self, mode, *args, **more)

    monkeypatch.setattr(Path, "open", full)
    bench.rest()
    assert [w.sentence for w in bench.of(Warned)] == [
        "The training log cannot be written: No space left on device.",
        "The state of the run cannot be saved: No space left on device. Training goes on, and it "
        "is tried again.",
    ]
    assert bench.statuses[-1] == "idle"
    assert bench.last(CurvePoint).step == 12
    assert network_of(tmp_path / "run") is not None


# --- Saving, devices, the end --------------------------------------------------------------------


def test_a_saved_model_opens_again_and_decodes_alike(opened: Bench, tmp_path: Path) -> None:
    path = tmp_path / "kept.safetensors"
    opened.request(opened.decode_request(3))
    opened.do(SaveModelCommand(path))
    before = opened.last(Decoded).image
    saved = opened.last(ModelOpened)
    assert (saved.name, saved.path) == ("kept", path)
    assert opened.last(ModelSaved).path == path
    opened.do(OpenModelCommand(str(path)))
    assert opened.epoch > saved.session_epoch
    assert opened.last(ModelOpened).document == saved.document
    opened.request(opened.decode_request(3))
    opened.rest()
    np.testing.assert_array_equal(opened.last(Decoded).image, before)


def test_a_model_that_cannot_be_saved_stays_what_it_is(opened: Bench, tmp_path: Path) -> None:
    before = opened.last(ModelOpened)
    opened.do(SaveModelCommand(tmp_path / "nowhere" / "m.safetensors"))
    assert opened.last(Failed).origin == "SaveModelCommand"
    assert opened.last(ModelOpened) is before
    assert not opened.of(ModelSaved)


def test_there_must_be_something_to_save(bench: Bench, tmp_path: Path) -> None:
    bench.do(SaveModelCommand(tmp_path / "m.safetensors"))
    assert bench.last(Failed).sentence == "There is no model to save yet."
    assert not (tmp_path / "m.safetensors").exists()


def test_devices(opened: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.do(UseDeviceCommand("cpu"))
    assert opened.last(DeviceUsed).device == "cpu"
    opened.do(UseDeviceCommand("abacus"))
    assert "abacus" in opened.last(Failed).sentence
    opened.request(opened.decode_request(1))
    opened.rest()
    assert opened.last(Decoded).sequence == 1


def test_closing_in_the_middle_of_training_saves_the_run(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=500))
    bench.until(lambda: bench.training_step > 10)
    bench.engine.close()
    assert not bench.is_training
    assert network_of(tmp_path / "run") is not None
    assert read_model_file(tmp_path / "run" / "last.safetensors").document.step > 10
    bench.rest(1)


@pytest.mark.parametrize("step", [0, 11, 12])
def test_closed_at_any_moment_a_run_has_a_state(bench: Bench, tmp_path: Path, step: int) -> None:
    bench.do(UseDataCommand(DATA))
    bench.mailbox.put_command(TrainCommand(replace(SPEC, epochs=500), tmp_path / "run", "r"))
    bench.until(lambda: bench.is_training and bench.training_step >= step)
    bench.engine.close()
    assert (tmp_path / "run" / "state.safetensors").exists()
    assert network_of(tmp_path / "run") is not None


def test_a_defect_while_training_loses_nothing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=500))
    training = bench.engine._training
    assert training is not None
    at = training.run.step

    def broken(*_: object) -> None:
        raise AttributeError("a defect")

    monkeypatch.setattr(training.run.objective, "terms", broken)
    with contextlib.suppress(AttributeError):
        bench.until(lambda: not bench.is_training)
    assert not bench.is_training
    assert "idle" in bench.statuses
    again = TrainingRun(replace(SPEC, epochs=500), DATA, device=CPU)
    RunFolder(tmp_path / "run", again, resume=True).close()  # the folder is not held any more
    assert again.step >= at


def test_nothing_of_a_run_lies_about_until_garbage_is_collected(
    bench: Bench, tmp_path: Path
) -> None:
    """Else memory grows with each training for as long as somebody uses the window."""
    bench.do(UseDataCommand(DATA))
    runs: list[weakref.ref[TrainingRun]] = []
    networks: list[weakref.ref[torch.nn.Module]] = []
    gc.collect()
    gc.disable()
    try:
        for number in range(4):
            bench.start_training(tmp_path / str(number), replace(SPEC, epochs=2))
            training = bench.engine._training
            assert training is not None
            runs.append(weakref.ref(training.run))
            networks.append(weakref.ref(training.run.model))
            del training
            if number % 2:
                bench.mailbox.put_command(TrainControlCommand("stop"))
            bench.rest()
            bench.said.clear()
            assert runs[-1]() is None
        assert [network() is not None for network in networks] == [False, False, False, True]
    finally:
        gc.enable()


def test_closing_an_idle_engine_says_nothing(opened: Bench) -> None:
    count = len(opened.said)
    opened.engine.close()
    assert len(opened.said) == count


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_trains_in_the_window(bench: Bench, tmp_path: Path, objective: str) -> None:
    changes = {"latent_dim": 5, "hidden": (8,), "k": 2, "batch_size": 100, "epochs": 2}
    spec = replace(TrainSpec(objective=objective), **changes)
    bench.do(UseDataCommand(images(260)), TrainCommand(spec, tmp_path / "run", "r"))
    bench.rest()
    assert bench.statuses[-1] == "idle"
    assert not bench.of(Failed)
    assert set(bench.last(CurvePoint).penalties) == set(OBJECTIVES[objective].penalties)
    assert bench.last(Embedded).complete
    assert bench.last(Embedded).codes.shape == (260, 5)
    assert network_of(tmp_path / "run") is not None


# --- Ends of the sliders -------------------------------------------------------------------------


def test_the_ends_of_sliders_are_decoded_small(opened: Bench) -> None:
    z = np.array([[-3, 0], [3, 0], [0.5, -3], [0.5, 3]], np.float32)
    opened.request(TraversalEndsRequest(opened.epoch, 4, (0, 1), z))
    opened.rest()
    ends = opened.last(TraversalEndsDecoded)
    assert (ends.sequence, ends.numbers) == (4, (0, 1))
    assert ends.images.shape == (4, 6, 6, 1)
    model = opened.engine._model
    assert model is not None
    np.testing.assert_array_equal(ends.images, model.decode_tiles(z))
    opened.request(TraversalEndsRequest(opened.epoch - 1, 5, (0, 1), z))
    opened.rest()
    assert opened.last(TraversalEndsDecoded) is ends, "of a model that is gone"


def test_the_ends_of_sliders_come_while_a_run_goes_on(bench: Bench, tmp_path: Path) -> None:
    bench.do(UseDataCommand(DATA))
    bench.start_training(tmp_path / "run", replace(SPEC, epochs=2000))
    z = np.zeros((2, 2), np.float32)
    bench.request(TraversalEndsRequest(bench.epoch, 1, (0,), z))
    bench.until(lambda: bool(bench.of(TraversalEndsDecoded)))
    assert bench.is_training
    bench.engine.close()
