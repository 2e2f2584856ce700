"""Every place in which a kind of statement or expression (``finlint.syntax.kinds``) has another expression.

``<e>`` stands where that is. Each text can be executed in a function: ``c`` is true, ``t`` has one item, ``n`` is a
dictionary, ``m`` a context manager, ``f`` a function, ``stop`` raises ``E``, ``x`` is free.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

HEAD = """
import contextlib, sys
from contextlib import suppress as quiet
class E(Exception): pass
def f(*args, **named): return None
def stop(): raise E
c = len(sys.argv) >= 0
t = (1,)
n = {}
m = contextlib.nullcontext()
"""

STATEMENTS = {
    "assign": ["x = <e>", "<e>.y = 1", "n[<e>] = 1", "x, n[<e>] = 1, 2", "x, *n[<e>] = 1, 2"],
    "annotated": ["x: int = <e>", "n[<e>]: int = 1", "n[<e>]: int"],
    "augmented": ["x = 1\nx += <e>", "n[<e>] += 1", "<e>.y += 1"],
    "expression": ["<e>"],
    "return": ["return <e>"],
    "raise": ["raise <e>", "raise E from <e>"],
    "delete": ["del n[<e>]", "del <e>.y"],
    "assert": ["assert <e>", "assert not c, <e>"],
    "if": [
        "if <e>:\n    pass",
        "if c:\n    <e>",
        "if not c:\n    pass\nelse:\n    <e>",
        "if not c:\n    pass\nelif <e>:\n    pass",
    ],
    "while": ["while <e>:\n    break", "while c:\n    <e>\n    break", "while not c:\n    pass\nelse:\n    <e>"],
    "for": [
        "for x in <e>:\n    pass",
        "for n[<e>] in t:\n    pass",
        "for x in t:\n    <e>",
        "for x in t:\n    pass\nelse:\n    <e>",
    ],
    "with": ["with <e>:\n    pass", "with m as n[<e>]:\n    pass", "with m, <e>:\n    pass", "with m:\n    <e>"],
    "try": [
        "try:\n    <e>\nfinally:\n    pass",
        "try:\n    stop()\nexcept E:\n    <e>",
        "try:\n    stop()\nexcept <e>:\n    pass",
        "try:\n    pass\nexcept E:\n    pass\nelse:\n    <e>",
        "try:\n    pass\nfinally:\n    <e>",
    ],
    "match": [
        "match <e>:\n    case _:\n        pass",
        "match c:\n    case x if <e>:\n        pass",
        "match c:\n    case True:\n        <e>",
        "match c:\n    case _:\n        <e>",
    ],
    "function": ["@<e>\ndef g(): pass", "def g(x=<e>): pass", "def g(*, x=<e>): pass"],
    "class": [
        "@<e>\nclass D: pass",
        "class D(<e>): pass",
        "class D(metaclass=<e>): pass",
        "class D:\n    x = <e>",
    ],
}
EXPRESSIONS = {
    "formatted": ["f'{<e>}'", "f'{1:{<e>}}'"],
    "concatenated": ["'a' f'{<e>}'"],
    "attribute": ["<e>.y"],
    "call": ["<e>()", "f(<e>)", "f(*<e>)", "f(k=<e>)", "f(**<e>)"],
    "lambda": ["lambda x=<e>: x", "lambda *, x=<e>: x"],
    "tuple": ["(1, <e>)"],
    "list": ["[1, <e>]"],
    "set": ["{1, <e>}"],
    "dict": ["{<e>: 1}", "{1: <e>}", "{**<e>}"],
    "subscript": ["<e>[0]", "n[<e>]"],
    "slice": ["t[<e>:]", "t[:<e>]", "t[0, ::<e>]"],
    "boolean": ["<e> and c", "c and <e>", "<e> or c", "not c or <e>"],
    "unary": ["-<e>", "not <e>"],
    "compare": ["<e> < 1", "1 < <e>", "1 < 2 < <e>"],
    "binary": ["<e> + 1", "1 + <e>"],
    "conditional": ["<e> if c else 1", "1 if <e> else 2", "1 if not c else <e>"],
    "walrus": ["(x := <e>)"],
    "starred": ["[*<e>]"],
    "list_comprehension": [
        "[<e> for x in t]",
        "[x for x in <e>]",
        "[x for x in t if <e>]",
        "[x for x in t for y in <e>]",
        "[1 for n[<e>] in t]",
    ],
    "set_comprehension": ["{<e> for x in t}", "{x for x in <e>}"],
    "generator": ["(x for x in <e>)", "list(<e> for x in t)"],
    "dict_comprehension": ["{<e>: 1 for x in t}", "{1: <e> for x in t}", "{1: 2 for x in <e>}"],
}
#: A place where only a dotted name may stand: ``<n>``.
NAMED = {
    "value": ["match c:\n    case <n>:\n        pass", "match t:\n    case [<n>]:\n        pass"],
    "mapping": ["match {1: 2}:\n    case {<n>: 2}:\n        pass"],
    "instance": ["match c:\n    case <n>():\n        pass", "match t:\n    case [<n>(y=1)]:\n        pass"],
    "alternatives": ["match c:\n    case 1.5 | <n>:\n        pass"],
    "named": ["match c:\n    case <n> as x:\n        pass"],
    "sequence": ["match t:\n    case [*_, <n>]:\n        pass"],
}
#: The body of these is run later, if at all: nothing of it is a finalizer's.
SUSPENDED = {
    "await": ["await <e>"],
    "yield": ["yield <e>", "yield from <e>"],
}
#: What binds an attribute or an item, ``<t>``: it is given ``<v>`` as it is.
STORES = {
    "assign": ["<t> = <v>", "x = <t> = <v>", "x, <t> = 1, <v>", "(x, [<t>, *_]) = 1, (<v>, 2)"],
    "annotated": ["<t>: object = <v>"],
    "for": ["for <t> in [<v>]:\n    pass", "for <t> in (1, <v>):\n    pass"],
    "with": ["with contextlib.nullcontext(<v>) as <t>:\n    pass"],
}
#: Kinds that have no other expression in them.
WITHOUT = {"break", "continue", "global", "nonlocal", "import", "import_from"} | {
    *("name", "constant", "number", "ellipsis", "string", "singleton"),
    # Nothing before Python 3.15 reads it.
    "merged_comprehension",
}
#: What is always left where ``<l>`` leaves the function: nothing behind it is run.
LEAVING = {
    "if": ["if c:\n    <l>\nelse:\n    <l>", "if c:\n    <l>\nelif n:\n    <l>\nelse:\n    <l>"],
    "while": ["while True:\n    <l>", "while True:\n    f()", "while c:\n    pass\nelse:\n    <l>"],
    "for": ["for x in t:\n    pass\nelse:\n    <l>"],
    "with": ["with m:\n    <l>"],
    "try": [
        "try:\n    f()\n    <l>\nfinally:\n    pass",
        "try:\n    f()\nexcept E:\n    <l>\nelse:\n    <l>",
        "try:\n    f()\n    <l>\nexcept E:\n    <l>",
        "try:\n    f()\nfinally:\n    <l>",
    ],
    "match": ["match c:\n    case 1:\n        <l>\n    case _:\n        <l>", "match c:\n    case x:\n        <l>"],
}
#: What need not be left: what is behind it is run.
PASSING = {
    "if": ["if c:\n    <l>", "if c:\n    <l>\nelif n:\n    <l>"],
    "while": [
        "while c:\n    <l>",
        "while True:\n    if c:\n        break\n    <l>",
        "while n:\n    <l>\nelse:\n    f()",
    ],
    "for": ["for x in t:\n    <l>", "for x in t:\n    break\nelse:\n    <l>"],
    "with": [
        "with contextlib.suppress(E):\n    f()\n    raise E",
        "with quiet(E):\n    f()\n    raise E",
        "with m, quiet(E):\n    f()\n    raise E",
    ],
    "try": ["try:\n    f()\n    raise E\nexcept E:\n    pass", "try:\n    f()\nexcept E:\n    <l>"],
    "match": [
        "match c:\n    case 1:\n        <l>",
        "match c:\n    case x if n:\n        <l>",
        "match c:\n    case 1:\n        <l>\n    case _:\n        f()",
    ],
}


class Place(NamedTuple):
    """``text`` is a block of statements."""

    kind: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.text}".replace("\n", " | ")

    def filled(self, given: str) -> str:
        return self.text.replace("<e>", given).replace("<n>", given)


def places(*tables: dict[str, list[str]]) -> Iterator[Place]:
    for table in tables:
        for kind, texts in table.items():
            yield from (Place(kind, text) for text in texts)
