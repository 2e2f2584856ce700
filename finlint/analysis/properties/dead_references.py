"""Which names of a callback refer weakly to the object whose death it is called for.

All weak references to an object are cleared before the first callback is called ("Weak references to unreachable
objects are set to None. If the weak reference has an associated callback, the callback is enqueued to be called once
the clearing of weak references is finished", ``InternalDocs/garbage_collector.md`` of CPython;
``PyObject_ClearWeakRefs`` does the same for what dies by its count). So such a name refers to nothing then.

That a reference and a registration are about the same object is told by expressions alone: two values that look the
same may be two instances of one class.
"""

from __future__ import annotations

from typing import Literal

from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Bound, Function, Lib, Partial, Value
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.models.registrars import Spec, argument_expression
from finlint.analysis.program.definitions import only_value
from finlint.analysis.program.statements import flat_statements, names_bound
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.watched import (
    WATCHED,
    aliases,
    callback_expression,
    means_one,
    spec_of,
    watched_expression,
)
from finlint.model import ir

#: A "reference" is called and gives None, a "proxy" raises ReferenceError.
DeadKind = Literal["reference", "proxy"]

#: Registrars whose callbacks run when the weak references to the object have been cleared.
_CLEARED_BEFORE = frozenset(
    {
        "weakref.finalize",
        "weakref.ref",
        "weakref.proxy",
        "weakref.KeyedRef",
        "weakref.WeakMethod",
        "multiprocessing.util.Finalize",
    }
)


def dead_names(registration: Registration, evaluator: Evaluator) -> tuple[Function, dict[str, DeadKind]] | None:
    """The function that a registration's callback is, and its names that refer weakly to the object that is watched:
    parameters, and names of the function around it. None where nothing is known of one or the other."""
    call, spec = registration.call, spec_of(registration, evaluator)
    if call is None or spec is None or spec.name not in _CLEARED_BEFORE:
        return None
    given = _given(registration, call, spec, evaluator)
    callback: Value = registration.callback
    if isinstance(callback, Partial):
        callback = callback.function
    received = isinstance(callback, Bound)
    function = callback.function if isinstance(callback, Bound) else callback
    if given is None or not isinstance(function, Function):
        return None
    names = _Names(registration, evaluator)
    found: dict[str, DeadKind | None] = {}
    if names.surrounds(function):
        found = {name: names.kind_of(ir.Name(name, call.span)) for name in free_names(function.node.ir)}
        found |= {p.name: names.kind_of(p.default) for p in function.node.ir.params if p.default is not None}
    arguments = _by_parameter(given, function.node.ir, received)
    found |= {name: names.kind_of(expr, inline=True) for name, expr in arguments.items()}
    if spec.passes == "reference" and names.is_plain(call.func):
        own = [p.name for p in function.node.ir.params if p.kind in ("pos", "any")][received:]
        found |= dict.fromkeys(own[:1], _kind(spec))
    dead = {name: kind for name, kind in found.items() if kind is not None}
    return (function, dead) if dead else None


def _kind(spec: Spec) -> DeadKind:
    return "proxy" if spec.name == "weakref.proxy" else "reference"


def _given(registration: Registration, call: ir.Call, spec: Spec, evaluator: Evaluator) -> tuple[ir.Arg, ...] | None:
    """The arguments that the callback is called with, as they are written; None where that cannot be told."""
    callback = callback_expression(registration, evaluator)
    bound: tuple[ir.Arg, ...] = ()
    if isinstance(registration.callback, Partial):
        # ``functools.partial(f, ref)``, where it is registered.
        if not isinstance(callback, ir.Call) or not callback.args:
            return None
        first, *rest = callback.args
        made = evaluator.expressions.eval(first.value, EvalState(registration.context))
        if made != registration.callback.function:
            return None
        bound = tuple(rest)
    if spec.passes == "tuple":
        listed = argument_expression(call, 2, ("args",))
        return bound + tuple(map(ir.Arg, listed.items)) if isinstance(listed, ir.Display) else bound
    if spec.passes != "rest":
        return bound
    places = [number for number, arg in enumerate(call.args) if arg.value is callback and not arg.keyword]
    return bound + call.args[places[0] + 1 :] if places else None


def _by_parameter(given: tuple[ir.Arg, ...], function: ir.Function, received: bool) -> dict[str, ir.Expr]:
    """What the parameters are given, as far as that can be told by place and by name."""
    out: dict[str, ir.Expr] = {}
    names = [p.name for p in function.params if p.kind in ("pos", "any")][received:]
    for arg in given:
        if arg.star:
            # What stands behind it may go to any of the rest.
            names = []
        elif arg.keyword:
            out[arg.keyword] = arg.value
        elif names:
            out[names.pop(0)] = arg.value
    return {p.name: out[p.name] for p in function.params if p.name in out}


class _Names:
    """The expressions of the function that registers, and which of them refer weakly to what it watches there."""

    def __init__(self, registration: Registration, evaluator: Evaluator) -> None:
        self.context = registration.context
        self.evaluator = evaluator
        watched = watched_expression(registration, evaluator)
        self.watched = dotted(watched) if watched is not None else ""
        self.method = dotted(watched.value) if isinstance(watched, ir.Attr) else ""
        self.is_method = registration.registrar == "weakref.WeakMethod"
        self.aliases = aliases(watched, self.context)

    def surrounds(self, function: Function) -> bool:
        """Whether a function is defined in the one that registers it, so that they share names."""
        return self.context.function is not None and function.context.function is self.context.function

    def kind_of(self, expr: ir.Expr, inline: bool = False) -> DeadKind | None:
        """Whether it is a weak reference to the watched object. ``inline``: it is evaluated by the registering call,
        so that a variable is to it what it is to the registration."""
        given = self._written(expr)
        if not isinstance(given, ir.Call):
            return None
        spec = self._plain(given.func)
        target = argument_expression(given, spec.object, WATCHED) if spec is not None else None
        if spec is None or target is None:
            return None
        if spec.name == "weakref.WeakMethod":
            # It is the method's object that it refers to.
            if not isinstance(target, ir.Attr):
                return None
            target = target.value
        if not self._is_watched(dotted(target), inline and given is expr):
            return None
        return _kind(spec)

    def is_plain(self, func: ir.Expr) -> bool:
        """Whether it is one of the library's own kinds of references: a subclass may do anything when it is called."""
        return self._plain(func) is not None

    def _plain(self, func: ir.Expr) -> Spec | None:
        made = self.evaluator.expressions.eval(func, EvalState(self.context))
        spec = self.evaluator.registrars.named(made.name) if isinstance(made, Lib) else None
        return spec if spec is not None and spec.result == "reference" else None

    def _is_watched(self, path: str, inline: bool) -> bool:
        if self.is_method:
            # ``WeakMethod(self.close, callback)`` watches ``self``.
            return bool(path) and path == self.method and means_one(path, self.context)
        if inline and path == self.watched:
            return bool(path)
        return path in self.aliases and all("." not in p and means_one(p, self.context) for p in (path, self.watched))

    def _written(self, expr: ir.Expr) -> ir.Expr | None:
        """The expression itself, or the one that a variable or an attribute was given, where it was given only that."""
        function = self.context.function
        if isinstance(expr, ir.Name):
            if function is None or expr.id in function.index.globals | function.index.shared:
                return None
            if not means_one(expr.id, self.context):
                return None
            return None if _is_in_a_loop(expr.id, function) else only_value(function.index.names.get(expr.id, []))
        path = dotted(expr)
        if not path:
            return expr
        stored = [
            stmt.value
            for stmt in (flat_statements(function.ir.body) if function is not None else ())
            if isinstance(stmt, ir.Assign) and any(dotted(target) == path for target in stmt.targets)
        ]
        return stored[0] if len(stored) == 1 else None


def _is_in_a_loop(name: str, function: FunctionNode) -> bool:
    """Whether a variable is given another value each time round: a function that closes over it finds the last."""
    loops = (stmt for stmt in flat_statements(function.ir.body) if isinstance(stmt, (ir.For, ir.While)))
    return any(name in names_bound(inner) for loop in loops for inner in flat_statements((loop,)))
