"""Which findings have a fix, without making it: findings in, what could be changed out.

Whether a fix takes its finding away is asked when it is made (``fixing``), which lints again; here it is only offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from finlint.model.finding import Change, Finding, OfferedFix
from finlint.syntax.reading import Unreadable, decode

if TYPE_CHECKING:
    from finlint.fixes.edit import Edit, Fix

#: The codes that have fixes: a run without such a finding need not load them. A test compares it with the registry.
FIXABLE = frozenset({"FIN102", "FIN104", "FIN105", "FIN112", "FIN201", "FIN301", "FIN305", "FIN401"})


def offers(
    findings: Sequence[Finding],
    files: Iterable[str],
    read: Callable[[str], bytes],
    may_fix: Callable[[Finding], bool] = lambda finding: True,
    *,
    changes: bool = True,
) -> dict[Finding, OfferedFix]:
    """The best fix of each finding that has one, in ``files`` alone. ``read`` gives the bytes of a file.

    Without ``changes`` those of a fix may be left out: whoever only says that there is one need not have it made.
    """
    wanted = [finding for finding in findings if finding.code in FIXABLE and may_fix(finding)]
    if not wanted:
        return {}
    from finlint.fixes.glance import Glances, Sure
    from finlint.sources import Sources

    sources = Sources(files, read)
    glances = Glances(sources.text, sources.may_change)
    out: dict[Finding, OfferedFix] = {}
    for finding in wanted:
        sources.next_finding()
        verdict = glances.verdict(finding)
        if isinstance(verdict, Sure) and not changes:
            out[finding] = OfferedFix(verdict.title, False, ())
            continue
        if not verdict:
            continue
        # Only here: LibCST takes longer to be imported than most packages to be analysed.
        from finlint.fixes.edit import Request
        from finlint.fixes.registry import candidates

        fixes = list(candidates(Request(finding, sources.tree, tuple(wanted), sources.elsewhere, sources.text)))
        if fixes:
            # A safe one is what ``--fix`` takes, whatever comes before it.
            best = next((fix for fix in fixes if fix.safe), fixes[0])
            out[finding] = _offered(best, sources.data(best.path))
    return out


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
