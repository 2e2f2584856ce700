"""Where control goes behind a statement, as far as statements alone say: on, out of the loop, or out of the function.

Conditions are not decided, but for constants; whoever evaluates them knows more. All walkers over statements ask here,
so that a ``match`` whose cases all return is for each of them what an ``if`` is whose sides do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from finlint.analysis.program.statements import last_name, run_blocks
from finlint.model import ir

if TYPE_CHECKING:
    from finlint.analysis.program.symbols import ModuleNode

#: What comes next: the statement behind it, what is behind the loop, its next round, or whoever called the function
#: or catches the exception.
_Way = Literal["next", "break", "continue", "out"]
_Ways = frozenset[_Way]
_NEXT: _Ways = frozenset({"next"})
_OUT: _Ways = frozenset({"out"})

#: How what ends a ``with`` without an error is called: ``contextlib.suppress``, ``pytest.raises``.
_SUPPRESSING = frozenset({"suppress", "raises"})


def leaves(block: ir.Block, module: ModuleNode | None = None) -> bool:
    """Whether what stands behind a block is never come to from it; not so of an empty one.

    ``module`` is where it stands: there imported names mean what they are imported from.
    """
    return bool(block) and "next" not in _of_block(block, module)


def reached_statements(block: ir.Block, module: ModuleNode | None = None) -> Iterator[ir.Stmt]:
    """``flat_statements`` without those that stand behind what is always left."""
    pending = list(reversed(_reached(block, module)))
    while pending:
        stmt = pending.pop()
        yield stmt
        for inner in reversed(run_blocks(stmt)):
            pending.extend(reversed(_reached(inner, module)))


def _reached(block: ir.Block, module: ModuleNode | None) -> ir.Block:
    # Nothing stands behind the last one: it is not asked, nor is any of a long chain of ``elif``.
    ends = (number for number in range(len(block) - 1) if leaves(block[number : number + 1], module))
    last = next(ends, None)
    return block if last is None else block[: last + 1]


def may_leave_loop(body: ir.Block, module: ModuleNode | None = None) -> bool:
    """Whether a loop's body holds a way out of the loop, by ``break`` or out of the function."""
    return not _of_block(body, module).isdisjoint(("break", "out"))


def _of_block(block: ir.Block, module: ModuleNode | None) -> _Ways:
    ways: _Ways = frozenset()
    for stmt in block:
        own = _of(stmt, module)
        ways |= own - _NEXT
        if "next" not in own:
            return ways
    return ways | _NEXT


def _of(stmt: ir.Stmt, module: ModuleNode | None) -> _Ways:
    match stmt:
        case ir.Return() | ir.Raise():
            return _OUT
        case ir.Jump():
            return _NEXT if stmt.kind == "pass" else frozenset({stmt.kind})
        case ir.If():
            return _of_if(stmt, module)
        case ir.Match():
            ways = frozenset(way for case in stmt.cases for way in _of_block(case.body, module))
            return ways if any(map(is_irrefutable, stmt.cases)) else ways | _NEXT
        case ir.While() | ir.For():
            return _of_loop(stmt, module)
        case ir.With():
            ways = _of_block(stmt.body, module)
            return ways if suppressing(stmt, module) is None else ways | _NEXT
        case ir.Try():
            return _of_try(stmt, module)
    return _NEXT


def _of_if(stmt: ir.If, module: ModuleNode | None) -> _Ways:
    ways = _of_block(stmt.body, module)
    # A chain of ``elif`` may be of any length: each is an if statement alone in the other side of the one before.
    while len(stmt.orelse) == 1 and isinstance(stmt.orelse[0], ir.If):
        stmt = stmt.orelse[0]
        ways |= _of_block(stmt.body, module)
    return ways | _of_block(stmt.orelse, module)


def is_irrefutable(case: ir.Case) -> bool:
    """Whether a case of a ``match`` always matches: ``case _:``, ``case x:``."""
    test = case.pattern.test
    return case.guard is None and isinstance(test, ir.Const) and test.value is True


def _of_loop(stmt: ir.While | ir.For, module: ModuleNode | None) -> _Ways:
    inside = _of_block(stmt.body, module)
    ways = inside & _OUT
    if not (isinstance(stmt, ir.While) and isinstance(stmt.test, ir.Const) and stmt.test.value):
        # Its condition may fail, its items end: then the other block is run.
        ways |= _of_block(stmt.orelse, module)
    return ways | _NEXT if "break" in inside else ways


def _of_try(stmt: ir.Try, module: ModuleNode | None) -> _Ways:
    ways = _of_block(stmt.body, module)
    if "next" in ways:
        ways = ways - _NEXT | _of_block(stmt.orelse, module)
    for handler in stmt.handlers:
        ways |= _of_block(handler.body, module)
    final = _of_block(stmt.final, module)
    return ways | final - _NEXT if "next" in final else final


def suppressing(stmt: ir.With, module: ModuleNode | None = None) -> ir.Try | None:
    """The ``try`` that a ``with`` is which suppresses exceptions: ``with suppress(E): x()`` is ``try: x()``,
    ``except E: pass``; None for any other."""
    for value, _, span in stmt.items:
        if isinstance(value, ir.Call) and _called(value.func, module) in _SUPPRESSING:
            # Of ``suppress(*ERRORS)`` it is not known what it catches: anything.
            types: list[ir.Expr] = []
            for arg in value.args:
                if not arg.keyword:
                    types += arg.value.items if isinstance(arg.value, ir.Display) else (arg.value,)
            known = types and not any(arg.star for arg in value.args)
            caught = ir.Display("tuple", tuple(types), span) if known else None
            return ir.Try(stmt.body, (ir.Handler(caught, "", ()),), (), (), stmt.span)
    return None


def _called(func: ir.Expr, module: ModuleNode | None) -> str:
    """The name by which a function was defined, of one that is imported by another name."""
    name = last_name(func)
    for binding in module.bound(name) if module is not None and isinstance(func, ir.Name) else ():
        if isinstance(binding.stmt, ir.ImportFrom):
            return binding.stmt.names[0][0]
    return name
