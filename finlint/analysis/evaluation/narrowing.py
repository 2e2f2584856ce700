"""What ``isinstance(value, cls)`` leaves of a value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from finlint.analysis.domain.state import Env, EvalState, Lazy
from finlint.analysis.domain.values import Class, Lib, Sequence, Value, alternatives, is_known, union
from finlint.analysis.evaluation.instances import is_instance
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import Conditions
from finlint.analysis.program.statements import is_isinstance, parts_of
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

    def under(self, conditions: Conditions, expr: ir.Expr, state: EvalState) -> EvalState:
        """The state for an expression under conditions that say of which class a parameter is, whatever comes before
        them: ``if isinstance(ev, Event): self.ev = ev``."""
        context = state.context
        function = context.function
        asked = {name: cls for test, holds in conditions for name, cls in _asked(test, holds)}
        if function is None or not asked:
            return state
        read = {part.id for part in parts_of(expr) if isinstance(part, ir.Name)}
        parameters = {param.name for param in function.ir.params if param.kind not in ("*", "**")}
        env: Env = dict(state.env or {})
        quiet = EvalState(context)
        for name in read.intersection(asked, parameters).difference(function.index.names, function.index.shared):
            given = self.ask.names.local(name, context)
            if not self._may_be_one(given, asked[name], quiet):
                env[name] = Lazy(partial(self.narrowed, given, asked[name], quiet))
        return state if not env else EvalState(context, env, state.recorder)

    def _may_be_one(self, given: Value, expr: ir.Expr, state: EvalState) -> bool:
        """Whether something that is known of an argument may be an instance of what ``expr`` names: it says more."""
        known = [option for option in alternatives(given) if is_known(option)]
        return bool(known) and not self.is_ruled_out(union(known), expr, state)

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


def _asked(test: ir.Expr, holds: bool) -> Iterator[tuple[str, ir.Expr]]:
    """The variables that are certainly instances of what a class expression names, where a condition holds or not."""
    if isinstance(test, ir.Not):
        yield from _asked(test.value, not holds)
    elif isinstance(test, ir.Bool) and (test.op == "and") is holds:
        yield from _asked(test.left, holds)
        yield from _asked(test.right, holds)
    elif holds and isinstance(test, ir.Call) and is_isinstance(test):
        of, cls = (arg.value for arg in test.args)
        if isinstance(of, ir.Name):
            yield of.id, cls
