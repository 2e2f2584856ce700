"""Fixes, applied and checked: findings and a way to lint again in, new texts and what is left out.

A fix is kept only where linting again shows its finding gone and none added. So a fix may go by what it sees in one
file: whether it has really helped is asked of the whole analysis.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from finlint.fixes.fixable import FIXABLE, load_fixers
from finlint.model.finding import Finding
from finlint.sources import Sources
from finlint.syntax.reading import decoded_as_written
from finlint.workers.apart import each

if TYPE_CHECKING:
    from finlint.fixes.edit import Edit, Fix
    from finlint.shown import Outcome

#: A fix may uncover what a second one mends; more rounds than this were never needed by any test.
MAX_ROUNDS = 20

Item = TypeVar("Item")

#: How bytes go through JSON.
_AS_BYTES = "latin-1"

#: Texts that are not (or not yet) on disk, in; what is found in them, out.
Lint = Callable[[Mapping[str, bytes]], "Outcome"]


class Fixed(NamedTuple):
    """``texts`` are the files that change; ``outcome`` is what linting them found; ``fixed`` what it no longer did.

    ``more`` counts findings that unsafe fixes would have mended; in files that are ``too_large`` none is looked for.
    Fixes of files that are ``lost`` ended the process that made them, which is said in brackets.
    """

    texts: dict[str, bytes]
    outcome: Outcome
    fixed: tuple[Finding, ...]
    more: int
    too_large: frozenset[str]
    lost: Mapping[str, str]


def fix(
    outcome: Outcome,
    wanted: Sequence[Finding],
    files: Iterable[str],
    read: Callable[[str], bytes],
    lint: Lint,
    *,
    unsafe: bool,
    kept: Collection[str] = frozenset(),
) -> Fixed:
    """Mend ``wanted``, which is what of ``outcome`` is to be mended, in ``files`` alone, without those that are to be
    ``kept`` as they are. Raises what ``lint`` does."""
    run = _Run(outcome, wanted, files, read, lint, kept)
    run.mend(unsafe=False)
    fixed, texts, result = tuple(run.fixed), dict(run.texts), run.outcome
    # What unsafe fixes would do beside the safe ones is tried either way: only so is the number true.
    run.mend(unsafe=True)
    large = frozenset(run.too_large)
    if unsafe:
        return Fixed(run.texts, run.outcome, tuple(run.fixed), 0, large, run.lost)
    return Fixed(texts, result, fixed, len(run.fixed) - len(fixed), large, run.lost)


class _Plan(NamedTuple):
    finding: Finding
    fix: Fix
    key: tuple[object, ...]


class _Run:
    def __init__(
        self,
        outcome: Outcome,
        wanted: Sequence[Finding],
        files: Iterable[str],
        read: Callable[[str], bytes],
        lint: Lint,
        kept: Collection[str],
    ) -> None:
        self.outcome = outcome
        self.fixed: list[Finding] = []
        #: Nothing more is tried in these.
        self.lost: dict[str, str] = {}
        self._sources = Sources(files, read, kept)
        self._lint = lint
        self._wanted = {_about(finding) for finding in wanted}
        self._failed: set[tuple[object, ...]] = set()

    @property
    def texts(self) -> dict[str, bytes]:
        """The files that have been changed."""
        return self._sources.texts

    @property
    def too_large(self) -> Collection[str]:
        """Files that a fix would have looked into, were they smaller."""
        return self._sources.too_large

    def mend(self, *, unsafe: bool) -> None:
        for _ in range(MAX_ROUNDS):
            plans = self._plans(unsafe)
            if not plans:
                return
            if self._accept(plans):
                continue
            alone = [plan for plan in plans if self._try([plan]) is not None]
            self._failed |= {plan.key for plan in plans if plan not in alone}
            if alone and not self._accept(alone):
                # Each is right, all together are not: one at a time, then.
                self._accept(alone[:1])

    # -- planning

    def _plans(self, unsafe: bool) -> list[_Plan]:
        """One fix for each finding that has one, none of which meets another."""
        findings = tuple(f for f in self.outcome.report.findings if _about(f) in self._wanted)
        asked = [finding for finding in findings if finding.code in FIXABLE and finding.path not in self.lost]

        def first(finding: Finding) -> tuple[Fix | None, list[str]]:
            return self._first(finding, findings, unsafe), sorted(self._sources.too_large)

        taken: dict[str, list[Edit]] = {}
        out: list[_Plan] = []
        for finding, (answer, large) in self._apart(asked, lambda finding: finding.path, first):
            self._sources.too_large.update(large)
            fix = _fix_from_json(*answer) if answer is not None else None
            if fix is None or fix.path in self.lost:
                continue
            edits = taken.setdefault(fix.path, [])
            if not any(mine.meets(other) and mine != other for mine in fix.edits for other in edits):
                edits += [edit for edit in fix.edits if edit not in edits]
                out.append(_Plan(finding, fix, self._key(finding, fix)))
        return out

    def _first(self, finding: Finding, siblings: tuple[Finding, ...], unsafe: bool) -> Fix | None:
        """The first fix of a finding that may be tried."""
        for fix in self._sources.candidates(finding, siblings):
            if (fix.safe or unsafe) and self._key(finding, fix) not in self._failed:
                return fix
        return None

    def _key(self, finding: Finding, fix: Fix) -> tuple[object, ...]:
        return (*_exactly(finding, self._sources.line), fix.title, fix.edits)

    def _apart(
        self, items: Sequence[Item], file: Callable[[Item], str], work: Callable[[Item], Any]
    ) -> Iterator[tuple[Item, Any]]:
        """What only LibCST can tell, which may end the process: in another one, at the cost of a file's fixes."""
        return each(items, file, work, self.lost.__setitem__, load_fixers)

    # -- applying

    def _accept(self, plans: list[_Plan]) -> bool:
        tried = self._try(plans)
        if tried is None:
            return False
        texts, self.outcome = tried
        self._sources.change(texts)
        self.fixed += [plan.finding for plan in plans]
        return True

    def _try(self, plans: list[_Plan]) -> tuple[dict[str, bytes], Outcome] | None:
        """Texts and outcome with the plans applied; None where that is not what they promise."""
        edits: dict[str, dict[Edit, None]] = {}
        for plan in plans:
            edits.setdefault(plan.fix.path, {}).update(dict.fromkeys(plan.fix.edits))
        if not self.lost.keys().isdisjoint(edits):
            return None
        texts = dict(self.texts)
        for path, text in self._apart(list(edits), str, lambda path: self._edited(path, edits[path])):
            if text is None:
                return None
            texts[path] = text.encode(_AS_BYTES)
        if not self.lost.keys().isdisjoint(edits):
            return None
        before = self.outcome
        planned = Counter(_exactly(plan.finding, self._sources.line) for plan in plans)
        exact = Counter(_exactly(finding, self._sources.line) for finding in before.report.findings)
        kept, self._sources.texts = self._sources.texts, texts
        try:
            after = self._lint(texts)
            exact_after = Counter(_exactly(finding, self._sources.line) for finding in after.report.findings)
        finally:
            self._sources.texts = kept
        gone = all(exact_after[key] <= exact[key] - count for key, count in planned.items())
        about = Counter(_about(finding) for finding in before.report.findings)
        grown = Counter(_about(finding) for finding in after.report.findings) - about
        mended = {(path, call) for path, _, _, call in (_about(plan.finding) for plan in plans)}
        new = [
            code
            for path, code, _, call in grown
            # A suppression that is idle now is for its owner to take away. A call that no longer waits takes its inner
            # lock as before, of which nothing was said while it was reported as a wait.
            if code != "FIN902" and not (code == "FIN203" and (path, call) in mended)
        ]
        worse = new or set(after.report.errors) - set(before.report.errors)
        return None if not gone or worse else (texts, after)

    def _edited(self, path: str, edits: Iterable[Edit]) -> str | None:
        """The bytes of a file with the edits, as text; None where that is no Python."""
        import libcst

        from finlint.fixes.edit import apply
        from finlint.syntax.cst import parse_module

        try:
            encoding, text = decoded_as_written(self._sources.data(path))
            fresh = apply(text, edits)
            parse_module(fresh.replace("\r\n", "\n").replace("\r", "\n"))
            return fresh.encode(encoding).decode(_AS_BYTES)
        except (UnicodeError, SyntaxError, LookupError, libcst.ParserSyntaxError, RecursionError):
            return None


def _fix_from_json(title: str, safe: bool, path: str, edits: Iterable[tuple[int, int, Iterable[str]]]) -> Fix:
    from finlint.fixes.edit import Edit, Fix

    return Fix(title, safe, path, tuple(Edit(first, last, tuple(lines)) for first, last, lines in edits))


def _about(finding: Finding) -> tuple[str, str, str, str]:
    """What stays the same of a finding while lines and words around it change."""
    registrar = finding.registration.registrar if finding.registration is not None else ""
    return (finding.path, finding.code, registrar, finding.culprit.call if finding.culprit is not None else "")


def _exactly(finding: Finding, line: Callable[[str, int], str]) -> tuple[object, ...]:
    return (*_about(finding), line(finding.path, finding.span.line))


def diff(path: str, old: bytes, new: bytes) -> str:
    """The unified diff of one file, as ``git apply`` and ``patch`` take it."""
    import difflib

    before, after = (re.findall(r"[^\n]*\n|[^\n]+", decoded_as_written(data)[1]) for data in (old, new))
    out = []
    name = _quoted(path)
    for line in difflib.unified_diff(before, after, name, name):
        out.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(out)


def _quoted(path: str) -> str:
    """The path as git writes it into a diff: in quotes and escaped where it is not printed as it is."""
    if path.isprintable() and not any(c in path for c in '"\\'):
        return path
    known = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t"}
    return '"' + "".join(known.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in os.fsencode(path)) + '"'
