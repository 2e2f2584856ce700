"""Exceptions that a function raises itself, by ``raise``, and does not catch; ``import`` statements at exit among them.

What only depends on how a function is called (it checks its arguments), what a handler raises again, and abstract
methods that a subclass overrides say nothing about this finalizer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted, receiver_of
from finlint.analysis.domain.values import Class, Object, is_known
from finlint.analysis.evaluation import flags
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.program.leaving import leaves, suppressing
from finlint.analysis.program.statements import (
    expressions_in,
    flat_statements,
    last_name,
    parts_of,
    run_blocks,
)
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.limits import ESCAPE_DEPTH
from finlint.model.outline import stmt_span
from finlint.model.source import Span

_ENDS = ("StopIteration", "StopAsyncIteration")
_STEPS = ("__next__", "next", "__anext__")
_CATCH_ALL = frozenset({"Exception", "BaseException"})


class Escape(NamedTuple):
    what: str
    path: str
    span: Span
    #: Where the callback's own body calls what raises (the ``raise`` itself, where it stands there).
    at: Span
    at_path: str


def escapes(context: CallContext, evaluator: Evaluator, summaries: Summaries) -> Iterator[Escape]:
    """Explicit exceptions that leave ``context``, raised there or in functions that it calls outside any ``try``."""
    yield from _Escapes(context, evaluator, summaries).of(context, 0)


def imports(context: CallContext, evaluator: Evaluator, summaries: Summaries) -> Iterator[Escape]:
    """``import`` statements, there or in functions that it calls, whose ImportError leaves ``context``; ``what`` is the
    module. Those behind a question whether the interpreter is finalizing are left out."""
    yield from _Escapes(context, evaluator, summaries, of_imports=True).of(context, 0)


class _Escapes:
    def __init__(
        self, root: CallContext, evaluator: Evaluator, summaries: Summaries, *, of_imports: bool = False
    ) -> None:
        self.root = root
        self.of_imports = of_imports
        self.evaluator = evaluator
        self.summaries = summaries
        self.seen = {root}
        #: Attributes that the functions on the way here have asked about: they call where it is right to.
        self.asked: set[str] = set()

    def of(self, context: CallContext, depth: int) -> Iterator[Escape]:
        function = context.function
        if function is None or function.ir.is_generator or function.ir.is_async:
            return
        if depth and _is_abstract(function) and self._is_overridden(context, function):
            return
        if self.of_imports and _asks_for_the_exit(function):
            return
        walk = _Walk(context, self.evaluator)
        walk.block(function.ir.body)
        path = context.module.path
        for raised in walk.raised:
            if bool(raised.module) is not self.of_imports:
                continue
            if raised.module:
                if not raised.in_handler:
                    yield Escape(raised.module, path, raised.span, raised.span, path)
                continue
            if depth and (raised.what == "TypeError" or raised.in_handler):
                # Wrong calls, and other names for what a library raised.
                continue
            if not _asks_for_something_else(raised.test, function, depth) and not self._is_settled(raised.test):
                yield Escape(raised.what, path, raised.span, raised.span, path)
        edges = self.summaries.of(context).edges if walk.open_spans else ()
        raising = [edge for edge in edges if any(_contains(open_, edge.span) for open_ in walk.open_spans)]
        if not raising or ESCAPE_DEPTH.reached(depth):
            return
        for edge in raising:
            if edge.target in self.seen:
                continue
            self.seen.add(edge.target)
            self.asked |= function.tested
            for inner in self.of(edge.target, depth + 1):
                yield inner._replace(at=edge.span, at_path=path)

    def _is_settled(self, test: ir.Expr | None) -> bool:
        """Whether a condition asks for what a caller has asked before it called."""
        return test is not None and any(isinstance(e, ir.Attr) and e.name in self.asked for e in parts_of(test))

    def _is_overridden(self, context: CallContext, function: FunctionNode) -> bool:
        """Whether another class than the finalizer's own is meant, or a subclass in reach has the method."""
        receiver, owner = _receiver(context), _receiver(self.root)
        if receiver is None or owner is None or receiver.cls != owner.cls:
            return True
        cls = owner.cls
        module = cls.node.module
        for other in (module, *self.evaluator.project.mentioning(cls.node.name, module)):
            for node in other.classes_on(other.source.lines("words", function.name)):
                subclass = Class(node, self.evaluator.binding.module_context(other))
                if (
                    node is not cls.node
                    and function.name in node.members
                    and cls in self.evaluator.classes.mro(subclass)
                ):
                    return True
        return False


#: What tells whether the interpreter is about to end.
_EXIT = frozenset({"is_finalizing", "_is_finalizing", "meta_path", "Py_IsFinalizing"})


def _asks_for_the_exit(function: FunctionNode) -> bool:
    """Whether a function looks at whether the interpreter is about to end."""
    stmts = flat_statements(function.ir.body)
    return any(last_name(expr) in _EXIT for stmt in stmts for expr in expressions_in(stmt))


def _receiver(context: CallContext) -> Object | None:
    """The instance that a method runs on."""
    return receiver_of(context) if context.function is not None and context.function.owner is not None else None


def _is_abstract(function: FunctionNode) -> bool:
    """A body of ``raise NotImplementedError`` alone."""
    body = [s for s in function.ir.body if not (isinstance(s, ir.ExprStmt) and isinstance(s.value, ir.Const))]
    return len(body) == 1 and isinstance(body[0], ir.Raise) and _named(body[0].value) == "NotImplementedError"


def _named(value: ir.Expr | None) -> str:
    raised = value.func if isinstance(value, ir.Call) else value
    return dotted(raised) if raised is not None else ""


def _asks_for_something_else(test: ir.Expr | None, function: FunctionNode, depth: int) -> bool:
    """Whether a condition is not about the object: in the callback about its arguments, further on about anything
    else, which a caller that is right has settled."""
    if test is None:
        return False
    params = [p.name for p in function.ir.params]
    me = params[0] if params and function.owner is not None else ""
    asked = depth > 0
    for node in parts_of(test):
        if isinstance(node, ir.Name):
            if node.id == me:
                return False
            asked = asked or node.id in params
    return asked


class _Raised(NamedTuple):
    what: str
    span: Span
    #: The innermost condition that it stands under, where nothing is known of it.
    test: ir.Expr | None
    in_handler: bool
    #: The module, where an import raises it.
    module: str = ""


class _Walk:
    def __init__(self, context: CallContext, evaluator: Evaluator) -> None:
        self.state = EvalState(context, {name: value for name, value in context.params if is_known(value)})
        self.module = context.module
        self.evaluator = evaluator
        self.raised: list[_Raised] = []
        self.test: ir.Expr | None = None
        #: Names under which handlers caught an exception.
        self.caught: set[str] = set()
        self.in_handler = False
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
        """Kinds of statements are told apart where they raise or leave, or decide what is run; all others may raise in
        what they evaluate, and run what is in them."""
        self._set(stmt)
        self.open_spans.extend(_spans(stmt))
        if isinstance(stmt, ir.Raise):
            self._raise(stmt)
        elif isinstance(stmt, (ir.Import, ir.ImportFrom)):
            name = stmt.names[0][0] if isinstance(stmt, ir.Import) else "." * stmt.level + stmt.module
            self.raised.append(_Raised("ImportError", stmt.span, self.test, self.in_handler, name))
        elif isinstance(stmt, ir.Return):
            self.left = True
        elif isinstance(stmt, ir.If):
            self._if(stmt)
        elif isinstance(stmt, ir.Try):
            self._try(stmt)
        elif isinstance(stmt, ir.With):
            attempt = suppressing(stmt, self.module)
            if attempt is None:
                self.block(stmt.body)
            else:
                self._try(attempt)
        else:
            for inner in run_blocks(stmt):
                self.branch(inner)
            self.left = leaves((stmt,), self.module)

    def _raise(self, stmt: ir.Raise) -> None:
        what = _named(stmt.value)
        self.left = True
        if what.rpartition(".")[2] in _ENDS and self.state.context.function.name in _STEPS:  # type: ignore[union-attr]
            # That is how an iterator says that it is at its end.
            return
        if stmt.value is not None and what not in self.caught:
            self.raised.append(_Raised(what or "an exception", stmt.span, self.test, self.in_handler))

    def _if(self, stmt: ir.If) -> None:
        tested = self.evaluator.expressions.eval(stmt.test, self.state)
        verdict = self.evaluator.conditions.verdict(stmt.test, tested, self.state)
        outer = self.test
        self.test = stmt.test if verdict is None else outer
        body = self.branch(stmt.body) if verdict is not False else True
        other = self.branch(stmt.orelse) if verdict is not True else True
        self.test = outer
        self.left = body and other

    def _set(self, stmt: ir.Stmt) -> None:
        """Forget what was known of the attributes that a statement sets."""
        for bound in bound_singly(stmt):
            if isinstance(bound.target, ir.Attr) and self.state.env is not None:
                flags.forget_named(bound.target.name, self.state.env)

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
                self.raised.extend(r for r in raised if _is_unrelated(r.what, names))
        handled = True
        for handler in stmt.handlers:
            self.caught.add(handler.name or "")
            outer, self.in_handler = self.in_handler, True
            handled = self.branch(handler.body) and handled
            self.in_handler = outer
        if not left:
            left = self.branch(stmt.orelse)
        if leaves(stmt.final, self.module):
            # ``finally: return`` ends what was raised, too.
            del self.raised[before:]
            del self.open_spans[open_before:]
        final = self.branch(stmt.final)
        self.left = (left and handled) or final


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
    "ImportError": set(),
}


def _is_unrelated(raised: str, caught: set[str]) -> bool:
    """Whether a builtin exception is certainly none of those that are caught."""
    parents = _BUILTIN_ERRORS.get(raised)
    return parents is not None and caught <= _BUILTIN_ERRORS.keys() and raised not in caught and not parents & caught


def _spans(stmt: ir.Stmt) -> Iterator[Span]:
    """Where a statement itself may raise: its header and what stands outside of that, such as a guard."""
    yield stmt_span(stmt)
    yield from (span for expr in expressions_in(stmt) if (span := getattr(expr, "span", None)) is not None)


def _contains(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
