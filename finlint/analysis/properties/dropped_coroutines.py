"""Coroutines and generators that a function makes and drops: calls whose result nobody awaits, drives or iterates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibCoroutine,
    LibMethod,
    LibObject,
    Object,
    Suspended,
    Value,
    alternatives,
    is_known,
    is_none,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.models import library_types
from finlint.analysis.program.definitions import Definition
from finlint.analysis.program.leaving import leaves
from finlint.analysis.program.statements import conditions, expressions_in, flat_statements, own_calls, run_blocks
from finlint.model import ir
from finlint.model.finding import Confidence
from finlint.model.limits import DROPPED_FUNCTIONS
from finlint.model.source import Span

#: They need a loop that is running in this very thread, and raise RuntimeError without one.
_NEED_RUNNING_LOOP = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.tasks.ensure_future"})
#: A loop's own method, which is for the loop's own thread: a finalizer runs in any.
_OF_LOOP = "asyncio.AbstractEventLoop.create_task"
_FIND_RUNNING_LOOP = frozenset({"asyncio.get_running_loop", "asyncio.current_task", "asyncio.all_tasks"})


class Dropped(NamedTuple):
    """``what`` is made by calling ``call``, a "coroutine" or a "generator", and its body never runs."""

    what: Literal["coroutine", "generator"]
    call: str
    path: str
    span: Span
    why: str
    confidence: Confidence


def dropped_coroutines(root: CallContext, evaluator: Evaluator, summaries: Summaries) -> Iterator[Dropped]:
    """The coroutines and generators that ``root`` and the functions that it calls make and drop."""
    seen = {root}
    queue = [root]
    #: What coroutines call, that a loop runs.
    in_loop: set[CallContext] = set()
    while queue and not DROPPED_FUNCTIONS.reached(len(seen)):
        context = queue.pop(0)
        function = context.function
        if function is not None and not function.ir.is_async and _may_drop(context, evaluator):
            called = {edge.span: edge.target for edge in summaries.of(context).edges}
            yield from _Walk(context, evaluator, called, context in in_loop).block(function.ir.body)
        for edge in summaries.of(context).edges:
            # Standard library code and the like is not read: what it drops is not the finalizer's mistake.
            if edge.target not in seen and edge.target.module is root.module:
                seen.add(edge.target)
                queue.append(edge.target)
                if context in in_loop or (function is not None and function.ir.is_async):
                    in_loop.add(edge.target)


def _may_drop(context: CallContext, evaluator: Evaluator) -> bool:
    """Whether a statement of the function may make a coroutine: told without working out what its calls return, nor
    which of its branches are taken."""
    assert context.function is not None
    state = EvalState(context)
    for stmt in flat_statements(context.function.ir.body):
        dropped = {id(call) for call in _dropped(stmt)}
        for call in own_calls(stmt):
            for option in alternatives(evaluator.expressions.eval(call.func, state)):
                if _starts_task(option) or (id(call) in dropped and _may_give_coroutine(option)):
                    return True
    return False


def _dropped(stmt: ir.Stmt) -> Iterator[ir.Call]:
    """The calls whose results nobody has after the statement: it is made of them, or asks whether they are true."""
    asked = [*conditions(stmt), *(part for expr in expressions_in(stmt) for part in _asked_by(expr))]
    if isinstance(stmt, ir.ExprStmt):
        asked.append(stmt.value)
    while asked:
        expr = asked.pop()
        if isinstance(expr, ir.Call):
            yield expr
        elif isinstance(expr, ir.Bool):
            asked += (expr.left, expr.right)
        elif isinstance(expr, ir.IfExp):
            asked += (expr.body, expr.orelse)
        elif isinstance(expr, ir.Display):
            asked += expr.items
        elif isinstance(expr, ir.Comprehension) and expr.kind != "generator":
            asked += expr.elements


def _asked_by(expr: ir.Expr) -> list[ir.Expr]:
    """The parts of an expression that are only asked whether they are true."""
    if isinstance(expr, ir.Not):
        return [expr.value]
    if isinstance(expr, ir.IfExp):
        return [expr.test]
    if isinstance(expr, ir.Comprehension):
        return [test for clause in expr.clauses for test in clause.ifs]
    return [expr.left] if isinstance(expr, ir.Bool) and expr.op == "and" else []


def _may_give_coroutine(function: Value) -> bool:
    if isinstance(function, Bound):
        return _may_give_coroutine(function.function)
    if isinstance(function, Function):
        node = function.node
        return (
            node.ir.is_async
            or node.ir.is_generator
            or bool(node.ir.decorators)
            or any(map(_may_be_coroutine, node.index.returns))
        )
    return is_known(function) and not isinstance(function, Class)


def _may_be_coroutine(returned: Definition) -> bool:
    return not isinstance(returned.node, (ir.Const, ir.Display, ir.DictDisplay, ir.Comprehension, ir.Compare))


class _Walk:
    def __init__(
        self, context: CallContext, evaluator: Evaluator, called: dict[Span, CallContext], in_loop: bool
    ) -> None:
        self.context = context
        self.evaluator = evaluator
        #: What is called where.
        self.called = called
        self.state = EvalState(context)
        #: Whether a loop runs in this thread, where this point is come to.
        self.asked_for_loop = in_loop
        self.left = False
        #: Whether the last branch has left what it stands in.
        self.ended = False

    def block(self, block: ir.Block) -> Iterator[Dropped]:
        for stmt in block:
            yield from self.statement(stmt)
            if self.left:
                return

    def statement(self, stmt: ir.Stmt) -> Iterator[Dropped]:
        yield from self._evaluated(stmt)
        if isinstance(stmt, ir.If):
            yield from self._if(stmt)
        else:
            for inner in run_blocks(stmt):
                yield from self.branch(inner)
            self.left = leaves((stmt,), self.context.module)

    def _evaluated(self, stmt: ir.Stmt) -> Iterator[Dropped]:
        """What a statement makes and drops itself."""
        calls = list(own_calls(stmt))
        for call in calls:
            self._note(call)
        dropped = {id(call) for call in _dropped(stmt)}
        for call in calls:
            yield from self._call(call) if id(call) in dropped else self._needs_loop(call)

    def _if(self, stmt: ir.If) -> Iterator[Dropped]:
        verdict = self._verdict(stmt.test)
        before, runs = self.asked_for_loop, self._says_running(stmt.test)
        ended = True
        if verdict is not False:
            self.asked_for_loop = before or runs is True
            yield from self.branch(stmt.body)
            ended = self.ended
        if verdict is True:
            self.asked_for_loop, self.left = before, ended
            return
        self.asked_for_loop = before or runs is False
        yield from self.branch(stmt.orelse)
        # ``if not loop.is_running(): return``
        self.asked_for_loop = before or (runs is False and ended)
        # A default that we cannot read decides: better silent than wrong.
        self.left = ended and (self.ended or self._is_parameter(stmt.test))

    def _says_running(self, test: ir.Expr, holds: bool = True) -> bool | None:
        """Whether a loop runs where the condition holds (True), or where it does not (False): ``loop.is_running()``."""
        if isinstance(test, ir.Not):
            return self._says_running(test.value, not holds)
        if isinstance(test, ir.Bool):
            left, right = self._says_running(test.left, holds), self._says_running(test.right, holds)
            wanted = (test.op == "and") is holds
            return wanted if wanted in (left, right) else None
        name = test.func.name if isinstance(test, ir.Call) and isinstance(test.func, ir.Attr) else ""
        return holds if name == "is_running" else None

    def _is_parameter(self, test: ir.Expr) -> bool:
        function = self.context.function
        return (
            isinstance(test, ir.Name)
            and function is not None
            and any(p.name == test.id and p.default is not None for p in function.ir.params)
        )

    def _verdict(self, test: ir.Expr) -> bool | None:
        value = self.evaluator.expressions.eval(test, self.state)
        function = self.context.function
        if isinstance(test, ir.Name) and isinstance(value, Const) and function is not None:
            # ``def __del__(self, _is_async=Util.is_async)``: the default was read when the function was defined.
            names = {p.name for p in function.ir.params}
            if test.id in names and test.id not in function.index.names:
                return bool(value.value)
        return library_types.truth(value, self.evaluator.knowledge)

    def branch(self, block: ir.Block) -> Iterator[Dropped]:
        yield from self.block(block)
        self.ended, self.left = self.left, False

    def _call(self, call: ir.Call) -> Iterator[Dropped]:
        value = self.evaluator.expressions.eval(call, self.state)
        name = _coroutine(value)
        if name:
            options = [v for v in alternatives(value) if is_known(v)]
            # A function that gives a coroutine to some callers only is right for the others.
            if all(_coroutine(v) for v in options) and not self._is_for_some(call) and self._may_be_given(call):
                yield Dropped(
                    "coroutine",
                    name,
                    self.context.module.path,
                    call.span,
                    "drops it un-awaited: its body never runs",
                    Confidence.HIGH,
                )
        elif generator := _generator(value):
            why = "drops it un-iterated: its body never runs"
            yield Dropped("generator", generator, self.context.module.path, call.span, why, Confidence.HIGH)
        else:
            yield from self._needs_loop(call)

    def _is_for_some(self, call: ir.Call) -> bool:
        """Whether the function that is called is for callers of two kinds: ``if self.is_async: return self._aclose()``,
        and then what it does without a loop. Which of them the finalizer is stands in a flag, which it mostly asks."""
        target = self.called.get(call.span)
        if target is None or target.function is None or target.function.ir.is_async:
            return False
        function = target.function
        given = self.evaluator.names.definitions(function.index.returns, EvalState(target))
        if not all(_coroutine(v) or is_none(v) for value in given for v in alternatives(value)):
            return True
        return _does_it_otherwise(function.ir.body)

    def _may_be_given(self, call: ir.Call) -> bool:
        """Whether the object whose method is called is of the type that the parameter is declared with. What registers
        the finalizers of several classes passes the objects of all of them, and each has a callback of its own."""
        context = self.context
        receiver = call.func.value if isinstance(call.func, ir.Attr) else None
        if not isinstance(receiver, ir.Name) or context.function is None:
            return True
        declared = next((p.annotation for p in context.function.ir.params if p.name == receiver.id), None)
        if declared is None or receiver.id in context.function.index.names:
            return True
        outside = EvalState(self.evaluator.binding.generic_context(context.function))
        named = self.evaluator.expressions.eval(declared, outside)
        if isinstance(named, Lib) and named.name in _ANYTHING:
            return True
        types = {_type(option) for option in alternatives(self.evaluator.annotations.annotation(declared, outside))}
        given = alternatives(self.evaluator.expressions.eval(receiver, self.state))
        return all(self._is_one_of(option, types) for option in given)

    def _is_one_of(self, value: Value, types: set[object]) -> bool:
        if isinstance(value, Object):
            return any(_key(base) in types for base in self.evaluator.classes.mro(value.cls))
        return not isinstance(value, LibObject) or value.type in types

    def _needs_loop(self, call: ir.Call) -> Iterator[Dropped]:
        if self.asked_for_loop or not call.args:
            return
        function = next(
            filter(_starts_task, alternatives(self.evaluator.expressions.eval(call.func, self.state))), None
        )
        if function is None:
            return
        argument = call.args[0].value
        name = _coroutine(self.evaluator.expressions.eval(argument, self.state))
        if not name and isinstance(argument, ir.Call) and isinstance(argument.func, ir.Attr):
            # Only a coroutine can be given to it, whatever we know of the function.
            name = argument.func.name
        if name:
            yield Dropped(
                "coroutine",
                name,
                self.context.module.path,
                call.span,
                f"gives it to `{_name(function)}`, which is for the thread that the loop runs in: elsewhere "
                "its body may never run",
                Confidence.MEDIUM,
            )

    def _note(self, call: ir.Call) -> None:
        function = self.evaluator.expressions.eval(call.func, self.state)
        if isinstance(function, Lib) and function.name in _FIND_RUNNING_LOOP:
            self.asked_for_loop = True


def _does_it_otherwise(block: ir.Block) -> bool:
    """Whether something is called beside a branch, or behind one, in which what was made is returned."""
    returned = False
    for stmt in block:
        blocks = run_blocks(stmt)
        if isinstance(stmt, ir.If):
            gives = [any(isinstance(s, ir.Return) and s.value is not None for s in flat_statements(b)) for b in blocks]
            if any(gives) and any(map(_calls, (b for b, is_given in zip(blocks, gives, strict=True) if not is_given))):
                return True
            returned = returned or any(gives)
        elif returned and _calls((stmt,)):
            return not isinstance(stmt, ir.Return)
        if any(map(_does_it_otherwise, blocks)):
            return True
    return False


def _calls(block: ir.Block) -> bool:
    return any(any(True for _ in own_calls(stmt)) for stmt in flat_statements(block))


#: Declarations that say nothing.
_ANYTHING = frozenset({"typing.Any", "builtins.object"})


def _type(value: Value) -> object:
    return _key(value.cls) if isinstance(value, Object) else value.type if isinstance(value, LibObject) else None


def _key(cls: Value) -> object:
    return cls.node if isinstance(cls, Class) else cls.name if isinstance(cls, Lib) else None


def _starts_task(function: Value) -> bool:
    """Whether a function gives a coroutine to the loop that runs in this thread."""
    if isinstance(function, Lib):
        return function.name in _NEED_RUNNING_LOOP
    return isinstance(function, LibMethod) and function.name == _OF_LOOP


def _name(function: Value) -> str:
    return function.name if isinstance(function, (Lib, LibMethod)) else "it"


def _generator(value: Value) -> str:
    """The name of the generator function, where ``value`` is a generator for certain."""
    options = [v for v in alternatives(value) if is_known(v)]
    names = [v.context.function.name for v in options if isinstance(v, Suspended) and v.context.function is not None]
    certain = all(isinstance(v, Suspended) and v.kind == "generator" for v in options)
    return names[0] if names and certain else ""


def _coroutine(value: Value) -> str:
    """The name of the coroutine function, where ``value`` is a coroutine."""
    for option in alternatives(value):
        if isinstance(option, Suspended) and option.kind == "coroutine" and option.context.function is not None:
            return option.context.function.name
        if isinstance(option, LibCoroutine):
            return option.name
    return ""
