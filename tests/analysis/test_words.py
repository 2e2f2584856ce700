"""Other names of a class, and its subclasses, by the text around its name."""

from __future__ import annotations

import pytest

from finlint.scan.words import NAMES, SUBCLASSES, heirs, holds, other_names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cursor_factory = Cursor\n", ["cursor_factory"]),
        ("factory: type = pkg.Cursor\n", ["factory"]),
        ("def f(self, factory=Cursor, other=None): ...\n", ["factory"]),
        ("x = factory or Cursor\n", ["x"]),
        ("x = Cursor if fast else Other\n", ["x"]),
        ("class Fast(Base, Cursor):\n    pass\n", ["Fast"]),
        ("class Fast(\n    pkg.Cursor,\n    metaclass=M,\n):\n    pass\n", ["Fast"]),
        ("x = Cursor(1)\n", []),
        ("x = CursorBase\n", []),
        ("class Cursor(Base):\n    pass\n", []),
        ("class Other(Base):\n    x: Cursor\n", []),
        ("print(Cursor)\n", []),
    ],
)
def test_other_names(text: str, found: list[str]) -> None:
    assert list(other_names(text.encode(), "Cursor")) == found
    assert holds(text.encode(), "Cursor", NAMES) is bool(found)


def test_heirs_are_the_subclasses_alone() -> None:
    text = "factory = Cursor\nclass Fast(Cursor): ...\n# class Not(Cursor)\nclass Slow(Fast, Cursor): ...\n"
    assert list(heirs(text.encode(), "Cursor")) == ["Fast", "Slow"]
    assert holds(text.encode(), "Cursor", SUBCLASSES)
    assert not holds(b"factory = Cursor\n", "Cursor", SUBCLASSES)


def test_any_bytes_are_searched() -> None:
    assert holds("# caf\xe9\nx = Cursor\n".encode("latin-1"), "Cursor", NAMES)
    assert holds("größe = Größe\n".encode(), "Größe", "")
