from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from latentlab.base.errors import ModelFileError
from latentlab.base.resources import resource
from latentlab.latent.tiles import tile_shape
from latentlab.models.model_file import read_model_file
from latentlab.workspace.preview import Preview, read_preview, write_preview

RNG = np.random.default_rng(0)
KEYS = np.array([[-3, 2], [0, 0]], np.int64)
PREVIEW = Preview(
    codes=RNG.normal(size=(20, 2)).astype(np.float32),
    reference=np.linspace(0, 1, 5, dtype=np.float32),
    tiles=(
        (0, KEYS, RNG.integers(0, 256, (2, 4, 4, 1), np.uint8)),
        (1, KEYS * 2, RNG.integers(0, 256, (2, 4, 4, 1), np.uint8)),
    ),
    first_z=np.array([0.5, -0.5], np.float32),
)


def test_a_map_is_read_back(tmp_path: Path) -> None:
    write_preview(tmp_path / "p.npz", PREVIEW)
    found = read_preview(tmp_path / "p.npz")
    for name in ("codes", "reference", "first_z"):
        now, before = getattr(found, name), getattr(PREVIEW, name)
        np.testing.assert_array_equal(now, before)
        assert now.dtype == np.float32
    assert [level for level, _, _ in found.tiles] == [0, 1]
    for (_, keys, images), (_, old_keys, old_images) in zip(
        found.tiles, PREVIEW.tiles, strict=True
    ):
        np.testing.assert_array_equal(keys, old_keys)
        np.testing.assert_array_equal(images, old_images)
        assert keys.dtype == np.int64


def test_the_bundled_map_fits_its_model_and_its_data() -> None:
    folder = resource("models", "digits-vae")
    preview = read_preview(folder / "preview.npz")
    document = read_model_file(folder / "model.safetensors").document
    assert preview.codes.shape == (10_000, document.latent_dim)
    assert np.isfinite(preview.codes).all()
    assert preview.first_z.shape == (document.latent_dim,)
    assert (np.diff(preview.reference) >= 0).all()
    assert preview.tiles
    levels = [level for level, _, _ in preview.tiles]
    assert levels == sorted(levels), "coarse first"
    for _, keys, images in preview.tiles:
        assert images.shape == (len(keys), *tile_shape(document.input_shape))
        assert len(np.unique(keys, axis=0)) == len(keys)


def content(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def single_array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, PREVIEW.codes)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"no archive",
        b"PK\x03\x04" + bytes(50),
        single_array(),
        content(codes=PREVIEW.codes),
        content(
            levels=np.array([0]),
            codes=PREVIEW.codes,
            reference=PREVIEW.reference,
            first_z=PREVIEW.first_z,
        ),
        content(levels=np.array(3)),
        content(levels=np.array([object()])),
    ],
)
def test_a_damaged_map_is_a_sentence(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "p.npz").write_bytes(damaged)
    with pytest.raises(ModelFileError, match="install LatentLab again"):
        read_preview(tmp_path / "p.npz")


def test_a_missing_map_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="install LatentLab again"):
        read_preview(tmp_path / "missing.npz")


def test_a_map_that_was_cut_short_or_changed_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    write_preview(path, PREVIEW)
    good = path.read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(150):
        bad = bytearray(good[: int(rng.integers(1, len(good) + 1))])
        bad[int(rng.integers(0, len(bad)))] ^= int(rng.integers(1, 256))
        path.write_bytes(bad)
        try:
            read_preview(path)
        except ModelFileError:
            refused += 1
    assert refused > 100
