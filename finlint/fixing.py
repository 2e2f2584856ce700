"""Fixes, applied and checked: findings and a way to lint again in, new texts and what is left out.

A fix is kept only where linting again shows its finding gone and none added. So a fix may go by what it sees in one
file: whether it has really helped is asked of the whole analysis.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from finlint.model.finding import Finding
from finlint.sources import Sources
from finlint.syntax.reading import decoded_as_written

if TYPE_CHECKING:
    from finlint.fixes.edit import Edit, Fix
    from finlint.shown import Outcome

#: A fix may uncover what a second one mends; more rounds than this were never needed by any test.
MAX_ROUNDS = 20

#: Texts that are not (or not yet) on disk, in; what is found in them, out.
Lint = Callable[[Mapping[str, bytes]], "Outcome"]


class Fixed(NamedTuple):
    """``texts`` are the files that change; ``outcome`` is what linting them found; ``fixed`` what it no longer did.

    ``more`` counts findings that unsafe fixes would have mended; in files that are ``too_large`` none is looked for.
    """

    texts: dict[str, bytes]
    outcome: Outcome
    fixed: tuple[Finding, ...]
    more: int
    too_large: frozenset[str]


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
        return Fixed(run.texts, run.outcome, tuple(run.fixed), 0, large)
    return Fixed(texts, result, fixed, len(run.fixed) - len(fixed), large)


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
        from finlint.fixes.edit import Request
        from finlint.fixes.registry import candidates

        findings = tuple(f for f in self.outcome.report.findings if _about(f) in self._wanted)
        taken: dict[str, list[Edit]] = {}
        out: list[_Plan] = []
        for finding in findings:
            self._sources.next_finding()
            for fix in candidates(
                Request(finding, self._sources.tree, findings, self._sources.elsewhere, self._sources.text)
            ):
                key = (*_exactly(finding, self._sources.line), fix.title, fix.edits)
                if key in self._failed or (not fix.safe and not unsafe):
                    continue
                edits = taken.setdefault(fix.path, [])
                if not any(mine.meets(other) and mine != other for mine in fix.edits for other in edits):
                    edits += [edit for edit in fix.edits if edit not in edits]
                    out.append(_Plan(finding, fix, key))
                break
        return out

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
        import libcst

        from finlint.fixes.edit import apply
        from finlint.syntax.cst import parse_module

        edits: dict[str, dict[Edit, None]] = {}
        for plan in plans:
            edits.setdefault(plan.fix.path, {}).update(dict.fromkeys(plan.fix.edits))
        texts = dict(self.texts)
        for path, wanted in edits.items():
            try:
                encoding, text = decoded_as_written(self._sources.data(path))
                fresh = apply(text, wanted)
                parse_module(fresh.replace("\r\n", "\n").replace("\r", "\n"))
                texts[path] = fresh.encode(encoding)
            except (UnicodeError, SyntaxError, LookupError, libcst.ParserSyntaxError, RecursionError):
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
