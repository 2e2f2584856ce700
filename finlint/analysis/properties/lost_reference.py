"""Whether a weak reference with a callback dies before the object that it watches."""

from __future__ import annotations

from typing import NamedTuple

from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Bound, Class, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.program.statements import children, flat_statements, own_calls
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.retention import held
from finlint.analysis.properties.watched import aliases, callback_expression, watched_expression
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.source import Span

#: Registrars whose result keeps the callback: who drops it drops the callback.
REFERENCES = frozenset(
    {"weakref.ref", "weakref.proxy", "weakref.KeyedRef", "weakref.WeakMethod", "weakref.ReferenceType"}
)


class Lost(NamedTuple):
    """Why a callback is not called as meant: ``why`` completes "The callback of X ...". ``always``: whatever happens;
    otherwise only where the collector frees the object."""

    why: str
    always: bool = True


def lost(registration: Registration, evaluator: Evaluator) -> Lost | None:
    """Why the reference that the registration makes is lost; None where it is kept, or nothing is known."""
    call = registration.call
    if call is None:
        return None
    function = registration.context.function
    if call.span == registration.span or function is None:
        return _lost(registration, call, evaluator)
    # A wrapper makes the reference; the registration stands where it is called.
    callback = callback_expression(registration, evaluator)
    given = isinstance(callback, ir.Name) and any(param.name == callback.id for param in function.ir.params)
    if not given:
        # It has a callback of its own, too: it is one mistake, to be mended there.
        return None
    found = _lost(registration, call, evaluator)
    return None if found is None else found._replace(why=f"{found.why} in `{function.name}()`")


def _lost(registration: Registration, call: ir.Call, evaluator: Evaluator) -> Lost | None:
    function = registration.context.function
    body = function.ir.body if function is not None else _module_body(registration)
    for stmt in flat_statements(body):
        if isinstance(stmt, ir.ExprStmt) and stmt.value == call:
            return Lost("never runs: the weak reference is dropped at once")
        targets = tuple(bound.target for bound in bound_singly(stmt) if bound.how == "value" and bound.node == call)
        if targets and function is not None:
            return _stored(registration, evaluator, targets, function)
    return None


def _module_body(registration: Registration) -> ir.Block:
    module = registration.context.module
    at = module.statements_at(registration.span.line)
    return tuple(stmt for binding in at for stmt in module.statements(binding))


def _stored(
    registration: Registration, evaluator: Evaluator, targets: tuple[ir.Expr, ...], function: FunctionNode
) -> Lost | None:
    watched = watched_expression(registration, evaluator)
    names = aliases(watched, registration.context)
    if len(targets) != 1:
        return None
    (target,) = targets
    if isinstance(target, ir.Attr) and dotted(target.value) in names:
        if _is_kept_elsewhere(dotted(target), function):
            return None
        stored = f"the weak reference is stored on `{dotted(target.value)}` itself"
        if held(registration, evaluator) is not None:
            return Lost(f"never runs: {stored}, and holds it: both are freed together, in a cycle")
        return Lost(f"may never run: {stored}, and dies with it when both are freed in a cycle", False)
    if not isinstance(target, ir.Name) or target.id not in function.ir.bound:
        return None
    root = dotted(watched).partition(".")[0] if watched is not None else ""
    parameters = {p.name for p in function.ir.params}
    if not (names & parameters or root in parameters):
        # An object of the function's own may die before the reference does.
        return None
    if len(function.index.names.get(target.id, [])) != 1 or _escapes(target.id, function):
        return None
    return Lost(f"never runs: the weak reference is held only by the local variable `{target.id}`")


def _is_kept_elsewhere(path: str, function: FunctionNode) -> bool:
    """Whether the function gives what it has stored in an attribute to somebody else, too (``KEPT.append(self.r)``)."""
    for stmt in flat_statements(function.ir.body):
        given = [bound.node for bound in bound_singly(stmt) if bound.how == "value"]
        given += [stmt.value] if isinstance(stmt, ir.Return) else []
        given += [arg.value for call in own_calls(stmt) for arg in call.args]
        if any(dotted(expr) == path for expr in given if expr is not None):  # type: ignore[arg-type]
            return True
    return False


def _escapes(name: str, function: FunctionNode) -> bool:
    """Whether a local variable is used for anything but calling it, comparing it, or reading its attributes."""
    stack: list[object] = [function.ir.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ir.Function):
            # A closure over the reference keeps it for as long as the closure lives.
            if name in free_names(node):
                return True
            continue
        if isinstance(node, ir.Assign):
            stack.append(node.value)
            stack.extend(t for t in node.targets if not isinstance(t, ir.Name))
            continue
        if isinstance(node, ir.Delete):
            return True
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id == name:
            stack.append(node.args)
            continue
        if isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == name:
            continue
        if isinstance(node, ir.Compare):
            stack.extend(e for e in children(node) if not isinstance(e, ir.Name))
            continue
        if isinstance(node, ir.AnnAssign):
            stack.append(node.value)
            continue
        if isinstance(node, ir.Name) and node.id == name:
            return True
        if isinstance(node, (ir.Await, ir.Yield)):
            # A generator or coroutine keeps its locals for as long as it is suspended.
            return True
        if isinstance(node, tuple) and not isinstance(node, Span):
            stack.extend(node)
    return False


def watches_a_method(registration: Registration, evaluator: Evaluator) -> Lost | None:
    """``weakref.ref(obj.method, callback)``: the bound method is made for the call, and dies at its end."""
    watched = watched_expression(registration, evaluator)
    if not isinstance(watched, ir.Attr):
        return None
    options = list(alternatives(evaluator.expressions.eval(watched, EvalState(registration.context))))
    if all(isinstance(v, Bound) and not isinstance(v.receiver, Class) for v in options):
        return Lost(
            f"runs at once: `{dotted(watched) or watched.name}` is a bound method made for this call, and dies with "
            "it (`weakref.WeakMethod` watches the method's object)"
        )
    return None
