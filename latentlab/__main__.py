"""Entry of both faces: the window, and the command line."""

from __future__ import annotations

import sys

COMMANDS = ("data", "train", "evaluate", "encode", "decode", "denoise", "doctor")


def main(argv: list[str] | None = None) -> int:
    """Run the program and return its exit code.

    A first word that is a command goes to the command line; everything else opens the window.
    """
    args = sys.argv[1:] if argv is None else argv
    if args and (args[0] in COMMANDS or args[0] in ("--help", "-h", "--version")):
        from latentlab.cli.main import run

        return run(args)
    from latentlab.app import main as open_window

    return open_window(args)


if __name__ == "__main__":
    sys.exit(main())
