"""What holds for all commands."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_shell import Refused, Shell

import latentlab
from latentlab.cli import doctor as doctor_module
from latentlab.cli.commands import COMMANDS
from latentlab.engine.jobs import load

ROOT = Path(__file__).resolve().parents[2]


def in_a_process(*words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(
        [sys.executable, "-m", "latentlab", *words],
        env=environment,
        stderr=subprocess.PIPE,
        check=False,
        **more,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_help_names_the_commands(word: str, shell: Shell) -> None:
    answer = shell(word)
    assert answer.code == 0
    assert "opens the window" in answer.out
    places = [answer.out.index(f" {name} ") for name in COMMANDS]
    assert places == sorted(places)


def test_the_summaries_are_those_of_the_commands() -> None:
    for place, summary in COMMANDS.values():
        command = load(place)
        text = inspect.getdoc(command) if inspect.isfunction(command) else command.help
        assert text and text.split("\n")[0] == summary


def test_the_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from latentlab.__main__ import main\n"
        "main(['--help'])\n"
        "heavy = {'torch', 'numpy', 'scipy', 'PySide6', 'PIL', 'latentlab.cli.train'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_of_80_columns(
    command: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = shell(command, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: latentlab {command}")
    assert COMMANDS[command].summary.split(",")[0] in " ".join(answer.out.split())
    assert max(map(len, answer.out.splitlines())) <= 80
    assert answer.err == ""


def test_the_version(shell: Shell) -> None:
    assert shell("--version").out == f"{latentlab.__version__}\n"


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "doctor"])
def test_a_command_without_words_says_what_it_needs(command: str, refused: Refused) -> None:
    said = refused(command)
    assert "needs" in said or "data list" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_options_are_refused(command: str, refused: Refused) -> None:
    assert "--no-such-thing" in refused(command, "--no-such-thing")


def test_a_misspelt_option_is_recognised(refused: Refused) -> None:
    assert "Did you mean --seed?" in refused("evaluate", "digits-vae", "--sede", 3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["evalaute", "digits-vae", "--json"], "There is no command, file, folder or bundled set"),
        (["no-such.npz"], "There is no command, file, folder or bundled set “no-such.npz”"),
        (["digits", "more"], "“more” has no meaning here"),
        (["digits", "--json"], "“--json” has no meaning here"),
        (["--trace"], "--trace"),
    ],
)
def test_what_is_no_command_and_nothing_to_open(
    words: list[str], expected: str, refused: Refused
) -> None:
    assert expected in refused(*words)


@pytest.mark.parametrize("words", [["digits", "--help"], ["nonsense", "-h"], ["--trace", "--help"]])
def test_help_is_given_wherever_it_is_asked_for(words: list[str], shell: Shell) -> None:
    answer = shell(*words)
    assert answer.code == 0
    assert "--trace FILE" in answer.out
    assert " evaluate " in answer.out


def test_a_defect_is_one_sentence_and_its_details_are_kept(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    def broken() -> str:
        raise IndexError("list index\nout of range")

    monkeypatch.setattr(doctor_module, "display_problem", broken)
    answer = shell("doctor")
    assert answer.code == 1
    assert answer.out == ""
    log = own_folders / "log" / "latentlab.log"
    assert answer.err == (
        f"This is a fault of LatentLab, please report it with “{log}”: IndexError: list index out "
        "of range\n"
    )
    assert "Traceback" in log.read_text()
    assert "in broken" in log.read_text()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(5, "Input/output error", "a/b"), "“a/b”: Input/output error"),
    ],
)
def test_what_the_system_refuses_is_no_defect(
    error: Exception,
    words: str,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
    own_folders: Path,
) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setattr(doctor_module, "display_problem", fail)
    assert words in refused("doctor", code=1)
    assert not own_folders.exists()


def test_control_c_is_code_130(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor_module, "display_problem", interrupted)
    assert shell("doctor").code == 130


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = in_a_process("data", "info", "digits", stdout=writing)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = in_a_process("data", "list", stdout=full)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"No space left" in done.stderr


def test_characters_that_the_terminal_lacks_are_no_traceback() -> None:
    more = {"env": {"PYTHONIOENCODING": "ascii"}, "stdout": subprocess.PIPE}
    done = in_a_process("data", "list", **more)
    assert done.returncode == 0
    assert b"28 \\xd7 28" in done.stdout
    done = in_a_process("data", "info", "nix", **more)
    assert done.returncode == 2
    assert b"\\u201cnix\\u201d" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_names_that_are_no_text_can_be_told() -> None:
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"latentlab", b"data", b"info", b"\xff.npz"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
