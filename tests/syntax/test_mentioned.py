"""Where a text may name a registrar, and which mentions certainly register nothing."""

from __future__ import annotations

import pytest

from finlint.analysis.program.mentions import mentioned_at
from finlint.analysis.program.symbols import ModuleNode
from finlint.model.reads import Reads
from finlint.syntax.lines import Lines
from finlint.syntax.mentioned import mentions
from finlint.syntax.source import SourceFile
from finlint.syntax.texts import TextQuestions
from finlint.syntax.traced import Content, Traced

NAMES = ["finalize", "set_finalizer"]
ATTRIBUTES = ["ref", "proxy", "callbacks"]


def lines(text: str, names: list[str] = NAMES, attributes: list[str] = ATTRIBUTES) -> list[int]:
    return [text.count("\n", 0, start) + 1 for start in mentions(text, names, attributes)]


@pytest.mark.parametrize(
    "statement",
    [
        "weakref.ref(x, f)",
        "weakref.ref(x, callback=f)",
        "weakref.ref(*both)",
        "weakref.ref(self.x(1, 2), f)",
        "weakref.ref(\n    x,\n    f,\n)",
        "weakref.ref(x['a'], f)",
        "make = weakref.ref",
        "partial(weakref.ref, callback=f)",
        "super(weakref.ref, cls).__new__(cls, x, f)",
        "weakref.ref.__new__(cls, x, f)",
        "isinstance(x, type) and weakref.ref(x, f)",
        "finalize(x, f)",
        "x = finalize",
        "weakref.ref[T](x, f)",
    ],
)
def test_what_may_register_counts(statement: str) -> None:
    assert lines(f"import weakref\n{statement}\n") == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "weakref.ref(x)",
        "weakref.ref(x,)",
        "weakref.ref(self.x(1, 2))",
        "weakref.ref(x == y)",
        "weakref.proxy(\n    x\n)",
        "isinstance(x, weakref.ref)",
        "isinstance(x, (int, weakref.ref))",
        "x: weakref.ref[T] = None",
        "self.x: dict[int, weakref.ref[T]] = {}",
        "from weakref import finalize",
        "from weakref import ref, finalize, proxy",
        "# weakref.ref(x, f)",
        "finalize = None",
        "f(finalize=g)",
        "finalize.alive",
        "model.ref(x, f)",
        "weakref.ref()",
        "weakref.proxy( )",
    ],
)
def test_what_registers_nothing_does_not(statement: str) -> None:
    assert lines(f"import weakref\n{statement}\n") == []


def test_an_import_under_another_name_counts() -> None:
    assert lines("from weakref import finalize as on_death\n") == [1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import weakref as w\nw.ref(x, f)\n", [2]),
        ("import weakref\nw = weakref\nw.ref(x, f)\n", [3]),
        ("def f(w=weakref, x=1):\n    w.ref(x, f)\nimport weakref\n", [2]),
        ("from .compat import (\n    a,\n    wr,\n)\nwr.ref(x, f)\n", [5]),
        ("wr.ref(x, f)\n", []),
        ("import weakref\n# It is to go away, in all cases.\nweakref.ref(x, f)\n", [3]),
        ("import weakref\n(weakref\n    .ref(x, f))\n", [3]),
        ("import gc\ngc.callbacks.append(f)\n", [2]),
    ],
)
def test_an_attribute_counts_behind_an_imported_name(text: str, expected: list[int]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("from weakref import ref\n", True),
        ("from weakref import (\n    finalize,\n    ref,\n)\n", True),
        ("from weakref import ref as weak\n", True),
        ("call(\n    ref,\n    other,\n)\n", False),
        ("# we import\nref = 1\n", False),
    ],
)
def test_whether_an_import_may_bind_a_word(text: str, imported: bool) -> None:
    assert bool(TextQuestions(Lines(text)).ask("imports", "ref")) is imported


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mine = self.handler.callbacks\nfor f in mine: f()\n", []),
        ("import gc\nmine = gc.callbacks\nmine.append(f)\n", [2]),
    ],
)
def test_callbacks_are_the_collectors_only_where_it_is_named(text: str, expected: list[int]) -> None:
    module = ModuleNode("m", Traced(Content(SourceFile("m.py", text.encode())), Reads()), False)
    words = frozenset({"callbacks"})
    assert list(mentioned_at(module, words, words)) == expected
