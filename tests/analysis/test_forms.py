"""Forms of Python that the analysis follows, each with a case beside it that must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

HEAD = """\
from __future__ import annotations
import asyncio, contextlib, dataclasses, functools, operator, queue, threading, time, typing, weakref
LOCK = threading.Lock()
class Locked:
    lock = threading.Lock()
    def put(self, *args):
        with self.lock: pass
    def free(self, *args): pass
"""

#: name: (program, expected codes); programs start with HEAD.
FORMS: dict[str, tuple[str, list[str]]] = {
    "cached_property runs when it is read": (
        "class A:\n    @functools.cached_property\n    def x(self): time.sleep(9)\n    def __del__(self): self.x\n",
        ["FIN103"],
    ),
    "cached_property has a value": (
        "class A:\n    @functools.cached_property\n    def x(self): return Locked()\n    def __del__(self): self.x.put()\n",
        ["FIN102"],
    ),
    "a property that is not read": (
        "class A:\n    @property\n    def x(self): time.sleep(9)\n    def __del__(self): pass\n",
        [],
    ),
    "property setter": (
        "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): time.sleep(9)\n"
        "    def __del__(self): self.x = 2\n",
        ["FIN103"],
    ),
    "descriptor": (
        "class D:\n    def __get__(self, obj, owner): time.sleep(9)\nclass A:\n    x = D()\n    def __del__(self): self.x\n",
        ["FIN103"],
    ),
    "descriptor that gives a lock": (
        "class D:\n    def __get__(self, obj, owner): return LOCK\nclass A:\n    x = D()\n"
        "    def __del__(self): self.x.acquire()\n",
        ["FIN102"],
    ),
    "operator +": (
        "class V:\n    def __add__(self, other): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): self.v + 1\n",
        ["FIN103"],
    ),
    "operator += ": (
        "class V:\n    def __iadd__(self, other): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): self.v += 1\n",
        ["FIN103"],
    ),
    "operator ==": (
        "class V:\n    def __eq__(self, other): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): self.v == 1\n",
        ["FIN103"],
    ),
    "operator in": (
        "class V:\n    def __contains__(self, other): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): 1 in self.v\n",
        ["FIN103"],
    ),
    "operator - of a class without it": (
        "class V:\n    def __add__(self, other): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): self.v - 1\n",
        [],
    ),
    "reflected operator": (
        "class V:\n    def __radd__(self, other): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): 1 + self.v\n",
        ["FIN103"],
    ),
    "subscript": (
        "class V:\n    def __getitem__(self, key): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): self.v[0]\n",
        ["FIN103"],
    ),
    "len and bool": (
        "class V:\n    def __len__(self): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self): len(self.v)\n",
        ["FIN103"],
    ),
    "truth of an object": (
        "class V:\n    def __bool__(self): time.sleep(9)\nclass A:\n    def __init__(self): self.v = V()\n"
        "    def __del__(self):\n        if self.v: pass\n",
        ["FIN103"],
    ),
    "iteration": (
        "class V:\n    def __iter__(self): return self\n    def __next__(self): time.sleep(9)\n"
        "class A:\n    def __del__(self):\n        for x in V(): pass\n",
        ["FIN103"],
    ),
    "iteration by a generator method": (
        "class V:\n    def __iter__(self):\n        time.sleep(9)\n        yield 1\n"
        "class A:\n    def __del__(self):\n        for x in V(): pass\n",
        ["FIN103"],
    ),
    "user context manager": (
        "class V:\n    def __enter__(self): return Locked()\n    def __exit__(self, *e): time.sleep(9)\n"
        "class A:\n    def __del__(self):\n        with V() as v: v.put()\n",
        ["FIN102", "FIN103"],
    ),
    "contextlib.contextmanager": (
        "@contextlib.contextmanager\ndef held():\n    with LOCK:\n        yield Locked()\n"
        "class A:\n    def __del__(self):\n        with held() as v: v.free()\n",
        ["FIN102"],
    ),
    "contextlib.contextmanager that is not entered": (
        "@contextlib.contextmanager\ndef held():\n    with LOCK:\n        yield 1\nclass A:\n    def __del__(self): held()\n",
        [],
    ),
    "contextlib.closing": (
        "class V:\n    def close(self): time.sleep(9)\nclass A:\n    def __del__(self):\n"
        "        with contextlib.closing(V()) as v: pass\n",
        ["FIN103"],
    ),
    "contextlib.suppress": (
        "class A:\n    def __del__(self):\n        with contextlib.suppress(Exception): LOCK.acquire()\n",
        ["FIN102"],
    ),
    "dictionary of callables": (
        "def wait(): time.sleep(9)\nTABLE = {'a': wait, 'b': len}\nclass A:\n    def __del__(self): TABLE['a']()\n",
        ["FIN103"],
    ),
    "dictionary of callables, another key": (
        "def wait(): time.sleep(9)\ndef free(): pass\nTABLE = {'a': wait, 'b': free}\n"
        "class A:\n    def __del__(self): TABLE['b']()\n",
        [],
    ),
    "list of callables": (
        "def wait(): time.sleep(9)\nclass A:\n    def __init__(self): self.hooks = [wait]\n"
        "    def __del__(self):\n        for hook in self.hooks: hook()\n",
        ["FIN103"],
    ),
    "callbacks that others append": (
        "def wait(): time.sleep(9)\nclass A:\n    def __init__(self): self.hooks = []\n"
        "    def add(self): self.hooks.append(wait)\n    def __del__(self):\n        for hook in self.hooks: hook()\n",
        ["FIN103"],
    ),
    "callback in an attribute": (
        "class A:\n    def __init__(self): self.hook = functools.partial(time.sleep, 9)\n"
        "    def __del__(self): self.hook()\n",
        ["FIN103"],
    ),
    "retry(fn)": (
        "def retry(fn, times):\n    for _ in range(times):\n        return fn()\n"
        "class A:\n    def close(self): time.sleep(9)\n    def __del__(self): retry(self.close, 3)\n",
        ["FIN103"],
    ),
    "a function that only keeps its callable": (
        "KEPT = []\ndef later(fn): KEPT.append(fn)\n"
        "class A:\n    def close(self): time.sleep(9)\n    def __del__(self): later(self.close)\n",
        [],
    ),
    "a decorator that calls what it wraps": (
        "def safely(fn):\n    @functools.wraps(fn)\n    def inner(*args):\n        try: return fn(*args)\n"
        "        except Exception: pass\n    return inner\n"
        "class A:\n    @safely\n    def __del__(self): time.sleep(9)\n",
        ["FIN103"],
    ),
    "a decorator that takes a lock": (
        "def locked(fn):\n    def inner(*args):\n        with LOCK: return fn(*args)\n    return inner\n"
        "class A:\n    @locked\n    def close(self): pass\n    def __del__(self): self.close()\n",
        ["FIN102"],
    ),
    "a decorator with arguments": (
        "def locked(lock):\n    def wrap(fn):\n        def inner(*args):\n            with lock: return fn(*args)\n"
        "        return inner\n    return wrap\n"
        "class A:\n    @locked(LOCK)\n    def close(self): pass\n    def __del__(self): self.close()\n",
        ["FIN102"],
    ),
    "cast": (
        "class A:\n    def __init__(self, v): self.v = typing.cast(Locked, v)\n    def __del__(self): self.v.put()\n",
        ["FIN102"],
    ),
    "cast to a name in quotes": (
        "class A:\n    def __init__(self, v): self.v = typing.cast('Locked', v)\n    def __del__(self): self.v.put()\n",
        ["FIN102"],
    ),
    "walrus": (
        "class A:\n    def __init__(self): self.v = Locked()\n    def __del__(self):\n        if (v := self.v): v.put()\n",
        ["FIN102"],
    ),
    "Annotated": (
        "class A:\n    v: typing.Annotated[Locked, 'x']\n    def __del__(self): self.v.put()\n",
        ["FIN102"],
    ),
    "typing.Optional": (
        "class A:\n    v: typing.Optional[Locked] = None\n    def __del__(self):\n        if self.v: self.v.put()\n",
        ["FIN102"],
    ),
    "typing.Union": (
        "class A:\n    v: typing.Union[Locked, None]\n    def __del__(self):\n        if self.v: self.v.put()\n",
        ["FIN102"],
    ),
    "typing.ClassVar and typing.Final": (
        "class A:\n    v: typing.ClassVar[Locked]\n    w: typing.Final[Locked]\n"
        "    def __del__(self): self.v.free(); self.w.put()\n",
        ["FIN102"],
    ),
    "typing.Tuple": (
        "class A:\n    v: typing.Tuple[int, Locked]\n    def __del__(self): self.v[1].put()\n",
        ["FIN102"],
    ),
    "object.__getattribute__": (
        "class A:\n    def __init__(self): self.v = Locked()\n"
        "    def __del__(self): object.__getattribute__(self, 'v').put()\n",
        ["FIN102"],
    ),
    "Union and None": (
        "class A:\n    v: Locked | None = None\n    def __del__(self):\n        if self.v is not None: self.v.put()\n",
        ["FIN102"],
    ),
    "dataclass field": (
        "@dataclasses.dataclass\nclass A:\n    v: Locked\n    def __del__(self): self.v.put()\n",
        ["FIN102"],
    ),
    "dataclass field with a factory": (
        "@dataclasses.dataclass\nclass A:\n    v: object = dataclasses.field(default_factory=Locked)\n"
        "    def __del__(self): self.v.put()\n",
        ["FIN102"],
    ),
    "isinstance narrows": (
        "class A:\n    def __init__(self, v): self.v = v\n    def __del__(self):\n"
        "        if isinstance(self.v, Locked): self.v.put()\n",
        ["FIN102"],
    ),
    "isinstance narrows away": (
        "class A:\n    def __init__(self): self.v = Locked() if unknown() else 1\n    def __del__(self):\n"
        "        if not isinstance(self.v, Locked): self.v.put()\n",
        [],
    ),
    "match on a class": (
        "class A:\n    def __init__(self, v): self.v = v\n    def __del__(self):\n"
        "        match self.v:\n            case Locked() as v: v.put()\n",
        ["FIN102"],
    ),
    "with as": (
        "class V:\n    def __enter__(self): return Locked()\n    def __exit__(self, *e): pass\n"
        "class A:\n    def __del__(self):\n        with V() as v: v.put()\n",
        ["FIN102"],
    ),
    "loop variable over a typed list": (
        "class A:\n    vs: list[Locked]\n    def __del__(self):\n        for v in self.vs: v.put()\n",
        ["FIN102"],
    ),
    "loop variables over typed items": (
        "class A:\n    vs: dict[str, Locked]\n    def __del__(self):\n        for k, v in self.vs.items(): v.put()\n",
        ["FIN102"],
    ),
    "loop variable of enumerate and zip": (
        "class A:\n    vs: list[Locked]\n    def __del__(self):\n        for n, (v, w) in enumerate(zip(self.vs, self.vs)): w.put()\n",
        ["FIN102"],
    ),
    "element of a typed mapping": (
        "class A:\n    vs: typing.Mapping[str, Locked]\n    def __del__(self): self.vs['a'].put()\n",
        ["FIN102"],
    ),
    "attribute chain": (
        "class P:\n    def __init__(self): self.q = queue.Queue()\nclass A:\n    def __init__(self): self.p = P()\n"
        "    def __del__(self): self.p.q.get()\n",
        ["FIN101"],
    ),
    "asyncio.run of a coroutine": (
        "async def close(): time.sleep(9)\nclass A:\n    def __del__(self): asyncio.run(close())\n",
        ["FIN103", "FIN108"],
    ),
    "a coroutine that is only made": (
        "async def close(): time.sleep(9)\nclass A:\n    def __del__(self): close()\n",
        [],
    ),
    "a generator that is consumed": (
        "def steps():\n    time.sleep(9)\n    yield 1\nclass A:\n    def __del__(self): list(steps())\n",
        ["FIN103"],
    ),
    "a generator that is stepped": (
        "def steps():\n    time.sleep(9)\n    yield 1\nclass A:\n    def __del__(self): next(steps())\n",
        ["FIN103"],
    ),
    "a generator that is delegated to": (
        "def steps():\n    time.sleep(9)\n    yield 1\ndef outer():\n    yield from steps()\n"
        "class A:\n    def __del__(self):\n        for x in outer(): pass\n",
        ["FIN103"],
    ),
    "a generator expression that is consumed": (
        "class A:\n    vs: list[Locked]\n    def __del__(self): all(v.put() for v in self.vs)\n",
        ["FIN102"],
    ),
    "a generator expression that is not": (
        "class A:\n    vs: list[Locked]\n    def __del__(self): (v.put() for v in self.vs)\n",
        [],
    ),
    "a map that is not consumed": (
        "class A:\n    vs: list[Locked]\n    def __del__(self): map(Locked.put, self.vs)\n",
        [],
    ),
    "close(wait=False)": (
        "class A:\n    def __init__(self): self.t = threading.Thread(target=len)\n"
        "    def close(self, wait=True):\n        if wait: self.t.join()\n    def __del__(self): self.close(wait=False)\n",
        [],
    ),
    "close() with wait=True as default": (
        "class A:\n    def __init__(self): self.t = threading.Thread(target=len)\n"
        "    def close(self, wait=True):\n        if wait: self.t.join()\n    def __del__(self): self.close()\n",
        ["FIN104"],
    ),
    "a constant argument two calls away": (
        "class A:\n    def __init__(self): self.t = threading.Thread(target=len)\n"
        "    def close(self, wait):\n        if not wait: return\n        self.t.join()\n"
        "    def stop(self, wait): self.close(wait)\n    def __del__(self): self.stop(False)\n",
        [],
    ),
    "stop(timeout=None)": (
        "class A:\n    def __init__(self): self.e = threading.Event()\n"
        "    def stop(self, timeout=None):\n        if timeout is not None: self.e.wait(timeout)\n"
        "    def __del__(self): self.stop()\n",
        [],
    ),
    "stop(timeout=5)": (
        "class A:\n    def __init__(self): self.e = threading.Event()\n"
        "    def stop(self, timeout=None):\n        if timeout is not None: self.e.wait(timeout)\n"
        "    def __del__(self): self.stop(timeout=5)\n",
        ["FIN104"],
    ),
    "C3 order of mixins": (
        "class Base:\n    def close(self): time.sleep(9)\nclass Left(Base):\n    def close(self): pass\n"
        "class Right(Base): pass\nclass A(Right, Left):\n    def __del__(self): self.close()\n",
        [],
    ),
    "C3 order of mixins that block": (
        "class Base:\n    def close(self): pass\nclass Left(Base):\n    def close(self): time.sleep(9)\n"
        "class Right(Base): pass\nclass A(Right, Left):\n    def __del__(self): self.close()\n",
        ["FIN103"],
    ),
    "super() goes to the next in the order, not to the base": (
        "class Base:\n    def close(self): pass\nclass Left(Base):\n    def close(self): super().close()\n"
        "class Right(Base):\n    def close(self): time.sleep(9)\n"
        "class A(Left, Right):\n    def __del__(self): self.close()\n",
        ["FIN103"],
    ),
    "super() with arguments": (
        "class Base:\n    def close(self): time.sleep(9)\nclass A(Base):\n    def close(self): pass\n"
        "    def __del__(self): super(A, self).close()\n",
        ["FIN103"],
    ),
    "override in a subclass": (
        "class Base:\n    def close(self): pass\n    def __del__(self): self.close()\n"
        "class Sub(Base):\n    def close(self): time.sleep(9)\n",
        ["FIN103"],
    ),
    "override in a subclass that does not block": (
        "class Base:\n    def close(self): pass\n    def __del__(self): self.close()\n"
        "class Sub(Base):\n    def close(self): len('')\n",
        [],
    ),
    "conditional definitions: both": (
        "if unknown:\n    def close(): time.sleep(9)\nelse:\n    def close(): pass\nclass A:\n    def __del__(self): close()\n",
        ["FIN103"],
    ),
    "a definition that replaces another": (
        "def close(): time.sleep(9)\ndef close(): pass\nclass A:\n    def __del__(self): close()\n",
        [],
    ),
    "class method and static method": (
        "class A:\n    @classmethod\n    def all(cls): cls.one()\n    @staticmethod\n    def one(): time.sleep(9)\n"
        "    def __del__(self): self.all()\n",
        ["FIN103"],
    ),
    "getattr with a default": (
        "class A:\n    def __init__(self): self.v = Locked()\n"
        "    def __del__(self):\n        v = getattr(self, 'v', None)\n        if v is not None: v.put()\n",
        ["FIN102"],
    ),
    "nothing is known": (
        "class A:\n    def __init__(self, v): self.v = v\n    def __del__(self): self.v.put(); self.v.join(); self.v.get()\n",
        [],
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str, tmp_path: Path) -> None:
    program, expected = FORMS[name]
    if name.startswith("match"):
        program = "\n" + program
    assert sorted(codes(check(tmp_path, {"program": HEAD + program}))) == expected


#: Attributes of libraries that are numbers, strings or truth values: what a condition on them says is not known.
PLAIN_ATTRIBUTES = {
    "a property": ("self.x = open('x')", "self.x.closed"),
    "an attribute": ("self.x = subprocess.Popen('x')", "self.x.returncode"),
    "a string": ("self.x = threading.Thread(target=print)", "self.x.name"),
    "of a module": ("self.x = 1", "logging.raiseExceptions"),
    "imported": ("self.x = 1", "dont_write_bytecode"),
    "of an unknown library": ("self.x = 1", "unheard_of.AVAILABLE"),
    "without a type": ("self.x = 1", "socket.has_ipv6"),
}


@pytest.mark.parametrize("case", PLAIN_ATTRIBUTES)
@pytest.mark.parametrize("negation", ["", "not "])
def test_a_condition_on_a_plain_attribute_is_open(case: str, negation: str, tmp_path: Path) -> None:
    made, test = PLAIN_ATTRIBUTES[case]
    program = (
        "import logging, socket, subprocess, threading, time, unheard_of\nfrom sys import dont_write_bytecode\n"
        f"class A:\n    def __init__(self): {made}\n"
        f"    def __del__(self):\n        if {negation}{test}:\n            time.sleep(1)\n"
    )
    assert codes(check(tmp_path, {"m": program})) == ["FIN103"]


@pytest.mark.parametrize("test", ["threading", "threading.Thread", "time.sleep", "self.x.join"])
def test_what_a_library_defines_is_true(test: str, tmp_path: Path) -> None:
    program = (
        "import threading, time\nclass A:\n    def __init__(self): self.x = threading.Thread(target=print)\n"
        f"    def __del__(self):\n        if not {test}:\n            time.sleep(1)\n"
    )
    assert codes(check(tmp_path, {"m": program})) == []


@pytest.mark.parametrize(
    "annotation",
    ["Optional[Callable[[], None]]", "Callable[[], None] | None", "Any | None", "Optional[Any]", "Callable"],
)
def test_an_annotation_that_says_only_that_it_may_be_none_leaves_it_to_callers(annotation: str, tmp_path: Path) -> None:
    program = (
        "from __future__ import annotations\nimport threading\nfrom typing import Any, Callable, Optional\n"
        f"class A:\n    def __init__(self, on_close: {annotation} = None): self.on_close = on_close\n"
        "    def __del__(self):\n        if self.on_close is not None:\n            self.on_close()\n"
        "def make(thread: threading.Thread) -> A:\n    return A(thread.{})\n"
    )
    assert codes(check(tmp_path / "waits", {"m": program.format("join")})) == ["FIN104"]
    assert codes(check(tmp_path / "goes_on", {"m": program.format("is_alive")})) == []


@pytest.mark.parametrize(
    "init",
    [
        "def __init__(self): self.gone = threading.Event()",
        "def __init__(self, gone: threading.Event): self.gone = gone",
        "def __init__(self):\n            self.begin()\n        def begin(self):\n            self.gone = threading.Event()",
        "gone = threading.Event()",
        "def __init__(self): setattr(self, 'gone', threading.Event())",
    ],
)
def test_attributes_of_a_class_in_a_function(init: str, tmp_path: Path) -> None:
    source = f"""\
import threading
def make(given):
    class Local:
        {init}
        def __del__(self):
            if given:
                self.gone.wait()
    return Local
"""
    assert codes(check(tmp_path, {"a": source})) == ["FIN104"]


LOCAL = """\
import threading, time, weakref
def make(given):
    class Part:
        def __init__(self): self.part = 1
    class Base:
        def __init__(self): self.name = ""
        @staticmethod
        def free(*args): pass
        @classmethod
        def drop(cls): pass
    class Local(Base):
        def __init__(self):
            {init}
        def __del__(self):
            {body}
    return Local
"""


@pytest.mark.parametrize(
    ("init", "body", "expected"),
    [
        ("Base.__init__(self); self.x = open(given)", "self.name", []),
        ("super().__init__(); self.x = open(given)", "self.name", []),
        ("self.inner = Part()", "self.inner", []),
        ("self.x = open(given); super().__init__()", "self.name", ["FIN401"]),
        ("weakref.finalize(self, self.free, 1); weakref.finalize(self, self.drop)", "pass", []),
        ("weakref.finalize(self, self.end)", "pass", []),
        ("weakref.finalize(self, self.__init__)", "pass", ["FIN301"]),
    ],
)
def test_rules_in_a_class_in_a_function(init: str, body: str, expected: list[str], tmp_path: Path) -> None:
    report = check(tmp_path, {"a": LOCAL.format(init=init, body=body)})
    assert [f.code for f in report.findings if f.code >= "FIN3"] == expected


def test_a_harmless_decorator_does_not_hide_an_unset_attribute(tmp_path: Path) -> None:
    source = """\
        import typing, attr
        @{}
        class A:
            def __init__(self, path): self.file = open(path)
            def __del__(self): self.file.close()
        """
    for decorator, expected in (("typing.final", ["FIN401"]), ("attr.s", [])):
        report = check(tmp_path, {"a": source.format(decorator)})
        assert [f.code for f in report.findings if f.code > "FIN3"] == expected


@pytest.mark.parametrize("base", ["weakref.finalize", "weakref.ref"])
def test_a_registrars_subclass_in_another_module(base: str, tmp_path: Path) -> None:
    files = {
        "core": f"import weakref\nclass Kept({base}):\n    pass\n",
        "user": "import time\nfrom core import Kept\ndef slow(*args): time.sleep(9)\ndef keep(o): return Kept(o, slow)\n",
        "other": "class Kept: pass\ndef keep(o): return Kept(o, o)\n",
    }
    report = check(tmp_path, files)
    assert [(f.code, Path(f.path).name) for f in report.findings] == [("FIN103", "user.py")]
    assert report.summary.registrations == 1


def test_a_module_holds_an_instance_of_a_subclass(tmp_path: Path) -> None:
    source = """\
        import threading
        class A:
            def __del__(self): threading.Thread(target=print).start()
        class B(A): pass
        kept = {}()
        """
    for name in ("A", "B"):
        assert "FIN202" in codes(check(tmp_path, {"a": source.format(name)}))
    assert "FIN202" not in codes(check(tmp_path, {"a": source.format("object")}))
