"""Entry of both faces: the window, and the command line."""

from __future__ import annotations

import sys

from latentlab.cli.commands import COMMANDS


def main(argv: list[str] | None = None) -> int:
    """Run the program and return its exit code.

    A first word that is a command goes to the command line, and so does a wish for help; everything
    else opens the window.
    """
    args = sys.argv[1:] if argv is None else argv
    wish = next((word for word in args if word in ("--help", "-h", "--version")), None)
    if wish or (args and args[0] in COMMANDS):
        from latentlab.cli.main import run

        return run(args if args[0] in COMMANDS else [str(wish)])
    from latentlab.app import main as open_window

    return open_window(args)


if __name__ == "__main__":
    sys.exit(main())
