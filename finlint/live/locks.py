"""What a frame waits for, which locks a frame has open, and whether two expressions mean one lock."""

from __future__ import annotations

import ast
from enum import IntEnum
from typing import NamedTuple

from finlint.live.source import Sources, blocks, callee, calls, header
from finlint.live.stacks import Frame

_TAKES = frozenset({"acquire", "__enter__"})
#: Calls that hand a lock to something that takes it: ``stack.enter_context(lock)``.
_HANDS_OVER = frozenset({"enter_context"})


class Certainty(IntEnum):
    """How sure it is that two expressions mean one object."""

    NO = 0
    #: The same attribute, of objects of which nothing is known.
    NAME = 1
    #: The same expression in methods of one class, or of one module's global.
    EXPRESSION = 2
    #: The same address.
    OBJECT = 3

    @property
    def text(self) -> str:
        return _CERTAINTY[self]


_CERTAINTY = {
    Certainty.NO: "another object",
    Certainty.NAME: "same name",
    Certainty.EXPRESSION: "same expression",
    Certainty.OBJECT: "same object",
}


class _Open(NamedTuple):
    """A lock that is taken at a place in a file, whichever frame is there."""

    text: str
    line: int
    reentrant: bool


class OpenLocks:
    """The locks that frames have open. Thousands of a dump's frames may be at the same line."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[tuple[str, int, str, bool], list[_Open]] = {}

    def held_by(self, frame: Frame, *, interrupted: bool = False) -> list[Lock]:
        """The locks that the frame has taken and not given back before its line, the last first.

        ``interrupted``: a finalizer was started in it, so that it waits for nothing itself.
        """
        inside = interrupted or not _may_enter(frame)
        key = frame.path, frame.line, frame.name, inside
        if key not in self._known:
            self._known[key] = _held_at(frame, self._sources, inside)
        return [Lock(text, frame, line, reentrant) for text, line, reentrant in self._known[key]]


class Lock(NamedTuple):
    """A lock by its expression in a frame, at the line that takes it. ``reentrant`` where the source says so."""

    text: str
    frame: Frame
    line: int
    reentrant: bool = False


def taken_at(frame: Frame, sources: Sources) -> list[Lock]:
    """The locks that the frame takes at its line: one of them is what it waits for, if it waits for a lock."""
    statements = sources.statements(frame)
    if not statements:
        return []
    # ``with lock: work()`` on one line is at the block as much as at the lock: only the instruction tells.
    outer = statements if _may_enter(frame) else statements[-1:]
    found = [expr for s in outer for expr in _entered(s) if expr.lineno <= frame.line <= (expr.end_lineno or 0)]
    for call in calls(statements[-1], frame.line):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _TAKES:
            found.append(call.func.value)
        elif callee(call) in _HANDS_OVER and len(call.args) == 1:
            found.append(call.args[0])
    return [_lock(expr, frame, frame.line, sources) for expr in found]


def _may_enter(frame: Frame) -> bool:
    """Whether the frame's instruction may be that of ``with``, before the block."""
    return not frame.opcode or "WITH" in frame.opcode


def _held_at(frame: Frame, sources: Sources, inside: bool) -> list[_Open]:
    """``inside``: the frame is in the block of what its line enters."""
    tree = sources.tree(frame.path)
    if tree is None:
        return []
    function = sources.scope(frame).function
    held: dict[str, tuple[ast.expr, int]] = {}
    _walk(function.body if function is not None else tree.body, frame.line, held)
    if inside:
        for expr in _entered_on(frame, sources):
            held.setdefault(ast.unparse(expr), (expr, expr.lineno))
    return [_Open(ast.unparse(e), line, _is_reentrant(e, frame, sources)) for e, line in reversed(held.values())]


def _entered_on(frame: Frame, sources: Sources) -> list[ast.expr]:
    """The locks of ``with lock: work()`` at the frame's line, which is in the block."""
    return [expr for s in sources.statements(frame)[:-1] for expr in _entered(s) if expr.end_lineno == frame.line]


def _entered(statement: ast.stmt) -> list[ast.expr]:
    """What ``with`` enters, but for what calls give."""
    items = statement.items if isinstance(statement, ast.With | ast.AsyncWith) else []
    return [item.context_expr for item in items if not isinstance(item.context_expr, ast.Call)]


def _walk(block: list[ast.stmt], line: int, held: dict[str, tuple[ast.expr, int]]) -> None:
    """What is held when ``line`` is reached: ``with`` blocks around it, and what is acquired before it."""
    for statement in block:
        if statement.lineno > line:
            return
        inside = line <= (statement.end_lineno or statement.lineno)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        for expr in _entered(statement) if inside else ():
            if (expr.end_lineno or expr.lineno) < line:
                held[ast.unparse(expr)] = (expr, expr.lineno)
        if not inside or _is_simple(statement):
            _acquired(statement, line, held)
        for inner in blocks(statement):
            # What a branch that the line is not in gave back, it may have given back and left.
            if inside and inner[0].lineno <= line <= (inner[-1].end_lineno or 0):
                _acquired_in_header(statement, line, held)
                _walk(inner, line, held)
            elif isinstance(statement, ast.Try) and inner[-1].lineno < line:
                _walk(inner, line, held)


def _is_simple(statement: ast.stmt) -> bool:
    return next(blocks(statement), None) is None


def _acquired_in_header(statement: ast.stmt, line: int, held: dict[str, tuple[ast.expr, int]]) -> None:
    if not isinstance(statement, ast.With | ast.AsyncWith):
        _acquired(statement, line, held)


def _acquired(statement: ast.stmt, line: int, held: dict[str, tuple[ast.expr, int]]) -> None:
    for expression in header(statement):
        for call in ast.walk(expression):
            if not isinstance(call, ast.Call) or call.lineno >= line:
                continue
            if isinstance(call.func, ast.Attribute) and call.func.attr in _TAKES:
                held[ast.unparse(call.func.value)] = (call.func.value, call.lineno)
            elif isinstance(call.func, ast.Attribute) and call.func.attr in ("release", "__exit__"):
                held.pop(ast.unparse(call.func.value), None)
            elif callee(call) in _HANDS_OVER and len(call.args) == 1 and not isinstance(call.args[0], ast.Call):
                held[ast.unparse(call.args[0])] = (call.args[0], call.lineno)


def is_local(lock: Lock, sources: Sources) -> bool:
    """Whether it is a variable that the frame's function itself assigns."""
    function = sources.scope(lock.frame).function
    if function is None or not lock.text.isidentifier():
        return False
    return any(
        isinstance(n, ast.Name) and n.id == lock.text and isinstance(n.ctx, ast.Store) for n in ast.walk(function)
    )


def _lock(expr: ast.expr, frame: Frame, line: int, sources: Sources) -> Lock:
    return Lock(ast.unparse(expr), frame, line, _is_reentrant(expr, frame, sources))


def _is_reentrant(expr: ast.expr, frame: Frame, sources: Sources) -> bool:
    """Whether the file makes what has this name by ``RLock()``, or by ``Condition()`` of its own, and nothing else."""
    name = expr.attr if isinstance(expr, ast.Attribute) else expr.id if isinstance(expr, ast.Name) else ""
    made = sources.values(frame.path, name) if name else []
    return bool(made) and all(_makes_reentrant(value) for value in made)


def _makes_reentrant(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    return callee(value) == "RLock" or (callee(value) == "Condition" and not value.args and not value.keywords)


def same(one: Lock, other: Lock, sources: Sources) -> Certainty:
    """Whether two locks are one object, as far as the dump and the source can tell."""
    # A record has the lock itself by its dotted name.
    a, b = one.frame.locals.get(one.text), other.frame.locals.get(other.text)
    if a is not None and b is not None and a.address and b.address:
        return Certainty.OBJECT if a.address == b.address else Certainty.NO
    root, _, path = one.text.partition(".")
    other_root, _, other_path = other.text.partition(".")
    if one.text.rpartition(".")[2] != other.text.rpartition(".")[2] or bool(path) != bool(other_path):
        return Certainty.NO
    a, b = one.frame.locals.get(root), other.frame.locals.get(other_root)
    if path == other_path and a is not None and b is not None and a.address and b.address:
        return Certainty.OBJECT if a.address == b.address else Certainty.NO
    if one.text != other.text:
        return Certainty.NAME if path else Certainty.NO
    if root in ("self", "cls"):
        mine, its = sources.scope(one.frame).cls, sources.scope(other.frame).cls
        return Certainty.EXPRESSION if mine == its and one.frame.path == other.frame.path else Certainty.NAME
    if one.frame.path != other.frame.path:
        return Certainty.NAME
    return Certainty.EXPRESSION
