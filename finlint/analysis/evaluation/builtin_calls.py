"""Calls that change what a value is rather than what happens: ``super()``, ``partial``, ``cast``, ``getattr``."""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.containers import HELD
from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibObject,
    Mapping,
    Marked,
    MarkedKind,
    MethodCaller,
    Object,
    Partial,
    RecordType,
    Sequence,
    Super,
    Value,
    alternatives,
    is_known,
    shallow,
    softened,
    union,
)
from finlint.analysis.evaluation.instances import is_coroutine, is_coroutine_function, same
from finlint.analysis.evaluation.iteration_calls import ITERATION_CALLS, SpecialCall
from finlint.analysis.evaluation.library_attributes import MADE_FROM
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.model.record import replaced
from finlint.model.source import Span

#: What ``operator.attrgetter(...)`` and ``itemgetter(...)`` call: what they were made with, then the argument.
ATTRIBUTE_OF = "operator.attrgetter.__call__"
ITEM_OF = "operator.itemgetter.__call__"


def _vars(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``vars(x)`` is ``x.__dict__``, ``vars()`` what ``locals()`` is: the parameters, of what is known."""
    if args.positional:
        return ask.attributes.attribute(args.positional[0], "__dict__", state, span)
    function = state.context.function
    if function is None:
        return None
    names = (param.name for param in function.ir.params)
    given: tuple[tuple[Value, Value], ...] = tuple((Const(n), ask.names.context_name(n, state.context)) for n in names)
    return Mapping(given, UNKNOWN, UNKNOWN)


def _super(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    context: CallContext | None = state.context
    while context is not None and context.function is not None and context.function.owner is None:
        context = context.parent
    # The method whose first parameter is the receiver is the outermost function of the class body.
    while context is not None and _is_within_method(context):
        context = context.parent
    if len(args.positional) >= 2:
        cls = args.positional[0]
        return Super(cls, args.positional[1]) if isinstance(cls, Class) else UNKNOWN
    if context is None or context.function is None or context.function.owner is None or not context.function.ir.params:
        return UNKNOWN
    receiver = context.param(context.function.ir.params[0].name)
    if receiver is None:
        return UNKNOWN
    return Super(Class(context.function.owner, ask.binding.module_context(context.module)), receiver)


def _is_within_method(context: CallContext) -> bool:
    """Whether a function is defined in a method of its class, or in a function there."""
    function, around = context.function, context.parent.function if context.parent is not None else None
    return function is not None and around is not None and around.owner is function.owner


def _getattr(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if len(args.positional) < 2:
        return UNKNOWN
    name = args.positional[1]
    names = alternatives(name)
    if len(names) > 1 and all(isinstance(option, Const) for option in names):
        # ``for name in ("flush", "close"): getattr(self, name)()``
        obj, rest = args.positional[0], args.positional[2:]
        each = (CallArgs((obj, option, *rest)) for option in names)
        return union(_getattr(ask, one, state, span) or UNKNOWN for one in each)
    if isinstance(name, Const) and isinstance(name.value, str):
        value = ask.attributes.attribute(args.positional[0], name.value, state, span)
        if len(args.positional) > 2:
            if not is_known(value) and _has_none_such(ask, args.positional[0], name):
                return args.positional[2]
            default = softened(args.positional[2])
            return union([value, default]) if is_known(value) else value
        return value
    return UNKNOWN


def _partial(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if not args.positional:
        return UNKNOWN
    return union(Partial(function, args.positional[1:], args.keywords) for function in alternatives(args.positional[0]))


def _methodcaller(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    name = args.positional[0] if args.positional else UNKNOWN
    if isinstance(name, Const) and isinstance(name.value, str):
        return MethodCaller(name.value, args.positional[1:], args.keywords)
    return UNKNOWN


def _getter(name: str) -> SpecialCall:
    """``operator.attrgetter("name")``, ``operator.itemgetter(key)``: what it is called with is given last."""

    def get(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
        return UNKNOWN if args.open_ended else Partial(Lib(name), args.positional, ())

    return get


def _attribute_of(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    *paths, obj = args.positional or (UNKNOWN,)
    out: list[Value] = []
    for path in paths:
        value = obj if isinstance(path, Const) else UNKNOWN
        for name in str(path.value).split(".") if isinstance(path, Const) else ():
            value = ask.attributes.attribute(value, name, state, span)
        out.append(value)
    return _one_or_tuple(out)


def _item_of(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    *keys, container = args.positional or (UNKNOWN,)
    return _one_or_tuple([ask.expressions.item(container, key, state, span) for key in keys])


def _one_or_tuple(found: list[Value]) -> Value:
    return found[0] if len(found) == 1 else Sequence("tuple", tuple(found), union(found))


def _made_from(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``Point._make(items)`` of a named tuple."""
    if len(args.positional) != 2:
        return UNKNOWN
    cls, items = args.positional
    known = items.items if isinstance(items, Sequence) else None
    return ask.calls.call(cls, CallArgs(known or (), (), known is None), state, span)


def _partialmethod(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    made = _partial(ask, args, state, span)
    return Marked("partial", made) if isinstance(made, Partial) else UNKNOWN


def _namedtuple(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``namedtuple("Point", "x y")``: the names in a string, or in a sequence."""
    given = args.positional[1] if len(args.positional) > 1 else args.keyword("field_names") or UNKNOWN
    if isinstance(given, Const) and isinstance(given.value, str):
        return RecordType(tuple(given.value.replace(",", " ").split()))
    if isinstance(given, Sequence) and given.items is not None:
        # ``typing.NamedTuple("Point", [("x", int), ("y", int)])`` has types beside the names.
        first = [i.items[0] if isinstance(i, Sequence) and i.items else i for i in given.items]
        names = [name.value for name in first if isinstance(name, Const)]
        if len(names) == len(given.items):
            return RecordType(tuple(map(str, names)))
    return UNKNOWN


def _replaced(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``dataclasses.replace(record, field=value)``"""
    out: list[Value] = []
    for option in alternatives(args.positional[0]) if args.positional else ():
        if isinstance(option, (Object, LibObject)):
            given = dict(args.keywords)
            kept = tuple((name, value) for name, value in option.args if name not in given)
            out.append(replaced(option, args=(*kept, *((name, shallow(value)) for name, value in given.items()))))
        else:
            out.append(option)
    return union(out)


def _new(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``object.__new__(cls)``"""
    return ask.annotations.instances(args.positional[0]) if args.positional else UNKNOWN


def _new_container(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``tuple.__new__(cls, items)``"""
    if not args.positional:
        return UNKNOWN
    made: list[Value] = []
    for option in alternatives(ask.annotations.instances(args.positional[0])):
        if isinstance(option, Object) and len(args.positional) > 1:
            option = replaced(option, args=((HELD, shallow(args.positional[1])),))
        made.append(option)
    return union(made)


def _method_type(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    return Bound(args.positional[0], args.positional[1]) if len(args.positional) == 2 else UNKNOWN


def _cast(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if len(args.positional) < 2:
        return UNKNOWN
    target, value = args.positional[0], args.positional[1]
    if isinstance(target, Class):
        return ask.annotations.instance(target)
    if isinstance(target, Const) and isinstance(target.value, str):
        named = ask.annotations.named(target.value, state)
        return named if is_known(named) else value
    if isinstance(target, Lib):
        typed = library_types.instance_of(target.name, ask.knowledge)
        return typed if is_known(typed) else value
    return value


def _type(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if len(args.positional) != 1:
        return UNKNOWN
    return union(
        option.cls if isinstance(option, Object) else Lib(option.type) if isinstance(option, LibObject) else UNKNOWN
        for option in alternatives(args.positional[0])
    )


def _marker(kind: MarkedKind) -> SpecialCall:
    def mark(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
        return Marked(kind, args.positional[0]) if args.positional else UNKNOWN

    return mark


def _hasattr(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``hasattr(x, "name")`` reads the attribute: a property runs."""
    if len(args.positional) != 2:
        return None
    if _has_none_such(ask, *args.positional):
        return Const(False)
    if state.recorder is not None:
        _getattr(ask, args, state, span)
    return None


def _has_none_such(ask: Queries, obj: Value, name: Value) -> bool:
    """Whether an object certainly has no attribute of that name."""
    if not (isinstance(name, Const) and name.firm and isinstance(name.value, str)):
        return False
    return isinstance(obj, Object) and ask.own_stores.is_never_set(obj, name.value)


def _setattr(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``setattr(x, "name", value)`` runs what ``x.name = value`` does; ``delattr(x, "name")`` what ``del x.name``."""
    if state.recorder is None or len(args.positional) < 2:
        return None
    obj, name, *given = args.positional
    if isinstance(name, Const) and isinstance(name.value, str):
        for option in alternatives(obj):
            if isinstance(option, Object) and given:
                ask.protocols.store(option, name.value, given[0], state, span)
            elif isinstance(option, Object):
                ask.protocols.delete(option, name.value, state, span)
    return None


def _print(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``print(x)`` makes text of what it is given, beside what it does itself."""
    for value in args.positional if state.recorder is not None else ():
        ask.protocols.shown(value, "__str__", state, span)
    return None


def _is_coroutine_function(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if not args.positional:
        return UNKNOWN
    verdict = same(is_coroutine_function(option, ask) for option in alternatives(args.positional[0]))
    return UNKNOWN if verdict is None else Const(verdict)


def _is_coroutine(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if not args.positional:
        return UNKNOWN
    verdict = same(is_coroutine(option) for option in alternatives(args.positional[0]))
    return UNKNOWN if verdict is None else Const(verdict)


def _runs(method: str) -> SpecialCall:
    """``len(x)``, ``repr(x)``: runs a special method of ``x``, and is an ordinary call beside that."""
    return _runs_first(method)


def _runs_first(*methods: str) -> SpecialCall:
    """The same, of the first of some special methods that the class of ``x`` has."""

    def run(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
        for option in alternatives(args.positional[0]) if args.positional and state.recorder is not None else ():
            if isinstance(option, Object):
                has = (name for name in methods if ask.classes.class_function(option.cls, name) is not None)
                ask.protocols.special(option, next(has, ""), args.positional[1:2], state, span)
        return None

    return run


def _shows(method: str) -> SpecialCall:
    """``str(x)``, ``repr(x)`` and ``format(x, spec)``: the same, with what ``object``'s own method falls back on."""

    def show(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
        if args.positional and state.recorder is not None:
            ask.protocols.shown(args.positional[0], method, state, span, *args.positional[1:2])
        return None

    return show


def _make(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``type.__call__(cls, ...)``, which a metaclass calls for ``cls(...)``."""
    if not args.positional or not isinstance(args.positional[0], Class):
        return UNKNOWN
    rest = CallArgs(args.positional[1:], args.keywords, args.open_ended, args.spliced)
    return ask.calls.construct(args.positional[0], rest, state, span, None)


def _field(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``dataclasses.field(default_factory=X)``: instances have what ``X()`` gives."""
    factory = args.keyword("default_factory") or args.keyword("factory")
    if factory is not None:
        return ask.calls.call(factory, CallArgs(), EvalState(state.context), None)
    return args.keyword("default") or UNKNOWN


def _factory(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``attr.Factory(X)`` as a default: the same."""
    return (
        ask.calls.call(args.positional[0], CallArgs(), EvalState(state.context), None) if args.positional else UNKNOWN
    )


def _member(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``enum.member(function)``: a member whose value is the function, which is no method of it."""
    first = args.positional[0] if args.positional else UNKNOWN
    return Partial(first, (), ()) if isinstance(first, Function) else first


def _callable(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``callable(x)``, of constants: what else may be is not told by what it may be here."""
    first = args.positional[0] if args.positional else UNKNOWN
    return Const(False, first.firm) if isinstance(first, Const) else None


#: What is asked of an object to be copied or pickled.
_REDUCING = ("__reduce_ex__", "__reduce__", "__getstate__")
_RUNS_LEN = _runs("__len__")


def _len(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``len(x)``: of tuples and texts it is known."""
    first = args.positional[0] if args.positional else UNKNOWN
    if isinstance(first, Sequence) and first.kind == "tuple" and first.items is not None:
        return Const(len(first.items))
    if isinstance(first, Const) and isinstance(first.value, (str, bytes)):
        return Const(len(first.value), first.firm)
    return _RUNS_LEN(ask, args, state, span)


def _range(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``range(0)``: nothing is in it. What is no number says which it stands for."""
    for bound in args.positional if state.recorder is not None else ():
        for option in alternatives(bound):
            if isinstance(option, Object):
                ask.protocols.special(option, "__index__", (), state, span)
    numbers = [v.value for v in args.positional if isinstance(v, Const) and v.firm and isinstance(v.value, int)]
    if not numbers or len(numbers) < len(args.positional) or len(numbers) > 3 or 0 in numbers[2:]:
        return None
    return None if range(*numbers) else Sequence("tuple", (), UNKNOWN)


#: What takes their place in a call, by the name of what is called.
SPECIAL_CALLS: dict[str, SpecialCall] = {
    **ITERATION_CALLS,
    "builtins.super": _super,
    "builtins.getattr": _getattr,
    "functools.partial": _partial,
    "functools.partialmethod": _partialmethod,
    "collections.namedtuple": _namedtuple,
    "typing.NamedTuple": _namedtuple,
    "dataclasses.make_dataclass": _namedtuple,
    "dataclasses.replace": _replaced,
    "copy.replace": _replaced,
    "operator.methodcaller": _methodcaller,
    "operator.attrgetter": _getter(ATTRIBUTE_OF),
    ATTRIBUTE_OF: _attribute_of,
    "operator.itemgetter": _getter(ITEM_OF),
    ITEM_OF: _item_of,
    MADE_FROM: _made_from,
    "types.MethodType": _method_type,
    "builtins.object.__new__": _new,
    "builtins.tuple.__new__": _new_container,
    "builtins.frozenset.__new__": _new_container,
    "typing.cast": _cast,
    "builtins.type": _type,
    "builtins.type.__call__": _make,
    "builtins.staticmethod": _marker("static"),
    "builtins.classmethod": _marker("class"),
    "builtins.property": _marker("property"),
    "functools.cached_property": _marker("property"),
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.delattr": _setattr,
    "builtins.print": _print,
    "builtins.int": _runs("__int__"),
    "builtins.float": _runs("__float__"),
    "builtins.complex": _runs("__complex__"),
    "builtins.round": _runs("__round__"),
    "builtins.divmod": _runs("__divmod__"),
    "builtins.bytes": _runs("__bytes__"),
    "builtins.dir": _runs("__dir__"),
    "operator.index": _runs("__index__"),
    "math.floor": _runs("__floor__"),
    "math.ceil": _runs("__ceil__"),
    "math.trunc": _runs("__trunc__"),
    "os.fspath": _runs("__fspath__"),
    "copy.copy": _runs_first("__copy__", *_REDUCING),
    "copy.deepcopy": _runs_first("__deepcopy__", *_REDUCING),
    "pickle.dump": _runs_first(*_REDUCING),
    "pickle.dumps": _runs_first(*_REDUCING),
    "_pickle.dump": _runs_first(*_REDUCING),
    "_pickle.dumps": _runs_first(*_REDUCING),
    "sys.getsizeof": _runs("__sizeof__"),
    "builtins.vars": _vars,
    "builtins.locals": _vars,
    "builtins.len": _len,
    "builtins.callable": _callable,
    "enum.member": _member,
    "builtins.range": _range,
    "builtins.str": _shows("__str__"),
    "builtins.repr": _shows("__repr__"),
    "builtins.ascii": _shows("__repr__"),
    "builtins.bool": _runs("__bool__"),
    "builtins.hash": _runs("__hash__"),
    "builtins.abs": _runs("__abs__"),
    "builtins.format": _shows("__format__"),
    "dataclasses.field": _field,
    "attr.ib": _field,
    "attr.attrib": _field,
    "attr.field": _field,
    "attrs.field": _field,
    "attr.Factory": _factory,
    "attrs.Factory": _factory,
    "builtins.object.__getattribute__": _getattr,
    "asyncio.iscoroutinefunction": _is_coroutine_function,
    "inspect.iscoroutinefunction": _is_coroutine_function,
    "asyncio.coroutines.iscoroutinefunction": _is_coroutine_function,
    "asyncio.iscoroutine": _is_coroutine,
    "asyncio.coroutines.iscoroutine": _is_coroutine,
    "inspect.iscoroutine": _is_coroutine,
    "inspect.isawaitable": _is_coroutine,
}
