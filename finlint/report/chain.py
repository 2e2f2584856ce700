"""A finding as a picture has it: steps from the registration to the culprit, and who holds what it waits for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from finlint.model.finding import Finding
from finlint.report.view import View, one_line

Role = Literal["registration", "call", "culprit", "holder"]


class Step(NamedTuple):
    """``path`` is as it is shown; ``text`` is on one line. Neither is escaped for the format that it goes to."""

    role: Role
    path: str
    line: int
    text: str


def steps(finding: Finding, view: View) -> list[Step]:
    """The registration, the calls, the culprit last; then the other half of a deadlock, if there is one."""
    out = []
    if (registration := finding.registration) is not None:
        text = f"{registration.how} {registration.registrar}"
        out.append(Step("registration", view.shown(registration.path), registration.line, one_line(text)))
    hops = [(hop.path, hop.line, hop.text) for hop in finding.trace]
    if not hops:
        hops = [(finding.path, finding.span.line, view.line(finding.path, finding.span.line).strip())]
    for number, (path, line, text) in enumerate(hops, 1):
        role: Role = "culprit" if number == len(hops) else "call"
        out.append(Step(role, view.shown(path), line, one_line(text or "...")))
    out += [Step("holder", view.shown(hop.path), hop.line, one_line(hop.text)) for hop in finding.related]
    return out


def arrows(chain: Sequence[Step]) -> list[tuple[int, int, bool]]:
    """From which step to which: the way to the culprit, then from each holder to it (True)."""
    way = [number for number, step in enumerate(chain) if step.role != "holder"]
    holders = [(number, way[-1], True) for number, step in enumerate(chain) if step.role == "holder"]
    return [*((a, b, False) for a, b in itertools.pairwise(way)), *holders]


def by_problem(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings by their root problem, the call that they all come to; in the order of the first of each."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        culprit = finding.culprit
        key = (finding.path, finding.span, finding.code) if culprit is None else (culprit.path, culprit.line)
        groups.setdefault(key, []).append(finding)
    return list(groups.values())
