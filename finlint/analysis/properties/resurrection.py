"""Where a function stores one of its parameters so that it outlives the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Bound, Class, Function, Lib, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import children, flat_statements, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.limits import RESURRECTION_DEPTH
from finlint.model.source import Span

_ADDS = frozenset({"append", "appendleft", "add", "put", "put_nowait", "insert", "setdefault", "push", "extend"})


class Place(NamedTuple):
    where: str
    span: Span
    guess: bool


def kept(context: CallContext, name: str, evaluator: Evaluator, depth: int = 0) -> Iterator[Place]:
    """The places of ``context`` that store its parameter ``name``, themselves or by a function they call."""
    function = context.function
    if function is None:
        return
    local = function.ir.bound - function.index.globals
    state = EvalState(context)
    for stmt in flat_statements(function.ir.body):
        if isinstance(stmt, ir.Assign) and _holds(stmt.value, name):
            for target in stmt.targets:
                where = _outlives(target, name, local)
                if where:
                    yield Place(where, stmt.span, False)
        for call in _calls(stmt):
            if _is_receiver(call, name):
                if not RESURRECTION_DEPTH.reached(depth):
                    yield from _called(call, name, state, evaluator, depth)
                continue
            if not any(_holds(a.value, name) for a in call.args):
                continue
            if isinstance(call.func, ir.Attr) and call.func.name in _ADDS:
                receiver = dotted(call.func.value)
                root = receiver.partition(".")[0]
                if receiver and (root not in local or "." in receiver) and root != name:
                    yield Place(receiver, call.span, False)
                    continue
            if not RESURRECTION_DEPTH.reached(depth):
                yield from _called(call, name, state, evaluator, depth)


def _called(call: ir.Call, name: str, state: EvalState, evaluator: Evaluator, depth: int) -> Iterator[Place]:
    for option in alternatives(evaluator.expressions.eval(call.func, state)):
        shift = 0
        callee = option
        if isinstance(option, Bound):
            shift, callee = 1, option.function
        if isinstance(option, (Class, Lib)) or not isinstance(callee, Function):
            continue
        params = callee.node.ir.params
        if _is_receiver(call, name):
            if shift and params and callee.node is not state.context.function:
                yield from _stored_by(callee, params[0].name, call, state.context.function, evaluator, depth)
            continue
        for number, arg in enumerate(call.args):
            if not _holds(arg.value, name) or arg.star:
                continue
            passed = arg.keyword
            if not passed and number + shift < len(params):
                passed = params[number + shift].name
            if not passed:
                continue
            found = list(_stored_by(callee, passed, call, state.context.function, evaluator, depth))
            if found:
                yield found[0]
                return


def _stored_by(
    callee: Function, name: str, call: ir.Call, caller: FunctionNode | None, evaluator: Evaluator, depth: int
) -> Iterator[Place]:
    """The first place where the called function stores its parameter, as a place of the call."""
    context = evaluator.binding.generic_context(
        callee.node, callee.context if callee.context.function is not None else None
    )
    for place in kept(context, name, evaluator, depth + 1):
        if not _dies(place.where, callee, call, caller):
            yield Place(place.where, call.span, place.guess)
            return


def _dies(where: str, callee: Function, call: ir.Call, caller: FunctionNode | None) -> bool:
    """Whether the place is an attribute of an object that the calling function made for itself."""
    params = callee.node.ir.params
    if caller is None or not params or not where.startswith(params[0].name + "."):
        return False
    if not (isinstance(call.func, ir.Attr) and isinstance(call.func.value, ir.Name)):
        return False
    made = caller.index.names.get(call.func.value.id, [])
    return call.func.value.id not in caller.index.globals and any(
        d.how == "value" and isinstance(d.node, ir.Call) for d in made
    )


def _is_receiver(call: ir.Call, name: str) -> bool:
    """``name.method()``"""
    return isinstance(call.func, ir.Attr) and isinstance(call.func.value, ir.Name) and call.func.value.id == name


def _outlives(target: ir.Expr, name: str, local: frozenset[str]) -> str:
    """The place that an assignment stores in, where that outlives the call and is not the object itself."""
    if isinstance(target, ir.Name):
        return "" if target.id in local else target.id
    container: ir.Expr = target
    while isinstance(container, ir.Subscript):
        container = container.value
    path = dotted(container)
    root = path.partition(".")[0]
    if not path or (isinstance(target, ir.Subscript) and path == root and root in local):
        return ""
    if root == name:
        # On itself, or on its own parts.
        return ""
    return path


def _holds(expr: ir.Expr, name: str) -> bool:
    if isinstance(expr, ir.Name):
        return expr.id == name
    if isinstance(expr, (ir.Display, ir.DictDisplay, ir.Starred)):
        return any(_holds(e, name) for e in children(expr))
    return False


def _calls(stmt: ir.Stmt) -> Iterator[ir.Call]:
    value = stmt.value if isinstance(stmt, (ir.ExprStmt, ir.Assign, ir.Return, ir.AnnAssign)) else None
    return (part for part in (parts_of(value) if value is not None else ()) if isinstance(part, ir.Call))
