"""How far a generator has been run where a variable that holds it is read, as far as one function tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.program.definitions import Definition
from finlint.analysis.program.statements import attribute_of, expressions_in, flat_statements, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.scan.words import PUTS

_Variable = ir.Name | ir.Attr


class Standing(NamedTuple):
    """``taken``: how many elements were taken out of it before. ``is_left``: nobody reads the variable afterwards, and
    it goes with the function. ``made``: the call that gives it to the variable; None where a caller does."""

    taken: int
    is_left: bool
    made: ir.Call | None


def standing(read: ir.Expr, function: FunctionNode) -> Standing | None:
    """Where the generator stands that ``read``, a variable or an attribute of the function's object, holds.

    None where that cannot be told: it is bound again, read in a loop or by a function inside, or something other than
    ``next`` had it before. What is put into a container is kept there, and not used.
    """
    if not isinstance(read, _Variable) or function.index.inner:
        return None
    given = _given(read, function)
    if given is None:
        return None
    reads = sorted(_reads(read, function), key=lambda found: (found.at.span.line, found.at.span.column))
    position = next((number for number, found in enumerate(reads) if found.at is read), None)
    if position is None or any(found.in_loop for found in reads) or not all(r.by_next for r in reads[:position]):
        return None
    is_left = isinstance(read, ir.Name) and position == len(reads) - 1
    return Standing(position, is_left, given.node if isinstance(given.node, ir.Call) else None)


def _given(read: _Variable, function: FunctionNode) -> Definition | None:
    """The only thing that the variable is given, which no other one is given, too; None where there is no such."""
    index = function.index
    if isinstance(read, ir.Name):
        found = index.names.get(read.id, ())
        if not found:
            is_parameter = any(param.name == read.id for param in function.ir.params)
            return Definition("unknown", None, (), ()) if is_parameter else None
    else:
        owner = read.value.id if isinstance(read.value, ir.Name) else ""
        found = () if owner in index.names else index.stores.get((owner, read.name), ())
    if len(found) != 1 or found[0].how != "value" or found[0].path or not isinstance(found[0].node, ir.Call):
        return None
    everything = (d for table in (index.names, index.stores) for definitions in table.values() for d in definitions)
    return found[0] if sum(d.node is found[0].node for d in everything) == 1 else None


class _Read(NamedTuple):
    at: _Variable
    in_loop: bool
    by_next: bool


def _reads(variable: _Variable, function: FunctionNode) -> Iterator[_Read]:
    looped = {id(inner) for stmt in flat_statements(function.ir.body) for inner in _repeated(stmt)}
    stored = {id(target) for stmt in flat_statements(function.ir.body) for target in getattr(stmt, "targets", ())}
    for stmt in flat_statements(function.ir.body):
        if _keeps(stmt, variable):
            continue
        exprs = list(expressions_in(stmt))
        calls = (expr for expr in exprs if isinstance(expr, ir.Call))
        taken = {id(call.args[0].value) for call in calls if call.args and _is_next(call.func)}
        comprehended = (part for expr in exprs if isinstance(expr, ir.Comprehension) for part in parts_of(expr))
        again = {id(part) for part in comprehended}
        in_loop = id(stmt) in looped or isinstance(stmt, ir.While)
        for expr in exprs:
            if _is_same(expr, variable) and id(expr) not in stored:
                yield _Read(expr, in_loop or id(expr) in again, id(expr) in taken)  # type: ignore[arg-type]


def _repeated(stmt: ir.Stmt) -> Iterator[ir.Stmt]:
    return flat_statements(stmt.body) if isinstance(stmt, (ir.For, ir.While)) else iter(())


def _is_same(expr: ir.Expr, variable: _Variable) -> bool:
    if isinstance(variable, ir.Name):
        return isinstance(expr, ir.Name) and expr.id == variable.id
    return isinstance(variable.value, ir.Name) and attribute_of(expr, variable.value.id) == variable.name


def _is_next(func: ir.Expr) -> bool:
    return isinstance(func, ir.Name) and func.id == "next"


def _keeps(stmt: ir.Stmt, variable: _Variable) -> bool:
    """``kept.append(generator)``"""
    call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr) or call.func.name not in PUTS:
        return False
    return any(_is_same(arg.value, variable) for arg in call.args)
