"""The outline of a text without the bodies of functions is that of the whole."""

from __future__ import annotations

import ast
import random
import sys

import pytest

from finlint.syntax.elide import without_bodies
from finlint.syntax.outline import outline_ast


def shortened(text: str) -> str | None:
    """The text without bodies, after a look at its outline; None where the whole has to be parsed."""
    whole = outline_ast(ast.parse(text))
    short = without_bodies(text)
    if short is None:
        return None
    try:
        tree = ast.parse(short)
    except SyntaxError:
        return None
    assert outline_ast(tree) == whole, short
    assert short.count("\n") == text.count("\n")
    return short


def test_what_is_left() -> None:
    text = (
        "import a\n@deco(\n    1)\ndef f(a, b=(1,\n      2)):\n    x = 1\n    def g(): pass\n    return x\n\n# more\n"
        "class C(B):\n    async  def m(self): return 1  # one\n    x = 2\n"
    )
    assert shortened(text) == (
        "import a\n@deco(\n    1)\ndef f(\n\n\n\n): pass\n\n# more\nclass C(B):\n    async  def m(): pass\n    x = 2\n"
    )


BODIES = [
    "return 1",
    "pass;",
    "x = 1; y = 2",
    "x = (1,\n{i}  2)",
    "x = [\n]",
    "x = {\n{o}}",
    "x = 1 + \\\n{i}  2",
    "x = 1 \\\n;",
    '"""Text\ndef no(): pass\n\n# no comment"""',
    "'''\n  # \"\"\" '''; x = 1",
    'r"""\\"""',
    '"""\\""""""',
    '"""a\\\\"""',
    "x = 'def \\\ndef no(): pass'",
    "x = '\"\"\"'  # '''",
    "# '''\n{i}pass\n# less\n{i}# more",
    "pass # a comment \\\n{i}pass",
    "pass\n{o}# less\n{i}pass",
    "if x:\n{i} pass\n{i}else:\n{i}\tpass",
    "if x: pass\n\f\n{i}pass",
    "def g(\n):\n{i} 'x'\n{i}class D:\n{i} def h(): pass",
    "for x in y:\n{i}    with z: pass\n   \n\n{i}    # end\n",
    'f"""{a}\n{{ {b!r:>{c}} {d[\'e\']}"""',
    "f'{a:#x}' '''\n'''",
    "x = 'self', \"elf\", 'if'",
    "match x:\n{i}  case 1: pass\n{i}  case _:\n{i}    pass",
    "y = lambda: 0",
    "try:\n{i}  raise\n{i}except A:\n{i}  pass\n{i}finally:\n{i}  x = '''\n'''",
    "yield \\\n\\\n1",
    "é = 'ü\u2028'",
]
ONE_LINE = ["pass", "x; y", "return [\n{o}]", "x = 1;#", '"""\ndef no(): pass"""']
HEADS = [
    "def {n}():",
    "def {n}(a, *, b=')', c=\"(\") -> 'x':",
    "def {n}(\n{o}    a, # (\n{o}    b=[\n{o}    ],\n{o}) -> dict[\n{o}]:",
    "async def {n} (a):",
    "@deco\n{o}@other(1,\n  2)\n{o}def {n}(self): # '''",
    "@deco('''\ndef no():\n''')\n\n{o}# x\n{o}async\tdef {n}(a=lambda: 1):",
    "def\t{n}():",
    "def {n}(a,\n{i}b):",
]
BLOCKS = [
    "class {n}(Base, metaclass=M):",
    "@deco\n{o}class {n}:\n{i}'''Doc\n\n# text\ndef no(): pass'''",
    "if TYPE_CHECKING:",
    "if x:\n{i}import é; import b.c as d\n{o}else:",
    "try:\n{i}from a import (b,\n c)\n{o}except E:",
    "with a as b, c as (d, e):",
    "for x, y in [\n]:",
    "while f(x):",
    "match x:\n{o} case 1:\n{o}  a = 1\n{o}if y:",
]
PLAIN = [
    "a = b = [\n  1,\n]",
    "x: int",
    "'''é''' ; y = 1",
    "import a, b as c",
    "from . import *",
    "call(lambda: 0,\n 'def x(): pass')",
    "if x: y = 1",
    "class E: z = 1; w = 2",
    "t = '''\ndef no(): pass\n''' ; u = 1",
    "v = \\\n  1",
    "# def no():\n",
    "\n",
]


class Layouts:
    """Programs made of the parts above, the same for the same number."""

    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        self.step = self.random.choice(["    ", "  ", " ", "\t", "        "])
        self.count = 0

    def block(self, outer: str, depth: int) -> str:
        return "".join(self.statement(outer, depth) for _ in range(self.random.randint(1, 4)))

    def statement(self, outer: str, depth: int) -> str:
        inner = outer + self.step
        kind = self.random.random()
        if kind < 0.5:
            if self.random.random() < 0.2:
                return f"{outer}def {self.name()}(): {self.filled(self.random.choice(ONE_LINE), outer, inner)}\n"
            head = self.filled(self.random.choice(HEADS), outer, inner)
            lines = [self.filled(part, outer, inner) for part in self.random.sample(BODIES, self.random.randint(1, 3))]
            gap = self.random.choice(["", "\n", "\n# below\n\n", f"{inner}# still\n"])
            return outer + head + "\n" + "".join(f"{inner}{line}\n" for line in lines) + gap
        if kind < 0.75 and depth < 3:
            return (
                outer + self.filled(self.random.choice(BLOCKS), outer, inner) + "\n" + self.block(inner, depth + 1)
            ) + f"{inner}pass\n"
        return outer + self.filled(self.random.choice(PLAIN), outer, inner) + "\n"

    def filled(self, part: str, outer: str, inner: str) -> str:
        return part.replace("{i}", inner).replace("{o}", outer).replace("{n}", self.name())

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"


def test_made_up_layouts() -> None:
    done = parsed = 0
    for number in range(1500):
        text = Layouts(number).block("", 0)
        if number % 3 == 0:
            text = text.rstrip("\n")
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        parsed += 1
        done += shortened(text) is not None
    assert parsed > 1000
    assert done > parsed * 0.5


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    x = \\\ny = 3\n",
        "def f():\n    g(1,\n2)\nx = 1\n",
        "x = 1\n\\\ndef f(): pass\n",
        "def f():\n    pass\n  \fx = 1\n",
        "async \\\ndef f():\n    pass\n",
    ],
)
def test_odd_layouts_are_right_or_parsed_whole(text: str) -> None:
    shortened(text)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="f-strings may span lines since 3.12")
@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    x = f'{\nx:y#}'\n",
        'def f():\n    x = f"""{d["""\ndef g(): pass\n"""]}"""\n',
        "def f():\n    return f'{d['a']}' + f'{[\nx:=1]}'\n",
        "def f():\n    return f'{  # it's\nx}'\n",
    ],
)
def test_f_strings_that_hold_anything(text: str) -> None:
    assert shortened(text) is None


def test_strings_in_fields_do_not_hide_the_end() -> None:
    assert without_bodies("def f():\n    f'{d['x']}' '''\n'''\n") == "def f(\n\n): pass\n"
