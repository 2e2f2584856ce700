"""What a generator runs when it is freed unfinished: ``GeneratorExit`` is raised where it stands.

Each ``yield`` within a ``try`` or a ``with`` gives one clean-up: the clauses that catch ``GeneratorExit``, the
``finally``, the exits of the managers, from the inside out. Each is a function of its own with the names of the whole,
because only one of them runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.program.statements import expressions_in, flat_statements, inner_blocks, last_name
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.record import replaced
from finlint.model.source import Span
from finlint.scan.abandoned import TRANSPARENT

#: What catches ``GeneratorExit``, beside a bare ``except``.
_CATCHES = frozenset({"BaseException", "GeneratorExit"})

#: Functions that take all that an iterator gives, so that it ends before they do.
_EXHAUSTS = frozenset(
    {"all", "any", "bytes", "closing", "deque", "dict", "frozenset", "join", "list", "max", "min"}
    | {"set", "sorted", "sum", "tuple"}
    | {"Counter", "OrderedDict", "executemany", "extend", "extendleft", "fsum", "reduce", "update", "writelines"}
)
#: Iterators that end where what they are given does.
_PASSES_ON = frozenset(
    {"accumulate", "chain", "enumerate", "filter", "filterfalse", "from_iterable", "iter", "map", "starmap", "zip"}
)


def is_freed_as_generator(function: FunctionNode) -> bool:
    """Whether calling the function gives a generator that nobody else sees to the end of."""
    code = function.ir
    return code.is_generator and not code.is_async and all(_last_name(d) in TRANSPARENT for d in code.decorators)


def clean_ups(generator: FunctionNode) -> list[FunctionNode]:
    """The clean-ups of a generator function, one for each place at which it may be left."""
    key = id(generator.ir), "<clean-ups>"
    known = generator.module.parts.get(key)
    if known is None:
        blocks = dict.fromkeys(block for block in _of(generator.ir.body) if block)
        known = generator.module.parts[key] = [generator.part(block) for block in blocks]
    return known


def _of(block: ir.Block) -> Iterator[ir.Block]:
    """What is run for each ``yield`` of a block, nothing included."""
    for stmt in block:
        if any(isinstance(part, ir.Yield) for part in expressions_in(stmt)):
            yield ()
        if isinstance(stmt, ir.Try):
            handlers = tuple(h for h in stmt.handlers if catches_exit(h))
            for inner in _of(stmt.body):
                raising = (*inner, ir.Raise(None, stmt.span)) if handlers else inner
                yield (ir.Try(raising, handlers, (), stmt.final, stmt.span),) if handlers or stmt.final else inner
            for rest in (*(h.body for h in stmt.handlers), stmt.orelse):
                yield from (_then(inner, stmt.final, stmt.span) for inner in _of(rest))
            yield from _of(stmt.final)
        elif isinstance(stmt, ir.With):
            yield from ((replaced(stmt, body=inner, is_left=True),) for inner in _of(stmt.body))
        else:
            for inner_block in inner_blocks(stmt):
                yield from _of(inner_block)


def _then(inner: ir.Block, last: ir.Block, span: Span) -> ir.Block:
    """``last`` after ``inner``, whatever that raises."""
    return (ir.Try(inner, (), (), last, span),) if inner and last else inner or last


def catches_exit(handler: ir.Handler) -> bool:
    """Whether an ``except`` clause catches ``GeneratorExit``."""
    kinds = handler.type.items if isinstance(handler.type, ir.Display) else (handler.type,)
    return any(kind is None or _last_name(kind) in _CATCHES for kind in kinds)


def calls_taken(name: str, block: ir.Block) -> tuple[int, int]:
    """How many calls of ``name`` a block has, and how many of them are taken to their end by what they stand in, or by
    what is done with the variable that they are given to."""
    calls: set[int] = set()
    taken: list[ir.Expr] = []
    given: dict[str, list[ir.Expr]] = {}
    for stmt in flat_statements(block):
        if isinstance(stmt, ir.For):
            taken.append(stmt.iter)
        elif isinstance(stmt, ir.Assign):
            for target in stmt.targets:
                if isinstance(target, ir.Name):
                    given.setdefault(target.id, []).append(stmt.value)
        for expr in expressions_in(stmt):
            if isinstance(expr, ir.Call) and _last_name(expr.func) == name:
                calls.add(id(expr))
            taken.extend(_taken(expr))
    return len(calls), len(calls & _with_inner(taken, given))


def _with_inner(taken: list[ir.Expr], given: dict[str, list[ir.Expr]]) -> set[int]:
    """Iterators that are taken to their ends, and those that they take: ``enumerate(lines())``, ``x for x in lines()``.
    ``given``: what variables are given."""
    seen: set[int] = set()
    pending = list(taken)
    while pending:
        expr = pending.pop()
        if id(expr) in seen:
            continue
        seen.add(id(expr))
        if isinstance(expr, ir.Name):
            pending += given.get(expr.id, ())
        elif isinstance(expr, ir.Comprehension):
            pending += (clause.iter for clause in expr.clauses)
        elif isinstance(expr, ir.Call) and _last_name(expr.func) in _PASSES_ON:
            pending += (arg.value for arg in expr.args)
    return seen


def _taken(expr: ir.Expr) -> Iterator[ir.Expr]:
    """The iterators that an expression takes to their ends."""
    if isinstance(expr, ir.Comprehension) and expr.kind != "generator":
        yield from (clause.iter for clause in expr.clauses)
    elif isinstance(expr, ir.Starred) or (isinstance(expr, ir.Yield) and expr.delegates and expr.value is not None):
        yield expr.value  # type: ignore[misc]
    elif isinstance(expr, ir.Call):
        if _last_name(expr.func) in _EXHAUSTS:
            yield from (arg.value for arg in expr.args)
        else:
            yield from (arg.value for arg in expr.args if arg.star == "*")


def _last_name(expr: ir.Expr | None) -> str:
    while isinstance(expr, ir.Call):
        expr = expr.func
    return "" if expr is None else last_name(expr)
