"""What a statement binds: the one list of all ways in which Python gives a name a value.

Whoever walks over statements asks here, so that a new construct is taught in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from finlint.model import ir
from finlint.model.source import Span

#: How a target gets its value from a node: it is the expression itself, an element of it, what ``with`` binds, what is
#: declared by it, the target's own value and this one by an operator; a function, a class, one name of an import, the
#: exception that was caught; nothing, as it is deleted.
How = Literal[
    "value", "element", "enter", "annotation", "augments", "function", "class", "import", "exception", "deleted"
]


class Bound(NamedTuple):
    """``target`` (a name, an attribute, a subscript, a display of those) gets what ``how`` says of ``node``."""

    target: ir.Expr
    how: How
    node: object

    @property
    def value(self) -> ir.Expr:
        """The expression that is given, where ``how`` says that it is one."""
        return self.node  # type: ignore[return-value]


def bound_by(stmt: ir.Stmt) -> Iterator[Bound]:
    """What a statement binds in its own scope, without the statements and the expressions in it (``walruses``)."""
    binds = _BINDS.get(type(stmt))
    return iter(()) if binds is None else binds(stmt)


def _assigned(stmt: ir.Assign) -> Iterator[Bound]:
    return (Bound(target, "value", stmt.value) for target in stmt.targets)


def _annotated(stmt: ir.AnnAssign) -> Iterator[Bound]:
    if stmt.value is not None:
        yield Bound(stmt.target, "value", stmt.value)
    yield Bound(stmt.target, "annotation", stmt.annotation)


def _changed(stmt: ir.AugAssign) -> Iterator[Bound]:
    yield Bound(stmt.target, "augments", stmt.value)


def _iterated(stmt: ir.For) -> Iterator[Bound]:
    yield Bound(stmt.target, "element", stmt.iter)


def _entered(stmt: ir.With) -> Iterator[Bound]:
    return (Bound(target, "enter", entered) for entered, target, _ in stmt.items if target is not None)


def _caught(stmt: ir.Try) -> Iterator[Bound]:
    for handler in stmt.handlers:
        if handler.name:
            yield Bound(ir.Name(handler.name, stmt.span), "exception", handler.type)


def _matched(stmt: ir.Match) -> Iterator[Bound]:
    return (bound for case in stmt.cases for bound in bound_by_case(case, stmt.span))


def _function(stmt: ir.FunctionDef) -> Iterator[Bound]:
    yield Bound(ir.Name(stmt.function.name, stmt.function.span), "function", stmt.function)


def _class(stmt: ir.ClassDef) -> Iterator[Bound]:
    yield Bound(ir.Name(stmt.name, stmt.span), "class", stmt)


def _imported(stmt: ir.Import) -> Iterator[Bound]:
    return (Bound(ir.Name(item[1], stmt.span), "import", ir.Import((item,), stmt.span)) for item in stmt.names)


def _imported_from(stmt: ir.ImportFrom) -> Iterator[Bound]:
    for name in stmt.names:
        single = ir.ImportFrom(stmt.module, stmt.level, (name,), stmt.span)
        yield Bound(ir.Name(name[1], stmt.span), "import", single)


def _deleted(stmt: ir.Delete) -> Iterator[Bound]:
    return (Bound(target, "deleted", None) for target in stmt.targets)


#: What each kind of statement binds; those that are left out bind nothing.
_BINDS: dict[type, Callable[[Any], Iterator[Bound]]] = {
    ir.Assign: _assigned,
    ir.AnnAssign: _annotated,
    ir.AugAssign: _changed,
    ir.For: _iterated,
    ir.With: _entered,
    ir.Try: _caught,
    ir.Match: _matched,
    ir.FunctionDef: _function,
    ir.ClassDef: _class,
    ir.Import: _imported,
    ir.ImportFrom: _imported_from,
    ir.Delete: _deleted,
}


def bound_by_case(case: ir.Case, span: Span) -> Iterator[Bound]:
    """What the pattern of one ``case`` binds; ``span`` is the place of its ``match``."""
    for name, value in case.pattern.binds:
        yield Bound(ir.Name(name, span), "value", value)


def target_names(target: ir.Expr) -> list[str]:
    """The names that a target binds."""
    if isinstance(target, ir.Name):
        return [target.id]
    if isinstance(target, ir.Display):
        return [name for item in target.items for name in target_names(item)]
    if isinstance(target, ir.Starred):
        return target_names(target.value)
    return []


def bound_singly(stmt: ir.Stmt) -> Iterator[Bound]:
    """What a statement binds (``bound_by``), each name, attribute and item by itself (``single``)."""
    return (part for bound in bound_by(stmt) for part in single(bound))


def single(bound: Bound) -> Iterator[Bound]:
    """``bound`` for each name, attribute and item in its target. Where displays pair (``a, *b = x, y, z``) each gets
    its own part of the value; elsewhere what is unpacked is an ``element`` of what the whole target gets."""
    target, how, node = bound
    if not isinstance(target, ir.Display):
        yield bound
        return
    values = _paired(target.items, node) if how == "value" and isinstance(node, ir.Display) else None
    for number, item in enumerate(target.items):
        inner = item.value if isinstance(item, ir.Starred) else item
        if values is not None:
            yield from single(Bound(inner, "value", values[number]))
        else:
            yield from single(Bound(inner, how if how == "deleted" else "element", node))


def _paired(targets: tuple[ir.Expr, ...], value: ir.Display) -> list[ir.Expr] | None:
    """What each of several targets gets of a display; None where that is not told."""
    values = list(value.items)
    starred = [number for number, target in enumerate(targets) if isinstance(target, ir.Starred)]
    surplus = len(values) - len(targets)
    if any(isinstance(item, ir.Starred) for item in values) or surplus < -len(starred) or (surplus and not starred):
        return None
    if starred:
        first = starred[0]
        taken = tuple(values[first : first + surplus + 1])
        values[first : first + surplus + 1] = [ir.Display("list", taken, value.span)]
    return values
