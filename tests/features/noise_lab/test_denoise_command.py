from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import NUM_HELD_OUT, NUM_IMAGES, Refused, Shell, pictures_of
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import latentlab
from latentlab.data.catalog import open_data
from latentlab.images.corruptions import CORRUPTIONS, corrupt, corrupt_stack, derived_seed
from latentlab.images.image_set import held_out_indices
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.pixel_metrics import ssim
from latentlab.images.treatment import TreatmentOptions

MEASURED = {
    "psnr_corrupted_db",
    "psnr_denoised_db",
    "psnr_linear_db",
    "ssim_corrupted",
    "ssim_denoised",
}
HELD_OUT = held_out_indices(NUM_IMAGES, 0.1)


def psnr(clean: Any, other: Any) -> float:
    return float(-10 * np.log10(((clean - other.astype(np.float64)) ** 2).mean()))


@pytest.fixture
def run(trained: Callable[[str], Path]) -> Path:
    return trained("denoising")


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_is_measured(name: str, run: Path, blobs: Path, shell: Shell) -> None:
    words = ["--corruption", name, "--seed", 3, "--json"]
    amount = CORRUPTIONS[name].default_amount
    if name == "pixelate":
        amount = 1.0  # less is less than two pixels here
        words += ["--amount", amount]
    found = shell("denoise", run, blobs, *words).json
    asked = {"data": str(blobs), "split": "held-out", "num_images": NUM_HELD_OUT}
    asked |= {"corruption": name, "amount": amount, "seed": 3}  # type: ignore[dict-item]
    assert {key: found[key] for key in asked} == asked
    assert found["corruptions"] == [{"name": name, "amount": amount}]
    assert set(found) == {*asked, *MEASURED, "corruptions"}

    pixels = np.load(blobs)["x"]
    clean = pixels[HELD_OUT] / 255.0
    noisy = corrupt(pixels[HELD_OUT], name, amount, 3, clip=False)
    assert found["psnr_corrupted_db"] == pytest.approx(psnr(clean, noisy), abs=1e-4)
    assert found["ssim_corrupted"] == pytest.approx(
        ssim(clean.astype(np.float32), noisy).mean(), abs=1e-5
    )
    denoised = latentlab.open_model(run).denoise(noisy)
    assert found["psnr_denoised_db"] == pytest.approx(psnr(clean, denoised), abs=1e-4)
    assert found["ssim_denoised"] == pytest.approx(
        ssim(clean.astype(np.float32), denoised).mean(), abs=1e-5
    )
    training = np.delete(pixels, HELD_OUT, 0)
    fitted = LinearDenoiser.fit_for_others(training, [(name, amount)], derived_seed(3, 1))
    linear = fitted.apply(noisy)
    assert found["psnr_linear_db"] == pytest.approx(psnr(clean, linear), abs=1e-4)


def test_the_linear_denoiser_is_the_best_of_its_kind(run: Path, blobs: Path, shell: Shell) -> None:
    """Against a limited regression over many corrupted copies of the training images."""
    words = ("--corruption", "gaussian", "--amount", 0.25, "--split", "train", "--json")
    found = [shell("denoise", run, blobs, *words, "--seed", seed).json for seed in range(16)]
    error = np.mean([10 ** (-0.1 * row["psnr_linear_db"]) for row in found])
    clean = np.delete(np.load(blobs)["x"], HELD_OUT, 0).reshape(-1, 56) / 255.0
    x = np.tile(clean, (200, 1))
    y = x + 0.25 * np.random.default_rng(9).standard_normal(x.shape)
    design = np.c_[y, np.ones(len(y))]
    solved = np.linalg.lstsq(design, x, rcond=None)[0]
    estimate = np.clip(design @ solved, 0.0, 1.0)
    assert error == pytest.approx(((estimate - x) ** 2).mean(), rel=0.03)


@pytest.mark.parametrize(
    ("name", "amount", "expected_db"),
    [("mask", 0.5, 17.52), ("salt-pepper", 0.2, 18.76), ("gaussian", 0.5, 17.49)],
)
def test_the_linear_denoiser_of_digits_is_limited_as_the_model_is(
    name: str, amount: float, expected_db: float, shell: Shell
) -> None:
    """Not limited to [0, 1] it reaches 17.20, 18.33 and 17.01 dB."""
    words = ("--corruption", name, "--amount", amount, "--json")
    found = shell("denoise", "digits-vae", "digits", *words).json
    assert found["psnr_linear_db"] == pytest.approx(expected_db, abs=0.03)


@pytest.mark.parametrize(
    ("name", "amount", "expected_db"),
    [
        ("mask", 0.2, 16.42),
        ("mask", 0.5, 12.44),
        ("salt-pepper", 0.2, 10.17),
        ("gaussian", 0.25, 12.04),
        ("gaussian", 0.5, 6.02),
    ],
)
def test_corrupted_digits_are_as_bad_as_they_must_be(
    name: str, amount: float, expected_db: float, shell: Shell
) -> None:
    """From E[x²] of the held-out digits, and σ² for noise that is not clipped."""
    words = ("--corruption", name, "--amount", amount, "--json")
    found = shell("denoise", "digits-vae", "digits", *words).json
    assert found["psnr_corrupted_db"] == pytest.approx(expected_db, abs=0.03)


def test_the_table_has_the_figures(run: Path, blobs: Path, shell: Shell) -> None:
    words = ("denoise", run, blobs, "--corruption", "mask", "--amount", 0.3)
    answer, found = shell(*words), shell(*words, "--json").json
    assert answer.code == 0
    assert answer.err == ""
    assert answer.out == (
        f"16 held-out images of {blobs}\n"
        f"  corrupted {found['psnr_corrupted_db']:7.2f} dB   SSIM {found['ssim_corrupted']:.3f}\n"
        f"  denoised  {found['psnr_denoised_db']:7.2f} dB   SSIM {found['ssim_denoised']:.3f}\n"
        f"  linear    {found['psnr_linear_db']:7.2f} dB\n"
    )


def test_an_amount_of_nothing_has_no_finite_psnr(run: Path, blobs: Path, shell: Shell) -> None:
    words = ("denoise", run, blobs, "--corruption", "mask", "--amount", 0)
    assert shell(*words, "--json").json["psnr_corrupted_db"] is None
    assert "inf dB" in shell(*words).out


def test_the_seed_changes_the_noise(run: Path, blobs: Path, shell: Shell) -> None:
    words = ("denoise", run, blobs, "--corruption", "mask", "--json", "--seed")
    assert shell(*words, 1).json == shell(*words, 1).json
    first, other = (shell(*words, seed).json["psnr_corrupted_db"] for seed in (1, 2**63 - 1))
    assert first != other


def test_pictures_side_by_side(run: Path, blobs: Path, tmp_path: Path, shell: Shell) -> None:
    out = tmp_path / "new" / "sheets"
    words = ("--corruption", "gaussian", "--amount", 0.4, "--seed", 5)
    answer = shell("denoise", run, blobs, *words, "-o", out, "--side-by-side")
    assert answer.code == 0
    assert answer.out.endswith(f"{out}\n")
    assert sorted(p.name for p in out.iterdir()) == [f"{i:03d}.png" for i in HELD_OUT]
    pixels = np.load(blobs)["x"][HELD_OUT]
    noisy = corrupt(pixels, "gaussian", 0.4, 5, clip=False)
    denoised = latentlab.open_model(run).denoise(noisy)
    row = np.concatenate([pixels[2] / 255.0, noisy[2].clip(0, 1), denoised[2]], 1)[..., 0]
    with Image.open(out / f"{HELD_OUT[2]:03d}.png") as image:
        assert image.size == (21, 8)
        np.testing.assert_allclose(np.asarray(image), row * 255, atol=0.51)


def test_without_more_words_the_pictures_are_the_cleaned_ones(
    run: Path, blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    shell("denoise", run, blobs, "--corruption", "mask=0.3", "-o", tmp_path / "out")
    noisy = corrupt(np.load(blobs)["x"][HELD_OUT], "mask", 0.3, 0, clip=False)
    denoised = latentlab.open_model(run).denoise(noisy)
    with Image.open(tmp_path / "out" / f"{HELD_OUT[5]:03d}.png") as image:
        assert image.size == (7, 8)
        np.testing.assert_allclose(np.asarray(image), denoised[5, ..., 0] * 255, atol=0.51)


def test_images_that_are_noisy_already(run: Path, tmp_path: Path, shell: Shell) -> None:
    pixels = corrupt(pictures_of(12, (8, 7, 1)), "gaussian", 0.1, 0)
    np.save(tmp_path / "noisy.npy", (pixels * 255).astype(np.uint8))
    out = tmp_path / "clean"
    words = ("denoise", run, tmp_path / "noisy.npy", "-o", out)
    found = shell(*words, "--json").json
    assert found == {
        "data": str(tmp_path / "noisy.npy"),
        "split": "all",
        "num_images": 12,
        "corruptions": [],
        "corruption": None,
        "amount": None,
        "seed": 0,
        **dict.fromkeys(MEASURED),
        "out": str(out),
    }
    assert len(list(out.iterdir())) == 12
    noisy = np.load(tmp_path / "noisy.npy")
    clean = latentlab.open_model(run).reconstruct(noisy)[4]
    with Image.open(out / "04.png") as image:
        np.testing.assert_allclose(np.asarray(image), clean[..., 0] * 255, atol=0.51)
    shell(*words, "--side-by-side", "--overwrite")
    row = np.concatenate([noisy[4] / 255.0, clean], 1)
    with Image.open(out / "04.png") as image:
        np.testing.assert_allclose(np.asarray(image), row[..., 0] * 255, atol=0.51)


# Several corruptions


def test_corruptions_are_done_one_after_the_other(run: Path, blobs: Path, shell: Shell) -> None:
    words = ("--corruption", "gaussian=0.2", "--corruption", "mask", "--seed", 4, "--json")
    found = shell("denoise", run, blobs, *words).json
    steps = [("gaussian", 0.2), ("mask", 0.5)]
    assert found["corruptions"] == [{"name": name, "amount": amount} for name, amount in steps]
    assert found["corruption"] is None
    assert found["amount"] is None
    pixels = np.load(blobs)["x"]
    clean = pixels[HELD_OUT] / 255.0
    noisy = corrupt_stack(pixels[HELD_OUT], steps, 4, clip=False)
    assert found["psnr_corrupted_db"] == pytest.approx(psnr(clean, noisy), abs=1e-4)
    denoised = latentlab.open_model(run).denoise(noisy)
    assert found["psnr_denoised_db"] == pytest.approx(psnr(clean, denoised), abs=1e-4)
    fitted = LinearDenoiser.fit_for_others(
        np.delete(pixels, HELD_OUT, 0), steps, derived_seed(4, 1)
    )
    linear = fitted.apply(noisy)
    assert found["psnr_linear_db"] == pytest.approx(psnr(clean, linear), abs=1e-4)
    assert found["psnr_linear_db"] > found["psnr_corrupted_db"] + 1


def test_both_ways_to_write_one_corruption_are_the_same(
    run: Path, blobs: Path, shell: Shell
) -> None:
    words = ("denoise", run, blobs, "--json", "--corruption")
    found = shell(*words, "mask", "--amount", 0.3).json
    assert shell(*words, "mask=0.3").json == found
    assert shell(*words, "mask=0.5").json == shell(*words, "mask").json != found


# Names of files


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder of noisy pictures in two classes, with descriptions inside of the files."""
    folder = tmp_path / "album"
    pixels = pictures_of(6, (8, 7, 1), seed=2)[..., 0]
    names = ("a/one.jpg", "a/one.png", "a/ONE.gif", "b/one.bmp", "b/x=1.png", "b/.two.webp")
    for name, image in zip(names, pixels, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        about = PngInfo()
        about.add_text("Comment", "SECRET")
        more = {"pnginfo": about} if name.endswith("png") else {}
        Image.fromarray(image).save(folder / name, **more)
    return folder


def test_pictures_keep_the_names_of_their_files(
    run: Path, album: Path, tmp_path: Path, shell: Shell
) -> None:
    out = tmp_path / "clean"
    found = shell("denoise", run, album, "-o", out, "--json").json
    assert found["num_images"] == 6
    assert found["psnr_denoised_db"] is None
    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    # In the order of the data set, in which capitals come first.
    assert written == {
        *("a/ONE.png", "a/one-2.png", "a/one-3.png"),
        *("b/one.png", "b/x=1.png", "b/.two.png"),
    }
    images = open_data(album, TreatmentOptions(7, 8, "grey"))
    assert images.origin is not None
    place = list(images.origin.files).index("b/x=1.png")
    clean = latentlab.open_model(run).reconstruct(images.images[place : place + 1])[0]
    with Image.open(out / "b" / "x=1.png") as image:
        np.testing.assert_allclose(np.asarray(image), clean[..., 0] * 255, atol=0.51)
        assert image.info == {}
    assert b"SECRET" in (album / "a" / "one.png").read_bytes()
    assert all(b"SECRET" not in path.read_bytes() for path in out.rglob("*.png"))


def test_the_pictures_of_the_data_are_never_replaced(
    run: Path, album: Path, tmp_path: Path, refused: Refused
) -> None:
    before = {path: path.read_bytes() for path in album.rglob("*") if path.is_file()}
    (tmp_path / "link").symlink_to(album)
    for out in (album, tmp_path / "link"):
        assert "would be replaced" in refused("denoise", run, album, "-o", out)
    # One picture alone, in its own folder.
    assert "name another folder" in refused(
        "denoise", run, album / "b" / "x=1.png", "-o", album / "b"
    )
    assert {path: path.read_bytes() for path in album.rglob("*") if path.is_file()} == before


def test_other_images_are_compared_with_what_the_model_was_trained_on(
    run: Path, blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    np.save(tmp_path / "other.npy", pictures_of(20, (8, 7, 1), seed=4))
    words = ("denoise", run, tmp_path / "other.npy", "--corruption", "mask", "--json")
    found = shell(*words).json
    pixels = np.load(blobs)["x"]
    noisy = corrupt(np.load(tmp_path / "other.npy"), "mask", 0.5, 0, clip=False)
    fitted = LinearDenoiser.fit_for_others(
        np.delete(pixels, HELD_OUT, 0), [("mask", 0.5)], derived_seed(0, 1)
    )
    clean = np.load(tmp_path / "other.npy") / 255.0
    linear = fitted.apply(noisy)
    assert found["psnr_linear_db"] == pytest.approx(psnr(clean, linear), abs=1e-4)


def test_without_the_training_images_there_is_no_linear_denoiser(
    blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    data = tmp_path / "mine.npy"
    np.save(data, pictures_of(40, (8, 7, 1), seed=6))
    words = ("--out", tmp_path / "run", "--hidden", 4, "--epochs", 1, "--threads", 1)
    assert shell("train", data, "--batch-size", 20, *words).code == 0
    data.unlink()
    answer = shell("denoise", tmp_path / "run", blobs, "--corruption", "mask", "--json")
    assert answer.json["psnr_linear_db"] is None
    assert "no linear denoiser to compare with" in answer.err
    assert answer.err.count("\n") == 1
    assert "linear" not in shell("denoise", tmp_path / "run", blobs, "--corruption", "mask").out


WRONG = {
    "no data": ([], "“latentlab denoise” needs DATA"),
    "nothing to do": (["DATA"], "--corruption"),
    "amount alone": (["DATA", "--amount", "0.5"], "--amount needs a --corruption"),
    "unknown corruption": (["DATA", "--corruption", "mud"], "salt-pepper"),
    "only for training": (["DATA", "--corruption", "mixed"], "salt-pepper"),
    "too much": (["DATA", "--corruption", "mask", "--amount", "1.5"], "from 0 to 1, not 1.5"),
    "too little": (["DATA", "--corruption", "mask", "--amount", "-0.5"], "from 0 to 1, not -0.5"),
    "not a number": (["DATA", "--corruption", "mask", "--amount", "nan"], "from 0 to 1, not nan"),
    "a word": (["DATA", "--corruption", "mask", "--amount", "much"], "much"),
    "amount for two": (
        ["DATA", "--corruption", "mask", "--corruption", "blur", "--amount", "0.5"],
        "NAME=AMOUNT",
    ),
    "two amounts": (["DATA", "--corruption", "mask=0.1", "--amount", "0.5"], "NAME=AMOUNT"),
    "a word for an amount": (
        ["DATA", "--corruption", "mask=much"],
        "“much” in --corruption “mask”",
    ),
    "no amount": (["DATA", "--corruption", "mask="], "is not a number"),
    "too much in a stack": (
        ["DATA", "--corruption", "blur=0.1", "--corruption", "mask=1.5"],
        "from 0 to 1, not 1.5",
    ),
    "an unknown one in a stack": (
        ["DATA", "--corruption", "mask", "--corruption", "mud=0.5"],
        "no corruption “mud”",
    ),
    "a mixture": (["DATA", "--corruption", "mixed"], "no corruption “mixed”"),
    "side by side where": (["DATA", "--corruption", "mask", "--side-by-side"], "needs -o FOLDER"),
    "negative seed": (["DATA", "--corruption", "mask", "--seed", "-1"], "-1"),
    "large seed": (["DATA", "--corruption", "mask", "--seed", str(2**63)], str(2**63)),
    "missing data": (["nothing", "--corruption", "mask"], "no data set or file “nothing”"),
    "other images": (["digits", "--corruption", "mask"], "this model takes 7 × 8 grey"),
    "a file": (["DATA", "-o", "file"], "“file” is not a folder"),
    "named like a file": (["DATA", "-o", "x.png"], "named like a file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_sentence(
    name: str,
    run: Path,
    blobs: Path,
    tmp_path: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    words, expected = WRONG[name]
    given = [blobs if word == "DATA" else word for word in words]
    assert expected in refused("denoise", run, *given)
    assert [p.name for p in tmp_path.iterdir()] == ["file"], "nothing was written"
