from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import LABELS, NUM_IMAGES, Refused, Shell, pictures_of

import latentlab
from latentlab.images.image_set import held_out_indices
from latentlab.models.family.objectives import OBJECTIVES

HAS_PYARROW = importlib.util.find_spec("pyarrow") is not None


@pytest.fixture
def pixels(blobs: Path) -> Any:
    return np.load(blobs)["x"]


@pytest.mark.parametrize("objective", ["variational", "sparse-l1", "pca"])
def test_an_npz_has_the_codes_of_the_model(
    objective: str,
    trained: Callable[[str], Path],
    blobs: Path,
    pixels: Any,
    tmp_path: Path,
    shell: Shell,
) -> None:
    out = tmp_path / "codes.npz"
    answer = shell("encode", trained(objective), blobs, "-o", out)
    assert answer.code == 0
    assert answer.out == f"{out}\n"
    with np.load(out, allow_pickle=False) as file:
        found = dict(file)
    mu, logvar = latentlab.open_model(trained(objective)).posterior(pixels)
    names = {"z", "labels", "indices"}
    if OBJECTIVES[objective].probabilistic:
        names |= {"mu", "logvar"}
        np.testing.assert_array_equal(found["mu"], mu)
        np.testing.assert_array_equal(found["logvar"], logvar)
    assert set(found) == names
    np.testing.assert_array_equal(found["z"], mu)
    assert found["z"].dtype == np.float32
    np.testing.assert_array_equal(found["labels"], np.array(LABELS)[np.arange(NUM_IMAGES) % 3])
    np.testing.assert_array_equal(found["indices"], np.arange(NUM_IMAGES))


def test_a_part_of_the_images(
    vae: Path, blobs: Path, pixels: Any, tmp_path: Path, shell: Shell
) -> None:
    out = tmp_path / "codes.npz"
    found = shell("encode", vae, blobs, "--out", out, "--split", "held-out", "--json").json
    assert found == {
        "out": str(out),
        "num_images": 16,
        "latent_dim": 3,
        "arrays": ["z", "mu", "logvar", "labels", "indices"],
    }
    held_out = held_out_indices(NUM_IMAGES, 0.1)
    with np.load(out) as file:
        np.testing.assert_array_equal(file["indices"], held_out)
        np.testing.assert_array_equal(file["labels"], np.array(LABELS)[held_out % 3])
        codes = latentlab.open_model(vae).encode(pixels[held_out])
        np.testing.assert_array_equal(file["z"], codes)


def test_a_csv_is_exact_and_numpy_can_read_it(
    vae: Path, blobs: Path, pixels: Any, tmp_path: Path, shell: Shell
) -> None:
    out = tmp_path / "codes.CSV"
    assert shell("encode", vae, blobs, "-o", out).code == 0
    header = out.read_text().split("\n")[0]
    names = [f"{name}_{i}" for name in ("z", "mu", "logvar") for i in range(3)]
    assert header == ",".join([*names, "label", "index"])
    mu, logvar = latentlab.open_model(vae).posterior(pixels)
    assert logvar is not None
    plain = np.loadtxt(out, delimiter=",", skiprows=1)
    np.testing.assert_array_equal(plain[:, :3].astype(np.float32), mu)
    named = np.genfromtxt(out, delimiter=",", names=True)
    np.testing.assert_array_equal(named["logvar_2"].astype(np.float32), logvar[:, 2])
    np.testing.assert_array_equal(named["label"], np.array(LABELS)[np.arange(NUM_IMAGES) % 3])


def test_pandas_can_read_a_csv(
    vae: Path, blobs: Path, pixels: Any, tmp_path: Path, shell: Shell
) -> None:
    pandas = pytest.importorskip("pandas")
    out = tmp_path / "codes.csv"
    assert shell("encode", vae, blobs, "-o", out).code == 0
    table = pandas.read_csv(out)
    assert table["label"].dtype == np.int64
    codes = table[["z_0", "z_1", "z_2"]].to_numpy().astype(np.float32)
    np.testing.assert_array_equal(codes, latentlab.open_model(vae).encode(pixels))


def test_float32_survives_nine_digits(tmp_path: Path) -> None:
    from latentlab.cli.code_file import read_codes, write_codes

    bits = np.random.default_rng(0).integers(0, 2**32, 30_000, np.uint32)
    z = bits.view(np.float32)
    z = z[np.isfinite(z)][:20_000].reshape(-1, 2)
    write_codes(tmp_path / "codes.csv", {"z": z})
    np.testing.assert_array_equal(read_codes(tmp_path / "codes.csv", 2), z)


@pytest.mark.skipif(not HAS_PYARROW, reason="needs pyarrow")
def test_a_parquet_table(vae: Path, blobs: Path, pixels: Any, tmp_path: Path, shell: Shell) -> None:
    from pyarrow import parquet

    out = tmp_path / "codes.parquet"
    assert shell("encode", vae, blobs, "-o", out).code == 0
    table = parquet.read_table(out)
    codes = latentlab.open_model(vae).encode(pixels)
    np.testing.assert_array_equal(table["z_1"].to_numpy(), codes[:, 1])
    assert table["label"].to_pylist()[:4] == [3, 7, 9, 3]
    assert shell("decode", vae, "--codes", out, "-o", tmp_path / "x.npz").code == 0


def test_without_pyarrow_a_parquet_file_is_refused(
    vae: Path,
    blobs: Path,
    tmp_path: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyarrow" else find(name)
    )
    said = refused("encode", vae, blobs, "-o", tmp_path / "codes.parquet")
    assert "python -m pip install 'latentlab[parquet]'" in said
    (tmp_path / "codes.parquet").write_bytes(b"PAR1 and more")
    said = refused("decode", vae, "--codes", tmp_path / "codes.parquet", "-o", tmp_path / "x.npz")
    assert "pyarrow" in said


def test_classes_that_are_no_numbers_are_counted_and_named(
    vae: Path, tmp_path: Path, shell: Shell
) -> None:
    labels = np.array(["=cmd()", "cat", "cat", 'a,\n"b'])
    np.savez(tmp_path / "named.npz", x=pictures_of(4, (8, 7, 1)), y=labels)
    out = tmp_path / "codes.npz"
    assert shell("encode", vae, tmp_path / "named.npz", "-o", out).code == 0
    with np.load(out, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["class_names"][file["labels"]], labels)
    table = tmp_path / "codes.csv"
    assert shell("encode", vae, tmp_path / "named.npz", "-o", table).code == 0
    assert "cmd" not in table.read_text(), "no text of others is in a table"
    assert len(table.read_text().splitlines()) == 5


def test_images_without_classes(vae: Path, tmp_path: Path, shell: Shell) -> None:
    np.save(tmp_path / "plain.npy", pictures_of(4, (8, 7, 1)))
    out = tmp_path / "codes.npz"
    assert shell("encode", vae, tmp_path / "plain.npy", "-o", out).code == 0
    with np.load(out) as file:
        assert set(file) == {"z", "mu", "logvar", "indices"}


@pytest.mark.parametrize("labels", [[0, 2**62], [-5, 3], [0, 1]])
def test_classes_that_are_numbers_stay_as_they_are(
    labels: list[int], vae: Path, tmp_path: Path, shell: Shell
) -> None:
    np.savez(tmp_path / "numbers.npz", x=pictures_of(2, (8, 7, 1)), y=np.array(labels))
    out = tmp_path / "codes.npz"
    assert shell("encode", vae, tmp_path / "numbers.npz", "-o", out).code == 0
    with np.load(out) as file:
        assert file["labels"].tolist() == (labels if max(labels) < 2**60 else [0, 1])


def test_an_earlier_file_is_replaced(vae: Path, blobs: Path, tmp_path: Path, shell: Shell) -> None:
    out = tmp_path / "codes.csv"
    out.write_text("old")
    assert shell("encode", vae, blobs, "-o", out).code == 0
    assert out.read_text().startswith("z_0")
    assert [p.name for p in tmp_path.iterdir()] == ["codes.csv"], "no temporary is left"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["RUN"], "“latentlab encode” needs DATA"),
        (["RUN", "DATA"], "--out"),
        (["RUN", "DATA", "-o"], "-o"),
        (["RUN", "DATA", "-o", "codes"], "must end with one of: .npz, .csv, .parquet"),
        (["RUN", "DATA", "-o", "codes.txt"], "must end with one of: .npz, .csv, .parquet"),
        (["RUN", "DATA", "-o", "folder.npz"], "is a folder"),
        (["RUN", "DATA", "-o", "nowhere/codes.npz"], "There is no folder “nowhere”"),
        (["RUN", "DATA", "-o", "file/codes.npz"], "There is no folder “file”"),
        (["RUN", "DATA", "-o", "x" * 300 + ".npz"], "cannot be written"),
        (["RUN", "nothing", "-o", "codes.npz"], "There is no data set or file “nothing”"),
        (["RUN", "digits", "-o", "codes.npz"], "this model takes 7 × 8 grey"),
        (["nothing", "DATA", "-o", "codes.npz"], "There is no run or model “nothing”"),
        (["RUN", "DATA", "-o", "codes.npz", "--split", "some"], "held-out"),
    ],
)
def test_wrong_use_is_one_sentence(
    words: list[str],
    expected: str,
    vae: Path,
    blobs: Path,
    tmp_path: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.npz").mkdir()
    Path("file").touch()
    places: dict[str, object] = {"RUN": vae, "DATA": blobs}
    assert expected in refused("encode", *(places.get(word, word) for word in words))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.npz"]


def test_colour_images_do_not_fit_a_grey_model(vae: Path, tmp_path: Path, refused: Refused) -> None:
    np.savez(tmp_path / "colour.npz", x=pictures_of(4, (8, 7, 3)))
    said = refused("encode", vae, tmp_path / "colour.npz", "-o", tmp_path / "codes.npz")
    assert "“colour” are 7 × 8 colour; this model takes 7 × 8 grey" in said


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that refuses all files")
def test_a_folder_that_refuses_files(vae: Path, blobs: Path, refused: Refused) -> None:
    assert "cannot be written to" in refused("encode", vae, blobs, "-o", "/proc/codes.npz")


def test_a_disk_that_is_full_is_code_1_and_the_old_file_stays(
    vae: Path,
    blobs: Path,
    tmp_path: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from latentlab.base import atomic_write

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "codes.csv").write_text("old")
    monkeypatch.setattr(atomic_write.os, "fsync", full)
    said = refused("encode", vae, blobs, "-o", tmp_path / "codes.csv", code=1)
    assert "No space left on device" in said
    assert (tmp_path / "codes.csv").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["codes.csv"]
