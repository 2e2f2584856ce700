"""The outline of a file: which names its module and class bodies bind, and in which lines.

``ast`` gives it ten times faster than LibCST would (7.4 MB/s against 0.75), and three times faster again of a text
without the bodies of functions, of which the outline says where they end and nothing else (``elide``). Where the
running interpreter's ``ast`` cannot read the file (syntax newer than the interpreter), LibCST reads it
(``outline_cst``). All ways give the same ``ModuleFacts``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from finlint.model import ir
from finlint.model.facts import Binding, BindingKind, ClassFacts, ModuleFacts
from finlint.model.outline import Conditions
from finlint.model.source import Span

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def outline_ast(tree: ast.Module) -> ModuleFacts:
    """The outline of a parsed file."""
    reader = _AstReader()
    bindings = tuple(reader.body(tree.body, Conditions()))
    return ModuleFacts(bindings, tuple(reader.stars), tuple(reader.loose))


#: Statements that bind nothing, and evaluate something; a constant alone is a docstring.
_LOOSE = (ast.Expr, ast.Raise, ast.Assert, ast.Delete)


class _AstReader:
    def __init__(self) -> None:
        self.stars: list[ir.ImportFrom] = []
        self.loose: list[Binding] = []

    def body(self, statements: Sequence[ast.stmt], state: Conditions) -> Iterator[Binding]:
        for node in statements:
            yield from self.statement(node, state)

    def statement(self, node: ast.stmt, state: Conditions) -> Iterator[Binding]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            is_async = isinstance(node, ast.AsyncFunctionDef)
            yield self._binding(node.name, "function", node, state, is_async=is_async)
        elif isinstance(node, ast.ClassDef):
            yield self._binding(node.name, "class", node, state, cls=self._class(node))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from self._imported(node, state)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [name for target in targets for name in _names(target)]
            for name in names:
                yield self._binding(name, "assign", node, state)
            if not names:
                self.loose.append(self._binding("", "other", node, state))
        elif isinstance(node, ast.If):
            verdict = _static_test(node.test)
            if verdict is not False:
                yield from self.body(
                    node.body, state if verdict is True else state.inside(_is_type_checking(node.test))
                )
            if verdict is not True:
                yield from self.body(node.orelse, state if verdict is False else state.inside())
        elif _is_try(node):
            yield from self.body(node.body, state)
            for handler in node.handlers:
                yield from self.body(handler.body, state.inside())
            yield from self.body(node.orelse, state)
            yield from self.body(node.finalbody, state)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            if not isinstance(node, ast.While):
                for name in _names(node.target):
                    yield self._binding(name, "other", node, state)
            self.loose.append(self._binding("", "other", node, state))
            inside = state.inside()
            yield from self.body(node.body, inside)
            yield from self.body(node.orelse, inside)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    for name in _names(item.optional_vars):
                        yield self._binding(name, "other", node, state)
            self.loose.append(self._binding("", "other", node, state))
            yield from self.body(node.body, state)
        elif isinstance(node, ast.Match):
            patterns = (part for case in node.cases for part in ast.walk(case.pattern))
            for name in dict.fromkeys(name for part in patterns if (name := _captured(part))):
                yield self._binding(name, "other", node, state.inside())
            self.loose.append(self._binding("", "other", node, state))
            for case in node.cases:
                yield from self.body(case.body, state.inside())
        elif isinstance(node, _LOOSE) and not isinstance(getattr(node, "value", None), ast.Constant):
            self.loose.append(self._binding("", "other", node, state))

    def _binding(
        self,
        name: str,
        kind: BindingKind,
        node: ast.stmt,
        state: Conditions,
        cls: ClassFacts | None = None,
        is_async: bool = False,
        stmt: ir.Stmt | None = None,
    ) -> Binding:
        line = node.lineno
        if isinstance(node, _DEFINITIONS) and node.decorator_list:
            line = min(line, *(d.lineno for d in node.decorator_list))
        return Binding(
            name,
            kind,
            line,
            node.end_lineno or line,
            state.conditional,
            state.typing_only,
            stmt,
            cls,
            is_async,
        )

    def _imported(self, node: ast.Import | ast.ImportFrom, state: Conditions) -> Iterator[Binding]:
        span = _span(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                stmt = ir.Import(((alias.name, bound, alias.asname is not None),), span)
                yield self._binding(bound, "import", node, state, stmt=stmt)
            return
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(ir.ImportFrom(module, node.level, (("*", "*"),), span))
                continue
            bound = alias.asname or alias.name
            imported = ir.ImportFrom(module, node.level, ((alias.name, bound),), span)
            yield self._binding(bound, "import", node, state, stmt=imported)

    def _class(self, node: ast.ClassDef) -> ClassFacts:
        loose, self.loose = self.loose, []
        members = tuple(self.body(node.body, Conditions()))
        self.loose = loose
        bases = tuple(ir.Arg(expression(b)) for b in node.bases) + tuple(
            ir.Arg(expression(k.value), k.arg or "", "" if k.arg else "**") for k in node.keywords
        )
        line = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        span = Span(
            node.lineno,
            node.col_offset + 1,
            node.lineno,
            node.col_offset + len("class ") + len(node.name) + 1,
        )
        decorators = tuple(expression(d) for d in node.decorator_list)
        return ClassFacts(node.name, span, line, node.end_lineno or line, bases, decorators, members)


def _is_try(node: ast.stmt) -> TypeGuard[ast.Try]:
    """``try`` with ``except`` or, since 3.11, ``except*``: the same fields."""
    return isinstance(node, ast.Try) or type(node).__name__ == "TryStar"


def _span(node: ast.expr | ast.stmt) -> Span:
    end_line = node.end_lineno or node.lineno
    end_column = node.end_col_offset if node.end_col_offset is not None else node.col_offset
    return Span(node.lineno, node.col_offset + 1, end_line, end_column + 1)


def _names(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, (ast.Tuple, ast.List)):
        return [name for element in target.elts for name in _names(element)]
    if isinstance(target, ast.Starred):
        return _names(target.value)
    return []


def _captured(pattern: ast.AST) -> str:
    """The name that a part of a pattern binds itself."""
    if isinstance(pattern, (ast.MatchAs, ast.MatchStar)):
        return pattern.name or ""
    return (pattern.rest or "") if isinstance(pattern, ast.MatchMapping) else ""


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _static_test(test: ast.expr) -> bool | None:
    """What a literal condition (``if False:``, ``if 0:``, ``if not TYPE_CHECKING``) decides."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        if _is_type_checking(test.operand):
            return True
        inner = _static_test(test.operand)
        return None if inner is None else not inner
    return None


def expression(node: ast.expr) -> ir.Expr:
    """Base classes and decorators: the names, calls and subscripts of an ``ast`` expression; the rest opaque."""
    if isinstance(node, ast.Name):
        return ir.Name(node.id, _span(node))
    if isinstance(node, ast.Attribute):
        return ir.Attr(expression(node.value), node.attr, _span(node))
    if isinstance(node, ast.Constant):
        return ir.Const(node.value)
    if isinstance(node, ast.Call):
        args = tuple(
            ir.Arg(expression(a.value), "", "*") if isinstance(a, ast.Starred) else ir.Arg(expression(a))
            for a in node.args
        )
        keywords = tuple(ir.Arg(expression(k.value), k.arg or "", "" if k.arg else "**") for k in node.keywords)
        return ir.Call(expression(node.func), args + keywords, _span(node))
    if isinstance(node, ast.IfExp):
        return ir.IfExp(expression(node.test), expression(node.body), expression(node.orelse))
    if isinstance(node, ast.Subscript):
        return ir.Subscript(expression(node.value), expression(node.slice), _span(node))
    if isinstance(node, (ast.Tuple, ast.List)):
        kind: ir.DisplayKind = "tuple" if isinstance(node, ast.Tuple) else "list"
        return ir.Display(kind, tuple(expression(e) for e in node.elts), _span(node))
    return ir.Opaque(())
