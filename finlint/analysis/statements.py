"""What statements consist of."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.nodes import children, flat_statements
from finlint.model import ir
from finlint.model.source import Span


def expressions_in(stmt: ir.Stmt) -> Iterator[ir.Expr]:
    """All expressions that a statement evaluates itself, without the statements in it."""
    stack: list[ir.Expr] = []
    if isinstance(stmt, ir.Assign):
        # Unpacking into names makes no tuple: the targets' own displays are none.
        stack += [stmt.value, *(t for t in stmt.targets if not isinstance(t, ir.Display))]
    elif isinstance(stmt, (ir.AnnAssign, ir.AugAssign, ir.ExprStmt, ir.Return, ir.Raise)):
        if stmt.value is not None:
            stack.append(stmt.value)
    elif isinstance(stmt, (ir.If, ir.While, ir.Assert)):
        stack.append(stmt.test)
    elif isinstance(stmt, ir.For):
        stack.append(stmt.iter)
    elif isinstance(stmt, ir.With):
        stack += [value for value, _, _ in stmt.items]
    elif isinstance(stmt, ir.Match):
        stack.append(stmt.subject)
    for expr in stack:
        yield from parts_of(expr)


def parts_of(expr: ir.Expr) -> Iterator[ir.Expr]:
    """An expression and all that is evaluated as a part of it, the whole before its parts."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def call_at(block: ir.Block, span: Span) -> ir.Call | None:
    """The call that stands at ``span`` of a block, or of the blocks in it."""
    exprs = (expr for stmt in flat_statements(block) for expr in expressions_in(stmt))
    return next((expr for expr in exprs if isinstance(expr, ir.Call) and expr.span == span), None)
