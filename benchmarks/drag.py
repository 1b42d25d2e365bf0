"""How long the decoded picture takes to follow the hand, idle and while a network trains.

Drives the real window: a thread of its own posts a press, a move every 16 ms along a smooth path
over the map, and a release. For each input whose picture was painted, the time from the post of the
event to the end of the paint is taken (``input_to_paint_ms``), and split into stages: until the
window handles the event, until the compute thread begins to decode, the decoding, and until the
picture is painted. ``handler_to_paint_ms`` is what the program itself traces as ``decode``. What
the screen does after the paint is not seen here.

The newest input wins, so not each of them gets a picture: ``pictures_per_s`` counts the different
pictures painted (62.5 inputs arrive per second; while training, the program also decodes ten times
a second afresh), ``longest_gap_ms`` is the longest time without a new one.

Modes: ``idle`` (bundled model), ``training_mlp`` and ``training_conv`` (the window's default
networks and batch of 128; the picture is that of the network in training). The modes take turns in
each round; the figures are those of all rounds together, and the median of each round's p95.

With ``--speed 0.5`` the whole process is stopped for half of each two milliseconds, as on a machine
of half the speed feels like (``slowed.py``).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from figures import median, own_home, parser, report, spread_ms, target
from lab_window import (
    INPUT_EVERY_S,
    InputThread,
    LabWindow,
    Path,
    drag_event,
    lab_window,
    let_run,
    number_of,
)
from PySide6.QtCore import QEvent, QObject, Qt, Slot
from slowed import slowed_to

from latentlab.base.trace import now_s
from latentlab.widgets.images.image_view import ImageView

MODES = ("idle", "training_mlp", "training_conv")
_WARM_UP_S = 1.5


@dataclass(frozen=True)
class Painted:
    """A picture that was painted; ``number`` is the input it belongs to, if known."""

    time_s: float
    sequence: int
    number: int | None
    handled_s: float


class Watch(QObject):
    """Finds out which input each painted picture belongs to, by its code z."""

    def __init__(self, lab: LabWindow) -> None:
        super().__init__()
        self._explorer = lab.lab.explorer
        self._number: int | None = None
        self._handled_s = 0.0
        self._asked: dict[bytes, tuple[int, float]] = {}
        self.painted: list[Painted] = []
        lab.map.installEventFilter(self)
        self._explorer.zChanged.connect(self._on_z_changed)
        lab.window.findChild(ImageView, "decoded_image").painted.connect(self._on_painted)

    def forget(self) -> None:
        """Start anew."""
        self._asked.clear()
        self.painted = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        number = number_of(event)
        if number is not None:
            self._number, self._handled_s = number, now_s()
        return False

    @Slot()
    def _on_z_changed(self) -> None:
        if self._number is not None:
            self._asked[self._explorer.z.tobytes()] = (self._number, self._handled_s)

    @Slot(int)
    def _on_painted(self, sequence: int) -> None:
        decoded = self._explorer.decoded
        if decoded is not None and decoded.sequence == sequence:
            number, handled_s = self._asked.get(decoded.z.tobytes(), (None, decoded.event_s))
            self.painted.append(Painted(now_s(), sequence, number, handled_s))


@dataclass
class Drag:
    """Durations of one drag, in seconds."""

    input_to_paint: list[float]
    stages: dict[str, list[float]]
    handler_to_paint: list[float]
    gaps: list[float]
    late: list[float]
    pictures: int
    inputs_painted: int
    inputs: int
    seconds: float
    trained_images: int
    window_cpu_s: float


def measure(lab: LabWindow, watch: Watch, seconds: float, phase_s: float) -> Drag:
    """Drag for some seconds and return what was painted when."""
    count = round(seconds / INPUT_EVERY_S)
    path = Path.over(lab.map, count, phase_s=phase_s)
    watch.forget()
    thread = lab.post(lambda n: drag_event(path, n, count, Qt.MouseButton.LeftButton), seconds)
    return _evaluate(lab, watch, thread)


def _evaluate(lab: LabWindow, watch: Watch, thread: InputThread) -> Drag:
    begin_s, end_s = thread.posted_s[0], thread.posted_s[-1]
    computed = {s.args["sequence"]: s for s in lab.tracer.named("decode.compute", begin_s)}
    firsts: dict[int, Painted] = {}
    for painted in watch.painted:
        if painted.number is not None:
            firsts.setdefault(painted.number, painted)
    stages: dict[str, list[float]] = {
        "post_to_handler": [], "handler_to_decode": [], "decode": [], "decode_to_paint": []
    }  # fmt: skip
    for number, painted in firsts.items():
        span = computed.get(painted.sequence)
        if span is None:
            continue
        stages["post_to_handler"].append(painted.handled_s - thread.posted_s[number])
        stages["handler_to_decode"].append(span.start_s - painted.handled_s)
        stages["decode"].append(span.end_s - span.start_s)
        stages["decode_to_paint"].append(painted.time_s - span.end_s)
    within = [p.time_s for p in watch.painted if begin_s <= p.time_s <= end_s]
    steps = lab.tracer.named("train.step", begin_s, end_s)
    return Drag(
        input_to_paint=[p.time_s - thread.posted_s[n] for n, p in firsts.items()],
        stages=stages,
        handler_to_paint=[s.end_s - s.start_s for s in lab.tracer.named("decode", begin_s, end_s)],
        gaps=np.diff([begin_s, *within, end_s]).tolist(),
        late=thread.late_s,
        pictures=len(within),
        inputs_painted=len(firsts),
        inputs=thread.count,
        seconds=end_s - begin_s,
        trained_images=len(steps) * lab.lab.training.spec.batch_size,
        window_cpu_s=thread.window_cpu_s,
    )


def run_mode(lab: LabWindow, watch: Watch, mode: str, seconds: float, phase_s: float) -> Drag:
    """Bring the window into a mode, drag, and leave the mode."""
    if mode == "idle":
        lab.open("digits-vae")
        return measure(lab, watch, seconds, phase_s)
    lab.start_training(mode.removeprefix("training_"))
    let_run(_WARM_UP_S)
    drag = measure(lab, watch, seconds, phase_s)
    lab.stop_training()
    return drag


def summary(drags: list[Drag]) -> dict[str, Any]:
    """Return the figures of a mode."""
    seconds = sum(d.seconds for d in drags)
    by_round = [spread_ms(d.input_to_paint)["p95"] for d in drags]
    return {
        "input_to_paint_ms": spread_ms([v for d in drags for v in d.input_to_paint]),
        "median_p95_of_rounds_ms": median([v for v in by_round if v is not None]),
        "p95_of_rounds_ms": by_round,
        "pictures_per_s": round(sum(d.pictures for d in drags) / seconds, 1),
        "inputs_painted_share": round(
            sum(d.inputs_painted for d in drags) / sum(d.inputs for d in drags), 3
        ),
        "longest_gap_ms": round(max(g for d in drags for g in d.gaps) * 1e3, 1),
        "longest_gap_of_rounds_ms": [round(max(d.gaps) * 1e3, 1) for d in drags],
        "handler_to_paint_ms": spread_ms([v for d in drags for v in d.handler_to_paint]),
        "stages_ms": {
            name: spread_ms([v for d in drags for v in d.stages[name]]) for name in drags[0].stages
        },
        "window_cpu_ms_per_input": round(
            1e3 * sum(d.window_cpu_s for d in drags) / sum(d.inputs for d in drags), 2
        ),
        "input_thread_late_ms": spread_ms([v for d in drags for v in d.late]),
        "trained_images_per_s": round(sum(d.trained_images for d in drags) / seconds),
    }


def targets(modes: dict[str, dict[str, Any]], *, slowed: bool) -> list[dict[str, Any]]:
    """Return the targets of all modes."""
    found = []
    for mode, figures in modes.items():
        limit = 20.0 if slowed else 16.0 if mode == "idle" else 25.0
        longest, fewest = (80.0, 55.0) if slowed else (60.0, 50.0)
        p95 = figures["input_to_paint_ms"]["p95"]
        found += [
            target(f"{mode}: p95 input to paint, ms", p95, at_most=limit),
            target(f"{mode}: longest gap, ms", figures["longest_gap_ms"], at_most=longest),
            target(f"{mode}: pictures per s", figures["pictures_per_s"], at_least=fewest),
        ]
    return found


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=8.0, help="of each drag (default 8)")
    options.add_argument("--rounds", type=int, default=3, help="drags per mode (default 3)")
    options.add_argument(
        "--modes", nargs="+", choices=MODES, default=MODES, help="modes to measure (default all)"
    )
    options.add_argument(
        "--speed", type=float, default=1.0, help="fraction of the machine's speed (default 1)"
    )
    args = options.parse_args()
    drags: dict[str, list[Drag]] = {mode: [] for mode in args.modes}
    with slowed_to(args.speed) as speed, own_home(), lab_window() as lab:
        watch = Watch(lab)
        for number in range(args.rounds):
            for mode in args.modes:
                phase_s = 17.0 * number
                drags[mode].append(run_mode(lab, watch, mode, args.seconds, phase_s))
                shown = spread_ms(drags[mode][-1].input_to_paint)
                print(f"round {number}, {mode}: {shown}", file=sys.stderr)
        modes = {mode: summary(found) for mode, found in drags.items()}
        report(
            "drag",
            map_px=[lab.map.width(), lab.map.height()],
            seconds_per_drag=args.seconds,
            rounds=args.rounds,
            speed=speed,
            modes=modes,
            targets=targets(modes, slowed=args.speed < 1.0),
        )


if __name__ == "__main__":
    main()
