"""How long a frame of the map takes to paint while it is panned and zoomed.

Drives the real window: a thread of its own posts an event every 16 ms, a drag with the right button
along a smooth path (``pan``) or turns of the wheel in and out again (``zoom``). The decoded grid is
shown behind the points and is decoded on as in use. Taken are the time each frame of the map takes
to paint (the program's own ``map.frame`` spans), the interval from frame to frame, and the time
from the post of an event to the end of the first frame that shows it. What the screen does after
the paint is not seen here.

Cases: 10,000 points (the bundled digits) and 70,000 (the same digits repeated with noise, encoded
by the bundled model), each panned and zoomed. The movements take turns in each round; the figures
are those of all rounds together, and the median of each round's p95.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
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
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Slot
from PySide6.QtGui import QInputEvent, QWheelEvent

from latentlab.base.trace import now_s
from latentlab.engine.messages import UseDataCommand
from latentlab.images.image_set import ImageSet

MOVEMENTS = ("pan", "zoom")
LIMITS_MS = {10_000: 16.0, 70_000: 25.0}
_ZOOM_TURNS = 60  # events in one direction before the wheel is turned back


class Watch(QObject):
    """Notes for each input when the first frame after it was painted."""

    def __init__(self, lab: LabWindow) -> None:
        super().__init__()
        self._waiting: list[int] = []
        self.shown_s: dict[int, float] = {}
        lab.map.installEventFilter(self)
        lab.map.framePainted.connect(self._on_painted)

    def forget(self) -> None:
        """Start anew."""
        self._waiting, self.shown_s = [], {}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        number = number_of(event)
        if number is not None:
            self._waiting.append(number)
        return False

    @Slot()
    def _on_painted(self) -> None:
        now = now_s()
        self.shown_s.update(dict.fromkeys(self._waiting, now))
        self._waiting.clear()


@dataclass
class Movement:
    """Durations of one movement, in seconds."""

    paint: list[float]
    interval: list[float]
    input_to_frame: list[float]
    late: list[float]
    seconds: float
    window_cpu_s: float
    inputs: int


def many_digits(digits: ImageSet, count: int) -> ImageSet:
    """Return ``count`` images: those of a set over and over, each time with other noise."""
    rng = np.random.default_rng(0)
    index = np.arange(count) % len(digits)
    images = np.empty((count, *digits.image_shape), np.uint8)
    for start in range(0, count, 4096):
        part = slice(start, min(start + 4096, count))
        noise = rng.normal(0.0, 12.0, images[part].shape)
        images[part] = np.clip(digits.images[index[part]] + noise, 0, 255)
    labels = None if digits.labels is None else digits.labels[index]
    return ImageSet("many-digits", "Many digits", images, labels, digits.class_names)


def wheel_event(path: Path, delta: int, number: int) -> QWheelEvent:
    """Return a turn of the wheel at the middle of the map: in for a while, then out."""
    local, there = path.at(0)
    sign = 1 if number // _ZOOM_TURNS % 2 == 0 else -1
    return QWheelEvent(
        local,
        there,
        QPoint(),
        QPoint(0, sign * delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


def pan_event(path: Path, count: int, number: int) -> QInputEvent:
    """Return one event of a drag with the right button."""
    return drag_event(path, number, count, Qt.MouseButton.RightButton)


def measure(lab: LabWindow, watch: Watch, movement: str, seconds: float, delta: int) -> Movement:
    """Move for some seconds and return what was painted when."""
    lab.map.fit()
    let_run(1.0)
    count = round(seconds / INPUT_EVERY_S)
    path = Path.over(lab.map, count, reach=0.2)
    watch.forget()
    if movement == "pan":
        thread = lab.post(partial(pan_event, path, count), seconds)
    else:
        thread = lab.post(partial(wheel_event, path, delta), seconds)
    return _evaluate(lab, watch, thread)


def _evaluate(lab: LabWindow, watch: Watch, thread: InputThread) -> Movement:
    begin_s, end_s = thread.posted_s[0], thread.posted_s[-1]
    frames = lab.tracer.named("map.frame", begin_s, end_s)
    return Movement(
        paint=[s.end_s - s.start_s for s in frames],
        interval=np.diff([s.end_s for s in frames]).tolist(),
        input_to_frame=[t - thread.posted_s[n] for n, t in watch.shown_s.items()],
        late=thread.late_s,
        seconds=end_s - begin_s,
        window_cpu_s=thread.window_cpu_s,
        inputs=thread.count,
    )


def summary(movements: list[Movement]) -> dict[str, Any]:
    """Return the figures of a case."""
    by_round = [spread_ms(m.paint)["p95"] for m in movements]
    frames = sum(len(m.paint) for m in movements)
    return {
        "frame_ms": spread_ms([v for m in movements for v in m.paint]),
        "median_p95_of_rounds_ms": median([v for v in by_round if v is not None]),
        "p95_of_rounds_ms": by_round,
        "interval_ms": spread_ms([v for m in movements for v in m.interval]),
        "frames_per_s": round(frames / sum(m.seconds for m in movements), 1),
        "input_to_frame_ms": spread_ms([v for m in movements for v in m.input_to_frame]),
        "window_cpu_ms_per_input": round(
            1e3 * sum(m.window_cpu_s for m in movements) / sum(m.inputs for m in movements), 2
        ),
        "input_thread_late_ms": spread_ms([v for m in movements for v in m.late]),
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="of each movement (default 5)")
    options.add_argument("--rounds", type=int, default=3, help="rounds per size (default 3)")
    options.add_argument(
        "--points", nargs="+", type=int, default=[10_000, 70_000], help="sizes (default both)"
    )
    options.add_argument(
        "--wheel-delta", type=int, default=30, help="1/8 degrees per event; 120 is a notch"
    )
    args = options.parse_args()
    found: dict[str, list[Movement]] = {}
    cases: dict[str, dict[str, Any]] = {}
    targets = []
    with own_home(), lab_window() as lab:
        digits = lab.lab.session.data
        watch = Watch(lab)
        for points in args.points:
            if points != len(lab.lab.session.data):
                data = many_digits(digits, points)
                lab.wait_embedded(partial(lab.lab.compute.command, UseDataCommand(data)))
            for number in range(args.rounds):
                for movement in MOVEMENTS:
                    moved = measure(lab, watch, movement, args.seconds, args.wheel_delta)
                    found.setdefault(f"{movement}_{points}", []).append(moved)
                    shown = spread_ms(moved.paint)
                    print(f"round {number}, {movement}, {points}: {shown}", file=sys.stderr)
            for movement in MOVEMENTS:
                case = f"{movement}_{points}"
                cases[case] = summary(found[case])
                limit = LIMITS_MS.get(points)
                if limit is not None:
                    p95 = cases[case]["frame_ms"]["p95"]
                    targets.append(target(f"{case}: p95 of a frame, ms", p95, at_most=limit))
        report(
            "frames",
            map_px=[lab.map.width(), lab.map.height()],
            device_pixel_ratio=lab.map.devicePixelRatioF(),
            seconds_per_movement=args.seconds,
            rounds=args.rounds,
            cases=cases,
            targets=targets,
        )


if __name__ == "__main__":
    main()
