"""The part of a report that is shown: what policies want and no comment suppresses, and comments that are of no use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from finlint.model.finding import Confidence, FileError, Finding, Report, Severity
from finlint.policy import Policies
from finlint.syntax.suppressions import WORDS, Directive, covers, is_known
from finlint.texts import Texts


class Outcome(NamedTuple):
    """What to show, and how much comments and thresholds kept back."""

    report: Report
    suppressed: int


def select(report: Report, files: Sequence[str], policies: Policies, texts: Texts, *, noqa: bool = True) -> Outcome:
    """The part of ``report`` that the policies want and no comment suppresses, unused comments added."""
    shown: list[Finding] = []
    used: set[tuple[str, Directive, str]] = set()
    suppressed = 0
    # A comment is also of use where it suppresses what is not to be shown.
    asks_for_unused = any("FIN902" in policy.codes for policy in policies.of_files(files))
    for finding in report.findings:
        policy = policies.of_file(finding.path)
        finding = policy.levelled(finding)
        wanted = policy.wants(finding) and finding.code not in policy.ignored_in(finding.path)
        if not wanted and not asks_for_unused:
            continue
        directives = list(_directives(finding, texts, noqa))
        for path, directive in directives:
            used.add((os.path.abspath(path), directive, finding.code))
        if not wanted:
            continue
        if directives:
            suppressed += 1
        else:
            shown.append(finding)
    if asks_for_unused:
        shown += _unused(files, policies, texts, used, noqa)
    errors = [e for e in report.errors if _wants_error(e, policies)]
    shown.sort(key=lambda f: f.sort_key)
    summary = report.summary._replace(findings=len(shown))
    return Outcome(Report(tuple(shown), tuple(errors), summary), suppressed)


def _wants_error(error: FileError, policies: Policies) -> bool:
    policy = policies.of_file(error.path)
    return "FIN901" in policy.codes and "FIN901" not in policy.ignored_in(error.path)


def _directives(finding: Finding, texts: Texts, noqa: bool) -> list[tuple[str, Directive]]:
    """The comments that suppress the finding: on its line (first or last), or on the registration's."""
    places = {(finding.path, finding.span.line), (finding.path, finding.span.end_line)}
    if finding.registration is not None:
        places.add((finding.registration.path, finding.registration.line))
    return [
        (path, directive)
        for path, line in sorted(places)
        for directive in texts.suppressions(path).matching(finding.code, line, noqa=noqa)
    ]


def _unused(
    files: Sequence[str], policies: Policies, texts: Texts, used: set[tuple[str, Directive, str]], noqa: bool
) -> list[Finding]:
    out: list[Finding] = []
    for path in files:
        policy = policies.of_file(path)
        if "FIN902" not in policy.codes or "FIN902" in policy.ignored_in(path):
            continue
        if not any(word in texts.data(path) for word in WORDS):
            continue
        absolute = os.path.abspath(path)
        hits: dict[Directive, set[str]] = {}
        for at, directive, code in used:
            if at == absolute:
                hits.setdefault(directive, set()).add(code)
        for directive in texts.suppressions(path).directives:
            message = _complaint(directive, hits.get(directive, set())) if noqa or directive.own else None
            if message is not None:
                finding = Finding(
                    "FIN902",
                    "unused-suppression",
                    Severity.NOTE,
                    Confidence.HIGH,
                    message,
                    path,
                    directive.span,
                    None,
                    None,
                    (),
                    names=directive.codes or (),
                )
                if policy.wants(policy.levelled(finding)):
                    out.append(policy.levelled(finding))
    return out


def _complaint(directive: Directive, hits: set[str]) -> str | None:
    where = "in this file" if directive.whole_file else "on this line"
    if directive.codes is None:
        # A bare noqa may be meant for another tool.
        return f"The comment suppresses nothing: finlint finds nothing {where}" if directive.own and not hits else None
    unknown = [written for written in directive.codes if not is_known(written)]
    idle = [w for w in directive.codes if w not in unknown and not any(covers(w, code) for code in hits)]
    parts = []
    if unknown:
        parts.append(f"names no rule with {_quoted(unknown)}")
    if idle:
        parts.append(f"suppresses nothing with {_quoted(idle)}: no such finding {where}")
    return f"The comment {' and '.join(parts)}" if parts else None


def _quoted(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
