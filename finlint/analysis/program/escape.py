"""What a function does with a thing: whether it only uses it, or gives it away as well.

Decided by expressions alone. A thing is used by what asks it, calls its methods, takes items out of it or holds it for
a ``with``; it is given away where it is returned, stored, put into something or passed on. A local name for it is the
thing again. What is not understood gives it away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from finlint.analysis.program.statements import (
    calls_in,
    children,
    conditions,
    flat_statements,
    parts_of,
    whole_expressions,
)
from finlint.model import ir
from finlint.model.bindings import bound_singly

#: Builtins that look at what they are given and keep nothing of it.
_LOOKS = frozenset(
    {"bool", "callable", "dict", "getattr", "hasattr", "hash", "id", "isinstance", "issubclass", "len", "list", "max"}
    | {"min", "print", "repr", "set", "setattr", "sorted", "str", "sum", "super", "tuple", "type", "vars", "any", "all"}
)
#: Attributes of any object that lead back to it or to its methods.
_WHOLE = frozenset({"__dict__", "__self__"})


#: Statements whose expressions go on to somebody; all others look at them and let them go.
_HANDS_ON = (ir.Return, ir.Raise, ir.Assert, ir.AugAssign, ir.Match, ir.ClassDef)


def _no(_: str) -> bool:
    return False


class Thing(NamedTuple):
    """What is followed.

    ``is_it`` says which expressions mean it. ``with_owner``: who has one of these expressions has the owner, too (they
    begin with it), so that functions inside may use them; a local name has the thing alone.
    ``bound`` says of an attribute whether it is a method, which refers to the thing where it is not called, and
    ``later`` whether a call of it gives something that runs on: a generator, a coroutine. ``allowed`` are expressions
    that may be given away where they stand. ``by_name``: a local name for it is no other owner. ``lent`` are arguments
    of calls that the thing's own methods call, and do not keep.
    """

    is_it: Callable[[ir.Expr], bool]
    with_owner: bool
    bound: Callable[[str], bool] = _no
    later: Callable[[str], bool] = _no
    allowed: Callable[[ir.Expr], bool] | None = None
    by_name: bool = True
    lent: Callable[[ir.Call, ir.Arg], bool] | None = None


def escapes(function: ir.Function, thing: Thing) -> bool:
    """Whether ``function`` gives the thing to somebody who may have it when the function is over, or beside it."""
    walk = _Walk(function, thing)
    while True:
        known = len(walk.names)
        if walk.block(function.body):
            return True
        if len(walk.names) == known:
            return False


def is_filled_in_order(name: str, function: ir.Function) -> bool:
    """Whether all that is put into a container, a variable of a function's own, is put there by statements that use it
    by that name, so that who runs them in order sees it."""

    def is_it(expr: ir.Expr) -> bool:
        return isinstance(expr, ir.Name) and expr.id == name

    thing = Thing(is_it, with_owner=False, bound=lambda _: True, by_name=False)
    if name not in function.bound or any(param.name == name for param in function.params) or escapes(function, thing):
        return False
    for stmt in flat_statements(function.body):
        if isinstance(stmt, ir.Assign) and len(stmt.targets) > 1 and any(map(is_it, stmt.targets)):
            return False
        for expr in (part for whole in whole_expressions(stmt) for part in parts_of(whole)):
            if isinstance(expr, ir.Walrus) and expr.target == name:
                return False
            if isinstance(expr, ir.Comprehension) and any(map(is_it, parts_of(expr))):
                return False
    return True


class _Walk:
    """One function's body. ``names`` are the local names that the thing has."""

    def __init__(self, function: ir.Function, thing: Thing) -> None:
        self.function = function
        self.thing = thing
        self.names: set[str] = set()

    def block(self, block: ir.Block) -> bool:
        return any(map(self._statement, flat_statements(block)))

    # -- what an expression may be

    def _is_it(self, expr: ir.Expr) -> bool:
        return self.thing.is_it(expr) or (isinstance(expr, ir.Name) and expr.id in self.names)

    def _carries(self, expr: ir.Expr) -> bool:
        """Whether the value of an expression may be the thing, or something that runs on with it."""
        if self._is_it(expr):
            return True
        if isinstance(expr, ir.IfExp):
            return self._carries(expr.body) or self._carries(expr.orelse)
        if isinstance(expr, ir.Bool):
            return self._carries(expr.right) or (expr.op != "and" and self._carries(expr.left))
        if isinstance(expr, (ir.Walrus, ir.Narrowed)):
            return self._carries(expr.value)
        if isinstance(expr, ir.Attr):
            return (expr.name in _WHOLE or self.thing.bound(expr.name)) and self._carries(expr.value)
        if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr):
            return self.thing.later(expr.func.name) and self._carries(expr.func.value)
        return False

    # -- what is done with it

    def _statement(self, stmt: ir.Stmt) -> bool:
        if isinstance(stmt, ir.FunctionDef):
            inner = not self._is_only_lent(stmt.function.name) and self._function(stmt.function)
            return inner or any(map(self._given, whole_expressions(stmt)))
        if isinstance(stmt, ir.Assign):
            return self._assigned(stmt.targets, stmt.value)
        if isinstance(stmt, ir.AnnAssign):
            return stmt.value is not None and self._assigned((stmt.target,), stmt.value)
        if isinstance(stmt, ir.With):
            return any(self._entered(value, target) for value, target, _ in stmt.items)
        if isinstance(stmt, ir.Global):
            return not self.names.isdisjoint(stmt.names)
        targets = [bound.target for bound in bound_singly(stmt)]
        looked_at = [*targets, *conditions(stmt)]
        for expr in whole_expressions(stmt):
            only_used = not isinstance(stmt, _HANDS_ON) or any(expr is other for other in looked_at)
            if self._used(expr) if only_used else self._given(expr):
                return True
        return any(map(self._target, targets))

    def _assigned(self, targets: tuple[ir.Expr, ...], value: ir.Expr) -> bool:
        others = tuple(target for target in targets if not self._is_it(target) or isinstance(target, ir.Name))
        if (self._carries(value) or len(others) < len(targets)) and not self._is_named(others):
            return True
        if len(others) < len(targets) and isinstance(value, ir.Name) and not self._may_have(value.id):
            return True
        return self._used(value) or any(map(self._target, targets))

    def _entered(self, value: ir.Expr, target: ir.Expr | None) -> bool:
        """``with it as x``: what ``__enter__`` gives is the thing itself, most often."""
        if target is not None and self._carries(value) and not self._is_named((target,)):
            return True
        return self._used(value) or (target is not None and self._target(target))

    def _is_named(self, targets: tuple[ir.Expr, ...]) -> bool:
        """Whether all targets are names of the function's own, which the thing has from now on."""
        names = [target.id for target in targets if isinstance(target, ir.Name)]
        return len(names) == len(targets) and self._may_have(*names)

    def _may_have(self, *names: str) -> bool:
        if not self.thing.by_name or not self.function.bound.issuperset(names):
            return False
        self.names.update(names)
        return True

    def _target(self, target: ir.Expr) -> bool:
        """``it.x = ...`` and ``it[k] = ...`` use the thing; as a key it stays in the mapping."""
        if isinstance(target, ir.Subscript):
            return self._used(target.value) or self._given(target.key)
        if isinstance(target, ir.Attr):
            return self._used(target.value)
        return any(map(self._target, children(target))) if not isinstance(target, ir.Name) else False

    def _given(self, expr: ir.Expr) -> bool:
        """An expression whose value goes on to somebody."""
        if self._carries(expr) and not self._is_allowed(expr):
            return True
        return self._used(expr)

    def _is_allowed(self, expr: ir.Expr) -> bool:
        return self.thing.allowed is not None and self.thing.allowed(expr)

    def _used(self, expr: ir.Expr) -> bool:
        """An expression whose value is looked at and let go."""
        if isinstance(expr, ir.Lambda):
            return self._function(expr.function) or any(map(self._given, children(expr)))
        if isinstance(expr, ir.Call):
            return self._call(expr)
        if isinstance(expr, ir.Walrus) and self._carries(expr.value) and not self._may_have(expr.target):
            return True
        if isinstance(expr, (ir.Display, ir.DictDisplay)):
            return any(map(self._given, children(expr)))
        if isinstance(expr, ir.Yield) and expr.value is not None and not expr.delegates:
            return self._given(expr.value)
        if isinstance(expr, ir.Comprehension):
            looks = (part for clause in expr.clauses for part in (clause.iter, *clause.ifs))
            return any(map(self._given, expr.elements)) or any(map(self._used, looks))
        return any(map(self._used, children(expr)))

    def _call(self, call: ir.Call) -> bool:
        if isinstance(call.func, ir.Name):
            passed = self._used if call.func.id in _LOOKS else self._given
            return any(passed(arg.value) for arg in call.args)
        if self._used(call.func.value if isinstance(call.func, ir.Attr) else call.func):
            return True
        return any(self._given(arg.value) for arg in call.args if not self._is_lent(call, arg))

    def _is_lent(self, call: ir.Call, arg: ir.Arg) -> bool:
        """``self.run(lambda: ...)``: whether the method calls what it is given, and nobody has it later."""
        return (
            isinstance(arg.value, (ir.Lambda, ir.Name)) and self.thing.lent is not None and self.thing.lent(call, arg)
        )

    def _is_only_lent(self, name: str) -> bool:
        """Whether a function inside this one is used for nothing else than to be called, or lent."""
        if self.thing.lent is None:
            return False
        uses = sum(isinstance(part, ir.Name) and part.id == name for part in names_in(self.function))
        fine = 0
        for call in calls_in(self.function.body):
            fine += isinstance(call.func, ir.Name) and call.func.id == name
            given = (arg for arg in call.args if isinstance(arg.value, ir.Name) and arg.value.id == name)
            fine += sum(self._is_lent(call, arg) for arg in given)
        return 0 < uses == fine

    def _function(self, function: ir.Function) -> bool:
        """A function inside this one: it is called by whoever has it."""
        parts = list(names_in(function))
        if any(isinstance(part, ir.Name) and part.id in self.names for part in parts):
            return True
        return escapes(function, self.thing) if self.thing.with_owner else any(map(self.thing.is_it, parts))


def names_in(function: ir.Function) -> Iterator[ir.Name | ir.Attr]:
    """All names and attributes in a function and in those inside it."""
    pending: list[object] = [function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, (ir.Name, ir.Attr)):
            yield node
        if isinstance(node, tuple):
            pending.extend(node)
