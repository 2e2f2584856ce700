"""What cannot be waiting for anybody by the time that an object is finalized, because it would keep the object alive.

A finalizer runs when nobody has the object any more. A thread whose target is a method of the object has it until it
ends, so a finalizer that joins it never waits (and never stops it: it does not run before). Locks and queues are asked
about in ``custody``.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, call_in, dotted
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Function,
    Lib,
    LibObject,
    Object,
    Sequence,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.program.statements import call_at, expressions_in, flat_statements, own_calls
from finlint.analysis.properties.custody import has_with_it
from finlint.analysis.properties.ownership import Ownership
from finlint.analysis.properties.told_to_end import TELLS
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.source import Span

_THREADS = frozenset({"threading.Thread", "threading.Timer"})


def is_own_thread(me: Value, context: CallContext, span: Span, evaluator: Evaluator) -> bool:
    """Whether the thread that is joined at ``span`` of ``context`` has the object ``me`` for as long as it runs."""
    call = call_in(context, span)
    if call is None or not isinstance(call.func, ir.Attr):
        return False
    return _are_own(call.func.value, me, context, evaluator)


def _are_own(threads: ir.Expr, me: Value, context: CallContext, evaluator: Evaluator) -> bool:
    """Whether each thread that an expression may be has the object ``me``."""
    if not isinstance(me, Object):
        return False
    found = evaluator.expressions.but_none(threads, context)
    # What an annotation says is no other thread than the one that is made.
    made = [thread for thread in found if not (isinstance(thread, LibObject) and not thread.args)] or found
    return bool(made) and all(_has(thread, me, evaluator) for thread in made)


def is_while_alive(me: Value, context: CallContext, span: Span, evaluator: Evaluator) -> bool:
    """Whether what waits at ``span`` is something else than a thread that has the object ``me``, and waits only where
    ``is_alive()`` says that such a thread runs: none does by then."""
    function = context.function
    if function is None:
        return False
    for stmt in flat_statements(function.ir.body):
        if isinstance(stmt, (ir.If, ir.While)) and call_at(stmt.body, span) is not None:
            asked = [thread for part in _required(stmt.test) if (thread := _asked(part)) is not None]
            if any(_are_own(thread, me, context, evaluator) for thread in asked):
                return True
    return False


def _required(test: ir.Expr) -> Iterator[ir.Expr]:
    """The conditions that all hold where a condition does."""
    if isinstance(test, ir.Bool) and test.op == "and":
        yield from _required(test.left)
        yield from _required(test.right)
    else:
        yield test


def _asked(test: ir.Expr) -> ir.Expr | None:
    """``thread`` of ``thread.is_alive()``."""
    func = test.func if isinstance(test, ir.Call) else None
    return func.value if isinstance(func, ir.Attr) and func.name == "is_alive" else None


def is_asked_for(context: CallContext, span: Span) -> bool:
    """Whether what is joined at ``span`` is joined only where ``is_alive()`` says that it runs, and is not told to stop
    before: it ends by itself then."""
    function = context.function
    call = call_at(function.ir.body, span) if function is not None else None
    if function is None or call is None or not isinstance(call.func, ir.Attr):
        return False
    thread = call.func.value
    if any(map(_tells, flat_statements(function.ir.body))):
        return False
    for stmt in flat_statements(function.ir.body):
        asked = stmt.test if isinstance(stmt, (ir.If, ir.While)) else None
        if asked is None or not _requires(asked, thread):
            continue
        if any(call in expressions_in(inner) for inner in flat_statements(stmt.body)):  # type: ignore[union-attr]
            return True
    return False


def _tells(stmt: ir.Stmt) -> bool:
    """Whether a statement sets a flag or an event, or puts something: what a thread may look at to see that it is to
    stop."""
    for target, how, value in bound_singly(stmt):
        if how == "value" and isinstance(value, ir.Const) and value.value is not None and isinstance(target, ir.Attr):
            return True
    functions = (call.func for call in own_calls(stmt))
    return any(isinstance(func, ir.Attr) and func.name in TELLS for func in functions)


def _requires(test: ir.Expr, thread: ir.Expr) -> bool:
    """Whether a condition holds only where ``thread.is_alive()`` does."""
    name = dotted(thread)
    asked = (_asked(part) for part in _required(test))
    return bool(name) and any(other is not None and dotted(other) == name for other in asked)


def _has(thread: Value, me: Object, evaluator: Evaluator) -> bool:
    if isinstance(thread, LibObject):
        given = dict(thread.args)
        return thread.type in _THREADS and any(
            holds(given.get(n), me, evaluator) for n in ("target", "function", "args")
        )
    if isinstance(thread, Object):
        if "threading.Thread" not in (evaluator.classes.library_base(thread.cls), *_bases(thread, evaluator)):
            return False
        return thread == me or keeps(thread, me, evaluator) or has_with_it(thread, me, Ownership(evaluator))
    return False


def keeps(obj: Object, me: Value, evaluator: Evaluator) -> bool:
    """Whether an instance keeps the object ``me``, with which it was made."""
    return any(holds(value, me, evaluator) for value in _kept_by(obj, evaluator))


def _kept_by(obj: Object, evaluator: Evaluator) -> Iterator[Value]:
    """What an instance keeps of what it was made with."""
    init = evaluator.classes.class_function(obj.cls, "__init__")
    if init is None or not init.node.ir.params:
        return
    for owner, name in init.node.index.stores:
        stored = evaluator.own_stores.of_instance(obj, name) if owner == init.node.ir.params[0].name else None
        if stored is not None:
            yield stored


def _bases(thread: Object, evaluator: Evaluator) -> tuple[str, ...]:
    base = evaluator.classes.library_base(thread.cls)
    return evaluator.knowledge.bases(base) if base else ()


def is_thread(cls: Class, evaluator: Evaluator) -> bool:
    """Whether instances of a class are threads, which have themselves and what they keep while they run."""
    return Lib("threading.Thread") in evaluator.classes.mro(cls)


def holds(value: Value | None, me: Value, evaluator: Evaluator) -> bool:
    """Whether a value holds the object ``me``."""
    if value is None:
        return False
    for option in alternatives(value):
        if option == me:
            return True
        if isinstance(option, Bound) and option.receiver == me:
            return True
        if isinstance(option, Sequence) and any(
            holds(item, me, evaluator) for item in (*(option.items or ()), option.element)
        ):
            return True
        if isinstance(option, Function) and _encloses(option, me, evaluator):
            return True
    return False


def _encloses(function: Function, me: Value, evaluator: Evaluator) -> bool:
    """Whether a function of a method's body uses the method's own object, or one of its class that was given to it."""
    context: CallContext | None = function.context
    used = free_names(function.node.ir)
    while context is not None and context.function is not None:
        name = context.name_of(me)
        if name:
            return name in used
        given = [param.name for param in context.function.ir.params if param.name in used]
        values = (evaluator.names.lookup(param, EvalState(context)) for param in given)
        if isinstance(me, Object) and any(
            isinstance(option, Object) and option.cls == me.cls for v in values for option in alternatives(v)
        ):
            return True
        context = context.parent
    return False
