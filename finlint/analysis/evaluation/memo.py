"""Answers that are worked out once: the one place that breaks cycles and bounds how deeply questions nest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from finlint.analysis.evaluation.queries import Limits
from finlint.model.limits import CALLER_DEPTH, QUERY_DEPTH

_K = TypeVar("_K")
_V = TypeVar("_V")

_NOTHING: Any = object()


class Memo(Generic[_K, _V]):
    """The answers to one kind of question.

    ``blank`` is the answer to a question that leads to itself while it is being worked out, and to one that is nested
    too deeply. An answer depends on how far callers may still be asked what they pass, unless none was asked.
    """

    __slots__ = ("_anywhere", "_at_depth", "_blank", "_limits")

    def __init__(self, limits: Limits, blank: _V) -> None:
        self._limits = limits
        self._blank = blank
        self._anywhere: dict[_K, _V] = {}
        self._at_depth: list[dict[_K, _V]] = [{} for _ in range(CALLER_DEPTH + 1)]

    def answer(self, key: _K, work_out: Callable[..., _V], *arguments: Any) -> _V:
        """The answer to the question ``key``, which ``work_out(*arguments)`` gives."""
        known: _V = self._anywhere.get(key, _NOTHING)
        if known is not _NOTHING:
            return known
        limits = self._limits
        table = self._at_depth[limits.caller_depth]
        known = table.get(key, _NOTHING)
        if known is not _NOTHING:
            limits.provisional += 1
            return known
        if QUERY_DEPTH.passed(limits.depth):
            limits.provisional += 1
            return self._blank
        table[key] = self._blank
        before = limits.provisional
        limits.depth += 1
        try:
            value = work_out(*arguments)
        finally:
            limits.depth -= 1
        if limits.provisional == before and limits.fuel >= 0:
            del table[key]
            self._anywhere[key] = value
        else:
            table[key] = value
        return value
