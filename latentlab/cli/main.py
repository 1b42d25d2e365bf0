"""The commands; torch is imported only inside those that need it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from cyclopts import App
from cyclopts.exceptions import CycloptsError

import latentlab
from latentlab.cli.data import data_app
from latentlab.cli.decode import decode
from latentlab.cli.denoise import denoise
from latentlab.cli.doctor import doctor
from latentlab.cli.encode import encode
from latentlab.cli.evaluate import evaluate
from latentlab.cli.train import train
from latentlab.core.errors import LatentLabError, UsageError

_HELP = """A desktop lab for latent spaces.

latentlab [PATH] opens the window; PATH is a data set, a run folder or a model file."""


def run(args: Sequence[str]) -> int:
    """Run one command and return the exit code: 0 done, 1 failed, 2 wrong use."""
    app = App(
        name="latentlab",
        help=_HELP,
        version=latentlab.__version__,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    app.command(data_app)
    for command in (train, evaluate, encode, decode, denoise, doctor):
        app.command(command)
    return _guarded(lambda: app(list(args), exit_on_error=False, print_error=False))


def _guarded(command: Callable[[], object]) -> int:
    try:
        result = command()
    except CycloptsError as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        return 2
    except UsageError as error:
        print(error.sentence, file=sys.stderr)
        return 2
    except LatentLabError as error:
        print(error.sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else 0
