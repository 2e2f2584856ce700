"""What comparisons of values give, where that is certain."""

from __future__ import annotations

from collections.abc import Iterable

from finlint.analysis.domain.values import (
    NO_KEY,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Object,
    Partial,
    Sequence,
    Value,
)
from finlint.analysis.models.library import VERSION
from finlint.model import ir


def versions(left: Value, op: str, right: Value, oldest: tuple[int, int]) -> bool | None:
    """What ``sys.version_info >= (3, 11)`` gives on every Python that the code runs on; None where it depends on it."""
    if not (isinstance(left, LibObject) and left.type == VERSION and isinstance(right, Sequence)):
        return None
    numbers = [item.value for item in right.items or () if isinstance(item, Const) and isinstance(item.value, int)]
    if not numbers or len(numbers) != len(right.items or ()):
        return None
    asked = (*numbers, 0)[:2]
    if op in ("GreaterThanEqual", "GreaterThan") and oldest >= asked and (op == "GreaterThanEqual" or oldest > asked):
        return True
    return False if op == "LessThan" and oldest >= asked else None


def contains(item: Value, container: Value, written: ir.Expr) -> bool | None:
    """What ``item in container`` gives, where it is sure. ``written``: the container's expression; what is no tuple,
    and does not stand there itself, may have been changed."""
    if isinstance(container, Const) and isinstance(item, Const):
        if not (item.firm and container.firm):
            return None
        try:
            return item.value in container.value  # type: ignore[operator]
        except TypeError:
            return None
    here = isinstance(written, (ir.Display, ir.DictDisplay))
    if isinstance(container, Sequence) and container.items is not None and (here or container.kind == "tuple"):
        return _is_among(item, container.items)
    if isinstance(container, Mapping) and here and len(container.items) == len(_items_of(written)):
        return _is_among(item, [key for key, _ in container.items])
    return None


def is_empty(container: Value, written: ir.Expr) -> bool:
    """Whether nothing is certainly in a container. ``written``: its expression."""
    here = isinstance(written, (ir.Display, ir.DictDisplay))
    if isinstance(container, Mapping):
        return container.key == NO_KEY and not container.items
    return isinstance(container, Sequence) and container.items == () and (here or container.kind == "tuple")


def _items_of(written: ir.Expr) -> tuple[object, ...]:
    return written.items if isinstance(written, (ir.Display, ir.DictDisplay)) else ()


def _is_among(item: Value, items: Iterable[Value]) -> bool | None:
    verdict: bool | None = False
    for other in items:
        if not (isinstance(item, Const) and isinstance(other, Const) and item.firm and other.firm):
            verdict = None
        elif item.value == other.value:
            return True
    return verdict


def compared(left: Value, op: str, right: Value, certain: bool) -> bool | None:
    """What a comparison gives, where it is sure. ``certain``: the left side is a local name, not an attribute."""
    if op in ("Is", "IsNot") and isinstance(right, Const) and right.value is None:
        if isinstance(left, Const):
            return (left.value is None) is (op == "Is") if left.firm else None
        if certain and isinstance(left, (Object, LibObject, Function, Bound, Lib, Class, Partial, LibMethod)):
            return op == "IsNot"
        return None
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
