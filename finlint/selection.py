"""Which findings are shown: codes or prefixes of codes, severity, confidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from finlint.model.codes import DEFAULT_CODES, KIND_OF_CODE
from finlint.model.finding import Confidence, Finding, Report, Severity


class UnknownCode(ValueError):
    """A code or prefix that no rule has; the message names the nearest."""


class Selection(NamedTuple):
    codes: frozenset[str] = DEFAULT_CODES
    severity: Severity = Severity.WARNING
    confidence: Confidence = Confidence.LOW

    def shows(self, finding: Finding) -> bool:
        return (
            finding.code in self.codes
            and finding.severity.rank >= self.severity.rank
            and finding.confidence.rank >= self.confidence.rank
        )


def expand(names: Iterable[str]) -> frozenset[str]:
    """Codes that the codes, prefixes, kinds or ``ALL`` mean. Raises UnknownCode."""
    out: set[str] = set()
    for name in names:
        if name == "ALL":
            out |= set(KIND_OF_CODE)
            continue
        codes = {code for code, kind in KIND_OF_CODE.items() if code.startswith(name) or kind == name}
        if not codes or not name:
            import difflib

            near = difflib.get_close_matches(name, [*KIND_OF_CODE, *KIND_OF_CODE.values()], 1)
            hint = f"; did you mean {near[0]}?" if near else "; `finlint rule --all` lists them"
            raise UnknownCode(f"unknown rule code or prefix {name!r}{hint}")
        out |= codes
    return frozenset(out)


def select(
    selected: Iterable[str] | None, ignored: Iterable[str] = (), extended: Iterable[str] = ()
) -> frozenset[str]:
    """The codes that ``--select``, ``--ignore`` and ``--extend-select`` leave on.

    As in ruff and flake8 the longer prefix wins between select and ignore; a code asked for by
    ``--extend-select`` is on unless it is ignored by a prefix as long.
    """
    asked = [*(selected if selected is not None else ()), *extended]
    chosen = (expand(selected) if selected is not None else DEFAULT_CODES) | expand(extended)
    ignored = list(ignored)
    expand(ignored)

    def kept(code: str) -> bool:
        on = max((len(n) for n in asked if code.startswith(n)), default=0)
        off = max((len(n) for n in ignored if code.startswith(n) or KIND_OF_CODE[code] == n), default=-1)
        return off < 0 or on > off

    return frozenset(code for code in chosen if kept(code))


def shown(report: Report, selection: Selection) -> Report:
    """The report with what the selection hides left out."""
    findings = tuple(f for f in report.findings if selection.shows(f))
    errors = report.errors if "FIN901" in selection.codes else ()
    return Report(findings, errors, report.summary._replace(findings=len(findings)))
