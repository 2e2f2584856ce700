"""A function's body, run abstractly in order: the effects it has itself, the calls it makes, what it registers.

Each summary (a function in one context) is run once. Values of calls come from ``evaluation``, so summaries do not wait
for each other, and a chain of calls of any length, cycles included, is a walk over summaries (``reachability``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs, Effect
from finlint.analysis.domain.state import Env, EvalState, Lazy, forget, joined, known_in, settled
from finlint.analysis.domain.values import (
    UNKNOWN,
    Class,
    Function,
    LibObject,
    Value,
    alternatives,
    is_known,
    says_nothing,
    union,
)
from finlint.analysis.evaluation import flags
from finlint.analysis.evaluation.comparisons import is_empty
from finlint.analysis.evaluation.displays import consumed
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.evaluation.protocols import EXIT_STACK
from finlint.analysis.execution.blocks import cannot_raise, leaves_at_once, never_returns, returns, widen
from finlint.analysis.execution.summary import Summary
from finlint.analysis.execution.targets import Targets
from finlint.analysis.execution.waiting_loops import busy_loop, endless_iteration
from finlint.analysis.models import library
from finlint.analysis.program.leaving import leaves, suppressing
from finlint.analysis.program.statements import expressions_in, whole_expressions
from finlint.model import ir
from finlint.model.finding import Confidence
from finlint.model.limits import CODE_DEPTH
from finlint.model.source import Span

#: What a block of statements comes to: goes on, or leaves (return, raise, break, continue).
_GOES_ON = True
_LEAVES = False


class Interpreter:
    """Runs one body in order: what is known of names goes to ``state``, what happens to ``summary``."""

    def __init__(self, evaluator: Evaluator, summary: Summary, env: Env) -> None:
        self.evaluator = evaluator
        self.summary = summary
        self.state = EvalState(summary.context, env, summary)
        self.targets = Targets(evaluator, self.state)
        self.module = summary.context.module
        self._has_flags = flags.has_any(summary.context)

    @property
    def env(self) -> Env:
        env = self.state.env
        assert env is not None
        return env

    @env.setter
    def env(self, env: Env) -> None:
        self.state.env = env

    def eval(self, expr: ir.Expr) -> Value:
        return self.evaluator.expressions.eval(expr, self.state)

    def _test(self, expr: ir.Expr) -> bool | None:
        """Evaluate a condition: whether it is certainly true or false."""
        return self.evaluator.conditions.verdict(expr, self.eval(expr), self.state)

    def block(self, block: ir.Block) -> bool:
        for stmt in block:
            if self.statement(stmt) is _LEAVES:
                return _LEAVES
        return _GOES_ON

    def statement(self, stmt: ir.Stmt) -> bool:
        method: Callable[[Interpreter, Any], bool] | None = _STATEMENTS.get(type(stmt))
        if method is None:
            return _GOES_ON
        try:
            known = self._has_flags and flags.any_known(self.env)
            goes_on = self._where_flags_are_known(method, stmt) if known else method(self, stmt)
            if self._has_flags and type(stmt) is ir.ExprStmt and type(stmt.value) is ir.Call:
                flags.note_done(stmt.value, self.state, self.evaluator)
            return goes_on
        except RecursionError:
            # It nests more deeply than Python can follow: what was seen so far stands, and what comes after it counts.
            CODE_DEPTH.hit()
            return _GOES_ON

    def _where_flags_are_known(self, method: Callable[[Interpreter, Any], bool], stmt: ir.Stmt) -> bool:
        """Run a statement; what was known of flags is forgotten where the statement may set one."""
        if isinstance(stmt, (ir.If, ir.Try, ir.Jump, ir.Global, ir.Assert)):
            # They see to that themselves.
            return method(self, stmt)
        if isinstance(stmt, ir.While) and self._test(stmt.test) is False:
            return self.block(stmt.orelse)
        exprs = list(expressions_in(stmt))
        calls = [expr for expr in exprs if isinstance(expr, (ir.Call, ir.Await, ir.Yield))]
        simple = isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.ExprStmt, ir.Return, ir.Raise, ir.With))
        # Which of two calls comes first, and how often one in a loop, is not told.
        if len(calls) > 1 or not simple or any(isinstance(expr, ir.Comprehension) for expr in exprs):
            flags.forget_all(self.env)
        entered = self.summary.entered
        goes_on = method(self, stmt)
        if flags.any_known(self.env) and (self.summary.entered != entered or any(map(self._may_set_flags, calls))):
            flags.forget_all(self.env)
        return goes_on

    def _may_set_flags(self, expr: ir.Expr) -> bool:
        return flags.may_set(expr, self.state.quiet(), self.evaluator)

    # -- simple statements

    def assign(self, stmt: ir.Assign) -> bool:
        value = self.targets.unpacked(stmt, self.evaluator.expressions.run_lazily(stmt.value, self.state))
        for target in stmt.targets:
            entered = self.summary.entered
            self.targets.store(target, value, stmt.span)
            if self.summary.entered != entered:
                # A setter, which may set others.
                flags.forget_all(self.env)
            if self._has_flags and isinstance(stmt.value, ir.Const):
                flags.note(target, bool(stmt.value.value), self.state, self.evaluator)
        return _GOES_ON

    def ann_assign(self, stmt: ir.AnnAssign) -> bool:
        if stmt.value is not None:
            value = self.evaluator.expressions.run_lazily(stmt.value, self.state)
            quiet = self.state.quiet()
            self.targets.store(stmt.target, Lazy(lambda: self._declared(value, stmt.annotation, quiet)), stmt.span)
        else:
            # ``self.table[key]: int`` looks for the place, and stores nothing.
            for expr in whole_expressions(stmt):
                self.eval(expr)
        return _GOES_ON

    def _declared(self, value: Value | Lazy, annotation: ir.Expr, state: EvalState) -> Value:
        """``value``, or what its annotation says where that is more."""
        value = settled(value)
        if says_nothing(value):
            declared = self.evaluator.annotations.annotation(annotation, state)
            if not says_nothing(declared):
                return declared
        return value

    def aug_assign(self, stmt: ir.AugAssign) -> bool:
        self.targets.change(stmt)
        return _GOES_ON

    def delete(self, stmt: ir.Delete) -> bool:
        self.targets.delete(stmt)
        return _GOES_ON

    def expression(self, stmt: ir.ExprStmt) -> bool:
        self.evaluator.expressions.run(stmt.value, self.state)
        if isinstance(stmt.value, ir.Call) and self._never_returns(stmt.value):
            return _LEAVES
        if self._has_flags:
            flags.note_event(stmt.value, self.state, self.evaluator)
        return _GOES_ON

    def _never_returns(self, call: ir.Call) -> bool:
        function = self.evaluator.expressions.eval(call.func, EvalState(self.state.context, self.env))
        return never_returns(function, self.evaluator)

    def return_(self, stmt: ir.Return) -> bool:
        if stmt.value is not None:
            self.evaluator.expressions.run(stmt.value, self.state)
        return _LEAVES

    def raise_(self, stmt: ir.Raise) -> bool:
        for expr in (stmt.value, stmt.cause):
            for option in alternatives(self.eval(expr)) if expr is not None else ():
                if isinstance(option, Class):
                    # ``raise Gone`` makes an instance.
                    self.evaluator.calls.call(option, CallArgs(), self.state, stmt.span)
        return _LEAVES

    def assert_(self, stmt: ir.Assert) -> bool:
        verdict = self._test(stmt.test)
        if stmt.message is not None and verdict is not True:
            self.eval(stmt.message)
        if verdict is False:
            return _LEAVES
        self._refine_flags(stmt.test, True)
        return _GOES_ON

    def jump(self, stmt: ir.Jump) -> bool:
        return _GOES_ON if stmt.kind == "pass" else _LEAVES

    def define(self, stmt: ir.FunctionDef) -> bool:
        function = stmt.function
        for param in function.params:
            if param.default is not None:
                self.eval(param.default)
        if function.decorators:
            owner = self.state.context.function.owner if self.state.context.function is not None else None
            made = Function(self.module.inner_function(function, owner), self.state.context)
            self._decorate(function.decorators, made, function.span)
        # The nested function is read from the call context, so that it sees names that are bound after it too.
        forget(function.name, self.env)
        self.env.pop(function.name, None)
        return _GOES_ON

    def define_class(self, stmt: ir.ClassDef) -> bool:
        """``class``: its body is run here and now, and what its bases and its metaclass do with a new class."""
        for arg in stmt.bases:
            self.eval(arg.value)
        outer = dict(self.env)
        self.block(stmt.body)
        self.env = outer
        self.env.pop(stmt.name, None)
        self.evaluator.class_making.by_statement(stmt, self.state)
        if stmt.decorators:
            made = Class(self.module.inner_class(stmt, self.state.context.function), self.state.context)
            self._decorate(stmt.decorators, made, stmt.span)
        return _GOES_ON

    def _decorate(self, decorators: tuple[ir.Expr, ...], made: Function | Class, span: Span) -> None:
        """What a function or a class is decorated with here is called here."""
        for decorator in reversed(decorators):
            self.evaluator.calls.call(self.eval(decorator), CallArgs((made,)), self.state, span)

    # -- branches

    def if_(self, stmt: ir.If) -> bool:
        # Unroll ``elif`` chains: they may be long.
        ends: list[Env] = []
        arm: ir.If | None = stmt
        while arm is not None:
            entered = self.summary.entered
            verdict = self._test(arm.test)
            if self.summary.entered != entered:
                # A property, say.
                flags.forget_all(self.env)
            before = self.env
            following: ir.If | None = None
            if verdict is not False:
                self.env = dict(before)
                self._refine_flags(arm.test, True)
                if self.block(arm.body) is _GOES_ON:
                    ends.append(self.env)
            if verdict is True:
                break
            self.env = dict(before)
            self._refine_flags(arm.test, False)
            if len(arm.orelse) == 1 and isinstance(arm.orelse[0], ir.If):
                following = arm.orelse[0]
            elif self.block(arm.orelse) is _GOES_ON:
                ends.append(self.env)
            arm = following
        if not ends:
            return _LEAVES
        self.env = joined(ends)
        return _GOES_ON

    def match(self, stmt: ir.Match) -> bool:
        self.eval(stmt.subject)
        ends: list[Env] = []
        for case in stmt.cases:
            before = dict(self.env)
            test = case.pattern.test
            if test is None:
                for name in case.pattern.names:
                    self.eval(name)
            verdict = self._is_ruled_out(stmt.subject, case.pattern) if test is None else self._test(test)
            if verdict is not False:
                if test is not None:
                    self.refine(test, True)
                self._capture(stmt, case)
                guarded = True if case.guard is None else self._test(case.guard)
                if guarded is not False:
                    if case.guard is not None:
                        self.refine(case.guard, True)
                    if self.block(case.body) is _GOES_ON:
                        ends.append(self.env)
                verdict = verdict and guarded
            self.env = before
            if verdict:
                break
            if test is not None and case.guard is None:
                self.refine(test, False)
        else:
            ends.append(self.env)
        if not ends:
            return _LEAVES
        self.env = joined(ends)
        return _GOES_ON

    def _is_ruled_out(self, subject: ir.Expr, pattern: ir.Pattern) -> bool | None:
        """False where the subject is certainly no instance of the class that a pattern requires, or a part of it not
        what that asks."""
        quiet = self.state.quiet()
        if pattern.needs is not None:
            needed = self.evaluator.expressions.eval(pattern.needs, quiet)
            if self.evaluator.conditions.verdict(pattern.needs, needed, quiet) is False:
                return False
        if pattern.cls is None:
            return None
        value = self.evaluator.expressions.eval(subject, quiet)
        return False if self.evaluator.narrowing.is_ruled_out(value, pattern.cls, quiet) else None

    def _capture(self, stmt: ir.Match, case: ir.Case) -> None:
        """Where a pattern matched: what it says of the subject, and what its names are bound to."""
        cls = case.pattern.cls
        if cls is not None:
            quiet = self.state.quiet()
            self._narrow(stmt.subject, lambda value: self.evaluator.narrowing.narrowed(value, cls, quiet))
        values: dict[str, list[Value]] = {}
        for name, bound in case.pattern.binds:
            values.setdefault(name, []).append(self.eval(bound))
        for name, found in values.items():
            forget(name, self.env)
            self.env[name] = union(found)

    def while_(self, stmt: ir.While) -> bool:
        verdict = self._test(stmt.test)
        if verdict is False:
            return self.block(stmt.orelse)
        self._spins(stmt)
        widen(stmt.body, self.state, self.evaluator)
        before = dict(self.env)
        self.refine(stmt.test, True)
        self.block(stmt.body)
        # ``while True`` is left by ``break`` only; a loop without one never ends.
        if isinstance(stmt.test, ir.Const) and stmt.test.value and leaves((stmt,), self.module):
            return _LEAVES
        self.env = joined([before, self.env])
        self.refine(stmt.test, False)
        return self.block(stmt.orelse) if stmt.orelse else _GOES_ON

    def _spins(self, stmt: ir.While) -> None:
        """A loop with no bound of its own: nothing in its body can end it."""
        if busy_loop(stmt):
            constant = isinstance(stmt.test, ir.Const)
            self._spin("while True" if constant else "while", stmt.span, Confidence.HIGH)

    def _spin(self, loop: str, span: Span, confidence: Confidence) -> None:
        self.summary.effect(Effect("busy-loop", loop, self.module.path, span, "unbounded", confidence))

    def for_(self, stmt: ir.For) -> bool:
        iterated = self.eval(consumed(stmt.iter, self.state) or stmt.iter)
        if leaves_at_once(stmt.body):
            iterated = self.evaluator.advancing.by(1, stmt.iter, iterated, self.state)
        if endless_iteration(stmt, iterated):
            self._spin("for", stmt.span, Confidence.MEDIUM)
        still_empty = self.evaluator.conditions.is_still_empty
        if is_empty(iterated, stmt.iter) or still_empty(stmt.iter, iterated, self.state):
            return self.block(stmt.orelse)
        element = self.evaluator.protocols.element(iterated, self.state, stmt.span)
        widen(stmt.body, self.state, self.evaluator)
        before = dict(self.env)
        self.targets.store(stmt.target, element, stmt.span)
        self.block(stmt.body)
        self.env = joined([before, self.env])
        if self.block(stmt.orelse) is _LEAVES and leaves((stmt,), self.module):
            return _LEAVES
        return _GOES_ON

    def with_(self, stmt: ir.With) -> bool:
        entered: list[tuple[Value, Span]] = []
        suppresses = suppressing(stmt, self.module) is not None
        state = self.state.quiet() if stmt.is_left else self.state
        for expr, target, span in stmt.items:
            value = self.evaluator.expressions.eval(expr, state)
            entered.append((value, span))
            bound: Value = UNKNOWN
            if not stmt.is_async:
                bound = self.evaluator.protocols.entered(value, state, span)
            suppresses = suppresses or any(
                isinstance(v, LibObject) and v.type == "contextlib.suppress" for v in alternatives(value)
            )
            if target is not None:
                self.targets.store(target, bound, span)
        if not all(isinstance(value, LibObject) for value, _ in entered):
            # Entering it may have set one.
            flags.forget_all(self.env)
        before = dict(self.env)
        goes_on = self.block(stmt.body)
        # Leaving it may have swallowed an exception, too.
        flags.forget_all(before)
        flags.forget_all(self.env)
        if not stmt.is_async:
            for (value, span), (_, target, _) in zip(reversed(entered), reversed(stmt.items), strict=True):
                if isinstance(value, LibObject) and value.type == EXIT_STACK and isinstance(target, ir.Name):
                    # What the body gave to the stack is run here.
                    value = known_in(self.env, target.id) or value
                self.evaluator.protocols.exited(value, self.state, span, by_itself=stmt.is_left)
        if goes_on is _LEAVES and suppresses and not returns(stmt.body):
            self.env = joined([before, self.env])
            return _GOES_ON
        return goes_on

    def try_(self, stmt: ir.Try) -> bool:
        before = dict(self.env)
        goes_on = self.block(stmt.body)
        after = self.env
        # The body may have been left anywhere, after it has set a flag and before.
        flags.forget_all(before)
        flags.forget_all(after)
        # What cannot be killed has ended already.
        before.update((path, value) for path, value in after.items() if _is_ended(value))
        ends: list[Env] = []
        if goes_on is _GOES_ON and self.block(stmt.orelse) is _GOES_ON:
            ends.append(self.env)
        for handler in () if cannot_raise(stmt.body) else stmt.handlers:
            self.env = joined([before, after])
            if handler.type is not None:
                self.eval(handler.type)
            if handler.name:
                self.env[handler.name] = UNKNOWN
            if self.block(handler.body) is _GOES_ON:
                ends.append(self.env)
        left = not ends
        self.env = joined(ends) if ends else joined([before, after])
        if self.block(stmt.final) is _LEAVES:
            return _LEAVES
        return _LEAVES if left else _GOES_ON

    # -- what a condition says

    def _refine_flags(self, test: ir.Expr, holds: bool) -> None:
        """``refine``, and what the condition says of flags. One that calls something says nothing, nor leaves what was
        known of them."""
        self.refine(test, holds)
        if not self._has_flags:
            return
        if flags.sets_in(test, self.state.quiet(), self.evaluator):
            flags.forget_all(self.env)
        else:
            flags.note_test(test, holds, self.state, self.evaluator)

    def refine(self, test: ir.Expr, holds: bool) -> None:
        """Narrow the environment by a condition that is known to hold, or not to."""
        self.evaluator.refinement.refine(test, holds, self.state)

    def _narrow(self, expr: ir.Expr, change: Callable[[Value], Value]) -> None:
        self.evaluator.refinement.narrow(expr, change, self.state)


def _is_ended(value: Value | Lazy) -> bool:
    """Whether a process, as far as there is one, was killed."""
    options = () if isinstance(value, Lazy) else alternatives(value)
    return any(isinstance(option, LibObject) and option.mode == library.ENDED for option in options)


_STATEMENTS: dict[type, Any] = {
    ir.Assign: Interpreter.assign,
    ir.AnnAssign: Interpreter.ann_assign,
    ir.AugAssign: Interpreter.aug_assign,
    ir.ExprStmt: Interpreter.expression,
    ir.Return: Interpreter.return_,
    ir.Raise: Interpreter.raise_,
    ir.Delete: Interpreter.delete,
    ir.Assert: Interpreter.assert_,
    ir.Jump: Interpreter.jump,
    ir.FunctionDef: Interpreter.define,
    ir.ClassDef: Interpreter.define_class,
    ir.If: Interpreter.if_,
    ir.Match: Interpreter.match,
    ir.While: Interpreter.while_,
    ir.For: Interpreter.for_,
    ir.With: Interpreter.with_,
    ir.Try: Interpreter.try_,
}


class Summaries:
    """All summaries of a run, made on demand."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._summaries: dict[CallContext, Summary] = {}

    @property
    def count(self) -> int:
        """Bodies that were run."""
        return len(self._summaries)

    def of(self, context: CallContext) -> Summary:
        reads = self.evaluator.reads
        summary = self._summaries.get(context)
        if summary is None:
            summary = self._summaries[context] = Summary(context)
            outer, reads.made_from = reads.made_from, 0
            if context.function is not None:
                env: Env = {name: value for name, value in context.params if is_known(value)}
                Interpreter(self.evaluator, summary, env).block(context.function.ir.body)
            summary.made_from = reads.same(reads.made_from)
            reads.made_from |= outer
        else:
            reads.made_from |= summary.made_from
        return summary

    def of_statements(self, context: CallContext, block: ir.Block) -> Summary:
        """A summary of statements outside any function (module level)."""
        summary = Summary(context)
        Interpreter(self.evaluator, summary, {}).block(block)
        return summary
