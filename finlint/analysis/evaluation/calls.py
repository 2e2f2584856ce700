"""What a call gives: functions, classes, bound methods, partials, registrars."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.abstraction import context_value
from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.containers import HELD
from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState, Lazy, Result, known_in, settled
from finlint.analysis.domain.values import (
    MAYBE_NONE,
    NAMED_TUPLE,
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Marked,
    MethodCaller,
    Object,
    OneOf,
    Partial,
    RecordType,
    Returning,
    Suspended,
    Unknown,
    Value,
    WeakReference,
    alternatives,
    is_known,
    is_none,
    shallow,
    softened,
    union,
)
from finlint.analysis.evaluation.binding import takes
from finlint.analysis.evaluation.flags import handed_on
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.protocols import EXIT_STACK
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library
from finlint.analysis.models.library_types import BY_COMPARISON
from finlint.analysis.program.statements import is_super
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.record import replaced
from finlint.model.source import Span


class Calls:
    """Calls to values; the recorder learns of the edges."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self.registrars = ask.registrars
        self._returns: Memo[CallContext, Value] = Memo(ask.solver, NEVER)

    def call(
        self,
        function: Value,
        args: Args,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None = None,
    ) -> Value:
        """The result of calling ``function``; the recorder, if any, learns of the effects and the edge."""
        return settled(self.call_lazily(function, args, state, span, expr, Result.WANTED))

    def call_lazily(
        self,
        function: Value,
        args: Args,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None,
        result: Result,
    ) -> Value | Lazy:
        """The same; functions of the project are asked what they return as ``result`` says."""
        if type(function) is not OneOf:
            return self._call_one(function, args, state, span, expr, result)
        options = alternatives(function)
        # Of several that may be meant, one that cannot take the call is not: it would raise TypeError.
        able = [option for option in options if takes(option, args)]
        out = [self._call_one(option, args, state, span, expr, result) for option in able or options]
        if any(type(value) is Lazy for value in out):
            return Lazy(lambda: union([settled(value) for value in out]))
        return union(out)  # type: ignore[arg-type]

    def _call_one(
        self,
        function: Value,
        args: Args,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None,
        result: Result,
    ) -> Value | Lazy:
        if isinstance(function, Returning):
            return function.result
        if isinstance(function, RecordType):
            given = {**dict(zip(function.fields, args.positional, strict=False)), **dict(args.keywords)}
            return LibObject(NAMED_TUPLE, tuple((name, shallow(given.get(name, UNKNOWN))) for name in function.fields))
        if isinstance(function, Marked):
            return self._call_marked(function, args, state, span, expr, result)
        if isinstance(function, Function):
            return self._call_function(function, args, None, state, span, expr, result)
        if isinstance(function, Bound):
            inner = function.function
            if isinstance(inner, Function):
                return self._call_function(inner, args, function.receiver, state, span, expr, result)
            shifted = CallArgs((function.receiver, *args.positional), args.keywords, args.open_ended)
            return self.call_lazily(inner, shifted, state, span, expr, result)
        if isinstance(function, Partial):
            # What is given by name in the call takes the place of what was before.
            keywords = tuple({**dict(function.keywords), **dict(args.keywords)}.items())
            merged = CallArgs((*function.args, *args.positional), keywords, args.open_ended)
            return self.call_lazily(function.function, merged, state, span, expr, result)
        if isinstance(function, Class):
            if state.recorder is not None and span is not None:
                self._called_by_metaclass(function, args, state, span)
            return self.construct(function, args, state, span, expr)
        if isinstance(function, Object):
            called = self.ask.classes.class_member(function.cls, "__call__")
            if (called is None or isinstance(called[1], Lib)) and self.ask.decorations.is_metaclass(function.cls):
                made = self.ask.decorations.with_metaclass(function.cls)
                return union([self.construct(cls, args, state, span, expr) for cls in made])
            return self.ask.protocols.special(function, "__call__", args.positional, state, span, args.keywords)
        if isinstance(function, (Lib, LibMethod)):
            return self.ask.library_calls.call_library(function, args, state, span, expr)
        if isinstance(function, MethodCaller) and args.positional:
            method = self.ask.attributes.attribute(args.positional[0], function.name, state, span)
            return self.call(method, CallArgs(function.args, function.keywords), state, span, expr)
        if isinstance(function, WeakReference):
            return union([function.target, MAYBE_NONE])
        if isinstance(function, LibObject):
            if function.type == BY_COMPARISON and args.positional:
                both = CallArgs((args.positional[0], args.positional[0]))
                return self.call_lazily(function.args[0][1], both, state, span, expr, result)
            member = self.knowledge.member(function.type, "__call__")
            if member is not None:
                return self.ask.library_calls.call_library(LibMethod(function, member), args, state, span, expr)
        return NEVER if function is NEVER else UNKNOWN

    def _call_marked(
        self,
        marked: Marked,
        args: Args,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None,
        result: Result,
    ) -> Value | Lazy:
        function = marked.function
        match marked.kind:
            case "exit":
                self.ask.protocols.exit_run(function, state, span)
                return UNKNOWN
            case "dispatch" | "dispatch-method":
                return self.call_lazily(self.ask.dispatch.chosen(marked, args), args, state, span, expr, result)
            case "within" if isinstance(function, Partial):
                return self._call_within(function, args, state, span, expr)
            case "context":
                made = self._call_one(function, args, state, None, expr, result)
                return Suspended("context", made.context) if isinstance(made, Suspended) else made
            case "static" | "class" | "property" | "set" | "partial" | "within":
                pass
            case _:
                assert_never(marked.kind)
        return self._call_one(function, args, state, span, expr, result)

    def _call_within(
        self, within: Partial, args: Args, state: EvalState, span: Span | None, expr: ir.Call | None
    ) -> Value:
        """A function that a context manager decorates: it runs between its entry and its exit."""
        (manager,) = within.args
        self.ask.protocols.entered(manager, state, span)
        result = self.call(within.function, args, state, span, expr)
        if span is not None:
            self.ask.protocols.exited(manager, state, span)
        return result

    def _call_function(
        self,
        function: Function,
        args: Args,
        receiver: Value | None,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None = None,
        result: Result = Result.WANTED,
    ) -> Value | Lazy:
        node = function.node
        registrar = self.registrars.named(f"{node.module.name}.{node.qualified}") if receiver is None else None
        if registrar is not None:
            return self.register(registrar, args, state, span, None, expr)
        recorded = state.recorder is not None and span is not None
        params: tuple[tuple[str, Value], ...] | None = None
        if recorded or node.ir.is_async or node.ir.is_generator or node.decisive is None:
            params = (
                *self.ask.binding.bind(node, args, receiver, defined_in=function.context),
                *_narrowed_globals(function, state),
                *handed_on(node, receiver, state, expr, self.ask),
            )
            context = self.ask.binding.context(node, params, function.context)
            if node.ir.is_async:
                return Suspended("async-generator" if node.ir.is_generator else "coroutine", context)
            if node.ir.is_generator:
                return Suspended("generator", context)
            if state.recorder is not None and span is not None:
                state.recorder.edge(span, context)
        if result is Result.UNWANTED:
            return UNKNOWN
        if result is Result.LAZY:
            return Lazy(lambda: self.returns(self._deciding(function, args, receiver, state, params)))
        return self.returns(self._deciding(function, args, receiver, state, params))

    def _deciding(
        self,
        function: Function,
        args: Args,
        receiver: Value | None,
        state: EvalState,
        params: tuple[tuple[str, Value], ...] | None,
    ) -> CallContext:
        """The context of a call as far as it decides what is returned: calls that differ in nothing else are one."""
        node = function.node
        decisive = node.decisive
        if decisive is None:
            assert params is not None
            return self.ask.binding.context(node, params, function.context)
        first = node.ir.params[0].name if node.ir.params and receiver is not None else ""
        if params is None:
            given = self.ask.binding.bind_some(node, args, receiver, decisive, function.context)
            params = (*given, *_narrowed_globals(function, state))
        own = {param.name for param in node.ir.params}
        kept = ((n, v if n in decisive or n == first else UNKNOWN) for n, v in params if n in own or n in decisive)
        return self.ask.binding.context(node, tuple(kept), function.context)

    def returns(self, context: CallContext) -> Value:
        """What a call in this call context returns."""
        return self._returns.answer(context, self._compute_returns, context)

    def _compute_returns(self, context: CallContext) -> Value:
        function = context.function
        assert function is not None
        if any(value is NEVER for _, value in context.params):
            return NEVER
        values = self.ask.names.definitions(function.index.returns, EvalState(context))
        if NEVER in values:
            # By now it only calls itself there.
            values = [value for value in values if value is not NEVER]
            if not values:
                return NEVER
        informative = [v for v in values if is_known(v) and not is_none(v)]
        if function.ir.returns is not None and len(informative) < len([v for v in values if not is_none(v)]):
            defining = context.parent or self.ask.binding.module_context(context.module)
            declared = self.ask.annotations.annotation(function.ir.returns, EvalState(defining))
            if is_known(declared) and not is_none(declared):
                return union([declared, *informative])
        if not function.index.returns:
            if function.ir.returns is not None and _is_stub(function.ir.body):
                return self.ask.annotations.annotation(
                    function.ir.returns, EvalState(context.parent or self.ask.binding.module_context(context.module))
                )
            return NONE
        if function.ir.returns is None and not informative:
            declared = self.ask.stubs.returned(function)
            if is_known(declared):
                return declared
        known = [v for v in values if is_known(v)]
        if informative:
            # What else it may return decides no condition, but is there.
            return union(known) if len(known) == len(values) else softened(union(known))
        return union(values)

    def _called_by_metaclass(self, cls: Class, args: Args, state: EvalState, span: Span) -> None:
        """Record what the ``__call__`` of the metaclass does beside making the instance: it may take a lock."""
        meta = self.ask.classes.metaclass(cls)
        making = self.ask.classes.class_function(meta, "__call__") if meta is not None else None
        if making is not None:
            self.call(Bound(making, cls), args, state, span)

    def construct(self, cls: Class, args: Args, state: EvalState, span: Span | None, expr: ir.Call | None) -> Value:
        """``Class(...)``: runs ``__new__`` and ``__init__``."""
        registered = self.registrars.constructed(cls, self.ask.classes.mro(cls), self.knowledge)
        if registered:
            return self.register(registered, self._handed_on(cls, args), state, span, cls, expr)
        if self.ask.enumerations.is_one(cls):
            return self.ask.enumerations.by_value(cls, args.positional[0] if args.positional else UNKNOWN)
        maker = self.ask.classes.class_function(cls, "__new__")
        init = self.ask.classes.class_function(cls, "__init__")
        params: tuple[tuple[str, Value], ...] = ()
        if init is not None:
            bound = self.ask.binding.bind(init.node, args, UNKNOWN)
            params = tuple((n, context_value(v)) for n, v in bound[1:])
        elif self.ask.fields.is_record(cls):
            params = self.ask.fields.given(cls, args)
        elif self.ask.classes.has_library_base(cls, "TypedDict"):
            return self.ask.library_calls.constructed("builtins.dict", None, args, state)
        elif self.ask.classes.library_base(cls):
            entry = self.knowledge.entry(self.ask.classes.library_base(cls))
            if entry is not None:
                params = tuple(library.arguments(entry, args).items())
        container = self.ask.classes.container_base(cls)
        if container:
            passed = args if init is None else self._passed_on(init, "__init__", cls, args) or CallArgs()
            held = self.ask.library_calls.constructed(container, None, passed, state)
            params = (*(p for p in params if init is not None), (HELD, held))
        elif self.ask.classes.library_base(cls) == EXIT_STACK:
            params = (*params, ("exits", UNKNOWN))
        site = "" if span is None else f"{state.module.path}:{span.line}:{span.column}"
        coarse = context_value(Object(cls, params))
        assert isinstance(coarse, Object)
        obj = replaced(coarse, site=site)
        if maker is not None:
            made = settled(self._call_function(maker, args, cls, state, span))
            others = [v for v in alternatives(made) if is_known(v) and not is_none(v)]
            if others and not any(isinstance(v, Object) and v.cls == cls for v in others):
                return union(others)
            given = next((dict(v.args).get(HELD) for v in others if isinstance(v, Object) and v.cls == cls), None)
            if given is not None and is_known(given):
                # ``super().__new__(cls, (a, b))`` of a tuple's heir.
                kept = (pair for pair in obj.args if pair[0] != HELD)
                obj = replaced(obj, args=(*kept, (HELD, context_value(given))))
        if init is not None and state.recorder is not None and span is not None:
            for factory in self.ask.records.factories(init.node, args):
                self.call(factory, CallArgs(), state, span)
            state.recorder.edge(
                span,
                self.ask.binding.context(
                    init.node,
                    ((init.node.ir.params[0].name if init.node.ir.params else "self", obj), *params),
                    init.context,
                ),
            )
        return obj

    def _handed_on(self, cls: Class, args: Args) -> Args:
        """What an heir of a registrar gives to the registrar's own constructor when it is made with ``args``."""
        for name in ("__init__", "__new__"):
            maker = self.ask.classes.class_function(cls, name)
            given = self._passed_on(maker, name, cls, args, at_least=2) if maker is not None else None
            if given is not None:
                return given
        return args

    def _passed_on(self, maker: Function, name: str, cls: Class, args: Args, *, at_least: int = 0) -> CallArgs | None:
        """What the constructor of a class gives to that of its base, when it is called with ``args``; None where it
        gives it fewer arguments than ``at_least``, or does not call it."""
        for call in maker.node.index.calls:
            func = call.func
            if not isinstance(func, ir.Attr) or func.name != name:
                continue
            bound = self.ask.binding.bind(maker.node, args, cls if name == "__new__" else Object(cls))
            context = self.ask.binding.context(maker.node, tuple(bound), maker.context)
            given = self.ask.arguments.of(call.args, EvalState(context))
            # By ``super()`` a constructor is given the object already.
            first = 0 if name == "__init__" and is_super(func.value) else 1
            if len(given.positional) >= first + at_least:
                return CallArgs(given.positional[first:], given.keywords, given.open_ended)
        return None

    def register(
        self,
        registrar: object,
        args: Args,
        state: EvalState,
        span: Span | None,
        cls: Class | None,
        expr: ir.Call | None,
    ) -> Value:
        made = self.registrars.registration(registrar, args, state, span, expr)
        if made is None:
            return UNKNOWN
        registration, value = made
        if registration is not None and state.recorder is not None and span is not None:
            state.recorder.registration(registration)
        return Object(cls) if cls is not None and isinstance(value, Unknown) else value


def _narrowed_globals(function: Function, state: EvalState) -> Iterator[tuple[str, Value]]:
    """What the caller knows of its module's variables: ``if QUEUE is None: return`` holds in what it calls too."""
    caller, callee = state.context.function, function.node
    if not state.env or caller is None or callee.module is not state.module:
        return
    if state.context.parent is not None or function.context.function is not None:
        # Closures: the name may be a variable of the function around.
        return
    for name in list(state.env):
        bindings = state.module.bound(name)
        if (
            bindings
            and name not in caller.ir.bound
            and name not in callee.ir.bound
            and all(binding.kind == "assign" for binding in bindings)
        ):
            value = known_in(state.env, name)
            if value is not None and is_known(value):
                yield name, value


def _is_stub(body: ir.Block) -> bool:
    """A body of ``...``, a docstring, ``pass`` or ``raise NotImplementedError``: the signature is all there is."""
    return all(
        isinstance(s, (ir.Raise, ir.Jump)) or (isinstance(s, ir.ExprStmt) and isinstance(s.value, ir.Const))
        for s in body
    )
