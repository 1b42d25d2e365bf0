"""``latentlab data get``: download a well-known data set."""

from __future__ import annotations

import sys
import time
from contextlib import closing

from latentlab.base.errors import UsageError
from latentlab.cli.command_options import AsJson
from latentlab.cli.output import note, print_json
from latentlab.data.downloads.known import KNOWN_DATA, fetch, known_set


def get(name: str, *, json_: AsJson = False) -> int:
    """Download a well-known data set, check it, and keep it in the folder of the program.

    Interrupted, the next call goes on where this one stopped.

    Parameters
    ----------
    name
        mnist, fashion-mnist or kmnist.
    json_
        Write the result as one JSON object.
    """
    if name not in KNOWN_DATA:
        raise UsageError(
            f"There is nothing called “{name[:100]}” to download; what can be is: "
            f"{', '.join(KNOWN_DATA)}."
        )
    from tqdm import tqdm

    known = known_set(name)
    begin_s = time.perf_counter()
    done, was_here = 0, True
    with (
        tqdm(
            total=known.num_bytes,
            desc=known.title,
            unit="B",
            unit_scale=True,
            disable=None,
            file=sys.stderr,
        ) as bar,
        closing(fetch(known)) as steps,
    ):
        for step in steps:
            was_here = was_here and not step.bytes_per_s
            bar.update(step.done_bytes - done)
            done = step.done_bytes
    if was_here:
        note(f"{known.title} is here already.")
    if json_:
        print_json(
            {
                "name": name,
                "title": known.title,
                "licence": known.licence,
                "folder": known.folder,
                "files": [file.name for file in known.files],
                "num_bytes": known.num_bytes,
                "was_here": was_here,
                "seconds": time.perf_counter() - begin_s,
            }
        )
    else:
        print(known.folder)
    return 0
