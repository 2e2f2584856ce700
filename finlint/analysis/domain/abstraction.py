"""Values made coarser: as part of a call's context, and where a query that leads to itself would grow without end.

Each function here gives a value that stands for no less than the one that it is given, and of which there are fewer.
"""

from __future__ import annotations

from typing import Any

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.values import (
    MADE,
    UNKNOWN,
    Bound,
    Const,
    LibObject,
    Mapping,
    Object,
    OneOf,
    Parameter,
    Partial,
    Sequence,
    Value,
    depth,
    is_flat,
    shallow,
    union,
)
from finlint.model.limits import TEXT

#: Constants of these types are data wherever they are within a container; None, booleans and others decide.
_DATA = frozenset({str, bytes, int, float})


def context_value(value: Value) -> Value:
    """An argument as part of a call's context.

    Text that is long decides nothing and is dropped, and so is what an argument's own arguments were made with, and the
    place where an instance was made. What a container holds counts by its type; how many there are stays.
    """
    if type(value) is Const and isinstance(value.value, (str, bytes)) and TEXT.passed(len(value.value)):
        return UNKNOWN
    return _coarse(shallow(value), 0)


def _coarse(value: Value, level: int) -> Value:
    kind = type(value)
    if kind is Const:
        return _by_type(value) if level else value  # type: ignore[arg-type]
    if isinstance(value, Parameter):
        return _passed_on(value)
    if is_flat(value):
        return value
    if isinstance(value, Object):
        return Object(value.cls, () if level else _arguments(value.args), _site(value))
    if isinstance(value, LibObject):
        return LibObject(value.type, _arguments(value.args), value.mode)
    if isinstance(value, OneOf):
        return union([_coarse(member, level) for member in value.order])
    if isinstance(value, Sequence):
        items = None if value.items is None else tuple(_coarse(item, level + 1) for item in value.items)
        return Sequence(value.kind, items, _coarse(value.element, level + 1))
    if isinstance(value, Mapping):
        pairs = tuple((key, _coarse(item, level + 1)) for key, item in value.items)
        return Mapping(pairs, value.key, _coarse(value.element, level + 1))
    if isinstance(value, Bound):
        return Bound(_coarse(value.function, level), _coarse(value.receiver, level))
    if isinstance(value, Partial):
        return Partial(
            _coarse(value.function, level),
            tuple(_coarse(given, level + 1) for given in value.args),
            tuple((name, _coarse(given, level + 1)) for name, given in value.keywords),
        )
    return value


def _passed_on(value: Parameter) -> Value:
    """A parameter as an argument: one of a closure that was made where another's parameter had been given means no
    caller, or a function that its own closures call would have contexts without end."""
    context: CallContext | None = value.context
    while context is not None:
        if any(type(given) is Parameter for _, given in context.params):
            return UNKNOWN
        context = context.parent
    return value


def _site(value: Object) -> str:
    """Where an object was made does not matter to what it is given to; that it was made, and is no heir's, does."""
    return value.site if value.site in ("", "self") else MADE


def _arguments(args: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
    """What something was made with: constants stay, they are modes and limits."""
    return tuple((name, given if type(given) is Const else _coarse(given, 1)) for name, given in args)


def _by_type(value: Const) -> Value:
    kind = type(value.value)
    return LibObject(f"builtins.{kind.__name__}") if kind in _DATA else value


def type_alone(value: Value) -> Value:
    """What an argument is, without what it was made with: all that functions know that call each other in a circle."""
    kind = type(value)
    if kind is Const:
        return _by_type(value)  # type: ignore[arg-type]
    if isinstance(value, Parameter):
        return _passed_on(value)
    if isinstance(value, Object):
        return Object(value.cls, (), _site(value))
    if isinstance(value, OneOf):
        return union([type_alone(member) for member in value.order])
    if isinstance(value, Sequence):
        items = None if value.items is None else tuple(type_alone(item) for item in value.items)
        return Sequence(value.kind, items, type_alone(value.element))
    if isinstance(value, Mapping):
        return Mapping(
            tuple((key, type_alone(item)) for key, item in value.items), value.key, type_alone(value.element)
        )
    return value


def widened(old: Any, new: Any) -> Any:
    """An answer that is no less than ``old`` and ``new``, and nests no more deeply than ``old``.

    Repeated, it comes to an end: a union holds so many values and no more (``ALTERNATIVES``). Answers are values, None,
    and lists and tuples of lists of values.
    """
    kind = type(new)
    if kind is list:
        levels = max([1, *map(depth, old)])
        return [_truncated(value, levels) for value in new]
    if kind is tuple:
        if type(old) is tuple and len(old) == len(new):
            return tuple(widened(before, after) for before, after in zip(old, new, strict=True))
        return new
    if new is None or old is None:
        return new
    levels = max(1, depth(old))
    return _truncated(union([old, _truncated(new, levels)]), levels)


def _truncated(value: Value, levels: int) -> Value:
    """``value`` without what nests more than ``levels`` deep in it."""
    if is_flat(value) or depth(value) <= levels:
        return value
    if isinstance(value, OneOf):
        return union([_truncated(member, levels) for member in value.order])
    if isinstance(value, (Object, LibObject)):
        args = tuple((name, _truncated(given, levels - 1) if levels > 1 else UNKNOWN) for name, given in value.args)
        return value._replace(args=args if levels > 1 or isinstance(value, LibObject) else ())
    if isinstance(value, Sequence):
        return Sequence(value.kind, None, _truncated(value.element, levels - 1) if levels > 1 else UNKNOWN)
    if isinstance(value, Mapping):
        return Mapping((), UNKNOWN, _truncated(value.element, levels - 1) if levels > 1 else UNKNOWN)
    if isinstance(value, Bound):
        return Bound(_truncated(value.function, levels), _truncated(value.receiver, levels - 1))
    return UNKNOWN
