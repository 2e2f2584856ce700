"""What a condition says of the names and attributes that it asks, where it holds and where it does not.

``if future.done():`` says that ``future.result()`` returns at once; ``if isinstance(entry, weakref.ref)`` that calling
``entry`` gives what it refers to. What is found out stands in the environment, as what the expression is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from finlint.analysis.domain.state import EvalState, Lazy, dotted, joined, known_in
from finlint.analysis.domain.values import (
    UNKNOWN,
    Const,
    Lib,
    LibObject,
    OneOf,
    Sequence,
    Value,
    alternatives,
    union,
    without_none,
)
from finlint.analysis.evaluation.preconditions import implied
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.evaluation.questions import question
from finlint.analysis.models.library import OVER, ended
from finlint.analysis.program.definitions import only_value
from finlint.analysis.program.statements import is_isinstance
from finlint.analysis.program.symbols import FunctionNode
from finlint.knowledge.entries import TellsOver
from finlint.model import ir
from finlint.model.record import replaced

_EQUAL = ("Is", "Equal")
_DIFFERENT = ("IsNot", "NotEqual")

#: What is known of an answer.
_Answer = Literal["true", "false", "not-none"]
_NONE: frozenset[FunctionNode] = frozenset()


class Refinement:
    """Narrows environments by conditions."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def refined(self, test: ir.Expr, holds: bool, state: EvalState) -> EvalState:
        """``state`` where the condition holds, or does not; its own environment stays as it is."""
        if state.env is None:
            return state
        inner = EvalState(state.context, dict(state.env), state.recorder)
        self.refine(test, holds, inner)
        return inner

    def refine(self, test: ir.Expr, holds: bool, state: EvalState, through: frozenset[FunctionNode] = _NONE) -> None:
        """Narrow the environment of ``state`` by a condition that is known to hold, or not to. ``through``: the
        functions whose question it is, which are not asked again: one may ask itself."""
        if isinstance(test, ir.Not):
            self.refine(test.value, not holds, state, through)
        elif isinstance(test, ir.Bool):
            if (test.op == "and") is holds:
                self.refine(test.left, holds, state, through)
                self.refine(test.right, holds, state, through)
            elif not isinstance(test.left, ir.Bool):
                # Of a long chain little is said, and each link would be asked twice.
                self._either(test, holds, state, through)
        elif isinstance(test, ir.Walrus):
            if holds and state.env is not None:
                state.env[test.target] = without_none(known_in(state.env, test.target) or UNKNOWN)
            self._of_answer(test.value, "true" if holds else "false", state, through)
        elif isinstance(test, ir.Compare):
            self._compared(test, holds, state, through)
        elif isinstance(test, (ir.Name, ir.Attr)):
            if holds:
                self.narrow(test, _true_values, state)
                if state.env is not None:
                    state.env.update(implied(test, state, self.ask))
            self._of_answer(test, "true" if holds else "false", state, through)
        elif isinstance(test, ir.Call):
            self._isinstance(test, holds, state)
            self._of_answer(test, "true" if holds else "false", state, through)

    def _either(self, test: ir.Bool, holds: bool, state: EvalState, through: frozenset[FunctionNode]) -> None:
        """Where ``self.p and self.p.poll() is None`` does not hold, there is no process, or it has ended."""
        if state.env is None:
            return
        first, second = (EvalState(state.context, dict(state.env), state.recorder) for _ in range(2))
        self.refine(test.left, holds, first, through)
        self.refine(test.left, not holds, second, through)
        self.refine(test.right, holds, second, through)
        both = joined([end.env for end in (first, second) if end.env is not None])
        state.env.clear()
        state.env.update(both)

    def _compared(self, test: ir.Compare, holds: bool, state: EvalState, through: frozenset[FunctionNode]) -> None:
        if len(test.rest) != 1:
            return
        ((op, right),) = test.rest
        if op == "GreaterThan" and right == ir.Const(0):
            # ``if tasks.qsize() > 0``
            self._of_answer(test.left, "true" if holds else "false", state, through)
            return
        if op not in (*_EQUAL, *_DIFFERENT) or not isinstance(right, ir.Const):
            return
        same = holds is (op in _EQUAL)
        asked = test.left.value if isinstance(test.left, ir.Walrus) else test.left
        if right.value is None:
            if same:
                self.narrow(test.left, lambda _: Const(None, False), state)
            else:
                self.narrow(test.left, without_none, state)
                self._of_answer(asked, "not-none", state, through)
        elif isinstance(right.value, bool):
            self._of_answer(asked, "true" if right.value is same else "false", state, through)
        elif same:
            # ``if process.poll() == 0``
            self._of_answer(asked, "not-none", state, through)

    # -- what an answer says of the one who was asked

    def _of_answer(
        self, asked: ir.Expr, answer: _Answer, state: EvalState, through: frozenset[FunctionNode] = _NONE
    ) -> None:
        """``asked`` gave ``answer``: perhaps that what its receiver would be waited for is over."""
        if isinstance(asked, ir.Name):
            if answer == "true":
                self._selected(asked.id, state)
            told = self._asked_before(asked.id, state)
            if told is None:
                return
            asked = told
        if answer == "true" and isinstance(asked, ir.Compare):
            self._compared(asked, True, state, through)
            return
        if isinstance(asked, ir.Not) and answer in ("true", "false"):
            self._of_answer(asked.value, "false" if answer == "true" else "true", state, through)
            return
        read = asked.func if isinstance(asked, ir.Call) else asked
        if isinstance(read, ir.Attr) and isinstance(read.value, ir.Walrus):
            # ``if (future := self.future).done():`` says it of both.
            walrus = read.value
            for value in (walrus.value, ir.Name(walrus.target, read.span)):
                one = replaced(read, value=value)
                self._of_answer(
                    replaced(asked, func=one) if isinstance(asked, ir.Call) else one, answer, state, through
                )
            return
        if isinstance(asked, ir.Call) and answer == "true":
            self._all(asked, state)
        quiet = state.quiet()
        member = read if isinstance(read, ir.Attr) and dotted(read.value) else None
        receiver = self.ask.expressions.eval(member.value, quiet) if member is not None else None
        if answer in ("true", "false"):
            meant = question(asked, receiver, quiet, self.ask, through)
            if meant is not None:
                self.refine(meant.text, answer == "true", state, through | {meant.function})
                return
        if member is None or receiver is None:
            return
        told_by = [self._tells(v, member.name) for v in alternatives(receiver) if isinstance(v, LibObject)]
        if any(tells == answer or _not_zero(tells, answer) for tells in told_by):
            self.narrow(member.value, _over, state)

    def _all(self, call: ir.Call, state: EvalState) -> None:
        """``all(future.done() for future in self.futures)`` says it of each of them."""
        given = call.args[0].value if len(call.args) == 1 else None
        if not (isinstance(call.func, ir.Name) and call.func.id == "all" and isinstance(given, ir.Comprehension)):
            return
        asked, clause = given.elements[0], given.clauses[0]
        if not isinstance(clause.target, ir.Name) or len(given.clauses) > 1 or clause.ifs or given.kind == "dict":
            return
        name = clause.target.id

        def told(element: Value) -> Value:
            inner = EvalState(state.context, {**(state.env or {}), name: element})
            self._of_answer(asked, "true", inner)
            return known_in(inner.env or {}, name) or element

        def change(value: Value) -> Value:
            return union(
                Sequence(v.kind, None if v.items is None else tuple(map(told, v.items)), told(v.element))
                if isinstance(v, Sequence)
                else v
                for v in alternatives(value)
            )

        self.narrow(clause.iter, change, state)

    def _selected(self, name: str, state: EvalState) -> None:
        """``ready, _, _ = select([sock], [], [], 0)``: where something is ready, the one that was asked for is."""
        function = state.context.function
        definitions = function.index.names.get(name, []) if function is not None else []
        node = definitions[0].node if len(definitions) == 1 else None
        if not isinstance(node, ir.Call) or not node.args or definitions[0].path != (0,):
            return
        asked = node.args[0].value
        called = self.ask.expressions.eval(node.func, state.quiet())
        if called == Lib("select.select") and isinstance(asked, ir.Display) and len(asked.items) == 1:
            self.narrow(asked.items[0], _over, state)

    def _tells(self, receiver: LibObject, name: str) -> TellsOver:
        member = self.ask.knowledge.member(receiver.type, name) or f"{receiver.type}.{name}"
        entry = self.ask.knowledge.entry(member)
        return entry.tells_over if entry is not None else ""

    def _asked_before(self, name: str, state: EvalState) -> ir.Expr | None:
        """What a variable that is bound once was given: ``done = future.done()``."""
        function = state.context.function
        if function is None or any(param.name == name for param in function.ir.params):
            return None
        node = only_value(function.index.names.get(name, ()))
        return node if isinstance(node, (ir.Call, ir.Attr, ir.Not, ir.Compare)) else None

    # -- what its class is

    def _isinstance(self, test: ir.Call, holds: bool, state: EvalState) -> None:
        if not is_isinstance(test):
            return
        quiet, cls = state.quiet(), test.args[1].value
        change = self.ask.narrowing.narrowed if holds else self.ask.narrowing.excluded
        self.narrow(test.args[0].value, lambda value: change(value, cls, quiet), state)

    # -- the environment

    def narrow(self, expr: ir.Expr, change: Callable[[Value], Value], state: EvalState) -> None:
        """From here on a name or an attribute is what ``change`` makes of it."""
        path = dotted(expr)
        if not path or state.env is None:
            return
        quiet = state.quiet()
        function = state.context.function
        if function is not None and path.partition(".")[0] in function.ir.bound:
            state.env[path] = Lazy(lambda: change(self.ask.expressions.eval(expr, quiet)))
            return
        # What is known of the module's names goes on to what is called: only what the condition adds.
        value = self.ask.expressions.eval(expr, quiet)
        narrowed = change(value)
        if narrowed != value:
            state.env[path] = narrowed


def _over(value: Value) -> Value:
    return ended(value, OVER)


def _not_zero(tells: TellsOver, answer: _Answer) -> bool:
    """A number that is true is not None: ``if process.exitcode:``."""
    return tells == "not-none" and answer == "true"


def _true_values(value: Value) -> Value:
    if isinstance(value, OneOf):
        rest = [m for m in value.order if not (isinstance(m, Const) and not m.value)]
        return union(rest) if rest else UNKNOWN
    if isinstance(value, Const) and not value.value and not value.firm:
        return UNKNOWN
    return value
