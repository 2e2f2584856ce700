"""The outline of a file that only LibCST can read: the same facts as ``finlint.syntax.outline`` makes with ``ast``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.facts import Binding, BindingKind, ClassFacts, ModuleFacts
from finlint.model.outline import Conditions, is_type_checking, static_test
from finlint.syntax.cst import parse_module
from finlint.syntax.lower import Lowering
from finlint.syntax.positions import Positions


def outline_cst(text: str) -> ModuleFacts:
    """The outline of a file's text.

    Raises ``libcst.ParserSyntaxError`` where LibCST cannot read it, ``RecursionError`` where it nests too deeply.
    """
    module = parse_module(text)
    reader = _CstReader(Positions(module, text, 1))
    bindings = tuple(reader.body(module.body, Conditions()))
    return ModuleFacts(bindings, tuple(reader.stars), tuple(reader.loose))


class _CstReader:
    def __init__(self, positions: Positions) -> None:
        self.stars: list[ir.ImportFrom] = []
        self.loose: list[Binding] = []
        self._span = positions.span
        self._lowering = Lowering(positions)

    def body(self, statements: Sequence[cst.CSTNode], state: Conditions) -> Iterator[Binding]:
        for node in statements:
            if isinstance(node, cst.SimpleStatementLine):
                for small in node.body:
                    yield from self._small(small, state)
            elif isinstance(node, cst.BaseSmallStatement):
                # ``if x: y = 1`` on one line.
                yield from self._small(node, state)
            else:
                yield from self._compound(node, state)

    def _small(self, node: cst.BaseSmallStatement, state: Conditions) -> Iterator[Binding]:
        if isinstance(node, (cst.Import, cst.ImportFrom)):
            yield from self._imported(node, state)
        elif isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
            targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
            names = [name for target in targets for name in self._names(target)]
            for name in names:
                yield self._binding(name, "assign", node, state)
            if not names:
                self.loose.append(self._binding("", "other", node, state))
        elif isinstance(node, (cst.Raise, cst.Assert, cst.Del)) or (
            isinstance(node, cst.Expr) and not isinstance(self._lowering.expr(node.value), ir.Const)
        ):
            self.loose.append(self._binding("", "other", node, state))

    def _compound(self, node: cst.CSTNode, state: Conditions) -> Iterator[Binding]:
        if isinstance(node, cst.FunctionDef):
            yield self._binding(node.name.value, "function", node, state, is_async=node.asynchronous is not None)
        elif isinstance(node, cst.ClassDef):
            yield self._binding(node.name.value, "class", node, state, cls=self._class(node))
        elif isinstance(node, cst.If):
            yield from self._if(node, state)
        elif isinstance(node, (cst.Try, cst.TryStar)):
            yield from self.body(node.body.body, state)
            for handler in node.handlers:
                yield from self.body(handler.body.body, state.inside())
            yield from self._rest(node.orelse, state)
            yield from self._rest(node.finalbody, state)
        elif isinstance(node, (cst.For, cst.While)):
            if isinstance(node, cst.For):
                for name in self._names(node.target):
                    yield self._binding(name, "other", node, state)
            self.loose.append(self._binding("", "other", node, state))
            yield from self.body(node.body.body, state.inside())
            yield from self._rest(node.orelse, state.inside())
        elif isinstance(node, cst.With):
            for item in node.items:
                if item.asname is not None:
                    for name in self._names(item.asname.name):
                        yield self._binding(name, "other", node, state)
            self.loose.append(self._binding("", "other", node, state))
            yield from self.body(node.body.body, state)
        elif isinstance(node, cst.Match):
            stmt = self._lowering.statement(node)
            for name in dict.fromkeys(name for bound in bound_by(stmt) for name in target_names(bound.target)):
                yield self._binding(name, "other", node, state.inside())
            self.loose.append(self._binding("", "other", node, state))
            for case in node.cases:
                yield from self.body(case.body.body, state.inside())

    def _if(self, node: cst.If, state: Conditions) -> Iterator[Binding]:
        test = self._lowering.expr(node.test)
        verdict = static_test(test)
        if verdict is not False:
            yield from self.body(node.body.body, state if verdict is True else state.inside(is_type_checking(test)))
        if verdict is not True and node.orelse is not None:
            rest = state if verdict is False else state.inside()
            if isinstance(node.orelse, cst.If):
                yield from self._if(node.orelse, rest)
            else:
                yield from self._rest(node.orelse, rest)

    def _rest(self, node: cst.Else | cst.Finally | None, state: Conditions) -> Iterator[Binding]:
        if node is not None:
            yield from self.body(node.body.body, state)

    def _names(self, target: cst.CSTNode) -> list[str]:
        return target_names(self._lowering.expr(target))

    def _imported(self, node: cst.Import | cst.ImportFrom, state: Conditions) -> Iterator[Binding]:
        stmt = self._lowering.statement(node)
        if isinstance(stmt, ir.Import):
            for item in stmt.names:
                yield self._binding(item[1], "import", node, state)._replace(stmt=ir.Import((item,), stmt.span))
        elif isinstance(stmt, ir.ImportFrom):
            for name in stmt.names:
                single = ir.ImportFrom(stmt.module, stmt.level, (name,), stmt.span)
                if name[0] == "*":
                    self.stars.append(single)
                else:
                    yield self._binding(name[1], "import", node, state)._replace(stmt=single)

    def _class(self, node: cst.ClassDef) -> ClassFacts:
        loose, self.loose = self.loose, []
        members = tuple(self.body(node.body.body, Conditions()))
        self.loose = loose
        bases = tuple(self._lowering.argument(arg) for arg in (*node.bases, *node.keywords))
        decorators = tuple(self._lowering.expr(d.decorator) for d in node.decorators)
        span = self._span(node, node.name)
        return ClassFacts(node.name.value, span, self._first(node), self._last(node), bases, decorators, members)

    def _binding(
        self,
        name: str,
        kind: BindingKind,
        node: cst.CSTNode,
        state: Conditions,
        cls: ClassFacts | None = None,
        is_async: bool = False,
    ) -> Binding:
        first, last = self._first(node), self._last(node)
        return Binding(name, kind, first, last, state.conditional, state.typing_only, None, cls, is_async)

    def _first(self, node: cst.CSTNode) -> int:
        line = self._span(node).line
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            return min([line, *(self._span(decorator.decorator).line for decorator in node.decorators)])
        return line

    def _last(self, node: cst.CSTNode) -> int:
        """The line of the last statement inside: what LibCST counts to a block ends where the next one begins."""
        while True:
            inner = _last_part(node)
            if inner is None:
                return self._span(node).end_line
            node = inner


def _last_part(node: cst.CSTNode) -> cst.CSTNode | None:
    """What stands last in a node with a block; None for a small statement."""
    if isinstance(node, cst.Match):
        return node.cases[-1].body
    for field in ("finalbody", "orelse"):
        part = getattr(node, field, None)
        if isinstance(part, (cst.Else, cst.Finally, cst.If)):
            return part
    handlers = getattr(node, "handlers", ())
    if handlers:
        handler: cst.CSTNode = handlers[-1].body
        return handler
    body = getattr(node, "body", None)
    if isinstance(body, cst.BaseSuite):
        return body
    if isinstance(node, (cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        # A block of comments alone is not Python.
        return node.body[-1]
    return None
