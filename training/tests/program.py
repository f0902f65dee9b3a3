"""Programs of `training` as a user calls them."""

import pytest

from training.errors import run


def exit_code(monkeypatch, program, *arguments):
    """Runs a module's `main` with command-line arguments and returns its exit code."""
    monkeypatch.setattr("sys.argv", [program.__name__, *map(str, arguments)])
    with pytest.raises(SystemExit) as exit:
        run(program.main)
    return exit.value.code
