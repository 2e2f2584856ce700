"""Known findings that are not to be reported again.

A baseline names findings by what they are about (``report.fingerprint``), not by line, and counts equal ones. Entries
of version 1, whose fingerprints were made from words and source text, are compared by their message until a run that
meets their findings writes them anew. ``BaselineError`` says in one line what is wrong with a file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from finlint.model.finding import Finding
from finlint.model.regular import read_regular
from finlint.report.fingerprint import fingerprint
from finlint.report.view import View, one_line

VERSION = 2

#: A baseline of more bytes is something else.
MAX_BYTES = 200_000_000


class BaselineError(Exception):
    """What is wrong, in one line, starting with the file."""


class Entry(NamedTuple):
    """``times`` equal findings of one kind. ``fingerprint`` is None in what was read from a file of version 1."""

    fingerprint: str | None
    code: str
    path: str
    message: str
    times: int


class Compared(NamedTuple):
    """Findings that a baseline does not hold; entries, with how often, that no longer occur; the baseline as it would
    be written today, with old entries that were met made new."""

    fresh: tuple[Finding, ...]
    gone: tuple[Entry, ...]
    entries: tuple[Entry, ...]


def write(view: View) -> str:
    """The baseline of the view's findings, as text; the same findings give the same text."""
    return text(_entry(finding, view) for finding in view.report.findings)


def text(entries: Iterable[Entry]) -> str:
    """Entries as the text of a file, equal ones as one."""
    merged: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        key = (entry.fingerprint,) if entry.fingerprint is not None else (None, entry.code, entry.path, entry.message)
        known = merged.get(key)
        merged[key] = entry if known is None else known._replace(times=known.times + entry.times)
    ordered = sorted(merged.values(), key=lambda e: (e.path, e.code, e.fingerprint or "", e.message))
    rows = [
        {
            **({} if e.fingerprint is None else {"fingerprint": e.fingerprint}),
            "code": e.code,
            "path": e.path,
            "message": e.message,
            "count": e.times,
        }
        for e in ordered
    ]
    return json.dumps({"version": VERSION, "entries": rows}, indent=2) + "\n"


def read(path: str) -> tuple[Entry, ...]:
    """The entries of a baseline file. Raises BaselineError."""
    try:
        document = json.loads(read_regular(path, MAX_BYTES))
    except RecursionError:
        raise BaselineError(f"{path}: baseline is not read: nested too deeply") from None
    except OSError as error:
        hint = "; `--write-baseline` makes one" if isinstance(error, FileNotFoundError) else ""
        raise BaselineError(f"{path}: baseline cannot be read: {error.strerror or error}{hint}") from None
    except ValueError as error:
        raise BaselineError(f"{path}: baseline is not JSON: {error}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version not in (1, VERSION):
        raise BaselineError(f"{path}: not a baseline of version 1 or {VERSION}; write it again with `--write-baseline`")
    try:
        return tuple(_read_entry(entry, version) for entry in document["entries"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise BaselineError(f"{path}: baseline is damaged; write it again with `--write-baseline`") from None


def _read_entry(row: Any, version: int) -> Entry:
    name = row.get("fingerprint") if version == VERSION else None
    if name is not None and not isinstance(name, str):
        raise TypeError(name)
    return Entry(name, str(row["code"]), str(row["path"]), str(row["message"]), int(row["count"]))


def subtract(view: View, entries: tuple[Entry, ...], looked_at: Collection[str] | None = None) -> Compared:
    """Compare the view's findings with a baseline.

    ``looked_at``: the files, as the view shows them with slashes, that the run has looked at; entries of others may
    still occur. None: all of them.
    """
    left = {entry: entry.times for entry in entries}
    named = {entry.fingerprint: entry for entry in entries if entry.fingerprint is not None}
    old = [entry for entry in entries if entry.fingerprint is None]
    fresh, met = [], []
    for finding in view.report.findings:
        entry = named.get(fingerprint(finding, view))
        if entry is None or left[entry] <= 0:
            entry = next((e for e in _alike(finding, view, old) if left[e] > 0), None)
        if entry is None:
            fresh.append(finding)
            continue
        left[entry] -= 1
        if entry.fingerprint is None:
            met.append(_entry(finding, view))
    still = [entry._replace(times=times) for entry, times in left.items() if times > 0]
    gone = tuple(e for e in still if looked_at is None or e.path in looked_at)
    kept = [entry for entry in entries if entry.fingerprint is not None]
    kept += [entry for entry in still if entry.fingerprint is None]
    return Compared(tuple(fresh), gone, (*kept, *met))


def _entry(finding: Finding, view: View) -> Entry:
    message = one_line(finding.message)
    return Entry(fingerprint(finding, view), finding.code, view.posix(finding.path), message, 1)


def _alike(finding: Finding, view: View, old: list[Entry]) -> list[Entry]:
    """Entries of version 1 that may mean the finding: the same code and file, and in their message its finalizer and
    its culprit; one with the same words first."""
    path, message = view.posix(finding.path), one_line(finding.message)
    about = [name for name in finding.names[:1] if name.endswith(".__del__")]
    about += [finding.culprit.call] if finding.culprit else []
    alike = [
        entry
        for entry in old
        if (entry.code, entry.path) == (finding.code, path)
        and (entry.message == message or (about and all(f"`{word}`" in entry.message for word in about)))
    ]
    return sorted(alike, key=lambda entry: entry.message != message)
