"""Train the bundled digits VAE again and store the map that the window shows first.

Run from the source tree:  python resources/models/digits-vae/make.py

The training is the ordinary command line; ``COMMAND`` is all of it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from latentlab.data.catalog import open_data
from latentlab.engine.live_model import LiveModel
from latentlab.images.image_set import held_out_indices
from latentlab.latent.neighbours import NeighbourIndex
from latentlab.latent.tiles import CellBlock
from latentlab.models.checkpoint import build_model
from latentlab.models.family.described_model import run_spec
from latentlab.models.model_file import read_model_file
from latentlab.workspace.preview import Preview, write_preview

HERE = Path(__file__).parent
COMMAND = (HERE / "command.txt").read_text().split()
LEVELS = (0, 1)  # cells of 1 and of 1/2 latent unit
REACH = 6  # latent units to either side


def main() -> None:
    """Train (unless told to use a run) and write ``model.safetensors`` and ``preview.npz``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="use this finished run instead of training")
    run = parser.parse_args().run
    with tempfile.TemporaryDirectory() as folder:
        if run is None:
            run = Path(folder) / "run"
            command = [sys.executable, "-m", "latentlab", *COMMAND[1:-1], str(run)]
            subprocess.run(command, check=True)
        shutil.copy(run / "model.safetensors", HERE / "model.safetensors")
    store_map()


def store_map() -> None:
    """Write codes and decoded cells of the model beside this script."""
    file = read_model_file(HERE / "model.safetensors")
    device = torch.device("cpu")
    model = LiveModel(build_model(file, device), file.document, device, "", None, 0)
    data = open_data("digits")
    codes = np.concatenate(
        [model.encode(data.images[i : i + 500]) for i in range(0, len(data), 500)]
    )
    tiles = []
    for level in LEVELS:
        n = REACH << level
        block = CellBlock(level, -n, -n, n, n)
        keys = block.keys()
        tiles.append((level, keys, model.decode_tiles(block.centres(keys))))
    spec = run_spec(file.document)
    assert spec is not None
    held_out = held_out_indices(len(data), spec.held_out)
    index = NeighbourIndex(codes, measured=held_out)
    write_preview(
        HERE / "preview.npz",
        Preview(codes, index.reference, tuple(tiles), codes[held_out[0]]),
    )


if __name__ == "__main__":
    main()
