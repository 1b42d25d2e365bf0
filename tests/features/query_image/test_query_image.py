"""A picture from outside of the data, in the engine: decoded, encoded, and kept up to date."""

from __future__ import annotations

import os
import sys
import threading
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image

from latentlab.base.bundled import model_path
from latentlab.base.trace import NullTracer
from latentlab.data.pictures.decode_process import DecodeProcess
from latentlab.engine.cursor_messages import (
    Decoded,
    DecodeRequest,
    EncodePictureCommand,
    ForgetPictureCommand,
    PictureEncoded,
)
from latentlab.engine.engine import Engine
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import (
    Command,
    Failed,
    ModelOpened,
    OpenModelCommand,
    Result,
    SaveModelCommand,
    UseDataCommand,
)
from latentlab.engine.training_messages import TrainCommand, TrainControlCommand, TrainStatusChanged
from latentlab.features.query_image import query as brought_picture
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec

R = TypeVar("R", bound=Result)


class Bench:
    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.said: list[Result] = []
        self.engine = Engine(self.mailbox, self.said.append, NullTracer())

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.mailbox.put_command(command)
        while self.engine.turn():
            pass

    def last(self, kind: type[R]) -> R:
        return [result for result in self.said if isinstance(result, kind)][-1]

    @property
    def encoded(self) -> list[PictureEncoded]:
        return [result for result in self.said if isinstance(result, PictureEncoded)]

    @property
    def failures(self) -> list[str]:
        return [result.sentence for result in self.said if isinstance(result, Failed)]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("latentlab.training.threads._PROBE_S", 0.0)
    return Bench()


@pytest.fixture
def opened(bench: Bench) -> Bench:
    bench.do(OpenModelCommand("digits-vae"))
    return bench


def colour_picture(width: int = 60, height: int = 40) -> bytes:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = (255, 0, 0)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_bytes_are_decoded_in_the_shape_of_the_model_and_encoded(opened: Bench) -> None:
    opened.do(EncodePictureCommand("red", colour_picture()))
    (found,) = opened.encoded
    assert (found.name, found.source, found.is_new) == ("red", None, True)
    assert (found.source_size, found.source_mode) == ((60, 40), "RGB")
    assert found.picture.shape == found.image.shape == (28, 28, 1)
    assert found.picture[14, 2, 0] == 0 and found.picture[14, 25, 0] == 76
    assert found.z.shape == (2,) and np.isfinite(found.z).all() and found.recon_loss > 0


def test_a_file_is_read_and_named(opened: Bench, tmp_path: Path) -> None:
    path = tmp_path / "a red one.png"
    path.write_bytes(colour_picture())
    opened.do(EncodePictureCommand(path.name, path))
    (found,) = opened.encoded
    assert found.source == path
    opened.do(EncodePictureCommand("red", colour_picture()))
    np.testing.assert_array_equal(opened.encoded[1].z, found.z)


def test_a_picture_of_the_data_gets_its_own_code(opened: Bench, few_digits: ImageSet) -> None:
    file = BytesIO()
    Image.fromarray(few_digits.images[3, :, :, 0]).save(file, "PNG")
    opened.do(EncodePictureCommand("digit", file.getvalue()))
    np.testing.assert_array_equal(opened.encoded[0].picture, few_digits.images[3])


def test_without_a_model_it_is_refused(bench: Bench) -> None:
    bench.do(EncodePictureCommand("red", colour_picture()))
    assert not bench.encoded
    assert "Open a model first" in bench.failures[0]


@pytest.mark.parametrize("content", [b"", b"no picture", colour_picture()[:80]])
def test_what_is_no_picture_is_refused_and_leaves_the_one_before(
    opened: Bench, content: bytes
) -> None:
    opened.do(EncodePictureCommand("red", colour_picture()))
    opened.do(EncodePictureCommand("bad.png", content))
    assert "“bad.png” cannot be shown" in opened.failures[0]
    opened.do(OpenModelCommand("digits-vae"))
    assert [found.name for found in opened.encoded] == ["red", "red"]


def test_missing_folders_and_pipes_are_refused(opened: Bench, tmp_path: Path) -> None:
    paths = [tmp_path / "missing.png", tmp_path]
    if sys.platform != "win32":
        paths.append(tmp_path / "pipe.png")
        os.mkfifo(paths[-1])
    for path in paths:
        opened.do(EncodePictureCommand(path.name, path))
    assert len(opened.failures) == len(paths)
    assert not opened.encoded


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    opened: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(colour_picture())
    monkeypatch.setattr(brought_picture, "MAX_FILE_BYTES", 10)
    opened.do(EncodePictureCommand(path.name, path))
    assert "too much" in opened.failures[0]


def test_another_model_sees_it_anew(opened: Bench, tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(model_path("digits-vae").read_bytes())
    opened.do(EncodePictureCommand("red", colour_picture()))
    opened.do(OpenModelCommand(str(copy)))
    first, second = opened.encoded
    assert (first.is_new, second.is_new) == (True, False)
    assert second.session_epoch == first.session_epoch + 1
    np.testing.assert_array_equal(first.z, second.z)


def test_it_follows_the_training_of_a_model_of_another_shape(
    opened: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brought_picture, "_AGAIN_EVERY_S", 0.0)
    pixels = np.random.default_rng(0).integers(0, 256, (60, 6, 5, 3), np.uint8)
    spec = TrainSpec(network="mlp", hidden=(8,), epochs=4000, batch_size=20, held_out=0.1)
    opened.do(EncodePictureCommand("red", colour_picture()))
    opened.do(UseDataCommand(ImageSet("noise", "Noise", pixels)))
    opened.mailbox.put_command(TrainCommand(spec, tmp_path / "r", "r"))
    while sum(found.picture.shape == (6, 5, 3) for found in opened.encoded) < 4:
        opened.engine.turn()
    opened.do(TrainControlCommand("stop"))
    later = [found for found in opened.encoded if found.picture.shape == (6, 5, 3)]
    versions = [found.weights_version for found in later]
    assert len(set(versions)) == len(versions) > 2
    last = max(i for i, result in enumerate(opened.said) if isinstance(result, TrainStatusChanged))
    assert isinstance(opened.said[last], TrainStatusChanged)
    assert any(isinstance(result, PictureEncoded) for result in opened.said[last:]), (
        "the best weights that are kept in the end show it too"
    )


def test_what_is_forgotten_does_not_come_back(opened: Bench) -> None:
    opened.do(EncodePictureCommand("red", colour_picture()))
    opened.do(ForgetPictureCommand())
    opened.do(OpenModelCommand("digits-vae"))
    assert len(opened.encoded) == 1
    opened.do(EncodePictureCommand("red", colour_picture()), ForgetPictureCommand())
    assert len(opened.encoded) == 1, "what is still being read is forgotten as well"


def test_of_two_pictures_the_newer_is_shown(opened: Bench) -> None:
    opened.do(*(EncodePictureCommand(name, colour_picture()) for name in ("first", "second")))
    assert [found.name for found in opened.encoded] == ["second"]


class Stuck:
    """Decoding that does not end by itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        monkeypatch.setattr(DecodeProcess, "ask", self._ask)
        monkeypatch.setattr(DecodeProcess, "close", self._close)

    def _ask(self, order: object) -> None:
        self.begun.set()
        assert self.ended.wait(30.0)

    def _close(self) -> None:
        self.ended.set()


def test_while_a_picture_is_decoded_everything_else_goes_on(
    opened: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = Stuck(monkeypatch)
    opened.mailbox.put_command(EncodePictureCommand("large", colour_picture()))
    while not stuck.begun.is_set():
        assert opened.engine.turn(), "it looks again"
    epoch = opened.last(ModelOpened).session_epoch
    opened.mailbox.put(DecodeRequest(epoch, 1, np.zeros(2, np.float32), 0.0, True))
    opened.engine.turn()
    assert opened.last(Decoded).sequence == 1
    path = tmp_path / "kept.safetensors"
    opened.mailbox.put_command(SaveModelCommand(path))
    while not path.exists():
        opened.engine.turn()
    assert not stuck.ended.is_set()
    opened.engine.close()
    assert stuck.ended.is_set(), "nobody waits for the picture at the end"
    assert not opened.encoded and not opened.failures
