"""What a method has certainly done to its object when it returns: flags and events set, processes killed.

Decided by statements alone. What stands under a condition counts where the condition's other side says the same:
``if self.closed: return`` before ``self.closed = True``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from finlint.analysis.program.leaving import is_irrefutable, leaves, suppressing
from finlint.analysis.program.statements import attribute_of, inner_blocks, own_calls
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.limits import DONE_DEPTH

Find = Callable[[str], FunctionNode | None]


class Done(NamedTuple):
    """Attributes by name: those that are true or false, those whose ``set()`` was called, or whose ``kill()`` was."""

    flags: tuple[tuple[str, bool], ...] = ()
    events: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()


def done_by(method: FunctionNode, find: Find, around: tuple[FunctionNode, ...] = ()) -> Done:
    """What a method has done; ``find`` gives the method of a name of the same object, ``around`` are its callers."""
    if not method.ir.params or method.ir.is_async or method.ir.is_generator or method in around:
        return Done()
    if DONE_DEPTH.passed(len(around)):
        return Done()
    walk = _Walk(method.ir.params[0].name, find, (*around, method))
    state = walk.block(method.ir.body, {})
    ends = [*walk.ends, *([state] if state is not None else [])]
    known = ends[0] if ends else {}
    same = {fact: value for fact, value in known.items() if all(end.get(fact) is value for end in ends)}
    return Done(
        tuple((name, value) for (kind, name), value in same.items() if kind == "flag"),
        tuple(name for (kind, name), value in same.items() if kind == "set" and value),
        tuple(name for (kind, name), value in same.items() if kind == "kill" and value),
    )


#: (kind, attribute) -> what is known of it; kinds are "flag", "set" and "kill".
_State = dict[tuple[str, str], bool]


class _Walk:
    def __init__(self, me: str, find: Find, around: tuple[FunctionNode, ...]) -> None:
        self.me = me
        self.find = find
        self.around = around
        self.module = around[-1].module
        #: What is known at each ``return``.
        self.ends: list[_State] = []

    def block(self, block: ir.Block, state: _State) -> _State | None:
        """What is known behind a block; None where it is never come to."""
        current: _State | None = dict(state)
        for stmt in block:
            if current is None:
                return None
            current = self._statement(stmt, current)
        return current

    def _statement(self, stmt: ir.Stmt, state: _State) -> _State | None:
        if isinstance(stmt, ir.Return):
            self._run(stmt, state)
            self.ends.append(state)
            return None
        if isinstance(stmt, ir.Raise):
            # Who calls it does not go on either.
            return None
        if isinstance(stmt, ir.If):
            return self._if(stmt, state)
        if isinstance(stmt, ir.Try):
            return self._try(stmt, state)
        state = self._run(stmt, state)
        if isinstance(stmt, ir.With):
            attempt = suppressing(stmt, self.module)
            return self.block(stmt.body, state) if attempt is None else self._try(attempt, state)
        if isinstance(stmt, ir.Match):
            return self._match(stmt, state)
        if isinstance(stmt, (ir.While, ir.For)):
            state = self._maybe(stmt, state)
            return None if leaves((stmt,), self.module) else state
        return state

    def _match(self, stmt: ir.Match, state: _State) -> _State | None:
        sides = [self.block(case.body, state) for case in stmt.cases]
        if not any(map(is_irrefutable, stmt.cases)):
            sides.append(state)
        return _joined([side for side in sides if side is not None])

    def _if(self, stmt: ir.If, state: _State) -> _State | None:
        state = self._run(stmt, state)
        sides = [
            self.block(stmt.body, {**state, **self._says(stmt.test, True)}),
            self.block(stmt.orelse, {**state, **self._says(stmt.test, False)}),
        ]
        return _joined([side for side in sides if side is not None])

    def _try(self, stmt: ir.Try, state: _State) -> _State | None:
        """The body may be left anywhere, but not before what cannot fail."""
        sure = dict(state)
        for inner in stmt.body:
            if not (isinstance(inner, ir.Assign) and isinstance(inner.value, ir.Const)):
                break
            sure = self._run(inner, sure)
        after = self.block((*stmt.body, *stmt.orelse), state)
        failed = _joined([sure, *([after] if after is not None else [])]) or {}
        handled = [self.block(handler.body, failed) for handler in stmt.handlers]
        joined = _joined([side for side in (after, *handled) if side is not None])
        return None if joined is None else self.block(stmt.final, joined)

    def _maybe(self, stmt: ir.Stmt, state: _State) -> _State:
        """What is still known behind statements that may be run or not."""
        for block in inner_blocks(stmt):
            after = self.block(block, state)
            state = _joined([state, after]) or {} if after is not None else state
        return state

    def _says(self, test: ir.Expr, holds: bool) -> _State:
        if isinstance(test, ir.Not):
            return self._says(test.value, not holds)
        if isinstance(test, ir.Bool):
            left, right = self._says(test.left, holds), self._says(test.right, holds)
            return {**left, **right} if (test.op == "and") is holds else _joined([left, right]) or {}
        name = self._attribute(test)
        if name:
            # Where there is no process none is waited for.
            return {("flag", name): holds, **({} if holds else {("kill", name): True})}
        over = self._over(test, holds)
        return {("kill", over): True} if over else {}

    def _over(self, test: ir.Expr, holds: bool) -> str:
        """The process that there is none of, or that has ended: ``self.process is None``, ``.poll() is not None``."""
        if not isinstance(test, ir.Compare) or len(test.rest) != 1:
            return ""
        ((op, right),) = test.rest
        if right != ir.Const(None) or op not in ("Is", "IsNot"):
            return ""
        is_none = holds is (op == "Is")
        if is_none:
            return self._attribute(test.left)
        code, name = test.left, "returncode"
        if isinstance(code, ir.Call) and not code.args:
            code, name = code.func, "poll"
        return self._attribute(code.value) if isinstance(code, ir.Attr) and code.name == name else ""

    def _attribute(self, expr: ir.Expr) -> str:
        return attribute_of(expr, self.me)

    def _run(self, stmt: ir.Stmt, state: _State) -> _State:
        """What is known behind what a statement evaluates and stores itself."""
        for call in own_calls(stmt):
            if isinstance(call.func, ir.Attr):
                state = self._called(call.func, state)
        for bound in bound_singly(stmt):
            name = self._attribute(bound.target) if bound.how != "annotation" else ""
            if name:
                state = {fact: value for fact, value in state.items() if fact[1] != name}
                if bound.how == "value" and isinstance(bound.node, ir.Const):
                    state[("flag", name)] = bool(bound.node.value)
        return state

    def _called(self, method: ir.Attr, state: _State) -> _State:
        part = self._attribute(method.value)
        if part and method.name in ("set", "clear", "kill"):
            kind = "kill" if method.name == "kill" else "set"
            return {**state, (kind, part): method.name != "clear"}
        if not (isinstance(method.value, ir.Name) and method.value.id == self.me):
            return state
        function = self.find(method.name)
        if function is None:
            # Anything may be set there.
            return {}
        done = done_by(function, self.find, self.around)
        stored = {name for _, name in function.index.stores}
        state = {fact: value for fact, value in state.items() if fact[1] not in stored}
        state.update({("flag", name): value for name, value in done.flags})
        state.update({("set", name): True for name in done.events})
        state.update({("kill", name): True for name in done.killed})
        return state


def _joined(states: list[_State]) -> _State | None:
    """What all of several states say; None where there is none."""
    if not states:
        return None
    first, *others = states
    return {fact: value for fact, value in first.items() if all(other.get(fact) is value for other in others)}
