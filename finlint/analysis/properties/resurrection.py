"""Where a function stores one of its parameters so that it outlives the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Bound, Class, Function, Lib, Object, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.definitions import PUT, Definition, giving
from finlint.analysis.program.leaving import reached_statements
from finlint.analysis.program.statements import children, flat_statements, own_calls, walruses
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.contents import is_weak_container
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.limits import RESURRECTION_DEPTH
from finlint.model.outline import stmt_span
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
    statements = list(reached_statements(function.ir.body, function.module))
    # A name that the body of a class binds is the class's own.
    in_class = {id(s) for c in statements if isinstance(c, ir.ClassDef) for s in flat_statements(c.body)}
    for stmt in statements:
        for target in _given(stmt, name, state, evaluator):
            own = isinstance(target, ir.Name) and id(stmt) in in_class
            where = "" if own else _outlives(target, name, local, state, evaluator)
            if where:
                yield Place(where, stmt_span(stmt), False)
        for call in own_calls(stmt):
            if _is_receiver(call, name):
                if not RESURRECTION_DEPTH.reached(depth):
                    yield from _called(call, name, state, evaluator, depth)
                continue
            if not any(_holds(a.value, name) for a in call.args):
                continue
            if isinstance(call.func, ir.Attr) and call.func.name in _ADDS:
                where = _of_others(call.func.value, name, local, state, evaluator)
                if where:
                    yield Place(where, call.span, False)
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


def _outlives(target: ir.Expr, name: str, local: frozenset[str], state: EvalState, evaluator: Evaluator) -> str:
    """The place that an assignment stores in, where that outlives the call and is not the object itself."""
    if isinstance(target, ir.Name):
        return "" if target.id in local else target.id
    if isinstance(target, ir.Subscript):
        return _of_others(target.value, name, local, state, evaluator)
    path = dotted(target)
    if isinstance(target, ir.Attr) and path.partition(".")[0] == name:
        # Not on itself, but on what it was given: ``self.pool.last = self``.
        return path if _of_others(target.value, name, local, state, evaluator) else ""
    return path


def _of_others(expr: ir.Expr, name: str, local: frozenset[str], state: EvalState, evaluator: Evaluator) -> str:
    """What a container is called that outlives the call, and is not the object's own: ``FREE``, ``self.pool.free``,
    ``type(self).free[size]``; "" for any other."""
    path = _path(_whole(expr), name)
    root, _, rest = path.partition(".")
    if not path or (root in local - {name} and not rest):
        return ""
    if root == name and not _is_given(rest.partition(".")[0], dict(state.context.params).get(name), evaluator):
        return ""
    options = alternatives(evaluator.expressions.eval(expr, state))
    return "" if all(map(is_weak_container, options)) else path


def _whole(expr: ir.Expr) -> ir.Expr:
    """The container of ``TABLE[key]``, ``TABLE.setdefault(key, [])``."""
    while True:
        if isinstance(expr, ir.Subscript):
            expr = expr.value
        elif isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and expr.func.name in ("get", "setdefault"):
            expr = expr.func.value
        else:
            return expr


def _path(expr: ir.Expr, name: str) -> str:
    """The dotted name of an expression; ``type(self)`` and ``self.__class__`` are the class by either name."""
    if isinstance(expr, ir.Attr):
        inner = f"type({name})" if dotted(expr.value) == f"{name}.__class__" else _path(expr.value, name)
        return f"{inner}.{expr.name}" if inner else ""
    if isinstance(expr, ir.Call):
        is_class = dotted(expr.func) == "type" and [dotted(arg.value) for arg in expr.args] == [name]
        return f"type({name})" if is_class else ""
    return dotted(expr)


def _is_given(attribute: str, me: Value | None, evaluator: Evaluator) -> bool:
    """Whether an attribute of the object is its class's, or what its methods were given."""
    stored: list[Definition] = []
    in_body = False
    for base in evaluator.classes.mro(me.cls) if isinstance(me, Object) else ():
        if not isinstance(base, Class):
            continue
        in_body = in_body or not all(map(base.node.only_annotates, base.node.members.get(attribute, ())))
        for method in base.node.methods_with(attribute):
            params = [param.name for param in method.ir.params]
            found = method.index.stores.get((params[0], attribute), ()) if params else ()
            values = [definition for definition in giving(found) if definition.how not in PUT]
            if any(not isinstance(d.node, ir.Name) or d.node.id not in params for d in values):
                return False
            stored += values
    return in_body or bool(stored)


def _given(stmt: ir.Stmt, name: str, state: EvalState, evaluator: Evaluator) -> Iterator[ir.Expr]:
    """The targets that a statement itself gives the parameter, or a container with it."""
    for bound in bound_singly(stmt):
        if bound.how == "value":
            gives = _holds(bound.node, name)
        elif bound.how in ("element", "augments"):
            # The last round of a loop is what stays.
            gives = isinstance(bound.node, ir.Display) and any(_holds(item, name) for item in bound.node.items[-1:])
        else:
            gives = bound.how == "enter" and _enters(bound.node, name, state, evaluator)
        if gives:
            yield bound.target
    for walrus in walruses(stmt):
        if _holds(walrus.value, name):
            yield ir.Name(walrus.target, stmt_span(stmt))


def _enters(manager: Any, name: str, state: EvalState, evaluator: Evaluator) -> bool:
    """Whether what a ``with`` binds is the object: ``with self as K.last``, whose ``__enter__`` gives ``self``."""
    me = dict(state.context.params).get(name)
    managers = evaluator.expressions.eval(manager, state)
    return isinstance(me, Object) and me in alternatives(evaluator.protocols.entered(managers, state))


def _holds(expr: Any, name: str) -> bool:
    """Whether the value of an expression may be the parameter, or a container with it."""
    if isinstance(expr, ir.Name):
        return expr.id == name
    if isinstance(expr, (ir.Display, ir.DictDisplay, ir.Starred, ir.Walrus)):
        return any(_holds(e, name) for e in children(expr))
    if isinstance(expr, ir.IfExp):
        return _holds(expr.body, name) or _holds(expr.orelse, name)
    if isinstance(expr, ir.Bool):
        return _holds(expr.right, name) or (expr.op == "or" and _holds(expr.left, name))
    return False
