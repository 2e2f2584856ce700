"""Exceptions that a function raises itself, by ``raise`` or ``assert``, and does not catch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.evaluate import Context, Evaluator, dotted
from finlint.analysis.flow import Frames
from finlint.analysis.nodes import inner_blocks
from finlint.analysis.scopes import Scope
from finlint.analysis.values import truth
from finlint.model import ir
from finlint.model.source import Span

_CATCH_ALL = frozenset({"Exception", "BaseException"})
_MAX_DEPTH = 4


class Escape(NamedTuple):
    what: str
    path: str
    span: Span
    #: Where the callback's own body calls what raises (the ``raise`` itself, where it stands there).
    at: Span
    at_path: str


def escapes(scope: Scope, evaluator: Evaluator, frames: Frames) -> Iterator[Escape]:
    """Explicit exceptions that leave ``scope``, raised there or in functions that it calls outside any ``try``."""
    yield from _of(scope, evaluator, frames, 0, {scope})


def _of(scope: Scope, evaluator: Evaluator, frames: Frames, depth: int, seen: set[Scope]) -> Iterator[Escape]:
    function = scope.function
    if function is None or function.ir.is_generator or function.ir.is_async:
        return
    walk = _Walk(scope, evaluator)
    walk.block(function.ir.body)
    path = scope.module.path
    for what, span in walk.raised:
        yield Escape(what, path, span, span, path)
    if depth >= _MAX_DEPTH:
        return
    for edge in frames.of(scope).edges:
        if edge.target in seen or not any(_contains(open_, edge.span) for open_ in walk.open_spans):
            continue
        seen.add(edge.target)
        for inner in _of(edge.target, evaluator, frames, depth + 1, seen):
            yield inner._replace(at=edge.span, at_path=path)


class _Walk:
    def __init__(self, scope: Scope, evaluator: Evaluator) -> None:
        self.context = Context(scope)
        self.evaluator = evaluator
        self.raised: list[tuple[str, Span]] = []
        #: Statements that nothing catches the exceptions of.
        self.open_spans: list[Span] = []
        self.left = False

    def block(self, block: ir.Block) -> None:
        for stmt in block:
            if self.left:
                return
            self.statement(stmt)

    def branch(self, block: ir.Block) -> bool:
        self.block(block)
        left, self.left = self.left, False
        return left

    def statement(self, stmt: ir.Stmt) -> None:
        if isinstance(stmt, ir.Raise):
            value = stmt.value.func if isinstance(stmt.value, ir.Call) else stmt.value
            self.raised.append((dotted(value) if value is not None else "the exception", stmt.span))
            self.left = True
        elif isinstance(stmt, ir.Return):
            self.open_spans.append(stmt.span)
            self.left = True
        elif isinstance(stmt, ir.If):
            verdict = truth(self.evaluator.eval(stmt.test, self.context))
            body = self.branch(stmt.body) if verdict is not False else True
            other = self.branch(stmt.orelse) if verdict is not True else True
            self.left = body and other
        elif isinstance(stmt, ir.Try):
            self._try(stmt)
        elif isinstance(stmt, ir.With):
            if not any(_suppresses(value) for value, _, _ in stmt.items):
                self.open_spans.extend(span for _, _, span in stmt.items)
                self.block(stmt.body)
        elif isinstance(stmt, (ir.ExprStmt, ir.Assign, ir.AnnAssign, ir.AugAssign)):
            self.open_spans.append(stmt.span)
        else:
            for inner in inner_blocks(stmt):
                self.branch(inner)

    def _try(self, stmt: ir.Try) -> None:
        before, open_before = len(self.raised), len(self.open_spans)
        left = self.branch(stmt.body)
        if stmt.handlers:
            # What is raised here may be caught; only what no handler can match goes on.
            raised = self.raised[before:]
            del self.raised[before:]
            del self.open_spans[open_before:]
            if not any(_catches_all(h) for h in stmt.handlers):
                names = {n for h in stmt.handlers for n in _caught(h)}
                self.raised.extend(r for r in raised if r[0] and _is_unrelated(r[0], names))
        for handler in stmt.handlers:
            left = self.branch(handler.body) and left
        self.branch(stmt.orelse)
        final = self.branch(stmt.final)
        self.left = left or final


def _catches_all(handler: ir.Handler) -> bool:
    return handler.type is None or bool(_CATCH_ALL & set(_caught(handler)))


def _caught(handler: ir.Handler) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    items = handler.type.items if isinstance(handler.type, ir.Display) else (handler.type,)
    return [dotted(item).rpartition(".")[2] for item in items]


_BUILTIN_ERRORS = {
    "NotImplementedError": {"RuntimeError"},
    "RuntimeError": set(),
    "ValueError": set(),
    "TypeError": set(),
    "KeyError": {"LookupError"},
    "AttributeError": set(),
    "AssertionError": set(),
}


def _is_unrelated(raised: str, caught: set[str]) -> bool:
    """Whether a builtin exception is certainly none of those that are caught."""
    parents = _BUILTIN_ERRORS.get(raised)
    return parents is not None and caught <= _BUILTIN_ERRORS.keys() and raised not in caught and not parents & caught


def _suppresses(value: ir.Expr) -> bool:
    return isinstance(value, ir.Call) and dotted(value.func).rpartition(".")[2] in ("suppress", "raises")


def _contains(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
