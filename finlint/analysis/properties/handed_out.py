"""Who is seen to have what an object, or one of its parts, has made: the other way round than ``ownership`` asks.

That nobody has it can often not be shown, and then most often nobody has it all the same (``docs/accuracy.md``). So a
finding about it needs somebody who does: a thread that has it and not the object, a container or an object of others, a
caller whom a method gives it to, or a generator that is left while it holds the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Function, Lib, LibMethod, Object, Sequence, Value, alternatives
from finlint.analysis.program.escape import Thing, escapes
from finlint.analysis.program.statements import calls_in, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.alive import holds, is_thread
from finlint.analysis.properties.ownership import Ownership
from finlint.model import ir
from finlint.scan.words import PUTS, PUTS_ALL

#: What runs what it is given on another thread.
_STARTS = frozenset(
    {
        "threading.Thread",
        "threading.Timer",
        "multiprocessing.pool.ThreadPool",
        "concurrent.futures.ThreadPoolExecutor.submit",
        "concurrent.futures.ThreadPoolExecutor.map",
        "concurrent.futures.Executor.submit",
        "concurrent.futures.Executor.map",
        "_thread.start_new_thread",
    }
)
#: Methods that keep what they are given.
_KEEP = frozenset({*PUTS, *PUTS_ALL, "register"})


class Attribute(NamedTuple):
    """What ``owner`` holds as ``name``."""

    owner: Object
    name: str


def is_handed_out(attribute: Attribute, me: Object, between: Iterable[Object], ownership: Ownership) -> bool:
    """Whether somebody who need not have ``me`` is seen to get what ``attribute`` holds. ``between``: the objects whose
    methods lead from ``me`` to its owner."""
    if ownership.is_left_taken(attribute.owner, attribute.name):
        return True
    own = list(ownership.methods(attribute.owner.cls, attribute.name))
    if any(_shows(method, attribute, ownership) for method in own):
        return True
    others = ownership.evaluator.external_stores.reading_of(attribute.owner, attribute.name)
    if any(_shows(node, attribute, ownership) for node in others if node not in own):
        return True
    classes = dict.fromkeys(obj.cls for obj in (attribute.owner, me, *between))
    if any(is_thread(cls, ownership.evaluator) for cls in classes if cls != me.cls):
        return True
    methods = (method for cls in classes for method in ownership.methods(cls))
    return any(_is_on_thread(method, attribute, me, ownership) for method in methods)


def _shows(function: FunctionNode, attribute: Attribute, ownership: Ownership) -> bool:
    """Whether a function returns it, or stores it where others find it; passing it on is no reason."""
    passed = set(_passed(function))
    thing = Thing(
        lambda expr: (
            isinstance(expr, ir.Attr)
            and expr.name == attribute.name
            and _may_be(expr.value, function, attribute.owner, ownership)
        ),
        with_owner=True,
        allowed=lambda expr: id(expr) in passed,
    )
    return escapes(function.ir, thing)


def _passed(function: FunctionNode) -> Iterator[int]:
    """Arguments of calls that are not known to keep them: all but ``TABLE.append(...)`` of something of others."""
    me = function.ir.params[0].name if function.ir.params and function.owner is not None else ""
    for call in calls_in(function.ir.body):
        keeps = isinstance(call.func, ir.Attr) and call.func.name in _KEEP and not _begins_with(call.func, me)
        if not keeps:
            yield from (id(part) for arg in call.args for part in parts_of(arg.value))


def _begins_with(expr: ir.Expr, name: str) -> bool:
    return any(isinstance(part, ir.Name) and part.id == name for part in parts_of(expr))


def _may_be(expr: ir.Expr, function: FunctionNode, owner: Object, ownership: Ownership) -> bool:
    """Whether an expression of a function may mean ``owner``, or one of its class's heirs."""
    if function.ir.params and isinstance(expr, ir.Name) and expr.id == function.ir.params[0].name and function.owner:
        return True
    mro = ownership.evaluator.classes.mro
    return any(
        isinstance(option, Object) and (owner.cls in mro(option.cls) or option.cls in mro(owner.cls))
        for option in alternatives(_eval(expr, function, ownership))
    )


def _is_on_thread(function: FunctionNode, attribute: Attribute, me: Object, ownership: Ownership) -> bool:
    """Whether a function gives it, or its owner, to a thread that does not have ``me``."""
    for call in calls_in(function.ir.body):
        if not call.args or not _starts(_eval(call.func, function, ownership), ownership):
            continue
        values = [_eval(arg.value, function, ownership) for arg in call.args]
        if any(holds(value, me, ownership.evaluator) or _has(value, me) for value in values):
            continue
        named = (part for arg in call.args for part in parts_of(arg.value) if isinstance(part, ir.Attr))
        if any(part.name == attribute.name for part in named) or any(_has(v, attribute.owner) for v in values):
            return True
    return False


def _starts(called: Value, ownership: Ownership) -> bool:
    for option in alternatives(called):
        if isinstance(option, (Lib, LibMethod)) and ownership.evaluator.knowledge.canonical(option.name) in _STARTS:
            return True
        if isinstance(option, Class) and is_thread(option, ownership.evaluator):
            return True
        if isinstance(option, Function) and _starts_threads(option.node, ownership):
            return True
    return False


def _starts_threads(function: FunctionNode, ownership: Ownership) -> bool:
    """Whether a function starts a thread itself: ``spawn(work, args=(queue,))``."""
    return any(
        isinstance(option, Lib) and ownership.evaluator.knowledge.canonical(option.name) in _STARTS
        for call in calls_in(function.ir.body)
        for option in alternatives(_eval(call.func, function, ownership))
    )


def _has(value: Value, owner: Object) -> bool:
    """Whether a value is, or holds, an object of the class, or one of its methods."""
    for option in alternatives(value):
        items = (*(option.items or ()), option.element) if isinstance(option, Sequence) else ()
        if any(_has(item, owner) for item in items):
            return True
        obj = option.receiver if isinstance(option, Bound) else option
        if isinstance(obj, Object) and obj.cls == owner.cls:
            return True
    return False


def _eval(expr: ir.Expr, function: FunctionNode, ownership: Ownership) -> Value:
    evaluator = ownership.evaluator
    return evaluator.expressions.eval(expr, EvalState(evaluator.binding.generic_context(function)))
