from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import NUM_HELD_OUT, NUM_IMAGES, Refused, Shell, pictures_of
from PIL import Image

import latentlab
from latentlab.features.outliers.measure import latent_distance
from latentlab.images.image_set import held_out_indices

HELD_OUT = held_out_indices(NUM_IMAGES, 0.1)
TRAINING = np.setdiff1d(np.arange(NUM_IMAGES), HELD_OUT)
KEYS = {"num_images", "by", "auc_recon", "auc_latent", "outliers"}


def errors_of(run: Path, pixels: Any) -> Any:
    drawn = latentlab.open_model(run).reconstruct(pixels).astype(np.float64)
    return ((drawn - pixels / 255.0) ** 2).mean((1, 2, 3))


def share_of_pairs(scores: Any, positive: Any) -> float:
    first, second = scores[positive][:, None], scores[~positive][None]
    return float(((first > second) + 0.5 * (first == second)).mean())


@pytest.mark.parametrize("objective", ["variational", "undercomplete"])
def test_all_images_with_their_scores(
    objective: str, trained: Callable[[str], Path], blobs: Path, shell: Shell
) -> None:
    run = trained(objective)
    found = shell("outliers", run, blobs, "--json").json
    assert set(found) >= KEYS
    assert (found["num_images"], found["by"]) == (NUM_IMAGES, "recon")
    assert found["auc_recon"] is found["auc_latent"] is None
    rows = found["outliers"]
    assert [row["rank"] for row in rows] == list(range(1, NUM_IMAGES + 1))
    assert sorted(row["index"] for row in rows) == list(range(NUM_IMAGES))
    errors = [row["recon_error"] for row in rows]
    assert errors == sorted(errors, reverse=True)

    with np.load(blobs) as arrays:
        pixels, labels = arrays["x"], arrays["y"]
    rows.sort(key=lambda row: row["index"])
    np.testing.assert_allclose([r["recon_error"] for r in rows], errors_of(run, pixels), rtol=1e-4)
    assert [row["label"] for row in rows] == labels.astype(str).tolist()
    assert [row["index"] for row in rows if row["split"] == "held-out"] == HELD_OUT.tolist()
    assert {row["split"] for row in rows} == {"held-out", "train"}
    assert {row["file"] for row in rows} == {None}

    codes = latentlab.open_model(run).encode(pixels).astype(np.float64)
    spread = np.sqrt(((codes[TRAINING] - codes[TRAINING].mean(0)) ** 2).sum(1).mean())
    for i in (0, 5, HELD_OUT[0], HELD_OUT[3]):
        others = np.setdiff1d(TRAINING, [i])
        apart = np.linalg.norm(codes[others] - codes[i], axis=1)
        wanted = np.sort(apart)[:5].mean() / spread
        assert rows[i]["latent_distance"] == pytest.approx(wanted, rel=1e-3)


def test_the_other_score_and_the_loss(vae: Path, blobs: Path, shell: Shell) -> None:
    words = ("outliers", vae, blobs, "--json", "--by", "latent")
    rows = shell(*words).json["outliers"]
    distances = [row["latent_distance"] for row in rows]
    assert distances == sorted(distances, reverse=True)
    found = shell(*words, "--error", "nats", "--top", 7).json
    assert found["num_images"] == NUM_IMAGES
    assert [row["index"] for row in found["outliers"]] == [row["index"] for row in rows[:7]]
    assert all(
        nats["recon_error"] > 10 * mse["recon_error"]
        for nats, mse in zip(found["outliers"], rows, strict=False)
    )


def test_the_area_under_the_curve_of_held_out_images(vae: Path, blobs: Path, shell: Shell) -> None:
    found = shell("outliers", vae, blobs, "--abnormal", 7, "--json").json
    rows = [row for row in found["outliers"] if row["split"] == "held-out"]
    assert len(rows) == NUM_HELD_OUT
    positive = np.array([row["label"] == "7" for row in rows])
    for key, score in (("auc_recon", "recon_error"), ("auc_latent", "latent_distance")):
        scores = np.array([row[score] for row in rows])
        assert found[key] == pytest.approx(share_of_pairs(scores, positive))
    assert 0 < found["auc_recon"] < 1


def test_strangers_among_images_of_another_set(
    vae: Path, blobs: Path, tmp_path: Path, shell: Shell
) -> None:
    """Distances are those to the images that the model was trained on, whatever else is there."""
    with np.load(blobs) as arrays:
        pixels = arrays["x"]
    strange = np.random.default_rng(0).integers(0, 256, (10, 8, 7, 1), np.uint8)
    mixed = np.concatenate([pixels_of(20), strange])
    np.savez(tmp_path / "mixed.npz", x=mixed, y=np.repeat([0, 1], [20, 10]))
    found = shell("outliers", vae, tmp_path / "mixed.npz", "--abnormal", 1, "--json").json
    assert found["auc_recon"] == 1.0
    assert {row["split"] for row in found["outliers"]} == {"other"}
    assert {row["index"] for row in found["outliers"][:10]} == set(range(20, 30))
    model = latentlab.open_model(vae)
    wanted = latent_distance(model.encode(mixed), model.encode(pixels[TRAINING]))
    rows = sorted(found["outliers"], key=lambda row: row["index"])
    np.testing.assert_allclose([row["latent_distance"] for row in rows], wanted, rtol=1e-3)


def pixels_of(count: int) -> Any:
    return pictures_of(count, (8, 7, 1), seed=9)


def test_without_the_training_images_the_given_ones_are_compared(
    tmp_path: Path, shell: Shell
) -> None:
    data, other = tmp_path / "mine.npy", tmp_path / "other.npy"
    np.save(data, pictures_of(40, (8, 7, 1), seed=6))
    np.save(other, pixels_of(12))
    words = ("--out", tmp_path / "run", "--hidden", 4, "--epochs", 1, "--threads", 1)
    assert shell("train", data, "--batch-size", 20, *words).code == 0
    data.unlink()
    answer = shell("outliers", tmp_path / "run", other, "--json")
    codes = latentlab.open_model(tmp_path / "run").encode(np.load(other))
    wanted = latent_distance(codes, codes, np.arange(12))
    rows = sorted(answer.json["outliers"], key=lambda row: row["index"])
    np.testing.assert_allclose([row["latent_distance"] for row in rows], wanted, rtol=1e-3)
    assert {row["label"] for row in rows} == {None}
    assert "those among the given images" in answer.err
    assert answer.err.count("\n") == 1


def test_without_both_kinds_there_is_no_curve(vae: Path, tmp_path: Path, shell: Shell) -> None:
    np.savez(tmp_path / "one.npz", x=pixels_of(5), y=np.zeros(5, int))
    words = ("outliers", vae, tmp_path / "one.npz", "--abnormal", 0)
    answer = shell(*words, "--json")
    assert answer.json["auc_recon"] is answer.json["auc_latent"] is None
    assert "no ROC curve" in answer.err
    assert "AUC of latent distance      –" in shell(*words).out


def test_the_table(vae: Path, blobs: Path, shell: Shell) -> None:
    words = ("outliers", vae, blobs, "--abnormal", 7)
    answer, found = shell(*words), shell(*words, "--json").json
    lines = answer.out.splitlines()
    assert answer.err == ""
    assert lines[0] == f"160 images of {blobs}"
    assert lines[1] == f"  AUC of reconstruction error {found['auc_recon']:.3f}"
    assert lines[2] == f"  AUC of latent distance      {found['auc_latent']:.3f}"
    assert lines[3].split() == ["rank", "index", "split", "mse", "distance", "class"]
    assert len(lines) == 24
    first = found["outliers"][0]
    assert lines[4].split() == [
        "1",
        str(first["index"]),
        first["split"],
        f"{first['recon_error']:.5g}",
        f"{first['latent_distance']:.4f}",
        first["label"],
    ]
    assert len(shell("outliers", vae, blobs, "--top", 3).out.splitlines()) == 5


def test_a_table_for_spreadsheets(vae: Path, tmp_path: Path, shell: Shell) -> None:
    """Names of files and classes that a spreadsheet would compute, or a terminal obey."""
    folder = tmp_path / "album"
    names = ("=cmd()/a.png", "=cmd()/é.png", "plain/+1.png", "plain/b\x1b.png")
    for name, image in zip(names, pixels_of(4)[..., 0], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / name)
    out = tmp_path / "rows.csv"
    answer = shell("outliers", vae, folder, "-o", out, "--top", 1)
    assert answer.out.endswith(f"{out}\n")
    assert "\x1b" not in answer.out
    assert len(answer.out.splitlines()) == 4
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("rank", "index", "file", "class", "split"),
        *("recon_error", "recon_rank", "latent_distance", "latent_rank"),
    ]
    assert {row["file"] for row in rows} == {
        *("'=cmd()/a.png", "'=cmd()/é.png", "plain/+1.png", "plain/b\\x1b.png")
    }
    assert {row["class"] for row in rows} == {"'=cmd()", "plain"}
    found = shell("outliers", vae, folder, "--json").json["outliers"]
    assert {row["file"] for row in found} == set(names)
    for row, other in zip(rows, found, strict=True):
        assert int(row["index"]) == other["index"]
        assert float(row["recon_error"]) == pytest.approx(other["recon_error"])
        assert float(row["latent_distance"]) == pytest.approx(other["latent_distance"])


WRONG = {
    "no data": (["RUN"], "“latentlab outliers” needs DATA"),
    "no run": (["nothing", "DATA"], "no run or model “nothing”"),
    "unknown score": (["RUN", "DATA", "--by", "size"], "size"),
    "both scores": (["RUN", "DATA", "--by", "both"], "both"),
    "none": (["RUN", "DATA", "--top", "0"], "0"),
    "half": (["RUN", "DATA", "--top", "2.5"], "not a whole number"),
    "unknown class": (["RUN", "DATA", "--abnormal", "4"], "no class “4”; it has: 3, 7, 9"),
    "no classes": (["RUN", "plain.npy", "--abnormal", "4"], "has no classes"),
    "other images": (["RUN", "digits"], "this model takes 7 × 8 grey"),
    "missing data": (["RUN", "missing"], "no data set or file “missing”"),
    "another ending": (["RUN", "DATA", "-o", "x.txt"], "must end with one of: .csv"),
    "no folder": (["RUN", "DATA", "-o", "no/x.csv"], "no folder “no”"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_sentence(
    name: str,
    vae: Path,
    blobs: Path,
    tmp_path: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("plain.npy", pixels_of(3))
    words, expected = WRONG[name]
    stand_for = {"RUN": vae, "DATA": blobs}
    assert expected in refused("outliers", *(stand_for.get(word, word) for word in words))
    assert [p.name for p in tmp_path.iterdir()] == ["plain.npy"], "nothing was written"
