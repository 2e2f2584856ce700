"""FIN301 beyond single shapes: through wrappers, aliases, helpers and base classes, and what must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Severity

from .programs import lint, of_code

_HEAD = """
import functools, itertools, operator, threading, types, weakref
from multiprocessing.util import Finalize
def plain(*args, **kwargs): print("gone")
def on_death(thing, callback, *args):
    return weakref.finalize(thing, callback, *args)
class Part:
    def __init__(self, owner=None): self.owner = owner
    def close(self): print("closed")
class Named:
    def __init__(self, owner): self.name = owner.name
    def close(self): print("closed")
class Weakly:
    def __init__(self, owner): self.owner = weakref.ref(owner)
    def close(self): print("closed")

"""


def _method(body: str) -> str:
    lines = "\n".join("        " + line for line in body.split("\n"))
    return (
        "class Base:\n    def of_base(self): print('base')\n"
        "class A(Base):\n    count = 0\n"
        "    def __init__(self, part: Part):\n        self.part = part\n        self.own = Part(self)\n"
        "        self.name = 'a'\n        self.jobs = []\n"
        f"    def register(self, other: 'A'):\n{lines}\n"
        "    def close(self): print('closed')\n"
        "    @staticmethod\n    def static(*args): print('static')\n"
        "    @classmethod\n    def of_class(cls, *args): print('class')\n"
    )


REPORTED = {
    "bound method": "weakref.finalize(self, self.close)",
    "bound method of the base": "weakref.finalize(self, self.of_base)",
    "alias": "me = self\nweakref.finalize(me, self.close)",
    "alias of the method": "close = self.close\nweakref.finalize(self, close)",
    "wrapper": "on_death(self, self.close)",
    "wrapper with an argument": "on_death(self, plain, self)",
    "multiprocessing": "Finalize(self, self.close)",
    "multiprocessing, arguments": "Finalize(self, plain, args=(self,))",
    "lambda": "weakref.finalize(self, lambda: self.close())",
    "closure": "def gone():\n    self.close()\nweakref.finalize(self, gone)",
    "closure two deep": "def gone():\n    def inner():\n        self.close()\n    inner()\nweakref.finalize(self, gone)",
    "default": "weakref.finalize(self, lambda me=self: None)",
    "partial": "weakref.finalize(self, functools.partial(plain, self))",
    "partial of a static method with the object": "weakref.finalize(self, functools.partial(self.static, self))",
    "helper made with the object": "weakref.finalize(self, Part(self).close)",
    "part made with the object": "weakref.finalize(self, self.own.close)",
    "thread": "weakref.finalize(self, threading.Thread(target=self.close).start)",
    "argument in a dictionary": "weakref.finalize(self, plain, {'me': self})",
    "argument after starred ones": "weakref.finalize(self, plain, *[1], self)",
    "list that the object is put in": "weakref.finalize(self, plain, [1, [self]])",
    "conditional": "weakref.finalize(self, self.close if self.name else plain)",
    "method by operator": "weakref.finalize(self, operator.methodcaller('close'), self)",
    "class method with the object": "weakref.finalize(self, self.of_class, self)",
}

SILENT = {
    "static method": "weakref.finalize(self, self.static)",
    "class method": "weakref.finalize(self, self.of_class)",
    "static method by the class": "weakref.finalize(self, A.static, self.name)",
    "function": "weakref.finalize(self, plain, self.name, len(self.jobs))",
    "part": "weakref.finalize(self, self.part.close)",
    "part through a local": "part = self.part\nweakref.finalize(self, lambda: part.close())",
    "part as argument": "weakref.finalize(self, plain, self.part)",
    "another object of the class": "weakref.finalize(self, other.close)",
    "another object watched": "weakref.finalize(other, self.close)",
    "another object, by closure": "weakref.finalize(self, lambda: other.close())",
    "weak reference": "me = weakref.ref(self)\nweakref.finalize(self, lambda: plain(me))",
    "proxy": "me = weakref.proxy(self)\nweakref.finalize(self, lambda: plain(me))",
    "helper that holds weakly": "weakref.finalize(self, Weakly(self).close)",
    "helper that takes what it needs": "weakref.finalize(self, Named(self).close)",
    "its identity": "weakref.finalize(self, plain, id(self))",
    "its dictionary": "weakref.finalize(self, plain, self.__dict__)",
    "its type": "weakref.finalize(self, plain, type(self))",
    "its class": "weakref.finalize(self, plain, self.__class__)",
    "its text": "weakref.finalize(self, plain, str(self), repr(self), f'{self}')",
    "closure over something else": "def gone():\n    plain(name)\nname = self.name\nweakref.finalize(self, gone)",
    "closure that shadows it": "weakref.finalize(self, lambda self=None: plain(self))",
    "sibling closure": "def other_one():\n    return self\ndef gone():\n    plain()\nweakref.finalize(self, gone)",
    "rebound": "me = self\nweakref.finalize(self, lambda: plain(me))\nme = None",
    "comprehension over its parts": "weakref.finalize(self, plain, [job for job in self.jobs])",
    "only the result of a call with it": "weakref.finalize(self, plain, len(self.jobs), hash(self))",
    "wrapper": "on_death(self, self.static, self.name)",
    "kept on the object": "self.fin = weakref.finalize(self, plain)",
    "no finalizer": "threading.Thread(target=self.close)",
}


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    (finding,) = of_code(lint(tmp_path, _HEAD + _method(REPORTED[name])), "FIN3")
    assert (finding.code, finding.severity) == ("FIN301", Severity.ERROR)


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, _HEAD + _method(SILENT[name])), "FIN301") == []


def test_a_wrapper_in_another_module(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        from lifetime import on_death

        class A:
            def register(self):
                on_death(self, self.close)
                on_death(self, print, 1)

            def close(self):
                pass
        """,
        lifetime="import weakref\ndef on_death(thing, callback, *args):\n    weakref.finalize(thing, callback, *args)\n",
    )
    assert [(Path(f.path).name, f.span.line) for f in of_code(report, "FIN301")] == [("program.py", 6)]


REBOUND = {
    "by an assignment": "x = obj\nobj = None\nreturn weakref.ref(x, lambda w: print(obj))",
    "by an assignment before": "other = obj\ndef gone(w): print(other)\nother = None\nreturn weakref.ref(obj, gone)",
    "by a function": "raw = obj\ndef obj(): pass\ndef gone(w): print(obj)\nreturn weakref.ref(raw, gone)",
    "in the same branch": (
        "try:\n    plain()\nexcept TypeError:\n    raw = obj\n    def obj(): pass\n"
        "    def gone(w): print(obj)\n    return weakref.ref(raw, gone)"
    ),
}
KEPT = {
    "not at all": "x = obj\nreturn weakref.ref(x, lambda w: print(obj))",
    "by the same": "x = None\nx = obj\nreturn weakref.ref(obj, lambda w: print(x))",
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [*((b, False) for b in REBOUND.values()), *((b, True) for b in KEPT.values())],
    ids=[*REBOUND, *(f"kept {name}" for name in KEPT)],
)
def test_a_variable_that_a_closure_reads_when_it_runs(body: str, expected: bool, tmp_path: Path) -> None:
    lines = "\n".join("    " + line for line in body.split("\n"))
    program = f"{_HEAD}class X: pass\ndef watch(obj):\n{lines}\nkept = watch(X())\n"
    assert bool(of_code(lint(tmp_path, program), "FIN301")) is expected


@pytest.mark.parametrize("argument", ["self.name", "self._target", "self.daemon"])
def test_data_that_a_class_inherits_from_a_library_is_no_method(argument: str, tmp_path: Path) -> None:
    program = (
        f"{_HEAD}class T(threading.Thread):\n    def register(self): weakref.finalize(self, plain, {argument})\n"
        "    def also(self): weakref.finalize(self, plain, self.start)\n"
    )
    assert [f.span.line for f in of_code(lint(tmp_path, program), "FIN301")] == [program.count("\n")]
