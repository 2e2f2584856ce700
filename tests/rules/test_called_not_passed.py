"""FIN305: the result of a call is registered, or a callback that only gives another callable."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Severity

from .programs import lint, of_code

_HEAD = """
import functools, operator, types, weakref
def close(*args): print("closed")
def text() -> str: return "closed"
def make(n):
    def inner(): print(n)
    return inner
def make_partial(n): return functools.partial(print, n)
def unknown(): return something()
def bare(): return
class Closer:
    def __call__(self): print("closed")
class Plain:
    pass
class Node:
    def __init__(self): self.buffer = []
    def close(self): print("closed")
    def callback(self): return close
    @property
    def closer(self): return close

"""

REPORTED = {
    "function": "def f(o):\n    weakref.finalize(o, close())",
    "function with an argument": "def f(o):\n    weakref.finalize(o, close(1))",
    "method of a part": "def f(o, n: Node):\n    weakref.finalize(o, n.close())",
    "text": "def f(o):\n    weakref.finalize(o, text())",
    "nothing returned": "def f(o):\n    weakref.finalize(o, bare())",
    "a library's function": "def f(o, p):\n    import shutil\n    weakref.finalize(o, shutil.rmtree(p))",
    "a library's method": "def f(o, p):\n    file = open(p)\n    weakref.finalize(o, file.close())",
    "an instance that cannot be called": "def f(o):\n    weakref.finalize(o, Plain())",
    "by keyword": "KEPT = []\ndef f(o):\n    KEPT.append(weakref.ref(o, close()))",
    "weak method": "class A:\n    def f(self):\n        weakref.finalize(self, weakref.WeakMethod(self.close))\n"
    "    def close(self): pass",
    "weak method in an attribute": (
        "class A:\n    def f(self):\n        self.weak = weakref.WeakMethod(self.close)\n"
        "        weakref.finalize(self, self.weak)\n    def close(self): pass"
    ),
    "weak reference": "def f(o, other):\n    weakref.finalize(o, weakref.ref(other))",
    "factory": "def f(o):\n    weakref.finalize(o, make, 1)",
    "factory of partials": "def f(o):\n    weakref.finalize(o, make_partial, 1)",
    "partial itself": "def f(o):\n    weakref.finalize(o, functools.partial, print, 1)",
    "method that gives a callback": "def f(o, n: Node):\n    weakref.finalize(o, n.callback)",
}

SILENT = {
    "function": "def f(o):\n    weakref.finalize(o, close)",
    "factory called": "def f(o):\n    weakref.finalize(o, make(1))",
    "partial called": "def f(o):\n    weakref.finalize(o, functools.partial(print, 1))",
    "instance that can be called": "def f(o):\n    weakref.finalize(o, Closer())",
    "result is not known": "def f(o):\n    weakref.finalize(o, unknown())",
    "function that is not known": "def f(o):\n    weakref.finalize(o, mystery())",
    "a library's function that gives a callable": "def f(o):\n    weakref.finalize(o, operator.attrgetter('x'), o.y)",
    "a library's function of unknown result": "def f(o):\n    weakref.finalize(o, functools.reduce(o.x, o.y))",
    "getattr": "def f(o, n: Node):\n    weakref.finalize(o, getattr(n, 'close'))",
    "property that gives a callback": "def f(o, n: Node):\n    weakref.finalize(o, n.closer)",
    "methodcaller": "def f(o, n: Node):\n    weakref.finalize(o, operator.methodcaller('close'), n)",
    "MethodType": "def f(o, n: Node):\n    weakref.finalize(o, types.MethodType(close, n))",
    "factory used by a lambda": "def f(o):\n    weakref.finalize(o, lambda: make(1)())",
    "no callback": "def f(o):\n    weakref.ref(o, None)",
    "finalize as callback": "def f(o, other):\n    weakref.finalize(o, weakref.finalize(other, close))",
    "a function that also does something": (
        "def register():\n    print('registered')\n    return close\ndef f(o):\n    weakref.finalize(o, register)"
    ),
}


def _lint(folder: Path, program: str) -> list[tuple[str, Severity]]:
    report = lint(folder, _HEAD + program + "\n")
    return [(f.code, f.severity) for f in of_code(report, "FIN3")]


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    assert _lint(tmp_path, REPORTED[name]) == [("FIN305", Severity.ERROR)]


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert _lint(tmp_path, SILENT[name]) == []
