"""FIN301-FIN305: finalizers that never run."""

from finlint.rules.texts.text import Text

_FINALIZE = "https://docs.python.org/3/library/weakref.html#weakref.finalize"

TEXTS = {
    "FIN301": Text(
        "the callback or its arguments keep the object alive, so that it never runs",
        "The registry of finalizers holds the callback and its arguments. Where these hold the object, the object is "
        "never freed before the interpreter exits, and neither is what it owns.",
        "class Pool:\n    def __init__(self):\n        self.socket = connect()\n"
        "        weakref.finalize(self, self.close)  # a bound method holds self",
        "class Pool:\n    def __init__(self):\n        self.socket = connect()\n"
        "        weakref.finalize(self, Pool._close, self.socket)\n\n"
        "    @staticmethod\n    def _close(socket):\n        socket.close()",
        "Static and class methods, parts that do not refer back (`self.socket.close`), weak references, "
        "`self.__dict__`, `id(self)`, closures that do not use the object, variables rebound before the callback runs.",
        (_FINALIZE, "https://github.com/bluesky/ophyd/pull/865"),
    ),
    "FIN302": Text(
        "the weak reference is dropped at once, so that its callback never runs",
        "A weak reference calls back only if it outlives its object. One that nobody keeps, that a local variable "
        "keeps, or that the object itself keeps (where both are freed in one cycle) is gone before. "
        "`weakref.ref(obj.method, callback)` watches a bound method that dies at once, and a weak reference to the "
        "object among the arguments of `finalize` is dead when the callback runs.",
        "weakref.ref(listener, on_death)",
        "Use `weakref.finalize(listener, on_death)`, which keeps itself, or store the reference elsewhere.",
        "References without a callback; references that are returned, stored elsewhere, or captured by a function; "
        "`weakref.finalize`, whose result may be dropped. A reference kept on its own object does call back where the "
        "object dies by reference count: it is reported because cycles cannot be excluded.",
        ("https://docs.python.org/3/library/weakref.html#weakref.ref",),
    ),
    "FIN303": Text(
        "the callback is a coroutine function, whose body never runs",
        "Calling a coroutine function makes a coroutine. A finalizer cannot await it: the body never starts, and all "
        "there is to see is a RuntimeWarning.",
        "class Client:\n    async def __del__(self):\n        await self.aclose()",
        "Release what needs no loop in a plain function; offer `async with` for the rest.",
        "Coroutines handed to `asyncio.run`, `run_coroutine_threadsafe` or another driver; calls under "
        "`if not asyncio.iscoroutinefunction(...)`.",
        ("https://github.com/chassing/uplink-httpx/issues/4", "https://github.com/centrifugal/pycent/pull/47"),
    ),
    "FIN304": Text(
        "the callback is a generator function, whose body never runs",
        "Calling a generator function makes a generator; its body starts when it is iterated, and nobody does.",
        "def close(parts):\n    for part in parts:\n        yield part.close()\n\n\n"
        "weakref.finalize(pool, close, parts)",
        "Make it a plain function, or register one that consumes it: `lambda: list(close(parts))`.",
        "Generators that the callback consumes itself.",
        (_FINALIZE,),
    ),
    "FIN305": Text(
        "the callback is called at registration and its result registered",
        "`finalize(obj, close())` closes now and registers what `close` returned. The opposite mistake has the same "
        "end: a factory, `functools.partial` itself or a `WeakMethod` as callback gives a callable when it is called, "
        "and nobody calls that one.",
        "weakref.finalize(stream, stream.buffer.close())\nweakref.finalize(stream, weakref.WeakMethod(stream.close))",
        "weakref.finalize(stream, stream.buffer.close)\n",
        "Calls whose result can be called (factories, instances with `__call__`) or is not known.",
        (_FINALIZE, "https://github.com/DiamondLightSource/httomo/pull/265"),
    ),
}
