"""Calls that make, sort, pair and walk containers: ``zip``, ``sorted``, ``map``, ``itertools.chain``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from finlint.analysis.domain.effects import Args, CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Const,
    LibObject,
    Mapping,
    Object,
    Sequence,
    SequenceKind,
    Value,
    alternatives,
    is_known,
    softened,
    union,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models.library_types import BY_COMPARISON
from finlint.model.source import Span

#: What such a call gives; None where it is judged as any other call of a library.
SpecialCall: TypeAlias = Callable[[Queries, Args, EvalState, "Span | None"], "Value | None"]


def _from_keys(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``dict.fromkeys(keys, value)``"""
    if not args.positional:
        return UNKNOWN
    value = args.positional[1] if len(args.positional) > 1 else Const(None)
    return Mapping((), ask.protocols.element(args.positional[0], state, span), softened(value))


def _enumerate(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    element = ask.protocols.element(args.positional[0], state, span) if args.positional else UNKNOWN
    return Sequence("iterable", None, Sequence("tuple", (UNKNOWN, element), UNKNOWN))


def _zip(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    elements = tuple(ask.protocols.element(a, state, span) for a in args.positional)
    return Sequence("iterable", None, Sequence("tuple", elements, union(elements)))


def _same_elements(kind: SequenceKind) -> SpecialCall:
    def collect(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
        if not args.positional:
            return Sequence(kind, None, UNKNOWN)
        source = args.positional[0]
        element = ask.protocols.element(source, state, span)
        items = source.items if isinstance(source, Sequence) and kind in ("list", "tuple", "frozenset") else None
        return Sequence(kind, items, element)

    return collect


def _sorted(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``sorted(items, key=key)`` calls ``key`` with each item, or compares them."""
    if not args.positional:
        return UNKNOWN
    element = ask.protocols.element(args.positional[0], state, span)
    _compare(ask, element, "__lt__", args, state, span)
    return Sequence("list", None, element)


def _compare(ask: Queries, element: Value, method: str, args: Args, state: EvalState, span: Span | None) -> None:
    """Record what comparing elements runs: their key, or ``method``."""
    if state.recorder is None:
        return
    key = args.keyword("key")
    for option in alternatives(element if key is None else key):
        if key is None and isinstance(option, Object):
            ask.protocols.special(option, method, (element,), state, span)
        elif key is not None:
            ask.calls.call(option, CallArgs((element,)), state, span, None)


def _by_comparison(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``functools.cmp_to_key(compare)``: calling it is comparing two."""
    return LibObject(BY_COMPARISON, (("mycmp", args.positional[0]),)) if args.positional else UNKNOWN


def _extreme(method: str) -> SpecialCall:
    """``max(items)`` and ``max(first, second)``: one of them, and what comparing them runs."""

    def extreme(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
        given = args.positional
        if not given or args.open_ended:
            return None
        element = ask.protocols.element(given[0], state, span) if len(given) == 1 else union(given)
        _compare(ask, element, method, args, state, span)
        default = args.keyword("default")
        return softened(element if default is None else union([element, default]))

    return extreme


def _reduce(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``functools.reduce(function, items, initial)``"""
    if len(args.positional) < 2:
        return None
    function, items, *initial = args.positional
    element = ask.protocols.element(items, state, span)
    result = ask.calls.call(function, CallArgs((union(initial or [element]), element)), state, span, None)
    return softened(union([*initial, result]))


def _same_mapping(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``MappingProxyType(mapping)``, ``ChainMap(first, second)``: what is in them is in it."""
    merged: Value | None = None
    for given in reversed(args.positional):
        merged = ask.protocols.contents(given) if merged is None else ask.protocols.merged(merged, given)
        if merged is None:
            return UNKNOWN
    return merged if merged is not None else Mapping((), UNKNOWN, UNKNOWN)


def _map(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    # Lazy: the function is called when the map is consumed (see ``Protocols._iterate_library``).
    if len(args.positional) < 2:
        return UNKNOWN
    given = (("function", args.positional[0]), ("iterable", args.positional[1]))
    return LibObject("builtins.map", given)


def _filter(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if len(args.positional) < 2:
        return UNKNOWN
    given = (("function", args.positional[0]), ("iterable", args.positional[1]))
    return LibObject("builtins.filter", given)


def _groupby(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``itertools.groupby(items, key)``: the key is asked when it is iterated."""
    key = args.positional[1] if len(args.positional) > 1 else args.keyword("key")
    if not args.positional or key is None:
        return None
    return LibObject("itertools.groupby", (("function", key), ("iterable", args.positional[0])))


def _ordered(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``bisect.insort(items, x)``, ``heapq.heappush(items, x)``: compares the items."""
    if state.recorder is None or not args.positional:
        return None
    element = ask.protocols.element(args.positional[0], state, span)
    key = args.keyword("key")
    if key is not None:
        ask.calls.call(key, CallArgs((element,)), state, span, None)
        return None
    for option in alternatives(union([element, *args.positional[1:2]])):
        if isinstance(option, Object):
            ask.protocols.special(option, "__lt__", (element,), state, span)
    return element if is_known(element) else None


def _reversed(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``reversed(items)``"""
    out: list[Value] = []
    for option in alternatives(args.positional[0]) if args.positional else ():
        if isinstance(option, Object) and ask.classes.class_function(option.cls, "__reversed__") is not None:
            out.append(
                ask.protocols.element(ask.protocols.special(option, "__reversed__", (), state, span), state, span)
            )
        else:
            out.append(ask.protocols.element(option, state, span))
    return Sequence("list", None, union(out))


def _chain(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``itertools.chain(a, b)``."""
    return Sequence("iterable", None, union(ask.protocols.element(source, state, span) for source in args.positional))


def _chain_of(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    """``itertools.chain.from_iterable(sources)``."""
    sources = ask.protocols.element(args.positional[0], state, span) if args.positional else UNKNOWN
    return Sequence("iterable", None, ask.protocols.element(sources, state, span))


def _next(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    return ask.protocols.element(args.positional[0], state, span) if args.positional else UNKNOWN


def _iter(ask: Queries, args: Args, state: EvalState, span: Span | None) -> Value | None:
    if len(args.positional) == 2:
        # ``iter(queue.get, None)`` calls until the sentinel comes.
        value = ask.calls.call(args.positional[0], CallArgs(), state, span, None)
        return Sequence("iterable", None, value)
    return args.positional[0] if args.positional else UNKNOWN


#: What takes their place in a call, by the name of what is called.
ITERATION_CALLS: dict[str, SpecialCall] = {
    "builtins.dict.fromkeys": _from_keys,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.list": _same_elements("list"),
    "builtins.tuple": _same_elements("tuple"),
    "builtins.set": _same_elements("set"),
    "builtins.frozenset": _same_elements("frozenset"),
    "builtins.sorted": _sorted,
    "builtins.max": _extreme("__gt__"),
    "builtins.min": _extreme("__lt__"),
    "functools.reduce": _reduce,
    "_functools.reduce": _reduce,
    BY_COMPARISON: _by_comparison,
    "types.MappingProxyType": _same_mapping,
    "collections.ChainMap": _same_mapping,
    "builtins.reversed": _reversed,
    "itertools.groupby": _groupby,
    **{f"_bisect.{name}": _ordered for name in ("bisect", "bisect_left", "bisect_right")},
    **{f"_bisect.{name}": _ordered for name in ("insort", "insort_left", "insort_right")},
    **{f"_heapq.{name}": _ordered for name in ("heapify", "heappush", "heappop", "heappushpop", "heapreplace")},
    "collections.deque": _same_elements("list"),
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_of,
    "itertools.islice": _same_elements("iterable"),
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.next": _next,
    "builtins.iter": _iter,
}
