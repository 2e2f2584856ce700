"""What expressions may be, one method for each kind of expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState, Lazy, Result, dotted, known_in, settled
from finlint.analysis.domain.values import (
    NAMED_TUPLE,
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    LibResult,
    Mapping,
    Never,
    Object,
    Sequence,
    Unknown,
    Value,
    alternatives,
    is_known,
    is_none,
    union,
)
from finlint.analysis.evaluation.advancing import SENT
from finlint.analysis.evaluation.displays import consumed
from finlint.analysis.evaluation.library_attributes import VARS
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.program.statements import children, defaults
from finlint.model import ir
from finlint.model.source import Span
from finlint.scan.words import PUTS_ALL


class Expressions:
    """Expressions to values; effects and calls go to the recorder of the state."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        #: What evaluates each kind of expression.
        self._evaluate: dict[type, Callable[[Any, EvalState], Value]] = {
            ir.Attr: self._attr,
            ir.Call: self._call,
            ir.Lambda: self._lambda,
            ir.Display: ask.displays.sequence,
            ir.DictDisplay: ask.displays.mapping,
            ir.Subscript: self._subscript,
            ir.Bool: ask.conditions.either,
            ir.Not: ask.conditions.negated,
            ir.Compare: ask.operators.compare,
            ir.Binary: ask.operators.binary,
            ir.IfExp: ask.conditions.chosen,
            ir.Await: self._await,
            ir.Yield: self._yield,
            ir.Comprehension: ask.displays.comprehension,
            ir.Walrus: self._walrus,
            ir.Opaque: self._opaque,
            ir.Slice: self._opaque,
            ir.Starred: self._starred,
            ir.Unary: ask.operators.unary,
            ir.Formatted: self._formatted,
            ir.Text: self._text,
            ir.Narrowed: self._narrowed,
            ir.Positional: self._positional,
        }

    def close(self) -> None:
        """Let go of what evaluates: the table refers to this."""
        self._evaluate.clear()

    def eval(self, expr: ir.Expr, state: EvalState) -> Value:
        """What ``expr`` may be. Records effects and calls on the way where the state has a recorder."""
        kind = type(expr)
        if kind is ir.Name:
            return self.ask.names.lookup(expr.id, state)  # type: ignore[union-attr]
        if kind is ir.Const:
            return Const(expr.value)  # type: ignore[union-attr]
        evaluate = self._evaluate.get(kind)
        return UNKNOWN if evaluate is None else evaluate(expr, state)

    def but_none(self, expr: ir.Expr, context: CallContext) -> list[Value]:
        """What ``expr`` may be in ``context`` where it is not None."""
        return [option for option in alternatives(self.eval(expr, EvalState(context))) if not is_none(option)]

    def _attr(self, expr: ir.Attr, state: EvalState) -> Value:
        if state.env is not None:
            path = dotted(expr)
            if path:
                known = known_in(state.env, path)
                if known is not None:
                    return known
        receiver = self.eval(expr.value, state)
        return self.ask.attributes.attribute(receiver, expr.name, state, expr.span)

    def run(self, expr: ir.Expr, state: EvalState) -> None:
        """Evaluate ``expr`` for what it does: nobody wants its value."""
        kind = type(expr)
        if kind is ir.Call:
            self._call(expr, state, Result.UNWANTED)  # type: ignore[arg-type]
        elif kind in _PLAIN and getattr(expr, "kind", "") != "set":
            for part in children(expr):
                self.run(part, state)
        elif kind not in _IDLE:
            self.eval(expr, state)

    def run_lazily(self, expr: ir.Expr, state: EvalState) -> Value | Lazy:
        """Evaluate ``expr`` for what it does; what a call returns is worked out when somebody asks for it."""
        if type(expr) is ir.Call:
            return self._called(expr, state, Result.LAZY)
        return self.eval(expr, state)

    def _call(self, expr: ir.Call, state: EvalState, result: Result = Result.WANTED) -> Value:
        return settled(self._called(expr, state, result))

    def _called(self, expr: ir.Call, state: EvalState, result: Result) -> Value | Lazy:
        function = self.eval(expr.func, state)
        if type(function) in _NOTHING_KNOWN:
            # Nothing is known of the result, whatever it is given.
            if state.recorder is not None or state.env is not None:
                for arg in expr.args:
                    self.run(arg.value, state)
            return NEVER if function is NEVER else UNKNOWN
        if state.recorder is None and state.env is None:
            args: Args = self.ask.arguments.pending(expr.args, state)
        else:
            args = self.ask.advancing.by_call(expr, function, self.ask.arguments.of(expr.args, state), state)
        value = self.ask.calls.call_lazily(function, args, state, expr.span, expr, result)
        if state.recorder is not None:
            self._consume_generators(expr, function, state)
        if state.env is not None:
            self.ask.after_calls.note(expr, function, args, state)
        return value

    def _consume_generators(self, expr: ir.Call, function: Value, state: EvalState) -> None:
        """``all(p.wait() for p in ps)``: a generator expression runs where its consumer is called."""
        if not self._is_consumer(function):
            return
        for arg in expr.args:
            run = consumed(arg.value, state)
            if run is not None:
                self.ask.displays.comprehension(run, state)

    def _is_consumer(self, function: Value) -> bool:
        """Whether a function of a library runs a generator that it is given."""
        if not isinstance(function, (Lib, LibMethod)):
            return False
        if isinstance(function, LibMethod) and isinstance(function.receiver, (Const, Sequence, Mapping)):
            return function.name in ("join", *PUTS_ALL)
        entry = self.knowledge.entry(function.name)
        return function.name in _ADVANCES or (entry is not None and bool(entry.consumes))

    def _lambda(self, expr: ir.Lambda, state: EvalState) -> Value:
        context = state.context
        if state.recorder is not None:
            for default in defaults(expr.function):
                self.eval(default, state)
        owner = context.function.owner if context.function is not None else None
        return Function(state.module.inner_function(expr.function, owner), context)

    def _subscript(self, expr: ir.Subscript, state: EvalState) -> Value:
        receiver = self.eval(expr.value, state)
        index = self.eval(expr.key, state)
        if not isinstance(expr.key, ir.Slice):
            return self.item(receiver, index, state, expr.span)
        function = state.context.function
        # Of what is passed on, each item is an argument; of data only what any of them may be is of interest.
        collected = isinstance(expr.value, ir.Name) and function is not None and expr.value.id in function.collecting
        return union(
            option
            if isinstance(option, LibObject) and option.type == library_types.VERSION
            else _slice(option, expr.key, collected)
            if isinstance(option, Sequence)
            else self.item(option, index, state, expr.span)
            for option in alternatives(receiver)
        )

    def item(self, receiver: Value, index: Value, state: EvalState, span: Span | None) -> Value:
        """``receiver[index]``; records what that runs."""
        out: list[Value] = []
        for option in alternatives(receiver):
            if isinstance(option, Object):
                found = self.ask.protocols.special(option, "__getitem__", (index,), state, span)
                out.append(found if is_known(found) else self._item_of(option, index, state, span))
            elif isinstance(option, Mapping):
                self.ask.protocols.hashed(option, index, state, span)
                out.append(self.ask.protocols.key(option, index, state, span))
            elif isinstance(option, Class) and (getter := self._class_item(option)) is not None:
                out.append(self.ask.calls.call(getter, CallArgs((index,)), state, span))
            elif isinstance(option, LibObject) and option.type == VARS:
                out.append(self.ask.attributes.from_dict(option, index, state, span))
            elif isinstance(option, LibObject) and (member := self.knowledge.member(option.type, "__getitem__")):
                method = LibMethod(option, member)
                out.append(self.ask.library_calls.call_library(method, CallArgs((index,)), state, span, None))
            elif isinstance(option, Const) and (letter := _letter(option, index)) is not None:
                out.append(letter)
            elif isinstance(option, LibObject) and option.type == library_types.VERSION:
                out.append(_of_version(index))
            else:
                if state.recorder is not None and isinstance(index, Object):
                    self.ask.protocols.special(index, "__index__", (), state, span)
                out.append(self.ask.protocols.item(option, index))
        return union(out)

    def _class_item(self, cls: Class) -> Value | None:
        """What ``Class[key]`` calls, where the project says so."""
        own = self.ask.classes.class_function(cls, "__class_getitem__")
        return None if own is None else Bound(own, cls)

    def _item_of(self, obj: Object, index: Value, state: EvalState, span: Span | None) -> Value:
        """An item of an instance that has its ``__getitem__`` from a container, if at all."""
        held = self.ask.protocols.contents(obj)
        if isinstance(held, Mapping) and not any(key == index for key, _ in held.items):
            missing = self.ask.protocols.special(obj, "__missing__", (index,), state, span)
            if is_known(missing):
                return union([missing, self.ask.protocols.item(held, index)])
        return self.ask.protocols.item(obj, index)

    def _await(self, expr: ir.Await, state: EvalState) -> Value:
        return self.ask.protocols.awaited(self.eval(expr.value, state), state, expr.span)

    def _yield(self, expr: ir.Yield, state: EvalState) -> Value:
        if expr.value is not None:
            value = self.eval(expr.value, state)
            if expr.delegates:
                return self.ask.protocols.delegated_to(value, state, expr.span)
        return state.context.param(SENT) or UNKNOWN

    def _walrus(self, expr: ir.Walrus, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        if state.env is not None:
            state.env[expr.target] = value
        return value

    def _opaque(self, expr: ir.Opaque | ir.Slice, state: EvalState) -> Value:
        for part in expr.parts:
            self.eval(part, state)
        return UNKNOWN

    def _formatted(self, expr: ir.Formatted, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        for part in expr.spec:
            self.eval(part, state)
        if state.recorder is not None:
            method = _CONVERSIONS.get(expr.conversion, "__format__")
            self.ask.protocols.shown(value, method, state, expr.span)
        plain = isinstance(value, Const) and isinstance(value.value, str) and not expr.spec and not expr.conversion
        return value if plain else UNKNOWN

    def _text(self, expr: ir.Text, state: EvalState) -> Value:
        """An f-string: a constant where all its fields are."""
        parts: list[Value] = []
        for part in expr.parts:
            parts.append(self._formatted(part, state) if isinstance(part, ir.Formatted) else self.eval(part, state))
        text = [part.value for part in parts if isinstance(part, Const)]
        if len(text) < len(parts):
            return UNKNOWN
        return Const("".join(map(str, text)), all(part.firm for part in parts if isinstance(part, Const)))

    def _narrowed(self, expr: ir.Narrowed, state: EvalState) -> Value:
        return self.ask.narrowing.narrowed(self.eval(expr.value, state), expr.cls, state)

    def _positional(self, expr: ir.Positional, state: EvalState) -> Value:
        out: list[Value] = []
        for option in alternatives(self.eval(expr.value, state)):
            if isinstance(option, Object):
                name = self.ask.fields.match_argument(option.cls, expr.position)
                out.append(self.ask.attributes.attribute(option, name, state, expr.span) if name else UNKNOWN)
            else:
                # ``case str(x)`` is the string itself, a named tuple's fields are its items.
                is_record = isinstance(option, LibObject) and option.type == NAMED_TUPLE
                out.append(self.ask.protocols.item(option, Const(expr.position)) if is_record else option)
        return union(out)

    def _starred(self, expr: ir.Starred, state: EvalState) -> Value:
        self.eval(expr.value, state)
        return UNKNOWN


#: What gives nothing that is known when it is called.
_NOTHING_KNOWN = frozenset({Unknown, Never, LibResult})

#: What runs a generator up to its next element.
_ADVANCES = frozenset({"builtins.next"})

#: Expressions that do nothing by themselves, and those that do nothing beside what their parts do.
_IDLE = frozenset({ir.Name, ir.Const})
#: What is evaluated of a lambda, where it stands, are its defaults.
_PLAIN = frozenset({ir.Display, ir.Slice, ir.Opaque, ir.Lambda})


#: What a field of an f-string runs; without a conversion ``__format__``.
_CONVERSIONS = {"s": "__str__", "r": "__repr__", "a": "__repr__"}


def _of_version(index: Value) -> Value:
    """``sys.version_info[0]``"""
    return Const(3) if isinstance(index, Const) and index.value == 0 else UNKNOWN


def _slice(sequence: Sequence, part: ir.Slice, told: bool) -> Sequence:
    """``items[1:]``; with ``told`` the items that it takes, where they and its bounds are known."""
    given = [bound.value for bound in part.parts if isinstance(bound, ir.Const) and type(bound.value) is int]
    if not told or sequence.items is None or part.places is None or len(given) < len(part.parts) or 0 in given[2:]:
        return Sequence(sequence.kind, None, sequence.element)
    bounds = dict(zip(part.places, given, strict=True))
    items = sequence.items[slice(*(bounds.get(at) for at in range(3)))]
    return Sequence(sequence.kind, items, union(items))


def _letter(text: Const, index: Value) -> Const | None:
    """``mode[0]`` of a constant text; None where that is none, or there is no such character."""
    if not isinstance(text.value, str) or not isinstance(index, Const) or type(index.value) is not int:
        return None
    at, length = index.value, len(text.value)
    return Const(text.value[at], text.firm and index.firm) if -length <= at < length else None
