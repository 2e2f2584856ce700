"""Shapes of callbacks and arguments: what they hold, what keeps them. Each is a program that registers on ``o``.

``SHAPES`` maps a name to the body of ``def register(o):``; the words that it uses stand in ``PRELUDE``. Run as a
script with such programs as arguments, this file executes each and prints what happened as JSON: it is started in
an interpreter of its own, because what a shape retains stays for good.
"""

from __future__ import annotations

import gc
import json
import sys
import textwrap
import warnings
import weakref

PRELUDE = """
import atexit, functools, sys, types, weakref
from functools import partial
from multiprocessing.util import Finalize

LOG = []
KEPT = []


def plain(*args, **kwargs):
    LOG.append("plain")


async def coroutine(*args):
    LOG.append("coroutine")


def generator(*args):
    LOG.append("generator")
    yield


async def async_generator(*args):
    LOG.append("async generator")
    yield


class Part:
    def __init__(self, parent):
        self.parent = parent

    def close(self, *args):
        LOG.append("close")


class WithCall:
    def __init__(self, thing):
        self.thing = thing

    def __call__(self, *args):
        LOG.append("call")


class Base:
    def base_method(self):
        LOG.append("base method")


class Owner(Base):
    # A cycle through a slot: one through the dictionary would make that hold the object.
    __slots__ = ("me",)

    def __init__(self):
        self.buffer = bytearray(3)
        self.items = []
        self.log = LOG
        self.child = None
        self.callback = None

    def method(self, *args):
        LOG.append("method")

    @staticmethod
    def static(*args):
        LOG.append("static")

    @classmethod
    def of_class(cls, *args):
        LOG.append("class")

    @property
    def prop(self):
        return self.method
"""

#: Methods of ``Owner`` that one shape alone needs.
METHODS = {
    "bound method of super": """
        def uses_super(self):
            weakref.finalize(self, super().base_method)
    """,
    "nested function over the class cell": """
        def uses_class_cell(self):
            def callback():
                LOG.append(__class__)
            weakref.finalize(self, callback)
    """,
}

SHAPES: dict[str, str] = {
    # bound methods and functions of the class
    "bound method": "weakref.finalize(o, o.method)",
    "bound method from a property": "weakref.finalize(o, o.prop)",
    "bound method by getattr": "weakref.finalize(o, getattr(o, 'method'))",
    "bound method of super": "o.uses_super()",
    "bound method in an attribute": "o.callback = o.method\nweakref.finalize(o, o.callback)",
    "bound method in an attribute, not registered": "o.callback = o.method\nweakref.finalize(o, plain)",
    "bound method made by hand": "weakref.finalize(o, types.MethodType(plain, o))",
    "static method": "weakref.finalize(o, o.static)",
    "class method": "weakref.finalize(o, o.of_class)",
    # arguments
    "function of the class with the object": "weakref.finalize(o, Owner.method, o)",
    "argument": "weakref.finalize(o, plain, o)",
    "keyword argument": "weakref.finalize(o, plain, x=o)",
    "argument in a list": "weakref.finalize(o, plain, [o])",
    "argument in a dictionary": "weakref.finalize(o, plain, {'owner': o})",
    "argument in nested tuples": "weakref.finalize(o, plain, (1, (2, o)))",
    "argument through an alias": "same = o\nweakref.finalize(o, plain, same)",
    "attribute as argument": "weakref.finalize(o, plain, o.buffer)",
    "attribute that refers back as argument": "o.child = Part(o)\nweakref.finalize(o, plain, o.child)",
    "list that holds the object as argument": "o.items.append(o)\nweakref.finalize(o, plain, o.items)",
    "its dictionary": "weakref.finalize(o, plain, o.__dict__)",
    "its dictionary by vars": "weakref.finalize(o, plain, vars(o))",
    "its identity": "weakref.finalize(o, plain, id(o))",
    "its type": "weakref.finalize(o, plain, type(o))",
    "its text": "weakref.finalize(o, plain, repr(o))",
    "the frame": "weakref.finalize(o, plain, sys._getframe())",
    "an exception with its traceback": """
        try:
            raise ValueError
        except ValueError as error:
            weakref.finalize(o, plain, error)
    """,
    # partials and instances
    "partial of a bound method": "weakref.finalize(o, partial(o.method))",
    "partial with the object": "weakref.finalize(o, partial(plain, o))",
    "partial with an attribute": "weakref.finalize(o, partial(plain, o.buffer))",
    "instance that holds the object": "weakref.finalize(o, WithCall(o))",
    "instance that holds an attribute": "weakref.finalize(o, WithCall(o.buffer))",
    # attributes
    "method of an attribute": "weakref.finalize(o, o.log.append, 'ran')",
    "method of a part that refers back": "o.child = Part(o)\nweakref.finalize(o, o.child.close)",
    "method of a part that refers back weakly": "o.child = Part(weakref.proxy(o))\nweakref.finalize(o, o.child.close)",
    "method of a part": "o.child = Part(None)\nweakref.finalize(o, o.child.close)",
    # closures
    "lambda": "weakref.finalize(o, lambda: o)",
    "lambda over an attribute of the object": "weakref.finalize(o, lambda: LOG.append(o.buffer))",
    "lambda over the attribute alone": "buffer = o.buffer\nweakref.finalize(o, lambda: LOG.append(buffer))",
    "lambda with the object as default": "weakref.finalize(o, lambda o=o: LOG.append(1))",
    "lambda over a weak reference": "ref = weakref.ref(o)\nweakref.finalize(o, lambda: LOG.append(ref()))",
    "nested function": """
        def callback():
            LOG.append(o.buffer)
        weakref.finalize(o, callback)
    """,
    "nested function over something else": """
        number = 1
        def callback():
            LOG.append(number)
        weakref.finalize(o, callback)
    """,
    "nested function beside one over the object": """
        number = 1
        def callback():
            LOG.append(number)
        def other():
            return o
        weakref.finalize(o, callback)
    """,
    "nested function over one over the object": """
        def other():
            return o
        def callback():
            LOG.append(1) if True else other
        weakref.finalize(o, callback)
    """,
    "nested function over a proxy": """
        proxy = weakref.proxy(o)
        def callback():
            try:
                proxy.method()
            except ReferenceError:
                LOG.append("gone")
        weakref.finalize(o, callback)
    """,
    "nested function over the class cell": "o.uses_class_cell()",
    "nested function, the name rebound": """
        def callback():
            LOG.append(o)
        weakref.finalize(o, callback)
        o = None
    """,
    "generator expression over an attribute": "weakref.finalize(o, LOG.append, (x for x in o.items))",
    "generator expression over the object": "weakref.finalize(o, LOG.append, (o for _ in [1]))",
    # what only makes something when it is called
    "coroutine function": "weakref.finalize(o, coroutine)",
    "close of a coroutine made with the object": "made = coroutine(o)\nweakref.finalize(o, made.close)",
    "generator function": "weakref.finalize(o, generator)",
    "asynchronous generator function": "weakref.finalize(o, async_generator)",
    "weak method": "weakref.finalize(o, weakref.WeakMethod(o.method))",
    # where the finalizer is kept does not matter
    "finalizer kept on the object": "o.finalizer = weakref.finalize(o, plain)",
    "finalizer kept on the object, bound": "o.finalizer = weakref.finalize(o, o.method)",
    # weak references
    "reference dropped": "weakref.ref(o, plain)",
    "reference in a local": "r = weakref.ref(o, plain)",
    "reference kept by the module": "KEPT.append(weakref.ref(o, plain))",
    "reference kept by the object": "o.r = weakref.ref(o, plain)",
    "reference kept by a part of the object": "o.child = Part(None)\no.child.r = weakref.ref(o, plain)",
    "reference with a bound method": "KEPT.append(weakref.ref(o, o.method))",
    "reference with a lambda over the object": "KEPT.append(weakref.ref(o, lambda _: o))",
    "reference with a bound method, kept by the object": "o.r = weakref.ref(o, o.method)",
    "reference to a bound method": "KEPT.append(weakref.ref(o.method, plain))",
    "proxy kept": "KEPT.append(weakref.proxy(o, plain))",
    "proxy dropped": "weakref.proxy(o, plain)",
    "weak method kept": "KEPT.append(weakref.WeakMethod(o.method, plain))",
    # other registrars
    "multiprocessing": "Finalize(o, plain)",
    "multiprocessing, bound method": "Finalize(o, o.method)",
    "multiprocessing, the object in args": "Finalize(o, plain, args=(o,))",
    # keeps the object on purpose, and finalizes nothing
    "at exit, bound method": "atexit.register(o.method)",
}


def program(name: str) -> str:
    body, method = (
        textwrap.indent(textwrap.dedent(text).strip(), "    ") for text in (SHAPES[name], METHODS.get(name, ""))
    )
    return f"{PRELUDE}\n{method}\n\n\ndef register(o):\n{body}\n\n\ndef main():\n    o = Owner()\n    register(o)\n    return o\n"


def execute(source: str, cyclic: bool) -> dict[str, bool]:
    """What happens to the object: freed when the last name goes, by the collector, and whether the callback ran
    (``early``: while the object was still there)."""
    names: dict[str, object] = {"__name__": "program"}
    exec(compile(source, "program.py", "exec"), names)
    log: list[object] = names["LOG"]  # type: ignore[assignment]
    owner = names["main"]()  # type: ignore[operator]
    if cyclic:
        owner.me = owner
    early = bool(log)
    watch = weakref.ref(owner)
    del owner
    counted = watch() is None
    gc.collect()
    return {"counted": counted, "collected": watch() is None, "ran": bool(log), "early": early}


def main(paths: list[str]) -> None:
    warnings.simplefilter("ignore")
    gc.disable()
    results = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        results[path] = {"plain": execute(source, False), "cyclic": execute(source, True)}
    print(json.dumps(results), flush=True)
    import os

    # What is retained would run its callbacks now.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
