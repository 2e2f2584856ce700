"""Generators that are not run to their end: what a call that takes some of their elements runs of them."""

from __future__ import annotations

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    Bound,
    Const,
    Function,
    Lib,
    Marked,
    Partial,
    Suspended,
    Value,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.after_yield import first_yielded, until_yield
from finlint.analysis.program.standing import Standing, standing
from finlint.model import ir
from finlint.model.record import replaced

#: Functions that stop at the first element that is true, or false.
_STOPS_AT = {"builtins.any": True, "builtins.all": False}

#: How the context of a generator says what was sent into it; no parameter is called so.
SENT = "*sent"


class Advancing:
    """Generators and who takes elements of them, to what is run."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def by_call(self, expr: ir.Call, function: Value, args: CallArgs, state: EvalState) -> CallArgs:
        """The arguments of a call that runs the first one, a generator, for some elements only."""
        made = args.positional[0] if args.positional else None
        if not isinstance(function, Lib) or not isinstance(made, Suspended) or made.kind != "generator":
            return args
        number = _taken_by(self.ask.knowledge.canonical(function.name), args.positional)
        if number is None:
            return args
        return args._replace(positional=(self.by(number, expr.args[0].value, made, state), *args.positional[1:]))

    def by(self, number: int, written: ir.Expr, made: Value, state: EvalState) -> Value:
        """A generator as it is run by who takes as many elements; it is written so."""
        if not isinstance(made, Suspended) or made.kind != "generator" or made.context.function is None:
            return made
        at = self._standing(written, made, state)
        if at is None:
            return made
        begun = made.context
        part = until_yield(made.context.function, at.taken + number, is_left=at.is_left)
        return replaced(made, context=self.ask.binding.context(part, begun.params, begun.parent))

    def sent(self, value: Value, made: Suspended) -> Suspended:
        """A generator into which something is sent."""
        context = made.context
        if context.function is None:
            return made
        params = (*(param for param in context.params if param[0] != SENT), (SENT, value))
        return replaced(made, context=self.ask.binding.context(context.function, params, context.parent))

    def passed_on(self, written: ir.Expr, made: Suspended, state: EvalState) -> Suspended:
        """A generator as an argument, which tells whether it is new."""
        at = self._standing(written, made, state) if made.kind == "generator" else None
        is_new = at is not None and at.taken == 0
        return made if made.is_new is is_new else replaced(made, is_new=is_new)

    def _standing(self, written: ir.Expr, made: Suspended, state: EvalState) -> Standing | None:
        if isinstance(written, ir.Call):
            return Standing(0, True, written) if self._makes(written, made, state) else None
        function = state.context.function
        at = standing(written, function) if function is not None else None
        if at is None or at.made is None:
            return at if made.is_new else None
        return at if self._makes(at.made, made, state) else None

    def _makes(self, call: ir.Call, made: Suspended, state: EvalState) -> bool:
        """Whether a call is that of the generator function itself, so that what it gives is new."""
        value = self.ask.expressions.eval(call.func, EvalState(state.context, state.env))
        while isinstance(value, (Bound, Partial, Marked)):
            value = value.function
        return isinstance(value, Function) and value.node is made.context.function


def _taken_by(name: str, given: tuple[Value, ...]) -> int | None:
    """How many elements a library function takes of its first argument, a generator; None where it is not known."""
    if name == "builtins.next":
        return 1
    if name == "itertools.islice":
        last = given[min(len(given), 3) - 1] if len(given) > 1 else None
        number = last.value if isinstance(last, Const) and last.firm else None
        return number if type(number) is int and number >= 0 else None
    if name in _STOPS_AT and isinstance(given[0], Suspended) and given[0].context.function is not None:
        return first_yielded(given[0].context.function, _STOPS_AT[name])
    return None
