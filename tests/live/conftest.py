"""The command, run in this process, as in the tests of the command."""

from tests.cli.conftest import project, run

__all__ = ["project", "run"]
