"""Arguments of calls: what stands at which place, and what is spliced in."""

from __future__ import annotations

from finlint.analysis.domain.containers import is_complete
from finlint.analysis.domain.effects import CallArgs, PendingArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    Const,
    Mapping,
    Sequence,
    Suspended,
    Value,
    shallow,
    union,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.model import ir


class Arguments:
    """Arguments to values."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def pending(self, args: tuple[ir.Arg, ...], state: EvalState) -> PendingArgs:
        """Arguments that nobody has looked at; only of a state to which nobody listens, and that does not change."""
        return PendingArgs(args, lambda expr: self.ask.expressions.eval(expr, state), lambda: self.of(args, state))

    def of(self, args: tuple[ir.Arg, ...], state: EvalState) -> CallArgs:
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        passed_on: dict[str, Value] = {}
        open_ended = False
        spliced: list[Value] = []
        for arg in args:
            value = self.ask.expressions.eval(arg.value, state)
            if type(value) is Suspended:
                value = self.ask.advancing.passed_on(arg.value, value, state)
            if arg.star == "*":
                if isinstance(value, Sequence) and value.items is not None:
                    positional.extend(value.items)
                else:
                    if not open_ended:
                        positional.extend(self._first_items(arg.value, state))
                    open_ended = True
                    spliced.append(self.ask.displays.iterated(arg.value, state))
            elif arg.star == "**":
                if (
                    isinstance(value, Mapping)
                    and (value.items or is_complete(value))
                    and all(isinstance(k, Const) and isinstance(k.value, str) for k, _ in value.items)
                ):
                    passed_on.update((str(k.value), v) for k, v in value.items if isinstance(k, Const))
                else:
                    open_ended = True
            elif arg.keyword:
                keywords[arg.keyword] = value
            elif not open_ended:
                positional.append(value)
        # What is written by name is not in the mapping any more, or the call raises TypeError.
        for key, value in passed_on.items():
            keywords.setdefault(key, value)
        return CallArgs(tuple(positional), tuple(keywords.items()), open_ended, union(spliced))

    def _first_items(self, expr: ir.Expr, state: EvalState) -> tuple[Value, ...]:
        """The items that a sum of sequences is known to start with: ``f(*([self] + more))``."""
        while isinstance(expr, ir.Binary) and expr.op == "Add":
            expr = expr.left
        if not isinstance(expr, ir.Display) or any(isinstance(item, ir.Starred) for item in expr.items):
            return ()
        quiet = EvalState(state.context, state.env)
        return tuple(shallow(self.ask.expressions.eval(item, quiet)) for item in expr.items)
