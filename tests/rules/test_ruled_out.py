"""What looks like a mistake and is none, each beside its twin that is one: FIN3xx and FIN4xx."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_HEAD = "import asyncio, queue, threading, typing, weakref\ndef fn(*a): pass\n"
_X = "class X:\n    def __init__(self):\n        "

#: name -> (program, code, whether it is reported)
PROGRAMS = {
    "a weak set with the object": (f"{_X}weakref.finalize(self, fn, weakref.WeakSet([self]))", "FIN301", False),
    "a set with the object": (f"{_X}weakref.finalize(self, fn, set([self]))  # reported", "FIN301", True),
    "a weak set that it is added to": (
        f"{_X}self.peers = weakref.WeakSet(); self.peers.add(self)\n        weakref.finalize(self, fn, self.peers)",
        "FIN301",
        False,
    ),
    "a list that it is added to": (
        f"{_X}self.peers = []; self.peers.append(self)\n        weakref.finalize(self, fn, self.peers)  # reported",
        "FIN301",
        True,
    ),
    "a local weak dictionary": (
        f"{_X}table = weakref.WeakValueDictionary(); table[1] = self\n        weakref.finalize(self, fn, table)",
        "FIN301",
        False,
    ),
    "a dictionary": (
        f"{_X}self.table = {{}}; self.table[1] = self\n        weakref.finalize(self, fn, self.table)  # reported",
        "FIN301",
        True,
    ),
    "a helper's method as an attribute": (
        "class H:\n    def close(self): pass\n"
        f"{_X}self.helper = H(); self._close = self.helper.close\n        weakref.finalize(self, self._close)",
        "FIN301",
        False,
    ),
    "its own method as an attribute": (
        f"{_X}self._close = self.close\n        weakref.finalize(self, self._close)  # reported\n    def close(self): pass",
        "FIN301",
        True,
    ),
    "the method of a helper that has the object": (
        "class H:\n    def __init__(self, owner): self.owner = owner\n    def close(self): pass\n"
        f"{_X}self._close = H(self).close\n        weakref.finalize(self, self._close)  # reported",
        "FIN301",
        True,
    ),
    "the object and one": (f"{_X}weakref.finalize(self, fn, self and 1)", "FIN301", False),
    "the object or one": (f"{_X}weakref.finalize(self, fn, self or 1)  # reported", "FIN301", True),
    "one and the object": (f"{_X}weakref.finalize(self, fn, 1 and self)  # reported", "FIN301", True),
    "is_running before create_task": (
        "class X:\n    async def aclose(self): pass\n    def __del__(self):\n"
        "        loop = asyncio.get_event_loop()\n        if loop.is_running(): asyncio.create_task(self.aclose())",
        "FIN303",
        False,
    ),
    "return unless it is running": (
        "class X:\n    async def aclose(self): pass\n    def __del__(self):\n"
        "        loop = asyncio.get_event_loop()\n        if not loop.is_running(): return\n"
        "        asyncio.create_task(self.aclose())",
        "FIN303",
        False,
    ),
    "create_task where none is running": (
        "class X:\n    async def aclose(self): pass\n    def __del__(self):\n"
        "        loop = asyncio.get_event_loop()\n        if not loop.is_running(): asyncio.create_task(self.aclose())  # reported",
        "FIN303",
        True,
    ),
    "a raise that the caller has ruled out": (
        "class X:\n    def __init__(self): self.held = None\n    def take(self): self.held = 1\n"
        "    def release(self):\n        if self.held is None: raise RuntimeError('not held')\n        self.held = None\n"
        "    def __del__(self):\n        if self.held is not None: self.release()",
        "FIN402",
        False,
    ),
    "a raise that nobody has ruled out": (
        "class X:\n    def __init__(self): self.held = None\n    def take(self): self.held = 1\n"
        "    def release(self):\n        if self.held is None: raise RuntimeError('not held')  # culprit\n        self.held = None\n"
        "    def __del__(self):\n        self.release()  # reported",
        "FIN402",
        True,
    ),
    "an attribute that the maker sets": (
        "class X:\n    data: bytes\n    def close(self): self.data = b''\n    def __del__(self):\n"
        "        if self.data: self.close()\ndef read(path):\n    x = X()\n    x.data = b'1'\n    return x",
        "FIN401",
        False,
    ),
    "an attribute that only a method sets": (
        "class X:\n    data: bytes\n    def close(self): self.data = b''\n    def __del__(self):\n"
        "        if self.data: self.close()  # reported\ndef read(path):\n    return X()",
        "FIN401",
        True,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_reported_or_not(name: str, tmp_path: Path) -> None:
    program, code, reported = PROGRAMS[name]
    assert bool(of_code(lint(tmp_path, _HEAD + program + "\n"), code)) is reported


def test_what_raises_is_told_with_its_place(tmp_path: Path) -> None:
    program, _, _ = PROGRAMS["a raise that nobody has ruled out"]
    (finding,) = of_code(lint(tmp_path, _HEAD + program + "\n"), "FIN402")
    assert finding.culprit is not None
    assert (finding.span.line, finding.culprit.line) == (10, 7)
