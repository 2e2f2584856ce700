"""What is in containers, and what becomes of them when something is put into them."""

from __future__ import annotations

from finlint.analysis.domain.values import (
    DATA_OF_MEMBER,
    NO_KEY,
    UNKNOWN,
    AtKey,
    Const,
    LibObject,
    Mapping,
    Marked,
    Object,
    Sequence,
    Unknown,
    Value,
    alternatives,
    is_known,
    member_name,
    shallow,
    union,
)
from finlint.model.limits import ITEMS
from finlint.model.record import replaced

#: The argument of library objects that stands for what was put into them; no parameter is called so.
HELD = "*held"


def held_by(value: Value | None) -> Value:
    """What was put into an object of a library that gives it out again (a queue)."""
    if not isinstance(value, LibObject):
        return UNKNOWN
    return next((held for key, held in value.args if key == HELD), UNKNOWN)


def contained(values: list[Value], elements: list[Value]) -> list[Value]:
    """Values of a name, with what was put into them if they are containers."""
    if not elements:
        return values
    elements = [shallow(element) for element in elements]
    if values:
        return [with_elements(v, elements) for v in values]
    items = [e.value if isinstance(e, AtKey) else e for e in _items(elements)]
    return [Sequence("list", None, union(items))] if items else []


def _items(elements: list[Value]) -> list[Value]:
    """Elements without those that only an ``ExitStack`` has, or what can be set."""
    kinds = ("exit", "set")
    return [e for e in elements if not any(isinstance(v, Marked) and v.kind in kinds for v in alternatives(e))]


def with_elements(value: Value, elements: list[Value]) -> Value:
    """A container after elements were put into it, an ``ExitStack`` after it was given something to run."""
    out: list[Value] = []
    exits = [e for e in elements for part in alternatives(e) if isinstance(part, Marked) and part.kind == "exit"]
    became = [e.function for e in elements if isinstance(e, Marked) and e.kind == "set"]
    elements = _items(elements)
    for option in alternatives(value):
        if isinstance(option, Mapping) and elements:
            out.append(_with_pairs(option, elements))
            continue
        given = [e.value if isinstance(e, AtKey) else e for e in elements]
        if isinstance(option, LibObject) and option.type == "contextlib.ExitStack" and exits:
            kept = [v for k, v in option.args if k == "exits"]
            out.append(LibObject(option.type, (("exits", shallow(union([*kept, *exits]))),), option.mode))
        elif isinstance(option, Object) and exits and any(key == "exits" for key, _ in option.args):
            # An instance of a class that inherits from it.
            known = [v for k, v in option.args if k == "exits" and is_known(v)]
            args = tuple((k, shallow(union([*known, *exits])) if k == "exits" else v) for k, v in option.args)
            out.append(replaced(option, args=args))
        elif isinstance(option, LibObject) and became and any(key == HELD for key, _ in option.args):
            known = [v for v in (held_by(option), *became) if is_known(v)]
            args = tuple((key, shallow(union(known)) if key == HELD else v) for key, v in option.args)
            out.append(LibObject(option.type, args, option.mode))
        elif not elements:
            out.append(option)
        elif isinstance(option, LibObject) and any(key == HELD for key, _ in option.args):
            known = [v for v in (held_by(option), *given) if is_known(v)]
            args = tuple((key, union(known) if key == HELD else v) for key, v in option.args)
            out.append(LibObject(option.type, args, option.mode))
        elif isinstance(option, Sequence):
            kept = [] if isinstance(option.element, Unknown) else [option.element]
            out.append(Sequence(option.kind, None, union([*kept, *given])))
        elif isinstance(option, Object) and any(key == HELD for key, _ in option.args):
            # An instance of a class that inherits from a container.
            args = tuple((key, with_elements(v, elements) if key == HELD else v) for key, v in option.args)
            out.append(replaced(option, args=args))
        else:
            out.append(option)
    return union(out)


def _with_pairs(mapping: Mapping, elements: list[Value]) -> Mapping:
    """A mapping after elements were put into it, those of which the key is known under that."""
    items = dict(mapping.items)
    for part in elements:
        if isinstance(part, AtKey) and not ITEMS.passed(len(items) + 1):
            items[part.key] = union([items[part.key], part.value]) if part.key in items else part.value
    kept = [] if isinstance(mapping.element, Unknown) else [mapping.element]
    element = union([*kept, *(part.value if isinstance(part, AtKey) else part for part in elements)])
    # What else may be in it is not known, so that its items are not all that is in it.
    return replaced(mapping, items=tuple(items.items()), key=UNKNOWN, element=element)


def as_key(value: Value) -> Value:
    """A value as a mapping compares it with its keys: a tuple of constants is a constant, too, and a member of an
    enumeration that is known is itself, or what it is equal to."""
    if type(value) is Object and is_key(value):
        given = tuple((name, Const(part.value) if isinstance(part, Const) else part) for name, part in value.args)
        return next((part for name, part in given if name == DATA_OF_MEMBER), replaced(value, args=given))
    if isinstance(value, Sequence) and value.kind == "tuple" and value.items:
        parts = [part.value for part in value.items if isinstance(part, Const)]
        return Const(tuple(parts)) if len(parts) == len(value.items) else value
    return Const(value.value) if isinstance(value, Const) else value


def is_key(value: Value) -> bool:
    """Whether a value is one that other keys can be told from."""
    return type(value) is Const or member_name(value) is not None


def may_be_key(key: Value, asked: Value) -> bool:
    """Whether a constant key may be one that is known in part: ``("a", n)``."""
    if not isinstance(asked, Sequence) or asked.items is None or not isinstance(key, Const):
        return True
    parts = key.value
    return (
        isinstance(parts, tuple)
        and len(parts) == len(asked.items)
        and all(
            not isinstance(known, Const) or known.value == part for known, part in zip(asked.items, parts, strict=True)
        )
    )


def put_at(container: Sequence | Mapping, key: Value, value: Value) -> Value:
    """A container after ``container[key] = value``."""
    if not isinstance(container, Mapping):
        items = container.items
        place = key.value if isinstance(key, Const) else None
        if items is None or not isinstance(place, int) or not -len(items) <= place < len(items):
            return Sequence(container.kind, None, union([container.element, value]))
        place %= len(items)
        items = (*items[:place], value, *items[place + 1 :])
        return Sequence(container.kind, items, union(items))
    key = as_key(key)
    if not is_key(key):
        kept = [] if isinstance(container.element, Unknown) else [container.element]
        return replaced(container, key=UNKNOWN, element=union([*kept, value]))
    complete = is_complete(container)
    pairs = (*((k, v) for k, v in container.items if k != key), (key, value))
    if complete:
        return replaced(container, items=pairs, key=union(k for k, _ in pairs), element=union(v for _, v in pairs))
    return replaced(container, items=pairs, element=union([container.element, value]))


def without_key(mapping: Mapping, key: Value) -> Mapping:
    """A mapping after ``del mapping[key]``."""
    gone = as_key(key)
    if not is_key(gone) or not is_complete(mapping):
        return mapping
    pairs = tuple(pair for pair in mapping.items if pair[0] != gone)
    keys = union(key for key, _ in pairs) if pairs else NO_KEY
    return replaced(mapping, items=pairs, key=keys, element=union(value for _, value in pairs))


def is_complete(mapping: Mapping) -> bool:
    """Whether all that is in a mapping is known by its key."""
    if mapping.items:
        return union(k for k, _ in mapping.items) == mapping.key
    return mapping.key == NO_KEY


def has_nothing(mapping: Mapping) -> bool:
    """Whether a mapping is certainly empty."""
    return not mapping.items and is_complete(mapping)


def together(left: Sequence, right: Sequence) -> Sequence:
    """``left + right``, and ``left | right`` of sets."""
    if left.items is None or right.items is None or ITEMS.passed(len(left.items) + len(right.items)):
        return Sequence(left.kind, None, union([left.element, right.element]))
    items = (*left.items, *right.items)
    return Sequence(left.kind, items, union(items))


def grown(value: Value) -> Value:
    """A container of which others may have changed what is in it."""
    if isinstance(value, Mapping):
        return replaced(value, key=UNKNOWN)
    return Sequence(value.kind, None, value.element) if isinstance(value, Sequence) else value
