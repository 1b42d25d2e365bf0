"""The commands; each is imported, and torch inside it, only when it is called."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError, MissingArgumentError, UnusedCliTokensError

import latentlab
from latentlab.base.end_signals import end_signals
from latentlab.base.errors import LatentLabError, UsageError
from latentlab.base.folders import log_folder
from latentlab.cli.commands import COMMANDS
from latentlab.cli.output import note
from latentlab.engine.jobs import load

_HELP = """A desktop lab for latent spaces.

latentlab [PATH] opens the window; PATH is a data set, a run folder or a model file.

latentlab --trace FILE writes the timings of the window as Chrome trace events."""


def run(args: Sequence[str]) -> int:
    """Run one command and return the exit code: 0 done, 1 failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        _take_any_text(stream)
    with _ending_in_order():
        code = _guarded(lambda: _app(args)(list(args), exit_on_error=False, print_error=False))
    try:
        if sys.stdout is not None:  # it is None where the shell has closed it
            sys.stdout.flush()
    except OSError as error:
        return _no_output(error)
    return code


class _Terminated(KeyboardInterrupt):
    """The system, a cluster or a closing terminal has asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let all signals to end do so as Ctrl-C does, so that no half-written files are left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for number in end_signals() if number != signal.SIGINT]
    before = {number: signal.signal(number, _end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: object) -> None:
    del frame
    raise _Terminated(number)


def _app(args: Sequence[str]) -> App:
    app = App(
        name="latentlab",
        help=_HELP,
        version=latentlab.__version__,
        default_parameter=Parameter(negative=()),
        # Markdown joins the lines of docstrings, but takes a moment to load.
        help_format="markdown" if set(COMMANDS) & set(args) else "plaintext",
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for order, (name, (place, summary)) in enumerate(COMMANDS.items()):
        if name not in args:
            app.command(App(name=name, help=summary, sort_key=order))
            continue
        command: Callable[..., object] = load(place)
        if isinstance(command, App):
            app.command(command)
        else:
            app.command(command, name=name, sort_key=order)
    return app


def _guarded(command: Callable[[], object]) -> int:
    try:
        result = command()
    except _Terminated as end:
        return 128 + end.number
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError as error:
        return _no_output(error)
    except Exception as error:  # noqa: BLE001 - the outermost boundary
        sentence, code = _answer(error)
        note(sentence)
        return code
    return result if isinstance(result, int) else 0


def _answer(error: Exception) -> tuple[str, int]:
    """Return the sentence that the user reads of an error, and the exit code."""
    if isinstance(error, CycloptsError):
        return _misuse(error), 2
    if isinstance(error, LatentLabError):
        return error.sentence, 2 if isinstance(error, UsageError) else 1
    return _defect(error), 1


def _misuse(error: CycloptsError) -> str:
    command = " ".join(("latentlab", *(error.command_chain or ())))
    more = f"“{command} --help” says more"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"“{error.unused_tokens[0][:100]}” has no meaning here; {more}."
    if isinstance(error, MissingArgumentError) and error.keyword is None:
        argument = error.argument
        if argument is not None and argument.field_info.is_positional:
            return f"“{command}” needs {argument.name.lstrip('-').upper()}; {more}."
    return str(error)


def _defect(error: Exception) -> str:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "There is not enough memory for this; close other programs, or take fewer images."
    if isinstance(error, OSError) and error.errno is not None:  # such as a disk that is full
        named = f"“{error.filename}”: " if error.filename else ""
        return f"The system refused something: {named}{error.strerror}."
    what = f"{type(error).__name__}: {str(error)[:200]}"
    path = log_folder() / "latentlab.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sys.argv}\n")
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return f"This is a fault of LatentLab, please report it: {what}"
    return f"This is a fault of LatentLab, please report it with “{path}”: {what}"


def _take_any_text(stream: TextIO | None) -> None:
    """Let a stream write characters that its encoding lacks, and names that are no text."""
    reconfigure = getattr(stream, "reconfigure", None)
    if stream is not None and reconfigure is not None:
        is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def _no_output(error: OSError) -> int:
    """Answer for results that could not be written, as into a closed pipe or onto a full disk."""
    # Python would try, and complain, once more at its end.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # whoever reads has read enough
        return 1
    note(f"The result cannot be written: {error.strerror or error}.")
    return 1
