"""FIN302: weak references whose callback is not called as meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Severity

from .programs import lint, of_code

_HEAD = """
import weakref
KEPT = []
TABLE = {}
def gone(*args): print("gone")
class Node:
    def method(self): pass
    @classmethod
    def of_class(cls): pass
    def watch(self, other): return weakref.ref(other, gone)
"""

REPORTED = {
    "dropped": "def f(o):\n    weakref.ref(o, gone)",
    "proxy dropped": "def f(o):\n    weakref.proxy(o, gone)",
    "dropped in a loop": "def f(os):\n    for o in os:\n        weakref.ref(o, gone)",
    "dropped at module level": "NODE = Node()\nweakref.ref(NODE, gone)",
    "local": "def f(o):\n    r = weakref.ref(o, gone)\n    print(r())",
    "local, compared": "def f(o):\n    r = weakref.ref(o, gone)\n    return r is None",
    "local of a method": "class A:\n    def f(self):\n        r = weakref.ref(self, gone)\n        return 1",
    "on the object": "class A:\n    def f(self):\n        self.r = weakref.ref(self, gone)",
    "on the object, called": "class A:\n    def f(self):\n        self.r = weakref.ref(self, gone)\n        self.r()",
    "on the object, closing over it": "class A:\n    def f(self):\n        self.r = weakref.ref(self, lambda _: self)",
    "of a bound method": "def f(o: Node):\n    KEPT.append(weakref.ref(o.method, gone))",
    "finalize of a bound method": "def f(o: Node):\n    weakref.finalize(o.method, gone)",
    "argument that is dead": (
        "def ask(ref):\n    thing = ref()\n    thing.close()\ndef f(o):\n    weakref.finalize(o, ask, weakref.ref(o))"
    ),
}

SILENT = {
    "no callback": "def f(o):\n    weakref.ref(o)",
    "returned": "def f(o):\n    return weakref.ref(o, gone)",
    "returned through a local": "def f(o):\n    r = weakref.ref(o, gone)\n    return r",
    "yielded": "def f(o):\n    r = weakref.ref(o, gone)\n    yield r",
    "kept while suspended": "def f(o):\n    r = weakref.ref(o, gone)\n    yield 1",
    "kept while awaiting": "async def f(o):\n    r = weakref.ref(o, gone)\n    await o",
    "stored in a container": "def f(o):\n    TABLE[id(o)] = weakref.ref(o, gone)",
    "stored through a local": "def f(o):\n    r = weakref.ref(o, gone)\n    TABLE[id(o)] = r",
    "appended": "def f(o):\n    KEPT.append(weakref.ref(o, gone))",
    "on another object": "class A:\n    def f(self, other):\n        self.r = weakref.ref(other, gone)",
    "on the object and in a container": (
        "class A:\n    def f(self):\n        self.r = weakref.ref(self, gone)\n        KEPT.append(self.r)"
    ),
    "on the object and returned": "class A:\n    def f(self):\n        self.r = weakref.ref(self, gone)\n        return self.r",
    "captured": "def f(o):\n    r = weakref.ref(o, gone)\n    return lambda: r()",
    "global": "R = None\ndef f(o):\n    global R\n    R = weakref.ref(o, gone)",
    "passed on": "def f(o, keep):\n    r = weakref.ref(o, gone)\n    keep(r)",
    "an object of the function's own": "def f():\n    o = Node()\n    r = weakref.ref(o, gone)\n    del o",
    "finalize dropped": "def f(o):\n    weakref.finalize(o, gone)",
    "weak method": "def f(o: Node):\n    KEPT.append(weakref.WeakMethod(o.method, gone))",
    "of a function": "def f():\n    KEPT.append(weakref.ref(gone, print))",
    "argument that refers to something else": (
        "def ask(ref):\n    ref()\ndef f(o, other):\n    weakref.finalize(o, ask, weakref.ref(other))"
    ),
    "argument that is a key": (
        "def drop(ref):\n    TABLE.pop(ref, None)\ndef f(o):\n    weakref.finalize(o, drop, weakref.ref(o))"
    ),
    "a class's function of the same name": "def f(o, weakref):\n    weakref.ref(o, gone)",
}


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    (finding,) = of_code(lint(tmp_path, _HEAD + REPORTED[name] + "\n"), "FIN3")
    assert finding.code == "FIN302"
    assert finding.severity is (
        Severity.WARNING if name.removesuffix(", called") == "on the object" else Severity.ERROR
    )


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, _HEAD + SILENT[name] + "\n"), "FIN302") == []


def test_a_wrapper_drops_it(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        _HEAD
        + "def watch(o, callback):\n    weakref.ref(o, callback)\n"
        + "def keep(o, callback):\n    KEPT.append(weakref.ref(o, callback))\n"
        + "def f(o):\n    watch(o, gone)\n    keep(o, gone)\n",
    )
    (finding,) = of_code(report, "FIN3")
    assert finding.code == "FIN302"
    assert "dropped at once in `watch()`" in finding.message
    assert finding.span.line == 16
