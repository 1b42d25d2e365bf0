from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import Refused, Shell
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import latentlab
from latentlab.data.catalog import open_data
from latentlab.features.variations.measure import equal_pixel_noise, prior_scale, vary_codes
from latentlab.images.contact_sheet import contact_sheet
from latentlab.images.treatment import TreatmentOptions


def pixels_in(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


def test_variations_of_an_image_of_a_data_set(
    vae: Path, blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    out = tmp_path / "new" / "variations"
    words = ("--data", blobs, "--index", 12, "-n", 10, "--sigma", 1.5, "--seed", 3)
    found = shell("vary", vae, *words, "-o", out, "--json").json
    numbers = [f"{i}.png" for i in range(10)]
    assert sorted(p.name for p in out.iterdir()) == [*numbers, "pixels.png", "sheet.png"]

    model = latentlab.open_model(vae)
    mu, logvar = model.posterior(np.load(blobs)["x"][12:13])
    assert logvar is not None
    codes = vary_codes(mu[0], np.exp(logvar[0] / 2), 1.5, 10, 3)
    drawn, (centre,) = model.decode(codes), model.decode(mu)
    for i in range(10):
        np.testing.assert_allclose(pixels_in(out / f"{i}.png"), drawn[i, ..., 0] * 255, atol=0.6)
    sheet, noisy = (
        contact_sheet(drawn),
        contact_sheet(equal_pixel_noise(centre, drawn, 3)),
    )
    for name, expected in (("sheet", sheet), ("pixels", noisy)):
        np.testing.assert_allclose(
            pixels_in(out / f"{name}.png").astype(int), expected[..., 0].astype(int), atol=1
        )
    change = ((drawn.astype(float) - centre) ** 2).mean()
    assert found.pop("mean_squared_change") == pytest.approx(change, rel=1e-3)
    np.testing.assert_allclose(found.pop("z"), mu[0], rtol=1e-5)
    np.testing.assert_allclose(found.pop("scale"), np.exp(logvar[0] / 2), rtol=1e-5)
    assert found == {
        "out": str(out),
        "num_images": 10,
        "noise": "posterior",
        "sigma": 1.5,
        "seed": 3,
    }


def test_the_kinds_of_noise(
    trained: Callable[[str], Path], blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    for objective in ("variational", "undercomplete"):
        run = trained(objective)
        words = ("vary", run, "--index", 0, "-n", 2, "-o", tmp_path / "x", "--overwrite", "--json")
        model = latentlab.open_model(run)
        assert shell(*words, "--noise", "isotropic").json["scale"] == [1.0] * 3
        prior = shell(*words, "--noise", "prior").json
        np.testing.assert_allclose(prior["scale"], prior_scale(model.prior, 3))
        usual = shell(*words).json
        assert usual["sigma"] == 1
        assert usual["noise"] == ("prior" if objective == "undercomplete" else "posterior")
    # The density of this one was fitted to its codes, so it is about as wide as they are.
    codes = latentlab.open_model(run).encode(np.load(blobs)["x"])
    np.testing.assert_allclose(prior["scale"], codes.std(0), rtol=0.15)


def test_no_noise_is_the_decoded_image(
    vae: Path, blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    words = ("--data", blobs, "--index", 5, "-n", 3, "--sigma", 0, "-o", tmp_path / "x")
    assert shell("vary", vae, *words).out == f"{tmp_path / 'x'}\n"
    drawn = latentlab.open_model(vae).reconstruct(np.load(blobs)["x"][5:6])[0, ..., 0]
    for i in range(3):
        np.testing.assert_allclose(pixels_in(tmp_path / "x" / f"{i}.png"), drawn * 255, atol=0.6)
    sheet, noisy = (pixels_in(tmp_path / "x" / f"{name}.png") for name in ("sheet", "pixels"))
    np.testing.assert_array_equal(sheet, noisy)


def test_nothing_is_replaced_unasked(
    vae: Path, tmp_path: Path, shell: Shell, refused: Refused
) -> None:
    album = tmp_path / "album"
    album.mkdir()
    for name in ("0.png", "1.png"):
        Image.fromarray(np.zeros((8, 7), np.uint8)).save(album / name)
    before = (album / "0.png").read_bytes()
    picture = album / "0.png"
    words = ("vary", vae, "--data", album, "--index", 0, "-n", 2, "-o")
    for more in ((), ("--overwrite",)):
        assert "would be replaced" in refused("vary", vae, picture, "-n", 2, "-o", album, *more)
        assert "would be replaced" in refused(*words, album, *more)
    assert "lies within" in refused(*words, album / "more")
    other = tmp_path / "other"
    other.mkdir()
    (other / "sheet.png").write_text("mine")
    assert "--overwrite" in refused("vary", vae, picture, "-n", 2, "-o", other)
    assert (other / "sheet.png").read_text() == "mine"
    assert not (other / "0.png").exists()
    shell("vary", vae, picture, "-n", 2, "-o", other, "--overwrite")
    assert (other / "sheet.png").read_bytes()[:4] == b"\x89PNG"
    assert picture.read_bytes() == before
    assert "empty" in refused("vary", vae, picture, "-n", 2, "-o", "")


def test_a_picture_file(vae: Path, tmp_path: Path, shell: Shell) -> None:
    """It gets the size and the colours that the model takes; what else is in it stays there."""
    pixels = np.zeros((8, 7, 1), np.uint8)
    pixels[2:5, 1:4] = 200
    large = pixels.repeat(32, 0).repeat(32, 1).repeat(3, 2)
    about = PngInfo()
    about.add_text("Comment", "SECRET")
    Image.fromarray(large).save(tmp_path / "picture.png", pnginfo=about)
    words = ("-n", 4, "-o", tmp_path / "x", "--overwrite", "--json")
    found = shell("vary", vae, tmp_path / "picture.png", *words).json
    # Made smaller in the way that pictures of a data set are, with soft edges.
    images = open_data(tmp_path / "picture.png", TreatmentOptions(7, 8, "grey")).images
    assert abs(np.asarray(images).astype(int) - pixels).max() < 40
    code = latentlab.open_model(vae).encode(images)[0]
    np.testing.assert_allclose(found["z"], code, rtol=1e-5, atol=1e-6)
    for path in (tmp_path / "x").iterdir():
        assert b"SECRET" not in path.read_bytes()
        with Image.open(path) as image:
            assert image.info == {}


WRONG = {
    "no image": (["RUN"], "“latentlab vary” needs IMAGE"),
    "data alone": (["RUN", "--data", "DATA"], "needs IMAGE, a picture file, or --index"),
    "both": (["RUN", "text.png", "--index", "3"], "either a picture file, or --index"),
    "both in another way": (["RUN", "text.png", "--data", "DATA"], "either a picture file"),
    "beyond the end": (
        ["RUN", "--data", "DATA", "--index", "160"],
        "no image 160; its images count from 0 to 159",
    ),
    "before the start": (["RUN", "--index", "-1"], "-1"),
    "half an index": (["RUN", "--index", "1.5"], "not a whole number"),
    "no variations": (["RUN", "--index", "1", "-n", "0"], "0"),
    "too many": (["RUN", "--index", "1", "-n", "9999999"], "ask for fewer"),
    "less than no noise": (["RUN", "--index", "1", "--sigma", "-1"], "-1"),
    "no number": (["RUN", "--index", "1", "--sigma", "nan"], "nan"),
    "noise without end": (["RUN", "--index", "1", "--sigma", "inf"], "inf"),
    "noise beyond numbers": (["RUN", "--index", "1", "--sigma", "1e300"], "smaller --sigma"),
    "unknown noise": (["RUN", "--index", "1", "--noise", "pink"], "pink"),
    "no posterior": (["PLAIN", "--index", "1", "--noise", "posterior"], "--noise prior"),
    "missing picture": (["RUN", "missing.png"], "There is no picture “missing.png”"),
    "a folder": (["RUN", "."], "is not a picture file"),
    "a pipe": (["RUN", "pipe"], "is not a picture file"),
    "no picture": (["RUN", "text.png"], "“text.png” cannot be used"),
    "long name": (["RUN", "x" * 5000], "There is no picture"),
    "other images": (["RUN", "--data", "digits", "--index", "1"], "this model takes 7 × 8 grey"),
    "named like a file": (["RUN", "--index", "1", "-o", "x.png"], "named like a file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_sentence(
    name: str,
    trained: Callable[[str], Path],
    blobs: Path,
    tmp_path: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("<html>")
    os.mkfifo("pipe")
    words, expected = WRONG[name]
    stand_for = {"RUN": trained("variational"), "PLAIN": trained("undercomplete"), "DATA": blobs}
    given = [stand_for.get(word, word) for word in words]
    if "-o" not in given:
        given += ["-o", "out"]
    assert expected in refused("vary", *given)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pipe", "text.png"], "nothing was written"


def test_a_folder_to_write_to_is_needed(vae: Path, refused: Refused) -> None:
    assert "--out" in refused("vary", vae, "--index", 1)
