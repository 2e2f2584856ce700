"""``required-version``: which versions of finlint a configuration is for."""

from __future__ import annotations

import re
from typing import Any

from finlint import __version__
from finlint.config.values import Unfit, shown

_CLAUSE = re.compile(r"(==|!=|>=|<=|>|<|~=|)\s*(\d{1,9}(?:\.\d{1,9})*)")


def required_version(value: Any, root: str, version: str = __version__) -> str:
    """The requirement, if ``version`` meets it: clauses such as ``>=0.1`` with commas between; a version alone is
    that one and no other. Raises Unfit."""
    if not isinstance(value, str):
        raise Unfit(f'must be a requirement such as ">=0.1", not {shown(value)}')
    mine = _numbers(version)
    for clause in value.split(","):
        match = _CLAUSE.fullmatch(clause.strip())
        if match is None:
            raise Unfit(f'must be a requirement such as ">=0.1" or ">=0.1,<2", not {shown(value)}')
        if not _meets(mine, match[1], _numbers(match[2])):
            raise Unfit(f"asks for finlint {value}, and this is {version}")
    return value


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a release, without zeros at the end: ``1.0`` and ``1`` are one version."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match is not None else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _meets(mine: tuple[int, ...], operator: str, other: tuple[int, ...]) -> bool:
    if operator == "~=":
        return mine >= other and mine[: max(len(other) - 1, 1)] == other[: max(len(other) - 1, 1)]
    return {
        "": mine == other,
        "==": mine == other,
        "!=": mine != other,
        ">=": mine >= other,
        "<=": mine <= other,
        ">": mine > other,
        "<": mine < other,
    }[operator]
