"""Values made coarser: as part of a call's context, and where a query that leads to itself would grow without end.

Each function here gives a value that stands for no less than the one that it is given, and of which there are fewer.
"""

from __future__ import annotations

from typing import Any

from finlint.analysis.domain.containers import HELD
from finlint.analysis.domain.values import (
    DATA,
    MADE,
    UNKNOWN,
    Bound,
    Const,
    LibMethod,
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
    is_known,
    shallow,
    union,
)
from finlint.model import ir
from finlint.model.limits import KNOWN_BESIDE, LENGTHS, TEXT, noted, told_again
from finlint.model.record import replaced

#: Constants of these types are data wherever they are within a container; None, booleans and others decide.
_DATA = frozenset({str, bytes, int, float})
_DATA_NAMES = frozenset(kind.__name__ for kind in _DATA)
_DATA_TYPES = frozenset(
    {DATA.type, *(f"builtins.{kind.__name__}" for kind in (*_DATA, bool, complex, slice, range, bytearray))}
)


def context_value(value: Value) -> Value:
    """An argument as part of a call's context.

    Text that is long decides nothing and is dropped, and so is what an argument's own arguments were made with, and the
    place where an instance was made. Of data that a container holds counts that it is data; how many there are stays.
    """
    if type(value) is Const and isinstance(value.value, (str, bytes)) and TEXT.passed(len(value.value)):
        return UNKNOWN
    return _coarse(shallow(value), 0)


def collected_value(value: Value) -> Value:
    """The same for what ``*args`` or ``**kwargs`` collects: each of its items is an argument."""
    if isinstance(value, Sequence) and value.items:
        return Sequence(value.kind, tuple(map(context_value, value.items)), _item(shallow(value.element), 1))
    if isinstance(value, Mapping) and value.items:
        pairs = tuple((key, context_value(item)) for key, item in value.items)
        return Mapping(pairs, value.key, _item(shallow(value.element), 1))
    return context_value(value)


def _coarse(value: Value, level: int) -> Value:
    kind = type(value)
    if kind is Const:
        return _by_type(value) if level else value  # type: ignore[arg-type]
    if isinstance(value, Parameter):
        return UNKNOWN if level else _passed_on(value)
    if is_flat(value):
        return value
    if isinstance(value, Object):
        return Object(value.cls, _held(value.args, level) if level else _made_with(value.args), _site(value))
    if isinstance(value, LibObject):
        return LibObject(value.type, _arguments(value.args), value.mode)
    if isinstance(value, OneOf):
        known = value.coarser.get(level)
        if known is None:
            known = value.coarser[level] = noted(
                lambda: _one_of_few([_coarse(member, level) for member in value.order])
            )
        return told_again(known)
    if isinstance(value, Sequence):
        items = value.items
        if items:
            items = None if LENGTHS.reached(level) else tuple(_item(item, level + 1) for item in items)
        return Sequence(value.kind, items, _item(value.element, level + 1))
    if isinstance(value, Mapping):
        pairs = tuple((key, _item(item, level + 1)) for key, item in value.items)
        return Mapping(pairs, value.key, _item(value.element, level + 1))
    if isinstance(value, Bound):
        return Bound(_coarse(value.function, level), _coarse(value.receiver, level))
    if isinstance(value, Partial):
        return Partial(
            _coarse(value.function, level),
            tuple(_coarse(given, level + 1) for given in value.args),
            tuple((name, _coarse(given, level + 1)) for name, given in value.keywords),
        )
    return value


def _item(value: Value, level: int) -> Value:
    """What a container holds, as a part of an argument: data is not told apart, constants that decide stay."""
    part = _coarse(value, level)
    if not isinstance(part, OneOf):
        return _if_data(part)
    return union([_if_data(member) for member in part.order])


def _if_data(value: Value) -> Value:
    """DATA for data; UNKNOWN for a container of that and of what is unknown; anything else as it is."""
    if _is_plain(value):
        return DATA
    if isinstance(value, (Sequence, Mapping)) and _is_data(value) and not _holds_constants(value):
        return UNKNOWN
    return value


def _is_plain(value: Value) -> bool:
    """Whether a value is data of which nothing more is known than its type, and that of all that it holds."""
    if isinstance(value, LibObject):
        return value.type in _DATA_TYPES
    if isinstance(value, OneOf):
        return all(map(_is_plain, value.order))
    if isinstance(value, Sequence):
        return all(map(_is_plain, value.items or ())) and _is_plain(value.element)
    return isinstance(value, Mapping) and not value.weak and not value.items and _is_plain(value.element)


def _holds_constants(container: Sequence | Mapping) -> bool:
    """Whether it has None, booleans or the like in it, or is told apart by its keys."""
    held = [container.element]
    if isinstance(container, Sequence):
        held += container.items or ()
    elif container.items:
        return True
    return any(type(option) is Const for option in _flattened(held))


def _one_of_few(members: list[Value]) -> Value:
    """A union, as part of a call's context, in which containers of one kind are one.

    Of data that stands beside what is unknown a function learns nothing that it does not know anyway; what can be
    called, or has methods of its own, stays.
    """
    merged = _merged(members)
    if len(merged) > 1 and not all(map(is_known, merged)):
        known = [member for member in merged if is_known(member) and not _is_data(member)]
        merged = [UNKNOWN] if KNOWN_BESIDE.passed(len(known)) else [UNKNOWN, *known]
    return union(merged)


def _merged(members: list[Value]) -> list[Value]:
    """Members of a union, of which those that are containers of one kind are made one."""
    containers: dict[object, list[Any]] = {}
    out: list[Value] = []
    for member in members:
        if isinstance(member, Sequence):
            containers.setdefault(member.kind, []).append(member)
        elif isinstance(member, Mapping):
            containers.setdefault((member.weak, member.missing), []).append(member)
        else:
            out.append(member)
    for same in containers.values():
        first = same[0]
        if len(same) > 1:
            # What an empty one holds is unknown, which adds nothing.
            full = [container.element for container in same if is_known(container.element)]
            element = _one_of_few(_flattened(full)) if full else UNKNOWN
            if isinstance(first, Sequence):
                first = Sequence(first.kind, None, element)
            else:
                first = Mapping((), UNKNOWN, element, first.weak, first.missing)
        out.append(first)
    return out


def _flattened(values: list[Value]) -> list[Value]:
    return [member for value in values for member in (value.order if isinstance(value, OneOf) else (value,))]


def _is_data(value: Value) -> bool:
    """Whether nothing in a value can be called, or has methods that the project or a library's class gives it."""
    kind = type(value)
    if kind is Const:
        return True
    if isinstance(value, LibObject):
        return value.type in _DATA_TYPES
    if isinstance(value, OneOf):
        return all(map(_is_data, value.order))
    if isinstance(value, Sequence):
        return all(map(_is_data, value.items or ())) and _is_data(value.element)
    if isinstance(value, Mapping):
        return not value.weak and all(_is_data(item) for _, item in value.items) and _is_data(value.element)
    return not is_known(value)


def _passed_on(value: Parameter) -> Value:
    """A parameter as an argument: it stays one where nothing else is known of its call, so that there is one of each
    function's. What is unknown in each of many contexts would make as many contexts of whatever it is passed to."""
    context = value.context
    if _is_declared_data(value):
        return UNKNOWN
    given = list(context.params)
    if context.function is not None and context.function.owner is not None and given:
        receiver = given.pop(0)[1]
        if isinstance(receiver, Object) and receiver.args:
            # What it was made with may be a parameter, and what that one's receiver was made with, without end.
            return UNKNOWN
    if any(argument is not UNKNOWN for _, argument in given):
        return UNKNOWN
    around = context.parent
    while around is not None:
        # A closure's own, of which there would be one for each that it was passed as itself.
        if any(_has_parameter(given) for _, given in around.params):
            return UNKNOWN
        around = around.parent
    return value


def _has_parameter(value: Value) -> bool:
    """Whether it is a parameter, or what ``*args`` and ``**kwargs`` hold one in."""
    if isinstance(value, Sequence):
        return any(map(_has_parameter, value.items or ())) or type(value.element) is Parameter
    if isinstance(value, Mapping):
        return any(_has_parameter(item) for _, item in value.items) or type(value.element) is Parameter
    return type(value) is Parameter


def _is_declared_data(value: Parameter) -> bool:
    """Whether a parameter is declared as a number or a text: nobody calls it, and nobody asks whose it is."""
    function = value.context.function
    for param in function.ir.params if function is not None else ():
        if param.name == value.name:
            return isinstance(param.annotation, ir.Name) and param.annotation.id in _DATA_NAMES
    return False


def _site(value: Object) -> str:
    """Where an object was made does not matter to what it is given to; that it was made, and is no heir's, does."""
    return value.site if value.site in ("", "self") else MADE


def _arguments(args: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
    """What something was made with: constants stay, they are modes and limits."""
    return tuple((name, given if type(given) is Const else _coarse(given, 1)) for name, given in args)


def _made_with(args: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
    """What an instance was made with, as far as its methods can be expected to do something else by it.

    There are as many instances as combinations of arguments, so that those are left out which decide nothing: data of
    which only the type is known, constants that are one possibility of several, and what may be anything else, too,
    but for one thing that it may call.
    """
    return tuple((name, given if name == HELD else _telling(_coarse(given, 1), given)) for name, given in args)


def _held(args: tuple[tuple[str, Value], ...], level: int) -> tuple[tuple[str, Value], ...]:
    """What is in an instance of a container's heir, which nobody else tells."""
    return tuple((name, _coarse(given, level + 1)) for name, given in args if name == HELD)


def _telling(value: Value, given: Value) -> Value:
    if type(given) is Const:
        return given if given.firm or type(given.value) in (int, float) else UNKNOWN
    if isinstance(given, Parameter):
        # Whose it is: an object that was made with the one that it belongs to refers back to it.
        return _passed_on(given)
    if _is_data(value):
        return UNKNOWN
    if isinstance(value, OneOf) and not all(map(is_known, value.order)):
        known = [member for member in value.order if is_known(member)]
        return value if len(known) == 1 and type(known[0]) is not LibMethod else UNKNOWN
    return value


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
        return _one_of_few([type_alone(member) for member in value.order])
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
        return replaced(value, args=args if levels > 1 or isinstance(value, LibObject) else ())
    if isinstance(value, Sequence):
        return Sequence(value.kind, None, _truncated(value.element, levels - 1) if levels > 1 else UNKNOWN)
    if isinstance(value, Mapping):
        return Mapping((), UNKNOWN, _truncated(value.element, levels - 1) if levels > 1 else UNKNOWN)
    if isinstance(value, Bound):
        return Bound(_truncated(value.function, levels), _truncated(value.receiver, levels - 1))
    return UNKNOWN
