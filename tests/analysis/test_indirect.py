"""Where a class is used as a value, and calls of what no name says, told by the text alone."""

from __future__ import annotations

import pytest

from finlint.syntax.indirect import as_values, indirect_calls

VALUES: dict[str, tuple[str, int]] = {
    "an item": ("TABLE = {'a': Pool, 'b': Other}\n", 1),
    "the last item": ("TABLE = [Other, Pool]\n", 1),
    "an item on a line of its own": ("TABLE = (\n    Pool,\n)\n", 1),
    "what is returned": ("def f():\n    return Pool\n", 1),
    "what is returned at the end of the text": ("def f(): return Pool", 1),
    "what a decorator is given": ("@register\nclass Pool:\n    pass\n", 1),
    "a class": ("class Pool:\n    pass\n", 0),
    "a call": ("Pool(1)\n", 0),
    "an attribute": ("Pool.size\n", 0),
    "an import": ("from a import Pool, Other\n", 0),
    "an import in parentheses": ("from a import (\n    Other,\n    Pool,\n)\n", 0),
    "a base": ("class Big(Pool, Other):\n    pass\n", 0),
    "another name": ("Pools, MyPool\n", 0),
}

CALLS: dict[str, tuple[str, list[str]]] = {
    "of an item": ("TABLE[kind](1)\n", ["](1"]),
    "of a result": ("pick(kind)(1)\n", ["pick", ")(1"]),
    "of a variable": ("def f(kind):\n    return kind(1)\n", ["kind"]),
    "of a definition": ("def f(): pass\nclass A: pass\nf()\nA()\n", []),
    "of an import": ("from a import f\nf(1)\n", []),
    "of an import below": ("def g():\n    return f(1)\nfrom a import f\n", []),
    "of Python's own": ("print(len('a'))\n", []),
    "of a method": ("a.close()\n", []),
    "of none": ("if (a): pass\n", []),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    text, found = VALUES[name]
    places = list(as_values(text, "Pool"))
    assert len(places) == found
    assert all(text[at : at + 4] == "Pool" for at in places)


@pytest.mark.parametrize("name", CALLS)
def test_indirect_calls(name: str) -> None:
    text, found = CALLS[name]
    places = list(indirect_calls(text))
    assert [text[at : at + len(part)] for at, part in zip(places, found, strict=True)] == found
