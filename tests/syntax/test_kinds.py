"""One table says which kinds of nodes are read: both readers have a method for each, and make the same of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any, get_args

import libcst
import pytest

from finlint.model import ir
from finlint.syntax import lower, lower_ast
from finlint.syntax.kinds import EXPRESSIONS, PATTERNS, STATEMENTS, Kind, methods

#: Source of each kind, all forms of it.
STATEMENTS_TEXT = {
    "assign": "a = b = c\nx.y, (z[0], *rest) = f()",
    "annotated": "a: int = 1\nself.b: 'Queue[int]'",
    "augmented": "a += 1\nself.n @= b",
    "expression": "f()",
    "return": "def f():\n    return\n    return 1",
    "raise": "raise\nraise E(x) from y",
    "delete": "del a, b.c, d[0]\ndel (e, f)",
    "assert": "assert a, b",
    "break": "while a:\n    break",
    "continue": "while a:\n    continue",
    "global": "def f():\n    global a, b\n    a = 1",
    "nonlocal": "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2",
    "import": "import a.b, c as d",
    "import_from": "from .a import b as c, d\nfrom .. import e\nfrom f import *",
    "if": "if a:\n    b\nelif c:\n    d\nelse:\n    e",
    "while": "while a:\n    b\nelse:\n    c",
    "for": "for a, b in c:\n    d\nelse:\n    e\nasync def f():\n    async for x in y:\n        z",
    "with": "with a as b, c:\n    d\nasync def f():\n    async with x as y:\n        z",
    "try": "try:\n    a\nexcept (E, F) as e:\n    b\nexcept:\n    c\nelse:\n    d\nfinally:\n    g",
    "match": "match a, b:\n    case 1 if c:\n        d\n    case _:\n        e",
    "function": "def h(self): pass\n@d(1)\nasync def f(a, /, b: int = 1, *c, e=2, **g) -> 'int':\n    return lambda: a",
    "class": "@d\nclass A(B, metaclass=C):\n    x = 1\n    def f(self): ...",
}
EXPRESSIONS_TEXT = {
    "name": "a\nNone\nTrue",
    "constant": "1\n'a'\nb'c'\n1.5\n...\n2j",
    "number": "1\n0x1f\n1.5",
    "ellipsis": "...",
    "string": "'a'\nb'c'\nx: 'Queue'",
    "concatenated": "'a' 'b'\nb'a' b'b'\n'a' f'{b}'",
    "formatted": "f'{a} {b!r} {c:>{width}} {d=} {e = !s} { f=:>{width}}'",
    "attribute": "a.b.c",
    "call": "f(a, *b, k=c, **d)",
    "lambda": "lambda a, *b, c=1: a",
    "tuple": "(a, *b)\n()",
    "list": "[a, *b]",
    "set": "{a, *b}",
    "dict": "{a: b, **c}",
    "subscript": "a[b]\na[b, c]",
    "slice": "a[b:c]\na[::d, e]",
    "boolean": "a and b or c",
    "unary": "not a\n-a\n+a\n~a\n-1",
    "compare": "a < b <= c\na is not b\na not in b",
    "binary": "a + b * c ** d\na | b & c ^ d << e >> f\na // b % c @ d / e - g",
    "conditional": "a if b else c",
    "await": "async def f():\n    await a",
    "yield": "def f():\n    yield\n    yield a\n    yield from b",
    "walrus": "(a := b)",
    "starred": "def f(*args: *Ts): ...",
    "list_comprehension": "[a for b in c if d if e for f in g]",
    "set_comprehension": "{a for b in c}",
    "generator": "f(a for b in c)\n(a for b in c)",
    "dict_comprehension": "{a: b for c, d in e}",
    "merged_comprehension": "{**a for b in c}",
}
PATTERNS_TEXT = {
    "named": "x\n_\n(1 as y)",
    "value": "1\n'a'\nColor.RED\n-2",
    "singleton": "None\nTrue",
    "sequence": "[a, *b, c]\n(d, _)\n[*_, (e, f)]\n[]",
    "mapping": "{'k': v, 1: [w], **rest}\n{}",
    "instance": "C(a, b=d)\nm.C(1) as e\nC()",
    "alternatives": "1 | 2\n[a] | {'k': a}",
}

#: Node types without a method: nothing is known of their values (``ast``'s names, then LibCST's).
LEFT_OUT = {
    # Parts of others, read by the methods of those.
    "FormattedValue", "MatchStar", "MatchPattern", "Interpolation",
    # A type, no value; an unevaluated alias; template strings.
    "TypeAlias", "TemplateStr", "TemplatedString",
    # Nothing happens, no value of interest.
    "Pass", "Imaginary",
}  # fmt: skip

#: Kinds that ``ast`` reads from a version of Python on.
NEWER = {"starred": (3, 11), "merged_comprehension": (3, 15)}
READERS: tuple[tuple[Any, str, type], ...] = ((lower_ast, "ast", lower_ast._Lowering), (lower, "cst", lower.Lowering))


def matched(texts: str) -> str:
    return "match subject.part:\n" + "".join(f"    case {text}:\n        pass\n" for text in texts.split("\n"))


def called(monkeypatch: pytest.MonkeyPatch, module: Any, table: str, names: tuple[str, ...]) -> set[str]:
    """The node types of ``names`` that the reader comes upon from now on, as they come."""
    seen: set[str] = set()
    methods: dict[str, Any] = getattr(module, table)
    for name in names:
        before = methods[name]

        def noting(*args: Any, name: str = name, before: Any = before) -> Any:
            seen.add(name)
            return before(*args)

        monkeypatch.setitem(methods, name, noting)
    return seen


def cases() -> Iterator[tuple[Kind, str, str]]:
    yield from ((kind, "_STATEMENTS", STATEMENTS_TEXT[kind.name]) for kind in STATEMENTS)
    yield from ((kind, "_EXPRESSIONS", EXPRESSIONS_TEXT[kind.name]) for kind in EXPRESSIONS)
    yield from ((kind, "_PATTERNS", matched(PATTERNS_TEXT[kind.name])) for kind in PATTERNS)


@pytest.mark.parametrize(("kind", "table", "text"), list(cases()), ids=lambda value: getattr(value, "name", ""))
def test_both_readers_make_the_same_of_every_kind(
    kind: Kind, table: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text += "\n"
    if kind.name in NEWER and sys.version_info < NEWER[kind.name]:
        assert lower.lower_slice(text, 1) != (("pass",),)
        return
    seen = [called(monkeypatch, module, table, getattr(kind, side)) for module, side, _ in READERS]
    one, other = lower_ast.lower_slice(text, 1), lower.lower_slice(text, 1)
    assert one == other
    for found, (_, side, _) in zip(seen, READERS, strict=True):
        wanted = set(getattr(kind, side)) - {"TryStar", "LazyImport", "LazyImportFrom"}
        assert found == wanted, f"the text of {kind.name} does not come to its method in {side}"
    # What nothing is made of is the same, too: an emptied method would pass.
    assert any(stmt != ("pass",) for stmt in one)


def test_imports_of_newer_pythons_are_imports() -> None:
    lazy = lower.lower_slice("lazy import a.b as c\nlazy from .d import e\n", 1)
    assert [stmt.names for stmt in lazy] == [(("a.b", "c", True),), (("e", "e"),)]  # type: ignore[union-attr]


def test_what_each_pattern_binds_and_asks() -> None:
    (stmt,) = lower_ast.lower_slice(matched("\n".join(PATTERNS_TEXT.values())), 1)
    bound = [tuple(name for name, _ in case.pattern.binds) for case in stmt.cases]  # type: ignore[union-attr]
    assert bound[:3] == [("x",), (), ("y",)]
    assert bound[9:13] == [("a", "b", "c"), ("d",), ("e", "f"), ()]
    assert bound[13:18] == [("v", "w", "rest"), (), ("a", "d"), ("e",), ()]
    # Each alternative binds the name to something of its own.
    assert bound[18:] == [(), ("a", "a")]
    asks = [case.pattern.test is not None for case in stmt.cases]  # type: ignore[union-attr]
    assert asks == [True] * 9 + [False] * 9 + [True, False]


def test_no_kind_of_either_library_is_forgotten() -> None:
    known = {name for kinds in (STATEMENTS, EXPRESSIONS, PATTERNS) for k in kinds for name in (*k.ast, *k.cst)}
    of_ast = [cls for base in (ast.stmt, ast.expr, ast.pattern) for cls in base.__subclasses__()]
    bases = (libcst.BaseSmallStatement, libcst.BaseCompoundStatement, libcst.BaseExpression, libcst.MatchPattern)
    of_cst = [cls for cls in vars(libcst).values() if isinstance(cls, type) and issubclass(cls, bases)]
    of_cst = [cls for cls in of_cst if not cls.__name__.startswith("Base")]
    assert {cls.__name__ for cls in (*of_ast, *of_cst)} - known - LEFT_OUT == set()


def _named(base: type, suffix: str = "") -> set[str]:
    return {cls.__name__.removesuffix(suffix) for cls in base.__subclasses__()}


def test_the_kinds_of_operators_are_those_of_both_libraries() -> None:
    binary, comparisons = set(get_args(ir.BinaryOp)), set(get_args(ir.CompareOp))
    assert binary == _named(libcst.BaseBinaryOp) == _named(libcst.BaseAugOp, "Assign")
    assert comparisons == _named(libcst.BaseCompOp)
    assert {*get_args(ir.UnaryOp), "Not"} == _named(libcst.BaseUnaryOp)
    assert set(lower_ast._BINARY) == {cls.__name__ for cls in ast.operator.__subclasses__()}
    assert set(lower_ast._BINARY.values()) == binary
    assert set(lower_ast._COMPARISON) == {cls.__name__ for cls in ast.cmpop.__subclasses__()}
    assert set(lower_ast._COMPARISON.values()) == comparisons


def test_a_reader_without_a_method_cannot_be_made() -> None:
    for _, side, reader in READERS:
        with pytest.raises(AttributeError):
            methods(reader, "s_", [*STATEMENTS, Kind("forgotten", ("X",), ("X",))], side)
