"""Whether tasks of an executor can be left by the time that an object is finalized.

A task that is a method of the object, or that is given the object, has it until it ends. Where all that an executor is
ever given is such, it is idle when the object is finalized: its ``shutdown()`` waits for threads that end at once. And
the future of such a task is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, call_in
from finlint.analysis.domain.values import Class, Lib, LibObject, Object, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import PUT, giving, only_value
from finlint.analysis.program.statements import (
    attribute_of,
    conditions,
    empty_container,
    expressions_in,
    flat_statements,
    given_as,
)
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.belonging import watched_by
from finlint.analysis.properties.custody import has_with_it, is_same
from finlint.analysis.properties.ownership import Ownership, handed_over
from finlint.analysis.properties.watched import callback_expression
from finlint.model import ir
from finlint.model.bindings import bound_by
from finlint.model.source import Span

_EXECUTORS = frozenset({"concurrent.futures.ThreadPoolExecutor"})
_FUTURES = frozenset({"concurrent.futures.Future"})
#: Methods of a future that wait for it.
_AWAITS = frozenset({"result", "exception"})
#: Containers that futures are put into later.
_PUT_INTO = frozenset({"list", "set", "tuple", "deque"})
_GIVES_WORK = frozenset({"submit", "map"})
#: The method of a loop that gives work to the executor that is its first argument.
_GIVES_TO_FIRST = "run_in_executor"


def is_idle(me: Value | None, steps: tuple[Step, ...], registration: Registration | None, evaluator: Evaluator) -> bool:
    """Whether what the last of ``steps``, those of a finalizer's chain, shuts down is an executor all of whose tasks
    have the object: ``me``, or the one that ``registration`` watches."""
    if not isinstance(me, Object):
        watched = watched_by(registration) if registration is not None else None
        me = watched[1] if watched is not None else None
    written = _shut_down(steps, registration, evaluator) if me is not None else None
    if me is None or written is None:
        return False
    pool, context = written
    pools = evaluator.expressions.but_none(pool, context)
    if not pools or not all(isinstance(option, LibObject) and option.type in _EXECUTORS for option in pools):
        return False
    options = alternatives(evaluator.expressions.eval(pool.value, EvalState(context)))
    owners = [option for option in options if isinstance(option, Object)]
    ownership = Ownership(evaluator)
    if len(owners) != 1 or not has_with_it(owners[0], me, ownership):
        return False
    given = [
        work
        for node in _users(owners[0], pool.name, ownership)
        for work in _given(node, pool.name, owners[0], ownership)
    ]
    return bool(given) and all(given)


def _shut_down(
    steps: tuple[Step, ...], registration: Registration | None, evaluator: Evaluator
) -> tuple[ir.Attr, CallContext] | None:
    """The attribute whose executor is shut down, and where it is named: at the end of the chain, where a function of
    the chain gives it to the next one, or where the registration gives it to the callback."""
    if not steps:
        return _registered(registration, evaluator) if registration is not None else None
    *before, last = steps
    call = call_in(last.context, last.span)
    if call is None or not _is_shutdown(call.func):
        return None
    pool: ir.Expr | None = call.func.value
    context = last.context
    for step in reversed(before):
        if isinstance(pool, ir.Name):
            given = call_in(step.context, step.span)
            pool = _argument(given.args if given is not None else (), pool.id, context)
            context = step.context
    if isinstance(pool, ir.Name) and context.function is not None and registration is not None and registration.call:
        given_to_callback = dict(handed_over(registration.call, context.function, is_bound=False))
        pool, context = given_to_callback.get(pool.id), registration.context
    return (pool, context) if isinstance(pool, ir.Attr) else None


def _registered(registration: Registration, evaluator: Evaluator) -> tuple[ir.Attr, CallContext] | None:
    """``weakref.finalize(self, self._pool.shutdown)``."""
    callback = callback_expression(registration, evaluator)
    if callback is None or not _is_shutdown(callback) or not isinstance(callback.value, ir.Attr):
        return None
    return callback.value, registration.context


def _argument(args: tuple[ir.Arg, ...], name: str, callee: CallContext) -> ir.Expr | None:
    """What a call of a plain function gives to the parameter ``name``."""
    function = callee.function
    if function is None or function.owner is not None or any(arg.star for arg in args):
        return None
    params = [param.name for param in function.ir.params if param.kind in ("pos", "any")]
    return next((arg.value for number, arg in enumerate(args) if given_as(arg, number, params) == name), None)


def is_done(me: Value, context: CallContext, span: Span, evaluator: Evaluator) -> bool:
    """Whether what is waited for at ``span`` of ``context`` are futures of tasks that had the object ``me``."""
    call = call_in(context, span)
    if call is None or not isinstance(me, Object):
        return False
    if isinstance(call.func, ir.Attr) and call.func.name in _AWAITS:
        waited: ir.Expr | None = call.func.value
    else:
        waited = call.args[0].value if call.args else None
    if isinstance(waited, ir.Display):
        waited = waited.items[0] if len(waited.items) == 1 else None
    if not isinstance(waited, ir.Attr) or not isinstance(waited.value, ir.Name):
        return False
    owners = list(alternatives(evaluator.expressions.eval(waited.value, EvalState(context))))
    if not all(isinstance(owner, Object) and is_same(owner, me) for owner in owners):
        return False
    if evaluator.external_stores.is_stored(me, waited.name):
        return False
    ownership = Ownership(evaluator)
    given = []
    for method in ownership.methods(me.cls, waited.name):
        own = method.ir.params[0].name if method.ir.params else ""
        for definition in giving(method.index.stores.get((own, waited.name), ())):
            empty = definition.node == ir.Const(None) or empty_container(definition.node) in _PUT_INTO
            if definition.how not in PUT and empty:
                continue
            plain = definition.how in ("value", "puts") and not definition.path
            given.append(plain and _Tasks(me, ownership).are_its(definition.node, method))
    return bool(given) and all(given)


class _Tasks:
    """Which expressions of methods give futures of tasks that have the object."""

    def __init__(self, me: Object, ownership: Ownership) -> None:
        self.me = me
        self.ownership = ownership
        self.asked: set[FunctionNode] = set()

    def are_its(self, node: object, method: FunctionNode) -> bool:
        if isinstance(node, ir.Name):
            node = only_value(method.index.names.get(node.id, ()))
        if isinstance(node, ir.Comprehension) and len(node.elements) == 1:
            node = node.elements[0]
        if not isinstance(node, ir.Call):
            return False
        own = method.ir.params[0].name if method.ir.params else ""
        evaluator = self.ownership.evaluator
        state = EvalState(evaluator.binding.generic_context(method))
        if any(_has(arg.value, own, method, self.me, self.ownership) for arg in node.args):
            made = evaluator.expressions.eval(node, state)
            return any(isinstance(option, LibObject) and option.type in _FUTURES for option in alternatives(made))
        return self._is_of_method(node, own)

    def _is_of_method(self, call: ir.Call, own: str) -> bool:
        """``self.start()``, where that returns such a future, or None."""
        name = attribute_of(call.func, own)
        function = self.ownership.evaluator.classes.class_function(self.me.cls, name) if name else None
        if function is None or function.node in self.asked:
            return False
        self.asked.add(function.node)
        returned = [d.node for d in function.node.index.returns if d.node != ir.Const(None)]
        return bool(returned) and all(self.are_its(node, function.node) for node in returned)


def _users(owner: Object, name: str, ownership: Ownership) -> Iterator[FunctionNode]:
    """The functions that name the attribute: of the owner's class and its bases, and others."""
    evaluator = ownership.evaluator
    own = [method for method in ownership.methods(owner.cls, name) if method.ir.params]
    home = [cls.node.module for cls in evaluator.classes.mro(owner.cls) if isinstance(cls, Class)]
    others = (node for module in dict.fromkeys(home) for node in evaluator.external_stores.reading(name, module))
    yield from dict.fromkeys((*own, *others))


def _given(node: FunctionNode, name: str, owner: Object, ownership: Ownership) -> Iterator[bool]:
    """For each use of the attribute but ``shutdown()``, ``if self._pool:`` and what a finalizer is given: whether it
    gives the executor a task that has the object."""
    me = node.ir.params[0].name if node.ir.params and node.owner is not None else ""
    for stmt in flat_statements(node.ir.body):
        exprs = list(expressions_in(stmt))
        called = [(e, e.func) for e in exprs if isinstance(e, ir.Call) and isinstance(e.func, ir.Attr)]
        calls = {id(func.value): (func.name, call.args) for call, func in called}
        tasks = {id(call.args[0].value): call.args[1:] for call, func in called if _gives_to_first(call, func)}
        asked = {id(part) for test in conditions(stmt) for part in _operands(test)}
        given = [arg.value for call, _ in called if _registers(call, node, ownership) for arg in call.args]
        registered = {id(part.value if _is_shutdown(part) else part) for part in given}
        for expr in exprs:
            if not isinstance(expr, ir.Attr) or expr.name != name or _is_stored(expr, stmt) or id(expr) in asked:
                continue
            if not _may_be(expr.value, node, owner, ownership.evaluator):
                continue
            method, args = calls.get(id(expr), ("", ()))
            work = args if method in _GIVES_WORK else tasks.get(id(expr), ())
            if method != "shutdown" and id(expr) not in registered:
                yield any(_has(arg.value, me, node, owner, ownership) for arg in work)


def _gives_to_first(call: ir.Call, func: ir.Attr) -> bool:
    return func.name == _GIVES_TO_FIRST and len(call.args) > 1 and not call.args[0].star


def _registers(call: ir.Call, node: FunctionNode, ownership: Ownership) -> bool:
    """Whether a call registers a finalizer, which shuts down what it is given."""
    evaluator = ownership.evaluator
    called = evaluator.expressions.eval(call.func, EvalState(evaluator.binding.generic_context(node)))
    return any(
        isinstance(option, Lib) and evaluator.registrars.named(option.name) is not None
        for option in alternatives(called)
    )


def _is_shutdown(expr: ir.Expr) -> TypeGuard[ir.Attr]:
    return isinstance(expr, ir.Attr) and expr.name == "shutdown"


def _operands(test: ir.Expr) -> Iterator[ir.Expr]:
    """What a condition only asks whether it is true, or is None."""
    if isinstance(test, ir.Bool):
        yield from _operands(test.left)
        yield from _operands(test.right)
    elif isinstance(test, ir.Not):
        yield from _operands(test.value)
    elif isinstance(test, ir.Compare):
        yield from (test.left, *(part for _, part in test.rest))
    else:
        yield test


def _may_be(expr: ir.Expr, node: FunctionNode, owner: Object, evaluator: Evaluator) -> bool:
    """Whether an expression of a function may mean ``owner``, or one of its class's heirs."""
    mro = evaluator.classes.mro
    options = alternatives(evaluator.expressions.eval(expr, EvalState(evaluator.binding.generic_context(node))))
    return any(isinstance(o, Object) and (owner.cls in mro(o.cls) or o.cls in mro(owner.cls)) for o in options)


def _is_stored(expr: ir.Attr, stmt: ir.Stmt) -> bool:
    """Whether a statement stores into the attribute."""
    return any(bound.target == expr and bound.how in ("value", "annotation") for bound in bound_by(stmt))


def _has(arg: ir.Expr, me: str, node: FunctionNode, owner: Object, ownership: Ownership) -> bool:
    """Whether what an executor is given keeps the object that the method calls ``me``: that, one of its methods, or a
    function inside that uses it."""
    if isinstance(arg, ir.Attr):
        is_its = isinstance(arg.value, ir.Name) and arg.value.id == me
        cls = owner.cls if node.owner is None else ownership.evaluator.binding.generic_class(node.owner)
        return is_its and ownership.is_method(cls, arg.name)
    if isinstance(arg, ir.Lambda):
        return me in free_names(arg.function)
    if not isinstance(arg, ir.Name):
        return False
    inner = (function for function in node.index.inner if function.name == arg.id)
    return arg.id == me or any(me in free_names(function) for function in inner)
