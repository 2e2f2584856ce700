"""FIN303 and FIN304: callbacks that only make a coroutine or a generator."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_HEAD = """
import asyncio, contextlib, functools, weakref, aiohttp

async def aclose(*args): print("closed")
async def stream(*args):
    yield 1
def parts(*args):
    yield 1
@contextlib.contextmanager
def entered(*args):
    yield 1
def run(function):
    @functools.wraps(function)
    def inner(*args):
        return asyncio.run(function(*args))
    return inner
@run
async def decorated(*args): print("closed")

class Node:
    async def close(self): print("closed")
    def items(self):
        yield self
    def list(self): return list(self.items())

"""

COROUTINES = {
    "function": "def f(o):\n    weakref.finalize(o, aclose)",
    "partial": "def f(o):\n    weakref.finalize(o, functools.partial(aclose, 1))",
    "lambda": "def f(o):\n    weakref.finalize(o, lambda: aclose())",
    "method of another object": "def f(o, n: Node):\n    weakref.finalize(o, n.close)",
    "asynchronous generator": "def f(o):\n    weakref.finalize(o, stream)",
    "reference": "KEPT = []\ndef f(o):\n    KEPT.append(weakref.ref(o, aclose))",
    "async __del__": "class A:\n    async def __del__(self):\n        pass",
    "__del__ by assignment": "class A:\n    async def close(self):\n        pass\n    __del__ = close",
    "made and dropped": "class A:\n    def __del__(self):\n        aclose()",
    "made and dropped in a method": (
        "class A:\n    def __del__(self):\n        self.close()\n    def close(self):\n        aclose()"
    ),
    "method of an attribute": (
        "class A:\n    def __init__(self):\n        self.node = Node()\n    def __del__(self):\n        self.node.close()"
    ),
    "method of the object": "class A:\n    def __del__(self):\n        self.stop()\n    async def stop(self): pass",
    "library": (
        "class A:\n    def __init__(self, session: aiohttp.ClientSession):\n        self.session = session\n"
        "    def __del__(self):\n        self.session.close()"
    ),
    "attribute of a library object": (
        "class A:\n    def __init__(self):\n        self.session: aiohttp.ClientSession\n"
        "    def set(self, session=None):\n        self.session = session or aiohttp.ClientSession()\n"
        "    def __del__(self):\n        if self.session and self.session.connector is not None:\n"
        "            self.session.connector.close()"
    ),
    "task without a loop": "class A:\n    def __del__(self):\n        asyncio.create_task(aclose())",
}

GENERATORS = {
    "function": "def f(o):\n    weakref.finalize(o, parts)",
    "partial": "def f(o):\n    weakref.finalize(o, functools.partial(parts, 1))",
    "lambda": "def f(o):\n    weakref.finalize(o, lambda: parts())",
    "method": "def f(o, n: Node):\n    weakref.finalize(o, n.items)",
    "context manager": "def f(o):\n    weakref.finalize(o, entered)",
    "__del__": "class A:\n    def __del__(self):\n        yield 1",
}

SILENT = {
    "asyncio.run": "def f(o):\n    weakref.finalize(o, asyncio.run, aclose())",
    "lambda that runs it": "def f(o):\n    weakref.finalize(o, lambda: asyncio.run(aclose()))",
    "decorated into a plain function": "def f(o):\n    weakref.finalize(o, decorated)",
    "handed to a loop": (
        "class A:\n    def __init__(self, loop: asyncio.AbstractEventLoop):\n        self.loop = loop\n"
        "    def __del__(self):\n        asyncio.run_coroutine_threadsafe(aclose(), self.loop)"
    ),
    "task where a loop runs": (
        "class A:\n    def __del__(self):\n        loop = asyncio.get_running_loop()\n        loop.create_task(aclose())"
    ),
    "unless it is one": (
        "class A:\n    def __del__(self):\n        if not asyncio.iscoroutinefunction(self.close):\n"
        "            self.close()\n    async def close(self): pass"
    ),
    "returns before it": (
        "class A:\n    def __del__(self, is_async=True):\n        if is_async:\n            return\n"
        "        self.close()\n    async def close(self): pass"
    ),
    "closed and dropped": "class A:\n    def __del__(self):\n        coroutine = aclose()\n        coroutine.close()",
    "consumed": "def f(o):\n    weakref.finalize(o, lambda: list(parts()))",
    "consumed by a method": "def f(o, n: Node):\n    weakref.finalize(o, n.list)",
    "iterated": "class A:\n    def __del__(self):\n        for x in parts():\n            pass",
    "entered": "class A:\n    def __del__(self):\n        with entered():\n            pass",
    "nothing is known": "def f(o, callback):\n    weakref.finalize(o, callback)",
    "an asynchronous method that is not called": "class A:\n    def __del__(self): pass\n    async def close(self): pass",
    "a generator as argument": "def f(o):\n    weakref.finalize(o, print, parts())",
}


def _codes(folder: Path, program: str) -> list[str]:
    return [f.code for f in of_code(lint(folder, _HEAD + program + "\n"), "FIN30")]


@pytest.mark.parametrize("name", COROUTINES)
def test_coroutines(tmp_path: Path, name: str) -> None:
    assert _codes(tmp_path, COROUTINES[name]) == ["FIN303"]


@pytest.mark.parametrize("name", GENERATORS)
def test_generators(tmp_path: Path, name: str) -> None:
    assert _codes(tmp_path, GENERATORS[name]) == ["FIN304"]


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert _codes(tmp_path, SILENT[name]) == []
