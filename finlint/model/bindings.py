"""What a statement binds: the one list of all ways in which Python gives a name a value.

Whoever walks over statements asks here, so that a new construct is taught in one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

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


def bound_by(stmt: ir.Stmt) -> Iterator[Bound]:
    """What a statement binds in its own scope, without the statements and the expressions in it (``walruses``)."""
    if isinstance(stmt, ir.Assign):
        for target in stmt.targets:
            yield Bound(target, "value", stmt.value)
    elif isinstance(stmt, ir.AnnAssign):
        if stmt.value is not None:
            yield Bound(stmt.target, "value", stmt.value)
        yield Bound(stmt.target, "annotation", stmt.annotation)
    elif isinstance(stmt, ir.AugAssign):
        yield Bound(stmt.target, "augments", stmt.value)
    elif isinstance(stmt, ir.For):
        yield Bound(stmt.target, "element", stmt.iter)
    elif isinstance(stmt, ir.With):
        for entered, bound, _ in stmt.items:
            if bound is not None:
                yield Bound(bound, "enter", entered)
    elif isinstance(stmt, ir.Try):
        for handler in stmt.handlers:
            if handler.name:
                yield Bound(ir.Name(handler.name, stmt.span), "exception", handler.type)
    elif isinstance(stmt, ir.Match):
        for case in stmt.cases:
            yield from bound_by_case(case, stmt.span)
    elif isinstance(stmt, ir.FunctionDef):
        yield Bound(ir.Name(stmt.function.name, stmt.function.span), "function", stmt.function)
    elif isinstance(stmt, ir.ClassDef):
        yield Bound(ir.Name(stmt.name, stmt.span), "class", stmt)
    elif isinstance(stmt, ir.Import):
        for item in stmt.names:
            yield Bound(ir.Name(item[1], stmt.span), "import", ir.Import((item,), stmt.span))
    elif isinstance(stmt, ir.ImportFrom):
        for name in stmt.names:
            single = ir.ImportFrom(stmt.module, stmt.level, (name,), stmt.span)
            yield Bound(ir.Name(name[1], stmt.span), "import", single)
    elif isinstance(stmt, ir.Delete):
        for target in stmt.targets:
            yield Bound(target, "deleted", None)


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
