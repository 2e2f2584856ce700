"""Where the finalized object has from what its finalizer waits for: made by it and its parts, or given to it.

What an object makes for itself nobody else has, until it gives it away (``ownership``). Where that cannot be shown,
most often nobody has it all the same: a finding about it is less sure than one about a lock that came from outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Object, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import Definition, giving
from finlint.analysis.program.statements import last_name, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.belonging import expression_at
from finlint.analysis.properties.custody import is_same, resource
from finlint.analysis.properties.ownership import LOCKS, QUEUES, Ownership
from finlint.model import ir

#: Last names of what makes a lock or a queue.
_MADE = frozenset(name.rpartition(".")[2] for name in LOCKS | QUEUES)


def is_of_its_making(me: Value | None, steps: tuple[Step, ...], evaluator: Evaluator) -> bool:
    """Whether the lock, queue or condition that the last of ``steps`` leads to is made by the instance that keeps it,
    and that is ``me``, the finalized object, or is come to by attributes that nobody has given to ``me``."""
    last = steps[-1]
    expr = resource(last.context, last.span)
    if not isinstance(me, Object) or not isinstance(expr, ir.Attr):
        return False
    keepers = alternatives(evaluator.expressions.eval(expr.value, EvalState(last.context)))
    ownership = Ownership(evaluator)
    if not all(isinstance(keeper, Object) and _makes(keeper, expr.name, ownership) for keeper in keepers):
        return False
    if all(isinstance(keeper, Object) and is_same(keeper, me) for keeper in keepers):
        return True
    for step in steps:
        names = set(_leading(step, me))
        if names:
            return not any(_is_given(me, name, ownership) for name in names)
    return False


def _makes(keeper: Object, name: str, ownership: Ownership) -> bool:
    """Whether the methods of ``keeper`` store nothing in that attribute but what they make, a condition of another of
    its locks included: ``threading.Condition(self._lock)``."""
    if ownership.makes(keeper, name):
        return True
    stored = [d.node for d in _stored(keeper, name, ownership) if d.node != ir.Const(None)]
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
        if isinstance(part, ir.Attr) and isinstance(part.value, ir.Name) and part.value.id == own:
            yield part.name
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
            if isinstance(definition.node, ir.Name) and definition.node.id in params:
                return True
    return not stored
