"""Who can be inside a lock or a queue when a finalizer comes to it: on its own thread, or on another.

One question, which every rule about waiting for a lock and about handing work over asks. A finalizer runs when nobody
has the object any more. What the object has made for itself and given to nobody, and what its parts have, only it uses
(``ownership``): so nobody is inside. The same holds for what belongs to a part that refers back to the object. What
matters is where a value escapes to, not how it is called.

Everything else may be held. It deadlocks where somebody holds it while a finalizer can start on his thread: where he
allocates, drops references or calls out (``lock_regions``). Without such a place it is a wait for another thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, LibObject, Object, Sequence, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import giving
from finlint.analysis.program.leaving import leaves
from finlint.analysis.program.statements import call_at, inner_blocks, last_name, stands_in
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.belonging import Way, is_within
from finlint.analysis.properties.lock_regions import Holder, Regions, acquired, holders, is_momentary, regions_of
from finlint.analysis.properties.ownership import QUEUES, Ownership
from finlint.model import ir
from finlint.model.source import Span


class Custody(NamedTuple):
    """``own``: nobody can be inside. ``holders``: places that hold it while a finalizer can start there, those of its
    own class first, then the likely ones; none where nothing is known of it (``known`` is False)."""

    own: bool
    known: bool
    holders: tuple[Holder, ...]
    #: The thread that has it does not take it again: a lock that is made reentrant by hand.
    reentrant: bool = False
    #: Whoever has it gives it back after a few statements that call nothing.
    momentary: bool = False


def custody(
    me: Value | None,
    steps: tuple[Step, ...],
    evaluator: Evaluator,
    callback: FunctionNode | None,
    registration: Registration | None = None,
) -> Custody:
    """Who can be inside what the last of ``steps``, those of a finalizer's chain, waits for. ``me``: the object that is
    finalized, where it is its own method that runs; ``callback`` is what the finalizer runs, and ``registration`` what
    registered it."""
    if not steps:
        return Custody(own=False, known=False, holders=())
    if is_own(me, steps, evaluator, registration):
        return Custody(own=True, known=True, holders=())
    if any(map(_asks_for_its_thread, steps)):
        return Custody(own=False, known=True, holders=(), reentrant=True)
    found: tuple[Holder, ...] = ()
    asked: list[Regions | None] = []
    for step in reversed(steps):
        held = regions_of(step.context, step.span, evaluator)
        asked.append(held)
        found = holders(held, callback, step.span) if held is not None else ()
        function = step.context.function
        # A lock of the project's own: who enters it holds what it acquires then.
        if found or function is None or function.name not in ("__enter__", "acquire"):
            break
    known = asked[-1] is not None
    last = asked[0]
    momentary = known and not found and last is not None and is_momentary(last, callback)
    return Custody(own=False, known=known, holders=found, momentary=momentary)


def is_own(
    me: Value | None,
    steps: tuple[Step, ...],
    evaluator: Evaluator,
    registration: Registration | None = None,
    calls_only: frozenset[str] = QUEUES,
) -> bool:
    """Whether nobody can be inside what the last step waits for, because he would have the object ``me``, or the one
    that ``registration`` watches. ``calls_only``: what is locked for the length of a call only."""
    functions = (step.context.function for step in steps)
    ownership = Ownership(evaluator, tuple(function for function in functions if function is not None), calls_only)
    way = Way(ownership, steps, me, registration)
    lock = resource(steps[-1].context, steps[-1].span, evaluator)
    last = way.names[-1]
    found = way.owned(lock, last, steps[-1].context) if lock is not None else None
    if found is not None:
        # Unless the finalizer has taken it already.
        return found.obj is None and not any(way.holds(number, found.path) for number in range(len(steps)))
    if not isinstance(me, Object) or not isinstance(lock, ir.Attr):
        return False
    receiver = evaluator.expressions.eval(lock.value, EvalState(steps[-1].context))
    options = [option for option in alternatives(receiver) if isinstance(option, Object)]
    if len(options) != 1 or any(is_within(step, lambda expr: last_name(expr) == lock.name) for step in steps):
        return False
    keeper = options[0]
    has_it = is_same(keeper, me) or _keeps_alive(keeper, me, ownership)
    return has_it and ownership.kept(keeper, lock.name) is not None


def _asks_for_its_thread(step: Step) -> bool:
    """Whether the step is come to only where the thread is not the one that has the lock:
    ``if self.owner == threading.get_ident(): return``."""
    function = step.context.function
    if function is None:
        return False

    def within(block: ir.Block) -> bool:
        for number, stmt in enumerate(block):
            if not isinstance(stmt, ir.If):
                if any(within(inner) for inner in inner_blocks(stmt)):
                    return True
                continue
            same = _compares_threads(stmt.test, function)
            if same is True and (stands_in(stmt.orelse, step.span) or stands_in(block[number + 1 :], step.span)):
                return leaves(stmt.body, function.module) or stands_in(stmt.orelse, step.span)
            if same is False and stands_in(stmt.body, step.span):
                return True
            if within(stmt.body) or within(stmt.orelse):
                return True
        return False

    return within(function.ir.body)


def _compares_threads(test: ir.Expr, function: FunctionNode) -> bool | None:
    """True for a condition that holds on the thread that has the lock, False for one that does on others; None for
    any other condition."""
    if not isinstance(test, ir.Compare) or len(test.rest) != 1:
        return None
    ((op, right),) = test.rest
    if op not in ("Equal", "NotEqual", "Is", "IsNot"):
        return None
    sides = [side for side in (test.left, right) if _is_thread(side, function)]
    return op in ("Equal", "Is") if len(sides) == 1 else None


def _is_thread(expr: ir.Expr, function: FunctionNode) -> bool:
    if isinstance(expr, ir.Name):
        definitions = giving(function.index.names.get(expr.id, ()))
        return (
            len(definitions) == 1
            and isinstance(definitions[0].node, ir.Call)
            and _is_thread(definitions[0].node, function)
        )
    if isinstance(expr, ir.Attr) and expr.name in ("ident", "native_id"):
        expr = expr.value
    if not isinstance(expr, ir.Call) or expr.args:
        return False
    return last_name(expr.func) in ("get_ident", "current_thread", "get_native_id", "current_task")


def resource(context: CallContext, span: Span, evaluator: Evaluator) -> ir.Expr | None:
    """The expression of the lock that is acquired at ``span``, or of the queue whose method is called there; the queue
    of ``queue.mutex``, too, which who calls its methods has for the length of a call."""
    lock = acquired(context, span)
    if isinstance(lock, ir.Attr):
        queues = evaluator.expressions.but_none(lock.value, context)
        inside = queues and all(isinstance(option, LibObject) and option.type in QUEUES for option in queues)
        return lock.value if inside else lock
    if lock is not None or context.function is None:
        return lock
    call = call_at(context.function.ir.body, span)
    return call.func.value if call is not None and isinstance(call.func, ir.Attr) else None


def is_same(one: Object, other: Object) -> bool:
    """Whether two values mean one object, as far as is known."""
    return one == other or (one.cls == other.cls and one.site == other.site == "self")


def has_with_it(owner: Object, me: Object, ownership: Ownership) -> bool:
    """Whether who has ``owner`` has ``me``: it is the same, refers to it, or was made with it by a constructor that
    passes all on, and keeps something of its class."""
    if is_same(owner, me) or _keeps_alive(owner, me, ownership):
        return True
    family = ownership.evaluator.classes.mro(me.cls)
    if not any(_refers(value, me) for _, value in owner.args):
        return False
    stored = _stored_by(Object(owner.cls, (), "self"), ownership)
    kept = (option for value in stored for option in alternatives(value))
    return any(isinstance(option, Object) and option.cls in family for option in kept)


def _keeps_alive(part: Object, me: Object, ownership: Ownership) -> bool:
    """Whether whoever runs a method of ``part`` keeps ``me`` alive: the part refers to it."""
    return any(_refers(stored, me) for stored in _stored_by(part, ownership))


def _stored_by(part: Object, ownership: Ownership) -> Iterator[Value]:
    """What the methods of ``part`` store in it."""
    for method in ownership.methods(part.cls):
        own = method.ir.params[0].name if method.ir.params else None
        for owner, name in method.index.stores:
            stored = ownership.evaluator.own_stores.of_instance(part, name) if owner == own else None
            if stored is not None:
                yield stored


def _refers(value: Value, me: Object) -> bool:
    """Whether a value is ``me``, one of its methods, or holds one of them."""
    for option in alternatives(value):
        if isinstance(option, Object) and is_same(option, me):
            return True
        if isinstance(option, Bound) and isinstance(option.receiver, Object) and is_same(option.receiver, me):
            return True
        if isinstance(option, Sequence) and any(_refers(item, me) for item in (*(option.items or ()), option.element)):
            return True
    return False
