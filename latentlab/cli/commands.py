"""All commands by name: where each lies, and the first line of its help.

So neither ``--help`` nor the entry has to import any of them.
"""

from __future__ import annotations

from typing import NamedTuple

from latentlab.features import FEATURES


class Command(NamedTuple):
    """Where a command lies, ``package.module:function``, and what it is for."""

    place: str
    summary: str


def _own(name: str, summary: str) -> dict[str, Command]:
    return {name: Command(f"latentlab.cli.{name}:{name}", summary)}


COMMANDS: dict[str, Command] = {
    **_own("data", "List data sets, say what is in one, pack and download them."),
    **_own("train", "Train a model and write a run folder."),
    **_own("evaluate", "Measure reconstruction, KL and the code of a model."),
    **_own("encode", "Write the codes of images: z, and mu and logvar where the model has them."),
    **_own("decode", "Draw what lives at points of latent space."),
    **{
        feature.command.rpartition(":")[2]: Command(feature.command, feature.summary)
        for feature in FEATURES
        if feature.command
    },
    **_own(
        "doctor", "Say what was found on this machine, and what to do where something is wrong."
    ),
}
