"""The commands beside linting: arguments in, exit status out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from finlint.cli.errors import UsageError
from finlint.cli.options import command_parser
from finlint.config import ConfigFinder, cache_dir
from finlint.report.plain import plain_line


def run_command(command: str, arguments: Sequence[str]) -> int:
    """Run one of COMMANDS. Raises ConfigError, UnknownCodeError, OSError."""
    options = command_parser(command).parse_args(arguments)
    if command == "rule":
        from finlint.cli.explaining import explain

        return explain(options)
    if command == "config":
        from finlint.cli.configured import show_config

        return show_config(options)
    if command == "clean":
        return _clean(options)
    if command == "diagnose":
        from finlint.cli.diagnosing import run_diagnose

        return run_diagnose(options)
    if command == "graph":
        from finlint.cli.graphing import draw

        return draw(options)
    if command == "server":
        return _serve()
    from finlint.cli.completion import SCRIPTS

    print(SCRIPTS[options.shell](), end="")
    return 0


def _serve() -> int:
    import importlib.util

    if importlib.util.find_spec("pygls") is None:
        raise UsageError("the server needs pygls: pip install 'flake8-finlint[lsp]'")
    from finlint.server.app import serve

    serve()
    # pygls has closed standard output.
    sys.stdout = sys.stderr
    return 0


def _clean(options: argparse.Namespace) -> int:
    from finlint.cache import own

    root = cache_dir(options.cache_dir, [ConfigFinder().of_folder(os.getcwd()).cache_dir])
    try:
        is_there = own.is_ours(root)
    except own.NotOursError as error:
        raise UsageError(str(error)) from None
    folder = own.own_folder(root)
    if not is_there:
        print(plain_line(f"Nothing to remove: there is no cache in {root}"))
        return 0
    left = own.remove(root)
    kept = f"; left {left} {'entry' if left == 1 else 'entries'} in it that finlint did not write" if left else ""
    print(plain_line(f"Removed the cache {folder}{kept}"))
    return 0
