"""Which conditions the version of Python decides, and which lines are not run on the versions that a project supports.

A condition is worked out on each version from the oldest on; what comes to the same on all of them is decided.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from finlint.model import ir
from finlint.syntax.arms import arms, condition

#: What tells the version, by qualified name.
INFO, HEX, TEXT = "sys.version_info", "sys.hexversion", "sys.version"
_PARTS = ("major", "minor", "micro", "releaselevel", "serial")
_CALLED = {"platform.python_version": ".", "platform.python_version_tuple": ""}
#: Words without which nothing here is of interest.
WORDS = ("version_info", "hexversion", "sys.version", "python_version", "PY2", "PY3")
_FIXED = {"six.PY2": False, "six.PY3": True, "future.utils.PY2": False, "future.utils.PY3": True}
_OPERATORS: dict[str, Callable[[Any, Any], object]] = {
    "LessThan": operator.lt,
    "LessThanEqual": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEqual": operator.ge,
    "Equal": operator.eq,
    "NotEqual": operator.ne,
    "In": lambda a, b: a in b,
    "NotIn": lambda a, b: a not in b,
}
#: How far ahead versions are looked at, and the releases of each.
_AHEAD, _MICRO = 24, (0, 1, 9, 60)

#: A value that stands for the version itself, by ``INFO``, ``HEX`` or ``TEXT``, or a constant in a tuple of one.
Known = str | tuple[object] | None
Version = tuple[int, int, int, str, int]


class _UnclearError(Exception):
    """It does not depend on the version alone."""


def decided(test: ir.Expr, oldest: tuple[int, int], known: Callable[[ir.Expr], Known]) -> bool | None:
    """What a condition comes to on ``oldest`` and all later versions; None where it depends on anything else.

    ``known`` says what a name means: the qualified name of something that tells the version, a constant in a tuple, or
    None.
    """
    answers: set[bool] = set()
    try:
        for version in _versions(oldest):
            answers.add(bool(_value(test, version, known)))
            if len(answers) > 1:
                return None
    except (_UnclearError, TypeError, ValueError, IndexError):
        return None
    return answers.pop()


def _versions(oldest: tuple[int, int]) -> Iterator[Version]:
    major, first = oldest
    for minor in range(first, first + _AHEAD):
        for micro in _MICRO:
            yield (major, minor, micro, "final", 0)


def _value(expr: ir.Expr, version: Version, known: Callable[[ir.Expr], Known]) -> Any:
    if isinstance(expr, ir.Const):
        return expr.value
    if isinstance(expr, ir.Display) and expr.kind in ("tuple", "list", "set"):
        return tuple(_value(item, version, known) for item in expr.items)
    if isinstance(expr, ir.Not):
        return not _value(expr.value, version, known)
    if isinstance(expr, ir.Bool):
        left = _value(expr.left, version, known)
        decides = bool(left) is (expr.op == "or")
        return left if decides else _value(expr.right, version, known)
    if isinstance(expr, ir.Compare):
        return _compared(expr, version, known)
    if isinstance(expr, ir.Subscript):
        return _item(_value(expr.value, version, known), expr.key, version, known)
    if isinstance(expr, ir.Call):
        return _called(expr, version, known)
    if isinstance(expr, ir.Attr) and expr.name in _PARTS and known(expr.value) == INFO:
        return version[_PARTS.index(expr.name)]
    if isinstance(expr, (ir.Name, ir.Attr)):
        return _meant(known(expr), version)
    raise _UnclearError


def _meant(what: Known, version: Version) -> object:
    if isinstance(what, tuple):
        return what[0]
    major, minor, micro = version[:3]
    if what == INFO:
        return version
    if what == HEX:
        return major << 24 | minor << 16 | micro << 8 | 0xF0
    if what == TEXT:
        return f"{major}.{minor}.{micro} (main)"
    if what in _FIXED:
        return _FIXED[what]
    raise _UnclearError


def _compared(expr: ir.Compare, version: Version, known: Callable[[ir.Expr], Known]) -> bool:
    left = _value(expr.left, version, known)
    for op, right_expr in expr.rest:
        right = _value(right_expr, version, known)
        if op not in _OPERATORS:
            raise _UnclearError
        if not _OPERATORS[op](left, right):
            return False
        left = right
    return True


def _item(value: object, key: ir.Expr, version: Version, known: Callable[[ir.Expr], Known]) -> object:
    if not isinstance(value, (tuple, str)):
        raise _UnclearError
    if not isinstance(key, ir.Slice):
        index = _value(key, version, known)
        return value[index]
    if len(key.parts) != 1:
        raise _UnclearError
    # ``[:2]``: of the bounds only those are kept that are given, and nobody leaves out the last one.
    return value[: _value(key.parts[0], version, known)]


def _called(call: ir.Call, version: Version, known: Callable[[ir.Expr], Known]) -> object:
    if isinstance(call.func, ir.Name) and call.func.id == "tuple" and len(call.args) == 1:
        return _value(call.args[0].value, version, known)
    name = known(call.func) if not call.args else None
    if isinstance(name, str) and name in _CALLED:
        parts = tuple(map(str, version[:3]))
        return _CALLED[name].join(parts) if _CALLED[name] else parts
    raise _UnclearError


# -- of a text


def not_run(text: str, oldest: tuple[int, int]) -> tuple[int, ...]:
    """Blocks under an ``if`` that no version from ``oldest`` on runs: the first and last line of each, in a row."""
    if not _names_version(text):
        return ()
    out: list[int] = []
    for arm in arms(text, _names_version):
        if any(_of_text(test, oldest) is (not holds) for test, holds in arm.said):
            out += [arm.first, arm.last]
    return tuple(out)


def _names_version(text: str) -> bool:
    return any(word in text for word in WORDS)


def _of_text(test: str, oldest: tuple[int, int]) -> bool | None:
    expr = condition(test)
    return None if expr is None else decided(expr, oldest, _by_name)


def _by_name(expr: ir.Expr) -> Known:
    """What a name of a text means, as everybody imports it."""
    if isinstance(expr, ir.Name):
        return INFO if expr.id == "version_info" else None
    if isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name):
        return f"{expr.value.id}.{expr.name}"
    return None
