"""FIN402: exceptions that a finalizer raises itself and does not catch."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code


def _program(body: str, rest: str = "") -> str:
    lines = "\n".join("        " + line for line in body.split("\n"))
    more = "\n".join("    " + line for line in rest.split("\n"))
    return (
        "import contextlib, warnings, weakref\n"
        "def check(value):\n    if value:\n        raise ValueError\n"
        f"class A:\n    def start(self):\n        self.open = opened()\n    def __del__(self):\n{lines}\n{more}\n"
    )


REPORTED = {
    "raise": _program("raise RuntimeError('open')"),
    "raise of a class": _program("raise RuntimeError"),
    "under a condition": _program("if self.open:\n    raise RuntimeError"),
    "in a method": _program("self.close()", "def close(self):\n    if not self.open:\n        raise RuntimeError"),
    "two methods away": _program(
        "self.close()",
        "def close(self):\n    self.check()\ndef check(self):\n    if not self.open:\n        raise RuntimeError",
    ),
    "another exception is caught": _program("try:\n    raise ValueError\nexcept KeyError:\n    pass"),
    "raised by a handler": _program("try:\n    self.x\nexcept Exception:\n    raise RuntimeError"),
    "raised in finally": _program("try:\n    pass\nfinally:\n    raise RuntimeError"),
    "abstract, and nobody implements it": _program("self.close()", "def close(self):\n    raise NotImplementedError"),
    "callback": "import weakref\ndef gone():\n    raise RuntimeError\ndef f(o):\n    weakref.finalize(o, gone)\n",
}

SILENT = {
    "caught": _program("try:\n    raise RuntimeError\nexcept Exception:\n    pass"),
    "caught by a bare except": _program("try:\n    raise RuntimeError\nexcept:\n    pass"),
    "caught by name": _program("try:\n    raise RuntimeError\nexcept RuntimeError:\n    pass"),
    "caught by a base class": _program("try:\n    raise KeyError\nexcept LookupError:\n    pass"),
    "caught around the call": _program(
        "try:\n    self.close()\nexcept Exception:\n    pass", "def close(self):\n    raise RuntimeError"
    ),
    "suppressed": _program("with contextlib.suppress(RuntimeError):\n    raise RuntimeError"),
    "raised again": _program("try:\n    self.x\nexcept Exception:\n    raise"),
    "raised again by name": _program("try:\n    self.x\nexcept Exception as error:\n    raise error"),
    "branch that is ruled out": _program("if False:\n    raise RuntimeError"),
    "argument that rules it out": _program(
        "self.close(strict=False)", "def close(self, strict=True):\n    if strict:\n        raise RuntimeError"
    ),
    "a check of arguments": _program("check(self.open)"),
    "a wrong type": _program("self.close(1)", "def close(self, x):\n    if self.open:\n        raise TypeError"),
    "a check of the callback's arguments": (
        "import weakref\ndef gone(key):\n    if key is None:\n        raise ValueError\n"
        "def f(o, key):\n    weakref.finalize(o, gone, key)\n"
    ),
    "a check of something else, further on": _program("settle()")
    + "def settle():\n    state = current()\n    if state < 1:\n        raise RuntimeError\n",
    "another name for what a library raised": _program(
        "self.close()",
        "def close(self):\n    try:\n        self.file.close()\n    except OSError:\n        raise RuntimeError",
    ),
    "only made": _program("error = RuntimeError('open')"),
    "a nested function that is not called": _program("def inner():\n    raise RuntimeError"),
    "a warning": _program("warnings.warn('open', ResourceWarning)"),
    "another method": _program("pass", "def close(self):\n    raise RuntimeError"),
    "abstract, implemented by a subclass": _program(
        "self.close()",
        "def close(self):\n    raise NotImplementedError",
    )
    + "class B(A):\n    def close(self):\n        pass\n",
    "abstract method of something else": _program(
        "self.part.close()", "def __init__(self, part: 'Part'):\n    self.part = part"
    )
    + "class Part:\n    def close(self):\n        raise NotImplementedError\n",
}


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    assert len(of_code(lint(tmp_path, REPORTED[name]), "FIN402")) == 1


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, SILENT[name]), "FIN402") == []
