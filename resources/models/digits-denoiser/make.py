"""Train the bundled denoiser again and measure it.

Run from the source tree:  python resources/models/digits-denoiser/make.py

The training is the ordinary command line; ``command.txt`` is all of it. The figures come from
``latentlab denoise``, and are printed as rows for the README beside this.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = (HERE / "command.txt").read_text().split()
MEASURED = (
    ("mask", 0.2),
    ("mask", 0.5),
    ("salt-pepper", 0.2),
    ("gaussian", 0.25),
    ("gaussian", 0.5),
)


def main() -> None:
    """Train (unless told to use a run), write ``model.safetensors``, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="use this finished run instead of training")
    run = parser.parse_args().run
    with tempfile.TemporaryDirectory() as folder:
        if run is None:
            run = Path(folder) / "run"
            latentlab(*COMMAND[1:-1], str(run))
        shutil.copy(run / "model.safetensors", HERE / "model.safetensors")
    for name, amount in MEASURED:
        options = ("--corruption", name, "--amount", str(amount), "--json")
        found = json.loads(
            latentlab("denoise", str(HERE / "model.safetensors"), "digits", *options)
        )
        levels = (found[f"psnr_{which}_db"] for which in ("corrupted", "linear", "denoised"))
        print(f"| {name} {amount:g} |", *(f"{level:.2f} |" for level in levels))


def latentlab(*words: str) -> str:
    """Run the program's command line and return what it prints."""
    command = [sys.executable, "-m", "latentlab", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
