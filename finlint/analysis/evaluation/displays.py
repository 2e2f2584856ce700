"""Containers that are written out: ``[a, b]``, ``{k: v}``, and comprehensions."""

from __future__ import annotations

from finlint.analysis.domain.containers import as_key, is_key
from finlint.analysis.domain.state import EvalState, assign, place
from finlint.analysis.domain.values import (
    NO_KEY,
    UNKNOWN,
    Mapping,
    Object,
    Sequence,
    Value,
    alternatives,
    shallow,
    softened,
    union,
)
from finlint.analysis.evaluation.comparisons import is_empty
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.program.definitions import only_value
from finlint.analysis.program.statements import children, parts_of, places
from finlint.model import ir
from finlint.model.limits import ITEMS
from finlint.model.record import replaced
from finlint.model.source import Span


def consumed(expr: ir.Expr, state: EvalState) -> ir.Comprehension | None:
    """What taking everything from a generator expression runs, which is run as a list's is. It stands there, or a
    variable holds it, and nothing else."""
    function = state.context.function
    if isinstance(expr, ir.Name) and function is not None and expr.id not in function.index.shared:
        expr = only_value(function.index.names.get(expr.id, ())) or expr
    if isinstance(expr, ir.Comprehension) and expr.kind == "generator":
        return replaced(expr, kind="list")
    return None


class Displays:
    """Displays and comprehensions to values."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def sequence(self, expr: ir.Display, state: EvalState) -> Value:
        items: list[Value] = []
        exact = True
        for item in expr.items:
            if isinstance(item, ir.Starred):
                spliced = self.ask.expressions.eval(item.value, state)
                if isinstance(spliced, Sequence) and spliced.items is not None:
                    items.extend(spliced.items)
                    continue
                exact = False
                items.append(self.iterated(item.value, state))
            else:
                items.append(shallow(self.ask.expressions.eval(item, state)))
                if expr.kind == "set":
                    self._hash(items[-1], state, expr.span)
        exact = exact and not ITEMS.passed(len(items))
        return Sequence(expr.kind, tuple(items) if exact else None, union(items))

    def mapping(self, expr: ir.DictDisplay, state: EvalState) -> Value:
        items: list[tuple[Value, Value]] = []
        elements: list[Value] = []
        keys: list[Value] = []
        for key, value in expr.items:
            evaluated = shallow(self.ask.expressions.eval(value, state))
            if key is None:
                for option in alternatives(self.ask.protocols.contents(evaluated)):
                    if isinstance(option, Mapping):
                        items.extend(option.items)
                        elements.append(option.element)
                        keys.append(option.key)
                    else:
                        elements.append(UNKNOWN)
                        keys.append(UNKNOWN)
                continue
            written = self.ask.expressions.eval(key, state)
            self._hash(written, state, place(key))
            name = as_key(written)
            keys.append(name)
            elements.append(evaluated)
            if is_key(name):
                items.append((name, evaluated))
        if ITEMS.passed(len(items)):
            del items[ITEMS:]
        if not expr.items and state.env is not None:
            # Only where the statements are followed in order is it known to be empty still.
            return Mapping((), NO_KEY, UNKNOWN)
        return Mapping(tuple(items), union(keys), union(elements))

    def iterated(self, expr: ir.Expr, state: EvalState) -> Value:
        """What iterating over ``expr`` here and now gives; records what that runs."""
        expr = consumed(expr, state) or expr
        return self.ask.protocols.element(self.ask.expressions.eval(expr, state), state, place(expr))

    def _hash(self, value: Value, state: EvalState, span: Span | None) -> None:
        """Record what being put into a set, or becoming a key, runs."""
        if state.recorder is not None:
            for option in alternatives(value):
                if isinstance(option, Object):
                    self.ask.protocols.special(option, "__hash__", (), state, span)

    def comprehension(self, expr: ir.Comprehension, state: EvalState) -> Value:
        lazy = expr.kind == "generator"
        # A generator expression runs when it is consumed; its first iterable is evaluated here and now.
        inner = EvalState(state.context, dict(state.env or {}), state.recorder)
        later = EvalState(inner.context, inner.env) if lazy else inner
        span = None if lazy else expr.span
        for position, clause in enumerate(expr.clauses):
            iterated = self.ask.expressions.eval(clause.iter, later if position else inner)
            if is_empty(iterated, clause.iter):
                return _none_of(expr)
            element = self.ask.protocols.element(iterated, inner, span)
            assert inner.env is not None
            if clause.ifs and (kept := self._kept_pairs(clause, inner)) is not None:
                element = kept
            assign(clause.target, element, inner.env, self.ask.protocols.item)
            for part in (part for target in places(clause.target) for part in children(target)):
                self.ask.expressions.eval(part, later)
            for condition in clause.ifs:
                if self._is_never_true(condition, later):
                    return _none_of(expr)
                self.ask.refinement.refine(condition, True, inner)
        parts = [self.ask.expressions.eval(e.value if isinstance(e, ir.Starred) else e, later) for e in expr.elements]
        if isinstance(expr.elements[0], ir.Starred):
            parts[0] = self.ask.protocols.element(parts[0], later, span)
        if expr.kind == "dict":
            if len(parts) == 1:
                merged = [v for v in alternatives(parts[0]) if isinstance(v, Mapping)]
                return Mapping((), union(v.key for v in merged), union(v.element for v in merged))
            return Mapping((), parts[0], parts[1])
        return Sequence("lazy" if expr.kind == "generator" else expr.kind, None, parts[0])

    def _is_never_true(self, condition: ir.Expr, state: EvalState) -> bool:
        """Whether a condition of a comprehension is false in each round; those about containers, which the rounds may
        fill, are not decided."""
        value = self.ask.expressions.eval(condition, state)
        if self.ask.conditions.verdict(condition, value, state) is not False:
            return False
        names = (part for part in parts_of(condition) if isinstance(part, ir.Name))
        options = (option for name in names for option in alternatives(self.ask.expressions.eval(name, state.quiet())))
        return not any(isinstance(option, (Sequence, Mapping)) for option in options)

    def _kept_pairs(self, clause: ir.For_, state: EvalState) -> Value | None:
        """``for key, value in mapping.items() if key not in HIDDEN``: a pair of those whose keys the conditions do not
        rule out; None where they rule out none that is known."""
        call, target = clause.iter, clause.target
        if not (isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and call.func.name == "items"):
            return None
        if not isinstance(target, ir.Display) or len(target.items) != 2 or not isinstance(target.items[0], ir.Name):
            return None
        quiet = state.quiet()
        mappings = [
            m for m in alternatives(self.ask.expressions.eval(call.func.value, quiet)) if isinstance(m, Mapping)
        ]
        name = target.items[0].id
        left_out = [v for m in mappings for key, v in m.items if self._is_ruled_out(clause, name, key, quiet)]
        if not left_out:
            return None
        gone = {softened(option) for value in left_out for option in alternatives(value)}
        options = (option for mapping in mappings for option in alternatives(mapping.element))
        kept = union(option for option in options if softened(option) not in gone)
        return Sequence("tuple", (UNKNOWN, kept), UNKNOWN)

    def _is_ruled_out(self, clause: ir.For_, name: str, key: Value, state: EvalState) -> bool:
        inner = state.with_names({name: key})
        return any(
            library_types.truth(self.ask.expressions.eval(condition, inner), self.knowledge) is False
            for condition in clause.ifs
        )


def _none_of(expr: ir.Comprehension) -> Value:
    """What a comprehension gives that never comes to its elements."""
    return Mapping((), NO_KEY, UNKNOWN) if expr.kind == "dict" else Sequence("list", (), UNKNOWN)
