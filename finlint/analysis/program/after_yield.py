"""What a generator runs after its ``yield``: when a context manager is left by hand, or when it is closed.

The rest of the body is a function of its own, with the names of the whole: what was bound before the ``yield`` is known
by its definitions. What the managers of a ``with`` around the ``yield``
do when they are left is not followed.
"""

from __future__ import annotations

from finlint.analysis.program.closing import catches_exit
from finlint.analysis.program.statements import expressions_in, flat_statements, inner_blocks
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir


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
        # The way to the ``yield`` is behind it: conditions are not asked, nor managers entered, again.
        inside = [_after(inner, closing) for inner in inner_blocks(stmt)]
        return (*(left for block in inside if block is not None for left in block), *rest)
    return None


def _yields(stmt: ir.Stmt) -> bool:
    return any(isinstance(expr, ir.Yield) for part in flat_statements((stmt,)) for expr in expressions_in(part))
