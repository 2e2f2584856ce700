"""FIN403: finalizers that make their object reachable again."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_HEAD = """
import weakref
FREE = []
TABLE = {}
LAST = None
def keep(thing): FREE.append(thing)
def look(thing): print(thing)
"""


def _program(body: str) -> str:
    lines = "\n".join("        " + line for line in body.split("\n"))
    return f"{_HEAD}\nclass A:\n    all = []\n    def __del__(self):\n{lines}\n    def back(self): FREE.append(self)\n"


REPORTED = {
    "list of the module": _program("FREE.append(self)"),
    "dictionary of the module": _program("TABLE[id(self)] = self"),
    "variable of the module": _program("global LAST\nLAST = self"),
    "list of the class": _program("A.all.append(self)"),
    "in a tuple": _program("FREE.append((1, self))"),
    "by a function": _program("keep(self)"),
    "by a method": _program("self.back()"),
    "an object that stays": _program("BOX.put(self)")
    + "class Box:\n    def put(self, thing): self.thing = thing\nBOX = Box()\n",
    "under a condition": _program("if len(FREE) < 10:\n    FREE.append(self)"),
    "serial finalizer": (
        _HEAD + "from finlint.runtime import set_finalizer\ndef gone(o):\n    FREE.append(o)\n"
        "def f(o):\n    set_finalizer(o, gone)\n"
    ),
}

SILENT = {
    "a part": _program("FREE.append(self.all)"),
    "a number": _program("FREE.append(id(self))"),
    "a local list": _program("mine = []\nmine.append(self)"),
    "a local name": _program("me = self"),
    "a function that only looks": _program("look(self)"),
    "on itself": _program("self.me = self"),
    "on its own part": _program("self.all.append(self)"),
    "removed from a list": _program("FREE.remove(self)"),
    "an object made for it": _program("box = Box()\nbox.put(self)")
    + "class Box:\n    def put(self, thing): self.thing = thing\n",
    "another class": _program("pass") + "class B:\n    def close(self): FREE.append(self)\n",
}


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    assert len(of_code(lint(tmp_path, REPORTED[name]), "FIN403")) == 1


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, SILENT[name]), "FIN403") == []
