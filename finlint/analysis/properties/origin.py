"""Where the finalized object has from what its finalizer waits for: made by it and its parts, or given to it.

What an object makes for itself nobody else has, until it gives it away (``ownership``). Where that cannot be shown,
most often nobody has it all the same: a finding about it is less sure than one about a lock that came from outside, and
hardly likely where nobody is seen to get it (``handed_out``).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal

from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, receiver_of
from finlint.analysis.domain.values import Bound, Class, Object, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import PUT, Definition, giving
from finlint.analysis.program.statements import attribute_of, children, last_name, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.belonging import expression_at
from finlint.analysis.properties.custody import is_same, resource
from finlint.analysis.properties.handed_out import Attribute, is_handed_out
from finlint.analysis.properties.ownership import LOCKS, QUEUES, Ownership, handed_over
from finlint.model import ir

#: Last names of what makes a lock or a queue.
_MADE = frozenset(name.rpartition(".")[2] for name in LOCKS | QUEUES)


#: ``made``: by the object and its parts, and nobody else is seen to get it; ``shown``: somebody is; ``outside``: it
#: came from others, who have it; ``unknown``: it is an attribute of something that is called, and it is not known
#: which object is finalized.
Origin = Literal["made", "shown", "outside", "unknown"]


def origin(
    me: Value | None, steps: tuple[Step, ...], evaluator: Evaluator, registration: Registration | None = None
) -> Origin:
    """Where ``me``, the finalized object, has the lock, queue or condition from that the last of ``steps`` leads to.

    It is made where the instance that keeps it has made it, and is ``me`` or is come to by attributes that nobody has
    given to ``me``. It is shown where that instance, or ``me``, hands it or what leads there out (``handed_out``), and
    where parts of ``me`` lead there by what they have not made themselves.

    Without ``me`` it is asked of the object that ``registration`` watches, whose parts a callback is given:
    ``weakref.finalize(self, Part.close, self.part)``.
    """
    last = steps[-1]
    expr = resource(last.context, last.span, evaluator)
    if not isinstance(expr, ir.Attr):
        return "outside"
    if not isinstance(me, Object):
        return _of_watched(expr, steps[0], registration, evaluator) if len(steps) == 1 else "unknown"
    keepers = alternatives(evaluator.expressions.eval(expr.value, EvalState(last.context)))
    ownership = Ownership(evaluator)
    owners = [keeper for keeper in keepers if isinstance(keeper, Object)]
    if len(owners) < len(keepers) or not all(_makes(owner, expr.name, ownership) for owner in owners):
        return "outside"
    made = [Attribute(owner, expr.name) for owner in owners]
    if not all(is_same(owner, me) for owner in owners):
        leading = next((names for step in steps if (names := set(_leading(step, me)))), set())
        if not leading or any(_is_given(me, name, ownership) for name in leading):
            return "outside"
        made += [Attribute(me, name) for name in sorted(leading)]
    if not all(_leads_by_made(step, after, me, ownership) for step, after in itertools.pairwise(steps)):
        return "shown"
    return _made(made, me, [one for step in steps if (one := receiver_of(step.context)) is not None], ownership)


def _leads_by_made(step: Step, after: Step, me: Object, ownership: Ownership) -> bool:
    """Whether a step stays with its object, or goes on to one that a part of ``me`` has made; those of ``me`` itself
    are asked for apart."""
    one, other = receiver_of(step.context), receiver_of(after.context)
    if one is None or other is None:
        return False
    if is_same(one, other) or is_same(one, me):
        return True
    names = set(_leading(step, one))
    return bool(names) and all(_makes_part(one, name, ownership) for name in names)


def _makes_part(owner: Object, name: str, ownership: Ownership) -> bool:
    """Whether the methods of ``owner`` store nothing in that attribute but instances of classes that they make."""
    found = False
    for method in ownership.methods(owner.cls, name):
        state = EvalState(ownership.evaluator.binding.generic_context(method))
        me = method.ir.params[0].name if method.ir.params else ""
        for definition in giving(method.index.stores.get((me, name), ())):
            if definition.node == ir.Const(None):
                continue
            made, found = definition.node, True
            if not isinstance(made, ir.Call):
                return False
            if not isinstance(ownership.evaluator.expressions.eval(made.func, state), Class):
                return False
    return found


def _made(attributes: list[Attribute], me: Object, between: list[Object], ownership: Ownership) -> Origin:
    shown = any(is_handed_out(attribute, me, between, ownership) for attribute in attributes)
    return "shown" if shown else "made"


def _of_watched(expr: ir.Attr, step: Step, registration: Registration | None, evaluator: Evaluator) -> Origin:
    """The origin of what a callback waits for itself, where it is given parts of the object that is watched."""
    function = step.context.function
    if registration is None or registration.call is None or function is None or not isinstance(expr.value, ir.Name):
        return "outside"
    me, call, ownership = registration.obj, registration.call, Ownership(evaluator)
    handed = dict(handed_over(call, function, is_bound=isinstance(registration.callback, Bound)))
    given = handed.get(expr.value.id)
    watched = [arg.value.id for arg in call.args[:1] if isinstance(arg.value, ir.Name)]
    if not isinstance(given, ir.Attr) or not isinstance(given.value, ir.Name) or given.value.id not in watched:
        return "outside"
    if not isinstance(me, Object) or _is_given(me, given.name, ownership):
        return "outside"
    keepers = alternatives(evaluator.expressions.eval(expr.value, EvalState(step.context)))
    owners = [keeper for keeper in keepers if isinstance(keeper, Object)]
    if len(owners) < len(keepers) or not all(_makes(owner, expr.name, ownership) for owner in owners):
        return "outside"
    made = [*(Attribute(owner, expr.name) for owner in owners), Attribute(me, given.name)]
    return _made(made, me, [], ownership)


def _makes(keeper: Object, name: str, ownership: Ownership) -> bool:
    """Whether the methods of ``keeper`` store nothing in that attribute but what they make, a condition of another of
    its locks included: ``threading.Condition(self._lock)``. What is put into a queue is not stored there.

    A queue of ``multiprocessing`` has a thread of its own, which takes the lock too, but has it only around its wait
    for something to send."""
    if ownership.makes(keeper, name):
        return True
    given = (d for d in _stored(keeper, name, ownership) if d.how not in PUT)
    stored = [d.node for d in given if d.node != ir.Const(None)]
    return bool(stored) and all(isinstance(node, ir.Call) and last_name(node.func) in _MADE for node in stored)


def _stored(obj: Object, name: str, ownership: Ownership) -> Iterator[Definition]:
    """What the methods of an object store in one of its attributes."""
    for method in ownership.methods(obj.cls, name):
        if method.ir.params:
            yield from giving(method.index.stores.get((method.ir.params[0].name, name), ()))


def _leading(step: Step, me: Object) -> Iterator[str]:
    """The attributes of ``me`` by which a step goes on to something else; none where it stays with ``me``."""
    function = step.context.function
    own = step.context.name_of(me)
    if function is None or not own:
        return
    expr = expression_at(function.ir.body, step.span)
    called = expr.func if isinstance(expr, ir.Call) else expr
    receiver = called.value if isinstance(called, ir.Attr) else called
    if receiver is None or (isinstance(receiver, ir.Name) and receiver.id == own):
        return
    yield from _attributes(receiver, own, function, frozenset())


def _attributes(expr: ir.Expr, own: str, function: FunctionNode, asked: frozenset[str]) -> Iterator[str]:
    """Attributes of ``own`` that an expression is made of, through local names."""
    for part in parts_of(expr):
        if name := attribute_of(part, own):
            yield name
        elif isinstance(part, ir.Name) and part.id != own and part.id not in asked:
            for definition in function.index.names.get(part.id, ()):
                if isinstance(definition.node, tuple) and definition.how != "annotation":
                    yield from _attributes(definition.node, own, function, asked | {part.id})  # type: ignore[arg-type]


def _is_given(me: Object, name: str, ownership: Ownership) -> bool:
    """Whether a method stores in that attribute what it was given, or none stores anything there."""
    stored = False
    for method in ownership.methods(me.cls, name):
        params = [param.name for param in method.ir.params]
        for definition in giving(method.index.stores.get((params[0], name), ())) if params else ():
            stored = True
            if isinstance(definition.node, tuple) and _may_be_one(definition.node, params):  # type: ignore[arg-type]
                return True
    return not stored


def _may_be_one(expr: ir.Expr, names: list[str]) -> bool:
    """Whether an expression may give what one of ``names`` means: ``pool or Pool()``, ``pool, raw``."""
    if isinstance(expr, (ir.Bool, ir.IfExp, ir.Display, ir.Walrus)):
        return any(_may_be_one(part, names) for part in children(expr))
    return isinstance(expr, ir.Name) and expr.id in names
