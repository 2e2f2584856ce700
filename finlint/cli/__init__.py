"""The command: ``run`` takes its arguments and gives its exit status. One module for each thing that it does."""

from finlint.cli.main import run

__all__ = ["run"]
