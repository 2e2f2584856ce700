"""Calls into libraries: their effects and their results, by the knowledge base."""

from __future__ import annotations

from finlint.analysis.domain.containers import HELD, held_by
from finlint.analysis.domain.effects import Args, CallArgs, Effect
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    UNKNOWN,
    WEAK_SET,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibCoroutine,
    LibMethod,
    LibObject,
    LibResult,
    Mapping,
    Object,
    Partial,
    Sequence,
    Suspended,
    Value,
    alternatives,
    is_known,
    shallow,
    union,
)
from finlint.analysis.evaluation.builtin_calls import SPECIAL_CALLS
from finlint.analysis.evaluation.instances import is_exact, is_named, is_subclass, of_all
from finlint.analysis.evaluation.library_attributes import VARS
from finlint.analysis.evaluation.namespaces import NAMESPACES
from finlint.analysis.evaluation.protocols import EXIT_STACK
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library, library_types
from finlint.knowledge.entries import Entry, Result
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.finding import Confidence
from finlint.model.record import replaced
from finlint.model.source import Span


class LibraryCalls:
    """Calls of names that the project does not define."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self.registrars = ask.registrars

    def call_library(
        self,
        function: Lib | LibMethod,
        args: Args,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None,
    ) -> Value:
        receiver = function.receiver if isinstance(function, LibMethod) else None
        name = self.knowledge.canonical(function.name)
        if name == "builtins.type" and expr is not None and len(expr.args) == 3:
            return self.ask.class_making.by_call(expr, state)
        special = SPECIAL_CALLS.get(name)
        if special is not None and receiver is None:
            understood = special(self.ask, args, state, span)
            if understood is not None:
                return understood
        if name == "builtins.isinstance":
            return self._isinstance(args, state, expr)
        if name == "builtins.issubclass":
            return self._issubclass(args, state, expr)
        if isinstance(receiver, (Sequence, Mapping)):
            return self.ask.protocols.container_method(receiver, function.name, args, state, span)
        if isinstance(receiver, LibObject) and receiver.type == VARS:
            if function.name in ("keys", "values", "items", "copy"):
                held = self.ask.attributes.all_in(receiver)
                return (
                    UNKNOWN
                    if held is None
                    else self.ask.protocols.container_method(held, function.name, args, state, span)
                )
            if not args.positional or function.name not in ("get", "pop", "setdefault", "__getitem__"):
                return UNKNOWN
            found = self.ask.attributes.from_dict(receiver, args.positional[0], state, span)
            return args.positional[1] if not is_known(found) and len(args.positional) > 1 else found
        if isinstance(receiver, Suspended):
            return self._resume(receiver, function.name, args, state, span, expr)
        if isinstance(receiver, Const):
            self._run_by_text(function.name, args, state, span)
            return _of_text(receiver, function.name, args)
        if isinstance(receiver, (Partial, Function)):
            binds = isinstance(receiver, Function) and function.name == "__get__" and args.positional
            return Bound(receiver, args.positional[0]) if binds else UNKNOWN
        if name in NAMESPACES:
            return LibObject(name, tuple(sorted((key, shallow(value)) for key, value in args.keywords)))
        registrar = self.registrars.named(name)
        if registrar is not None:
            return self.ask.calls.register(registrar, args, state, span, None, expr)
        entry = self.knowledge.entry(name)
        if entry is None and isinstance(receiver, LibObject) and span is not None:
            # ``executor.__exit__(None, None, None)`` does what leaving a ``with`` does.
            if name.endswith(".__enter__"):
                return self.ask.protocols.entered(receiver, state, span)
            if name.endswith(".__exit__"):
                self.ask.protocols.exited(receiver, state, span)
        if entry is None:
            returned = self.knowledge.returns(name)
            if returned and returned != "self":
                return library_types.instance_of(returned, self.knowledge)
            if returned == "self" and receiver is not None:
                return receiver
            made = self.constructed(name, None, args, state)
            return LibResult(name) if made is UNKNOWN and receiver is None else made
        owner = name.rpartition(".")[0]
        if receiver is None and entry.kind and not entry.is_class and self.knowledge.is_class(owner):
            # ``threading.Lock.acquire(lock)``: the unbound form.
            first = args.positional[0] if isinstance(function, Lib) and args.positional else UNKNOWN
            if isinstance(first, LibObject):
                receiver = first
                args = CallArgs(args.positional[1:], args.keywords, args.open_ended)
        if entry.is_async:
            return LibCoroutine(name)
        if state.recorder is not None and span is not None:
            instance = function.instance if isinstance(function, LibMethod) else None
            if instance is None or not self.ask.classes.is_from_abstract(instance.cls, name):
                self._record_library(entry, args, receiver, state, span, expr)
            if instance is not None:
                self.call_own_methods(entry, instance, state, span)
            if entry.returns.gives == "entered":
                manager = library.arguments(entry, args).get(entry.returns.name, UNKNOWN)
                self.ask.protocols.entered(manager, state, span)
        result = self._library_result(name, entry, args, receiver, state)
        if entry.bounds_result and isinstance(result, LibObject):
            bound = library.arguments(entry, args).get(entry.bounds_result)
            if isinstance(bound, Const) and bound.value is not None:
                return LibObject(result.type, result.args, "bounded")
        return result

    def _isinstance(self, args: Args, state: EvalState, expr: ir.Call | None) -> Value:
        if expr is None or len(args.positional) != 2:
            return UNKNOWN
        named = args.positional[1]
        options = named.items if isinstance(named, Sequence) and named.items is not None else alternatives(named)
        classes = [option for option in options if isinstance(option, (Class, Lib))]
        if state.recorder is not None:
            self._checked_by_metaclass(classes, args, state, expr.span)
        if not classes or len(classes) != len(options) or not is_exact(expr.args[0].value, state, self.ask):
            return UNKNOWN
        self.ask.note_compared(classes)
        verdict = of_all(args.positional[0], classes, self.ask)
        return UNKNOWN if verdict is None else Const(verdict)

    def _issubclass(self, args: Args, state: EvalState, expr: ir.Call | None) -> Value:
        if expr is None or len(args.positional) != 2:
            return UNKNOWN
        named = args.positional[1]
        options = named.items if isinstance(named, Sequence) and named.items is not None else (named,)
        classes = [option for option in options if isinstance(option, (Class, Lib))]
        if not classes or len(classes) != len(options):
            return UNKNOWN
        self.ask.note_compared(classes)
        verdict = is_subclass(args.positional[0], classes, is_named(expr.args[0].value, state), self.ask)
        return UNKNOWN if verdict is None else Const(verdict)

    def _checked_by_metaclass(self, classes: list[Class | Lib], args: Args, state: EvalState, span: Span) -> None:
        for cls in classes:
            meta = self.ask.classes.metaclass(cls) if isinstance(cls, Class) else None
            own = self.ask.classes.class_function(meta, "__instancecheck__") if meta is not None else None
            if own is not None:
                self.ask.calls.call(Bound(own, cls), CallArgs(args.positional[:1]), state, span, None)

    def _run_by_text(self, method: str, args: Args, state: EvalState, span: Span | None) -> None:
        """Record what ``", ".join(parts)`` iterates, and what ``"{}".format(value)`` makes text of."""
        if state.recorder is None:
            return
        if method == "join" and args.positional:
            self.ask.protocols.element(args.positional[0], state, span)
        elif method == "format":
            for value in (*args.positional, *(v for _, v in args.keywords)):
                self.ask.protocols.shown(value, "__format__", state, span)

    def _resume(
        self,
        receiver: Suspended,
        method: str,
        args: Args,
        state: EvalState,
        span: Span | None,
        expr: ir.Call | None,
    ) -> Value:
        """``generator.send(x)``, ``generator.close()``, ``manager.__exit__(...)``."""
        if method == "__enter__":
            return self.ask.protocols.entered(receiver, state, span)
        if method == "__await__" and receiver.kind == "coroutine":
            # An iterator that runs it.
            return receiver
        if state.recorder is not None and span is not None:
            written = expr.func.value if expr is not None and isinstance(expr.func, ir.Attr) else None
            if method in ("send", "__next__", "throw"):
                run: Value = receiver
                if method != "throw" and written is not None:
                    run = self.ask.advancing.by(1, written, receiver, state)
                if method == "send" and args.positional and isinstance(run, Suspended):
                    run = self.ask.advancing.sent(args.positional[0], run)
                if isinstance(run, Suspended):
                    state.recorder.edge(span, run.context)
            elif method == "close" and receiver.kind == "generator":
                self.ask.protocols.resume(receiver, state, span, closing=True)
            elif method == "__exit__" and receiver.kind == "context":
                self.ask.protocols.resume(receiver, state, span, closing=False)
        return UNKNOWN

    def _record_library(
        self,
        entry: Entry,
        args: Args,
        receiver: Value | None,
        state: EvalState,
        span: Span,
        expr: ir.Call | None,
    ) -> None:
        recorder = state.recorder
        assert recorder is not None
        entry = self._delegated(entry, receiver)
        if entry.name == "builtins.print" and self._printed_elsewhere(args, state, span):
            return
        verdict = library.judge(entry, args, receiver)
        path = state.module.path
        subject = _subject(expr) if receiver is not None else ""
        if verdict is not None:
            lasts = "short" if entry.releases else verdict.lasts
            confidence = Confidence.HIGH if verdict.sure else Confidence.MEDIUM
            timed = verdict.timed and lasts == "bounded"
            seconds = verdict.seconds if lasts == "bounded" else None
            recorder.effect(Effect(verdict.kind, entry.name, path, span, lasts, confidence, subject, timed, seconds))
        if entry.handoff == "unsafe":
            recorder.effect(Effect("unsafe-handoff", entry.name, path, span, "unbounded", Confidence.HIGH, subject))
        elif entry.inner_lock and verdict is None:
            recorder.effect(Effect("inner-lock", entry.name, path, span, "unbounded", Confidence.HIGH, subject))
        if entry.starts_thread:
            recorder.effect(Effect("exit-thread", entry.name, path, span, "bounded", Confidence.HIGH, subject))
        given = library.arguments(entry, args)
        for parameter in entry.calls:
            callback = given.get(parameter)
            if callback is not None and is_known(callback):
                self.ask.calls.call(callback, self._passed_on(entry, parameter, args, given, state), state, span, None)
        for path in entry.receiver_calls:
            self._call_of_receiver(path, receiver, state, span)
        if entry.name in _EXIT_STACK_ENDS:
            self._call_of_receiver("exits", receiver, state, span)
        for parameter in entry.drives:
            self.ask.protocols.drive(given.get(parameter, UNKNOWN), state, span)
        for parameter in entry.consumes:
            self.ask.protocols.element(given.get(parameter, UNKNOWN), state, span)

    def _passed_on(
        self, entry: Entry, parameter: str, args: Args, given: dict[str, Value], state: EvalState
    ) -> CallArgs:
        """What a call gives to its callback: the arguments behind it (``context.run(f, *args)``), or elements."""
        position = entry.parameters.index(parameter) if parameter in entry.parameters else -1
        rest = entry.parameters[position + 1 : position + 2]
        if position >= 0 and rest and rest[0].startswith("*") and rest[0] != "*" and args.keyword(parameter) is None:
            keywords = tuple((name, value) for name, value in args.keywords if name not in entry.parameters)
            return CallArgs(args.positional[position + 1 :], keywords, args.open_ended)
        if entry.consumes:
            element = self.ask.protocols.element(given.get(entry.consumes[0], UNKNOWN), EvalState(state.context))
            # What comes first of a ``reduce`` is the result so far.
            before = (UNKNOWN,) if entry.name == "functools.reduce" else ()
            return CallArgs((*before, element), open_ended=True)
        return CallArgs(open_ended=True)

    def call_own_methods(self, entry: Entry, instance: Object, state: EvalState, span: Span) -> list[Bound]:
        """Call what the library calls of an instance of its subclass, where the project defines it."""
        called: list[Bound] = []
        pending = list(entry.calls_methods)
        for name in pending:
            for option in alternatives(self.ask.attributes.instance_attribute(instance, name, state, span)):
                if isinstance(option, Bound) and isinstance(option.function, Function):
                    called.append(option)
                    self.ask.calls.call(option, CallArgs(), state, span, None)
                elif isinstance(option, LibMethod) and option.instance is not None:
                    # The library's own method, which may call another one: ``close`` calls ``flush``.
                    inherited = self.knowledge.entry(option.name)
                    more = inherited.calls_methods if inherited is not None else ()
                    pending += [other for other in more if other not in pending]
        return called

    def _printed_elsewhere(self, args: Args, state: EvalState, span: Span) -> bool:
        """``print(file=stream)`` writes to the stream: whether it was judged as that."""
        stream = args.keyword("file")
        if stream is None or (isinstance(stream, Const) and stream.value is None):
            return False
        if any(isinstance(v, LibObject) and v.type in _CONSOLE_TYPES for v in alternatives(stream)):
            return False
        write = self.ask.attributes.attribute(stream, "write", state, span)
        self.ask.calls.call(write, CallArgs((UNKNOWN,)), state, span, None)
        return True

    def _delegated(self, entry: Entry, receiver: Value | None) -> Entry:
        """``Condition(Lock())`` acquires the lock it was given, not the RLock it makes by default."""
        if entry.kind_from_receiver and isinstance(receiver, LibObject):
            inner = dict(receiver.args).get(entry.kind_from_receiver)
            if isinstance(inner, LibObject):
                made = self.knowledge.entry(inner.type)
                if made is not None and made.enter:
                    return self.knowledge.entry(made.enter) or entry
        return entry

    def _call_of_receiver(self, path: str, receiver: Value | None, state: EvalState, span: Span) -> None:
        """What a library object calls of what it was made with: ``contextlib.closing(thing)`` on exit."""
        if not isinstance(receiver, LibObject):
            return
        parameter, _, method = path.partition(".")
        given = dict(receiver.args).get(parameter)
        if given is not None and is_known(given):
            called = self.ask.attributes.attribute(given, method, state, span) if method else given
            args = CallArgs() if method else self._given_along(receiver, state)
            self.ask.calls.call(called, args, state, span, None)

    def _given_along(self, receiver: LibObject, state: EvalState) -> CallArgs:
        """What a library object gives to the function that it was made with: the elements of the iterable that it was
        made with, too (``takewhile(f, items)``), or the arguments (``Thread(target=f, args=(x,))``)."""
        given = dict(receiver.args)
        arguments = given.get("args")
        if isinstance(arguments, Sequence) and arguments.items is not None:
            return CallArgs(arguments.items, open_ended=True)
        if "iterable" not in given:
            return CallArgs(open_ended=True)
        element = self.ask.protocols.element(given["iterable"], EvalState(state.context))
        if receiver.type == "itertools.starmap":
            items = element.items if isinstance(element, Sequence) else None
            return CallArgs(items or (), open_ended=True)
        before = (UNKNOWN,) if receiver.type == "itertools.accumulate" else ()
        return CallArgs((*before, element), open_ended=True)

    def _library_result(
        self,
        name: str,
        entry: Entry,
        args: Args,
        receiver: Value | None,
        state: EvalState,
    ) -> Value:
        if entry.is_class:
            return self.constructed(name, entry, args, state)
        given = library.arguments(entry, args) if entry.returns_if else {}
        result = library.result(entry, given)
        if result.gives == "held":
            # ``variable.get(default)``
            default = library.arguments(entry, args).get("default", UNKNOWN)
            held = [value for value in (held_by(receiver), default) if is_known(value)]
            if held:
                return union(held)
        if result.gives in ("held", "unknown"):
            result = self.knowledge.result(name)
        match result.gives:
            case "receiver":
                return receiver if receiver is not None else UNKNOWN
            case "argument":
                return self._argument(result, entry, args)
            case "instance":
                return self.ask.annotations.instances(self._argument(result, entry, args))
            case "entered":
                manager = self._argument(result, entry, args)
                entered = self.ask.protocols.entered(manager, EvalState(state.context))
                return entered if is_known(entered) else manager
            case "element":
                return self.ask.protocols.element(self._argument(result, entry, args), state)
            case "called":
                called, given = self._argument(result, entry, args), library.arguments(entry, args)
                passed = self._passed_on(entry, result.name, args, given, state)
                return self.ask.calls.call(called, passed, EvalState(state.context), None)
            case "module":
                named = self._argument(result, entry, args)
                is_absolute = isinstance(named, Const) and isinstance(named.value, str) and named.value[:1] != "."
                return self.ask.imports.module_value(str(named.value), state.module) if is_absolute else UNKNOWN  # type: ignore[union-attr]
            case "type":
                return self._made(result.name, entry, args)
            case "unknown" | "held":
                pass
            case _:
                assert_never(result.gives)
        return UNKNOWN

    @staticmethod
    def _argument(result: Result, entry: Entry, args: Args) -> Value:
        return library.arguments(entry, args).get(result.name, UNKNOWN)

    def _made(self, returned: str, entry: Entry, args: Args) -> Value:
        """An instance of a type of a library that a call gives."""
        value = library_types.instance_of(returned, self.knowledge)
        if isinstance(value, LibObject):
            made = self.knowledge.entry(value.type)
            if made is not None and made.is_class and made.defaults and not entry.kind:
                given = dict(library.arguments(made, CallArgs()))
                given.update(library.arguments(entry, args))
                return LibObject(value.type, tuple(sorted((k, shallow(v)) for k, v in given.items())))
        return value

    def constructed(self, name: str, entry: Entry | None, args: Args, state: EvalState) -> Value:
        """An instance of a library's class; containers are values of their own."""
        if not self.knowledge.is_class(name):
            return UNKNOWN
        kind = WEAK_SET if name == "weakref.WeakSet" else library_types.container_kind(name)
        if kind and name.rpartition(".")[0] in ("builtins", "collections", "weakref"):
            if args.positional:
                source = args.positional[0]
                if isinstance(source, Sequence):
                    return Sequence(kind, None, source.element)
            return Sequence(kind, None, UNKNOWN)
        if library_types.is_mapping(name):
            if name == "collections.defaultdict" and args.positional:
                made = self.ask.calls.call(args.positional[0], CallArgs(), EvalState(state.context), None, None)
                start = self._mapping_of(CallArgs(args.positional[1:], args.keywords), state)
                known = [v for v in (start.element, made) if is_known(v)]
                return Mapping(start.items, UNKNOWN, union(known), missing=shallow(args.positional[0]))
            return replaced(self._mapping_of(args, state), weak=name == "weakref.WeakValueDictionary")
        given = library.arguments(entry, args) if entry is not None else {}
        if entry is not None and entry.holds:
            # What it has from the start: ``ContextVar("name", default=value)``.
            given = {**given, HELD: given.get("default", UNKNOWN)}
        return LibObject(self.knowledge.canonical(name), tuple(sorted((k, shallow(v)) for k, v in given.items())))

    def _mapping_of(self, args: Args, state: EvalState) -> Mapping:
        """``dict(other, name=value)`` and its kin: what they are made from is in them."""
        items: list[tuple[Value, Value]] = [(Const(key), shallow(value)) for key, value in args.keywords]
        keys = [key for key, _ in items]
        elements = [value for _, value in items]
        for option in alternatives(args.positional[0]) if args.positional else ():
            if isinstance(option, Mapping):
                items[:0] = option.items
                keys.append(option.key)
                elements.append(option.element)
            elif isinstance(option, (Sequence, Object)):
                pair = self.ask.protocols.element(option, state)
                keys.append(self.ask.protocols.item(pair, Const(0)))
                elements.append(self.ask.protocols.item(pair, Const(1)))
        return Mapping(tuple(items), union(keys), union(elements))


#: What ``sys.stdout`` and its kin are, in typeshed's words.
_CONSOLE_TYPES = frozenset({"typing.TextIO", "sys.stdout", "sys.stderr", "sys.stdin"})


#: Methods of text that conditions ask: ``name.startswith("oidc/")``.
_TEXT_METHODS = frozenset(
    {"endswith", "isdigit", "lower", "lstrip", "removeprefix", "removesuffix", "rstrip", "startswith", "strip", "upper"}
)


def _of_text(text: Const, method: str, args: Args) -> Value:
    """What a method of a constant text gives, where its arguments are constants, too."""
    if method not in _TEXT_METHODS or args.keywords or args.open_ended:
        return UNKNOWN
    positional = [_text_tuple(value) for value in args.positional]
    given = [v for v in positional if isinstance(v, Const) and isinstance(v.value, (str, bytes, tuple))]
    if len(given) != len(args.positional):
        return UNKNOWN
    try:
        result = getattr(text.value, method)(*(v.value for v in given))
    except (AttributeError, TypeError, ValueError):
        return UNKNOWN
    return Const(result, text.firm and all(v.firm for v in given))


#: What runs the entries of an ``ExitStack`` (``values.with_elements`` keeps them as its "exits").
_EXIT_STACK_ENDS = frozenset({f"{EXIT_STACK}.close", f"{EXIT_STACK}.__exit__"})


def _subject(expr: ir.Call | None) -> str:
    """The receiver of a method call as text, for messages."""
    if expr is not None and isinstance(expr.func, ir.Attr):
        return dotted(expr.func.value)
    return ""


def _text_tuple(value: Value) -> Value:
    """A tuple of texts as the constant that it is: ``mode.startswith(("r", "w"))``; any other value as it is."""
    if isinstance(value, Sequence) and value.kind == "tuple" and value.items:
        parts = [item for item in value.items if isinstance(item, Const) and isinstance(item.value, (str, bytes))]
        if len(parts) == len(value.items):
            return Const(tuple(part.value for part in parts), all(part.firm for part in parts))
    return value
