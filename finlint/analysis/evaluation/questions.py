"""Functions that only ask something: ``def is_over(self): return self.future.done()``. A condition that calls one says
what its own question says."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Bound, Function, Marked, Object, Value
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.record import replaced


class Question(NamedTuple):
    """What ``function`` asks, as its caller would write it."""

    function: FunctionNode
    text: ir.Expr


def question(
    asked: ir.Expr, receiver: Value | None, quiet: EvalState, ask: Queries, through: Container[FunctionNode]
) -> Question | None:
    """What a call, or a property, asks in words of its caller; None for what does more than that, and for functions
    whose question it is already (``through``). ``receiver``: what the attribute is read of, if that is a name or an
    attribute path. Nobody listens to the state ``quiet``."""
    if isinstance(asked, ir.Call) and not all(_is_path(arg) for arg in asked.args):
        return None
    function, given = _asked(asked, receiver, quiet, ask)
    if function is None or function in through or len(given) != len(function.ir.params):
        return None
    if function.ir.is_async or function.ir.is_generator:
        return None
    body = [s for s in function.ir.body if not (isinstance(s, ir.ExprStmt) and isinstance(s.value, ir.Const))]
    if len(body) != 1 or not isinstance(body[0], ir.Return) or body[0].value is None:
        return None
    params = (param.name for param in function.ir.params)
    text = _with(body[0].value, dict(zip(params, given, strict=True)))
    return Question(function, text) if text is not None else None


def _is_path(arg: ir.Arg) -> bool:
    return not arg.star and not arg.keyword and bool(dotted(arg.value))


def _asked(
    asked: ir.Expr, receiver: Value | None, quiet: EvalState, ask: Queries
) -> tuple[FunctionNode | None, list[ir.Expr]]:
    """The function that is asked, and the expressions that it is given."""
    args = [arg.value for arg in asked.args] if isinstance(asked, ir.Call) else []
    read = asked.func if isinstance(asked, ir.Call) else asked
    if isinstance(asked, ir.Call) and isinstance(read, ir.Name):
        called = ask.expressions.eval(read, quiet)
        return (called.node, args) if isinstance(called, Function) else (None, [])
    if not isinstance(read, ir.Attr) or not isinstance(receiver, Object):
        return None, []
    member = ask.classes.class_member(receiver.cls, read.name)
    found = member[1] if member is not None else None
    if isinstance(asked, ir.Call) and isinstance(found, Function):
        return found.node, [read.value, *args]
    if isinstance(asked, ir.Attr) and isinstance(found, Marked) and found.kind == "property":
        inner = found.function.function if isinstance(found.function, Bound) else found.function
        return (inner.node, [read.value]) if isinstance(inner, Function) else (None, [])
    return None, []


def _with(expr: ir.Expr, given: Mapping[str, ir.Expr]) -> ir.Expr | None:
    """A question with its parameters replaced by what they are given; None where it names anything else."""
    if isinstance(expr, ir.Const):
        return expr
    if isinstance(expr, ir.Name):
        return given.get(expr.id)
    if isinstance(expr, ir.Not):
        inner = _with(expr.value, given)
        return None if inner is None else ir.Not(inner)
    if isinstance(expr, ir.Attr):
        inner = _with(expr.value, given)
        return None if inner is None else replaced(expr, value=inner)
    if isinstance(expr, ir.Call) and not expr.args:
        inner = _with(expr.func, given)
        return None if inner is None else replaced(expr, func=inner)
    if isinstance(expr, ir.Compare) and len(expr.rest) == 1 and isinstance(expr.rest[0][1], ir.Const):
        inner = _with(expr.left, given)
        return None if inner is None else replaced(expr, left=inner)
    if isinstance(expr, ir.Bool):
        left, right = _with(expr.left, given), _with(expr.right, given)
        return None if left is None or right is None else replaced(expr, left=left, right=right)
    return None
