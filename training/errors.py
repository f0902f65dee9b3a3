"""How the training programs refuse bad input: one clear line on standard error, and the project's exit codes."""

from __future__ import annotations

import argparse
import sys
from typing import Callable, NoReturn

USAGE = 64
BAD_DATA = 65


class BadInput(Exception):
    """Input that can't be used. The message names the file and what is wrong with it."""

    exit_code = BAD_DATA


class BadUsage(BadInput):
    """A command line that can't be carried out."""

    exit_code = USAGE


class ArgumentParser(argparse.ArgumentParser):
    """An argument parser that exits with 64, as the other programs of the project do."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def run(main: Callable[[], None]) -> NoReturn:
    """Runs a program's `main`, turning BadInput into its message and exit code."""
    try:
        main()
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    sys.exit(0)
