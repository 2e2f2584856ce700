"""The part of a report that is shown: what policies want and no comment suppresses, and comments that are of no use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finlint.folding import fold
from finlint.model.finding import FileError, Finding, Report
from finlint.policy import Policies
from finlint.rules.parse_error import ParseError
from finlint.rules.unused_suppression import Comment, UnusedSuppression
from finlint.syntax.suppressions import WORDS, Directive, is_known
from finlint.texts import Texts


class Outcome(NamedTuple):
    """What to show, and how much comments and thresholds kept back."""

    report: Report
    suppressed: int
    #: Comments that were meant to suppress and do not, in files in which there was something to report.
    odd: tuple[FileError, ...] = ()


def select(report: Report, files: Sequence[str], policies: Policies, texts: Texts, *, noqa: bool = True) -> Outcome:
    """The part of ``report`` that the policies want and no comment suppresses, unused comments added."""
    shown: list[Finding] = []
    used: set[tuple[str, Directive, str]] = set()
    paths: set[str] = set()
    suppressed = 0
    # A comment is also of use where it suppresses what is not to be shown.
    asks_for_unused = any(UnusedSuppression.code in policy.codes for policy in policies.of_files(files))
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
        paths.add(finding.path)
        if directives:
            suppressed += 1
        else:
            shown.append(finding)
    if asks_for_unused:
        shown += _unused(files, policies, texts, used, noqa)
    errors = [e for e in report.errors if _wants_error(e, policies)]
    shown = sorted(fold(shown), key=lambda f: f.sort_key)
    summary = report.summary._replace(findings=len(shown))
    odd = tuple(complaint for path in sorted(paths) for complaint in _odd(path, texts, noqa))
    return Outcome(Report(tuple(shown), tuple(errors), summary), suppressed, odd)


def _odd(path: str, texts: Texts, noqa: bool) -> Iterator[FileError]:
    """Comments of a file that were meant to suppress, and those that name a rule that there is not."""
    comments = texts.suppressions(path)
    for fault in comments.faults:
        yield FileError(path, fault.span.line, fault.message, fault.span.column)
    for directive in comments.directives:
        unknown = [code for code in directive.codes or () if not is_known(code)]
        if unknown and (noqa or directive.own):
            names = ", ".join(f"`{code}`" for code in unknown)
            message = f"the comment names no rule with {names}; `finlint rule --all` lists them"
            yield FileError(path, directive.line, message, directive.span.column)


def _wants_error(error: FileError, policies: Policies) -> bool:
    policy = policies.of_file(error.path)
    return ParseError.code in policy.codes and ParseError.code not in policy.ignored_in(error.path)


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
) -> Iterator[Finding]:
    rule = UnusedSuppression()
    for path in files:
        policy = policies.of_file(path)
        if rule.code not in policy.codes or rule.code in policy.ignored_in(path):
            continue
        if not any(word in texts.data(path) for word in WORDS):
            continue
        absolute = os.path.abspath(path)
        hits: dict[Directive, set[str]] = {}
        for at, directive, code in used:
            if at == absolute:
                hits.setdefault(directive, set()).add(code)
        for directive in texts.suppressions(path).directives:
            if noqa or directive.own:
                found = rule.run(Comment(path, directive, frozenset(hits.get(directive, ()))))
                yield from filter(policy.wants, map(policy.levelled, found))
