"""What ``isinstance(value, cls)`` leaves of a value."""

from __future__ import annotations

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Class, Lib, Sequence, Value, alternatives, is_known, union
from finlint.analysis.evaluation.instances import is_instance
from finlint.analysis.evaluation.queries import Queries
from finlint.model import ir

_OBJECT = Lib("builtins.object")


class Narrowing:
    """Values to those parts that are, or are not, instances of named classes."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def narrowed(self, value: Value, expr: ir.Expr, state: EvalState) -> Value:
        """The part of ``value`` that is an instance of what ``expr`` names; where none is known to be, one of that."""
        classes = self._named(expr, state)
        if not classes:
            return value
        kept = [v for v in alternatives(value) if self._is_one(v, classes)]
        if kept:
            return union(kept)
        annotations = self.ask.annotations
        made = (annotations.instance(c) if isinstance(c, Class) else annotations.annotation_of(c) for c in classes)
        return union(v for v in made if is_known(v))

    def excluded(self, value: Value, expr: ir.Expr, state: EvalState) -> Value:
        """The part of ``value`` that is no instance of what ``expr`` names."""
        classes = self._named(expr, state)
        return union(v for v in alternatives(value) if not self._is_one(v, classes)) if classes else value

    def is_ruled_out(self, value: Value, expr: ir.Expr, state: EvalState) -> bool:
        """Whether ``value`` is certainly no instance of what ``expr`` names."""
        classes = self._named(expr, state)
        return bool(classes) and all(is_instance(v, classes, self.ask) is False for v in alternatives(value))

    def _named(self, expr: ir.Expr, state: EvalState) -> list[Class | Lib]:
        """The classes that ``expr`` names, alone or in a tuple; none where one of them is not known."""
        named = self.ask.expressions.eval(expr, state)
        options = list(named.items or ()) if isinstance(named, Sequence) else list(alternatives(named))
        classes = [o for o in options if isinstance(o, (Class, Lib))]
        if len(classes) != len(options):
            return []
        self.ask.note_compared(classes)
        return classes

    def _is_one(self, value: Value, classes: list[Class | Lib]) -> bool:
        return _OBJECT in classes or is_instance(value, classes, self.ask) is True
