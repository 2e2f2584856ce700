"""Along a finalizer's chain: which expressions mean something that the finalized object has to itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.values import Bound, Class, Object, Value
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import only_value
from finlint.analysis.program.statements import expressions_in, flat_statements, inner_blocks, last_name
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.getters import attribute_given
from finlint.analysis.properties.ownership import Ownership, handed_over
from finlint.model import ir
from finlint.model.bindings import bound_by
from finlint.model.outline import stmt_span
from finlint.model.source import Span


class Owned(NamedTuple):
    """The finalized object itself, or what belongs to it. ``path``: the attributes that lead to it; ``obj`` is None for
    a lock or a queue."""

    path: tuple[str, ...]
    obj: Object | None


Names = Mapping[str, Owned]


class Way:
    """The steps of a chain. ``names``: for each step, the names of its function that mean something owned."""

    def __init__(
        self, ownership: Ownership, steps: tuple[Step, ...], me: Value | None, registration: Registration | None
    ) -> None:
        self.ownership = ownership
        self.steps = steps
        self.names: list[Names] = [self._at_first(steps[0].context, me, registration)]
        for step, after in itertools.pairwise(steps):
            self.names.append(self._passed(step, after.context, self.names[-1]))

    def owned(self, expr: ir.Expr, names: Names, context: CallContext, asked: tuple[str, ...] = ()) -> Owned | None:
        """What an expression of ``context`` means, if it belongs to the object. ``asked``: names that led here."""
        if isinstance(expr, ir.Name):
            found = names.get(expr.id)
            if found is not None or context.function is None:
                return found
            # ``part = part.lock`` tells nothing of the first ``part``.
            value = only_value(context.function.index.names.get(expr.id, ())) if expr.id not in asked else None
            return self.owned(value, names, context, (*asked, expr.id)) if isinstance(value, ir.Attr) else None
        attribute = expr.func if isinstance(expr, ir.Call) else expr
        if not isinstance(attribute, ir.Attr):
            return None
        owner = self.owned(attribute.value, names, context, asked)
        if owner is None or owner.obj is None:
            return None
        given = attribute_given(owner.obj.cls, attribute.name, self.ownership.evaluator)
        if not given and attribute is not expr:
            return None
        kept = self.ownership.kept(owner.obj, given or attribute.name)
        return None if kept is None else Owned((*owner.path, kept.name), kept.part)

    def holds(self, number: int, path: tuple[str, ...]) -> bool:
        """Whether the step with that number stands in a ``with`` of what ``path`` leads to."""
        step, names = self.steps[number], self.names[number]

        def is_it(expr: ir.Expr) -> bool:
            found = self.owned(expr, names, step.context)
            return found is not None and found.path == path

        return is_within(step, is_it)

    def _at_first(self, context: CallContext, me: Value | None, registration: Registration | None) -> Names:
        """What belongs to the object among the names of the finalizer's own function."""
        function = context.function
        if function is None:
            return {}
        if isinstance(me, Object):
            return {context.params[0][0]: Owned((), me)} if context.params and context.params[0][1] == me else {}
        return self._handed(function, registration) if registration is not None else {}

    def _handed(self, function: FunctionNode, registration: Registration) -> Names:
        """``weakref.finalize(self, clean_up, self._lock)``, ``weakref.finalize(self, self._part.close)``."""
        call, registering = registration.call, registration.context
        watched = watched_by(registration)
        if call is None or watched is None:
            return {}
        me, owner = watched
        names = {me: Owned((), owner)}
        out: dict[str, Owned] = {}
        for param, expr in handed_over(call, function, is_bound=isinstance(registration.callback, Bound)):
            found = self.owned(expr, names, registering)
            if found is not None and found.path:
                out[param] = found
        return out

    def _passed(self, step: Step, callee: CallContext, names: Names) -> Names:
        """What is owned in the function that a step calls."""
        function = callee.function
        if function is None or step.context.function is None:
            return {}
        if callee.parent is step.context:
            # A function inside: its names are those around it, but for its own.
            return {name: owned for name, owned in names.items() if name not in function.ir.bound}
        receiver = self._receiver(step, names)
        if receiver is None or receiver.obj is None or function.owner is None or not function.ir.params:
            return {}
        order = self.ownership.evaluator.classes.mro(receiver.obj.cls)
        if not any(isinstance(cls, Class) and cls.node is function.owner for cls in order):
            return {}
        return {function.ir.params[0].name: receiver}

    def _receiver(self, step: Step, names: Names) -> Owned | None:
        """On what a step calls a method, enters a ``with``, or asks a property."""
        assert step.context.function is not None
        expr = expression_at(step.context.function.ir.body, step.span)
        if isinstance(expr, ir.Call):
            if not isinstance(expr.func, ir.Attr):
                return None
            expr = expr.func
            if isinstance(expr.value, ir.Call) and last_name(expr.value.func) == "super":
                return names.get(step.context.params[0][0]) if step.context.params else None
        if isinstance(expr, (ir.Attr, ir.Subscript)):
            return self.owned(expr.value, names, step.context)
        return None if expr is None else self.owned(expr, names, step.context)


def watched_by(registration: Registration) -> tuple[str, Object] | None:
    """The object that a registration watches, and what the function that registers calls it:
    ``weakref.finalize(self, ...)``."""
    owner, call = registration.obj, registration.call
    if call is None or not call.args or not isinstance(owner, Object) or registration.context.function is None:
        return None
    name, watched = registration.context.name_of(owner), call.args[0].value
    return (name, owner) if name and isinstance(watched, ir.Name) and watched.id == name else None


def is_within(step: Step, is_it: Callable[[ir.Expr], bool]) -> bool:
    """Whether a step stands in a ``with`` of such an expression, other than that ``with`` itself."""

    def within(block: ir.Block, held: bool) -> bool:
        for stmt in block:
            inside = held
            if isinstance(stmt, ir.With):
                at_it = any(place == step.span for _, _, place in stmt.items)
                if held and at_it:
                    return True
                inside = held or (not at_it and any(is_it(expr) for expr, _, _ in stmt.items))
            elif held and any(getattr(expr, "span", None) == step.span for expr in expressions_in(stmt)):
                return True
            if any(within(inner, inside) for inner in inner_blocks(stmt)):
                return True
        return False

    function = step.context.function
    return function is not None and within(function.ir.body, False)


def expression_at(block: ir.Block, span: Span) -> ir.Expr | None:
    """The expression at ``span``: of a call, a ``with``, an attribute; or what a statement there stores into."""
    for stmt in flat_statements(block):
        if isinstance(stmt, ir.With):
            for expr, _, place in stmt.items:
                if place == span:
                    return expr
        targets = [bound.target for bound in bound_by(stmt) if bound.how in ("value", "augments", "deleted")]
        if len(targets) == 1 and stmt_span(stmt) == span:
            return targets[0]
        for expr in expressions_in(stmt):
            if getattr(expr, "span", None) == span:
                return expr
    return None
