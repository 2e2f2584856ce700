"""What was seen in runs: stuck finalizers that ``finlint diagnose``, ``finlint.watch`` or the pytest plugin met.

The file names findings by code, file and the functions of their chain, so that it outlives edits. Paths in it count
from its own folder. ``SeenError`` says in one line what is wrong with one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from finlint.model.finding import Confidence, Finding, Hop
from finlint.model.regular import read_regular

VERSION = 1

#: A file of more bytes is something else.
MAX_BYTES = 20_000_000


class SeenError(Exception):
    """What is wrong, in one line, starting with the file."""


class Seen(NamedTuple):
    """A finding that came true ``times`` times, last as ``verdict``. ``path`` is absolute, without links; ``names`` are
    those of the finding."""

    code: str
    path: str
    names: tuple[str, ...]
    verdict: str
    times: int = 1


def read(path: str) -> tuple[Seen, ...]:
    """The entries of a file. Raises SeenError."""
    try:
        document = json.loads(read_regular(path, MAX_BYTES))
    except OSError as error:
        raise SeenError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise SeenError(f"{path}: is not JSON: {' '.join(str(error).split())}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise SeenError(f"{path}: not a file of runs of version {VERSION}; finlint.watch writes one (live=...)")
    root = os.path.dirname(os.path.realpath(path))
    try:
        return tuple(_read_entry(row, root) for row in document["seen"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise SeenError(f"{path}: is damaged; remove it and have it written again") from None


def _read_entry(row: Any, root: str) -> Seen:
    names = tuple(map(str, row["names"])) if isinstance(row["names"], list) else ()
    place = os.path.normpath(os.path.join(root, str(row["path"])))
    return Seen(str(row["code"]), place, names, str(row["verdict"]), int(row["times"]))


def add(path: str, entries: Iterable[Seen]) -> None:
    """Add to the file, or make it. Raises SeenError where it is something else, OSError."""
    merged: dict[tuple[str, str, tuple[str, ...]], Seen] = {}
    for entry in (*(read(path) if os.path.lexists(path) else ()), *entries):
        key = (entry.code, entry.path, entry.names)
        known = merged.get(key)
        merged[key] = entry if known is None else entry._replace(times=known.times + entry.times)
    root = os.path.dirname(os.path.realpath(path))
    rows = [
        {**entry._asdict(), "path": os.path.relpath(entry.path, root), "names": list(entry.names)}
        for entry in sorted(merged.values())
    ]
    # Readers, which are many runs, have no use for what that loads.
    from finlint import atomic

    atomic.write_bytes(path, (json.dumps({"version": VERSION, "seen": rows}, indent=2) + "\n").encode())


def raised(findings: Iterable[Finding], entries: Sequence[Seen]) -> tuple[Finding, ...]:
    """The findings, those that were seen in a run with high confidence and a word about it."""
    known = {(entry.code, entry.path, entry.names): entry for entry in entries}
    out = []
    for finding in findings:
        entry = known.get((finding.code, os.path.realpath(finding.path), finding.names))
        if entry is not None:
            span, times = finding.span, "" if entry.times == 1 else f", {entry.times} times"
            hop = Hop(finding.path, span.line, span.column, f"seen in a run: {entry.verdict}{times}")
            finding = finding._replace(confidence=Confidence.HIGH, related=(*finding.related, hop))
        out.append(finding)
    return tuple(out)
