"""What statements consist of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.source import Span

_Left = TypeVar("_Left", ir.Binary, ir.Bool)


def expressions_in(stmt: ir.Stmt) -> Iterator[ir.Expr]:
    """All expressions that a statement evaluates itself, without the statements in it."""
    for expr in whole_expressions(stmt):
        yield from parts_of(expr)


def whole_expressions(stmt: ir.Stmt) -> list[ir.Expr]:
    """The expressions that a statement evaluates and that are no part of another one, in the order of evaluation.

    The ``places`` that a statement stores into (``self.x`` of ``self.x = 1``) are among them. Names that it only binds
    are not, nor are annotations, which a function does not evaluate.
    """
    own = _EVALUATED.get(type(stmt))
    return [] if own is None else own(stmt)


def places(target: ir.Expr) -> list[ir.Expr]:
    """The attributes and items that a target stores into; names are none, and unpacking makes no tuple."""
    if isinstance(target, ir.Display):
        return [place for item in target.items for place in places(item)]
    if isinstance(target, ir.Starred):
        return places(target.value)
    return [] if isinstance(target, ir.Name) else [target]


def _optional(*exprs: ir.Expr | None) -> list[ir.Expr]:
    return [expr for expr in exprs if expr is not None]


def defaults(function: ir.Function) -> list[ir.Expr]:
    """What a function's parameters are by default, which is evaluated where the function is defined."""
    return _optional(*(param.default for param in function.params))


def _assigned(stmt: ir.Assign) -> list[ir.Expr]:
    return [stmt.value, *(place for target in stmt.targets for place in places(target))]


def _annotated(stmt: ir.AnnAssign) -> list[ir.Expr]:
    stored = places(stmt.target)
    # Without a value nothing is stored.
    return [part for place in stored for part in children(place)] if stmt.value is None else [stmt.value, *stored]


def _managed(stmt: ir.With) -> list[ir.Expr]:
    return [expr for value, target, _ in stmt.items for expr in (value, *([] if target is None else places(target)))]


def _matched(stmt: ir.Match) -> list[ir.Expr]:
    cases = [_optional(*case.pattern.names, case.guard) for case in stmt.cases]
    return [stmt.subject, *(expr for case in cases for expr in case)]


#: What each kind of statement evaluates itself; those that are left out evaluate nothing.
_EVALUATED: dict[type, Callable[[Any], list[ir.Expr]]] = {
    ir.Assign: _assigned,
    ir.AnnAssign: _annotated,
    # It reads what it changes, a name too.
    ir.AugAssign: lambda stmt: [stmt.target, stmt.value],
    ir.ExprStmt: lambda stmt: [stmt.value],
    ir.Return: lambda stmt: _optional(stmt.value),
    ir.Raise: lambda stmt: _optional(stmt.value, stmt.cause),
    ir.Delete: lambda stmt: [place for target in stmt.targets for place in places(target)],
    ir.Assert: lambda stmt: _optional(stmt.test, stmt.message),
    ir.If: lambda stmt: [stmt.test],
    ir.While: lambda stmt: [stmt.test],
    ir.For: lambda stmt: [stmt.iter, *places(stmt.target)],
    ir.With: _managed,
    ir.Try: lambda stmt: _optional(*(handler.type for handler in stmt.handlers)),
    ir.Match: _matched,
    ir.FunctionDef: lambda stmt: [*stmt.function.decorators, *defaults(stmt.function)],
    ir.ClassDef: lambda stmt: [*stmt.decorators, *(arg.value for arg in stmt.bases)],
}


def conditions(stmt: ir.Stmt) -> list[ir.Expr]:
    """The expressions of a statement that it only asks whether they are true."""
    if isinstance(stmt, ir.Match):
        return _optional(*(case.guard for case in stmt.cases))
    return [stmt.test] if isinstance(stmt, (ir.If, ir.While, ir.Assert)) else []


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


def attribute_of(expr: object, owner: str) -> str:
    """``x`` of ``owner.x``; "" for any other expression."""
    own = isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name) and expr.value.id == owner
    return expr.name if own and isinstance(expr, ir.Attr) else ""


def is_in_loop(body: ir.Block, span: Span) -> bool:
    """Whether the call at ``span`` stands in the body of a ``while``."""
    loops = (stmt for stmt in flat_statements(body) if isinstance(stmt, ir.While))
    return any(call_at(stmt.body, span) is not None for stmt in loops)


def call_at(block: ir.Block, span: Span) -> ir.Call | None:
    """The call that stands at ``span`` of a block, or of the blocks in it."""
    return next((call for call in calls_in(block) if call.span == span), None)


def calls_in(block: ir.Block) -> Iterator[ir.Call]:
    """All calls of a block and of the blocks in it, not of the functions in it."""
    return (call for stmt in flat_statements(block) for call in own_calls(stmt))


def own_calls(stmt: ir.Stmt) -> Iterator[ir.Call]:
    """The calls that a statement evaluates itself, without the statements in it."""
    return (expr for expr in expressions_in(stmt) if isinstance(expr, ir.Call))


def stands_in(block: ir.Block, span: Span) -> bool:
    """Whether an expression of a block, or of the blocks in it, or what a ``with`` there enters stands at ``span``."""
    return any(
        (isinstance(stmt, ir.With) and any(place == span for _, _, place in stmt.items))
        or any(getattr(expr, "span", None) == span for expr in expressions_in(stmt))
        for stmt in flat_statements(block)
    )


def is_isinstance(call: ir.Call) -> bool:
    """``isinstance(x, cls)``"""
    return isinstance(call.func, ir.Name) and call.func.id == "isinstance" and len(call.args) == 2


def is_super(expr: ir.Expr) -> bool:
    """``super()``"""
    return isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "super"


#: Containers that are empty where they are called with nothing.
_CONTAINERS = frozenset({"list", "dict", "set", "deque", "OrderedDict", "defaultdict"})


def empty_container(node: object) -> str:
    """The kind of container that an expression makes with nothing in it, ``list`` of ``[]`` and ``list()``; "" for
    other expressions."""
    if isinstance(node, ir.Display):
        return "" if node.items else node.kind
    if isinstance(node, ir.DictDisplay):
        return "" if node.items else "dict"
    name = last_name(node.func) if isinstance(node, ir.Call) and not node.args else ""
    return name if name in _CONTAINERS else ""


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
        for body in reversed(run_blocks(stmt)):
            pending.extend(reversed(body))


def inner_blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks of a compound statement, in the order in which they stand. The body of a class is none: what it binds
    is its own."""
    blocks = _BLOCKS.get(type(stmt))
    return () if blocks is None else blocks(stmt)


def run_blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks that a statement runs: a class runs its body at once."""
    return (stmt.body,) if isinstance(stmt, ir.ClassDef) else inner_blocks(stmt)


_BLOCKS: dict[type, Callable[[Any], tuple[ir.Block, ...]]] = {
    ir.If: lambda stmt: (stmt.body, stmt.orelse),
    ir.While: lambda stmt: (stmt.body, stmt.orelse),
    ir.For: lambda stmt: (stmt.body, stmt.orelse),
    ir.With: lambda stmt: (stmt.body,),
    ir.Try: lambda stmt: (stmt.body, *(handler.body for handler in stmt.handlers), stmt.orelse, stmt.final),
    ir.Match: lambda stmt: tuple(case.body for case in stmt.cases),
}


def children(node: ir.Expr) -> list[ir.Expr]:
    """The expressions that are evaluated as part of ``node``; a lambda's body is not one."""
    parts = _PARTS.get(type(node))
    return [] if parts is None else parts(node)


def _value(node: Any) -> list[ir.Expr]:
    return [node.value]


def _sides(node: Any) -> list[ir.Expr]:
    return [node.left, node.right]


def _parts(node: Any) -> list[ir.Expr]:
    return list(node.parts)


def _of_comprehension(node: ir.Comprehension) -> list[ir.Expr]:
    clauses = [part for clause in node.clauses for part in (clause.iter, *places(clause.target), *clause.ifs)]
    return [*node.elements, *clauses]


#: The parts of each kind of expression; those that are left out have none.
_PARTS: dict[type, Callable[[Any], list[ir.Expr]]] = {
    ir.Attr: _value,
    ir.Call: lambda node: [node.func, *[arg.value for arg in node.args]],
    ir.Lambda: lambda node: defaults(node.function),
    ir.Display: lambda node: list(node.items),
    ir.DictDisplay: lambda node: [part for pair in node.items for part in pair if part is not None],
    ir.Starred: _value,
    ir.Subscript: lambda node: [node.value, node.key],
    ir.Bool: _sides,
    ir.Not: _value,
    ir.Compare: lambda node: [node.left, *[value for _, value in node.rest]],
    ir.Binary: _sides,
    ir.IfExp: lambda node: [node.test, node.body, node.orelse],
    ir.Await: _value,
    ir.Yield: lambda node: _optional(node.value),
    ir.Comprehension: _of_comprehension,
    ir.Walrus: _value,
    ir.Slice: _parts,
    ir.Unary: _value,
    ir.Formatted: lambda node: [node.value, *node.spec],
    ir.Text: _parts,
    ir.Narrowed: _value,
    ir.Positional: _value,
    ir.Opaque: _parts,
}
