"""Type expressions as text."""

from __future__ import annotations

import pytest

from finlint.knowledge import types


@pytest.mark.parametrize(
    ("text", "head", "arguments"),
    [
        ("int", "int", []),
        ("list[int]", "list", ["int"]),
        ("dict[str, list[a.B | None]]", "dict", ["str", "list[a.B | None]"]),
        ("tuple[int, ...]", "tuple", ["int", "..."]),
    ],
)
def test_generic(text: str, head: str, arguments: list[str]) -> None:
    assert types.head(text) == head
    assert types.arguments(text) == arguments


def test_members() -> None:
    assert types.members("A | list[B | C] | None") == ["A", "list[B | C]", "None"]
    assert types.members("A") == ["A"]


def test_rename_leaves_variables_arguments_and_builtins_alone() -> None:
    text = "dict[a.b, list[~T]] | arg:x.y | int"
    assert types.rename(text, str.upper) == "dict[A.B, list[~T]] | arg:x.y | int"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~T", "int"),
        ("list[~T] | None", "list[int] | None"),
        ("~U", ""),
        ("~U | None", ""),
        ("~T | ~U", "int"),
        ("dict[~U, ~T]", "dict[typing.Any, int]"),
        ("~T | int", "int"),
    ],
)
def test_substitute(text: str, expected: str) -> None:
    assert types.substitute(text, {"T": "int"}) == expected
