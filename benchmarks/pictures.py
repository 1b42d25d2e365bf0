"""How fast folders of pictures are read and packed, and how large sets are opened.

Parts, each with its rival in the same run, in turn:

``small``     packing many small PNG and JPEG files, against a bare loop of Pillow decodes
              (``Image.open``, ``convert``, ``np.asarray``) over as many processes; growth of the
              memory of this process and its children; how soon the first examples are there
``large``     a folder of 12-megapixel JPEG files to 64 × 64, against the plain loop that opens,
              converts and resizes, over as many processes
``million``   opening a packed set of 1,000,000 images of 28 × 28, and how far memory grows

The files are made by the script, in a temporary folder, and were just written, so they come from
the system's cache. Needs no screen.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from figures import median, own_home, parser, report, target
from PIL import Image

from latentlab.data.pictures.import_messages import ExamplesTreated, Imported
from latentlab.data.pictures.picture_import import PictureImport
from latentlab.images.treatment import TreatmentOptions

_SAMPLE_EVERY_S = 0.02


def make_small(folder: Path, count: int) -> None:
    """Write small pictures of 10 classes, PNG and JPEG by turns, smooth enough to compress."""
    rng = np.random.default_rng(0)
    for i in range(count):
        coarse = rng.integers(0, 256, (7, 7, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((28, 28), Image.Resampling.BILINEAR)
        path = folder / f"class{i % 10}" / f"{i:06}.{'png' if i % 2 else 'jpg'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, "PNG" if i % 2 else "JPEG")


def make_large(folder: Path, count: int) -> None:
    """Write photograph-like JPEG files of 12 megapixels."""
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True)
    for i in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8))
        smooth = np.asarray(coarse.resize((4000, 3000), Image.Resampling.BICUBIC), np.int16)
        grain = rng.integers(-8, 9, (3000, 4000, 1), np.int16)
        picture = Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
        picture.save(folder / f"{i:03}.jpg", "JPEG", quality=90)


def bare_decode(path: str) -> int:
    """Decode as small as it gets."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).nbytes


def plain_resize(path: str) -> int:
    """Open, convert and resize."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize((64, 64))).nbytes


def rival_s(folder: Path, work: Any, processes: int) -> float:
    """Return how long the bare loop takes, listing the files and starting processes included."""
    begin = time.perf_counter()
    paths = [str(path) for path in folder.rglob("*") if path.is_file()]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for _ in pool.imap_unordered(work, paths, chunksize=64 if work is bare_decode else 1):
            pass
    return time.perf_counter() - begin


def family_bytes() -> int:
    """Return the memory of this process and its children that is nobody else's (Linux)."""
    total = 0
    mine = os.getpid()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(stat.parent.name) == mine or int(fields[1]) == mine:
                for line in (stat.parent / "smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss_Anon:"):
                        total += int(line.split()[1]) * 1024
        except (OSError, ValueError, IndexError):
            continue
    return total


class PeakMemory(threading.Thread):
    """Looks at :func:`family_bytes` again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.first = self.peak = family_bytes()
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_SAMPLE_EVERY_S):
            self.peak = max(self.peak, family_bytes())

    def growth_mb(self) -> float:
        self._ended.set()
        self.join()
        return (self.peak - self.first) / 2**20


def import_s(folder: Path, home: Path, **options: Any) -> dict[str, float]:
    """Pack into an empty cache and return seconds and memory."""
    shutil.rmtree(home / "cache", ignore_errors=True)
    memory = PeakMemory()
    memory.start()
    begin = time.perf_counter()
    first_examples_s = float("nan")
    for message in PictureImport([folder], TreatmentOptions(**options)).run():
        if isinstance(message, ExamplesTreated) and np.isnan(first_examples_s):
            first_examples_s = time.perf_counter() - begin
        if isinstance(message, Imported):
            count = len(message.data)
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "num_images": count,
        "first_examples_s": first_examples_s,
        "growth_mb": memory.growth_mb(),
    }


def pairs(
    folder: Path, home: Path, work: Any, processes: int, rounds: int, **options: Any
) -> dict[str, Any]:
    """Import and rival by turns; the first round fills the system's caches and is left out."""
    ours: list[dict[str, float]] = []
    rival: list[float] = []
    for number in range(rounds + 1):
        if number % 2:
            ours.append(import_s(folder, home, **options))
        rival.append(rival_s(folder, work, processes))
        if not number % 2:
            ours.append(import_s(folder, home, **options))
        print(f"round {number}: {ours[-1]['seconds']:.2f} s / {rival[-1]:.2f} s", file=sys.stderr)
    ours, rival = ours[1:], rival[1:]
    return {
        "num_images": ours[0]["num_images"],
        "seconds": median([one["seconds"] for one in ours]),
        "rival_seconds": median(rival),
        "ours_over_rival": median([a["seconds"] / b for a, b in zip(ours, rival, strict=True)]),
        "first_examples_s": median([one["first_examples_s"] for one in ours]),
        "growth_mb": median([one["growth_mb"] for one in ours]),
    }


_OPEN = """
import os, sys, time
from latentlab.data.catalog import open_data
def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
before, begin = memory(), time.perf_counter()
data = open_data(sys.argv[1])
len(data), data.fingerprint, data.image_shape, data.images[len(data) // 2].mean()
print(time.perf_counter() - begin, (memory() - before) / 2**20)
"""


def million(folder: Path, count: int, rounds: int) -> dict[str, Any]:
    """Pack a large set of arrays and open it in fresh processes."""
    source = folder / "source.npy"
    header = np.lib.format.open_memmap(source, "w+", np.uint8, (count, 28, 28))
    rng = np.random.default_rng(0)
    for start in range(0, count, 50_000):
        part = header[start : start + 50_000]
        part[:] = rng.integers(0, 256, part.shape, np.uint8)
    del header
    packed = folder / "packed"
    command = [sys.executable, "-m", "latentlab", "data", "pack", str(source), str(packed)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds, growth = [], []
    for _ in range(rounds):
        out = subprocess.run(
            [sys.executable, "-c", _OPEN, str(packed)], check=True, capture_output=True, text=True
        ).stdout.split()
        seconds.append(float(out[0]))
        growth.append(float(out[1]))
    return {"num_images": count, "seconds": median(seconds), "growth_mb": median(growth)}


def _small(args: Any, folder: Path, home: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    make_small(folder / "small", args.small)
    found = pairs(folder / "small", home, bare_decode, args.processes, args.pairs)
    return found, [
        target("small: ours / bare decodes", found["ours_over_rival"], at_most=1.2),
        target("small: memory growth in MB", found["growth_mb"], at_most=300),
        target("small: first examples in s", found["first_examples_s"], at_most=1.0),
    ]


def _large(args: Any, folder: Path, home: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    make_large(folder / "large", args.large)
    options = {"width": 64, "height": 64, "fit": "stretch"}
    found = pairs(folder / "large", home, plain_resize, args.processes, args.pairs, **options)
    ratio = 1 / found["ours_over_rival"]
    return found, [
        target("large: plain loop / ours", round(ratio, 3), at_least=3.0),
        target("large: first examples in s", found["first_examples_s"], at_most=1.0),
    ]


def _million(args: Any, folder: Path, _: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    found = million(folder, args.million, args.pairs)
    return found, [
        target("million: seconds to open", found["seconds"], at_most=1.0),
        target("million: memory growth in MB", found["growth_mb"], at_most=100),
    ]


PARTS = {"small": _small, "large": _large, "million": _million}


def main() -> None:
    """Run the benchmark."""
    options = parser(__doc__)
    options.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options.add_argument("--pairs", type=int, default=3, help="rounds (default 3)")
    options.add_argument("--small", type=int, default=70_000, help="small files")
    options.add_argument("--large", type=int, default=100, help="large files")
    options.add_argument("--million", type=int, default=1_000_000, help="packed images")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="of both sides")
    args = options.parse_args()
    results: dict[str, Any] = {}
    targets: list[dict[str, Any]] = []
    for name in args.parts:
        print(f"{name} …", file=sys.stderr)
        with own_home() as home, tempfile.TemporaryDirectory() as folder:
            results[name], met = PARTS[name](args, Path(folder), home)
        targets += met
    report("pictures", processes=args.processes, parts=results, targets=targets)


if __name__ == "__main__":
    main()
