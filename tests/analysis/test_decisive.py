"""What decides what a function returns, and that nothing else of a call is worked out."""

from __future__ import annotations

import pytest

from finlint.analysis.program.definitions import FunctionIndex, read_by_returns
from finlint.model import ir
from finlint.syntax.lower_ast import lower_slice


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(self, a, b):\n    return self.x\n", {"self"}),
        ("def f(a, b, c):\n    d = b\n    print(a)\n    return d\n", {"b", "d"}),
        ("def f(a, b):\n    if a:\n        return 1\n    return b\n", {"a", "b"}),
        ("def f(a, b):\n    out = []\n    out.append(a)\n    return out\n", {"a", "out"}),
        ("def f(a, b):\n    for x in a:\n        return x\n", {"a", "x"}),
        ("def f(a, b):\n    with a as x:\n        y = x\n    return y\n", {"a", "x", "y"}),
        ("def f(a, b):\n    x = Y()\n    x.lock = a\n    return x\n", {"Y", "a", "x"}),
        ("def f(self, a):\n    return super().g()\n", {"self", "super"}),
        ("def f(a):\n    print(a)\n", set()),
        ("def f(a, b):\n    return lambda: a\n", None),
        ("def f(a, b):\n    def g():\n        return a\n    return g\n", None),
    ],
)
def test_names_that_decide(source: str, names: set[str] | None) -> None:
    (stmt,) = lower_slice(source, 1)
    assert isinstance(stmt, ir.FunctionDef)
    found = read_by_returns(stmt.function, FunctionIndex(stmt.function.body))
    assert found == (None if names is None else frozenset(names))
