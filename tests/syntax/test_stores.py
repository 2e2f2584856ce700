"""Where a text may store into an attribute: never sure where the index of the parsed function has a store."""

from __future__ import annotations

import itertools

import pytest

from finlint.analysis.program.definitions import FunctionIndex
from finlint.model import ir
from finlint.scan.words import word_starts
from finlint.syntax.lower_ast import lower_slice
from finlint.syntax.stores import may_store

STORES = [
    "self.x = 1",
    "self.x=1",
    "self.x: int = 1",
    "self.x : int",
    "self.x += 1",
    "self.x //= 1",
    "self.x >>= 1",
    "a = self.x = 1",
    "self.x, self.y = 1, 2",
    "self.y, self.x = 1, 2",
    "(self.x, self.y) = 1, 2",
    "[self.y, self.x] = 1, 2",
    "self.y, *self.x = z",
    "(self.x) = 1",
    "(\n    self.y,\n    self.x,\n) = z",
    "(\n    self.y,\n    self.x\n) = z",
    "(\n    self.y,\n    self.x  # last\n) = z",
    "(self.y,\n    self.x) = z",
    "self.x \\\n    = 1",
    "for self.x in y:\n    pass",
    "for self.x, self.y in z:\n    pass",
    "for a, self.x in z:\n    pass",
    "with f() as self.x:\n    pass",
    "with f() as self.x, g():\n    pass",
    "with (f() as self.x, g()):\n    pass",
    "with f() as (self.y, self.x):\n    pass",
    "self.x[k] = 1",
    "self.x[f(\n    k,\n)] = 1",
    "self.x[\n    k\n] = 1",
    "self.x.append(1)",
    "self.x .append(1)",
    "self.x.put_nowait(1)",
    "self.x.update(y)",
    "self.x.enter_context(y)",
    "if y: self.x = 1",
    "try: self.x = 1\nexcept E: pass",
]

READS = [
    "return self.x",
    "with self.x:\n    pass",
    "self.x.acquire()",
    "self.x()",
    "f(self.x)",
    "f(self.x, 1)",
    "if self.x:\n    pass",
    "if self.x == 1:\n    pass",
    "while self.x is None:\n    pass",
    "y = self.x",
    "y = self.x.z",
    "for a in self.x:\n    pass",
    "y = self.x[0]",
    "print(f'{self.x}')",
]


def decides(body: str) -> tuple[bool, bool]:
    """Whether the parsed function stores into ``self.x``, and whether the text may."""
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    source = f"def f(self):\n{indented}"
    (stmt,) = lower_slice(source, 1)
    assert isinstance(stmt, ir.FunctionDef)
    index = FunctionIndex(stmt.function.body)
    starts = word_starts(source, ".x", before=False)
    return ("self", "x") in index.stores, any(may_store(source, start, start + 2) for start in starts)


@pytest.mark.parametrize("body", STORES)
def test_stores_are_seen(body: str) -> None:
    assert decides(body) == (True, True)


@pytest.mark.parametrize("body", READS)
def test_reads_are_told_from_stores(body: str) -> None:
    assert decides(body) == (False, False)


def test_no_store_is_missed_among_others() -> None:
    for first, second in itertools.product(STORES + READS, STORES):
        stored, may = decides(f"{first}\n{second}")
        assert stored
        assert may
