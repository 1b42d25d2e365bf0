"""How long the denoised picture takes to follow a slider, how long the matrix of noises takes, and
whether a large picture holds up the window.

``slider``   Drives the real window: a thread of its own drags the slider of the noise lab to and
             fro, one move every 16 ms. Timed is from the post of an event to the end of the paint
             of the denoised picture that belongs to it; beside it the path and the cloud on the map
             are computed and painted. Modes: ``idle`` (the bundled map), ``denoiser`` (the bundled
             denoiser of 2,048 numbers), ``field`` (with the denoising field on the map),
             ``training_mlp`` and ``training_conv`` (the window's default networks and batch, the
             picture is that of the network in training). They take turns in each round.
``matrix``   Five models against five corruptions on 2,000 digits, computed in the window.
``drop``     A JPEG of 12 megapixels is brought in while a probe measures every 10 ms how long the
             window takes to answer.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from figures import median, own_home, parser, report, spread_ms, target
from import_in_window import Echo
from lab_window import (
    INPUT_EVERY_S,
    InputThread,
    LabWindow,
    drag_event,
    lab_window,
    let_run,
    number_of,
    wait_until,
)
from lab_window import Path as Way
from pictures import make_large
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtWidgets import QWidget

from latentlab.base.trace import now_s
from latentlab.features.noise_matrix.messages import MatrixAdvanced, MatrixRequest
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.models.family.train_spec import TrainSpec

PARTS = ("slider", "matrix", "drop")
MODES = ("idle", "denoiser", "field", "training_mlp", "training_conv")
_IDLE_MS, _TRAINING_MS = 33.0, 50.0
_MATRIX_S = 20.0
_ANSWER_MS = 100.0
_WARM_UP_S = 1.5
_TO_AND_FRO_S = 2.0
_NOISES = (("mask", 0.5), ("salt-pepper", 0.2), ("gaussian", 0.3), ("speckle", 0.5), ("blur", 0.5))


class Watch(QObject):
    """Notes when the slider takes which event."""

    def __init__(self, slider: QWidget) -> None:
        super().__init__()
        self.handled: list[tuple[float, int]] = []
        slider.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        number = number_of(event)
        if number is not None:
            self.handled.append((now_s(), number))
        return False


@dataclass
class Drag:
    """What one drag of the slider gave, in seconds."""

    input_to_paint: list[float]
    compute: list[float]
    gaps: list[float]
    pictures: int
    seconds: float


def slider_way(slider: QWidget, count: int) -> Way:
    """Return a way to and fro along a slider."""
    turn = INPUT_EVERY_S * np.arange(count) / _TO_AND_FRO_S
    x = slider.width() * (0.5 - 0.42 * np.cos(2 * np.pi * turn))
    positions = np.stack([x, np.full(count, slider.height() / 2)], 1)
    return Way(positions, QPointF(slider.mapToGlobal(QPointF(0, 0))))


def drag(lab: LabWindow, watch: Watch, slider: QWidget, seconds: float) -> Drag:
    """Drag the slider for some seconds."""
    count = round(seconds / INPUT_EVERY_S)
    way = slider_way(slider, count)
    watch.handled.clear()
    thread = lab.post(
        lambda n: drag_event(way, n, count, Qt.MouseButton.LeftButton), seconds, slider
    )
    return evaluated(lab, watch, thread)


def evaluated(lab: LabWindow, watch: Watch, thread: InputThread) -> Drag:
    begin_s, end_s = thread.posted_s[0], thread.posted_s[-1]
    times = [time_s for time_s, _ in watch.handled]
    delays: dict[int, float] = {}
    painted = lab.tracer.named("denoise", begin_s)
    for span in painted:
        # The program's own span begins where the slider's event is handled.
        place = int(np.searchsorted(times, span.start_s, side="right")) - 1
        if place >= 0:
            number = watch.handled[place][1]
            delays.setdefault(number, span.end_s - thread.posted_s[number])
    within = [span.end_s for span in painted if span.end_s <= end_s]
    computed = lab.tracer.named("denoise.compute", begin_s, end_s)
    return Drag(
        input_to_paint=list(delays.values()),
        compute=[span.end_s - span.start_s for span in computed],
        gaps=np.diff([begin_s, *within, end_s]).tolist(),
        pictures=len(within),
        seconds=end_s - begin_s,
    )


def run_mode(lab: LabWindow, watch: Watch, slider: QWidget, mode: str, seconds: float) -> Drag:
    """Bring the window into a mode, drag, and leave the mode."""
    lab.lab.noise_controller.set_denoiser("digits-denoiser" if mode == "denoiser" else "")
    lab.lab.map_view.set_shown("noise_field", mode == "field")
    if mode.startswith("training_"):
        lab.start_training(mode.removeprefix("training_"))
    let_run(_WARM_UP_S)
    found = drag(lab, watch, slider, seconds)
    if mode.startswith("training_"):
        lab.stop_training()
        lab.open("digits-vae")
    return found


def slider_figures(lab: LabWindow, args: Any) -> dict[str, Any]:
    """Return the figures of all modes."""
    slider = lab.window.findChild(QWidget, "corruption_slider_0")
    watch = Watch(slider)
    drags: dict[str, list[Drag]] = {mode: [] for mode in args.modes}
    for number in range(args.rounds):
        for mode in args.modes:
            drags[mode].append(run_mode(lab, watch, slider, mode, args.seconds))
            shown = spread_ms(drags[mode][-1].input_to_paint)
            print(f"round {number}, {mode}: {shown}", file=sys.stderr)
    return {mode: summary(found) for mode, found in drags.items()}


def summary(drags: list[Drag]) -> dict[str, Any]:
    """Return the figures of a mode."""
    by_round = [spread_ms(d.input_to_paint)["p95"] for d in drags]
    return {
        "input_to_paint_ms": spread_ms([v for d in drags for v in d.input_to_paint]),
        "p95_of_rounds_ms": by_round,
        "median_p95_of_rounds_ms": median([v for v in by_round if v is not None]),
        "compute_ms": spread_ms([v for d in drags for v in d.compute]),
        "pictures_per_s": round(sum(d.pictures for d in drags) / sum(d.seconds for d in drags), 1),
        "longest_gap_ms": round(max(g for d in drags for g in d.gaps) * 1e3, 1),
    }


def trained_models(folder: Path) -> list[str]:
    """Train three models for a moment; what they have learnt does not change how long they take."""
    import torch

    from latentlab.data.catalog import open_data
    from latentlab.training.run import TrainingRun
    from latentlab.training.run_folder import RunFolder

    digits = open_data("digits")
    few = type(digits)(digits.name, digits.title, digits.images[:512])
    conv: dict[str, Any] = {"network": "conv", "channels": (32, 64)}
    specs = {
        "mlp": TrainSpec(objective="denoising", epochs=1),
        "conv": TrainSpec(objective="denoising", epochs=1, **conv),
        "map": TrainSpec(objective="denoising", epochs=1, code="map", **conv),
    }
    for name, spec in specs.items():
        run = TrainingRun(spec, few, device=torch.device("cpu"))
        kept = RunFolder(folder / name, run)
        for _ in run.run():
            pass
        kept.finish()
    return [str(folder / name) for name in specs]


def matrix_figures(lab: LabWindow, folder: Path, rounds: int) -> dict[str, Any]:
    """Let the window fill the matrix, and return how long that takes."""
    models = ("digits-vae", "digits-denoiser", *trained_models(folder))
    assert all(name in CORRUPTIONS for name, _ in _NOISES)
    last: list[MatrixAdvanced] = []

    def take(result: object) -> None:
        if isinstance(result, MatrixAdvanced):
            last.append(result)

    lab.lab.compute.resulted.connect(take)
    # With their mirror images there are 20,000 digits, of which 2,000 are held out.
    digits = lab.lab.session.data
    images = np.concatenate([digits.images, digits.images[:, :, ::-1]])
    data = type(digits)("mirrored", "Digits and their mirror images", images)
    seconds = []
    for number in range(rounds):
        session = lab.lab.session
        begin_s = now_s()
        lab.lab.compute.request(
            MatrixRequest(session.session_epoch, 10**6 + number, data, models, _NOISES, number)
        )
        wait_until(lambda: bool(last) and last[-1].complete, "the end of the matrix", timeout_s=300)
        seconds.append(now_s() - begin_s)
        num_images = last[-1].num_images
        last.clear()
        print(f"matrix, round {number}: {seconds[-1]:.1f} s", file=sys.stderr)
    lab.lab.compute.resulted.disconnect(take)
    return {
        "models": len(models),
        "noises": len(_NOISES),
        "images": num_images,
        "seconds": [round(s, 2) for s in seconds],
        "median_s": median(seconds),
    }


def drop_figures(lab: LabWindow, folder: Path) -> dict[str, Any]:
    """Bring in a large picture, and return how quickly the window answered meanwhile."""
    make_large(folder, 1)
    path = next(folder.rglob("*.jp*g"))
    noise_lab = lab.lab.noise_lab
    echo = Echo()
    echo.start()
    let_run(1.0)
    begin_s = now_s()
    lab.lab.picture_controller.bring_file(path)
    wait_until(lambda: noise_lab.image_title == path.name, "the picture", poll_ms=5)
    seconds = now_s() - begin_s
    let_run(1.0)
    return {"seconds": round(seconds, 3), **echo.stop()}


def targets(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the targets of all parts."""
    found = []
    for mode, figures in parts.get("slider", {}).items():
        limit = _TRAINING_MS if mode.startswith("training") else _IDLE_MS
        p95 = figures["median_p95_of_rounds_ms"]
        found.append(target(f"{mode}: p95 slider to paint, ms", p95, at_most=limit))
    if "matrix" in parts:
        found.append(target("matrix, s", parts["matrix"]["median_s"], at_most=_MATRIX_S))
    if "drop" in parts:
        found.append(target("drop: longest wait, ms", parts["drop"]["max_ms"], at_most=_ANSWER_MS))
    return found


def main() -> None:
    """Run the benchmark."""
    options = parser(__doc__)
    options.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    options.add_argument("--seconds", type=float, default=6.0, help="of each drag (default 6)")
    options.add_argument("--rounds", type=int, default=3, help="of each measurement (default 3)")
    args = options.parse_args()
    parts: dict[str, Any] = {}
    with own_home(), tempfile.TemporaryDirectory() as name, lab_window() as lab:
        if "slider" in args.parts:
            parts["slider"] = slider_figures(lab, args)
        if "matrix" in args.parts:
            parts["matrix"] = matrix_figures(lab, Path(name), args.rounds)
        if "drop" in args.parts:
            parts["drop"] = drop_figures(lab, Path(name) / "large")
    report("noise", **parts, targets=targets(parts))


if __name__ == "__main__":
    main()
