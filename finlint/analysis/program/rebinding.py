"""What a variable means in the end: a closure reads it when it runs, not when it is made."""

from __future__ import annotations

from finlint.analysis.program.definitions import PUT
from finlint.analysis.program.statements import flat_statements, inner_blocks, names_bound
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir

#: Who binds the variable last depends on the way that the function takes.
_DEPENDS = ir.Jump("pass")


def last_binding(name: str, function: FunctionNode, line: int) -> ir.Stmt | None:
    """The statement that binds a variable of ``function`` last, in any case in which ``line`` is run; None where there
    is none such, or the variable is bound only once."""
    definitions = [d for d in function.index.names.get(name, ()) if d.how not in PUT and d.how != "exits"]
    is_parameter = any(param.name == name for param in function.ir.params)
    if len(definitions) + is_parameter < 2:
        return None
    last = _last(name, function.ir.body, line)
    return None if last is _DEPENDS else last


def _last(name: str, block: ir.Block, line: int) -> ir.Stmt | None:
    last: ir.Stmt | None = None
    for number, stmt in enumerate(block):
        if isinstance(stmt, (ir.Return, ir.Raise)) and _line(stmt) > line:
            return last
        if name in names_bound(stmt):
            last = stmt
        inner = [part for part in inner_blocks(stmt) if part]
        if not inner:
            continue
        if _line(stmt) <= line and all(line < _line(after) for after in block[number + 1 : number + 2]):
            # Of its blocks the one that the line stands in.
            begun = [part for part in inner if _line(part[0]) <= line]
            last = (_last(name, begun[-1], line) if begun else None) or last
            if begun and isinstance(begun[-1][-1], (ir.Return, ir.Raise, ir.Jump)):
                # What comes after it is not run on this way.
                return last
        elif any(name in names_bound(deeper) for deeper in flat_statements((stmt,))):
            last = _DEPENDS
    return last


def _line(stmt: ir.Stmt) -> int:
    if isinstance(stmt, ir.FunctionDef):
        return stmt.function.span.line
    span = getattr(stmt, "span", None)
    return span.line if span is not None else 0


def bound_function(stmt: ir.Stmt) -> ir.Function | None:
    return stmt.function if isinstance(stmt, ir.FunctionDef) else None


def bound_value(stmt: ir.Stmt) -> ir.Expr | None:
    """The expression that a plain assignment gives to its one variable."""
    if isinstance(stmt, ir.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ir.Name):
        return stmt.value
    return None
