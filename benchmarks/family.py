"""What the members of the family are good for, measured: the figures of ``README.md`` beside this.

Trains models on the bundled digits (and, with ``--fashion FOLDER``, on Fashion-MNIST as IDX files)
through the program's own training loop and evaluation, and checks the orderings that theory and
literature promise:

``pca``          linear autoencoder against PCA, and nonlinear against both, at the same code width
``contractive``  mean norm of the encoder's Jacobian: contractive, denoising, plain
``sparse``       how many units are active, against what was asked for
``denoising``    denoising autoencoder, best linear denoiser and corrupted input, in dB
``bundled``      the same for the bundled denoiser, and how long it takes to decode one image
``prior``        plain and variational autoencoder decoded from N(0, I): density and coverage
``published``    the well-known MLP 784-400-20 run, as far as 10,000 digits allow
``fashion``      loss, reconstruction and KL of variational models with 2, 10 and 20 dimensions

Takes some minutes for each; nothing but the decoding of ``bundled`` is a timing, so the machine may
be busy.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from figures import ROOT, parser, report, target

sys.path.insert(0, str(ROOT))

import torch

from latentlab.base.openmp import wait_briefly
from latentlab.data.catalog import open_data
from latentlab.images.corruptions import corrupt
from latentlab.images.image_set import ImageSet
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.pixel_metrics import mean_psnr_db
from latentlab.images.principal_components import principal_components
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.open_model import OpenedModel, open_model
from latentlab.training.description import describe
from latentlab.training.evaluation import Evaluation, evaluate
from latentlab.training.run import TrainingRun
from latentlab.training.threads import usual_threads
from latentlab.training.train_events import Metrics

CPU = torch.device("cpu")
Found = tuple[dict[str, Any], list[dict[str, Any]]]


def train(
    data: ImageSet, *, keep_best: bool = True, **settings: Any
) -> tuple[OpenedModel, TrainingRun]:
    """Train a model to the end, with the learning rate that the figures were made with."""
    spec = dataclasses.replace(TrainSpec(), **{"learning_rate": 1e-3, **settings})
    return train_with(spec, data, keep_best=keep_best)


def train_with(
    spec: TrainSpec, data: ImageSet, *, keep_best: bool = True, threads: int | None = None
) -> tuple[OpenedModel, TrainingRun]:
    """Train a model to the end."""
    threads = threads or usual_threads(spec, data.image_shape)
    run = TrainingRun(spec, data, device=CPU, threads=threads)
    began_s = time.perf_counter()
    for event in run.run():
        if isinstance(event, Metrics) and event.split == "held_out":
            print(f"  epoch {event.epoch}: {event.loss:.2f}", end="\r", file=sys.stderr)
    if keep_best:
        run.keep_best()
    run.model.eval()
    seconds = time.perf_counter() - began_s
    print(f"{spec.objective}, {spec.network}: {seconds:.0f} s", file=sys.stderr)
    for parameter in run.model.parameters():
        parameter.requires_grad_(False)
    return OpenedModel(run.model, describe(run, run.model, run.step).document, CPU), run


def held_out_figures(model: OpenedModel, run: TrainingRun) -> Evaluation:
    return evaluate(model.network, run.data.images, run.held_out, CPU)


def pca(args: Any) -> Found:
    """Compare squared errors on the training images, where theory holds, and on held-out ones."""
    digits = open_data("digits")
    dims = 10
    common = {"latent_dim": dims, "likelihood": "gaussian", "objective": "undercomplete"}
    linear = {"hidden": (), "activation": "linear", "learning_rate": 3e-3, "epochs": 40}
    models = {
        "pca": {"objective": "pca", "latent_dim": dims},
        "linear": {**common, **linear},
        "nonlinear": {**common, "epochs": 40},
    }
    mse: dict[str, dict[str, float]] = {}
    for name, settings in models.items():
        model, run = train(digits, **settings)
        mse[name] = {}
        for split, indices in (("train", run.train_indices), ("held_out", run.held_out)):
            # Outputs as they are: limiting them to [0, 1] is no linear map any more.
            x = digits.images[indices].astype(np.float32) / 255.0
            codes = torch.from_numpy(model.encode(digits.images[indices]))
            with torch.inference_mode():
                output = model.network.decode(codes).permute(0, 2, 3, 1).numpy()
            mse[name][split] = float(np.square(output - x).mean())
    return {"latent_dim": dims, "mse": mse}, [
        target(
            "linear / PCA error (training images)",
            round(mse["linear"]["train"] / mse["pca"]["train"], 4),
            at_most=1.01,
        ),
        target(
            "nonlinear / PCA error (held out)",
            round(mse["nonlinear"]["held_out"] / mse["pca"]["held_out"], 4),
            at_most=0.999,
        ),
    ]


def contractive(args: Any) -> Found:
    """Compare the encoder's Jacobian at the same network."""
    digits = open_data("digits")
    layer = {"latent_dim": 10, "epochs": 30}
    models = {
        "plain": {**layer, "objective": "undercomplete"},
        "denoising": {
            **layer,
            "objective": "denoising",
            "corruption": "gaussian",
            "amount": args.noise,
            "amounts": "fixed",
        },
        "contractive": {**layer, "objective": "contractive", "contraction": args.contraction},
    }
    details: dict[str, Any] = {}
    for name, settings in models.items():
        model, run = train(digits, **settings)
        found = held_out_figures(model, run)
        details[name] = {
            "jacobian_norm": found.jacobian_norm,
            "jacobian_norm_per_spread": found.jacobian_relative,
            "psnr_db": found.psnr_db,
        }
    # What a change of the image does to codes of equal spread: the size of a code means nothing.
    relative = {name: row["jacobian_norm_per_spread"] for name, row in details.items()}
    ratio = {name: round(value / relative["contractive"], 2) for name, value in relative.items()}
    return {"models": details, "contraction": args.contraction, "noise": args.noise}, [
        target("plain / contractive", ratio["plain"], at_least=5),
        target("denoising / contractive", ratio["denoising"], at_least=1.0),
        target("plain / denoising", round(ratio["plain"] / ratio["denoising"], 2), at_least=1.0),
    ]


def sparse(args: Any) -> Found:
    """Compare activity with what was asked for."""
    digits = open_data("digits")
    layer = {"hidden": (), "latent_dim": 1024, "epochs": 20}
    models = {
        "sparse-kl": {**layer, "objective": "sparse-kl", "target_activation": 0.05},
        "sparse-topk": {**layer, "objective": "sparse-topk", "k": 32},
        "sparse-l1": {**layer, "objective": "sparse-l1", "sparsity": 1.0},
        "none": {**layer, "objective": "sparse-l1", "sparsity": 0.0},
    }
    details: dict[str, Any] = {}
    for name, settings in models.items():
        model, run = train(digits, **settings)
        codes = model.encode(digits.images[run.held_out])
        found = held_out_figures(model, run)
        details[name] = {
            "mean_activation": float(codes.mean()),
            "share_active": 1.0 - found.code_sparsity,
            "units_never_active": float((codes.max(0) <= 1e-6).mean()),
            "psnr_db": found.psnr_db,
        }
    asked = 32 / 1024
    return {"models": details}, [
        target(
            "sparse-kl: mean activation / 0.05",
            round(details["sparse-kl"]["mean_activation"] / 0.05, 3),
            at_most=1.2,
        ),
        target(
            "sparse-topk: share active / k",
            round(details["sparse-topk"]["share_active"] / asked, 3),
            at_most=1.0,
        ),
        target(
            "sparse-l1: share active / without the penalty",
            round(details["sparse-l1"]["share_active"] / details["none"]["share_active"], 3),
            at_most=0.5,
        ),
    ]


def denoising(args: Any) -> Found:
    """Compare in dB on held-out digits with the same noise."""
    digits = open_data("digits")
    # Wide enough for light noise: the code is a feature map of 3,136 numbers.
    network = {"objective": "denoising", "network": "conv", "channels": (32, 64), "code": "map"}
    wanted = [("mask", 0.2), ("mask", 0.5), ("gaussian", 0.25), ("salt-pepper", 0.2)]
    rows: list[dict[str, Any]] = []
    targets = []
    for name, amount in wanted:
        settings = {"corruption": name, "amount": amount, "amounts": "fixed"}
        settings["epochs"] = args.epochs or 6
        model, run = train(digits, learning_rate=3e-3, **network, **settings)
        row = denoised_row(model, digits, run.train_indices, run.held_out, name, amount)
        rows.append(row)
        gain = round(row["denoised_db"] - row["linear_db"], 2)
        targets.append(target(f"{name} {amount}: dB above linear", gain, at_least=0.0))
        gain = round(row["linear_db"] - row["corrupted_db"], 2)
        targets.append(target(f"{name} {amount}: linear above corrupted", gain, at_least=0.0))
    return {"rows": rows}, targets


def bundled(args: Any) -> Found:
    """Compare the denoiser that comes with the program, which nothing is trained for."""
    digits = open_data("digits")
    model = open_model("digits-denoiser", device="cpu")
    held_out = digits.held_out(TrainSpec().held_out)
    training = np.setdiff1d(np.arange(len(digits)), held_out)
    wanted = [
        ("mask", 0.2),
        ("mask", 0.5),
        ("salt-pepper", 0.2),
        ("gaussian", 0.25),
        ("gaussian", 0.5),
    ]
    rows = [denoised_row(model, digits, training, held_out, *one) for one in wanted]
    targets = [
        target(
            f"bundled, {row['corruption']} {row['amount']}: dB above linear",
            round(row["denoised_db"] - row["linear_db"], 2),
            at_least=1.0,
        )
        for row in rows
    ]
    code = model.encode(digits.images[held_out[:1]])
    times_ms = []
    for _ in range(50):
        began_s = time.perf_counter()
        model.decode(code)
        times_ms.append(1000 * (time.perf_counter() - began_s))
    decode_ms = round(float(np.median(times_ms)), 2)
    targets.append(target("bundled: ms to decode one image", decode_ms, at_most=15.0))
    return {"rows": rows, "decode_ms": decode_ms}, targets


def denoised_row(
    model: OpenedModel,
    data: ImageSet,
    training: np.ndarray,
    held_out: np.ndarray,
    name: str,
    amount: float,
) -> dict[str, Any]:
    """Return dB on held-out images with the same noise, as ``latentlab denoise`` measures them."""
    clean = data.images[held_out]
    noisy = corrupt(clean, name, amount, 0, clip=False)
    linear = LinearDenoiser.fit(data.images[training], name, amount, 1, clip=False)
    return {
        "corruption": name,
        "amount": amount,
        "corrupted_db": mean_psnr_db(clean, noisy),
        "linear_db": mean_psnr_db(clean, linear.apply(noisy)),
        "denoised_db": mean_psnr_db(clean, model.denoise(noisy)),
    }


def density_and_coverage(
    real: np.ndarray, fake: np.ndarray, neighbours: int = 5
) -> tuple[float, float]:
    """Return both measures (Naeem et al. 2020, equations 5 and 6)."""
    from scipy.spatial import cKDTree

    tree = cKDTree(real)
    radii = tree.query(real, neighbours + 1)[0][:, -1]
    distances = np.linalg.norm(real[:, None] - fake[None], axis=2)
    inside = distances <= radii[:, None]
    return float(inside.sum() / (neighbours * len(fake))), float(inside.any(1).mean())


def pixel_features(
    data: ImageSet, indices: np.ndarray, count: int = 64
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what turns float images (n, h, w, c) into their principal components (n, count)."""
    work = principal_components(data.images, indices, count)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found = end.value
            break

    def features(images: np.ndarray) -> np.ndarray:
        flat = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
        return (flat - found.mean) @ found.components.T

    return features


def prior(args: Any) -> Found:
    """Decode N(0, I) and see how much is like held-out images, in 64 principal components."""
    digits = open_data("digits")
    common = {"latent_dim": 10, "epochs": 30}
    details: dict[str, Any] = {}
    for name in ("undercomplete", "variational"):
        model, run = train(digits, objective=name, **common)
        features = pixel_features(digits, run.train_indices)
        z = np.random.default_rng(0).standard_normal((1000, 10)).astype(np.float32)
        samples = model.decode(z)
        held_out = digits.images[run.held_out].astype(np.float64) / 255.0
        density, coverage = density_and_coverage(features(held_out), features(samples))
        details[name] = {"density": density, "coverage": coverage}
    ratio = details["variational"]["coverage"] / max(details["undercomplete"]["coverage"], 1e-3)
    return {"models": details}, [
        target("coverage: variational / undercomplete", round(ratio, 2), at_least=1.1)
    ]


def published(args: Any) -> Found:
    """Repeat the run with as many steps as 10 epochs of 60,000 images have, on 9,000 digits."""
    digits = open_data("digits")
    preset = dict(PRESETS["mlp-400-20"].changes)
    rows: dict[str, Any] = {}
    for name, epochs in (("10 epochs", 10), ("as many steps", 67)):
        _, run = train(digits, **{**preset, "epochs": epochs})
        best = run.best_metrics
        assert best is not None
        rows[name] = {"steps": run.step, "best_epoch": best.epoch, **best.as_line()}
    return {"published_test": 105.6, "held_out": rows}, []


def fashion(args: Any) -> Found:
    """Train the published network on Fashion-MNIST."""
    if args.fashion is None:
        return {"skipped": "give --fashion FOLDER"}, []
    data = open_data(args.fashion)
    preset = dict(PRESETS["mlp-400-20"].changes)
    rows = []
    for dims in (2, 10, 20):
        settings = {**preset, "latent_dim": dims, "epochs": args.epochs or 10, "held_out": 1 / 7}
        model, run = train(data, **settings)
        found = held_out_figures(model, run)
        rows.append(
            {
                "latent_dim": dims,
                "loss": found.loss,
                "recon_loss": found.recon_loss,
                "kl": found.kl,
                "active_units": found.active_units,
                "num_held_out": found.num_images,
            }
        )
    return {"rows": rows}, []


PARTS: dict[str, Callable[[Any], Found]] = {
    "pca": pca,
    "contractive": contractive,
    "sparse": sparse,
    "denoising": denoising,
    "bundled": bundled,
    "prior": prior,
    "published": published,
    "fashion": fashion,
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options.add_argument("--fashion", type=Path, help="folder with Fashion-MNIST as IDX files")
    options.add_argument("--epochs", type=int, help="of denoising and fashion, for a quick look")
    options.add_argument("--contraction", type=float, default=100.0, help="weight (default 100)")
    options.add_argument("--noise", type=float, default=0.3, help="of the denoiser (default 0.3)")
    args = options.parse_args()
    wait_briefly()
    found: dict[str, Any] = {}
    targets: list[dict[str, Any]] = []
    for part in args.parts:
        print(part, file=sys.stderr)
        found[part], own = PARTS[part](args)
        targets += own
        print(json.dumps(found[part], indent=1), file=sys.stderr)
    report("family", parts=found, targets=targets)


if __name__ == "__main__":
    main()
