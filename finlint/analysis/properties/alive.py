"""What cannot be waiting for anybody by the time that an object is finalized, because it would keep the object alive.

A finalizer runs when nobody has the object any more. A thread whose target is a method of the object has it until it
ends, so a finalizer that joins it never waits (and never stops it: it does not run before). A lock that only methods
of the object take is held by nobody: whoever held it would be in a method, with the object in its frame.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
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
    is_none,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import free_names
from finlint.analysis.program.definitions import Definition, class_of
from finlint.analysis.program.statements import call_at, expressions_in, flat_statements
from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.analysis.properties.lock_regions import acquired
from finlint.model import ir
from finlint.model.source import Span

_THREADS = frozenset({"threading.Thread", "threading.Timer"})

#: A semaphore may be taken by nobody in particular.
_LOCK = "threading.Lock"


def is_own_lock(me: Value, contexts: list[CallContext], span: Span, evaluator: Evaluator) -> bool:
    """Whether the lock that is acquired at ``span`` of the last of ``contexts`` is one that the object ``me`` has made
    for itself, and has given to nobody. ``contexts`` are those of the chain: none before the last has it."""
    *callers, context = contexts
    expr = acquired(context, span)
    if not (isinstance(me, Object) and isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name)):
        return False
    # By convention nobody else takes an attribute that is called like this.
    if expr.value.id != context.name_of(me) or not expr.name.startswith("_"):
        return False
    if any(_names(caller.function, expr.name) for caller in callers) or _names(context.function, expr.name) != 1:
        return False
    made = False
    for cls in evaluator.classes.mro(me.cls):
        if not isinstance(cls, Class):
            continue
        if expr.name in cls.node.members:
            # All instances share it.
            return False
        for method in _methods_naming(cls.node, expr.name):
            owner = method.ir.params[0].name if method.ir.params else ""
            if any((other, expr.name) in method.index.stores for other in (cls.node.name, class_of(owner))):
                return False
            for definition in method.index.stores.get((owner, expr.name), ()):
                if not _makes(definition, method, evaluator):
                    return False
                made = True
            if method.ir.is_generator or method.ir.is_async or _gives_away(method, expr.name):
                return False
    return made


def _names(function: FunctionNode | None, name: str) -> int:
    """How often a function names an attribute."""
    if function is None:
        return 0
    exprs = (expr for stmt in flat_statements(function.ir.body) for expr in expressions_in(stmt))
    return sum(isinstance(expr, ir.Attr) and expr.name == name for expr in exprs)


def _makes(definition: Definition, method: FunctionNode, evaluator: Evaluator) -> bool:
    """Whether an attribute gets a lock that nobody else has: ``threading.Lock()``."""
    made = definition.node
    if definition.how != "value" or not isinstance(made, ir.Call) or made.args:
        return False
    function = evaluator.expressions.eval(made.func, EvalState(evaluator.binding.generic_context(method)))
    return isinstance(function, Lib) and evaluator.knowledge.canonical(function.name) == _LOCK


def _methods_naming(cls: ClassNode, name: str) -> Iterator[FunctionNode]:
    lines = cls.module.source.lines("words", name)
    for binding in cls.facts.members:
        if binding.kind == "function" and any(binding.line <= line <= binding.end_line for line in lines):
            node = cls.function(binding)
            if node is not None:
                yield node


def _gives_away(method: FunctionNode, name: str) -> bool:
    """Whether a method does anything with the lock but making it, and holding it for the length of a ``with``: what is
    acquired by hand may be left taken. What functions inside it do, they do with the object."""
    for stmt in flat_statements(method.ir.body):
        uses: set[int] = set()
        if isinstance(stmt, ir.With):
            uses.update(id(expr) for expr, _, _ in stmt.items)
        elif isinstance(stmt, ir.Assign) and len(stmt.targets) == 1:
            uses.update(map(id, stmt.targets))
        inner = [stmt.function] if isinstance(stmt, ir.FunctionDef) else []
        for expr in expressions_in(stmt):
            if isinstance(expr, ir.Lambda):
                inner.append(expr.function)
            elif isinstance(expr, ir.Attr) and expr.name == "locked":
                uses.add(id(expr.value))
            elif isinstance(expr, ir.Attr) and expr.name == name and id(expr) not in uses:
                return True
        defaults = [param.default for function in inner for param in function.params]
        if any(isinstance(default, ir.Attr) and default.name == name for default in defaults):
            return True
    return False


def is_own_thread(me: Value, context: CallContext, span: Span, evaluator: Evaluator) -> bool:
    """Whether the thread that is joined at ``span`` of ``context`` has the object ``me`` for as long as it runs."""
    call = call_at(context.function.ir.body, span) if context.function is not None else None
    if call is None or not isinstance(call.func, ir.Attr) or not isinstance(me, Object):
        return False
    options = alternatives(evaluator.expressions.eval(call.func.value, EvalState(context)))
    threads = [option for option in options if not is_none(option)]
    return bool(threads) and all(_has(thread, me, evaluator) for thread in threads)


def _has(thread: Value, me: Object, evaluator: Evaluator) -> bool:
    if isinstance(thread, LibObject):
        given = dict(thread.args)
        return thread.type in _THREADS and any(_holds(given.get(n), me) for n in ("target", "function", "args"))
    if isinstance(thread, Object):
        if "threading.Thread" not in (evaluator.classes.library_base(thread.cls), *_bases(thread, evaluator)):
            return False
        return thread == me or any(_holds(value, me) for value in _kept_by(thread, evaluator))
    return False


def _kept_by(thread: Object, evaluator: Evaluator) -> Iterator[Value]:
    """What an instance keeps of what it was made with."""
    init = evaluator.classes.class_function(thread.cls, "__init__")
    if init is None or not init.node.ir.params:
        return
    for owner, name in init.node.index.stores:
        stored = evaluator.attributes.stored(thread, name) if owner == init.node.ir.params[0].name else None
        if stored is not None:
            yield stored


def _bases(thread: Object, evaluator: Evaluator) -> tuple[str, ...]:
    base = evaluator.classes.library_base(thread.cls)
    return evaluator.knowledge.bases(base) if base else ()


def _holds(value: Value | None, me: Object) -> bool:
    if value is None:
        return False
    for option in alternatives(value):
        if option == me:
            return True
        if isinstance(option, Bound) and option.receiver == me:
            return True
        if isinstance(option, Sequence) and any(_holds(item, me) for item in (*(option.items or ()), option.element)):
            return True
        if isinstance(option, Function) and _encloses(option, me):
            return True
    return False


def _encloses(function: Function, me: Object) -> bool:
    """Whether a function of a method's body uses the method's own object."""
    context: CallContext | None = function.context
    while context is not None and context.function is not None:
        name = context.name_of(me)
        if name:
            return name in free_names(function.node.ir)
        context = context.parent
    return False
