"""What the linter says of the callables on a stack: the finding whose chain agrees best with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from finlint import engine
from finlint.linter import Linter, Options
from finlint.live.source import Sources, real
from finlint.live.stacks import Frame
from finlint.live.verdicts import Place, Waits
from finlint.model.finding import Finding


class Match(NamedTuple):
    """A finding about a callable on the stack: ``hops`` of the ``of`` places of its chain are frames there.

    ``path`` and ``line`` are the finding's, on this machine; ``names`` are its finalizer and its chain's functions.
    """

    code: str
    kind: str
    severity: str
    confidence: str
    message: str
    path: str
    line: int
    hops: int
    of: int
    names: tuple[str, ...]


class Static:
    """The linter's findings, of each file once; nothing is filtered, and no configuration read."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._found: dict[str, tuple[Finding, ...]] = {}
        self._linter = Linter(Options(isolated=True, jobs=1))

    def of(self, frames: Iterable[Frame]) -> list[Finding]:
        """Findings of the files that the frames run."""
        paths = filter(None, (self._sources.resolve(frame.path) for frame in frames))
        return [finding for path in dict.fromkeys(paths) for finding in self._of_file(path)]

    def _of_file(self, path: str) -> tuple[Finding, ...]:
        if path not in self._found:
            # Neither comments nor folding: what is stuck may be what somebody thought harmless.
            self._found[path] = engine.analyse((path,), self._linter.settings((path,))).findings
        return self._found[path]

    def match(self, frames: Sequence[Frame], waits: Waits | None = None) -> Match | None:
        """The finding for a stack that goes from where it ``waits`` (first) to the finalizer's frame (last)."""
        stack = [(self._real(frame.path), frame.line) for frame in frames]
        best: tuple[tuple[bool, bool, int, int], Match] | None = None
        # The finalizer's own file has the finding; the trampolines of the library have none.
        for finding in self.of(frames[-2:]):
            chain = _chain(finding)
            hops = len(chain & set(stack))
            if not hops:
                continue
            # Of two ways to sleep the linter names the shorter one: it is the same fault.
            rank = (stack[0] in chain, _is_of(finding, waits), hops, finding.severity.rank)
            if best is None or rank > best[0]:
                best = rank, _match(finding, hops, len(chain))
        return best[1] if best is not None else None

    def callbacks(self, frames: Iterable[Frame]) -> list[Place]:
        """Lines of registered callbacks in the files of the frames, by the paths that the dump has."""
        found = []
        for path in dict.fromkeys(frame.path for frame in frames):
            real = self._real(path)
            for finding in self.of([Frame("", path, 0)]):
                hop = finding.trace[0] if finding.trace else None
                if hop is not None and finding.registration is not None and self._real(hop.path) == real:
                    found.append(Place(path, hop.line, finding.registration.registrar))
        return found

    def _real(self, path: str) -> str:
        return real(self._sources.resolve(path) or path)


def _is_of(finding: Finding, waits: Waits | None) -> bool:
    """Whether the finding's culprit is a call of the same name as the one that waits: ``time.sleep(self._delay)``."""
    if waits is None or waits.is_lock or finding.culprit is None:
        return False
    return waits.text.partition("(")[0].rpartition(".")[2] == finding.culprit.call.rpartition(".")[2]


def _chain(finding: Finding) -> set[tuple[str, int]]:
    hops = {(real(hop.path), hop.line) for hop in finding.trace}
    if finding.culprit is not None:
        hops.add((real(finding.culprit.path), finding.culprit.line))
    return hops


def _match(finding: Finding, hops: int, of: int) -> Match:
    return Match(
        finding.code,
        finding.kind,
        finding.severity.value,
        finding.confidence.value,
        finding.said,
        finding.path,
        finding.span.line,
        hops,
        of,
        finding.names,
    )
