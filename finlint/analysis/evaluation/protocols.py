"""What Python runs by itself: iteration, subscripts of containers, ``with``, special methods, coroutines."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.containers import (
    HELD,
    as_key,
    contained,
    has_nothing,
    is_complete,
    is_key,
    may_be_key,
    together,
)
from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState, place
from finlint.analysis.domain.values import (
    DATA,
    MAYBE_NONE,
    NAMED_TUPLE,
    NEVER,
    NO_KEY,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibCoroutine,
    LibMethod,
    LibObject,
    Mapping,
    Marked,
    Object,
    Partial,
    Sequence,
    Suspended,
    Value,
    alternatives,
    is_known,
    union,
)
from finlint.analysis.evaluation.library_attributes import VARS
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.program.after_yield import resumed
from finlint.analysis.program.definitions import PUT
from finlint.analysis.program.symbols import is_accessor
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.source import Span

EXIT_STACK = "contextlib.ExitStack"

#: What makes text of an object; each one's own in ``object`` calls the next.
_TEXT = ("__format__", "__str__", "__repr__")


#: Methods that look for their first argument: among the keys of a dictionary, or the items of a set or a list.
_BY_KEY = frozenset({"get", "pop", "setdefault", "__getitem__", "__contains__"})
_BY_ITEM = frozenset({"add", "discard", "remove", "index", "count", "__contains__"})

#: What calls a function for each element when it is iterated.
LAZY = frozenset({"builtins.map", "builtins.filter", "itertools.groupby"})


def exit_action(method: str, args: Args) -> Value:
    """What an ``ExitStack`` runs at its end after ``method(*args)``: ``callback``, ``push`` or ``enter_context``."""
    if not args.positional:
        return UNKNOWN
    first = args.positional[0]
    if method == "callback":
        first = union(Partial(v, args.positional[1:], args.keywords) for v in alternatives(first) if is_known(v))
    return union(Marked("exit", v) for v in alternatives(first) if is_known(v))


def _at_key(mapping: Mapping, key: Value) -> Value | None:
    """What is in a mapping under a key; None where certainly nothing is."""
    key = as_key(key)
    if not is_key(key):
        fitting = [v for k, v in mapping.items if may_be_key(k, key)] if is_complete(mapping) else []
        return union(fitting) if fitting else mapping.element
    match = [v for k, v in mapping.items if k == key]
    if match:
        return match[-1]
    return None if is_complete(mapping) else mapping.element


def _key(mapping: Mapping) -> Value:
    return UNKNOWN if mapping.key == NO_KEY else mapping.key


class Protocols:
    """Containers, iterators, context managers and coroutines at work."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self._yields: Memo[CallContext, Value] = Memo(ask.solver, NEVER)
        self._put: Memo[Object, list[Value]] = Memo(ask.solver, [])

    def item(self, value: Value, index: Value) -> Value:
        """``value[index]`` for containers."""
        out = []
        for option in map(self._as_tuple, alternatives(value)):
            if isinstance(option, Sequence):
                if (
                    option.items is not None
                    and isinstance(index, Const)
                    and isinstance(index.value, int)
                    and -len(option.items) <= index.value < len(option.items)
                ):
                    out.append(option.items[index.value])
                else:
                    out.append(option.element)
            elif isinstance(option, Mapping):
                out.append(_at_key(option, index) or UNKNOWN)
            elif isinstance(option, Object) and (held := self.contents(option)) is not option:
                out.append(self.item(held, index))
            elif isinstance(option, Object) and isinstance(index, Const):
                typed = self.ask.classes.has_library_base(option.cls, "TypedDict")
                out.append((self.ask.classes.declared(option, str(index.value)) if typed else None) or UNKNOWN)
            elif isinstance(option, Class) and self.ask.enumerations.is_one(option):
                out.append(self.ask.enumerations.by_name(option, index))
            elif isinstance(option, (Class, Lib)):
                # ``Queue[int]`` is ``Queue`` as far as calling it goes.
                out.append(option)
            elif option is NEVER or option == DATA:
                out.append(option)
            else:
                out.append(UNKNOWN)
        return union(out)

    def key(self, mapping: Mapping, key: Value, state: EvalState, span: Span | None) -> Value:
        """``mapping[key]``: one that is not there may be made."""
        found = self.item(mapping, key)
        certain = as_key(key)
        if is_known(mapping.missing) and not any(k == certain for k, _ in mapping.items):
            made = self.ask.calls.call(mapping.missing, CallArgs(), state, span, None)
            return union([v for v in (found, made) if is_known(v)]) if is_known(found) or is_known(made) else UNKNOWN
        return found

    def contents(self, value: Value) -> Value:
        """The container that an instance of a class inheriting from one is; any other value as it is."""
        if not isinstance(value, Object):
            return value
        kind = self.ask.classes.container_base(value.cls)
        if not kind:
            return value
        given = next((held for name, held in value.args if name == HELD), None)
        empty = Mapping((), UNKNOWN, UNKNOWN) if library_types.is_mapping(kind) else Sequence("list", None, UNKNOWN)
        put = self._put.answer(value, self._put_by_itself, value)
        return union(contained([given if given is not None else empty], put))

    def _put_by_itself(self, obj: Object) -> list[Value]:
        """What the methods of the subclass of a container, or of an ``ExitStack``, put into the instance: ``self[key] =
        value``, ``self.callback(stop)``."""
        out: list[Value] = []
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for method in base.node.methods():
                if not method.ir.params:
                    continue
                first = method.ir.params[0].name
                put = [d for d in method.index.names.get(first, ()) if d.how in PUT or d.how == "exits"]
                if put:
                    state = EvalState(self.ask.binding.method_context(method, obj, base.context))
                    out += self.ask.names.values_and_elements(put, state)[1]
        return [value for value in out if is_known(value)]

    def exits(self, obj: Object) -> Value:
        """What an instance of an ``ExitStack``'s heir runs at its end."""
        given = (value for name, value in obj.args if name == "exits")
        return union(value for value in (*given, *self._put.answer(obj, self._put_by_itself, obj)) if is_known(value))

    def merged(self, left: Value, right: Value) -> Value | None:
        """``left | right`` of two mappings, or two sets."""
        left, right = self.contents(left), self.contents(right)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            items = (*((k, v) for k, v in left.items if all(k != other for other, _ in right.items)), *right.items)
            sides = (left, right)
            return Mapping(items, union(s.key for s in sides), union(s.element for s in sides), left.weak, left.missing)
        if isinstance(left, Sequence) and isinstance(right, Sequence):
            return together(left, right)
        return None

    def _as_tuple(self, value: Value) -> Value:
        """A named tuple as the tuple that it is; any other value as it is."""
        if isinstance(value, LibObject) and value.type == NAMED_TUPLE:
            items = tuple(given for _, given in value.args)
        elif isinstance(value, Object) and self.ask.fields.is_named_tuple(value.cls):
            given = dict(value.args)
            fields = self.ask.fields.names(value.cls)
            items = tuple(given.get(name) or self.ask.classes.declared(value, name) or UNKNOWN for name in fields)
        else:
            return value
        return Sequence("tuple", items, union(items))

    def element(self, value: Value, state: EvalState, span: Span | None = None) -> Value:
        """What iterating over ``value`` gives; with a recorder, what iterating does."""
        out: list[Value] = []
        for option in map(self._as_tuple, alternatives(value)):
            if isinstance(option, Sequence):
                out.append(option.element)
            elif isinstance(option, Mapping):
                out.append(_key(option))
            elif isinstance(option, Suspended) and option.kind in ("generator", "async-generator"):
                if state.recorder is not None and span is not None:
                    state.recorder.edge(span, option.context)
                out.append(self._yielded(option.context))
            elif isinstance(option, Object):
                if (
                    self.ask.classes.class_function(option.cls, "__iter__") is None
                    and (held := self.contents(option)) is not option
                ):
                    out.append(self.element(held, state, span))
                    continue
                if self.ask.classes.class_member(option.cls, "__iter__") is None:
                    # Items are asked for by number, until there is none.
                    out.append(self.special(option, "__getitem__", (UNKNOWN,), state, span))
                    continue
                iterator = self.special(option, "__iter__", (), state, span)
                for inner in alternatives(iterator):
                    if isinstance(inner, Object):
                        out.append(self.special(inner, "__next__", (), state, span))
                    elif is_known(inner):
                        out.append(self.element(inner, state, span))
            elif option == DATA:
                out.append(DATA)
            elif isinstance(option, LibObject):
                out.append(self._iterate_library(option, state, span))
            elif isinstance(option, Class) and self.ask.enumerations.is_one(option):
                out.append(self.ask.enumerations.any_of(option))
            elif option is NEVER:
                out.append(NEVER)
        return union(out)

    def _iterate_library(self, value: LibObject, state: EvalState, span: Span | None) -> Value:
        if value.type == VARS:
            held = self.ask.attributes.all_in(value)
            return UNKNOWN if held is None else _key(held)
        if value.type in LAZY:
            # As the argument of an argument it comes without what it was made with.
            given = dict(value.args)
            element = self.element(given.get("iterable", UNKNOWN), state, span)
            called = self.ask.calls.call(given.get("function", UNKNOWN), CallArgs((element,)), state, span, None)
            if value.type == "itertools.groupby":
                return Sequence("tuple", (called, Sequence("iterable", None, element)), UNKNOWN)
            return called if value.type == "builtins.map" else element
        entry = self.knowledge.entry(value.type)
        if entry is None or not entry.iterate:
            return UNKNOWN
        method = LibMethod(value, entry.iterate)
        return self.ask.calls.call(method, CallArgs(), state, span) if span is not None else UNKNOWN

    def _yielded(self, context: CallContext) -> Value:
        return self._yields.answer(context, self._compute_yielded, context)

    def _compute_yielded(self, context: CallContext) -> Value:
        assert context.function is not None
        values = []
        for definition in context.function.index.yields:
            value = self.ask.expressions.eval(definition.node, EvalState(context))  # type: ignore[arg-type]
            values.append(self.element(value, EvalState(context)) if definition.how == "delegate" else value)
        return union(values)

    def special(
        self,
        obj: Object,
        name: str,
        args: tuple[Value, ...],
        state: EvalState,
        span: Span | None,
        keywords: tuple[tuple[str, Value], ...] = (),
    ) -> Value:
        """Call a special method of an instance, if its class has it."""
        if not name:
            return UNKNOWN
        member = self.ask.classes.class_member(obj.cls, name)
        if member is None:
            return UNKNOWN
        bound = union(self.ask.descriptors.bound(option, obj, name, state, span) for option in alternatives(member[1]))
        return self.ask.calls.call(bound, CallArgs(args, keywords), state, span, None)

    def special_of_member(
        self, binding: Binding, cls: Class, name: str, args: tuple[Value, ...], state: EvalState, span: Span | None
    ) -> None:
        """Call a special method of the objects that the body of a class assigns: ``__set_name__`` of a descriptor."""
        for option in alternatives(union(self.ask.names.bindings([binding], cls.context, cls))):
            if isinstance(option, Object):
                self.special(self.ask.descriptors.told_name(option, binding.name), name, args, state, span)

    def shown(self, value: Value, method: str, state: EvalState, span: Span | None, *args: Value) -> None:
        """Record what making text of a value runs: ``method`` or, where its class has none, what ``object``'s calls."""
        for option in alternatives(value):
            if isinstance(option, Object):
                order = _TEXT[_TEXT.index(method) :]
                found = next((n for n in order if self.ask.classes.class_function(option.cls, n) is not None), "")
                self.special(option, found, args if found == "__format__" else (), state, span)

    def store(self, obj: Object, name: str, value: Value, state: EvalState, span: Span | None) -> None:
        """Record what ``obj.name = value`` runs: ``__setattr__``, a property's setter, a descriptor's ``__set__``."""
        self._accessed(obj, name, "setter", "__set__", "__setattr__", (value,), state, span)

    def delete(self, obj: Object, name: str, state: EvalState, span: Span | None) -> None:
        """Record what ``del obj.name`` runs."""
        self._accessed(obj, name, "deleter", "__delete__", "__delattr__", (), state, span)

    def _accessed(
        self,
        obj: Object,
        name: str,
        accessor: str,
        of_descriptor: str,
        of_class: str,
        given: tuple[Value, ...],
        state: EvalState,
        span: Span | None,
    ) -> None:
        if state.recorder is None or span is None:
            return
        own = self.ask.classes.class_function(obj.cls, of_class)
        if own is not None:
            # What it comes to further on, its own body says: ``super().__setattr__(name, value)``.
            self.ask.calls.call(Bound(own, obj), CallArgs((Const(name), *given)), state, span, None)
            return
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for binding in base.node.members.get(name, []):
                node = base.node.function(binding) if binding.kind == "function" else None
                if node is not None and is_accessor(node, accessor):
                    self.ask.calls.call(Bound(Function(node, base.context), obj), CallArgs(given), state, span, None)
                elif binding.kind == "assign":
                    self.special_of_member(binding, base, of_descriptor, (obj, *given), state, span)

    def tested(self, value: Value, state: EvalState, expr: ir.Expr) -> None:
        """Record what asking for the truth of a value runs: ``__bool__``, else ``__len__``."""
        if state.recorder is None:
            return
        for option in alternatives(value):
            if isinstance(option, Object):
                for name in ("__bool__", "__len__"):
                    if self.ask.classes.class_function(option.cls, name) is not None:
                        self.special(option, name, (), state, place(expr))
                        break

    def drive(self, value: Value, state: EvalState, span: Span) -> list[Suspended]:
        """Run a coroutine to its end; the bodies that this runs."""
        runs = list(self._runs(value, state, span))
        if state.recorder is not None:
            for run in runs:
                state.recorder.edge(span, run.context)
        return runs

    def awaited(self, value: Value, state: EvalState, span: Span) -> Value:
        """What ``await value`` gives; records what that runs."""
        out: list[Value] = [self.ask.calls.returns(run.context) for run in self.drive(value, state, span)]
        for option in alternatives(value):
            if isinstance(option, LibCoroutine):
                out.append(library_types.instance_of(self.knowledge.returns(option.name), self.knowledge))
            elif isinstance(option, LibObject) or option is NEVER:
                out.append(option)
        return union(out)

    def delegated_to(self, value: Value, state: EvalState, span: Span) -> Value:
        """What ``yield from value`` gives: what a generator returns, or a coroutine's ``__await__()``."""
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Suspended) and option.kind == "coroutine":
                out.append(self.awaited(option, state, span))
                continue
            self.element(option, state, span)
            unknown = NEVER if option is NEVER else UNKNOWN
            out.append(self.ask.calls.returns(option.context) if isinstance(option, Suspended) else unknown)
        return union(out)

    def _runs(self, value: Value, state: EvalState, span: Span) -> Iterator[Suspended]:
        """The bodies that awaiting ``value`` runs: a coroutine's, and of an object what its ``__await__`` gives."""
        for option in alternatives(value):
            if isinstance(option, Suspended):
                yield option
            elif isinstance(option, Object):
                given = alternatives(self.special(option, "__await__", (), state, span))
                yield from (run for run in given if isinstance(run, Suspended))

    def hashed(self, container: Value, key: Value, state: EvalState, span: Span | None) -> None:
        """Record what looking for a key in a container runs: ``__hash__`` in dictionaries and sets, else ``__eq__``."""
        if state.recorder is None:
            return
        for option in alternatives(key):
            if isinstance(option, Object):
                by_hash = isinstance(container, Mapping) or (
                    isinstance(container, Sequence) and "set" in container.kind
                )
                self.special(option, "__hash__" if by_hash else "__eq__", () if by_hash else (UNKNOWN,), state, span)

    def _compared(
        self, receiver: Sequence | Mapping, name: str, key: Value, state: EvalState, span: Span | None
    ) -> None:
        if name in (_BY_KEY if isinstance(receiver, Mapping) else _BY_ITEM):
            by_hash = isinstance(receiver, Mapping) or "set" in receiver.kind
            if by_hash or name not in ("append", "add"):
                self.hashed(receiver, key, state, span)

    def container_method(
        self,
        receiver: Sequence | Mapping,
        name: str,
        args: Args,
        state: EvalState,
        span: Span | None,
    ) -> Value:
        if state.recorder is not None and args.positional:
            self._compared(receiver, name, args.positional[0], state, span)
        if isinstance(receiver, Mapping):
            if name == "__getitem__" and args.positional:
                return self.key(receiver, args.positional[0], state, span)
            if name in ("get", "pop", "setdefault", "__getitem__"):
                if args.positional and _at_key(receiver, args.positional[0]) is None:
                    return args.positional[1] if len(args.positional) > 1 else NONE
                found = self.item(receiver, args.positional[0]) if args.positional else receiver.element
                if args.positional and isinstance(args.positional[0], Const) and is_complete(receiver):
                    # It is there, or nothing would be under that key.
                    return found
                if name == "get" or len(args.positional) > 1:
                    default = args.positional[1] if len(args.positional) > 1 else MAYBE_NONE
                    return union([found, default])
                return found
            if name in ("values", "keys", "items") and has_nothing(receiver):
                return Sequence("tuple", (), UNKNOWN)
            if name == "values":
                return Sequence("list", None, receiver.element)
            if name == "keys":
                return Sequence("list", None, _key(receiver))
            if name == "items":
                pair = Sequence("tuple", (_key(receiver), receiver.element), UNKNOWN)
                return Sequence("list", None, pair)
            if name == "popitem":
                return Sequence("tuple", (_key(receiver), receiver.element), UNKNOWN)
            if name == "copy":
                return receiver
            if name == "new_child":
                # ``ChainMap.new_child``
                return self.merged(receiver, args.positional[0]) or receiver if args.positional else receiver
            return UNKNOWN
        if name in ("pop", "popleft"):
            return receiver.element
        if name in ("copy", "union", "__add__"):
            return receiver
        if name == "__getitem__" and args.positional:
            return self.item(receiver, args.positional[0])
        if name == "sort" and (key := args.keyword("key")) is not None:
            self.ask.calls.call(key, CallArgs((receiver.element,)), state, span, None)
        if name in ("extend", "update", "extendleft") and args.positional:
            self.element(args.positional[0], state, span)
        return UNKNOWN

    def entered(self, value: Value, state: EvalState, span: Span | None = None) -> Value:
        """What ``with value as x`` binds; records what entering does."""
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Object):
                out.append(self.special(option, "__enter__", (), state, span))
            elif isinstance(option, Suspended) and option.kind == "context":
                if state.recorder is not None and span is not None:
                    state.recorder.edge(span, option.context)
                out.append(self._yielded(option.context))
            elif isinstance(option, LibObject):
                entry = self.knowledge.entry(option.type)
                if entry is not None and entry.enter and span is not None:
                    self.ask.calls.call(LibMethod(option, entry.enter), CallArgs(), state, span, None)
                if option.type == "contextlib.closing" or option.type == "contextlib.nullcontext":
                    out.append(next((v for _, v in option.args if is_known(v)), UNKNOWN))
                else:
                    returned = self.knowledge.returns(f"{option.type}.__enter__")
                    typed = library_types.instance_of(returned, self.knowledge) if returned != "self" else option
                    out.append(typed if is_known(typed) else option)
            else:
                out.append(NEVER if option is NEVER else UNKNOWN)
        return union(out)

    def exit_run(self, value: Value, state: EvalState, span: Span | None) -> None:
        """What an ``ExitStack`` does with one of its entries: a context manager's exit, or a call."""
        if isinstance(value, Partial):
            self.ask.calls.call(value, CallArgs(), state, span, None)
        elif isinstance(value, (Function, Bound, LibMethod)):
            self.ask.calls.call(value, CallArgs((NONE, NONE, NONE)), state, span, None)
        elif isinstance(value, Suspended) and span is not None:
            self.resume(value, state, span, closing=False)
        elif span is not None:
            self.exited(value, state, span)

    def resume(self, value: Suspended, state: EvalState, span: Span, *, closing: bool) -> None:
        """Record what a generator runs after its ``yield``: of one that is closed, what it does in any case."""
        context = value.context
        if state.recorder is not None and context.function is not None:
            state.recorder.edge(
                span,
                self.ask.binding.context(resumed(context.function, closing=closing), context.params, context.parent),
            )

    def exited(self, value: Value, state: EvalState, span: Span, *, by_itself: bool = False) -> None:
        """Record what leaving a ``with`` does. ``by_itself``: that of a generator, which is not entered before."""
        for option in alternatives(value):
            if isinstance(option, Object):
                nothing = Const(None)
                self.special(option, "__exit__", (nothing, nothing, nothing), state, span)
            elif isinstance(option, LibObject):
                entry = self.knowledge.entry(option.type)
                if entry is not None and entry.exit:
                    self.ask.calls.call(LibMethod(option, entry.exit), CallArgs(), state, span, None)
            elif by_itself and isinstance(option, Suspended) and option.kind == "context":
                self.resume(option, state, span, closing=True)
