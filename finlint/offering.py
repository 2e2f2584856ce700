"""Which findings have a fix, without making it: findings in, what could be changed out.

Whether a fix takes its finding away is asked when it is made (``fixing``), which lints again; here it is only offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from finlint.fixes.fixable import FIXABLE, load_fixers
from finlint.model.finding import Change, Finding, OfferedFix
from finlint.syntax.reading import Unreadable, decode

if TYPE_CHECKING:
    from finlint.fixes.edit import Edit, Fix
    from finlint.sources import Sources


def offers(
    findings: Sequence[Finding],
    files: Iterable[str],
    read: Callable[[str], bytes],
    may_fix: Callable[[Finding], bool] = lambda finding: True,
    *,
    changes: bool = True,
    lost: Callable[[str, str], None] = lambda path, how: None,
) -> dict[Finding, OfferedFix]:
    """The best fix of each finding that has one, in ``files`` alone. ``read`` gives the bytes of a file.

    Without ``changes`` those of a fix may be left out: whoever only says that there is one need not have it made.
    ``lost`` is told the files of findings whose fixes ended the process that made them, and how it ended.
    """
    wanted = [finding for finding in findings if finding.code in FIXABLE and may_fix(finding)]
    if not wanted:
        return {}
    from finlint.fixes.glance import Glances, Sure
    from finlint.sources import Sources

    sources = Sources(files, read)
    glances = Glances(sources.text, sources.may_change)
    out: dict[Finding, OfferedFix] = {}
    unsure: list[Finding] = []
    for finding in wanted:
        verdict = glances.verdict(finding)
        if isinstance(verdict, Sure) and not changes:
            out[finding] = OfferedFix(verdict.title, False, ())
        elif verdict:
            unsure.append(finding)
    # Their trees take memory, of which the others may need all there is.
    del glances
    return out | dict(_made(unsure, tuple(wanted), sources, lost)) if unsure else out


def _made(
    findings: Sequence[Finding], siblings: tuple[Finding, ...], sources: Sources, lost: Callable[[str, str], None]
) -> Iterator[tuple[Finding, OfferedFix]]:
    """What only LibCST can tell of, which may end the process: in another one."""
    from finlint.workers.apart import each

    def best(finding: Finding) -> OfferedFix | None:
        fixes = list(sources.candidates(finding, siblings))
        if not fixes:
            return None
        # A safe one is what ``--fix`` takes, whatever comes before it.
        taken = next((fix for fix in fixes if fix.safe), fixes[0])
        return _offered(taken, sources.data(taken.path))

    for finding, answer in each(findings, lambda finding: finding.path, best, lost, load_fixers):
        if answer is not None:
            yield finding, _from_json(*answer)


def _from_json(title: str, safe: bool, changes: Sequence[Sequence[Any]]) -> OfferedFix:
    return OfferedFix(title, safe, tuple(Change(*change) for change in changes))


def _offered(fix: Fix, data: bytes) -> OfferedFix:
    try:
        lines = decode(data).split("\n")
    except Unreadable:
        lines = []
    newline = _newline(data)
    return OfferedFix(fix.title, fix.safe, tuple(_change(fix.path, edit, lines, newline) for edit in fix.edits))


def _newline(data: bytes) -> str:
    found = re.search(rb"\r\n|\r|\n", data)
    return found[0].decode() if found is not None else "\n"


def _change(path: str, edit: Edit, lines: Sequence[str], newline: str) -> Change:
    text = "".join(edit.lines).replace("\n", newline)
    last = edit.last
    if edit.first < last == len(lines):
        # The last line ends without a new one, and goes on doing so.
        return Change(path, edit.first + 1, 1, last, len(lines[-1]) + 1, text.removesuffix(newline))
    return Change(path, edit.first + 1, 1, last + 1, 1, text)
