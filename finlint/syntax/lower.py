"""LibCST slices to facts: one pass over the nodes of a slice, in source order, into ``finlint.model.ir``.

One method for each kind of node (``finlint.syntax.kinds``) over the fields that matter:
``CSTNode.visit`` also walks white space and builds changed nodes, which costs twelve times as much.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, cast

import libcst as cst

from finlint.model import ir
from finlint.model.limits import CODE_DEPTH
from finlint.model.source import Span
from finlint.syntax import patterns
from finlint.syntax.cst import parse_expression, parse_module
from finlint.syntax.kinds import EXPRESSIONS, PATTERNS, STATEMENTS, methods
from finlint.syntax.positions import Positions


def lower_slice(text: str, line: int) -> ir.Block:
    """Lower the statements of ``text``, the whole lines of a file from ``line`` on, indented or not.

    Raises ``libcst.ParserSyntaxError`` where LibCST cannot read it, ``RecursionError`` where it nests too deeply.
    """
    if text[:1] in (" ", "\t"):
        # LibCST parses modules; a header makes an indented slice one, and only the line number pays for it.
        text = "if 1:\n" + text
        module = parse_module(text)
        lowering = Lowering(Positions(module, text, line - 1))
        (header,) = module.body
        assert isinstance(header, cst.If)
        return lowering.block(header.body)
    module = parse_module(text)
    return Lowering(Positions(module, text, line)).statements(module.body)


class _Scope:
    """What a function body binds, gathered while its statements are lowered."""

    __slots__ = ("bound", "free", "is_generator")

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.free: set[str] = set()
        self.is_generator = False


class Lowering:
    def __init__(self, positions: Positions) -> None:
        self._span = positions.span
        self._scopes = [_Scope()]
        #: Inside an annotation a string is a forward reference, not text.
        self._annotating = False
        #: What items of sequences stand at: brackets and parentheses of patterns differ in what they cover.
        self._matched = Span(1, 1, 1, 1)

    def annotation(self, node: cst.CSTNode) -> ir.Expr:
        before, self._annotating = self._annotating, True
        try:
            return self.expr(node)
        finally:
            self._annotating = before

    # -- blocks

    def block(self, body: cst.BaseSuite) -> ir.Block:
        return self.statements(body.body)

    def statements(self, body: Sequence[cst.CSTNode]) -> ir.Block:
        out: list[ir.Stmt] = []
        for statement in body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    out.append(self.statement(small))
            else:
                out.append(self.statement(statement))
        return tuple(out)

    def statement(self, node: cst.CSTNode) -> ir.Stmt:
        method: Callable[[Any, Any], ir.Stmt] | None = _STATEMENTS.get(type(node).__name__)
        if method is None:
            return ir.Jump("pass")
        try:
            return method(self, node)
        except RecursionError:
            # An expression nests more deeply than Python can follow: of this statement nothing is known.
            CODE_DEPTH.hit()
            return ir.Jump("pass")

    def expr(self, node: cst.CSTNode) -> ir.Expr:
        method: Callable[[Any, Any], ir.Expr] | None = _EXPRESSIONS.get(type(node).__name__)
        return ir.Opaque(()) if method is None else method(self, node)

    # -- simple statements

    def s_assign(self, node: cst.Assign) -> ir.Stmt:
        value = self.expr(node.value)
        return ir.Assign(tuple(self.target(t.target) for t in node.targets), value, self._span(node))

    def s_annotated(self, node: cst.AnnAssign) -> ir.Stmt:
        return ir.AnnAssign(
            self.target(node.target),
            self.annotation(node.annotation.annotation),
            None if node.value is None else self.expr(node.value),
            self._span(node),
        )

    def s_augmented(self, node: cst.AugAssign) -> ir.Stmt:
        return ir.AugAssign(
            self.target(node.target),
            cast("ir.BinaryOp", _operator(node.operator).removesuffix("Assign")),
            self.expr(node.value),
            self._span(node),
        )

    def s_expression(self, node: cst.Expr) -> ir.Stmt:
        return ir.ExprStmt(self.expr(node.value), self._span(node))

    def s_return(self, node: cst.Return) -> ir.Stmt:
        return ir.Return(None if node.value is None else self.expr(node.value), self._span(node))

    def s_raise(self, node: cst.Raise) -> ir.Stmt:
        cause = None if node.cause is None else self.expr(node.cause.item)
        return ir.Raise(None if node.exc is None else self.expr(node.exc), self._span(node), cause)

    def s_delete(self, node: cst.Del) -> ir.Stmt:
        target = node.target
        parts = [e.value for e in target.elements] if isinstance(target, (cst.Tuple, cst.List)) else [target]
        for part in parts:
            # ``del name`` makes the name local, as an assignment does.
            if isinstance(part, cst.Name):
                self._bind(part.value)
        return ir.Delete(tuple(self.expr(part) for part in parts), self._span(node))

    def s_assert(self, node: cst.Assert) -> ir.Stmt:
        message = None if node.msg is None else self.expr(node.msg)
        return ir.Assert(self.expr(node.test), message, self._span(node))

    def s_break(self, node: cst.Break) -> ir.Stmt:
        return ir.Jump("break")

    def s_continue(self, node: cst.Continue) -> ir.Stmt:
        return ir.Jump("continue")

    def s_global(self, node: cst.Global) -> ir.Stmt:
        names = tuple(item.name.value for item in node.names)
        self._scopes[-1].free.update(names)
        return ir.Global(names, False)

    def s_nonlocal(self, node: cst.Nonlocal) -> ir.Stmt:
        names = tuple(item.name.value for item in node.names)
        self._scopes[-1].free.update(names)
        return ir.Global(names, True)

    def s_import(self, node: cst.Import | cst.LazyImport) -> ir.Stmt:
        names = []
        for alias in node.names:
            module = dotted_name(alias.name)
            if alias.asname is not None:
                bound = _asname(alias.asname)
                names.append((module, bound, True))
            else:
                bound = module.partition(".")[0]
                names.append((module, bound, False))
            self._bind(bound)
        return ir.Import(tuple(names), self._span(node))

    def s_import_from(self, node: cst.ImportFrom | cst.LazyImportFrom) -> ir.Stmt:
        module = "" if node.module is None else dotted_name(node.module)
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            return ir.ImportFrom(module, level, (("*", "*"),), self._span(node))
        names = []
        for alias in node.names:
            name = dotted_name(alias.name)
            bound = _asname(alias.asname) if alias.asname is not None else name
            self._bind(bound)
            names.append((name, bound))
        return ir.ImportFrom(module, level, tuple(names), self._span(node))

    # -- compound statements

    def s_if(self, node: cst.If) -> ir.Stmt:
        # A long elif chain is a list in the source and a nest in the tree: unroll it without recursion.
        arms = []
        rest: cst.CSTNode | None = node
        while isinstance(rest, cst.If):
            arms.append((self.expr(rest.test), self.block(rest.body), self._span(rest, rest.test)))
            rest = rest.orelse
        orelse = self._orelse(rest)
        for test, body, span in reversed(arms):
            orelse = (ir.If(test, body, orelse, span),)
        (out,) = orelse
        return out

    def _orelse(self, node: cst.CSTNode | None) -> ir.Block:
        return self.block(node.body) if isinstance(node, cst.Else) else ()

    def s_while(self, node: cst.While) -> ir.Stmt:
        return ir.While(
            self.expr(node.test),
            self.block(node.body),
            self._orelse(node.orelse),
            self._span(node, node.test),
        )

    def s_for(self, node: cst.For) -> ir.Stmt:
        iterated = self.expr(node.iter)
        return ir.For(
            self.target(node.target),
            iterated,
            self.block(node.body),
            self._orelse(node.orelse),
            node.asynchronous is not None,
            self._span(node, node.iter),
        )

    def s_with(self, node: cst.With) -> ir.Stmt:
        items = []
        for item in node.items:
            value = self.expr(item.item)
            target = None if item.asname is None else self.target(item.asname.name)
            items.append((value, target, self._span(item.item)))
        return ir.With(
            tuple(items),
            self.block(node.body),
            node.asynchronous is not None,
            self._span(node, node.items[-1]),
        )

    def s_try(self, node: cst.Try | cst.TryStar) -> ir.Stmt:
        body = self.block(node.body)
        handlers = []
        for handler in node.handlers:
            kind = None if handler.type is None else self.expr(handler.type)
            name = ""
            if handler.name is not None:
                name = _asname(handler.name)
                self._bind(name)
            handlers.append(ir.Handler(kind, name, self.block(handler.body)))
        orelse = self._orelse(node.orelse)
        final = () if node.finalbody is None else self.block(node.finalbody.body)
        start = self._span(node)
        # A statement's end is not worth its price.
        span = start._replace(end_line=start.line, end_column=start.column + len("try"))
        return ir.Try(body, tuple(handlers), orelse, final, span)

    def s_match(self, node: cst.Match) -> ir.Stmt:
        subject = self.expr(node.subject)
        self._matched = self._span(node.subject)
        cases = []
        for case in node.cases:
            pattern = self._pattern(case.pattern, subject)
            for name, _ in pattern.binds:
                self._bind(name)
            guard = None if case.guard is None else self.expr(case.guard)
            cases.append(ir.Case(pattern, guard, self.block(case.body)))
        return ir.Match(subject, tuple(cases), self._span(node, node.subject))

    # -- patterns: ``value`` is the expression that is matched

    def _pattern(self, node: cst.CSTNode, value: ir.Expr) -> ir.Pattern:
        method: Callable[[Any, Any, ir.Expr], ir.Pattern] = _PATTERNS[type(node).__name__]
        return method(self, node, value)

    def p_named(self, node: cst.MatchAs, value: ir.Expr) -> ir.Pattern:
        inner = patterns.ANYTHING if node.pattern is None else self._pattern(node.pattern, value)
        return inner if node.name is None else patterns.named(node.name.value, inner, value)

    def p_value(self, node: cst.MatchValue, value: ir.Expr) -> ir.Pattern:
        return patterns.equal(value, self.expr(node.value))

    def p_singleton(self, node: cst.MatchSingleton, value: ir.Expr) -> ir.Pattern:
        return patterns.same(value, self.expr(node.value))

    def p_sequence(self, node: cst.MatchList | cst.MatchTuple, value: ir.Expr) -> ir.Pattern:
        out = []
        star = next((i for i, e in enumerate(node.patterns) if isinstance(e, cst.MatchStar)), None)
        for position, element in enumerate(node.patterns):
            if isinstance(element, cst.MatchStar):
                out.append(patterns.rest(element.name.value if element.name is not None else "", value, self._matched))
            else:
                item = patterns.item(value, position, star, len(node.patterns), self._matched)
                out.append(self._pattern(element.value, item))
        return patterns.sequence(value, out, star)

    def p_mapping(self, node: cst.MatchMapping, value: ir.Expr) -> ir.Pattern:
        keys = [self.expr(element.key) for element in node.elements]
        out = [
            patterns.key(key, self._pattern(element.pattern, ir.Subscript(value, key, self._matched)))
            for key, element in zip(keys, node.elements, strict=True)
        ]
        if node.rest is not None:
            out.append(patterns.named(node.rest.value, patterns.ANYTHING, value))
        return patterns.parts(out)

    def p_instance(self, node: cst.MatchClass, value: ir.Expr) -> ir.Pattern:
        cls, span = self.expr(node.cls), self._span(node)
        matched = ir.Narrowed(value, cls)
        out = [
            self._pattern(element.value, ir.Positional(matched, position, span))
            for position, element in enumerate(node.patterns)
        ]
        out += [self._pattern(element.pattern, ir.Attr(matched, element.key.value, span)) for element in node.kwds]
        return patterns.instance(cls, out)

    def p_alternatives(self, node: cst.MatchOr, value: ir.Expr) -> ir.Pattern:
        return patterns.any_of([self._pattern(element.pattern, value) for element in node.patterns])

    def s_function(self, node: cst.FunctionDef) -> ir.Stmt:
        self._bind(node.name.value)
        decorators = tuple(self.expr(d.decorator) for d in node.decorators)
        function = self._function(
            node.name.value,
            node.params,
            lambda: self.block(node.body),
            None if node.returns is None else node.returns.annotation,
            decorators,
            node.asynchronous is not None,
            node,
        )
        return ir.FunctionDef(function)

    def s_class(self, node: cst.ClassDef) -> ir.Stmt:
        self._bind(node.name.value)
        bases = tuple(self.argument(arg) for arg in (*node.bases, *node.keywords))
        decorators = tuple(self.expr(d.decorator) for d in node.decorators)
        self._scopes.append(_Scope())
        body = self.block(node.body)
        self._scopes.pop()
        return ir.ClassDef(node.name.value, bases, decorators, body, self._span(node, node.name))

    # -- functions

    def _function(
        self,
        name: str,
        params: cst.Parameters,
        body: Callable[[], ir.Block],
        returns: cst.CSTNode | None,
        decorators: tuple[ir.Expr, ...],
        is_async: bool,
        node: cst.FunctionDef | cst.Lambda,
    ) -> ir.Function:
        lowered = self._parameters(params)
        returned = None if returns is None else self.annotation(returns)
        scope = _Scope()
        self._scopes.append(scope)
        scope.bound.update(p.name for p in lowered)
        block = body()
        self._scopes.pop()
        return ir.Function(
            name,
            lowered,
            block,
            returned,
            decorators,
            is_async,
            scope.is_generator,
            frozenset(scope.bound - scope.free),
            self._span(node, node.name) if isinstance(node, cst.FunctionDef) else self._span(node),
        )

    def _parameters(self, params: cst.Parameters) -> tuple[ir.Param, ...]:
        out = [self._param(p, "pos") for p in params.posonly_params]
        out += [self._param(p, "any") for p in params.params]
        if isinstance(params.star_arg, cst.Param):
            out.append(self._param(params.star_arg, "*"))
        out += [self._param(p, "kw") for p in params.kwonly_params]
        if params.star_kwarg is not None:
            out.append(self._param(params.star_kwarg, "**"))
        return tuple(out)

    def _param(self, param: cst.Param, kind: ir.ParamKind) -> ir.Param:
        return ir.Param(
            param.name.value,
            kind,
            None if param.annotation is None else self.annotation(param.annotation.annotation),
            None if param.default is None else self.expr(param.default),
        )

    # -- targets

    def target(self, node: cst.CSTNode) -> ir.Expr:
        """Lower an assignment target; the names in it become local."""
        if isinstance(node, cst.Name):
            self._bind(node.value)
        elif isinstance(node, (cst.Tuple, cst.List)):
            return ir.Display(
                "tuple",
                tuple(
                    ir.Starred(self.target(e.value)) if isinstance(e, cst.StarredElement) else self.target(e.value)
                    for e in node.elements
                ),
                self._span(node),
            )
        return self.expr(node)

    def _bind(self, name: str) -> None:
        self._scopes[-1].bound.add(name)

    # -- expressions

    def e_name(self, node: cst.Name) -> ir.Expr:
        value = node.value
        if value in _NAMED_CONSTANTS:
            return _NAMED_CONSTANTS[value]
        return ir.Name(value, self._span(node))

    def e_number(self, node: cst.Integer | cst.Float) -> ir.Expr:
        return _literal(node.value)

    def e_ellipsis(self, node: cst.Ellipsis) -> ir.Expr:
        return ir.Const(...)

    def e_string(self, node: cst.SimpleString) -> ir.Expr:
        value = _literal(node.value)
        if self._annotating and isinstance(value, ir.Const) and isinstance(value.value, str):
            return self._forward_reference(value.value, node) or value
        return value

    def _forward_reference(self, text: str, node: cst.SimpleString) -> ir.Expr | None:
        try:
            expression = parse_expression(text.strip())
        except (cst.ParserSyntaxError, RecursionError):
            return None
        # Its nodes are not part of the slice: all of them stand where the string stands.
        span, self._span = self._span, lambda *_: place
        place = span(node)
        try:
            return self.expr(expression)
        finally:
            self._span = span

    def e_concatenated(self, node: cst.ConcatenatedString) -> ir.Expr:
        left, right = self.expr(node.left), self.expr(node.right)
        if isinstance(left, ir.Const) and isinstance(right, ir.Const):
            if isinstance(left.value, str) and isinstance(right.value, str):
                return ir.Const(left.value + right.value)
            if isinstance(left.value, bytes) and isinstance(right.value, bytes):
                return ir.Const(left.value + right.value)
        if not all(isinstance(side, (ir.Const, ir.Text)) for side in (left, right)):
            return ir.Opaque((left, right))
        return ir.text(p for side in (left, right) for p in (side.parts if isinstance(side, ir.Text) else (side,)))

    def e_formatted(self, node: cst.FormattedString) -> ir.Expr:
        parts: list[ir.Expr] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(ir.Const(_constant(node, part.value)))
            elif isinstance(part, cst.FormattedStringExpression):
                if part.equal is not None:
                    parts.append(ir.Const(_named(part)))
                parts.append(self._replacement(part))
        return ir.text(parts)

    def _replacement(self, node: cst.FormattedStringExpression) -> ir.Expr:
        inner = [p for p in node.format_spec or () if isinstance(p, cst.FormattedStringExpression)]
        # Of a field in a string, both readers know where its expression stands.
        span = self._span(node.expression)
        # ``{x=}`` shows the ``repr`` where nothing else is asked for.
        plain = "r" if node.equal is not None and node.format_spec is None else ""
        conversion = cast("ir.Conversion", node.conversion or plain)
        return ir.Formatted(self.expr(node.expression), conversion, tuple(map(self._replacement, inner)), span)

    def e_attribute(self, node: cst.Attribute) -> ir.Expr:
        return ir.Attr(self.expr(node.value), node.attr.value, self._span(node))

    def e_call(self, node: cst.Call) -> ir.Expr:
        # Fluent chains (``a.b().c().d()``) nest to the left and can be long; everything else nests as written.
        return ir.Call(self.expr(node.func), tuple(map(self.argument, node.args)), self._span(node))

    def argument(self, node: cst.Arg) -> ir.Arg:
        keyword = "" if node.keyword is None else node.keyword.value
        return ir.Arg(self.expr(node.value), keyword, node.star)

    def e_lambda(self, node: cst.Lambda) -> ir.Expr:
        def body() -> ir.Block:
            return (ir.Return(self.expr(node.body), self._span(node.body)),)

        return ir.Lambda(self._function("<lambda>", node.params, body, None, (), False, node))

    def _elements(self, elements: Sequence[cst.BaseElement]) -> tuple[ir.Expr, ...]:
        return tuple(
            ir.Starred(self.expr(e.value)) if isinstance(e, cst.StarredElement) else self.expr(e.value)
            for e in elements
        )

    def e_tuple(self, node: cst.Tuple) -> ir.Expr:
        return ir.Display("tuple", self._elements(node.elements), self._span(node))

    def e_list(self, node: cst.List) -> ir.Expr:
        return ir.Display("list", self._elements(node.elements), self._span(node))

    def e_set(self, node: cst.Set) -> ir.Expr:
        return ir.Display("set", self._elements(node.elements), self._span(node))

    def e_dict(self, node: cst.Dict) -> ir.Expr:
        items: list[tuple[ir.Expr | None, ir.Expr]] = []
        for element in node.elements:
            key = self.expr(element.key) if isinstance(element, cst.DictElement) else None
            items.append((key, self.expr(element.value)))
        return ir.DictDisplay(tuple(items), self._span(node))

    def e_subscript(self, node: cst.Subscript) -> ir.Expr:
        value = self.expr(node.value)
        indices = [self._index(element.slice) for element in node.slice]
        if (
            len(indices) == 1
            and not isinstance(node.slice[0].comma, cst.Comma)
            and not isinstance(indices[0], ir.Starred)
        ):
            index = indices[0]
        else:
            index = ir.Display("tuple", tuple(indices), self._span(node.slice[0], node.slice[-1]))
        return ir.Subscript(value, index, self._span(node))

    def _index(self, node: cst.BaseSlice) -> ir.Expr:
        if isinstance(node, cst.Index):
            value = self.expr(node.value)
            return ir.Starred(value) if node.star else value
        assert isinstance(node, cst.Slice)
        given = [(at, p) for at, p in enumerate((node.lower, node.upper, node.step)) if p is not None]
        return ir.Slice(tuple(self.expr(p) for _, p in given), tuple(at for at, _ in given))

    def e_boolean(self, node: cst.BooleanOperation) -> ir.Expr:
        op: ir.BoolOp = "and" if isinstance(node.operator, cst.And) else "or"
        return ir.Bool(op, self.expr(node.left), self.expr(node.right))

    def e_unary(self, node: cst.UnaryOperation) -> ir.Expr:
        value = self.expr(node.expression)
        if isinstance(node.operator, cst.Not):
            return ir.Not(value)
        if (
            isinstance(node.operator, cst.Minus)
            and isinstance(value, ir.Const)
            and isinstance(value.value, (int, float))
        ):
            return ir.Const(-value.value)
        return ir.Unary(cast("ir.UnaryOp", _operator(node.operator)), value, self._span(node))

    def e_compare(self, node: cst.Comparison) -> ir.Expr:
        return ir.Compare(
            self.expr(node.left),
            tuple((cast("ir.CompareOp", _operator(c.operator)), self.expr(c.comparator)) for c in node.comparisons),
        )

    def e_binary(self, node: cst.BinaryOperation) -> ir.Expr:
        # ``a + b + c + ...`` nests to the left: walk down without recursion.
        chain = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BinaryOperation):
            chain.append(left)
            left = left.left
        value = self.expr(left)
        for operation in reversed(chain):
            op = cast("ir.BinaryOp", _operator(operation.operator))
            value = ir.Binary(value, op, self.expr(operation.right), self._span(operation))
        return value

    def e_conditional(self, node: cst.IfExp) -> ir.Expr:
        return ir.IfExp(self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    def e_await(self, node: cst.Await) -> ir.Expr:
        return ir.Await(self.expr(node.expression), self._span(node))

    def e_yield(self, node: cst.Yield) -> ir.Expr:
        self._scopes[-1].is_generator = True
        if isinstance(node.value, cst.From):
            return ir.Yield(self.expr(node.value.item), True, self._span(node))
        return ir.Yield(None if node.value is None else self.expr(node.value), False, self._span(node))

    def e_walrus(self, node: cst.NamedExpr) -> ir.Expr:
        value = self.expr(node.value)
        if isinstance(node.target, cst.Name):
            self._bind(node.target.value)
            return ir.Walrus(node.target.value, value)
        return value

    def _comprehension(
        self,
        kind: ir.ComprehensionKind,
        node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp | cst.StarredDictComp,
        elements: Sequence[cst.BaseExpression],
    ) -> ir.Expr:
        # A comprehension is a scope of its own: its targets do not become locals of the function.
        self._scopes.append(_Scope())
        clauses = []
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            iterated = self.expr(clause.iter)
            target = self.target(clause.target)
            ifs = tuple(self.expr(condition.test) for condition in clause.ifs)
            clauses.append(ir.For_(target, iterated, ifs, clause.asynchronous is not None))
            clause = clause.inner_for_in
        parts = tuple(self.expr(e) for e in elements)
        self._scopes.pop()
        # Of a generator, parentheses belong to the call or to itself: its place is that of its element.
        span = self._span(elements[0]) if kind == "generator" else self._span(node)
        return ir.Comprehension(kind, parts, tuple(clauses), span)

    def e_starred(self, node: cst.StarredElement) -> ir.Expr:
        return ir.Starred(self.expr(node.value))

    def e_list_comprehension(self, node: cst.ListComp) -> ir.Expr:
        return self._comprehension("list", node, [node.elt])

    def e_set_comprehension(self, node: cst.SetComp) -> ir.Expr:
        return self._comprehension("set", node, [node.elt])

    def e_generator(self, node: cst.GeneratorExp) -> ir.Expr:
        return self._comprehension("generator", node, [node.elt])

    def e_dict_comprehension(self, node: cst.DictComp) -> ir.Expr:
        return self._comprehension("dict", node, [node.key, node.value])

    def e_merged_comprehension(self, node: cst.StarredDictComp) -> ir.Expr:
        return self._comprehension("dict", node, [node.value])


_NAMED_CONSTANTS: dict[str, ir.Const] = {
    "None": ir.Const(None),
    "True": ir.Const(True),
    "False": ir.Const(False),
}


def _literal(text: str) -> ir.Expr:
    try:
        return ir.Const(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError):
        return ir.Opaque(())


def _constant(node: cst.FormattedString, text: str) -> str:
    """What a constant part of an f-string is worth."""
    text = text.replace("{{", "{").replace("}}", "}")
    if "\\" not in text or "r" in node.prefix.lower():
        return text
    try:
        return str(ast.literal_eval(f"{node.quote}{text}{node.quote}"))
    except (ValueError, SyntaxError, MemoryError):
        return text


def _named(node: cst.FormattedStringExpression) -> str:
    """What ``{x = }`` shows before the value: its own text, up to it."""
    code = cst.Module(()).code_for_node
    before, after = node.whitespace_before_expression, node.whitespace_after_expression
    assert node.equal is not None
    return code(before) + code(node.expression) + code(after) + code(node.equal)


def _operator(node: cst.CSTNode) -> str:
    """LibCST's own word for an operator, which the kinds of operators in ``ir`` are: ``Add``, ``Is``, ``NotIn`` ..."""
    return type(node).__name__


def dotted_name(node: cst.CSTNode) -> str:
    """``a.b.c`` of an import's module or name."""
    parts = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    assert isinstance(node, cst.Name)
    parts.append(node.value)
    return ".".join(reversed(parts))


def _asname(node: cst.AsName) -> str:
    return node.name.value if isinstance(node.name, cst.Name) else ""


_STATEMENTS = methods(Lowering, "s_", STATEMENTS, "cst")
_EXPRESSIONS = methods(Lowering, "e_", EXPRESSIONS, "cst")
_PATTERNS = methods(Lowering, "p_", PATTERNS, "cst")
