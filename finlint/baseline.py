"""Known findings that are not to be reported again.

A baseline names findings by what they are about, not by line, and counts equal ones. ``BaselineError`` says in
one line what is wrong with a file.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from finlint.model.finding import Finding
from finlint.report.fingerprint import fingerprint
from finlint.report.view import View, one_line


class BaselineError(Exception):
    """What is wrong, in one line, starting with the file."""


class Entry(NamedTuple):
    fingerprint: str
    code: str
    path: str
    message: str
    times: int


def write(view: View) -> str:
    """The baseline of the view's findings, as text; the same findings give the same text."""
    entries: dict[str, dict[str, Any]] = {}
    for finding in view.report.findings:
        name = fingerprint(finding, view)
        entry = entries.setdefault(
            name,
            {
                "fingerprint": name,
                "code": finding.code,
                "path": view.posix(finding.path),
                "message": one_line(finding.message),
                "count": 0,
            },
        )
        entry["count"] += 1
    ordered = sorted(entries.values(), key=lambda e: (e["path"], e["code"], e["fingerprint"]))
    return json.dumps({"version": 1, "entries": ordered}, indent=2) + "\n"


def read(path: str) -> tuple[Entry, ...]:
    """The entries of a baseline file. Raises BaselineError."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        hint = "; `--write-baseline` makes one" if isinstance(error, FileNotFoundError) else ""
        raise BaselineError(f"{path}: baseline cannot be read: {error.strerror or error}{hint}") from None
    except ValueError as error:
        raise BaselineError(f"{path}: baseline is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("version") != 1:
        raise BaselineError(f"{path}: not a baseline of version 1; write it again with `--write-baseline`")
    try:
        return tuple(
            Entry(str(e["fingerprint"]), str(e["code"]), str(e["path"]), str(e["message"]), int(e["count"]))
            for e in document["entries"]
        )
    except (KeyError, TypeError, ValueError):
        raise BaselineError(f"{path}: baseline is damaged; write it again with `--write-baseline`") from None


def subtract(view: View, entries: tuple[Entry, ...]) -> tuple[tuple[Finding, ...], list[Entry]]:
    """The findings that are not in the baseline, and the entries (with how often) that no longer occur."""
    left = {entry.fingerprint: entry.times for entry in entries}
    fresh = []
    for finding in view.report.findings:
        name = fingerprint(finding, view)
        if left.get(name, 0) > 0:
            left[name] -= 1
        else:
            fresh.append(finding)
    gone = [entry._replace(times=left[entry.fingerprint]) for entry in entries if left[entry.fingerprint] > 0]
    return tuple(fresh), gone
