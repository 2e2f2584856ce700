"""What the callers of a function pass for a parameter that says nothing of its type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState, receiver_of
from finlint.analysis.domain.values import (
    MAYBE_NONE,
    NEVER,
    UNKNOWN,
    Class,
    Const,
    Mapping,
    Object,
    Parameter,
    Returning,
    Sequence,
    Value,
    is_known,
    says_nothing,
    softened,
    union,
    without_none,
)
from finlint.analysis.evaluation.call_sites import Given, callee_names
from finlint.analysis.evaluation.memo import NO_CALLERS, Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.evaluation.records import POST_INITS
from finlint.analysis.program.symbols import (
    ClassNode,
    FunctionNode,
    is_accessor,
)
from finlint.model import ir
from finlint.model.limits import CONSTRUCTORS


class Callers:
    """Parameters to values, by annotation, callers and default."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.solver = ask.solver
        self._callers: Memo[tuple[FunctionNode, str, Object | None], Value] = Memo(ask.solver, NEVER)
        self._heirs: Memo[tuple[FunctionNode, Object], list[Given]] = Memo(ask.solver, [], grows=False)
        self._values: Memo[tuple[Given, str], Value] = Memo(ask.solver, NEVER)

    def parameter(self, name: str, context: CallContext) -> Value:
        """A parameter that this call did not tell: from its annotation, else from what callers pass."""
        function = context.function
        assert function is not None
        for param in function.ir.params:
            if param.name != name:
                continue
            if isinstance(param.default, ir.Const) and self._is_left_out(function, name, context):
                return Const(param.default.value)
            defining = context.parent or self.ask.binding.module_context(context.module)
            if param.kind in ("*", "**"):
                element: Value = UNKNOWN
                if param.annotation is not None:
                    element = self.ask.annotations.annotation(param.annotation, EvalState(defining))
                # ``args[0]``, ``kwargs.get("on_close")``: by place and by name, what callers give.
                passed = UNKNOWN if is_known(element) else self.from_callers(function, name, context)
                if is_known(passed):
                    return passed
                return Sequence("tuple", None, element) if param.kind == "*" else Mapping((), UNKNOWN, element)
            if param.annotation is not None:
                value = self.ask.annotations.annotation(param.annotation, EvalState(defining))
                # ``Callable[[], None] | None`` says no more than that it may be None.
                if not says_nothing(value):
                    # A protocol says what the argument can do, not what it is; a TypedDict what it holds.
                    says_less = self._is_protocol(value) or self._is_typed_dict(value)
                    passed = self.from_callers(function, name, context) if says_less else UNKNOWN
                    if is_known(passed):
                        return passed
                    # ``transport: Transport = None`` may be left out.
                    left_out = isinstance(param.default, ir.Const) and param.default.value is None
                    return union([value, MAYBE_NONE]) if left_out else value
            value = self.ask.stubs.parameter(function, name)
            if is_known(value):
                return value
            value = self.from_callers(function, name, context)
            if is_known(value) or value is NEVER:
                return value
            if isinstance(param.default, (ir.Name, ir.Attr, ir.Call, ir.Lambda)):
                value = self.ask.expressions.eval(param.default, EvalState(defining))
                if is_known(value):
                    return softened(value)
            return Parameter(name, context)
        return UNKNOWN

    def _is_protocol(self, value: Value) -> bool:
        return isinstance(value, Returning) or (
            isinstance(value, Object) and self.ask.classes.has_library_base(value.cls, "Protocol")
        )

    def _is_typed_dict(self, value: Value) -> bool:
        return isinstance(value, Object) and self.ask.classes.has_library_base(value.cls, "TypedDict")

    @contextmanager
    def without_callers(self) -> Iterator[None]:
        """Answer questions from what is at hand: looking for registrations needs no more in most functions."""
        solver = self.solver
        before, solver.caller_depth = solver.caller_depth, NO_CALLERS
        try:
            yield
        finally:
            solver.caller_depth = before

    def from_callers(self, function: FunctionNode, name: str, context: CallContext) -> Value:
        """What callers pass for a parameter without annotation: those of the receiver's class before all others."""
        self.solver.asked_callers = True
        if not self.solver.may_ask_callers():
            return UNKNOWN
        function = function.whole
        heir = self._heir(function, context)
        around = _around(context)
        return self._callers.answer((function, name, heir), self._ask_callers, function, name, heir, around)

    def _ask_callers(
        self, function: FunctionNode, name: str, heir: Object | None, around: tuple[FunctionNode, ...]
    ) -> Value:
        self.solver.asked_callers = True
        self.solver.caller_depth += 1
        try:
            value = self._from_heir(function, name, heir) if heir is not None else UNKNOWN
            if around and not (is_known(value) or value is NEVER):
                value = self.ask.replacements.parameter(function, name, around)
            return value if is_known(value) or value is NEVER else self._from_callers(function, name)
        finally:
            self.solver.caller_depth -= 1

    def given(self, call: Given, name: str) -> Value:
        """What a call gives to a parameter; UNKNOWN where it gives it nothing."""
        # Both constructors make the same object, for the same caller.
        self.solver.caller_depth -= call.passes_on
        try:
            return self._values.answer((call, name), self._given_value, call, name)
        finally:
            self.solver.caller_depth += call.passes_on

    def _given_value(self, call: Given, name: str) -> Value:
        if call.call is None:
            assert call.decorated is not None
            return self._bound(call, CallArgs((call.decorated,)), name)
        args = self.ask.arguments.pending(call.call.args, self.ask.names.where(call.call, call.context))
        expressions = args.expressions(call.function.ir, call.receiver is not None)
        if expressions is None:
            return self._bound(call, args, name)
        expr = expressions.get(name)
        return UNKNOWN if expr is None else args.evaluate(expr)

    def called(self, call: Given) -> CallContext:
        """The call context that a call makes of its function."""
        args = CallArgs()
        if call.call is not None:
            args = self.ask.arguments.of(call.call.args, self.ask.names.where(call.call, call.context))
        params = tuple(self.ask.binding.bind(call.function, args, call.receiver))
        return self.ask.binding.context(call.function, params, None)

    def _bound(self, call: Given, args: Args, name: str) -> Value:
        return dict(self.ask.binding.bind(call.function, args, call.receiver, fill=False)).get(name, UNKNOWN)

    def passed(self, function: FunctionNode, name: str) -> list[Value]:
        """What the nearest calls of a function give to a parameter, whether much is known of it or not."""
        if not self.solver.may_ask_callers() or function.name.startswith("__") or function.name == "<lambda>":
            return []
        self.solver.asked_callers = True
        self.solver.caller_depth += 1
        try:
            sites = self.ask.call_sites
            given = sites.nth(function, function.name, False, 0) or sites.nth(function, function.name, False, 1)
            return [self.given(call, name) for call in given or ()]
        finally:
            self.solver.caller_depth -= 1

    def known_of(self, calls: Iterable[Given], name: str) -> list[Value]:
        """What calls give to a parameter, as far as that is known."""
        values = [self.given(call, name) for call in calls]
        return [softened(value) for value in values if is_known(value) or value is NEVER]

    def _is_left_out(self, function: FunctionNode, name: str, context: CallContext) -> bool:
        """Whether the constructors between an instance's class and the base whose ``__init__`` this is give nothing for
        a parameter: it has its default then, whoever makes the instance."""
        heir = self._heir(function, context)
        if heir is None or not self.solver.may_ask_callers():
            return False
        given = self._heirs.answer((function, heir), self._find_given_by, heir, function)
        return bool(given) and all(call.passes_on and self._leaves_out(call, name) for call in given)

    def _leaves_out(self, given: Given, name: str) -> bool:
        if given.call is None:
            return False
        args = self.ask.arguments.pending(given.call.args, EvalState(given.context))
        expressions = args.expressions(given.function.ir, given.receiver is not None)
        if expressions is not None:
            return name not in expressions
        bound = dict(self.ask.binding.bind(given.function, args, given.receiver, fill=False))
        return not args.open_ended and name not in bound

    @staticmethod
    def _heir(function: FunctionNode, context: CallContext) -> Object | None:
        """The instance that inherits the ``__init__`` which ``context`` is of: its class is made elsewhere."""
        made = receiver_of(context) if function.name == "__init__" and function.owner is not None else None
        return made if made is not None and made.cls.node is not function.owner else None

    def _from_heir(self, function: FunctionNode, name: str, heir: Object) -> Value:
        given = self._heirs.answer((function, heir), self._find_given_by, heir, function)
        return without_none(union(self.known_of(given, name)))

    def _find_given_by(self, heir: Object, function: FunctionNode) -> list[Given]:
        return list(self._given_by(heir, function))

    def _given_by(self, heir: Object, function: FunctionNode) -> Iterator[Given]:
        """The parameters of a base's ``__init__`` as making ``subclass`` gives them.

        Where its class has an ``__init__`` of its own, that passes them on: ``super().__init__(pool)``.
        """
        first = self.ask.classes.class_function(heir.cls, "__init__")
        if first is None:
            return
        if first.node is function:
            yield from self.ask.call_sites.making(heir.cls, function)
            return
        for own, base in self._constructors_before(heir, function):
            state = EvalState(self.ask.classes.making_context(own, heir, base))
            for call in own.index.calls:
                if "__init__" in callee_names(call):
                    yield from self.ask.call_sites.given_in(call, function, state)

    def _constructors_before(self, heir: Object, function: FunctionNode) -> list[tuple[FunctionNode, Class]]:
        """The ``__init__`` of each base between the class of ``heir`` and that of ``function``; none if many."""
        out: list[tuple[FunctionNode, Class]] = []
        for base in self.ask.classes.mro(heir.cls):
            if not isinstance(base, Class):
                continue
            if base.node is function.owner:
                break
            own = base.node.method("__init__")
            if own is not None:
                if CONSTRUCTORS.reached(len(out)):
                    return []
                out.append((own, base))
        return out

    def _from_callers(self, function: FunctionNode, name: str) -> Value:
        called = function.name
        if is_accessor(function, "setter"):
            return self._assigned(function)
        makes = function.owner is not None and called in ("__init__", "__new__")
        if makes and function.owner is not None:
            called = function.owner.name
        if called in POST_INITS and function.owner is not None:
            return self._from_written(function, name)
        if called == "__init_subclass__" and function.owner is not None:
            return self._of_headers(function.owner, name)
        if called == "__call__":
            return self.ask.replacements.of_call(function, name)
        if called.startswith("__") or called == "<lambda>":
            return UNKNOWN
        number = 0
        while (given := self.ask.call_sites.nth(function, called, makes, number)) is not None:
            values = self.known_of(given, name)
            if values:
                return without_none(union(values))
            number += 1
        if makes:
            return self._from_heirs_records(function, name)
        return without_none(union(self.known_of(self.ask.call_sites.handed_over(function), name)))

    def _of_headers(self, owner: ClassNode, name: str) -> Value:
        """What the headers of subclasses give to ``__init_subclass__``: ``class Job(Base, on_gone=gone)``."""
        values = [
            self.ask.expressions.eval(arg.value, EvalState(heir.context))
            for heir in self.ask.classes.subclasses(self.ask.binding.generic_class(owner))
            for arg in heir.node.facts.bases
            if arg.keyword == name
        ]
        return union(softened(value) for value in values if is_known(value))

    def _from_heirs_records(self, function: FunctionNode, name: str) -> Value:
        """What makers of heirs give to a field of a record: the ``__init__`` that is written for an heir does not call
        that of its base."""
        assert function.owner is not None
        cls = self.ask.binding.generic_class(function.owner)
        own = self.ask.records.init(cls)
        if own is None or own.node is not function:
            return UNKNOWN
        values: list[Value] = []
        for heir in self.ask.classes.subclasses(cls):
            init = self.ask.records.init(heir)
            if init is not None and any(param.name == name for param in init.node.ir.params):
                values.append(self._from_callers(init.node, name))
        known = [softened(value) for value in values if is_known(value)]
        return union(known) if known else UNKNOWN

    def _from_written(self, function: FunctionNode, name: str) -> Value:
        """What the ``__init__`` that is written for a record gives to its ``__post_init__``: its ``InitVar`` fields."""
        assert function.owner is not None
        cls = self.ask.binding.generic_class(function.owner)
        init = self.ask.records.init(cls)
        if init is None:
            return UNKNOWN
        context = self.ask.binding.method_context(init.node, Object(cls, (), "self"), cls.context)
        calls = init.node.index.calls
        given = [g for call in calls for g in self.ask.call_sites.given_in(call, function, EvalState(context))]
        return without_none(union(self.known_of(given, name)))

    def _assigned(self, function: FunctionNode) -> Value:
        """What is assigned to the property that ``function`` sets."""
        if function.owner is None:
            return UNKNOWN
        me = Object(self.ask.binding.generic_class(function.owner), (), "self")
        stored = self.ask.own_stores.of_instance(me, function.name)
        if stored is None or not is_known(stored):
            others = [softened(v) for v in self.ask.external_stores.stored_by_others(me, function.name) if is_known(v)]
            stored = union(others) if others else UNKNOWN
        return without_none(softened(stored))


def _around(context: CallContext) -> tuple[FunctionNode, ...]:
    """The functions that a function is defined in, outermost first."""
    out: list[FunctionNode] = []
    parent = context.parent
    while parent is not None and parent.function is not None:
        out.insert(0, parent.function)
        parent = parent.parent
    return tuple(out)
