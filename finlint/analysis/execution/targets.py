"""What it does to assign to a target, to change it in place and to delete it."""

from __future__ import annotations

from finlint.analysis.domain.containers import put_at, without_key
from finlint.analysis.domain.state import Env, EvalState, Lazy, assign, dotted, forget, known_in, settled
from finlint.analysis.domain.values import (
    UNKNOWN,
    LibObject,
    Mapping,
    Object,
    Sequence,
    Suspended,
    Value,
    alternatives,
    softened,
    union,
)
from finlint.analysis.evaluation import flags
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.evaluation.protocols import LAZY
from finlint.model import ir
from finlint.model.source import Span


class Targets:
    """The targets of one body: the environment is that of ``state``, and its recorder is told what runs."""

    def __init__(self, evaluator: Evaluator, state: EvalState) -> None:
        self.evaluator = evaluator
        self.state = state

    @property
    def _env(self) -> Env:
        env = self.state.env
        assert env is not None
        return env

    def _eval(self, expr: ir.Expr) -> Value:
        return self.evaluator.expressions.eval(expr, self.state)

    def store(self, target: ir.Expr, value: Value | Lazy, span: Span) -> None:
        """``target = value``"""
        self._effects(target, value, span)
        if isinstance(target, ir.Attr):
            flags.forget_named(target.name, self._env)
            # What an attribute holds after an assignment is known only until some call may change it; that a
            # finalizer's own ``self.x = None`` hides what came before is what matters.
            value = _softened(value)
        assign(target, value, self._env, self.evaluator.protocols.item)
        if isinstance(target, ir.Subscript) and isinstance(target.value, ir.Name):
            held = known_in(self._env, target.value.id)
            if isinstance(held, Sequence) and isinstance(target.key, ir.Slice):
                given = self.evaluator.protocols.element(settled(value), self.state.quiet())
                self._env[target.value.id] = Sequence(held.kind, None, union([held.element, given]))
            elif isinstance(held, (Sequence, Mapping)):
                key = self.evaluator.expressions.eval(target.key, self.state.quiet())
                self._env[target.value.id] = put_at(held, key, settled(value))
        function = self.state.context.function
        if isinstance(target, ir.Name) and function is not None and target.id in function.index.shared:
            # A function inside may bind it anew (``nonlocal``): all that it may be is read from the scope.
            self._env.pop(target.id, None)

    def _effects(self, target: ir.Expr, value: Value | Lazy, span: Span) -> None:
        """Evaluate what a target itself runs: ``self.pool[key]``, ``__setitem__``, property setters."""
        if isinstance(target, ir.Attr):
            receiver = self._eval(target.value)
            for option in alternatives(receiver):
                if isinstance(option, Object):
                    self.evaluator.protocols.store(option, target.name, settled(value), self.state, span)
        elif isinstance(target, ir.Subscript):
            receiver = self._eval(target.value)
            index = self._eval(target.key)
            for option in alternatives(receiver):
                if isinstance(option, Mapping):
                    self.evaluator.protocols.hashed(option, index, self.state, span)
                if isinstance(option, Object):
                    self.evaluator.protocols.special(option, "__setitem__", (index, settled(value)), self.state, span)
        elif isinstance(target, ir.Display):
            for item in target.items:
                self._effects(item.value if isinstance(item, ir.Starred) else item, UNKNOWN, span)

    def unpacked(self, stmt: ir.Assign, value: Value | Lazy) -> Value | Lazy:
        """What ``first, *rest = value`` takes apart: what is no container is iterated."""
        if not any(isinstance(target, ir.Display) for target in stmt.targets):
            return value
        if isinstance(stmt.value, ir.Comprehension):
            return Sequence("list", None, self.evaluator.displays.iterated(stmt.value, self.state))
        value = settled(value)
        if any(map(self._runs_when_unpacked, alternatives(value))):
            return Sequence("list", None, self.evaluator.protocols.element(value, self.state, stmt.span))
        return value

    def _runs_when_unpacked(self, value: Value) -> bool:
        if isinstance(value, Object):
            return self.evaluator.classes.class_function(value.cls, "__iter__") is not None
        return isinstance(value, Suspended) or (isinstance(value, LibObject) and value.type in LAZY)

    def change(self, stmt: ir.AugAssign) -> None:
        """``target += value``"""
        current = self._eval(stmt.target)
        value = self._eval(stmt.value)
        for option in alternatives(current):
            if isinstance(option, Object):
                self.evaluator.operators.in_place(option, stmt.op, value, self.state, stmt.span)
        # A property's setter, a descriptor's, or ``__setitem__``.
        self._effects(stmt.target, UNKNOWN, stmt.span)
        merged = self.evaluator.protocols.merged(current, value) if stmt.op == "BitOr" else None
        result: Value
        if merged is not None:
            result = merged
        elif isinstance(current, Sequence) and isinstance(value, Sequence):
            result = Sequence(current.kind, None, union([current.element, value.element]))
        else:
            result = UNKNOWN
        assign(stmt.target, result, self._env, self.evaluator.protocols.item)

    def delete(self, stmt: ir.Delete) -> None:
        """``del target``"""
        for target in stmt.targets:
            path = dotted(target)
            if isinstance(target, ir.Attr):
                for option in alternatives(self._eval(target.value)):
                    if isinstance(option, Object):
                        self.evaluator.protocols.delete(option, target.name, self.state, stmt.span)
            if path:
                forget(path, self._env)
                self._env[path] = UNKNOWN
            elif isinstance(target, ir.Subscript):
                receiver = self._eval(target.value)
                index = self._eval(target.key)
                if isinstance(target.value, ir.Name) and isinstance(receiver, Mapping):
                    self._env[target.value.id] = without_key(receiver, index)
                for option in alternatives(receiver):
                    if isinstance(option, Object):
                        self.evaluator.protocols.special(option, "__delitem__", (index,), self.state, stmt.span)


def _softened(value: Value | Lazy) -> Value | Lazy:
    return Lazy(lambda: softened(settled(value))) if type(value) is Lazy else softened(settled(value))
