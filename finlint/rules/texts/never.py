"""FIN301-FIN305: finalizers that never run."""

from finlint.rules.texts.text import Text

_FINALIZE = "https://docs.python.org/3/library/weakref.html#weakref.finalize"

TEXTS = {
    "FIN301": Text(
        "the callback or its arguments keep the object alive, so that it never runs",
        "The registry of finalizers holds the callback and its arguments. Where these hold the object, the object is "
        "never freed before the interpreter exits, and neither is what it owns.",
        """
import socket
import weakref


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address)
        weakref.finalize(self, self.close)  # a bound method holds self

    def close(self):
        self.socket.close()
""",
        "Pass a function and the parts that it needs, not the object.",
        """
import socket
import weakref


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address)
        weakref.finalize(self, Connection._close, self.socket)

    @staticmethod
    def _close(socket):
        socket.close()
""",
        "Static and class methods, parts that do not refer back (`self.socket.close`), weak references, "
        "`self.__dict__` (it does not hold the object), `id(self)`, closures that do not use the object, variables "
        "rebound before the callback runs. A weak reference that is itself lost is FIN302.",
        (_FINALIZE, "https://github.com/bluesky/ophyd/pull/865", "https://github.com/aai-institute/nnbench/pull/111"),
    ),
    "FIN302": Text(
        "the weak reference is dropped at once, so that its callback never runs",
        "A weak reference calls back only if it outlives its object. One that nobody keeps, or that a local variable "
        "keeps, is gone before. One that is stored on its own object calls back where the object dies by its count, "
        "and never where the collector frees both in one cycle: that is a warning, and an error where the callback "
        "itself makes the cycle. `weakref.ref(obj.method, callback)` watches a bound method that dies at once, and a "
        "weak reference to the object among the arguments of `finalize` is dead when the callback runs.",
        """
import weakref


def on_death(*args):
    print("a listener is gone")


def watch(listener):
    weakref.ref(listener, on_death)
""",
        "Use `weakref.finalize`, which keeps itself, or store the reference elsewhere.",
        """
import weakref


def on_death(*args):
    print("a listener is gone")


def watch(listener):
    weakref.finalize(listener, on_death)
""",
        "References without a callback; references that are returned, stored elsewhere (a part of the object included, "
        "as that may live longer), or captured by a function; `weakref.finalize`, whose result may be dropped.",
        (
            "https://docs.python.org/3/library/weakref.html#weakref.ref",
            "https://github.com/python/cpython/blob/main/InternalDocs/garbage_collector.md",
        ),
    ),
    "FIN303": Text(
        "the callback is a coroutine function, whose body never runs",
        "Calling a coroutine function makes a coroutine. A finalizer cannot await it: the body never starts, and all "
        "there is to see is a RuntimeWarning.",
        """
class Client:
    def __init__(self, transport):
        self.transport = transport

    async def __del__(self):
        await self.transport.aclose()
""",
        "Release what needs no loop in a plain function; offer `async with` for the rest.",
        """
class Client:
    def __init__(self, transport):
        self.transport = transport

    async def __aexit__(self, *exc):
        await self.transport.aclose()

    def __del__(self):
        self.transport.abort()
""",
        "Coroutines handed to `asyncio.run`, `run_coroutine_threadsafe` or another driver; calls under "
        "`if not asyncio.iscoroutinefunction(...)`; functions that a decorator makes plain ones.",
        (
            "https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines",
            "https://github.com/chassing/uplink-httpx/issues/4",
            "https://github.com/centrifugal/pycent/pull/47",
        ),
    ),
    "FIN304": Text(
        "the callback is a generator function, whose body never runs",
        "Calling a generator function makes a generator; its body starts when it is iterated, and nobody does.",
        """
import weakref


def close(parts):
    for part in parts:
        yield part.close()


def watch(pool, parts):
    weakref.finalize(pool, close, parts)
""",
        "Make it a plain function, or register one that consumes it.",
        """
import weakref


def close(parts):
    for part in parts:
        part.close()


def watch(pool, parts):
    weakref.finalize(pool, close, parts)
""",
        "Generators that the callback consumes itself, and generators among its arguments.",
        (_FINALIZE, "https://docs.python.org/3/reference/expressions.html#yield-expressions"),
    ),
    "FIN305": Text(
        "the callback is called at registration and its result registered",
        "`finalize(obj, close())` closes now, and registers what `close` returned. The opposite mistake has the same "
        "end: a factory, `functools.partial` itself or a `WeakMethod` as callback gives a callable when it is called, "
        "and nobody calls that one.",
        """
import weakref


class Stream:
    def __init__(self):
        self.chunks = []

    def open(self, reader):
        weakref.finalize(reader, self.release())

    def release(self):
        self.chunks.clear()
""",
        "Pass the function itself, and its arguments after it.",
        """
import weakref


class Stream:
    def __init__(self):
        self.chunks = []

    def open(self, reader):
        weakref.finalize(reader, self.release)

    def release(self):
        self.chunks.clear()
""",
        "Calls whose result can be called (factories, partials, instances with `__call__`) or is not known.",
        (_FINALIZE, "https://github.com/DiamondLightSource/httomo/pull/265"),
    ),
}
