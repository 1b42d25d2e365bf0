from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import NUM_IMAGES, Refused, Shell
from PIL import Image

import latentlab
from latentlab.cli import decode as decode_module
from latentlab.cli.pictures import as_uint8
from latentlab.data.catalog import open_data
from latentlab.models.prior_samples import sample_prior

CODES = np.array([[0.5, -1.0, 0.0], [2.0, 0.25, -0.125]], np.float32)


def picture(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def expected(vae: Path) -> Any:
    """What the model makes of CODES, uint8 (2, 8, 7, 1)."""
    return np.round(latentlab.open_model(vae).decode(CODES) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    "text", ["0.5,-1,0", " 0.5, -1.0, 0 ", "[0.5 -1.0 0.0]", "5e-1;-1;0", "+.5 −1 0"]
)
def test_one_code_is_one_picture(
    text: str, vae: Path, expected: Any, tmp_path: Path, shell: Shell
) -> None:
    out = tmp_path / "out.png"
    answer = shell("decode", vae, "--z", text, "-o", out)
    assert answer.code == 0
    assert answer.out == f"{out}\n"
    assert answer.err == ""
    np.testing.assert_array_equal(picture(out), expected[0, :, :, 0])


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("variational", "standard normal prior"),
        ("rae", "Gaussians fitted to the training codes"),
        ("undercomplete", "Gaussian fitted to the training codes"),
    ],
)
def test_random_codes_of_the_own_prior(
    objective: str,
    words: str,
    trained: Callable[[str], Path],
    tmp_path: Path,
    shell: Shell,
) -> None:
    run, out = trained(objective), tmp_path / "samples.npz"
    answer = shell("decode", run, "--prior", 400, "--seed", 5, "-o", out, "--json")
    assert answer.json["num_images"] == 400
    assert words in answer.json["prior"] and answer.json["seed"] == 5
    model = latentlab.open_model(run)
    with np.load(out) as file:
        z, images = file["z"], file["images"]
    expected = sample_prior(model.document, model.prior, 400, 5)
    np.testing.assert_array_equal(z, expected)
    np.testing.assert_array_equal(images, np.round(model.decode(z) * 255).astype(np.uint8))
    if model.prior is not None:
        spread = model.prior.log_prob(z)
        assert spread.mean() == pytest.approx(
            model.prior.log_prob(model.prior.sample(5000, 1)).mean(), abs=0.3
        )
    again = shell("decode", run, "--prior", 400, "--seed", 5, "-o", tmp_path / "b.npz")
    assert words in again.err


def test_a_code_may_begin_with_a_minus(vae: Path, tmp_path: Path, shell: Shell) -> None:
    for name, words in (("a.png", ["--z", "-1,2,0"]), ("b.png", ["--z=-1,2,0"])):
        assert shell("decode", vae, *words, "-o", tmp_path / name).code == 0
    np.testing.assert_array_equal(picture(tmp_path / "a.png"), picture(tmp_path / "b.png"))


def test_a_picture_carries_no_metadata(vae: Path, tmp_path: Path, shell: Shell) -> None:
    assert shell("decode", vae, "--z", "0,0,0", "-o", tmp_path / "out.png").code == 0
    with Image.open(tmp_path / "out.png") as image:
        assert image.info == {}
        assert image.mode == "L"


def _npz(path: Path) -> None:
    np.savez(path, z=CODES, other=np.zeros(3))


def _npy(path: Path) -> None:
    np.save(path, CODES.astype(np.float64))


def _csv(path: Path) -> None:
    path.write_text("z_0,z_1,z_2\n0.5,-1,0\n2,0.25,-0.125\n")


def _other_order(path: Path) -> None:
    path.write_bytes('\ufeffname, z_2 ,"z_0",z_1\r\nx,0,0.5,-1\r\n"y",-0.125,2,0.25\r\n'.encode())


def _without_header(path: Path) -> None:
    path.write_text("0.5,-1,0\n2,0.25,-0.125\n")


@pytest.mark.parametrize("save", [_npz, _npy, _csv, _other_order, _without_header])
def test_many_codes_from_a_file(
    save: Callable[[Path], None], vae: Path, expected: Any, tmp_path: Path, shell: Shell
) -> None:
    path = tmp_path / {"_npz": "c.npz", "_npy": "c.npy"}.get(save.__name__, "c.csv")
    save(path)
    found = shell("decode", vae, "--codes", path, "-o", tmp_path / "out.npz", "--json").json
    assert found == {
        "out": str(tmp_path / "out.npz"),
        "num_images": 2,
        "image_shape": [8, 7, 1],
        "prior": None,
        "seed": None,
    }
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_array_equal(file["images"], expected)
        assert file["images"].dtype == np.uint8
        np.testing.assert_array_equal(file["z"], CODES)
    assert shell("decode", vae, "--codes", path, "-o", tmp_path / "pictures").code == 0
    names = sorted(p.name for p in (tmp_path / "pictures").iterdir())
    assert names == ["0.png", "1.png"]
    for name, image in zip(names, expected, strict=True):
        np.testing.assert_array_equal(picture(tmp_path / "pictures" / name), image[..., 0])


def test_a_single_row_is_one_code(vae: Path, expected: Any, tmp_path: Path, shell: Shell) -> None:
    np.savez(tmp_path / "one.npz", z=CODES[1])
    out = tmp_path / "one.png"
    assert shell("decode", vae, "--codes", tmp_path / "one.npz", "-o", out).code == 0
    np.testing.assert_array_equal(picture(out), expected[1, :, :, 0])


@pytest.mark.parametrize("ending", ["npz", "csv"])
@pytest.mark.parametrize("objective", ["variational", "sparse-topk", "pca"])
def test_encoded_and_decoded_is_reconstructed(
    objective: str,
    ending: str,
    trained: Callable[[str], Path],
    blobs: Path,
    tmp_path: Path,
    shell: Shell,
) -> None:
    run, codes = trained(objective), tmp_path / f"codes.{ending}"
    assert shell("encode", run, blobs, "-o", codes).code == 0
    assert shell("decode", run, "--codes", codes, "-o", tmp_path / "back.npz").code == 0
    wanted = latentlab.open_model(run).reconstruct(np.load(blobs)["x"])
    with np.load(tmp_path / "back.npz") as file:
        np.testing.assert_array_equal(file["images"], as_uint8(wanted))
    assert len(open_data(tmp_path / "back.npz")) == NUM_IMAGES, "it is a data set again"


def test_many_codes_are_decoded_in_parts(
    vae: Path,
    expected: Any,
    tmp_path: Path,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _npz(tmp_path / "c.npz")
    monkeypatch.setattr(decode_module, "_CHUNK_VALUES", 1)
    words = ("decode", vae, "--codes", tmp_path / "c.npz", "-o")
    assert shell(*words, tmp_path / "out.npz").code == 0
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_allclose(file["images"].astype(int), expected, atol=1)


def test_pictures_are_named_in_their_order_and_stay_in_their_folder(
    vae: Path, tmp_path: Path, shell: Shell
) -> None:
    z = np.zeros((11, 3), np.float32)
    z[:, 0] = np.linspace(-2, 2, 11)
    np.save(tmp_path / "z.npy", z)
    folder = tmp_path / "a" / "b.v2"
    folder.mkdir(parents=True)
    outside = tmp_path / "precious.png"
    outside.write_text("precious")
    if hasattr(os, "symlink"):
        (folder / "03.png").symlink_to(outside)
    (folder / "mine.txt").write_text("mine")
    assert shell("decode", vae, "--codes", tmp_path / "z.npy", "-o", folder).code == 0
    wanted = [*(f"{number:02d}.png" for number in range(11)), "mine.txt"]
    assert sorted(p.name for p in folder.iterdir()) == wanted
    assert outside.read_text() == "precious"
    images = as_uint8(latentlab.open_model(vae).decode(z))
    np.testing.assert_array_equal(picture(folder / "03.png"), images[3, :, :, 0])
    np.testing.assert_array_equal(picture(folder / "10.png"), images[10, :, :, 0])


def test_a_new_folder_is_made_with_those_above_it(vae: Path, tmp_path: Path, shell: Shell) -> None:
    assert shell("decode", vae, "--z", "0,0,0", "-o", tmp_path / "new" / "er").code == 0
    assert (tmp_path / "new" / "er" / "0.png").exists()


WRONG = {
    "no code": (["-o", "x.png"], "either --z"),
    "two kinds of codes": (["--z", "1,2,3", "--codes", "c.npz", "-o", "x.png"], "either --z"),
    "no destination": (["--z", "1,2,3"], "--out"),
    "no number": (["--z", "a,b,c", "-o", "x.png"], "Type numbers"),
    "nothing": (["--z", "", "-o", "x.png"], "Type numbers"),
    "not a number": (["--z", "nan,0,0", "-o", "x.png"], "Type numbers"),
    "infinite": (["--z", "inf,0,0", "-o", "x.png"], "Type numbers"),
    "too far": (["--z", "1e9,0,0", "-o", "x.png"], "between"),
    "too few": (["--z", "1,2", "-o", "x.png"], "has 3 numbers; there are 2"),
    "too many": (["--z", "1,2,3,4", "-o", "x.png"], "has 3 numbers; there are 4"),
    "no codes file": (["--codes", "nothing.npz", "-o", "x.npz"], "no file “nothing.npz”"),
    "codes folder": (["--codes", "folder", "-o", "x.npz"], "no file “folder”"),
    "long name": (["--codes", "x" * 5000, "-o", "x.npz"], "There is no file"),
    "wrong ending": (["--z", "1,2,3", "-o", "x.jpg"], "must end with .png or .npz"),
    "a folder named png": (["--z", "1,2,3", "-o", "folder.png"], "is a folder"),
    "no folder": (["--z", "1,2,3", "-o", "nowhere/x.png"], "There is no folder “nowhere”"),
    "a file for a folder": (["--z", "1,2,3", "-o", "file"], "“file” is not a folder"),
    "below a file": (["--z", "1,2,3", "-o", "file/folder"], "file” is not a folder"),
    "many for one": (["--codes", "c.npz", "-o", "x.png"], "there are 2 codes"),
    "unknown device": (["--z", "1,2,3", "-o", "x.png", "--device", "abacus"], "abacus"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_sentence(
    name: str, vae: Path, tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "folder.png"):
        Path(folder).mkdir()
    Path("file").touch()
    _npz(Path("c.npz"))
    before = sorted(p.name for p in tmp_path.iterdir())
    words, expected = WRONG[name]
    assert expected in refused("decode", vae, *words)
    assert sorted(p.name for p in tmp_path.iterdir()) == before, "nothing was written"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_is_not_replaced(vae: Path, refused: Refused) -> None:
    assert "is not a folder" in refused("decode", vae, "--z", "0,0,0", "-o", "/dev/null")
    assert not Path("/dev/null").is_file()


def as_npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def as_npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _claiming(shape: str) -> bytes:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117)
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header + b"\n"


NO_CODES = {
    "without z": (as_npz(a=np.zeros((2, 3))), "holds no codes"),
    "objects": (as_npz(z=np.array([[{}, 1, 2]], object)), "Python objects"),
    "npy objects": (as_npy(np.array([[{}, 1, 2]], object)), "Python objects"),
    "pickle": (pickle.dumps({"z": [[1, 2, 3]]}), "Python objects"),
    "another length": (as_npz(z=np.zeros((2, 2))), "has 3 numbers; those in “c” have 2"),
    "NaN": (as_npz(z=np.array([[0, 0, np.nan]])), "not finite"),
    "too large for float32": (as_npz(z=np.array([[0, 0, 1e300]])), "not finite"),
    "too far out": (as_npz(z=np.array([[3e38, -3e38, 3e38]])), "too far out"),
    "no rows": (as_npz(z=np.zeros((0, 3))), "holds no codes"),
    "three dimensions": (as_npz(z=np.zeros((1, 1, 3))), "holds no codes"),
    "no dimension": (as_npz(z=np.float64(3)), "holds no codes"),
    "text": (as_npz(z=np.array([["1", "2", "3"]])), "holds no codes"),
    "complex": (as_npz(z=np.array([[1j, 2, 3]])), "holds no codes"),
    "booleans": (as_npz(z=np.array([[True, False, True]])), "holds no codes"),
    "cut npz": (as_npz(z=np.zeros((9, 3)))[:100], "cannot be read"),
    "cut npy": (as_npy(np.zeros((9, 3)))[:150], "cannot be read"),
    "claims too much": (_claiming("(1000000000000, 3)"), "cannot be read"),
    "claims nonsense": (_claiming("(-1, 3)"), "“c”"),
    "empty": (b"", "holds no codes"),
    "csv nonsense": (b'hello\nworld,1\n"', "holds no codes"),
    "csv of zeros": (bytes(500), "holds no codes"),
    "csv without z": (b"a,b,c\n1,2,3\n", "holds no codes"),
    "csv header alone": (b"z_0,z_1,z_2\n", "holds no codes"),
    "csv with a gap": (b"z_0,z_1,z_3\n1,2,3\n", "holds no codes"),
    "csv with a double": (b"z_0,z_1,z_1\n1,2,3\n", "holds no codes"),
    "csv ragged": (b"z_0,z_1,z_2\n1,2,3\n4,5\n", "cannot be read"),
    "csv with a word": (b"z_0,z_1,z_2\n1,2,three\n", "cannot be read"),
    "csv with NaN": (b"z_0,z_1,z_2\n1,2,nan\n", "not finite"),
    "csv of bytes": (b"z_0,z_1,z_2\n1,2,\xff\n", "cannot be read"),
    "csv with a long field": (b"z_0," + b"x" * 200_000 + b"\n1,2\n", "cannot be read"),
}


@pytest.mark.parametrize("name", NO_CODES)
def test_files_that_hold_no_codes(name: str, vae: Path, tmp_path: Path, refused: Refused) -> None:
    content, expected = NO_CODES[name]
    (tmp_path / "c").write_bytes(content)
    said = refused("decode", vae, "--codes", tmp_path / "c", "-o", tmp_path / "x.npz")
    assert expected in said
    assert not (tmp_path / "x.npz").exists()


def test_nothing_in_a_file_of_codes_is_executed(
    vae: Path, tmp_path: Path, refused: Refused
) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "sprung",)

    (tmp_path / "trap.npy").write_bytes(as_npy(np.array([Trap()], object)))
    (tmp_path / "trap.pkl").write_bytes(pickle.dumps(Trap()))
    for name in ("trap.npy", "trap.pkl"):
        refused("decode", vae, "--codes", tmp_path / name, "-o", tmp_path / "x.npz")
        refused("evaluate", tmp_path / name, code=1)
        refused("data", "info", tmp_path / name)
    assert not (tmp_path / "sprung").exists()
