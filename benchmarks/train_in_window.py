"""How fast a network trains in the window that nobody touches, against the same run without one.

Each measurement is a process of its own that trains on the bundled digits with the default
settings of a network. ``headless`` advances the training loop as ``latentlab train`` does, run
folder and log included; ``window`` opens the real window, waits for its map, starts the run through
the training controller, and lets it paint progress, curves, points and grid. Both count optimiser
steps over the wall clock from some seconds after the start on, held-out measurements and saving
included, so that all that the window costs is seen, and not only what the step itself takes.

The two take turns, and the one that begins changes from pair to pair. Reported are the medians of
both and the median of the ratios of each pair.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from figures import ROOT, median, own_home, parser, report, target

SIDES = ("headless", "window")
NETWORKS = ("mlp", "conv")


def train_headless(network: str, warm_up_s: float, seconds: float) -> dict[str, Any]:
    """Train as ``latentlab train`` does, and return images per second."""
    sys.path.insert(0, str(ROOT))
    from latentlab.base.openmp import wait_briefly

    wait_briefly()
    import torch
    from tqdm import tqdm

    from latentlab.data.catalog import open_data
    from latentlab.models.device import pick_device
    from latentlab.models.family.train_spec import TrainSpec
    from latentlab.training.run import Metrics, StepDone, TrainingRun
    from latentlab.training.run_folder import RunFolder

    device = torch.device(pick_device().name)
    spec = TrainSpec(network=network, epochs=100_000)
    training = TrainingRun(spec, open_data("digits"), device=device)
    folder = RunFolder(Path(os.environ["LATENTLAB_HOME"]) / f"headless-{os.getpid()}", training)
    began_s = time.perf_counter()
    first: tuple[float, int] | None = None
    with tqdm(total=training.total_steps, unit="step", disable=None, file=sys.stderr) as bar:
        for event in training.run():
            if isinstance(event, StepDone):
                bar.update(event.step - bar.n)
                now = time.perf_counter()
                if first is None and now - began_s >= warm_up_s:
                    first = (now, event.step)
                elif first is not None and now - first[0] >= seconds:
                    break
            elif isinstance(event, Metrics):
                folder.log(event)
                folder.save_now_and_then()
    assert first is not None
    images = (training.step - first[1]) * training.batch_size
    return {"images_per_s": images / (now - first[0])}


def train_in_window(network: str, warm_up_s: float, seconds: float) -> dict[str, Any]:
    """Train in the window, and return images per second and what the window's own thread took."""
    from lab_window import lab_window, let_run, now_s

    with lab_window() as lab:
        spec = lab.start_training(network)
        let_run(warm_up_s)
        begin_s, begin_cpu_s = now_s(), time.thread_time()
        let_run(seconds)
        end_s, end_cpu_s = now_s(), time.thread_time()
        ends = [s.end_s for s in lab.tracer.named("train.step", begin_s, end_s)]
        frames = lab.tracer.named("map.frame", begin_s, end_s)
    return {
        "images_per_s": (len(ends) - 1) * spec.batch_size / (ends[-1] - ends[0]),
        "window_thread_cpu_share": (end_cpu_s - begin_cpu_s) / (end_s - begin_s),
        "map_frames_per_s": len(frames) / (end_s - begin_s),
    }


def measure(side: str, network: str, args: argparse.Namespace) -> dict[str, float]:
    """Measure one side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--networks", network]
    command += ["--warm-up", str(args.warm_up), "--seconds", str(args.seconds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{network}, {side}: {figures}", file=sys.stderr)
    return figures


def summary(pairs: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Return the figures of a network."""
    ratios = [p["window"]["images_per_s"] / p["headless"]["images_per_s"] for p in pairs]
    return {
        "median_images_per_s": {
            side: median([p[side]["images_per_s"] for p in pairs]) for side in SIDES
        },
        "median_of_paired_ratios": median(ratios),
        "paired_ratios": [round(ratio, 3) for ratio in ratios],
        "window_thread_cpu_share": median([p["window"]["window_thread_cpu_share"] for p in pairs]),
        "map_frames_per_s": median([p["window"]["map_frames_per_s"] for p in pairs]),
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--pairs", type=int, default=5, help="pairs per network (default 5)")
    options.add_argument("--seconds", type=float, default=12.0, help="measured (default 12)")
    options.add_argument("--warm-up", type=float, default=3.0, help="seconds left out (default 3)")
    options.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    options.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)  # what children are
    args = options.parse_args()
    if args.side is not None:
        train = train_headless if args.side == "headless" else train_in_window
        print(json.dumps(train(args.networks[0], args.warm_up, args.seconds)))
        return
    networks: dict[str, dict[str, Any]] = {}
    with own_home():
        for network in args.networks:
            pairs = []
            for number in range(args.pairs):
                order = SIDES if number % 2 == 0 else SIDES[::-1]
                pairs.append({side: measure(side, network, args) for side in order})
            networks[network] = summary(pairs)
    report(
        "train_in_window",
        seconds=args.seconds,
        pairs=args.pairs,
        networks=networks,
        targets=[
            target(f"{name}: window / headless", figures["median_of_paired_ratios"], at_least=0.9)
            for name, figures in networks.items()
        ],
    )


if __name__ == "__main__":
    main()
