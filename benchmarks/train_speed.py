"""How fast the training loop is: against the customary loop, the bare step, and with two processes.

Each measurement is a process of its own that trains a variational autoencoder at batch 128 on
60,000 images of 28×28 (the bundled digits six times over; ``--side-px`` makes larger colour ones):

``ours``       the training loop as ``latentlab train`` runs it: run folder, log, held-out
               measurements and saving included
``customary``  what most programs do: a ``Dataset`` that makes each item from a PIL image, a
               ``DataLoader`` that shuffles, ``Adam``, ``loss.item()`` for each step, PyTorch's own
               number of threads
``loop``       ``ours`` with nothing held out, for ``bare``
``bare``       forward, backward and optimiser step of our network on data that are in memory
               already, with our number of threads, and nothing else
``ranks``      two processes of one thread each under torchrun, sharing each batch (gloo)
``one``        one process with as many threads as two ranks have together, for ``ranks``

The sides take turns. Reported are medians in images per second, medians of paired ratios, and the
peak of resident memory of ``ours``. All run on one device, the one the program picks.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from figures import ROOT, median, own_home, parser, report, target

BATCH = 128
NETWORKS = {
    "mlp": {"network": "mlp", "hidden": (400,), "latent_dim": 20, "activation": "relu"},
    "conv": {"network": "conv", "channels": (32, 64), "latent_dim": 20, "activation": "relu"},
}


def images_of(side_px: int) -> Any:
    """Return the image set to train on."""
    sys.path.insert(0, str(ROOT))
    from latentlab.data.catalog import open_data
    from latentlab.images.image_set import ImageSet

    digits = np.asarray(open_data("digits").images)
    if side_px == 28:
        return ImageSet("digits-60000", "60,000 digits", np.tile(digits, (6, 1, 1, 1)))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10_000, side_px, side_px, 3), np.uint8)
    return ImageSet("noise", "colour noise", pixels)


def spec_of(network: str) -> Any:
    from latentlab.models.family.train_spec import TrainSpec

    return TrainSpec(epochs=100_000, batch_size=BATCH, schedule="constant", **NETWORKS[network])


class Counter:
    """Images per second from some seconds after the start on."""

    def __init__(self, args: argparse.Namespace, synchronise: Any = lambda: None) -> None:
        self._args = args
        self._synchronise = synchronise
        self._began_s = time.perf_counter()
        self._first_s: float | None = None
        self._images = 0
        self.images_per_s = 0.0

    def add(self, images: int) -> bool:
        """Count the images of a step; return whether that is enough."""
        now = time.perf_counter()
        if self._first_s is None:
            if now - self._began_s >= self._args.warm_up:
                self._synchronise()
                self._first_s = time.perf_counter()
            return False
        self._images += images
        if now - self._first_s < self._args.seconds:
            return False
        self._synchronise()
        self.images_per_s = self._images / (time.perf_counter() - self._first_s)
        return True


def train_ours(network: str, args: argparse.Namespace) -> dict[str, Any]:
    """Train as ``latentlab train`` does, also as one of several processes."""
    data = images_of(args.side_px)
    from latentlab.base.openmp import wait_briefly

    wait_briefly()
    import torch

    from latentlab.models.device import pick_device
    from latentlab.training.process_group import (
        ProcessGroup,
        TorchrunGroup,
        local_device,
        started_by_torchrun,
    )
    from latentlab.training.run import TrainingRun
    from latentlab.training.run_folder import RunFolder
    from latentlab.training.threads import usual_threads
    from latentlab.training.train_events import Metrics, StepDone

    device = local_device(pick_device().name)
    group = TorchrunGroup(device) if started_by_torchrun() else ProcessGroup()
    spec = spec_of(network)
    threads = args.threads or usual_threads(spec, data.image_shape)
    # The bare step measures nothing, so a loop that is held against it does not either.
    if args.held_out is not None:
        spec = dataclasses.replace(spec, held_out=args.held_out)
    training = TrainingRun(spec, data, device=device, threads=threads, group=group)
    folder = None
    if group.writes:
        folder = RunFolder(Path(os.environ["LATENTLAB_HOME"]) / f"run-{os.getpid()}", training)
    counter = Counter(args, torch.cuda.synchronize if device.type == "cuda" else lambda: None)
    last = 0
    for event in training.run():
        if isinstance(event, StepDone) and event.step > last:
            last = event.step
            # One process decides for all, and its figure is the one that counts.
            if group.writes and counter.add(training.batch_size):
                training.request_stop()
        elif isinstance(event, Metrics) and folder is not None:
            folder.log(event)
        if folder is not None:
            folder.save_now_and_then()
    group.close()
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "images_per_s": counter.images_per_s,
        "threads": threads,
        "peak_memory_mb": round(kib / 1024),
        "writes": group.writes,
    }


def train_bare(network: str, args: argparse.Namespace) -> dict[str, Any]:
    """Repeat the bare step on data in memory."""
    data = images_of(args.side_px)
    from latentlab.base.openmp import wait_briefly

    wait_briefly()
    import torch

    from latentlab.models.autoencoder import Autoencoder
    from latentlab.models.device import pick_device
    from latentlab.models.family.objective import Batch
    from latentlab.models.family.objectives import OBJECTIVES
    from latentlab.training.threads import usual_threads

    device = torch.device(pick_device().name)
    spec = spec_of(network)
    torch.set_num_threads(args.threads or usual_threads(spec, data.image_shape))
    model = Autoencoder(spec, data.image_shape).to(device)
    objective = OBJECTIVES[spec.objective](spec, len(data))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0, fused=True)
    images = torch.from_numpy(data.images.transpose(0, 3, 1, 2).copy()).to(device)
    counter = Counter(args, torch.cuda.synchronize if device.type == "cuda" else lambda: None)
    while True:
        order = torch.randperm(len(images), device=device)
        for start in range(0, len(images) - BATCH + 1, BATCH):
            x = images.index_select(0, order[start : start + BATCH]).float().div_(255.0)
            x = x.contiguous(memory_format=model.memory_format)
            batch = Batch(x, x, torch.randn(BATCH, spec.latent_dim, device=device))
            optimiser.zero_grad(set_to_none=True)
            objective.terms(model, batch).loss.mean().backward()
            optimiser.step()
            if counter.add(BATCH):
                return {"images_per_s": counter.images_per_s}


def train_customary(network: str, args: argparse.Namespace) -> dict[str, Any]:
    """Train the same network as most programs would."""
    data = images_of(args.side_px)
    import torch
    from PIL import Image
    from torch import nn
    from torch.nn import functional
    from torch.utils.data import DataLoader, Dataset

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    height, width, channels = data.image_shape

    def to_tensor(picture: Image.Image) -> torch.Tensor:
        array = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        pixels = array.view(picture.size[1], picture.size[0], channels)
        pixels = pixels.permute((2, 0, 1)).contiguous()
        return pixels.to(dtype=torch.get_default_dtype()).div(255)

    class Pictures(Dataset):  # type: ignore[type-arg]
        """Images and labels as tensors; each item by way of a PIL image and a transform."""

        def __init__(self) -> None:
            pixels = data.images[..., 0] if channels == 1 else data.images
            self.data = torch.from_numpy(np.ascontiguousarray(pixels))
            self.targets = torch.zeros(len(data), dtype=torch.int64)

        def __len__(self) -> int:
            return len(self.data)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            pixels, target = self.data[index], int(self.targets[index])
            return to_tensor(Image.fromarray(pixels.numpy())), target

    class Vae(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            if network == "mlp":
                pixels = height * width * channels
                self.encoder = nn.Sequential(
                    nn.Flatten(), nn.Linear(pixels, 400), nn.ReLU(), nn.Linear(400, 40)
                )
                self.decoder = nn.Sequential(
                    nn.Linear(20, 400),
                    nn.ReLU(),
                    nn.Linear(400, pixels),
                    nn.Sigmoid(),
                    nn.Unflatten(1, (channels, height, width)),
                )
                return
            h, w = height // 4, width // 4
            self.encoder = nn.Sequential(
                nn.Conv2d(channels, 32, 3, stride=2, padding=1),
                nn.ReLU(),
                nn.Conv2d(32, 64, 3, stride=2, padding=1),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(64 * h * w, 128),
                nn.ReLU(),
                nn.Linear(128, 40),
            )
            self.decoder = nn.Sequential(
                nn.Linear(20, 128),
                nn.ReLU(),
                nn.Linear(128, 64 * h * w),
                nn.ReLU(),
                nn.Unflatten(1, (64, h, w)),
                nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
                nn.ReLU(),
                nn.ConvTranspose2d(32, 32, 3, stride=2, padding=1, output_padding=1),
                nn.ReLU(),
                nn.Conv2d(32, channels, 3, padding=1),
                nn.Sigmoid(),
            )

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            mu, logvar = self.encoder(x).chunk(2, 1)
            z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
            return self.decoder(z), mu, logvar

    model = Vae().to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = DataLoader(Pictures(), batch_size=BATCH, shuffle=True, num_workers=args.workers)
    counter = Counter(args, torch.cuda.synchronize if device.type == "cuda" else lambda: None)
    total = 0.0
    while True:
        for x, _ in loader:
            x = x.to(device)  # noqa: PLW2901 - as it is customary
            optimiser.zero_grad()
            y, mu, logvar = model(x)
            recon = functional.binary_cross_entropy(y, x, reduction="sum")
            kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            loss = recon + kl
            loss.backward()
            total += loss.item()
            optimiser.step()
            if counter.add(len(x)):
                return {"images_per_s": counter.images_per_s}


SIDES = {"ours": train_ours, "customary": train_customary, "bare": train_bare}
EVERY_SIDE = ["ours", "customary", "loop", "bare", "ranks", "one"]


def measure(side: str, network: str, args: argparse.Namespace) -> dict[str, Any]:
    """Measure one side in processes of its own."""
    command = [sys.executable]
    threads = 0
    if side == "ranks":
        command += ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
        threads = args.rank_threads
    elif side == "one":
        threads = 2 * args.rank_threads
    command += [__file__, "--side", side if side in SIDES else "ours", "--networks", network]
    command += ["--warm-up", str(args.warm_up), "--seconds", str(args.seconds)]
    command += ["--threads", str(threads), "--side-px", str(args.side_px)]
    command += ["--workers", str(args.workers)]
    if side == "loop":
        command += ["--held-out", "0"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    lines = [line for line in done.stdout.splitlines() if line.startswith(b"{")]
    figures: dict[str, Any] = json.loads(lines[-1])
    print(f"{network}, {side}: {figures}", file=sys.stderr)
    return figures


def summary(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the figures of a network."""
    speed = {side: [r[side]["images_per_s"] for r in rounds] for side in rounds[0]}

    def ratios(a: str, b: str) -> list[float]:
        both = a in speed and b in speed
        return [round(x / y, 3) for x, y in zip(speed[a], speed[b], strict=True)] if both else []

    pairs = {
        "ours / customary": ratios("ours", "customary"),
        "bare / loop": ratios("bare", "loop"),
        "ranks / one": ratios("ranks", "one"),
    }
    return {
        "median_images_per_s": {side: median(values) for side, values in speed.items()},
        "median_ratios": {name: median(values) for name, values in pairs.items() if values},
        "paired_ratios": {name: values for name, values in pairs.items() if values},
        "peak_memory_mb": max(
            (r["ours"]["peak_memory_mb"] for r in rounds if "ours" in r), default=0
        ),
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--pairs", type=int, default=3, help="rounds per network (default 3)")
    options.add_argument("--seconds", type=float, default=10.0, help="measured (default 10)")
    options.add_argument("--warm-up", type=float, default=3.0, help="seconds left out (default 3)")
    options.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    options.add_argument(
        "--sides",
        nargs="+",
        choices=EVERY_SIDE,
        default=EVERY_SIDE,
        help="what to measure (default all)",
    )
    options.add_argument("--side-px", type=int, default=28, help="size of the images (default 28)")
    options.add_argument("--workers", type=int, default=0, help="of the customary DataLoader")
    options.add_argument("--rank-threads", type=int, default=1, help="threads of each of two ranks")
    options.add_argument("--held-out", type=float, help=argparse.SUPPRESS)
    options.add_argument("--threads", type=int, default=0, help=argparse.SUPPRESS)
    options.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)  # what children are
    args = options.parse_args()
    if args.side is not None:
        figures = SIDES[args.side](args.networks[0], args)
        if figures.pop("writes", True):  # of several processes one speaks for all
            print(json.dumps(figures))
        return
    networks: dict[str, dict[str, Any]] = {}
    with own_home(), tempfile.TemporaryDirectory():
        for network in args.networks:
            rounds = []
            for number in range(args.pairs):
                order = args.sides if number % 2 == 0 else args.sides[::-1]
                rounds.append({side: measure(side, network, args) for side in order})
            networks[network] = summary(rounds)
    limits = {"mlp": 3.0, "conv": 2.5}
    targets = []
    for name, found in networks.items():
        found_ratios = found["median_ratios"]
        for ratio, limit in (
            ("ours / customary", {"at_least": limits[name]}),
            ("bare / loop", {"at_most": 1.1}),
            ("ranks / one", {"at_least": 1.0}),
        ):
            if ratio in found_ratios:
                targets.append(target(f"{name}: {ratio}", found_ratios[ratio], **limit))
        if "ours" in args.sides:
            targets.append(
                target(f"{name}: peak memory in MB", found["peak_memory_mb"], at_most=1229)
            )
    report(
        "train_speed", seconds=args.seconds, pairs=args.pairs, networks=networks, targets=targets
    )


if __name__ == "__main__":
    main()
