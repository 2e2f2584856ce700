"""What a function does that asks a dead weak reference for its object: it fails, or it has nothing left to do.

A function that looks after the rest all the same (it takes the entry out of a table, it closes what it was given beside
the reference) is right to ask, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted, place
from finlint.analysis.domain.values import NONE, Bound, Function, Lib, LibMethod, LibObject, Returning, Value
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.program.definitions import giving
from finlint.analysis.program.leaving import suppressing
from finlint.analysis.program.statements import children, expressions_in, flat_statements, inner_blocks
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.dead_references import DeadKind, dead_names
from finlint.model import ir
from finlint.model.source import Span

#: Calls that change nothing which outlives the callback.
_LOOKS = frozenset(
    f"builtins.{name}"
    for name in ("bool", "callable", "getattr", "hasattr", "id", "isinstance", "len", "print", "repr", "str", "type")
) | {"contextlib.suppress", "warnings.warn"}
_CATCH_ALL = frozenset({"BaseException", "Exception"})
#: Other exceptions than those, so that a handler of one of them does not catch what a dead reference raises.
_OTHERS = frozenset({"ImportError", "IndexError", "KeyError", "OSError", "RuntimeError", "ValueError"})
_OF_NONE = frozenset(dir(None))


class InVain(NamedTuple):
    """``what`` uses the object in vain, at ``span`` of ``path``. ``error`` is the exception that it raises, "" where it
    is not reached; ``caught``: the function catches it. Where that is so, and where it is not reached, nothing else is
    done. ``certain``: no condition decides whether it is so."""

    what: str
    error: str
    path: str
    span: Span
    certain: bool = True
    caught: bool = False


def of_finalizer(finalizer: Finalizer, evaluator: Evaluator) -> InVain | None:
    """What a registration's callback does in vain when its object has died, whose weak references refer to nothing."""
    registration = finalizer.registration
    dead = dead_names(registration, evaluator) if registration is not None else None
    if dead is None:
        return None
    function, names = dead
    contexts = [e.target for e in finalizer.summary.edges if e.target.function is function.node]
    parent = function.context if function.context.function is not None else None
    context = contexts[0] if contexts else evaluator.binding.generic_context(function.node, parent)
    return asked_in_vain(context, names, evaluator)


def asked_in_vain(context: CallContext, dead: Mapping[str, DeadKind], evaluator: Evaluator) -> InVain | None:
    """What a call of ``context.function`` does in vain whose names ``dead`` refer to nothing."""
    walk = _Walk(evaluator, set())
    walk.function(context, dead)
    if walk.failures:
        return next((failure for failure in walk.failures if failure.certain), walk.failures[0])
    return walk.vain[0] if walk.vain and not walk.does_something else None


class _Walk:
    """One way through a function and those that it hands dead references on to."""

    def __init__(self, evaluator: Evaluator, seen: set[FunctionNode]) -> None:
        self.evaluator = evaluator
        self.seen = seen
        self.failures: list[InVain] = []
        self.vain: list[InVain] = []
        #: Whether something is done that has nothing to do with the object.
        self.does_something = False

    def function(self, context: CallContext, dead: Mapping[str, DeadKind]) -> None:
        function = context.function
        if function is None or function in self.seen or function.ir.is_async or function.ir.is_generator:
            self.does_something = True
            return
        self.seen.add(function)
        rebound = function.index.names.keys() | function.index.globals
        kept = {name: kind for name, kind in dead.items() if name not in rebound}
        if kept:
            _Body(self, context, kept).block(function.ir.body)
        else:
            self.does_something = True


class _Body:
    def __init__(self, walk: _Walk, context: CallContext, dead: Mapping[str, DeadKind]) -> None:
        assert context.function is not None
        self.walk = walk
        self.context = context
        self.node = context.function
        self.evaluator = walk.evaluator
        self.references = {name for name, kind in dead.items() if kind == "reference"}
        self.proxies = {name for name, kind in dead.items() if kind == "proxy"}
        #: Variables that are None, because they are what a reference gave.
        self.nothing: frozenset[str] = frozenset()
        self._find_nothing()
        self.state = EvalState(
            context, {**dict.fromkeys(self.references, Returning(NONE)), **dict.fromkeys(self.nothing, NONE)}
        )
        self.left = False
        self.certain = True

    def _find_nothing(self) -> None:
        index = self.node.index
        params = {p.name for p in self.node.ir.params}
        names = index.names.keys() - index.globals - index.shared - params
        while True:
            found = frozenset(
                name
                for name in names
                if (given := giving(index.names[name]))
                and all(d.how == "value" and not d.path and self._gives_nothing(d.node) for d in given)
                and any(not isinstance(d.node, ir.Const) for d in given)
            )
            if found == self.nothing:
                return
            self.nothing = found

    def _gives_nothing(self, expr: object) -> bool:
        """Whether an expression is None, because the references are dead (or None itself)."""
        if isinstance(expr, ir.Name):
            return expr.id in self.nothing
        if isinstance(expr, ir.Call):
            return isinstance(expr.func, ir.Name) and expr.func.id in self.references and not expr.args
        if isinstance(expr, ir.Walrus):
            return self._gives_nothing(expr.value)
        if isinstance(expr, ir.IfExp):
            return self._gives_nothing(expr.body) and self._gives_nothing(expr.orelse)
        return isinstance(expr, ir.Const) and expr.value is None

    def _is_the_object(self, expr: ir.Expr) -> bool:
        """Whether an expression is meant to be the object, and is not."""
        if isinstance(expr, ir.Name) and expr.id in self.proxies:
            return True
        return not isinstance(expr, ir.Const) and self._gives_nothing(expr)

    # -- what is reached

    def block(self, block: ir.Block) -> None:
        for stmt in block:
            if self.left:
                self._not_reached((stmt,))
            else:
                self._statement(stmt)

    def _branch(self, block: ir.Block, certain: bool = False) -> bool:
        """Run a block, which need not be reached unless it is ``certain``; whether it leaves what it stands in."""
        before, self.certain = self.certain, self.certain and certain
        self.block(block)
        left, self.left, self.certain = self.left, False, before
        return left

    def _statement(self, stmt: ir.Stmt) -> None:
        if isinstance(stmt, ir.If):
            self._if(stmt)
        elif isinstance(stmt, ir.While):
            self._expression(stmt.test)
            if self._verdict(stmt.test) is False:
                self._not_reached(stmt.body)
            else:
                self._branch(stmt.body)
            self._branch(stmt.orelse)
        elif isinstance(stmt, ir.Try):
            self._try(stmt)
        elif isinstance(stmt, ir.With):
            for value, _, span in stmt.items:
                self._expression(value)
                if self._is_the_object(value):
                    self._fails(value, self._error(value, "TypeError"), span)
            attempt = suppressing(stmt, self.node.module)
            if attempt is None:
                self.block(stmt.body)
            else:
                self._try(attempt)
        elif isinstance(stmt, (ir.For, ir.Match)):
            for expr in (stmt.iter,) if isinstance(stmt, ir.For) else (stmt.subject,):
                self._expression(expr)
            for inner in inner_blocks(stmt):
                self._branch(inner)
        else:
            self._simple(stmt)

    def _simple(self, stmt: ir.Stmt) -> None:
        if isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.AugAssign, ir.ExprStmt, ir.Return, ir.Raise)):
            if stmt.value is not None:
                self._expression(stmt.value)
            targets = stmt.targets if isinstance(stmt, ir.Assign) else ()
            if isinstance(stmt, (ir.AnnAssign, ir.AugAssign)):
                targets = (stmt.target,)
            for target in targets:
                self._store(target)
        elif isinstance(stmt, ir.Assert):
            self._expression(stmt.test)
            if self._verdict(stmt.test) is False:
                self._fails(stmt.test, "AssertionError", place(stmt.test))
        elif isinstance(stmt, ir.Delete):
            for target in stmt.targets:
                self._store(target)
        if isinstance(stmt, (ir.Return, ir.Raise)) or (isinstance(stmt, ir.Jump) and stmt.kind != "pass"):
            self.walk.does_something |= isinstance(stmt, ir.Raise)
            self.left = True

    def _store(self, target: ir.Expr) -> None:
        """What is stored in a variable dies with the callback."""
        index = self.node.index
        if isinstance(target, ir.Name):
            self.walk.does_something |= target.id in index.globals
        elif isinstance(target, ir.Attr) and self._is_the_object(target.value):
            self._expression(target.value)
            self._fails(target, self._error(target.value, "AttributeError"), target.span)
        elif isinstance(target, ir.Display):
            for item in target.items:
                self._store(item)
        else:
            self.walk.does_something = True

    def _if(self, stmt: ir.If) -> None:
        self._expression(stmt.test)
        verdict = self._verdict(stmt.test)
        ends = []
        for wanted, block in ((True, stmt.body), (False, stmt.orelse)):
            if verdict is not None and verdict is not wanted:
                self._not_reached(block)
            else:
                ends.append(self._branch(block, certain=verdict is not None))
        self.left = all(ends)

    def _try(self, stmt: ir.Try) -> None:
        if stmt.handlers:
            before = len(self.walk.failures)
            left = self._branch(stmt.body, certain=True)
            raised = self.walk.failures[before:]
            caught = [f for f in raised if any(_catches(handler, f.error) for handler in stmt.handlers)]
            if caught:
                self._are_in_vain(caught)
                ends = [self._branch(handler.body) for handler in stmt.handlers]
                left = all(ends)
            else:
                left = self._branch(stmt.orelse, certain=True) or left
        else:
            left = self._branch(stmt.body, certain=True)
        final = self._branch(stmt.final, certain=True)
        self.left = left or final

    def _are_in_vain(self, caught: list[InVain]) -> None:
        self.walk.failures = [failure for failure in self.walk.failures if failure not in caught]
        self.walk.vain += [failure._replace(caught=True) for failure in caught]

    def _verdict(self, test: ir.Expr) -> bool | None:
        return self.evaluator.conditions.verdict(test, self.evaluator.expressions.eval(test, self.state), self.state)

    # -- expressions, in the order in which they are evaluated

    def _expression(self, expr: ir.Expr) -> None:
        if isinstance(expr, (ir.Bool, ir.IfExp)):
            self._choice(expr)
            return
        before, self.certain = self.certain, self.certain and not isinstance(expr, ir.Comprehension)
        for part in children(expr):
            self._expression(part)
        self.certain = before
        if isinstance(expr, ir.Attr) and self._is_the_object(expr.value):
            if self._error(expr.value, "") or expr.name not in _OF_NONE:
                self._fails(expr, self._error(expr.value, "AttributeError"), expr.span)
        elif isinstance(expr, ir.Subscript) and self._is_the_object(expr.value):
            self._fails(expr, self._error(expr.value, "TypeError"), expr.span)
        elif isinstance(expr, ir.Call):
            self._call(expr)
        elif isinstance(expr, (ir.Await, ir.Yield)):
            self.walk.does_something = True

    def _choice(self, expr: ir.Bool | ir.IfExp) -> None:
        test = expr.left if isinstance(expr, ir.Bool) else expr.test
        self._expression(test)
        verdict = self._verdict(test)
        if isinstance(expr, ir.Bool):
            parts = [(expr.op == "and", expr.right)]
        else:
            parts = [(True, expr.body), (False, expr.orelse)]
        before = self.certain
        for wanted, part in parts:
            if verdict is not None and verdict is not wanted:
                self._not_evaluated(part)
            else:
                self.certain = before and verdict is not None
                self._expression(part)
        self.certain = before

    def _call(self, call: ir.Call) -> None:
        if self._gives_nothing(call):
            return
        if self._is_the_object(call.func):
            self._fails(call, self._error(call.func, "TypeError"), call.span)
            return
        if isinstance(call.func, ir.Attr) and self._is_the_object(call.func.value):
            return
        function = self.evaluator.expressions.eval(call.func, self.state)
        if _only_looks(function):
            return
        handed_on = self._handed_on(call, function)
        if handed_on is None:
            self.walk.does_something = True
        else:
            before = len(self.walk.failures)
            self.walk.function(*handed_on)
            self.walk.failures[before:] = [
                failure._replace(certain=failure.certain and self.certain) for failure in self.walk.failures[before:]
            ]

    def _handed_on(self, call: ir.Call, function: Value) -> tuple[CallContext, dict[str, DeadKind]] | None:
        """The function of the project that is called with dead references, and its names for them."""
        received = isinstance(function, Bound)
        callee = function.function if isinstance(function, Bound) else function
        if not isinstance(callee, Function):
            return None
        params = [p.name for p in callee.node.ir.params if p.kind in ("pos", "any")][received:]
        dead: dict[str, DeadKind] = {}
        for number, arg in enumerate(call.args):
            if arg.star:
                return None
            name = arg.keyword or (params[number] if number < len(params) else "")
            if name and isinstance(arg.value, ir.Name) and arg.value.id in self.references | self.proxies:
                dead[name] = "proxy" if arg.value.id in self.proxies else "reference"
        parent = callee.context if callee.context.function is not None else None
        return (self.evaluator.binding.generic_context(callee.node, parent), dead) if dead else None

    # -- what is found

    def _error(self, expr: ir.Expr, of_none: str) -> str:
        """What a use of the object raises: a proxy says so itself."""
        return "ReferenceError" if isinstance(expr, ir.Name) and expr.id in self.proxies else of_none

    def _fails(self, expr: ir.Expr, error: str, span: Span | None) -> None:
        if span is None:
            return
        self.walk.failures.append(InVain(_text(expr), error, self.context.module.path, span, self.certain))
        # What a certain failure is followed by is not reached; where it is not certain, that may be.
        self.left = self.left or self.certain

    def _not_reached(self, block: ir.Block) -> None:
        for stmt in flat_statements(block):
            for expr in expressions_in(stmt):
                self._not_evaluated(expr)

    def _not_evaluated(self, expr: ir.Expr) -> None:
        stack = [expr]
        while stack:
            part = stack.pop()
            stack.extend(children(part))
            span = place(part)
            if span is not None and self._uses_the_object(part):
                self.walk.vain.append(InVain(_text(part), "", self.context.module.path, span))

    def _uses_the_object(self, expr: ir.Expr) -> bool:
        if isinstance(expr, (ir.Attr, ir.Subscript)):
            return self._is_the_object(expr.value)
        if isinstance(expr, ir.Call):
            return self._is_the_object(expr.func) or any(self._is_the_object(arg.value) for arg in expr.args)
        return False


def _text(expr: ir.Expr) -> str:
    """The use as a message names it: ``obj.close``, ``ref().close``."""
    if isinstance(expr, ir.Attr):
        return f"{_text(expr.value)}.{expr.name}"
    if isinstance(expr, ir.Call):
        return f"{_text(expr.func)}()" if not expr.args else f"{_text(expr.func)}(...)"
    if isinstance(expr, ir.Subscript):
        return f"{_text(expr.value)}[...]"
    if isinstance(expr, ir.Walrus):
        return expr.target
    return dotted(expr) or "..."


def _only_looks(function: Value) -> bool:
    if isinstance(function, LibMethod):
        receiver = function.receiver
        return isinstance(receiver, LibObject) and receiver.type.startswith("logging.")
    return isinstance(function, Lib) and (function.name in _LOOKS or function.name.startswith("logging."))


def _catches(handler: ir.Handler, error: str) -> bool:
    """Whether a handler may catch an exception of this name: what is not known may be one that does."""
    if handler.type is None:
        return True
    items = handler.type.items if isinstance(handler.type, ir.Display) else (handler.type,)
    names = {dotted(item).rpartition(".")[2] for item in items}
    return bool(names & (_CATCH_ALL | {error})) or not names <= _OTHERS
