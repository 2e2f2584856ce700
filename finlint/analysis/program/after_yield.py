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
from finlint.model.record import replaced


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


def until_yield(generator: FunctionNode, number: int, *, is_left: bool) -> FunctionNode:
    """What runs of the body until as many elements were taken. ``is_left``: and what is run when the generator is
    dropped there."""
    key = id(generator.ir), f"<until {number}{' and left' if is_left else ''}>"
    known = generator.module.functions_by_line.get(key)
    if known is None:
        known = generator.part(_until(generator.ir.body, number, is_left)[0])
        generator.module.functions_by_line[key] = known
    return known


def _until(block: ir.Block, number: int, is_left: bool) -> tuple[ir.Block, int]:
    """The statements up to a ``yield``, and how many of those are certainly come to."""
    out: list[ir.Stmt] = []
    taken = 0
    for stmt in block:
        if taken >= number:
            break
        part, more = _part_until(stmt, number - taken, is_left) if _yields(stmt) else (stmt, 0)
        out.append(part)
        taken += more
    return tuple(out), taken


def _part_until(stmt: ir.Stmt, number: int, is_left: bool) -> tuple[ir.Stmt, int]:
    if isinstance(stmt, ir.With):
        body, taken = _until(stmt.body, number, is_left)
        return replaced(stmt, body=body), taken
    if isinstance(stmt, ir.Try):
        body, taken = _until(stmt.body, number, is_left)
        if taken < number:
            return replaced(stmt, body=body), taken
        return replaced(stmt, body=body, orelse=(), final=stmt.final if is_left else ()), taken
    if isinstance(stmt, ir.If):
        (body, one), (orelse, other) = (_until(block, number, is_left) for block in (stmt.body, stmt.orelse))
        return replaced(stmt, body=body, orelse=orelse), min(one, other)
    if isinstance(stmt, (ir.For, ir.While)):
        # With more to be taken another round may begin, which runs the rest of this one.
        body, inside = (
            _until(stmt.body, number, is_left) if number == 1 else (stmt.body, _until(stmt.body, 1, False)[1])
        )
        endless = isinstance(stmt, ir.While) and isinstance(stmt.test, ir.Const) and bool(stmt.test.value)
        ends = any(isinstance(inner, ir.Jump) and inner.kind == "break" for inner in flat_statements(stmt.body))
        return replaced(stmt, body=body), number if inside and endless and not ends else 0
    simple = isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.AugAssign, ir.ExprStmt, ir.Return))
    return stmt, sum(isinstance(expr, ir.Yield) for expr in expressions_in(stmt)) if simple else 0


def first_yielded(generator: FunctionNode, wanted: bool) -> int | None:
    """How many elements a generator gives until a constant comes that is true (or false, as ``wanted`` says), where
    all until then are constants that its body itself gives; None where it is not so."""
    taken = 0
    for stmt in generator.ir.body:
        if not _yields(stmt):
            continue
        given = stmt.value if isinstance(stmt, ir.ExprStmt) else None
        if not isinstance(given, ir.Yield) or given.delegates or not isinstance(given.value, (ir.Const, type(None))):
            return None
        taken += 1
        if bool(given.value is not None and given.value.value) is wanted:
            return taken
    return None


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
            return (replaced(stmt, body=inner, is_left=True), *rest) if inner is not None else rest
        # The way to the ``yield`` is behind it: conditions are not asked, nor managers entered, again.
        inside = [_after(inner, closing) for inner in inner_blocks(stmt)]
        return (*(left for block in inside if block is not None for left in block), *rest)
    return None


def _yields(stmt: ir.Stmt) -> bool:
    return any(isinstance(expr, ir.Yield) for part in flat_statements((stmt,)) for expr in expressions_in(part))
