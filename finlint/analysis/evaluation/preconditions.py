"""What must be so where a container of an object is not empty: all who put something into it have asserted it.

``if self._waiting: self._request.read()`` reads only what was opened for writing, where ``add()``, which alone puts
something into ``_waiting``, begins with ``assert self._request.mode == "w"``, and nobody changes the mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Class, Const, Object, alternatives
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import PUT
from finlint.analysis.program.leaving import leaves
from finlint.analysis.program.statements import empty_container
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir


def implied(container: ir.Expr, state: EvalState, ask: Queries) -> dict[str, Const]:
    """Attribute paths and what they are, where the attribute ``container`` of a method's own object is not empty."""
    context = state.context
    if not isinstance(container, ir.Attr) or not isinstance(container.value, ir.Name) or not context.params:
        return {}
    me, owner = context.params[0]
    if container.value.id != me or not isinstance(owner, Object) or owner.site != "self":
        return {}
    facts: list[dict[str, Const]] = []
    for cls in ask.classes.mro(owner.cls):
        for method in cls.node.methods_with(container.name) if isinstance(cls, Class) else ():
            first = method.ir.params[0].name if method.ir.params else ""
            for definition in method.index.stores.get((first, container.name), ()):
                if definition.how in PUT:
                    facts.append(dict(_asserted(method, first)))
                elif definition.node != ir.Const(None) and not empty_container(definition.node):
                    return {}
    if not facts:
        return {}
    first_facts, *others = facts
    common = {path: value for path, value in first_facts.items() if all(o.get(path) == value for o in others)}
    return {f"{me}.{path}": value for path, value in common.items() if _stays(path, owner, ask)}


def _asserted(method: FunctionNode, me: str) -> Iterator[tuple[str, Const]]:
    """What the statements at the beginning of a method ask for, without which it ends."""
    for stmt in method.ir.body:
        if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const):
            continue
        if isinstance(stmt, ir.Assert):
            yield from _said(stmt.test, True, me)
        elif isinstance(stmt, ir.If) and not stmt.orelse and leaves(stmt.body, method.module):
            yield from _said(stmt.test, False, me)
        else:
            return


def _said(test: ir.Expr, holds: bool, me: str) -> Iterator[tuple[str, Const]]:
    if isinstance(test, ir.Not):
        yield from _said(test.value, not holds, me)
    elif isinstance(test, ir.Bool) and (test.op == "and") is holds:
        yield from _said(test.left, holds, me)
        yield from _said(test.right, holds, me)
    elif isinstance(test, ir.Compare) and len(test.rest) == 1:
        ((op, right),) = test.rest
        equal = (op in ("Equal", "Is")) if holds else (op in ("NotEqual", "IsNot"))
        path = dotted(test.left)
        if equal and isinstance(right, ir.Const) and path.startswith(f"{me}."):
            yield path[len(me) + 1 :], Const(right.value)


def _stays(path: str, owner: Object, ask: Queries) -> bool:
    """Whether each attribute of the path is what the constructor of its class made it."""
    current = owner
    *through, last = path.split(".")
    for name in through:
        if not ask.own_stores.is_set_in_constructor(current, name):
            return False
        value = ask.attributes.instance_attribute(current, name, EvalState(current.cls.context), None)
        objects = [option for option in alternatives(value) if isinstance(option, Object)]
        if len(objects) != 1:
            return False
        current = objects[0]
    return ask.own_stores.is_set_in_constructor(current, last)
