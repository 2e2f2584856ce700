"""What may have been meant by a path that is not there."""

from __future__ import annotations

import os

from finlint.cli.options import COMMANDS
from finlint.selection import UnknownCodeError, codes_of


def missing(path: str) -> str:
    """The complaint about a path that is not there, with what to do instead where that can be told."""
    if os.path.islink(path):
        return f"`{path}` is a link to `{os.readlink(path)}`, which is not there"
    return f"no such file or folder: `{path}`{_meant(path)}"


def _meant(path: str) -> str:
    if path in COMMANDS:
        return f"; the command `{path}` comes first: `finlint {path} ...`"
    if path in ("check", "lint", "run"):
        return "; linting needs no command: `finlint PATH`"
    if path in ("help", "version"):
        return f"; try `finlint --{path}`"
    try:
        codes_of(path)
    except UnknownCodeError:
        return _near(path)
    return f"; to read about a rule: `finlint rule {path}`"


def _near(path: str) -> str:
    """The entry of the path's folder, or the command, that is spelled nearly like it."""
    import difflib

    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return f"; the folder `{folder}` is not there either"
    if near := difflib.get_close_matches(name, names, 1):
        return f", did you mean `{os.path.join(folder, near[0])}`?"
    near = difflib.get_close_matches(path, COMMANDS, 1)
    return f", did you mean the command `finlint {near[0]}`?" if near else ""
