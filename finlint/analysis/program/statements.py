"""What statements consist of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.source import Span

_Left = TypeVar("_Left", ir.Binary, ir.Bool)


def expressions_in(stmt: ir.Stmt) -> Iterator[ir.Expr]:
    """All expressions that a statement evaluates itself, without the statements in it."""
    for expr in whole_expressions(stmt):
        yield from parts_of(expr)


def whole_expressions(stmt: ir.Stmt) -> list[ir.Expr]:
    """Those of them that are no part of another one."""
    stack: list[ir.Expr] = []
    if isinstance(stmt, ir.Assign):
        # Unpacking into names makes no tuple: the targets' own displays are none.
        stack += [stmt.value, *(t for t in stmt.targets if not isinstance(t, ir.Display))]
    elif isinstance(stmt, (ir.AnnAssign, ir.AugAssign, ir.ExprStmt, ir.Return, ir.Raise)):
        if stmt.value is not None:
            stack.append(stmt.value)
        if isinstance(stmt, ir.Raise) and stmt.cause is not None:
            stack.append(stmt.cause)
    elif isinstance(stmt, (ir.If, ir.While, ir.Assert)):
        stack.append(stmt.test)
    elif isinstance(stmt, ir.For):
        stack.append(stmt.iter)
    elif isinstance(stmt, ir.With):
        stack += [value for value, _, _ in stmt.items]
    elif isinstance(stmt, ir.Match):
        stack += [stmt.subject, *(case.guard for case in stmt.cases if case.guard is not None)]
    return stack


def parts_of(expr: ir.Expr) -> Iterator[ir.Expr]:
    """An expression and all that is evaluated as a part of it, the whole before its parts."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def left_spine(expr: _Left) -> list[_Left]:
    """``a + b``, ``a + b + c``, ... of such an expression, which nests to the left and may have thousands of terms."""
    spine = [expr]
    left = expr.left
    while isinstance(left, type(expr)):
        spine.append(left)
        left = left.left
    return spine[::-1]


def last_name(expr: ir.Expr) -> str:
    """``c`` of ``a.b.c`` and of ``c``, else ""."""
    return expr.name if isinstance(expr, ir.Attr) else expr.id if isinstance(expr, ir.Name) else ""


def call_at(block: ir.Block, span: Span) -> ir.Call | None:
    """The call that stands at ``span`` of a block, or of the blocks in it."""
    return next((call for call in calls_in(block) if call.span == span), None)


def calls_in(block: ir.Block) -> Iterator[ir.Call]:
    """All calls of a block and of the blocks in it, not of the functions in it."""
    exprs = (expr for stmt in flat_statements(block) for expr in expressions_in(stmt))
    return (expr for expr in exprs if isinstance(expr, ir.Call))


def stands_in(block: ir.Block, span: Span) -> bool:
    """Whether an expression of a block, or of the blocks in it, or what a ``with`` there enters stands at ``span``."""
    return any(
        (isinstance(stmt, ir.With) and any(place == span for _, _, place in stmt.items))
        or any(getattr(expr, "span", None) == span for expr in expressions_in(stmt))
        for stmt in flat_statements(block)
    )


def is_super(expr: ir.Expr) -> bool:
    """``super()``"""
    return isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "super"


def given_as(arg: ir.Arg, number: int, params: Sequence[str]) -> str:
    """The name among ``params`` that an argument goes to, the one with that ``number`` in its call; "" for none."""
    return arg.keyword or (params[number] if number < len(params) else "")


def names_bound(stmt: ir.Stmt) -> list[str]:
    """Names that a statement binds in its own scope, not counting the statements inside it."""
    names = [name for bound in bound_by(stmt) if bound.how != "deleted" for name in target_names(bound.target)]
    return names + [walrus.target for walrus in walruses(stmt)]


def walruses(stmt: ir.Stmt) -> Iterator[ir.Walrus]:
    """The names that the expressions of a statement bind, those in comprehensions included."""
    return (expr for expr in expressions_in(stmt) if isinstance(expr, ir.Walrus))


def flat_statements(block: ir.Block) -> Iterator[ir.Stmt]:
    """All statements of a block and of the blocks in it, not entering functions; class bodies are entered
    because a one-line class shares its line with its members."""
    pending = list(reversed(block))
    while pending:
        stmt = pending.pop()
        yield stmt
        inner = list(inner_blocks(stmt))
        if isinstance(stmt, ir.ClassDef):
            inner.append(stmt.body)
        for body in reversed(inner):
            pending.extend(reversed(body))


def inner_blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks of a compound statement, in the order in which they stand."""
    if isinstance(stmt, (ir.If, ir.While, ir.For)):
        return (stmt.body, stmt.orelse)
    if isinstance(stmt, ir.With):
        return (stmt.body,)
    if isinstance(stmt, ir.Try):
        return (stmt.body, *(h.body for h in stmt.handlers), stmt.orelse, stmt.final)
    if isinstance(stmt, ir.Match):
        return tuple(case.body for case in stmt.cases)
    return ()


def leaves(block: ir.Block) -> bool:
    """Whether a block always leaves the function or the loop."""
    last = block[-1]
    return isinstance(last, (ir.Return, ir.Raise)) or (isinstance(last, ir.Jump) and last.kind != "pass")


def children(node: ir.Expr) -> list[ir.Expr]:
    """The expressions that are evaluated as part of ``node``; a lambda's body is not one."""
    if isinstance(node, (ir.Attr, ir.Not, ir.Starred, ir.Await, ir.Walrus, ir.Unary, ir.Narrowed, ir.Positional)):
        return [node.value]
    if isinstance(node, ir.Call):
        return [node.func, *(a.value for a in node.args)]
    if isinstance(node, ir.Display):
        return list(node.items)
    if isinstance(node, ir.DictDisplay):
        return [part for pair in node.items for part in pair if part is not None]
    if isinstance(node, ir.Subscript):
        return [node.value, node.key]
    if isinstance(node, (ir.Bool, ir.Binary)):
        return [node.left, node.right]
    if isinstance(node, ir.Compare):
        return [node.left, *(value for _, value in node.rest)]
    if isinstance(node, ir.IfExp):
        return [node.test, node.body, node.orelse]
    if isinstance(node, ir.Yield):
        return [] if node.value is None else [node.value]
    if isinstance(node, ir.Comprehension):
        out = list(node.elements)
        for clause in node.clauses:
            out.append(clause.iter)
            out.extend(clause.ifs)
        return out
    if isinstance(node, ir.Formatted):
        return [node.value, *node.spec]
    if isinstance(node, (ir.Opaque, ir.Slice, ir.Text)):
        return list(node.parts)
    return []
