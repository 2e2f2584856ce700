"""What is asked of every file of a run: may it hold a finalizer, which words does it hold?

In a large run each worker process has a share of the files for that; the answers are those of one process.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from finlint.cache.verdict import MAY, NO, UNKNOWN
from finlint.model.settings import Settings
from finlint.prefilter import Prefilter, problem
from finlint.rounds import Searches
from finlint.syntax.files import Files
from finlint.syntax.reading import Unreadable, read_bytes


class Look(NamedTuple):
    """What a file's bytes say of it: ``verdict`` is MAY or NO (syntax not checked), or UNKNOWN: it is no text, or
    cannot be read (``size`` is -1), and ``line``, ``column`` and ``message`` say why."""

    verdict: int
    size: int
    line: int = 0
    message: str = ""
    column: int = 1


class Share:
    """The part of a run's files that one process looks at."""

    def __init__(self, paths: Sequence[str], files: Files, settings: Settings) -> None:
        self._paths = paths
        self._read = files.fresh(digests=False).read
        self._prefilter = Prefilter(settings)
        self._searches: Searches | None = None

    @property
    def has_searched(self) -> bool:
        """Whether all of its files have been searched, and what was seen is kept."""
        return self._searches is not None

    def look(self, places: Sequence[int]) -> list[Look]:
        """At those of its files that have these places in it."""
        return [self._look(self._paths[place]) for place in places]

    def _look(self, path: str) -> Look:
        try:
            data = read_bytes(path)
        except Unreadable as error:
            return Look(UNKNOWN, -1, error.line, error.message, error.column)
        if self._prefilter.may_hold(data):
            return Look(MAY, len(data))
        wrong = problem(path, data, False)
        if wrong is None:
            return Look(NO, len(data))
        return Look(UNKNOWN, len(data), wrong.line, wrong.message, wrong.column)

    def hits(self, kind: str, words: Collection[str]) -> dict[str, list[str]]:
        """``Searches.hits`` over all of its files."""
        if self._searches is None:
            self._searches = Searches(self._paths, self._read)
        return self._searches.hits(kind, self._paths, words)
