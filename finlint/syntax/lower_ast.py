"""``ast`` slices to facts: what ``finlint.syntax.lower`` makes of LibCST's nodes, ten times faster.

A finalizer's calls lead through far more code than its registration: following them costs what reading costs, and
LibCST reads 0.3 MB/s with positions where ``ast`` with this module reads 3. Both give the same ``finlint.model.ir``
for all that the running interpreter can read: a test compares them on every function of the standard library.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from finlint.model import ir
from finlint.model.limits import CODE_DEPTH
from finlint.model.source import Span
from finlint.syntax import patterns
from finlint.syntax.kinds import EXPRESSIONS, PATTERNS, STATEMENTS, methods
from finlint.syntax.parsing import parse
from finlint.syntax.validity import FAILURES, of_text

_HEADER = re.compile(r"(?:async\s+)?(?:def|class)\s+")


def lower_slice(text: str, line: int) -> ir.Block:
    """Lower the statements of ``text``, the whole lines of a file from ``line`` on, indented or not.

    Raises ``SyntaxError`` or ``ValueError`` where ``ast`` cannot read it, ``RecursionError`` where it nests too deeply.
    """
    if text[:1] in (" ", "\t"):
        # A header makes an indented slice a module, and only the line number pays for it.
        text = "if 1:\n" + text
        (header,) = parse(text).body
        assert isinstance(header, ast.If)
        return _Lowering(text, line - 1).block(header.body)
    return _Lowering(text, line).block(parse(text).body)


class _Scope:
    """What a function body binds, gathered while its statements are lowered."""

    __slots__ = ("bound", "free", "is_generator")

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.free: set[str] = set()
        self.is_generator = False


class _Lowering:
    def __init__(self, text: str, line: int) -> None:
        self._shift = line - 1
        self._text = text
        self._lines: list[str] | None = None
        #: ``ast`` counts columns in bytes of UTF-8.
        self._ascii = text.isascii()
        self._scopes = [_Scope()]
        #: Inside an annotation a string is a forward reference, not text.
        self._annotating = False
        #: What items of sequences stand at: brackets and parentheses of patterns differ in what they cover.
        self._matched = Span(1, 1, 1, 1)
        self._place: Span | None = None

    # -- places

    def _column(self, line: int, column: int) -> int:
        if self._ascii:
            return column + 1
        return len(self._line(line).encode()[:column].decode(errors="replace")) + 1

    def _line(self, line: int) -> str:
        if self._lines is None:
            self._lines = self._text.split("\n")
        return self._lines[line - 1]

    def _span(self, node: Any, end: Any = None) -> Span:
        """The span of ``node``, or from its start to the end of ``end``."""
        if self._place is not None:
            return self._place
        if end is None:
            end = node
        if self._ascii:
            return Span(
                node.lineno + self._shift, node.col_offset + 1, end.end_lineno + self._shift, end.end_col_offset + 1
            )
        return Span(
            node.lineno + self._shift,
            self._column(node.lineno, node.col_offset),
            end.end_lineno + self._shift,
            self._column(end.end_lineno, end.end_col_offset),
        )

    def _keyword_span(self, node: ast.Try) -> Span:
        line, column = node.lineno + self._shift, self._column(node.lineno, node.col_offset)
        return Span(line, column, line, column + len("try"))

    def _header(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Span:
        """From ``def`` or ``class`` to the name."""
        column = self._column(node.lineno, node.col_offset)
        match = _HEADER.match(self._line(node.lineno), column - 1)
        end = match.end() if match is not None else column - 1 + len("def ")
        return Span(node.lineno + self._shift, column, node.lineno + self._shift, end + len(node.name) + 1)

    # -- blocks

    def block(self, body: Sequence[ast.stmt]) -> ir.Block:
        return tuple([self.statement(node) for node in body])

    def statement(self, node: ast.stmt) -> ir.Stmt:
        method = _STATEMENTS.get(type(node).__name__)
        if method is None:
            return ir.Jump("pass")
        try:
            return method(self, node)
        except RecursionError:
            # An expression nests more deeply than Python can follow: of this statement nothing is known.
            CODE_DEPTH.hit()
            return ir.Jump("pass")

    def expr(self, node: ast.expr) -> ir.Expr:
        method = _EXPRESSIONS.get(type(node).__name__)
        return ir.Opaque(()) if method is None else method(self, node)

    def optional(self, node: ast.expr | None) -> ir.Expr | None:
        return None if node is None else self.expr(node)

    def annotation(self, node: ast.expr) -> ir.Expr:
        before, self._annotating = self._annotating, True
        try:
            return self.expr(node)
        finally:
            self._annotating = before

    def _bind(self, name: str) -> None:
        self._scopes[-1].bound.add(name)

    # -- simple statements

    def s_assign(self, node: ast.Assign) -> ir.Stmt:
        value = self.expr(node.value)
        return ir.Assign(tuple([self.target(t) for t in node.targets]), value, self._span(node))

    def s_annotated(self, node: ast.AnnAssign) -> ir.Stmt:
        return ir.AnnAssign(
            self.target(node.target), self.annotation(node.annotation), self.optional(node.value), self._span(node)
        )

    def s_augmented(self, node: ast.AugAssign) -> ir.Stmt:
        return ir.AugAssign(
            self.target(node.target), _BINARY[type(node.op).__name__], self.expr(node.value), self._span(node)
        )

    def s_expression(self, node: ast.Expr) -> ir.Stmt:
        return ir.ExprStmt(self.expr(node.value), self._span(node))

    def s_return(self, node: ast.Return) -> ir.Stmt:
        return ir.Return(self.optional(node.value), self._span(node))

    def s_raise(self, node: ast.Raise) -> ir.Stmt:
        return ir.Raise(self.optional(node.exc), self._span(node), self.optional(node.cause))

    def s_delete(self, node: ast.Delete) -> ir.Stmt:
        parts: list[ast.expr] = []
        for target in node.targets:
            # ``del (a, b)`` and ``del a, b`` mean the same; deeper nests are left as they are.
            nested = isinstance(target, (ast.Tuple, ast.List)) and len(node.targets) == 1
            parts += target.elts if nested else [target]  # type: ignore[attr-defined]
        for part in parts:
            # ``del name`` makes the name local, as an assignment does.
            if isinstance(part, ast.Name):
                self._bind(part.id)
        return ir.Delete(tuple([self.expr(part) for part in parts]), self._span(node))

    def s_assert(self, node: ast.Assert) -> ir.Stmt:
        return ir.Assert(self.expr(node.test), self.optional(node.msg), self._span(node))

    def s_break(self, node: ast.Break) -> ir.Stmt:
        return ir.Jump("break")

    def s_continue(self, node: ast.Continue) -> ir.Stmt:
        return ir.Jump("continue")

    def s_global(self, node: ast.Global) -> ir.Stmt:
        self._scopes[-1].free.update(node.names)
        return ir.Global(tuple(node.names), False)

    def s_nonlocal(self, node: ast.Nonlocal) -> ir.Stmt:
        self._scopes[-1].free.update(node.names)
        return ir.Global(tuple(node.names), True)

    def s_import(self, node: ast.Import) -> ir.Stmt:
        names = []
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            names.append((alias.name, bound, alias.asname is not None))
            self._bind(bound)
        return ir.Import(tuple(names), self._span(node))

    def s_import_from(self, node: ast.ImportFrom) -> ir.Stmt:
        names = []
        for alias in node.names:
            bound = alias.asname or alias.name
            if bound != "*":
                self._bind(bound)
            names.append((alias.name, bound))
        return ir.ImportFrom(node.module or "", node.level, tuple(names), self._span(node))

    # -- compound statements

    def s_if(self, node: ast.If) -> ir.Stmt:
        # A long elif chain is a list in the source and a nest in the tree: unroll it without recursion.
        arms = []
        while True:
            arms.append((self.expr(node.test), self.block(node.body), self._span(node, node.test)))
            # ``else:`` with an ``if`` in it looks like an ``elif``: same meaning.
            if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                node = node.orelse[0]
                continue
            break
        orelse = self.block(node.orelse)
        for test, body, span in reversed(arms):
            orelse = (ir.If(test, body, orelse, span),)
        return orelse[0]

    def s_while(self, node: ast.While) -> ir.Stmt:
        return ir.While(
            self.expr(node.test), self.block(node.body), self.block(node.orelse), self._span(node, node.test)
        )

    def s_for(self, node: ast.For | ast.AsyncFor) -> ir.Stmt:
        iterated = self.expr(node.iter)
        return ir.For(
            self.target(node.target),
            iterated,
            self.block(node.body),
            self.block(node.orelse),
            isinstance(node, ast.AsyncFor),
            self._span(node, node.iter),
        )

    def s_with(self, node: ast.With | ast.AsyncWith) -> ir.Stmt:
        items = []
        for item in node.items:
            value = self.expr(item.context_expr)
            target = None if item.optional_vars is None else self.target(item.optional_vars)
            items.append((value, target, self._span(item.context_expr)))
        return ir.With(
            tuple(items),
            self.block(node.body),
            isinstance(node, ast.AsyncWith),
            self._span(node, node.items[-1].optional_vars or node.items[-1].context_expr),
        )

    def s_try(self, node: ast.Try) -> ir.Stmt:
        body = self.block(node.body)
        handlers = []
        for handler in node.handlers:
            kind = self.optional(handler.type)
            name = handler.name or ""
            if name:
                self._bind(name)
            handlers.append(ir.Handler(kind, name, self.block(handler.body)))
        orelse, final = self.block(node.orelse), self.block(node.finalbody)
        return ir.Try(body, tuple(handlers), orelse, final, self._keyword_span(node))

    def s_match(self, node: ast.Match) -> ir.Stmt:
        subject = self.expr(node.subject)
        self._matched = self._span(node.subject)
        cases = []
        for case in node.cases:
            pattern = self._pattern(case.pattern, subject)
            for name, _ in pattern.binds:
                self._bind(name)
            cases.append(ir.Case(pattern, self.optional(case.guard), self.block(case.body)))
        return ir.Match(subject, tuple(cases), self._span(node, node.subject))

    # -- patterns: ``value`` is the expression that is matched

    def _pattern(self, node: ast.pattern, value: ir.Expr) -> ir.Pattern:
        method: Callable[[_Lowering, Any, ir.Expr], ir.Pattern] = _PATTERNS[type(node).__name__]
        return method(self, node, value)

    def p_named(self, node: ast.MatchAs, value: ir.Expr) -> ir.Pattern:
        inner = patterns.ANYTHING if node.pattern is None else self._pattern(node.pattern, value)
        return inner if node.name is None else patterns.named(node.name, inner, value)

    def p_value(self, node: ast.MatchValue, value: ir.Expr) -> ir.Pattern:
        return patterns.equal(value, self.expr(node.value))

    def p_singleton(self, node: ast.MatchSingleton, value: ir.Expr) -> ir.Pattern:
        return patterns.same(value, ir.Const(node.value))

    def p_sequence(self, node: ast.MatchSequence, value: ir.Expr) -> ir.Pattern:
        out = []
        star = next((i for i, p in enumerate(node.patterns) if isinstance(p, ast.MatchStar)), None)
        for position, part in enumerate(node.patterns):
            if isinstance(part, ast.MatchStar):
                out.append(patterns.rest(part.name or "", value, self._matched))
            else:
                item = patterns.item(value, position, star, len(node.patterns), self._matched)
                out.append(self._pattern(part, item))
        return patterns.sequence(value, out, star)

    def p_mapping(self, node: ast.MatchMapping, value: ir.Expr) -> ir.Pattern:
        keys = [self.expr(key) for key in node.keys]
        out = [
            patterns.key(key, self._pattern(part, ir.Subscript(value, key, self._matched)))
            for key, part in zip(keys, node.patterns, strict=True)
        ]
        if node.rest is not None:
            out.append(patterns.named(node.rest, patterns.ANYTHING, value))
        return patterns.parts(out)

    def p_instance(self, node: ast.MatchClass, value: ir.Expr) -> ir.Pattern:
        cls, span = self.expr(node.cls), self._span(node)
        matched = ir.Narrowed(value, cls)
        out = [
            self._pattern(part, ir.Positional(matched, position, span)) for position, part in enumerate(node.patterns)
        ]
        keywords = zip(node.kwd_attrs, node.kwd_patterns, strict=True)
        out += [self._pattern(part, ir.Attr(matched, name, span)) for name, part in keywords]
        return patterns.instance(cls, out)

    def p_alternatives(self, node: ast.MatchOr, value: ir.Expr) -> ir.Pattern:
        return patterns.any_of([self._pattern(part, value) for part in node.patterns])

    def s_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ir.Stmt:
        self._bind(node.name)
        decorators = tuple([self.expr(d) for d in node.decorator_list])
        function = self._function(
            node.name,
            node.args,
            lambda: self.block(node.body),
            node.returns,
            decorators,
            isinstance(node, ast.AsyncFunctionDef),
            self._header(node),
        )
        return ir.FunctionDef(function)

    def s_class(self, node: ast.ClassDef) -> ir.Stmt:
        self._bind(node.name)
        bases = self._arguments(node.bases, [])
        keywords = tuple([self._keyword(k) for k in node.keywords])
        decorators = tuple([self.expr(d) for d in node.decorator_list])
        self._scopes.append(_Scope())
        body = self.block(node.body)
        self._scopes.pop()
        return ir.ClassDef(node.name, bases + keywords, decorators, body, self._header(node))

    # -- functions

    def _function(
        self,
        name: str,
        params: ast.arguments,
        body: Callable[[], ir.Block],
        returns: ast.expr | None,
        decorators: tuple[ir.Expr, ...],
        is_async: bool,
        span: Span,
    ) -> ir.Function:
        lowered = self._parameters(params)
        returned = None if returns is None else self.annotation(returns)
        scope = _Scope()
        self._scopes.append(scope)
        scope.bound.update([p.name for p in lowered])
        block = body()
        self._scopes.pop()
        bound = frozenset(scope.bound - scope.free)
        return ir.Function(name, lowered, block, returned, decorators, is_async, scope.is_generator, bound, span)

    def _parameters(self, params: ast.arguments) -> tuple[ir.Param, ...]:
        plain: list[tuple[ast.arg, ir.ParamKind]] = [(p, "pos") for p in params.posonlyargs]
        plain += [(p, "any") for p in params.args]
        none: list[ast.expr | None] = [None]
        defaults = none * (len(plain) - len(params.defaults)) + list(params.defaults)
        out = [self._param(p, kind, d) for (p, kind), d in zip(plain, defaults, strict=True)]
        if params.vararg is not None:
            out.append(self._param(params.vararg, "*", None))
        out += [self._param(p, "kw", d) for p, d in zip(params.kwonlyargs, params.kw_defaults, strict=True)]
        if params.kwarg is not None:
            out.append(self._param(params.kwarg, "**", None))
        return tuple(out)

    def _param(self, param: ast.arg, kind: ir.ParamKind, default: ast.expr | None) -> ir.Param:
        annotation = None if param.annotation is None else self.annotation(param.annotation)
        return ir.Param(param.arg, kind, annotation, self.optional(default))

    # -- targets

    def target(self, node: ast.expr) -> ir.Expr:
        """Lower an assignment target; the names in it become local."""
        if isinstance(node, ast.Name):
            self._bind(node.id)
        elif isinstance(node, (ast.Tuple, ast.List)):
            return ir.Display(
                "tuple",
                tuple(
                    [
                        ir.Starred(self.target(e.value)) if isinstance(e, ast.Starred) else self.target(e)
                        for e in node.elts
                    ]
                ),
                self._span(node),
            )
        return self.expr(node)

    # -- expressions

    def e_name(self, node: ast.Name) -> ir.Expr:
        return ir.Name(node.id, self._span(node))

    def e_constant(self, node: ast.Constant) -> ir.Expr:
        value = node.value
        if type(value) is complex:
            return ir.Opaque(())
        if self._annotating and type(value) is str:
            return self._forward_reference(value, node) or ir.Const(value)
        return ir.Const(value)

    def _forward_reference(self, text: str, node: ast.Constant) -> ir.Expr | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expression = ast.parse(text.strip(), mode="eval").body
        except FAILURES as error:
            of_text(text, error)
            return None
        # Its nodes are not part of the slice: all of them stand where the string stands.
        before, self._place = self._place, self._span(node)
        try:
            return self.expr(expression)
        finally:
            self._place = before

    def e_formatted(self, node: ast.JoinedStr) -> ir.Expr:
        return ir.text(self._parts(node))

    def _parts(self, node: ast.JoinedStr) -> Iterator[ir.Expr]:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                conversion = _CONVERSION[part.conversion]
                inner = self._parts(part.format_spec) if isinstance(part.format_spec, ast.JoinedStr) else ()
                spec = tuple(field for field in inner if isinstance(field, ir.Formatted))
                yield ir.Formatted(self.expr(part.value), conversion, spec, self._span(part.value))
            elif isinstance(part, ast.Constant):
                yield ir.Const(part.value)

    def e_attribute(self, node: ast.Attribute) -> ir.Expr:
        return ir.Attr(self.expr(node.value), node.attr, self._span(node))

    def e_call(self, node: ast.Call) -> ir.Expr:
        func = self.expr(node.func)
        return ir.Call(func, self._arguments(node.args, node.keywords), self._span(node))

    def _arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> tuple[ir.Arg, ...]:
        if keywords and args:
            first = keywords[0].value
            last = args[-1]
            if (first.lineno, first.col_offset) < (last.lineno, last.col_offset):
                # ``f(a=1, *b)``: in the order of the source.
                mixed: list[ast.expr | ast.keyword] = [*args, *keywords]
                mixed.sort(key=_place_of)
                return tuple([self._keyword(a) if isinstance(a, ast.keyword) else self._positional(a) for a in mixed])
        return tuple([self._positional(a) for a in args] + [self._keyword(k) for k in keywords])

    def _positional(self, node: ast.expr) -> ir.Arg:
        if isinstance(node, ast.Starred):
            return ir.Arg(self.expr(node.value), "", "*")
        return ir.Arg(self.expr(node))

    def _keyword(self, node: ast.keyword) -> ir.Arg:
        return ir.Arg(self.expr(node.value), node.arg or "", "" if node.arg else "**")

    def e_lambda(self, node: ast.Lambda) -> ir.Expr:
        def body() -> ir.Block:
            return (ir.Return(self.expr(node.body), self._span(node.body)),)

        return ir.Lambda(self._function("<lambda>", node.args, body, None, (), False, self._span(node)))

    def _elements(self, elements: Sequence[ast.expr]) -> tuple[ir.Expr, ...]:
        return tuple([ir.Starred(self.expr(e.value)) if isinstance(e, ast.Starred) else self.expr(e) for e in elements])

    def e_tuple(self, node: ast.Tuple) -> ir.Expr:
        return ir.Display("tuple", self._elements(node.elts), self._span(node))

    def e_list(self, node: ast.List) -> ir.Expr:
        return ir.Display("list", self._elements(node.elts), self._span(node))

    def e_set(self, node: ast.Set) -> ir.Expr:
        return ir.Display("set", self._elements(node.elts), self._span(node))

    def e_dict(self, node: ast.Dict) -> ir.Expr:
        items = [(self.optional(key), self.expr(value)) for key, value in zip(node.keys, node.values, strict=True)]
        return ir.DictDisplay(tuple(items), self._span(node))

    def e_subscript(self, node: ast.Subscript) -> ir.Expr:
        return ir.Subscript(self.expr(node.value), self.expr(node.slice), self._span(node))

    def e_slice(self, node: ast.Slice) -> ir.Expr:
        given = [(at, p) for at, p in enumerate((node.lower, node.upper, node.step)) if p is not None]
        return ir.Slice(tuple([self.expr(p) for _, p in given]), tuple([at for at, _ in given]))

    def e_boolean(self, node: ast.BoolOp) -> ir.Expr:
        op: ir.BoolOp = "and" if isinstance(node.op, ast.And) else "or"
        first, *rest = node.values
        value = self.expr(first)
        for operand in rest:
            value = ir.Bool(op, value, self.expr(operand))
        return value

    def e_unary(self, node: ast.UnaryOp) -> ir.Expr:
        value = self.expr(node.operand)
        if isinstance(node.op, ast.Not):
            return ir.Not(value)
        if isinstance(node.op, ast.USub) and isinstance(value, ir.Const) and isinstance(value.value, (int, float)):
            return ir.Const(-value.value)
        return ir.Unary(_UNARY[type(node.op).__name__], value, self._span(node))

    def e_compare(self, node: ast.Compare) -> ir.Expr:
        return ir.Compare(
            self.expr(node.left),
            tuple(
                [
                    (_COMPARISON[type(op).__name__], self.expr(value))
                    for op, value in zip(node.ops, node.comparators, strict=True)
                ]
            ),
        )

    def e_binary(self, node: ast.BinOp) -> ir.Expr:
        # ``a + b + c + ...`` nests to the left: walk down without recursion.
        chain = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        value = self.expr(left)
        for operation in reversed(chain):
            value = ir.Binary(
                value, _BINARY[type(operation.op).__name__], self.expr(operation.right), self._span(operation)
            )
        return value

    def e_conditional(self, node: ast.IfExp) -> ir.Expr:
        return ir.IfExp(self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    def e_await(self, node: ast.Await) -> ir.Expr:
        return ir.Await(self.expr(node.value), self._span(node))

    def e_yield(self, node: ast.Yield | ast.YieldFrom) -> ir.Expr:
        self._scopes[-1].is_generator = True
        return ir.Yield(self.optional(node.value), isinstance(node, ast.YieldFrom), self._span(node))

    def e_walrus(self, node: ast.NamedExpr) -> ir.Expr:
        value = self.expr(node.value)
        self._bind(node.target.id)
        return ir.Walrus(node.target.id, value)

    def e_starred(self, node: ast.Starred) -> ir.Expr:
        return ir.Starred(self.expr(node.value))

    def _comprehension(
        self, kind: ir.ComprehensionKind, node: ast.expr, clauses: list[ast.comprehension], *parts: ast.expr
    ) -> ir.Expr:
        # A comprehension is a scope of its own: its targets do not become locals of the function.
        self._scopes.append(_Scope())
        lowered = []
        for clause in clauses:
            iterated = self.expr(clause.iter)
            target = self.target(clause.target)
            ifs = tuple([self.expr(condition) for condition in clause.ifs])
            lowered.append(ir.For_(target, iterated, ifs, bool(clause.is_async)))
        elements = tuple([self.expr(e) for e in parts])
        self._scopes.pop()
        # Of a generator, parentheses belong to the call or to itself: its place is that of its element.
        span = self._span(parts[0]) if kind == "generator" else self._span(node)
        return ir.Comprehension(kind, elements, tuple(lowered), span)

    def e_list_comprehension(self, node: ast.ListComp) -> ir.Expr:
        return self._comprehension("list", node, node.generators, node.elt)

    def e_set_comprehension(self, node: ast.SetComp) -> ir.Expr:
        return self._comprehension("set", node, node.generators, node.elt)

    def e_generator(self, node: ast.GeneratorExp) -> ir.Expr:
        return self._comprehension("generator", node, node.generators, node.elt)

    def e_dict_comprehension(self, node: ast.DictComp) -> ir.Expr:
        # ``{**mapping for ...}`` (Python 3.15) has no value.
        parts = [node.key] if node.value is None else [node.key, node.value]
        return self._comprehension("dict", node, node.generators, *parts)


def _place_of(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return (node.lineno, node.col_offset)


#: LibCST's words for operators, by ``ast``'s.
_BINARY: dict[str, ir.BinaryOp] = {
    "Add": "Add",
    "Sub": "Subtract",
    "Mult": "Multiply",
    "MatMult": "MatrixMultiply",
    "Div": "Divide",
    "Mod": "Modulo",
    "Pow": "Power",
    "LShift": "LeftShift",
    "RShift": "RightShift",
    "BitOr": "BitOr",
    "BitXor": "BitXor",
    "BitAnd": "BitAnd",
    "FloorDiv": "FloorDivide",
}
#: ``FormattedValue.conversion`` is -1, or the code of a letter.
_CONVERSION: dict[int, ir.Conversion] = {-1: "", ord("s"): "s", ord("r"): "r", ord("a"): "a"}
_UNARY: dict[str, ir.UnaryOp] = {"UAdd": "Plus", "USub": "Minus", "Invert": "BitInvert"}
_COMPARISON: dict[str, ir.CompareOp] = {
    "Eq": "Equal",
    "NotEq": "NotEqual",
    "Lt": "LessThan",
    "LtE": "LessThanEqual",
    "Gt": "GreaterThan",
    "GtE": "GreaterThanEqual",
    "Is": "Is",
    "IsNot": "IsNot",
    "In": "In",
    "NotIn": "NotIn",
}

_STATEMENTS: dict[str, Callable[[_Lowering, Any], ir.Stmt]] = methods(_Lowering, "s_", STATEMENTS, "ast")
_EXPRESSIONS: dict[str, Callable[[_Lowering, Any], ir.Expr]] = methods(_Lowering, "e_", EXPRESSIONS, "ast")
_PATTERNS: dict[str, Callable[[_Lowering, Any, ir.Expr], ir.Pattern]] = methods(_Lowering, "p_", PATTERNS, "ast")
