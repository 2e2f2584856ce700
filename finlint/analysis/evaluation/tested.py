"""Which attributes of its object decide what a method does, and what those do that it calls on the same object."""

from __future__ import annotations

from finlint.analysis.domain.values import Class
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode


class Tested:
    """Names of attributes, by class and method. Methods that call each other test what any of them tests."""

    def __init__(self, ask: Queries) -> None:
        self._ask = ask
        self._tested: Memo[tuple[Class, FunctionNode], frozenset[str]] = Memo(ask.solver, frozenset(), grows=False)

    def of(self, cls: Class, method: FunctionNode) -> frozenset[str]:
        """What a method of an object of class ``cls`` tests, and those that it calls on it."""
        return self._tested.answer((cls, method), self._find, cls, method)

    def _find(self, cls: Class, method: FunctionNode) -> frozenset[str]:
        tested = method.tested
        for name in sorted(method.called_on_self):
            called = self._ask.classes.class_function(cls, name)
            if called is not None:
                tested |= self.of(cls, called.node)
        return tested
