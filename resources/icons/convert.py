"""Write the icons in this folder: a subset of Lucide, each a small SVG drawn in `currentColor`.

From: the npm package lucide-static (ISC, some icons MIT; LICENSE is the package's own). Changed:
the comment, the class and the line breaks of each file are gone; the drawings are as they were.

    python convert.py                        fetch the package with npm into a temporary folder
    python convert.py --source FOLDER        use the package unpacked in FOLDER

To add an icon, add its Lucide name to NAMES and run this again; icons not named there are removed.
"""

import argparse
import shutil
import subprocess
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

PACKAGE = "lucide-static@1.62.0"
# fmt: off
NAMES = [
    "activity", "box", "chart-line", "chart-scatter", "chevron-down", "chevron-left",
    "chevron-right", "chevron-up", "circle-check", "circle-help", "circle-x", "clipboard-paste",
    "compass", "copy", "cpu", "crosshair", "database", "eraser", "external-link", "eye", "eye-off",
    "filter", "folder-open", "grid-3x3", "history", "image", "images", "info", "keyboard", "lasso",
    "layers", "log-out", "magnet", "map", "maximize", "minus", "monitor", "moon", "panel-bottom",
    "panel-left", "panel-right", "pause", "pencil", "pin", "play", "plus", "redo-2", "refresh-cw",
    "rotate-ccw", "route", "save", "save-all", "search", "settings-2", "shuffle", "skip-forward",
    "sliders-horizontal", "square", "step-forward", "sun", "tag", "terminal", "trash-2",
    "triangle-alert", "undo-2", "x",
]
# fmt: on
SVG = "http://www.w3.org/2000/svg"


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


def normalise(svg: str) -> str:
    """The same drawing on one line, without comment, class and white space between elements."""
    root = ET.fromstring(svg)  # drops comments
    if root.get("stroke") != "currentColor":
        raise SystemExit("an icon is not drawn in currentColor")
    for element in root.iter():
        element.attrib.pop("class", None)
        element.text = element.tail = None
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode").replace(" />", "/>") + "\n"


def main() -> None:
    """Read and normalise all icons, then replace those in the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, help=f"unpacked npm package {PACKAGE}")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        source = options.source or fetch(Path(folder))
        licence = (source / "LICENSE").read_text("utf-8")
        icons = {
            name: normalise((source / "icons" / f"{name}.svg").read_text("utf-8")) for name in NAMES
        }

    for path in options.out.glob("*.svg"):
        path.unlink()
    for name, svg in icons.items():
        (options.out / f"{name}.svg").write_text(svg, "utf-8", newline="\n")
    (options.out / "LICENSE").write_text(licence, "utf-8", newline="\n")
    print(f"{options.out}: {len(icons)} icons, {sum(map(len, icons.values()))} bytes")


if __name__ == "__main__":
    main()
