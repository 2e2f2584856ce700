"""What a generator runs up to its first ``yield``, and what after it: when a context manager is left by hand, or when
it is closed.

The rest of the body is a function of its own, with the names of the whole: what was bound before the ``yield`` is known
by its definitions.
"""

from __future__ import annotations

from finlint.analysis.program.closing import catches_exit
from finlint.analysis.program.statements import expressions_in, flat_statements, inner_blocks
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.scan.words import PUTS


def resumed(generator: FunctionNode, *, closing: bool) -> FunctionNode:
    """What is left of the body after the first ``yield``. ``closing``: only what runs on ``GeneratorExit``."""
    # Beside the functions of the module, by an identity that no ``def`` has.
    key = id(generator.ir), "<closed>" if closing else "<resumed>"
    known = generator.module.functions_by_line.get(key)
    if known is None:
        rest = _after(generator.ir.body, closing) or ()
        known = generator.part(rest)
        generator.module.functions_by_line[key] = known
    return known


def until_first_yield(generator: FunctionNode) -> FunctionNode:
    """What runs of the body until something is yielded, and what is run when the generator is dropped there."""
    key = id(generator.ir), "<begun>"
    known = generator.module.functions_by_line.get(key)
    if known is None:
        known = generator.part(_until(generator.ir.body)[0])
        generator.module.functions_by_line[key] = known
    return known


def _until(block: ir.Block) -> tuple[ir.Block, bool]:
    """The statements up to the first ``yield``, and whether one is certainly come to."""
    out: list[ir.Stmt] = []
    for stmt in block:
        if not _yields(stmt):
            out.append(stmt)
            continue
        surely = True
        if isinstance(stmt, ir.With):
            body, surely = _until(stmt.body)
            stmt = stmt._replace(body=body)
        elif isinstance(stmt, ir.Try):
            body, surely = _until(stmt.body)
            stmt = stmt._replace(body=body, orelse=() if surely else stmt.orelse)
        elif isinstance(stmt, ir.If):
            (body, one), (orelse, other) = _until(stmt.body), _until(stmt.orelse)
            stmt, surely = stmt._replace(body=body, orelse=orelse), one and other
        elif isinstance(stmt, (ir.For, ir.While)):
            body, inside = _until(stmt.body)
            endless = isinstance(stmt, ir.While) and isinstance(stmt.test, ir.Const) and bool(stmt.test.value)
            stmt, surely = stmt._replace(body=body), inside and endless
        elif not isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.AugAssign, ir.ExprStmt, ir.Return)):
            surely = False
        out.append(stmt)
        if surely:
            return tuple(out), True
    return tuple(out), False


def is_used_once(name: str, function: FunctionNode) -> bool:
    """Whether a local variable is bound once and read once, and that in no loop and no inner function; what is put into
    a container is kept, and not used."""
    if len(function.index.names.get(name, ())) != 1 or function.index.inner:
        return False
    looped = {
        id(inner)
        for stmt in flat_statements(function.ir.body)
        if isinstance(stmt, (ir.For, ir.While))
        for inner in flat_statements(stmt.body)
    }
    reads = [
        id(stmt)
        for stmt in flat_statements(function.ir.body)
        for expr in expressions_in(stmt)
        if isinstance(expr, ir.Name) and expr.id == name and not _keeps(stmt)
    ]
    return len(reads) == 1 and reads[0] not in looped


def _keeps(stmt: ir.Stmt) -> bool:
    """``kept.append(generator)``"""
    call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
    return isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and call.func.name in PUTS


def _after(block: ir.Block, closing: bool) -> ir.Block | None:
    """The statements that are still to be run; None where the block has no ``yield``."""
    for number, stmt in enumerate(block):
        if not _yields(stmt):
            continue
        rest = () if closing else block[number + 1 :]
        if isinstance(stmt, ir.Try):
            inner = _after(stmt.body, closing)
            if inner is None:
                return (*stmt.final, *rest)
            handlers = tuple(h for h in stmt.handlers if catches_exit(h)) if closing else stmt.handlers
            orelse = () if closing else stmt.orelse
            if not inner and not closing:
                # Nothing is left that could raise.
                handlers = ()
            return (ir.Try(inner, handlers, orelse, stmt.final, stmt.span), *rest)
        if isinstance(stmt, ir.With):
            inner = _after(stmt.body, closing)
            return (stmt._replace(body=inner, is_left=True), *rest) if inner is not None else rest
        # The way to the ``yield`` is behind it: conditions are not asked, nor managers entered, again.
        inside = [_after(inner, closing) for inner in inner_blocks(stmt)]
        return (*(left for block in inside if block is not None for left in block), *rest)
    return None


def _yields(stmt: ir.Stmt) -> bool:
    return any(isinstance(expr, ir.Yield) for part in flat_statements((stmt,)) for expr in expressions_in(part))
