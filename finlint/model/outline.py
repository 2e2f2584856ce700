"""The outline of statements that are lowered already: classes inside functions.

``finlint.syntax.outline`` makes the same facts from an ``ast`` tree, ``outline_cst`` from LibCST's, without lowering.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.facts import Binding, BindingKind, ClassFacts
from finlint.model.source import Span


class Conditions:
    """Conditions that a body stands under."""

    __slots__ = ("conditional", "typing_only")

    def __init__(self, conditional: bool = False, typing_only: bool = False) -> None:
        self.conditional = conditional
        self.typing_only = typing_only

    def inside(self, typing_only: bool = False) -> Conditions:
        return Conditions(True, self.typing_only or typing_only)


class _IrReader:
    def __init__(self) -> None:
        self.stars: list[ir.ImportFrom] = []
        self.loose: list[Binding] = []

    def body(self, block: ir.Block, state: Conditions) -> Iterator[Binding]:
        for stmt in block:
            yield from self.statement(stmt, state)

    def statement(self, stmt: ir.Stmt, state: Conditions) -> Iterator[Binding]:
        if isinstance(stmt, ir.FunctionDef):
            function = stmt.function
            yield self._binding(function.name, "function", stmt, state, is_async=function.is_async)
        elif isinstance(stmt, ir.ClassDef):
            yield self._binding(stmt.name, "class", stmt, state, cls=class_facts(stmt))
        elif isinstance(stmt, ir.Import):
            for item in stmt.names:
                yield self._binding(item[1], "import", ir.Import((item,), stmt.span), state)
        elif isinstance(stmt, ir.ImportFrom):
            for name in stmt.names:
                single = ir.ImportFrom(stmt.module, stmt.level, (name,), stmt.span)
                if name[0] == "*":
                    self.stars.append(single)
                else:
                    yield self._binding(name[1], "import", single, state)
        elif isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.AugAssign)):
            names = _names(stmt)
            for name_ in names:
                yield self._binding(name_, "assign", stmt, state)
            if not names:
                self.loose.append(self._binding("", "other", stmt, state))
        elif isinstance(stmt, ir.If):
            verdict = static_test(stmt.test)
            if verdict is not False:
                yield from self.body(stmt.body, state if verdict is True else state.inside(is_type_checking(stmt.test)))
            if verdict is not True:
                yield from self.body(stmt.orelse, state if verdict is False else state.inside())
        elif isinstance(stmt, ir.Try):
            yield from self.body(stmt.body, state)
            for handler in stmt.handlers:
                yield from self.body(handler.body, state.inside())
            yield from self.body(stmt.orelse, state)
            yield from self.body(stmt.final, state)
        elif isinstance(stmt, (ir.For, ir.While)):
            for name_ in _names(stmt):
                yield self._binding(name_, "other", stmt, state)
            self.loose.append(self._binding("", "other", stmt, state))
            yield from self.body(stmt.body, state.inside())
            yield from self.body(stmt.orelse, state.inside())
        elif isinstance(stmt, ir.With):
            for name_ in _names(stmt):
                yield self._binding(name_, "other", stmt, state)
            self.loose.append(self._binding("", "other", stmt, state))
            yield from self.body(stmt.body, state)
        elif isinstance(stmt, ir.Match):
            for name_ in _names(stmt):
                yield self._binding(name_, "other", stmt, state.inside())
            self.loose.append(self._binding("", "other", stmt, state))
            for case in stmt.cases:
                yield from self.body(case.body, state.inside())
        elif isinstance(stmt, (ir.Raise, ir.Assert, ir.Delete)) or (
            isinstance(stmt, ir.ExprStmt) and not isinstance(stmt.value, ir.Const)
        ):
            self.loose.append(self._binding("", "other", stmt, state))

    @staticmethod
    def _binding(
        name: str,
        kind: BindingKind,
        stmt: ir.Stmt,
        state: Conditions,
        cls: ClassFacts | None = None,
        is_async: bool = False,
    ) -> Binding:
        span = stmt_span(stmt)
        return Binding(
            name,
            kind,
            span.line,
            last_line(stmt),
            state.conditional,
            state.typing_only,
            stmt,
            cls,
            is_async,
        )


def _names(stmt: ir.Stmt) -> list[str]:
    """The names that a statement binds, each once."""
    return list(dict.fromkeys(name for bound in bound_by(stmt) for name in target_names(bound.target)))


def class_facts(stmt: ir.ClassDef) -> ClassFacts:
    """The outline of a class whose statements are lowered already (one defined inside a function, say)."""
    members = tuple(_IrReader().body(stmt.body, Conditions()))
    return ClassFacts(stmt.name, stmt.span, stmt.span.line, last_line(stmt), stmt.bases, stmt.decorators, members)


def last_line(stmt: ir.Stmt) -> int:
    """The last line of a statement with all that is in it; spans of definitions are those of their headers."""
    body = (
        stmt.function.body if isinstance(stmt, ir.FunctionDef) else stmt.body if isinstance(stmt, ir.ClassDef) else ()
    )
    last = stmt_span(stmt).end_line
    stack: list[object] = list(body[-1:])
    while stack:
        node = stack.pop()
        if isinstance(node, Span):
            last = max(last, node.end_line)
        elif isinstance(node, tuple):
            stack.extend(node)
    return last


def stmt_span(stmt: ir.Stmt) -> Span:
    if isinstance(stmt, ir.FunctionDef):
        return stmt.function.span
    return getattr(stmt, "span", Span(1, 1, 1, 1))


def is_type_checking(test: ir.Expr) -> bool:
    return (isinstance(test, ir.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ir.Attr) and test.name == "TYPE_CHECKING"
    )


def static_test(test: ir.Expr) -> bool | None:
    """What a literal condition (``if False:``, ``if 0:``, ``if not TYPE_CHECKING``) decides."""
    if isinstance(test, ir.Const):
        return bool(test.value)
    if isinstance(test, ir.Not):
        if is_type_checking(test.value):
            return True
        inner = static_test(test.value)
        return None if inner is None else not inner
    return None
