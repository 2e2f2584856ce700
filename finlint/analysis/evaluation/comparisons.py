"""What comparisons of values give, where that is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from finlint.analysis.domain.containers import has_nothing, is_complete
from finlint.analysis.domain.values import (
    DATA_OF_MEMBER,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Module,
    Object,
    OneOf,
    Partial,
    Sequence,
    Suspended,
    Value,
    member_name,
)
from finlint.analysis.models.library_types import VERSION
from finlint.analysis.program.statements import last_name, parts_of
from finlint.model import ir
from finlint.syntax.versions import Known, decided

#: Last names of what tells the version of Python.
_OF_VERSIONS = frozenset({"version_info", "hexversion", "version", "python_version", "python_version_tuple"})


def versions(test: ir.Compare, oldest: tuple[int, int], value: Callable[[ir.Expr], Value]) -> bool | None:
    """What ``sys.version_info >= (3, 11)`` gives on every Python that the code runs on; None where it depends on it, or
    on anything else. ``value``: that of an expression."""
    if not any(last_name(part) in _OF_VERSIONS for part in parts_of(test)):
        return None

    def known(part: ir.Expr) -> Known:
        meant = value(part)
        if isinstance(meant, LibObject) and meant.type == VERSION:
            return VERSION
        if isinstance(meant, Lib):
            return meant.name
        if isinstance(meant, Sequence) and meant.items is not None:
            meant = Const(tuple(item.value if isinstance(item, Const) else None for item in meant.items))
        return (meant.value,) if isinstance(meant, Const) and meant.firm else _text_of(part)

    return decided(test, oldest, known)


def _text_of(part: ir.Expr) -> Known:
    """``sys.version``: a text of any value."""
    named = isinstance(part, ir.Attr) and isinstance(part.value, ir.Name) and part.value.id == "sys"
    return (
        f"sys.{part.name}" if named and isinstance(part, ir.Attr) and part.name in ("version", "hexversion") else None
    )


def contains(item: Value, container: Value, written: ir.Expr, as_given: bool) -> bool | None:
    """What ``item in container`` gives, where it is sure. ``written``: the container's expression; what is no tuple,
    and does not stand there itself, may have been changed, unless it is ``as_given``."""
    if isinstance(container, Const) and isinstance(item, Const):
        if not (item.firm and container.firm):
            return None
        try:
            return item.value in container.value  # type: ignore[operator]
        except TypeError:
            return None
    here = written if isinstance(written, (ir.Display, ir.DictDisplay)) else None
    if isinstance(container, Sequence):
        fixed = here is not None or as_given or container.kind in ("tuple", "frozenset")
        return _is_among(item, container.items) if fixed and container.items is not None else None
    if isinstance(container, Mapping):
        all_known = here is not None and len(container.items) == len(here.items)
        if all_known or (as_given and is_complete(container)):
            return _is_among(item, [key for key, _ in container.items])
    return None


def is_empty(container: Value, written: ir.Expr) -> bool:
    """Whether nothing is certainly in a container. ``written``: its expression."""
    here = isinstance(written, (ir.Display, ir.DictDisplay))
    if isinstance(container, Mapping):
        return has_nothing(container)
    return isinstance(container, Sequence) and container.items == () and (here or container.kind == "tuple")


def _is_among(item: Value, items: Iterable[Value]) -> bool | None:
    verdict: bool | None = False
    for other in items:
        if (member := _same_member(item, other)) is not None:
            if member:
                return True
            continue
        one, other = _plain(item), _plain(other)
        if not (isinstance(one, Const) and isinstance(other, Const) and one.firm and other.firm):
            verdict = None
        elif one.value == other.value:
            return True
    return verdict


def compared(left: Value, op: str, right: Value, certain: bool) -> bool | None:
    """What a comparison gives, where it is sure. ``certain``: the left side is a local name, not an attribute."""
    member = _same_member(left, right)
    if member is not None and op in EQUALITIES:
        return member is (op in ("Is", "Equal"))
    if op not in ("Is", "IsNot"):
        left, right = _plain(left), _plain(right)
    if op in ("Is", "IsNot") and isinstance(right, Const) and right.value is None:
        if isinstance(left, Const):
            return (left.value is None) is (op == "Is") if left.firm else None
        options = left.order if isinstance(left, OneOf) else (left,)
        never = certain and all(isinstance(option, _NEVER_NONE) for option in options)
        return op == "IsNot" if never else None
    if isinstance(left, Const) and isinstance(right, Const) and left.firm and right.firm:
        try:
            if op in ("Is", "IsNot"):
                same = type(left.value) is type(right.value) and left.value == right.value
                return same is (op == "Is")
            if op == "Equal":
                return bool(left.value == right.value)
            if op == "NotEqual":
                return bool(left.value != right.value)
            if op == "GreaterThan":
                return bool(left.value > right.value)  # type: ignore[operator]
            if op == "LessThan":
                return bool(left.value < right.value)  # type: ignore[operator]
            if op == "GreaterThanEqual":
                return bool(left.value >= right.value)  # type: ignore[operator]
            if op == "LessThanEqual":
                return bool(left.value <= right.value)  # type: ignore[operator]
        except TypeError:
            return None
    return None


#: What is not None, where it is certain that it is that.
_NEVER_NONE = (Object, LibObject, Function, Bound, Lib, Class, Partial, LibMethod, Sequence, Mapping, Module, Suspended)


EQUALITIES = ("Is", "IsNot", "Equal", "NotEqual")


def _member_name(value: Value) -> str | None:
    """The name of a member of an enumeration, where it is certainly that one."""
    name = member_name(value)
    return str(name.value) if name is not None and name.firm else None


def _same_member(left: Value, right: Value) -> bool | None:
    """Whether two members of an enumeration are the same; None where that is not certain, of other values too."""
    one, other = _member_name(left), _member_name(right)
    if one is None or other is None or not isinstance(left, Object) or not isinstance(right, Object):
        return None
    if left.cls.node is not right.cls.node:
        return None
    # With the same value one is an alias of the other.
    return True if one == other else None if left.args[1] == right.args[1] else False


def _plain(value: Value) -> Value:
    """The value of a member that is equal to it; any other value as it is."""
    name = _member_name(value)
    if name is not None and isinstance(value, Object):
        return next((data for key, data in value.args if key == DATA_OF_MEMBER), value)
    return value
