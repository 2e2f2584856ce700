"""The run that hooks make most: files that cannot hold a finalizer, and nothing configured.

Imports are most of what a whole run over such files costs. This one looks for the prefilter's words and has the
interpreter check the syntax; wherever the whole run might say anything but "No findings", it leaves the run to it.
"""

from __future__ import annotations

import os
import sys
import warnings

from finlint.model.folders import USUAL_FOLDERS
from finlint.scan.tokens import may_hold_finalizer

#: With more of them a file may hold an import that takes a parser seconds (``finlint.syntax.reading.MAX_PARTS``).
MAX_DOTS = 10_000
#: Bytes of all files together: the engine parses no more of those without a word either.
MAX_BYTES = 1_000_000

#: What may be asked for without changing what is printed of a run that finds nothing.
_FLAGS = frozenset({"--exit-zero", "--force-exclude", "--isolated", "-q", "--quiet"})
_FORMATS = frozenset({"text", "concise"})

#: Files that may configure us, or hold a section of ours that nobody reads, with the word that tells.
_MAY_NAME_US = (("pyproject.toml", b"finlint"), ("setup.cfg", b"finlint]"), ("tox.ini", b"finlint]"))

#: ``ast.PyCF_ONLY_AST``, without importing ast.
_ONLY_AST = 0x400


def quick(arguments: list[str]) -> int | None:
    """Print the summary and return the exit status, or None: the whole run is to be made, nothing was printed."""
    flags, paths = _parsed(arguments)
    if not paths or not all(map(_is_plain, paths)):
        return None
    folders = {os.path.dirname(os.path.abspath(path)) for path in paths}
    if "--isolated" not in flags and any(map(_is_configured, folders)):
        return None
    if "--force-exclude" in flags and any(_may_be_excluded(folder) for folder in folders):
        return None
    if not _hold_nothing(paths):
        return None
    if flags & {"-q", "--quiet"}:
        return 0
    # Formats for machines keep their own stream free of it.
    stream = sys.stderr if "concise" in flags else sys.stdout
    try:
        print(
            f"No findings ({len(paths)} file{'' if len(paths) == 1 else 's'}, 0 registrations).",
            file=stream,
            flush=True,
        )
    except OSError:
        # Nobody listens; the whole run knows what to do then.
        return None
    return 0


def _parsed(arguments: list[str]) -> tuple[set[str], list[str]]:
    """Flags (the format is one) and paths; no paths where something else is asked for."""
    flags: set[str] = set()
    paths: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in _FLAGS:
            flags.add(word)
        elif word == "--output-format" and (form := next(words, "")) in _FORMATS:
            flags -= _FORMATS
            flags.add(form)
        elif word.endswith(".py") and not word.startswith("-"):
            paths.append(word)
        else:
            return set(), []
    # One file under two names is one file.
    return flags, paths if len({os.path.realpath(path) for path in paths}) == len(paths) else []


def _is_plain(path: str) -> bool:
    """Whether it is a file of usual size; anything else has a line to be said about it."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return False
    return info.st_mode & 0o170000 == 0o100000 and info.st_size <= MAX_BYTES


def _is_configured(folder: str) -> bool:
    while True:
        if os.path.exists(os.path.join(folder, "finlint.toml")):
            return True
        for name, word in _MAY_NAME_US:
            path = os.path.join(folder, name)
            if not os.path.lexists(path):
                continue
            if not _is_plain(path):
                return True
            try:
                with open(path, "rb") as file:
                    if word in file.read().lower():
                        return True
            except OSError:
                return True
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent


def _may_be_excluded(folder: str) -> bool:
    parts = folder.split(os.sep)
    return any(part in USUAL_FOLDERS for part in parts) or any(
        os.path.exists(os.path.join(os.sep.join(parts[:n]), "pyvenv.cfg")) for n in range(1, len(parts) + 1)
    )


def _hold_nothing(paths: list[str]) -> bool:
    left = MAX_BYTES
    for path in paths:
        try:
            with open(path, "rb", buffering=0) as file:
                data = file.readall()
        except OSError:
            return False
        left -= len(data)
        if left < 0 or b"\0" in data or data.count(b".") > MAX_DOTS or may_hold_finalizer(data):
            return False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(data, path, "exec", _ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
