"""``finlint diagnose``: which finalizer of a process is stuck, by its number or by a dump of its stacks."""

from __future__ import annotations

import argparse
import os
import sys

from finlint.cli.errors import UsageError
from finlint.cli.terminal import say
from finlint.live.attaching import dump_of
from finlint.live.diagnosis import PATIENCE, diagnose, seen
from finlint.live.readers.errors import DumpError
from finlint.live.rendering import document, lines, text
from finlint.live.source import Mapped
from finlint.report.plain import as_json
from finlint.seen import SeenError, add


def run_diagnose(options: argparse.Namespace) -> int:
    """Print what is stuck. 1 where something is, 0 where nothing is. Raises UsageError, OSError."""
    mapped = tuple(map(_mapped, options.source or ()))
    try:
        found = diagnose(_dump(options.what), mapped, lint=not options.no_lint)
    except DumpError as error:
        raise UsageError(str(error)) from None
    if found.unanswered:
        say(f"{options.said_by}: note: the linter was asked about these files, and given up after {PATIENCE:.0f} s")
    if options.live:
        try:
            add(options.live, seen(found))
        except SeenError as error:
            raise UsageError(str(error)) from None
    if options.lines:
        for line in lines(found, said_by=options.said_by, with_text=options.with_text):
            print(as_json(line))
    elif options.json:
        print(as_json(document(found), indent=2))
    else:
        print(text(found, said_by=options.said_by), end="")
    return 1 if found.stuck else 0


def _dump(what: str) -> str:
    if what == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    # A file of that name goes first: a number is no usual name for one.
    if what.isascii() and what.isdigit() and not os.path.exists(what):
        return dump_of(int(what))
    if not os.path.exists(what):
        raise UsageError(f"no such file: {what}; name a process by its number, a dump by its file, or `-`")
    if os.path.isdir(what):
        raise UsageError(f"{what} is a folder: name the file of a dump")
    with open(what, "rb") as file:
        return file.read().decode("utf-8", "replace")


def _mapped(value: str) -> Mapped:
    there, equals, here = value.rpartition("=")
    if not equals or not there or not here:
        raise UsageError(f"--source {value}: must be THERE=HERE, such as /app=src")
    if not os.path.isdir(here):
        raise UsageError(f"--source {value}: no such folder: {here}")
    return Mapped(there, here)
