"""Path, cloud and field are what the open model makes of corrupted images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from wide_model import document

from latentlab.base.trace import NullTracer
from latentlab.engine.engine import Engine
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import InteractiveRequest, Result, UseDataCommand
from latentlab.engine.training_messages import TrainCommand, TrainProgress, TrainStatusChanged
from latentlab.features.grid.messages import TilesDecoded, TilesRequest
from latentlab.features.noise_map.field import field_images
from latentlab.features.noise_map.messages import (
    NoiseCodes,
    NoiseCodesRequest,
    NoiseField,
    NoiseFieldRequest,
)
from latentlab.features.noise_map.paths import (
    NUM_SEEDS,
    PATH_POINTS,
    cloud_versions,
    corrupted_versions,
    path_versions,
)
from latentlab.features.noise_map.work import NoiseMapWork
from latentlab.images.image_set import ImageSet
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.inference import encode

CPU = torch.device("cpu")
SHAPE = (6, 5, 1)
STEPS = (("gaussian", 0.4),)
PIXELS = np.random.default_rng(0).integers(0, 256, (70, *SHAPE), np.uint8)
DATA = ImageSet("noise", "Noise", PIXELS)


def model_of(epoch: int = 1) -> LiveModel:
    torch.manual_seed(0)
    spec = TrainSpec(hidden=(8,))
    described = msgspec.structs.replace(document([1.0, 1.0], 2), input_shape=SHAPE)
    return LiveModel(Autoencoder(spec, SHAPE), described, CPU, "m", None, epoch)


class Bench:
    def __init__(self, model: LiveModel | None) -> None:
        self.mailbox = Mailbox()
        self.said: list[Result] = []
        self.work = NoiseMapWork(self.mailbox, self.said.append)
        self.model = model

    def do(self, *requests: InteractiveRequest) -> None:
        for request in requests:
            self.mailbox.put(request)
        for _ in range(500):
            if not self.work.has_work():
                return
            self.turn()
        raise AssertionError("it never ends")

    def turn(self) -> None:
        self.work.advance_codes(self.model)
        self.work.advance_field(self.model)


def codes_request(sequence: int = 1, epoch: int = 1, **changes: object) -> NoiseCodesRequest:
    request = NoiseCodesRequest(epoch, sequence, PIXELS[3], STEPS, 11, True, True)
    return replace(request, **changes)


def field_request(sequence: int = 1, epoch: int = 1, count: int = 60) -> NoiseFieldRequest:
    indices = np.arange(count, dtype=np.int64)[::-1].copy()
    return NoiseFieldRequest(epoch, sequence, DATA, indices, STEPS)


def test_a_path_begins_at_the_code_of_the_image_and_ends_at_all_of_the_noise() -> None:
    model = model_of()
    bench = Bench(model)
    bench.do(codes_request())
    (codes,) = bench.said
    assert isinstance(codes, NoiseCodes)
    assert (codes.session_epoch, codes.sequence, codes.steps) == (1, 1, STEPS)
    assert codes.path.shape == (PATH_POINTS, 2)
    own = encode(model.network, PIXELS[3:4], CPU)[0][0]
    np.testing.assert_allclose(codes.path[0], own, atol=1e-5)
    versions = corrupted_versions(PIXELS[3], path_versions(STEPS, 11))
    np.testing.assert_allclose(codes.path, encode(model.network, versions, CPU)[0], atol=1e-5)
    assert np.linalg.norm(codes.path[-1] - own) > 1e-3
    assert not codes.path.flags.writeable


def test_a_cloud_has_the_codes_of_many_seeds() -> None:
    model = model_of()
    bench = Bench(model)
    bench.do(codes_request())
    (codes,) = bench.said
    assert isinstance(codes, NoiseCodes)
    versions = corrupted_versions(PIXELS[3], cloud_versions(STEPS, 11))
    np.testing.assert_allclose(codes.cloud, encode(model.network, versions, CPU)[0], atol=1e-5)
    assert len(np.unique(codes.cloud, axis=0)) == NUM_SEEDS


@pytest.mark.parametrize(
    ("path", "cloud", "lengths"),
    [(True, False, (PATH_POINTS, 1)), (False, True, (0, NUM_SEEDS)), (False, False, (0, 1))],
)
def test_only_what_is_wanted_is_encoded(path: bool, cloud: bool, lengths: tuple[int, int]) -> None:
    bench = Bench(model_of())
    bench.do(codes_request(wants_path=path, wants_cloud=cloud))
    (codes,) = bench.said
    assert isinstance(codes, NoiseCodes)
    assert (len(codes.path), len(codes.cloud)) == lengths


def test_an_image_of_another_shape_is_adapted_before_it_is_corrupted() -> None:
    bench = Bench(model_of())
    large = PIXELS[3].repeat(2, 0).repeat(2, 1)
    bench.do(codes_request(), codes_request(2, image=large))
    bench.do(codes_request(3))
    first, second = bench.said
    assert isinstance(first, NoiseCodes)
    assert isinstance(second, NoiseCodes)
    assert (first.sequence, second.sequence) == (2, 3), "the newest wins"
    np.testing.assert_allclose(first.path, second.path, atol=1e-5)


def test_what_is_begun_is_finished_before_the_newest() -> None:
    bench = Bench(model_of())
    bench.mailbox.put(codes_request(1))
    bench.turn()
    assert not bench.said, "the first piece is small"
    for sequence in (2, 3, 4):
        bench.mailbox.put(codes_request(sequence))
    bench.do()
    assert [codes.sequence for codes in bench.said if isinstance(codes, NoiseCodes)] == [1, 4]


def test_arrows_lead_from_the_corrupted_to_the_denoised() -> None:
    model = model_of()
    bench = Bench(model)
    request = field_request()
    bench.do(request)
    parts = [part for part in bench.said if isinstance(part, NoiseField)]
    assert [part.complete for part in parts] == [False] * (len(parts) - 1) + [True]
    corrupted = field_images(PIXELS[request.indices], request.indices, STEPS)
    starts = encode(model.network, corrupted, CPU)[0]
    with torch.inference_mode():
        denoised = model.network.decode_mean(torch.from_numpy(starts))
        ends = model.network.encode(denoised)[0].numpy()
    np.testing.assert_allclose(np.concatenate([p.starts for p in parts]), starts, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([p.ends for p in parts]), ends, atol=1e-5)


def test_training_goes_on_with_what_it_was() -> None:
    model = model_of()
    model.network.train()
    Bench(model).do(codes_request(), field_request())
    assert model.network.training


def test_a_field_comes_in_parts_and_a_newer_one_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latentlab.features.noise_map.work.REPORT_EVERY_S", 0.0)
    bench = Bench(model_of())
    bench.mailbox.put(field_request(1))
    bench.turn()
    bench.do(field_request(2, count=4))
    first, second = bench.said
    assert isinstance(first, NoiseField)
    assert isinstance(second, NoiseField)
    assert (first.sequence, first.complete) == (1, False)
    assert 0 < len(first.starts) < 60
    assert (second.sequence, second.complete, len(second.starts)) == (2, True, 4)


def test_an_empty_field_is_complete() -> None:
    bench = Bench(model_of())
    bench.do(field_request(count=0))
    (field,) = bench.said
    assert isinstance(field, NoiseField)
    assert field.complete
    assert field.starts.shape == field.ends.shape == (0, 2)


def test_a_closed_model_is_not_asked() -> None:
    for bench in (Bench(model_of(2)), Bench(None)):
        bench.do(codes_request(epoch=1), field_request(epoch=1))
        assert not bench.said
        assert bench.mailbox.is_empty()


def test_another_model_ends_what_is_begun() -> None:
    bench = Bench(model_of(1))
    bench.mailbox.put(codes_request())
    bench.mailbox.put(field_request())
    bench.turn()
    bench.model = model_of(2)
    bench.do()
    assert not bench.said


def test_beside_training_it_gets_its_turn_and_the_grid_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latentlab.training.threads._PROBE_S", 0.0)
    mailbox, said = Mailbox(), list[Result]()
    engine = Engine(mailbox, said.append, NullTracer())
    spec = TrainSpec(hidden=(8,), epochs=1000, batch_size=20, held_out=0.1)
    mailbox.put_command(UseDataCommand(DATA))
    mailbox.put_command(TrainCommand(spec, tmp_path / "run", "noise"))
    keys = np.zeros((1, 2), np.int64)

    def count(kind: type[Result]) -> int:
        return sum(isinstance(result, kind) for result in said)

    while not count(TrainProgress):
        engine.turn()
    for sequence in range(1, 4000):
        engine.turn()
        # The grid wants something all the time.
        mailbox.put(TilesRequest(1, sequence, 0, keys, np.zeros((1, 2), np.float32)))
        if sequence == 5:
            mailbox.put(field_request())
            mailbox.put(codes_request())
        has_field = any(isinstance(r, NoiseField) and r.complete for r in said)
        if has_field and count(NoiseCodes) and count(TilesDecoded) > 2:
            break
    else:
        raise AssertionError("something starves")
    assert any(isinstance(r, TrainStatusChanged) and r.status == "running" for r in said)
    engine.close()
