"""Comments that silence findings: ``# finlint: ignore[FIN102] -- reason`` and ``# noqa: FIN102``.

They count on the finding's own line and on the line of the registration. ``# finlint: ignore-file[FIN102]`` counts
for the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from finlint.model.finding import Finding, Report

_OWN = re.compile(r"#\s*finlint:\s*ignore(?P<file>-file)?(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)


class Suppression(NamedTuple):
    """One comment. ``codes`` is None where it names none (all of them); ``line`` 0 stands for the whole file."""

    line: int
    codes: tuple[str, ...] | None

    def covers(self, code: str) -> bool:
        return self.codes is None or any(code.startswith(prefix) for prefix in self.codes)


def suppressions(text: str) -> list[Suppression]:
    """The suppression comments of a file. Only lines that hold the words are looked at."""
    out: list[Suppression] = []
    lowered = text.lower()
    if "noqa" not in lowered and "finlint:" not in lowered:
        return out
    for number, line in enumerate(text.split("\n"), 1):
        if "#" not in line:
            continue
        own = _OWN.search(line)
        if own is not None:
            out.append(Suppression(0 if own["file"] else number, _split(own["codes"])))
            continue
        noqa = _NOQA.search(line)
        if noqa is not None:
            out.append(Suppression(number, _split(noqa["codes"])))
    return out


def _split(codes: str | None) -> tuple[str, ...] | None:
    if codes is None:
        return None
    return tuple(part.upper() for part in re.split(r"[,\s]+", codes) if part) or None


def suppress(report: Report, text_of: Callable[[str], str]) -> tuple[Report, list[Finding]]:
    """The report without the suppressed findings, and those."""
    table: dict[str, list[Suppression]] = {}

    def silenced(finding: Finding) -> bool:
        places = [(finding.path, finding.span.line), (finding.path, 0)]
        if finding.registration is not None:
            places.append((finding.registration.path, finding.registration.line))
        for path, line in places:
            if path not in table:
                table[path] = suppressions(text_of(path))
            if any(s.line == line and s.covers(finding.code) for s in table[path]):
                return True
        return False

    kept: list[Finding] = []
    dropped: list[Finding] = []
    for finding in report.findings:
        (dropped if silenced(finding) else kept).append(finding)
    return report._replace(findings=tuple(kept)), dropped
