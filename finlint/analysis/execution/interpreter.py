"""A function's body, run abstractly in order: the effects it has itself, the calls it makes, what it registers.

Each summary (a function in one context) is run once. Values of calls come from ``evaluation``, so summaries do not wait
for each other, and a chain of calls of any length, cycles included, is a walk over summaries (``reachability``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs, Effect, Registration
from finlint.analysis.domain.state import Env, EvalState, Lazy, assign, dotted, forget, known_in, settled
from finlint.analysis.domain.values import (
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Object,
    Partial,
    Sequence,
    Value,
    alternatives,
    grown,
    is_known,
    put_at,
    says_nothing,
    softened,
    union,
)
from finlint.analysis.evaluation import flags
from finlint.analysis.evaluation.comparisons import is_empty
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.evaluation.protocols import EXIT_STACK
from finlint.analysis.models import library
from finlint.analysis.program.statements import (
    children,
    expressions_in,
    flat_statements,
    inner_blocks,
    parts_of,
    walruses,
)
from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.finding import Confidence
from finlint.model.source import Span


class Edge(NamedTuple):
    span: Span
    target: CallContext


class Summary:
    """What running ``context.function`` in ``context`` does."""

    def __init__(self, context: CallContext) -> None:
        self.context = context
        self.effects: list[Effect] = []
        self.edges: list[Edge] = []
        self.registrations: list[Registration] = []
        #: How often something of the project was called so far.
        self.entered = 0
        #: What it was made from.
        self.made_from = 0
        self._seen: set[object] = set()

    def effect(self, effect: Effect) -> None:
        if effect not in self._seen:
            self._seen.add(effect)
            self.effects.append(effect)

    def edge(self, span: Span, target: CallContext) -> None:
        self.entered += 1
        edge = Edge(span, target)
        if edge not in self._seen:
            self._seen.add(edge)
            self.edges.append(edge)

    def registration(self, registration: Registration) -> None:
        if registration not in self._seen:
            self._seen.add(registration)
            self.registrations.append(registration)


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
                _Run(self.evaluator, summary, env).block(context.function.ir.body)
            summary.made_from = reads.same(reads.made_from)
            reads.made_from |= outer
        else:
            reads.made_from |= summary.made_from
        return summary

    def of_statements(self, context: CallContext, block: ir.Block) -> Summary:
        """A summary of statements outside any function (module level)."""
        summary = Summary(context)
        _Run(self.evaluator, summary, {}).block(block)
        return summary


#: What a block of statements comes to: goes on, or leaves (return, raise, break, continue).
_GOES_ON = True
_LEAVES = False


class _Run:
    def __init__(self, evaluator: Evaluator, summary: Summary, env: Env) -> None:
        self.evaluator = evaluator
        self.summary = summary
        self.state = EvalState(summary.context, env, summary)
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
        value = self.eval(expr)
        self.evaluator.protocols.tested(value, self.state, expr)
        verdict = library.truth(value, self.evaluator.knowledge)
        return flags.found(expr, self.state) if verdict is None else verdict

    def block(self, block: ir.Block) -> bool:
        for stmt in block:
            if self.statement(stmt) is _LEAVES:
                return _LEAVES
        return _GOES_ON

    def statement(self, stmt: ir.Stmt) -> bool:
        method: Callable[[_Run, Any], bool] | None = _STATEMENTS.get(type(stmt))
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
            return _GOES_ON

    def _where_flags_are_known(self, method: Callable[[_Run, Any], bool], stmt: ir.Stmt) -> bool:
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

    def _note_flag(self, target: ir.Expr, value: ir.Expr) -> None:
        if self._has_flags and isinstance(value, ir.Const):
            flags.note(target, bool(value.value), self.state, self.evaluator)

    def _note_event(self, expr: ir.Expr) -> None:
        if not self._has_flags:
            return
        if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and expr.func.name == "set":
            flags.note_set(expr, self.evaluator.expressions.eval(expr.func, self._quiet()), self.state, self.evaluator)

    def _may_set_flags(self, expr: ir.Expr) -> bool:
        """Whether an expression runs anything but a function of a library that is given nothing to call."""
        if not isinstance(expr, ir.Call):
            return isinstance(expr, (ir.Await, ir.Yield))
        quiet = self._quiet()
        called = self.evaluator.expressions.eval(expr.func, quiet)
        # Beside a library's method, what is not known is that of a placeholder: ``self.process = MISSING``.
        options = [option for option in alternatives(called) if is_known(option)]
        if not options or not all(isinstance(option, (Lib, LibMethod)) for option in options):
            return True
        if isinstance(expr.func, ir.Attr) and expr.func.name == "clear":
            # An event, perhaps by another name.
            return True
        given = (
            option for arg in expr.args for option in alternatives(self.evaluator.expressions.eval(arg.value, quiet))
        )
        return any(isinstance(option, (Bound, Function, Lib, LibMethod, Object, Partial, Sequence)) for option in given)

    # -- simple statements

    def assign(self, stmt: ir.Assign) -> bool:
        value = self.evaluator.expressions.run_lazily(stmt.value, self.state)
        for target in stmt.targets:
            entered = self.summary.entered
            self._store(target, value, stmt.span)
            if self.summary.entered != entered:
                # A setter, which may set others.
                flags.forget_all(self.env)
            self._note_flag(target, stmt.value)
        return _GOES_ON

    def ann_assign(self, stmt: ir.AnnAssign) -> bool:
        if stmt.value is not None:
            value = self.evaluator.expressions.run_lazily(stmt.value, self.state)
            quiet = self._quiet()
            self._store(stmt.target, Lazy(lambda: self._declared(value, stmt.annotation, quiet)), stmt.span)
        return _GOES_ON

    def _declared(self, value: Value | Lazy, annotation: ir.Expr, state: EvalState) -> Value:
        """``value``, or what its annotation says where that is more."""
        value = settled(value)
        if says_nothing(value):
            declared = self.evaluator.annotations.annotation(annotation, state)
            if not says_nothing(declared):
                return declared
        return value

    def _quiet(self) -> EvalState:
        """This moment's state for a question that is asked later, to which nobody listens."""
        return EvalState(self.state.context, dict(self.env))

    def _store(self, target: ir.Expr, value: Value | Lazy, span: Span) -> None:
        self._targets_effects(target, value, span)
        if isinstance(target, ir.Attr):
            flags.forget_named(target.name, self.env)
            # What an attribute holds after an assignment is known only until some call may change it; that a
            # finalizer's own ``self.x = None`` hides what came before is what matters.
            value = _softened(value)
        assign(target, value, self.env, self.evaluator.protocols.item)
        if isinstance(target, ir.Subscript) and isinstance(target.value, ir.Name):
            held = known_in(self.env, target.value.id)
            if isinstance(held, (Sequence, Mapping)) and not isinstance(target.key, ir.Slice):
                key = self.evaluator.expressions.eval(target.key, self._quiet())
                self.env[target.value.id] = put_at(held, key, settled(value))
        function = self.state.context.function
        if isinstance(target, ir.Name) and function is not None and target.id in function.index.shared:
            # A function inside may bind it anew (``nonlocal``): all that it may be is read from the scope.
            self.env.pop(target.id, None)

    def _targets_effects(self, target: ir.Expr, value: Value | Lazy, span: Span) -> None:
        """Evaluate what a target itself runs: ``self.pool[key]``, ``__setitem__``, property setters."""
        if isinstance(target, ir.Attr):
            receiver = self.eval(target.value)
            for option in alternatives(receiver):
                if isinstance(option, Object):
                    self.evaluator.protocols.store(option, target.name, settled(value), self.state, span)
        elif isinstance(target, ir.Subscript):
            receiver = self.eval(target.value)
            index = self.eval(target.key)
            for option in alternatives(receiver):
                if isinstance(option, Mapping):
                    self.evaluator.protocols.hashed(option, index, self.state, span)
                if isinstance(option, Object):
                    self.evaluator.protocols.special(option, "__setitem__", (index, settled(value)), self.state, span)
        elif isinstance(target, ir.Display):
            for item in target.items:
                self._targets_effects(item.value if isinstance(item, ir.Starred) else item, UNKNOWN, span)

    def aug_assign(self, stmt: ir.AugAssign) -> bool:
        current = self.eval(stmt.target)
        value = self.eval(stmt.value)
        for option in alternatives(current):
            if isinstance(option, Object):
                self.evaluator.expressions.in_place(option, stmt.op, value, self.state, stmt.span)
        merged = self.evaluator.protocols.merged(current, value) if stmt.op == "BitOr" else None
        result: Value
        if merged is not None:
            result = merged
        elif isinstance(current, Sequence) and isinstance(value, Sequence):
            result = Sequence(current.kind, None, union([current.element, value.element]))
        else:
            result = UNKNOWN
        assign(stmt.target, result, self.env, self.evaluator.protocols.item)
        return _GOES_ON

    def expression(self, stmt: ir.ExprStmt) -> bool:
        self.evaluator.expressions.run(stmt.value, self.state)
        if isinstance(stmt.value, ir.Call) and self._never_returns(stmt.value):
            return _LEAVES
        self._note_event(stmt.value)
        return _GOES_ON

    def _never_returns(self, call: ir.Call) -> bool:
        function = self.evaluator.expressions.eval(call.func, EvalState(self.state.context, self.env))
        if isinstance(function, Lib):
            entry = self.evaluator.knowledge.entry(function.name)
            return entry is not None and entry.no_return
        return False

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

    def delete(self, stmt: ir.Delete) -> bool:
        for target in stmt.targets:
            path = dotted(target)
            if isinstance(target, ir.Attr):
                for option in alternatives(self.eval(target.value)):
                    if isinstance(option, Object):
                        self.evaluator.protocols.delete(option, target.name, self.state, stmt.span)
            if path:
                forget(path, self.env)
                self.env[path] = UNKNOWN
            elif isinstance(target, ir.Subscript):
                receiver = self.eval(target.value)
                index = self.eval(target.key)
                for option in alternatives(receiver):
                    if isinstance(option, Object):
                        self.evaluator.protocols.special(option, "__delitem__", (index,), self.state, stmt.span)
        return _GOES_ON

    def assert_(self, stmt: ir.Assert) -> bool:
        if self._test(stmt.test) is False:
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
        # The nested function is read from the call context, so that it sees names that are bound after it too.
        forget(function.name, self.env)
        self.env.pop(function.name, None)
        return _GOES_ON

    def define_class(self, stmt: ir.ClassDef) -> bool:
        """``class``: its body is run here and now, and what its bases and its metaclass do with a new class."""
        for decorator in stmt.decorators:
            self.evaluator.expressions.run(decorator, self.state)
        outer = dict(self.env)
        self.block(stmt.body)
        self.env = outer
        self.env.pop(stmt.name, None)
        self.evaluator.classes.made(stmt, self.state)
        return _GOES_ON

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
        self.env = _join(ends)
        return _GOES_ON

    def match(self, stmt: ir.Match) -> bool:
        self.eval(stmt.subject)
        ends: list[Env] = []
        for case in stmt.cases:
            before = dict(self.env)
            test = case.pattern.test
            verdict = None if test is None else self._test(test)
            if verdict is not False:
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
        self.env = _join(ends)
        return _GOES_ON

    def _capture(self, stmt: ir.Match, case: ir.Case) -> None:
        """Where a pattern matched: what it says of the subject, and what its names are bound to."""
        cls = case.pattern.cls
        if cls is not None:
            quiet = self._quiet()
            self._narrow(stmt.subject, lambda value: self.evaluator.classes.narrowed(value, cls, quiet))
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
        self._widen(stmt.body)
        before = dict(self.env)
        self.refine(stmt.test, True)
        self.block(stmt.body)
        # ``while True`` is left by ``break`` only; a loop without one never ends.
        if isinstance(stmt.test, ir.Const) and stmt.test.value and not _has_break(stmt.body):
            return _LEAVES
        self.env = _join([before, self.env])
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
        if isinstance(stmt.iter, ir.Comprehension) and stmt.iter.kind == "generator":
            iterated = self.eval(stmt.iter._replace(kind="list"))
        else:
            iterated = self.eval(stmt.iter)
        if endless_iteration(stmt, iterated):
            self._spin("for", stmt.span, Confidence.MEDIUM)
        if is_empty(iterated, stmt.iter):
            return self.block(stmt.orelse)
        element = self.evaluator.protocols.element(iterated, self.state, stmt.span)
        self._widen(stmt.body)
        before = dict(self.env)
        assign(stmt.target, element, self.env, self.evaluator.protocols.item)
        self.block(stmt.body)
        self.env = _join([before, self.env])
        if stmt.orelse:
            self.block(stmt.orelse)
        return _GOES_ON

    def _widen(self, body: ir.Block) -> None:
        """Before a loop: what the body assigns may already have been assigned by an earlier round."""
        for name in _assigned(body):
            if name in self.env and "." not in name:
                self.env[name] = self._widened(name, self.env[name])
                forget(name, self.env)
            elif "." in name:
                self.env.pop(name, None)
        for name in _changed(body) & self.env.keys():
            self.env[name] = self._grown(self.env[name])

    @staticmethod
    def _grown(value: Value | Lazy) -> Lazy:
        return Lazy(lambda: union(map(grown, alternatives(settled(value)))))

    def _widened(self, name: str, value: Value | Lazy) -> Lazy:
        return Lazy(lambda: union([settled(value), self.evaluator.names.context_name(name, self.state.context)]))

    def with_(self, stmt: ir.With) -> bool:
        entered: list[tuple[Value, Span]] = []
        suppresses = False
        for expr, target, span in stmt.items:
            value = self.eval(expr)
            entered.append((value, span))
            bound: Value = UNKNOWN
            if not stmt.is_async:
                bound = self.evaluator.protocols.entered(value, self.state, span)
            suppresses = suppresses or any(
                isinstance(v, LibObject) and v.type == "contextlib.suppress" for v in alternatives(value)
            )
            if target is not None:
                assign(target, bound, self.env, self.evaluator.protocols.item)
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
                self.evaluator.protocols.exited(value, self.state, span)
        if goes_on is _LEAVES and suppresses and not _returns(stmt.body):
            self.env = _join([before, self.env])
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
        for handler in () if _cannot_raise(stmt.body) else stmt.handlers:
            self.env = _join([before, after])
            if handler.type is not None:
                self.eval(handler.type)
            if handler.name:
                self.env[handler.name] = UNKNOWN
            if self.block(handler.body) is _GOES_ON:
                ends.append(self.env)
        left = not ends
        self.env = _join(ends) if ends else _join([before, after])
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
        if any(isinstance(part, ir.Walrus) or self._may_set_flags(part) for part in parts_of(test)):
            flags.forget_all(self.env)
        else:
            flags.note_test(test, holds, self.state, self.evaluator)

    def refine(self, test: ir.Expr, holds: bool) -> None:
        """Narrow the environment by a condition that is known to hold, or not to."""
        self.evaluator.refinement.refine(test, holds, self.state)

    def _narrow(self, expr: ir.Expr, change: Callable[[Value], Value]) -> None:
        self.evaluator.refinement.narrow(expr, change, self.state)


def _softened(value: Value | Lazy) -> Value | Lazy:
    return Lazy(lambda: softened(settled(value))) if type(value) is Lazy else softened(settled(value))


def _join(ends: list[Env]) -> Env:
    """What is known where several ways meet."""
    if len(ends) == 1:
        return ends[0]
    first, rest = ends[0], ends[1:]
    out: Env = {}
    for name, value in first.items():
        others = [env[name] for env in rest if name in env]
        if len(others) == len(rest):
            out[name] = value if all(other is value for other in others) else _met([value, *others])
    # A name that only some ways assigned is read from the call context, which knows all its assignments.
    return out


def _met(values: list[Value | Lazy]) -> Value | Lazy:
    """What a name is where ways meet that know different things of it."""
    if any(type(value) is Lazy for value in values):
        return Lazy(lambda: _met_values([settled(value) for value in values]))
    return _met_values([settled(value) for value in values])


def _met_values(values: list[Value]) -> Value:
    return values[0] if all(value == values[0] for value in values) else union(values)


def _assigned(block: ir.Block) -> set[str]:
    """Names and attribute paths that a block assigns."""
    out: set[str] = set()
    for stmt in flat_statements(block):
        for bound in bound_by(stmt):
            out.update(target_names(bound.target))
            path = dotted(bound.target)
            if path:
                out.add(path)
        out.update(walrus.target for walrus in walruses(stmt))
    return out


def _changed(block: ir.Block) -> set[str]:
    """Names of what a block may put something into: it stores items, calls a method, or gives it to a function."""
    out: set[str] = set()
    for stmt in flat_statements(block):
        for target in stmt.targets if isinstance(stmt, (ir.Assign, ir.Delete)) else ():
            if isinstance(target, ir.Subscript) and isinstance(target.value, ir.Name):
                out.add(target.value.id)
        for expr in expressions_in(stmt):
            if isinstance(expr, ir.Call):
                used = [arg.value for arg in expr.args]
                used += [expr.func.value] if isinstance(expr.func, ir.Attr) else []
                out.update(part.id for part in used if isinstance(part, ir.Name))
    return out


def _has_break(block: ir.Block) -> bool:
    """Whether a loop body holds a ``break`` of this loop, or a way out of the function."""
    for stmt in block:
        if isinstance(stmt, ir.Jump) and stmt.kind == "break":
            return True
        if isinstance(stmt, (ir.For, ir.While)):
            if _has_break(stmt.orelse):
                return True
            continue
        if any(_has_break(inner) for inner in inner_blocks(stmt)):
            return True
    return False


def _is_ended(value: Value | Lazy) -> bool:
    """Whether a process, as far as there is one, was killed."""
    options = () if isinstance(value, Lazy) else alternatives(value)
    return any(isinstance(option, LibObject) and option.mode == library.ENDED for option in options)


def _cannot_raise(block: ir.Block) -> bool:
    """Whether nothing in a block can raise: constants, given to names or returned. What is left of a generator's body
    is empty where an exception is raised into it."""
    return bool(block) and all(
        isinstance(stmt, (ir.Jump, ir.Global))
        or (isinstance(stmt, (ir.ExprStmt, ir.Return)) and (stmt.value is None or isinstance(stmt.value, ir.Const)))
        or (
            isinstance(stmt, ir.Assign)
            and isinstance(stmt.value, ir.Const)
            and all(isinstance(target, ir.Name) for target in stmt.targets)
        )
        for stmt in block
    )


def _returns(block: ir.Block) -> bool:
    return any(isinstance(stmt, ir.Return) for stmt in flat_statements(block))


def busy_loop(stmt: ir.While) -> bool:
    """A ``while`` with no bound of its own: it waits for somebody else, or tries again for ever.

    Three shapes: nothing in the body can change what the condition asks; ``while True`` whose only way out is
    such a question; ``while True`` that tries again after an exception and leaves when it went well.
    """
    if isinstance(stmt.test, ir.Const):
        return bool(stmt.test.value) and (_retries(stmt.body) or _asks_for_the_end(stmt.body))
    return _asks(stmt.test, stmt.body) and not _leaves(stmt.body) and _is_idle(stmt.body)


def endless_iteration(stmt: ir.For, iterated: Value) -> bool:
    """``for _ in itertools.count()`` that only waits for somebody else."""
    endless = any(isinstance(v, LibObject) and v.type in _ENDLESS for v in alternatives(iterated))
    return endless and (_retries(stmt.body) or _asks_for_the_end(stmt.body))


_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})


def _asks(test: ir.Expr, body: ir.Block) -> bool:
    """Whether a condition only reads attributes or asks a predicate, none of which ``body`` assigns."""
    asks = False
    tested: list[str] = []
    stack: list[ir.Expr] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, (ir.Yield, ir.Await, ir.Walrus)):
            return False
        if isinstance(node, ir.Call):
            # ``while chunk := read()`` and ``while q.get()`` consume; ``while t.is_alive()`` only asks.
            name = node.func.name if isinstance(node.func, ir.Attr) else ""
            if node.args or not (name in _ASKING or name.lstrip("_").startswith(("is_", "has_"))):
                return False
            asks = True
        path = dotted(node)
        if path:
            asks = asks or "." in path
            tested.append(path)
            continue
        stack.extend(children(node))
    assigned = _assigned(body)
    # Local names only: another thread cannot change them, so it is a computation, not a wait.
    return asks and not any(path in assigned or path.partition(".")[0] in assigned for path in tested)


def _asks_for_the_end(body: ir.Block) -> bool:
    """An endless loop whose ways out all depend on what somebody else does."""
    exits = [s for s in body if isinstance(s, ir.If) and _leaves(s.body)]
    rest = tuple(s for s in body if s not in exits)
    if any(s.orelse or not _asks(s.test, body) for s in exits):
        return False
    return not _leaves(rest) and _is_idle(rest)


def _retries(body: ir.Block) -> bool:
    """``try: ...; return`` with a handler that goes round again."""
    tries = [s for s in body if isinstance(s, ir.Try)]
    if len(tries) != 1:
        return False
    (attempt,) = tries
    swallowed = [h for h in attempt.handlers if not _leaves(h.body)]
    if not swallowed or any(_leaves(h.body) for h in attempt.handlers):
        return False
    after = body[body.index(attempt) + 1 :]
    ends = [block[-1] for block in (attempt.body, attempt.orelse, after) if block]
    return any(isinstance(s, ir.Return) or (isinstance(s, ir.Jump) and s.kind == "break") for s in ends)


def _leaves(body: ir.Block) -> bool:
    """Whether a loop's body holds a way out of the loop."""
    for inner in flat_statements(body):
        if isinstance(inner, (ir.Return, ir.Raise)) or (isinstance(inner, ir.Jump) and inner.kind == "break"):
            return True
        if any(isinstance(expr, (ir.Yield, ir.Await)) for expr in expressions_in(inner)):
            return True
    return False


def _is_idle(body: ir.Block) -> bool:
    """Whether a body only passes time: it calls nothing that could change what the loop waits for."""
    return all(
        not isinstance(expr, ir.Call) or _passes_time(expr)
        for inner in flat_statements(body)
        for expr in expressions_in(inner)
    )


_ASKING = frozenset(
    {"is_alive", "is_set", "locked", "done", "running", "poll", "empty", "full", "is_open", "isAlive", "isSet"}
)
_IDLE = frozenset({"sleep", "print", "debug", "info", "warning", "monotonic", "time", "perf_counter", "log"})


def _passes_time(call: ir.Call) -> bool:
    if isinstance(call.func, ir.Attr):
        return call.func.name in _IDLE
    return isinstance(call.func, ir.Name) and call.func.id in _IDLE


_STATEMENTS: dict[type, Any] = {
    ir.Assign: _Run.assign,
    ir.AnnAssign: _Run.ann_assign,
    ir.AugAssign: _Run.aug_assign,
    ir.ExprStmt: _Run.expression,
    ir.Return: _Run.return_,
    ir.Raise: _Run.raise_,
    ir.Delete: _Run.delete,
    ir.Assert: _Run.assert_,
    ir.Jump: _Run.jump,
    ir.FunctionDef: _Run.define,
    ir.ClassDef: _Run.define_class,
    ir.If: _Run.if_,
    ir.Match: _Run.match,
    ir.While: _Run.while_,
    ir.For: _Run.for_,
    ir.With: _Run.with_,
    ir.Try: _Run.try_,
}
