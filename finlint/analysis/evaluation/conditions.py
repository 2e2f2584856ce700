"""What ``and``, ``or``, ``not`` and ``a if b else c`` give: one part decides whether another one counts."""

from __future__ import annotations

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    MAYBE_NONE,
    UNKNOWN,
    Const,
    Object,
    OneOf,
    Sequence,
    Value,
    alternatives,
    is_known,
    softened,
    union,
)
from finlint.analysis.evaluation import flags
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.program.escape import is_filled_in_order
from finlint.analysis.program.statements import left_spine
from finlint.model import ir


class Conditions:
    """Expressions that depend on whether another one is true."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def verdict(self, expr: ir.Expr, value: Value, state: EvalState) -> bool | None:
        """Whether ``expr``, which gave ``value``, is certainly true or certainly false; records what asking runs."""
        self.ask.protocols.tested(value, state, expr)
        if isinstance(value, Object) and self.ask.enumerations.is_one(value.cls):
            return self.ask.enumerations.truth(value)
        verdict = library_types.truth(value, self.knowledge)
        if verdict is None and self.is_still_empty(expr, value, state):
            return False
        return flags.found(expr, state) if verdict is None else verdict

    @staticmethod
    def is_still_empty(expr: ir.Expr, value: Value, state: EvalState) -> bool:
        """Whether a container that was made empty here, and that only these statements fill, is empty where they come
        to ``expr``."""
        if not isinstance(value, Sequence) or value.items != () or state.env is None or not isinstance(expr, ir.Name):
            return False
        function = state.context.function
        return function is not None and expr.id in state.env and is_filled_in_order(expr.id, function.ir)

    def either(self, expr: ir.Bool, state: EvalState) -> Value:
        terms = left_spine(expr)
        value = self.ask.expressions.eval(terms[0].left, state)
        for part in terms:
            value = self._one_of(part, value, state)
        return value

    def _one_of(self, expr: ir.Bool, left: Value, state: EvalState) -> Value:
        verdict = self.verdict(expr.left, left, state)
        if verdict is False and expr.op == "and" and not is_known(left):
            # Known of the flag alone: its value, which is unknown, need not be kept.
            return Const(False)
        if verdict is not None and (verdict is (expr.op == "or")):
            return left
        if state.env is not None and flags.any_known(state.env) and flags.sets_in(expr.left, state.quiet(), self.ask):
            flags.forget_all(state.env)
        right = self.ask.expressions.eval(expr.right, self.ask.refinement.refined(expr.left, expr.op == "and", state))
        if verdict is not None:
            return right
        decides = isinstance(right, Const) and right.firm and right.value is (expr.op == "or")
        if decides and (expr.op == "and" or not is_known(left)):
            # ``unknown and False``: false either way.
            return right
        plain = _is_plain(right) and (expr.op == "and" or _is_plain(left))
        if plain and flags.found(expr.right, state) is (expr.op == "or"):
            return Const(expr.op == "or")
        if expr.op == "or":
            return union([_truthy(left), right])
        return union([_falsy(left), right])

    def negated(self, expr: ir.Not, state: EvalState) -> Value:
        verdict = self.verdict(expr.value, self.ask.expressions.eval(expr.value, state), state)
        return UNKNOWN if verdict is None else Const(not verdict)

    def chosen(self, expr: ir.IfExp, state: EvalState) -> Value:
        verdict = self.verdict(expr.test, self.ask.expressions.eval(expr.test, state), state)
        values = []
        if verdict is not False:
            if state.env is None:
                there = self.ask.narrowing.under(((expr.test, True),), expr.body, state)
            else:
                there = self.ask.refinement.refined(expr.test, True, state)
            values.append(self.ask.expressions.eval(expr.body, there))
        if verdict is not True:
            values.append(self.ask.expressions.eval(expr.orelse, self.ask.refinement.refined(expr.test, False, state)))
        return union(values)


def _is_plain(value: Value) -> bool:
    """Whether a value is of no interest but for its truth."""
    return all(isinstance(option, Const) or not is_known(option) for option in alternatives(value))


def _truthy(value: Value) -> Value:
    """``value`` where ``value or x`` is ``value``."""
    if isinstance(value, OneOf):
        rest = [m for m in value.order if not (isinstance(m, Const) and not m.value)]
        return union(rest) if rest else UNKNOWN
    return UNKNOWN if isinstance(value, Const) and not value.value else value


def _falsy(value: Value) -> Value:
    """``value`` where ``value and x`` is ``value``: of interest only as a constant."""
    out = [softened(v) for v in alternatives(value) if isinstance(v, Const) and not v.value]
    return union(out) if out else MAYBE_NONE
