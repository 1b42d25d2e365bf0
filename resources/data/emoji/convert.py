"""Write emoji.npz: small colour pictures with categories, a data set that LatentLab brings along.

What: `images`, uint8 (n, 32, 32, 3) on white, `labels`, uint8 (n,), the category as an index into
`class_names`, and `names`, the short name of each picture. The order is shuffled with a fixed
seed: the first n pictures are a fair sample of all.

From: the npm package emoji-datasource-google 16.0.0 (MIT, Cal Henderson), which holds the pictures
of Noto Emoji (Google; Apache-2.0) as PNG files of 64 x 64 pixels. Both licences: LICENSE.md.

Left out: the 1,875 variants with a skin tone, which are the same drawings in other colours and
would make more than half of all pictures people; the five samples of skin tones, which are a
category of their own; and pictures that are equal to an earlier one of the same category, such as
flags that two regions share.

    python convert.py                   fetch the package with npm into a temporary folder
    python convert.py --source PATH     use the package in PATH, a folder or the file that npm packs

It needs Pillow. The same package gives the same bytes each time: nothing depends on the date.
"""

import argparse
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

PACKAGE = "emoji-datasource-google@16.0.0"
NUM_PICTURES = 1911  # without skin tones
SIDE = 32
CATEGORIES = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
)


def fetch(folder: Path) -> Path:
    """Download the npm package into `folder`; return the packed file."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found: install Node.js, or name a package with --source")
    subprocess.run(
        [npm, "pack", PACKAGE, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    return next(folder.glob("*.tgz"))


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack what is needed of a packed package below `folder`; return where it lies."""
    with tarfile.open(archive) as packed:
        wanted = [
            member
            for member in packed.getmembers()
            if member.name == "package/emoji.json" or "/img/google/64/" in member.name
        ]
        packed.extractall(folder, wanted, filter="data")
    return folder / "package"


def on_white(path: Path) -> np.ndarray:
    """The picture of a file on white, each pixel the mean of four: uint8 (32, 32, 3)."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGBA"), np.float64)
    if pixels.shape != (2 * SIDE, 2 * SIDE, 4):
        raise SystemExit(f"{path}: unexpected size {pixels.shape[1]} x {pixels.shape[0]}")
    opacity = pixels[..., 3:] / 255
    flat = opacity * pixels[..., :3] + (1 - opacity) * 255
    return np.rint(flat.reshape(SIDE, 2, SIDE, 2, 3).mean((1, 3))).astype(np.uint8)


def pictures(source: Path) -> Iterator[tuple[np.ndarray, int, str]]:
    """Picture, category and name of each emoji, in Unicode's order, without repetitions."""
    entries = json.loads((source / "emoji.json").read_text("utf-8"))
    if len(entries) != NUM_PICTURES:
        raise SystemExit(f"unexpected number of emoji: {len(entries)}")
    seen = set()
    for entry in sorted(entries, key=lambda entry: entry["sort_order"]):
        if entry["category"] == "Component":
            continue
        label = CATEGORIES.index(entry["category"])
        image = on_white(source / "img" / "google" / "64" / entry["image"])
        if (label, image.tobytes()) not in seen:
            seen.add((label, image.tobytes()))
            yield image, label, entry["short_name"]


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
    """Read the package, convert its pictures, write the archive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, help=f"npm package {PACKAGE}, unpacked or packed")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("emoji.npz"))
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        source = options.source or fetch(Path(folder))
        found = list(pictures(source if source.is_dir() else unpack(source, Path(folder))))
    order = np.random.default_rng(0).permutation(len(found))
    images, labels, names = zip(*(found[index] for index in order), strict=True)
    write_npz(
        options.out,
        images=np.stack(images),
        labels=np.array(labels, np.uint8),
        class_names=np.array(CATEGORIES),
        names=np.array(names),
    )
    counts = dict(zip(CATEGORIES, np.bincount(labels).tolist(), strict=True))
    print(f"{options.out}: {len(images)} images, {options.out.stat().st_size} bytes; {counts}")


if __name__ == "__main__":
    main()
