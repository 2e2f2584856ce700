"""What the callers of a function pass for a parameter that says nothing of its type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Mapping,
    Marked,
    Object,
    Parameter,
    Returning,
    Sequence,
    Value,
    alternatives,
    is_known,
    says_nothing,
    softened,
    union,
    without_none,
)
from finlint.analysis.evaluation.decorations import ways_to_run
from finlint.analysis.evaluation.memo import NO_CALLERS, Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.evaluation.records import POST_INITS
from finlint.analysis.program.definitions import FunctionIndex
from finlint.analysis.program.self_construction import own_calls
from finlint.analysis.program.symbols import (
    FunctionNode,
    ModuleNode,
    function_at,
    is_accessor,
    method_kind,
    with_closures,
)
from finlint.model import ir
from finlint.model.limits import CALLERS, OTHER_NAMES, PASSING_ON
from finlint.model.reads import Kept
from finlint.scan.words import NAMES, SUBCLASSES


class Given:
    """What one call gives to the parameters of ``function``: ``Callers.given`` works each out when it is asked for.

    ``context`` is that of the call, ``receiver`` what comes before its arguments, if anything does. ``passes_on``: it
    is a constructor's call of that of a base. A decorator that is applied is a call, too: its argument is
    ``decorated``.
    """

    __slots__ = ("_key", "call", "context", "decorated", "function", "passes_on", "receiver")

    def __init__(
        self,
        function: FunctionNode,
        call: ir.Call | None,
        receiver: Value | None,
        context: CallContext,
        passes_on: bool,
        decorated: Value | None = None,
    ) -> None:
        self.function = function
        self.call = call
        self.receiver = receiver
        self.context = context
        self.passes_on = passes_on
        self.decorated = decorated
        self._key = function, id(call), receiver, context, passes_on, decorated

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def not_passing_on(self) -> Given:
        """The same call as one like any other."""
        return Given(self.function, self.call, self.receiver, self.context, False) if self.passes_on else self


class Callers:
    """Parameters to values, by annotation, callers and default."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.solver = ask.solver
        self.project = ask.project
        self._others: Kept[tuple[ModuleNode, str], list[tuple[str, list[ModuleNode]]]] = Kept(ask.reads)
        self._callers: Memo[tuple[FunctionNode, str, Object | None], Value] = Memo(ask.solver, NEVER)
        # None says that there are no further calls. It is the first answer, too: whoever asks for one kind of call
        # after the other stops at it.
        self._calls: Memo[tuple[FunctionNode, int], list[Given] | None] = Memo(ask.solver, None, grows=False)
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
                    # A protocol says what the argument can do, not what it is.
                    passed = self.from_callers(function, name, context) if self._is_protocol(value) else UNKNOWN
                    return passed if is_known(passed) else value
            value = self.ask.stubs.parameter(function, name)
            if is_known(value):
                return value
            value = self.from_callers(function, name, context)
            if is_known(value) or value is NEVER:
                return value
            if isinstance(param.default, (ir.Name, ir.Attr, ir.Call)):
                value = self.ask.expressions.eval(param.default, EvalState(defining))
                if is_known(value):
                    return softened(value)
            return Parameter(name, context)
        return UNKNOWN

    def _is_protocol(self, value: Value) -> bool:
        return isinstance(value, Returning) or (
            isinstance(value, Object) and self.ask.classes.has_library_base(value.cls, "Protocol")
        )

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
        args = self.ask.arguments.pending(call.call.args, EvalState(call.context))
        expressions = args.expressions(call.function.ir, call.receiver is not None)
        if expressions is None:
            return self._bound(call, args, name)
        expr = expressions.get(name)
        return UNKNOWN if expr is None else args.evaluate(expr)

    def _bound(self, call: Given, args: Args, name: str) -> Value:
        return dict(self.ask.binding.bind(call.function, args, call.receiver, fill=False)).get(name, UNKNOWN)

    def passed(self, function: FunctionNode, name: str) -> list[Value]:
        """What the nearest calls of a function give to a parameter, whether much is known of it or not."""
        if not self.solver.may_ask_callers() or function.name.startswith("__") or function.name == "<lambda>":
            return []
        self.solver.asked_callers = True
        self.solver.caller_depth += 1
        try:
            given = self._given(function, function.name, False, 0) or self._given(function, function.name, False, 1)
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
        if function.name != "__init__" or function.owner is None or not context.params:
            return None
        receiver = context.params[0][1]
        return receiver if isinstance(receiver, Object) and receiver.cls.node is not function.owner else None

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
            number = 0
            while (places := self._places(heir.cls.node.module, heir.cls.node.name, True, number)) is not None:
                found = [p for module, word in places for p in self._passed(function, module, word, heir.cls)]
                found += self._own_calls(heir.cls, function) if number == 0 else ()
                if found:
                    yield from found
                    return
                number += 1
            return
        for base in self.ask.classes.mro(heir.cls):
            if not isinstance(base, Class):
                continue
            if base.node is function.owner:
                return
            own = base.node.method("__init__")
            if own is None:
                continue
            state = EvalState(self.ask.classes.making_context(own, heir, base))
            for call in own.index.calls:
                if "__init__" in _callee_names(call):
                    yield from self._given_in(call, function, state)

    def _from_callers(self, function: FunctionNode, name: str) -> Value:
        called = function.name
        if is_accessor(function, "setter"):
            return self._assigned(function)
        makes = function.owner is not None and called in ("__init__", "__new__")
        if makes and function.owner is not None:
            called = function.owner.name
        if called in POST_INITS and function.owner is not None:
            return self._from_written(function, name)
        if called == "__call__":
            return self.ask.replacements.of_call(function, name)
        if called.startswith("__") or called == "<lambda>":
            return UNKNOWN
        number = 0
        while (given := self._given(function, called, makes, number)) is not None:
            values = self.known_of(given, name)
            if values:
                return without_none(union(values))
            number += 1
        return self._from_heirs_records(function, name) if makes else UNKNOWN

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
        given = [g for call in calls for g in self._given_in(call, function, EvalState(context))]
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

    def _given(self, function: FunctionNode, called: str, makes: bool, number: int) -> list[Given] | None:
        """The parameters in the calls at the ``number``-th kind of place, nearest first; None: there is no more."""
        return self._calls.answer((function, number), self._find_given, function, called, makes, number)

    def _find_given(self, function: FunctionNode, called: str, makes: bool, number: int) -> list[Given] | None:
        places = self._places(function.module, called, makes, number)
        if places is None:
            return None
        found = [call for module, word in places for call in self._passed(function, module, word)]
        if number == 0:
            found += self._decorating(function)
        if makes:
            found += self._made_by_itself(function, number)
        if PASSING_ON.passed(sum(call.passes_on for call in found)):
            found = [call.not_passing_on() for call in found]
        return found

    def _decorating(self, function: FunctionNode) -> Iterator[Given]:
        """What a decorator, or a function that makes one, is given where it stands above a ``def`` or ``class``."""
        for decoration in self.ask.decorations.near(function):
            decorator, state = decoration.decorator, decoration.state
            if isinstance(decorator, ir.Call):
                yield from self._given_in(decorator, function, state)
                continue
            for receiver in ways_to_run(self.ask.expressions.eval(decorator, state), function):
                yield Given(function, None, receiver, state.context, False, decoration.decorated)

    def _made_by_itself(self, function: FunctionNode, number: int) -> Iterator[Given]:
        """The parameters of ``function`` in calls like ``cls(...)`` in methods of its class, and of its subclasses
        where they are asked what they pass on."""
        if function.owner is None:
            return
        cls = self.ask.binding.generic_class(function.owner)
        if number == 0:
            yield from self._own_calls(cls, function)
        elif number == 2:
            for heir in self.ask.classes.subclasses(cls):
                yield from self._own_calls(heir, function)

    def _own_calls(self, cls: Class, function: FunctionNode) -> Iterator[Given]:
        for base in self.ask.classes.mro(cls):
            if not isinstance(base, Class):
                continue
            for method, call in own_calls(base.node):
                receiver: Value = cls if method_kind(method) == "class" else Object(cls, (), "self")
                context = self.ask.binding.method_context(method, receiver, base.context)
                yield from self._given_in(call, function, EvalState(context), cls)

    def _places(self, module: ModuleNode, called: str, makes: bool, number: int) -> list[tuple[ModuleNode, str]] | None:
        """Modules, and the names of what they call, where a function of ``module`` may be called."""
        if number == 0:
            # A subclass passes it on: ``super().__init__(pool)``.
            return [(module, called), *([(module, "__init__")] if makes else [])]
        if number == 1:
            return [(other, called) for other in self.project.mentioning(called + "(", module)]
        if not makes:
            return None
        if number == 2:
            return [(other, "__init__") for other in self.project.matching(called, SUBCLASSES, module)]
        # A class has other names: ``cursor_factory = Cursor``, a subclass.
        others = self._other_names_of(module, called)
        if number - 3 >= len(others):
            return None
        name, modules = others[number - 3]
        return [(other, name) for other in modules]

    def _other_names_of(self, module: ModuleNode, cls: str) -> list[tuple[str, list[ModuleNode]]]:
        """Names that may mean a class of ``module``, each with the modules that may call it by that name."""
        return self._others.answer((module, cls), self._find_other_names, module, cls)

    def _find_other_names(self, module: ModuleNode, cls: str) -> list[tuple[str, list[ModuleNode]]]:
        near = [module, *self.project.matching(cls, NAMES, module)]
        heirs = {n for m in near for n in m.source.words(SUBCLASSES, cls)}
        names = dict.fromkeys(n for m in near for n in m.source.words(NAMES, cls) if n != cls)
        return [(name, self._callers_by_name(name, module, near, name in heirs)) for name in OTHER_NAMES.first(names)]

    def _callers_by_name(
        self, name: str, module: ModuleNode, near: list[ModuleNode], is_heir: bool
    ) -> list[ModuleNode]:
        # A variable of one or two letters means something else in every other module.
        elsewhere = self.project.mentioning(name + "(", module) if is_heir or len(name) > 2 else []
        return list(dict.fromkeys((*near, *elsewhere)))

    def _passed(self, function: FunctionNode, module: ModuleNode, called: str, cls: Class | None = None) -> list[Given]:
        """The parameters that calls of ``called`` in ``module`` give, those that call ``function`` (of ``cls``)."""
        given: list[Given] = []
        for callers, call in calls_named(module, called):
            for context in self.contexts(module, callers, function):
                found = list(self._given_in(call, function, EvalState(context), cls))
                if found:
                    given += found
                    break
        return given

    def _given_in(
        self, call: ir.Call, function: FunctionNode, state: EvalState, cls: Class | None = None
    ) -> Iterator[Given]:
        """The parameters that ``call`` gives to ``function`` (of ``cls``), for each way in which it may mean it."""
        for option in alternatives(self.ask.expressions.eval(call.func, state)):
            if cls is None or option == cls:
                bound = self._callee_params(option, function, call, state)
                if bound is not None:
                    yield bound

    def contexts(
        self, module: ModuleNode, callers: tuple[FunctionNode, ...], function: FunctionNode
    ) -> Iterator[CallContext]:
        """The call contexts in which the last of ``callers``, each defined in the one before, may call ``function``;
        the body of ``module`` where there are none."""
        if not callers:
            yield self.ask.binding.module_context(module)
            return
        for context in self._outer_contexts(callers[0], function):
            yield self.ask.binding.closure_context(callers[1:], context)

    def _outer_contexts(self, caller: FunctionNode, function: FunctionNode) -> Iterator[CallContext]:
        """The same of one that is defined in no other: a mixin's method calls what its subclass defines."""
        yield self.ask.binding.generic_context(caller)
        owner = function.owner
        if owner is not None and function.name in ("__init__", "__new__"):
            # ``self.Cursor(...)`` of a class in the body of the subclass.
            owner = owner.parent
        if caller.owner is None or owner is None or owner is caller.owner or method_kind(caller) != "instance":
            return
        heir = Class(owner, self.ask.binding.module_context(owner.module))
        for base in self.ask.classes.mro(heir)[1:]:
            if isinstance(base, Class) and base.node is caller.owner:
                yield self.ask.binding.method_context(caller, Object(heir, (), "self"), base.context)

    def _callee_params(self, target: Value, function: FunctionNode, call: ir.Call, state: EvalState) -> Given | None:
        """Parameters of ``function`` as ``call`` gives them, where ``target`` is that function."""
        receiver: Value | None = None
        target = _undecorated(target, function)
        if isinstance(target, Class):
            found = self.ask.classes.class_function(target, "__new__" if function.name == "__new__" else "__init__")
            if found is None or found.node is not function:
                return None
            receiver = UNKNOWN
        elif isinstance(target, Bound) and isinstance(target.function, Function):
            if target.function.node is not function:
                return None
            receiver = target.receiver
        elif not isinstance(target, Function) or target.node is not function:
            return None
        made_by = state.context.function
        passes_on = (
            made_by is not None and made_by.name == function.name == "__init__" and not isinstance(target, Class)
        )
        return Given(function, call, receiver, state.context, passes_on)


def _around(context: CallContext) -> tuple[FunctionNode, ...]:
    """The functions that a function is defined in, outermost first."""
    out: list[FunctionNode] = []
    parent = context.parent
    while parent is not None and parent.function is not None:
        out.insert(0, parent.function)
        parent = parent.parent
    return tuple(out)


def _undecorated(target: Value, function: FunctionNode) -> Value:
    """``function`` where ``target`` is what its decorators made of it, and passes on all that it is given."""
    if not function.ir.decorators:
        return target
    if isinstance(target, Marked):
        return _undecorated(target.function, function)
    if isinstance(target, Bound):
        return target._replace(function=_undecorated(target.function, function))
    if isinstance(target, Function) and target.node is not function:
        passes_on = {param.kind for param in target.node.ir.params} <= {"*", "**"}
        around: CallContext | None = target.context
        while around is not None and passes_on:
            for _, value in around.params:
                if isinstance(value, Function) and value.node is function:
                    return value
            around = around.parent
    return target


def calls_named(module: ModuleNode, name: str) -> list[tuple[tuple[FunctionNode, ...], ir.Call]]:
    """Calls in the module whose callee's last name is ``name``, each with the functions that it stands in."""
    out: list[tuple[tuple[FunctionNode, ...], ir.Call]] = []
    seen: set[object] = set()
    for line in module.source.lines("calls", name):
        node = function_at(module, line)
        if node is None:
            for binding in module.statements_at(line):
                if binding.line not in seen:
                    seen.add(binding.line)
                    index = FunctionIndex(tuple(module.statements(binding)))
                    out.extend(((), c) for c in index.calls if name in _callee_names(c))
            continue
        if node not in seen:
            seen.add(node)
            for around in with_closures(node):
                out.extend((around, c) for c in around[-1].index.calls if name in _callee_names(c))
        if CALLERS.passed(len(out)):
            break
    return out


def _callee_names(call: ir.Call) -> list[str]:
    """Last names of what a call calls; ``(factory or self.factory)(...)`` has two."""
    out: list[str] = []
    stack = [call.func]
    while stack:
        func = stack.pop()
        if isinstance(func, ir.Attr):
            out.append(func.name)
        elif isinstance(func, ir.Name):
            out.append(func.id)
        elif isinstance(func, ir.Bool):
            stack += [func.left, func.right]
        elif isinstance(func, ir.IfExp):
            stack += [func.body, func.orelse]
    return out
