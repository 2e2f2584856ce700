"""The commands beside linting: arguments in, exit status out."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence

from finlint.cli.options import command_parser
from finlint.config import ConfigFinder, default_cache_dir


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
    from finlint.cli.completion import SCRIPTS

    print(SCRIPTS[options.shell](), end="")
    return 0


def _clean(options: argparse.Namespace) -> int:
    folder = options.cache_dir or ConfigFinder().of_folder(os.getcwd()).cache_dir or default_cache_dir()
    if not os.path.isdir(folder):
        print(f"Nothing to remove: {folder} does not exist")
        return 0
    tag = os.path.join(folder, "CACHEDIR.TAG")
    if os.path.basename(os.path.abspath(folder)) not in ("finlint", ".finlint_cache") and not os.path.exists(tag):
        command_parser("clean").error(f"{folder} does not look like a cache of finlint; remove it by hand")
    shutil.rmtree(folder)
    print(f"Removed {folder}")
    return 0
