"""What is known of a value stays known: through containers, class bodies, generators, and by the names of arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

HEAD = """\
import contextlib, io, pathlib, threading, time
LOCK = threading.Lock()
class Worker:
    def __init__(self): self.thread = threading.Thread(target=print)
    def stop(self): self.thread.join()  # culprit
    def look(self): return self.thread.name
"""

CONTAINERS = {
    "[None] * n": "self.all = [None] * n\n        self.all[0] = Worker()",
    "[X()] * n": "self.all = [Worker()] * n",
    "n * [X()]": "self.all = n * [Worker()]",
    "dict(d).values()": "d = {}\n        d[n] = Worker()\n        self.all = dict(d).values()",
    "dict(pairs).values()": "self.all = dict([(n, Worker())]).values()",
    "dict(a=X()).values()": "self.all = dict(a=Worker()).values()",
}


@pytest.mark.parametrize("made", CONTAINERS.values(), ids=CONTAINERS)
def test_what_containers_are_made_of(made: str, tmp_path: Path) -> None:
    program = (
        HEAD
        + f"class A:\n    def __init__(self, n):\n        {made}\n    def __del__(self):\n        for w in self.all:"
    )
    assert codes(
        check(tmp_path, {"found": program + " w.stop()  # reported\n", "silent": program + " w.look()\n"})
    ) == ["FIN104"]


CLASS_STORES = {
    "type(self)": "def __init__(self): type(self)._x = Worker()",
    "self.__class__": "def __init__(self): self.__class__._x = Worker()",
    "cls": "@classmethod\n    def make(cls): cls._x = Worker()",
    "the name": "def __init__(self): A._x = Worker()",
}


@pytest.mark.parametrize("stored", CLASS_STORES.values(), ids=CLASS_STORES)
def test_what_is_stored_on_the_class(stored: str, tmp_path: Path) -> None:
    program = (
        HEAD + f"class A:\n    _x = None\n    {stored}\n    def __del__(self):\n        if self._x is not None: self._x"
    )
    assert codes(check(tmp_path, {"found": program + ".stop()  # reported\n", "silent": program + ".look()\n"})) == [
        "FIN104"
    ]


@pytest.mark.parametrize("count", ["type(self)._n = 1", "A._n += 1", "A._n |= 2"])
def test_a_count_on_the_class_is_no_constant(count: str, tmp_path: Path) -> None:
    program = f"class A:\n    _n = 0\n    def __init__(self): {count}\n    def __del__(self):\n        if self._n: time.sleep(9)  # reported\n"
    silent = program.replace(count, "pass")
    assert codes(check(tmp_path, {"found": HEAD + program, "silent": HEAD + silent})) == ["FIN103"]


def test_a_base_that_is_named_in_the_body_of_a_class(tmp_path: Path) -> None:
    program = """\
    import time
    class Format:
        class Base:
            def __del__(self): self.close()
            def close(self): self._close()
            def _close(self): pass
        class Reader(Base):
            def _close(self): time.sleep(9)  # culprit
        class Other:
            def _close(self): time.sleep(9)  # culprit
    """
    (finding,) = check(tmp_path, {"m": program}).findings
    assert (finding.code, finding.culprit and finding.culprit.line) == ("FIN103", 8)


@pytest.mark.parametrize(
    ("base", "test"),
    [
        ("io.TextIOWrapper", "not self.closed"),
        ("io.TextIOWrapper", "not self.closed and self.writable()"),
        ("threading.Thread", "not self.daemon"),
        ("threading.Thread", "not self.name"),
        ("Exception", "not self.args"),
    ],
)
def test_data_that_a_class_inherits_from_a_library_may_be_false(base: str, test: str, tmp_path: Path) -> None:
    program = HEAD + f"class A({base}):\n    def __del__(self):\n        if {test}: time.sleep(9)  # reported\n"
    assert codes(check(tmp_path, {"m": program})) == ["FIN103"]


def test_methods_that_a_class_inherits_from_a_library_are_true(tmp_path: Path) -> None:
    program = HEAD + "class A(threading.Thread):\n    def __del__(self):\n        if not self.join: time.sleep(9)\n"
    assert codes(check(tmp_path, {"m": program})) == []


def test_a_part_of_a_path_is_a_path(tmp_path: Path) -> None:
    program = HEAD + "class A:\n    def __init__(self): self.d = pathlib.Path()\n"
    found = program + "    def __del__(self): (self.d / 'x').write_text('')  # reported\n"
    silent = program + "    def __del__(self): (self.d / 'x').as_posix()\n"
    assert codes(check(tmp_path, {"found": found, "silent": silent})) == ["FIN106"]


ARGUMENTS = ["kwargs['on_end']", "kwargs.get('on_end')", "kwargs.get('on_end', None)", "kwargs.pop('on_end')"]


@pytest.mark.parametrize("taken", ARGUMENTS)
def test_what_callers_give_by_name(taken: str, tmp_path: Path) -> None:
    program = (
        HEAD + f"class A:\n    def __init__(self, n, **kwargs):\n        self.n, self.end = n, {taken}\n"
        "    def __del__(self):\n        if self.end: self.end()  # reported\ndef slow(): time.sleep(9)  # culprit\ndef quick(): pass\n"
    )
    calls = {"found": "on_end=slow", "other": "on_start=slow", "quick": "on_end=quick"}
    assert codes(check(tmp_path, {n: program + f"a = A(1, {c})\n" for n, c in calls.items()})) == ["FIN103"]


# -- what is left of a generator

MANAGER = """\
@contextlib.contextmanager
def manager():
    with LOCK: worker = Worker()
    try:
        yield worker
    finally:
        worker.{end}()
"""

LEFT = {
    "__exit__": ("self.m = manager(); self.m.__enter__()", "self.m.__exit__(None, None, None)"),
    "enter_context": (
        "self.s = contextlib.ExitStack(); self.w = self.s.enter_context(manager())",
        "self.s.close()",
    ),
}


@pytest.mark.parametrize(("made", "left"), LEFT.values(), ids=LEFT)
def test_a_manager_that_is_left_by_hand(made: str, left: str, tmp_path: Path) -> None:
    """What it does before the ``yield`` is done already: the lock is not taken."""
    program = (
        HEAD
        + MANAGER
        + f"class A:\n    def __init__(self):\n        {made}\n    def __del__(self): {left}  # reported\n"
    )
    files = {"found": program.replace("{end}", "stop"), "silent": program.replace("{end}", "look")}
    assert codes(check(tmp_path, files)) == ["FIN104"]


BODIES = {
    "finally": ("try:\n        while True: yield 1\n    finally:\n        Worker().stop()", ["FIN104"]),
    "GeneratorExit": ("try:\n        yield 1\n    except GeneratorExit:\n        Worker().stop()", ["FIN104"]),
    "in a branch": (
        "if n:\n        try:\n            yield 1\n        finally:\n            Worker().stop()",
        ["FIN104"],
    ),
    "in a with": (
        "with contextlib.nullcontext():\n        try:\n            yield 1\n        finally:\n            Worker().stop()",
        ["FIN104"],
    ),
    "another exception": ("try:\n        yield 1\n    except ValueError:\n        Worker().stop()", []),
    "after the yield": ("yield 1\n    Worker().stop()", []),
    "before the yield": ("Worker().stop()\n    yield 1", []),
    "else": ("try:\n        yield 1\n    except ValueError:\n        pass\n    else:\n        Worker().stop()", []),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_a_generator_that_is_closed(body: str, expected: list[str], tmp_path: Path) -> None:
    program = (
        HEAD + f"def generate(n):\n    {body}\n"
        "class A:\n    def __init__(self): self.g = generate(1)\n    def __del__(self): self.g.close()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == expected


# -- what rules a branch out

RULED_OUT = {
    "unknown and false": "if self.s and not given: time.sleep(9)",
    "false and unknown": "if not given and self.s: time.sleep(9)",
    "unknown or true": "if self.s or given == 'AI21': return\n        time.sleep(9)",
    "text": "if given.startswith('oidc/'): time.sleep(9)",
    "text in lower case": "if given.lower() == 'Oidc': time.sleep(9)",
}
POSSIBLE = {
    "unknown and true": "if self.s and given: time.sleep(9)  # culprit",
    "unknown or false": "if self.s or not given: return\n        time.sleep(9)  # culprit",
    "text": "if given.startswith('AI'): time.sleep(9)  # culprit",
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [*((b, []) for b in RULED_OUT.values()), *((b, ["FIN103"]) for b in POSSIBLE.values())],
    ids=[*RULED_OUT, *POSSIBLE],
)
def test_conditions_on_what_is_given(body: str, expected: list[str], tmp_path: Path) -> None:
    program = (
        HEAD + f"class A:\n    def __init__(self, s): self.s = s\n    def end(self, given):\n        {body}\n"
        "    def __del__(self): self.end('AI21')  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == expected


def test_a_constant_beside_what_is_unknown_decides_nothing(tmp_path: Path) -> None:
    program = (
        HEAD + "def is_new(v):\n    if v:\n        return v > limit()\n    return False\n"
        "class A:\n    def __init__(self, v): self.v = v\n    def __del__(self):\n"
        "        if is_new(self.v): time.sleep(9)  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == ["FIN103"]


def test_a_bare_annotation_is_no_value(tmp_path: Path) -> None:
    program = (
        HEAD + "class Base:\n    mutex: threading.Lock | threading.RLock\n"
        "class A(Base):\n    def __init__(self): self.mutex = threading.{kind}()\n"
        "    def __del__(self):\n        give(self.mutex)\n        with self.mutex: pass  # reported\n"
    )
    files = {"a": program.replace("{kind}", "Lock"), "b": program.replace("{kind}", "RLock")}
    assert codes(check(tmp_path, files)) == ["FIN102", "FIN112"]


@pytest.mark.parametrize(("base", "expected"), [("object", ["FIN103"]), ("vtk.Object", [])])
def test_getattr_does_not_stand_for_what_an_unknown_base_has(base: str, expected: list[str], tmp_path: Path) -> None:
    program = (
        HEAD + f"import vtk\nclass B({base}):\n    def __getattr__(self, name): time.sleep(9)  # culprit\n"
        "class A:\n    def __init__(self): self.b = B()\n    def __del__(self): self.b.ReleaseData()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == expected


def test_what_is_put_into_a_global_container_is_not_the_container(tmp_path: Path) -> None:
    program = (
        HEAD + "import weakref\nALL = None\nclass Thing:\n    def __iter__(self): time.sleep(9)\n"
        "def note(thing: Thing):\n    global ALL\n    if ALL is None: ALL = weakref.WeakSet()\n    ALL.add(thing)\n"
        "class A:\n    def __del__(self): list(ALL)\n"
    )
    assert codes(check(tmp_path, {"m": program})) == []


# -- who gives a value

CHAINS = {
    "itertools.chain": "itertools.chain([], [self.worker])",
    "chain.from_iterable": "itertools.chain.from_iterable([[self.worker]])",
    "islice": "itertools.islice([self.worker], 3)",
}


@pytest.mark.parametrize("iterated", CHAINS.values(), ids=CHAINS)
def test_what_iterators_give(iterated: str, tmp_path: Path) -> None:
    program = (
        HEAD + "import itertools\nclass A:\n    def __init__(self): self.worker = Worker()\n"
        f"    def __del__(self):\n        for w in {iterated}: w.{{end}}()  # reported\n"
    )
    files = {"found": program.replace("{end}", "stop"), "silent": program.replace("{end}", "look")}
    assert codes(check(tmp_path, files)) == ["FIN104"]


def test_an_override_that_a_mixin_gives(tmp_path: Path) -> None:
    program = HEAD + (
        "class Stream:\n    def end(self): raise NotImplementedError\n    def close(self): self.end()\n"
        "class Mixin:\n    def end(self): {does}\n"
        "class Impl(Mixin, Stream): pass\n"
        "class A:\n    def __init__(self, s: Stream): self.s = s\n    def __del__(self): self.s.close()  # reported\n"
    )
    files = {
        "found": program.replace("{does}", "time.sleep(9)  # culprit"),
        "silent": program.replace("{does}", "pass"),
    }
    assert codes(check(tmp_path, files)) == ["FIN103"]


REGISTERED = {
    "by a helper": "def watch(obj, w): weakref.finalize(obj, end, w)\ndef go(): watch(Thing(), Worker())\n",
    "by a constructor": (
        "class A:\n    def __init__(self, w): weakref.finalize(self, end, w)\ndef go(): return A(Worker())\n"
    ),
    "by keyword": "def watch(obj, w): weakref.finalize(obj, end, w=w)\ndef go(): watch(Thing(), Worker())\n",
    "in a partial": (
        "def watch(obj, w): weakref.finalize(obj, functools.partial(end, w))\ndef go(): watch(Thing(), Worker())\n"
    ),
}


@pytest.mark.parametrize("registered", REGISTERED.values(), ids=REGISTERED)
def test_what_callers_give_to_a_callback(registered: str, tmp_path: Path) -> None:
    program = HEAD + "import functools, weakref\nclass Thing: pass\ndef end(w): w.{end}()  # reported\n" + registered
    files = {"found": program.replace("{end}", "stop"), "silent": program.replace("{end}", "look")}
    assert codes(check(tmp_path, files)) == ["FIN104"]


NODE = """\
class Node:
    {kept}
    def __del__(self):
        if self.worker is not None: self.worker.stop()  # reported
class Other: pass
class Pool:
    def __init__(self): self.nodes = {{}}
    def add(self, name): self.nodes[name] = Node()
    def fill(self, other):
        {filled}
    def make(self): return Worker()
"""
KEPT = {"in the body": "worker = None", "in __init__": "def __init__(self): self.worker = None"}
FILLED = {
    "a new one": ("node = Node()\n        node.worker = Worker()", ["FIN104"]),
    "one of a loop": ("for node in self.nodes.values(): node.worker = self.make()", ["FIN104"]),
    "one by its key": ("node = self.nodes[other]\n        node.worker = Worker()", ["FIN104"]),
    "of another class": ("node = Other()\n        node.worker = Worker()", []),
    "another attribute": ("node = Node()\n        node.helper = Worker()", []),
    "compared": ("node = Node()\n        node.worker == Worker()", []),
}


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize(("filled", "expected"), FILLED.values(), ids=FILLED)
def test_an_attribute_that_somebody_else_sets(kept: str, filled: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"m": HEAD + NODE.format(kept=kept, filled=filled)})) == expected


def test_an_attribute_that_another_module_sets(tmp_path: Path) -> None:
    files = {
        "p/__init__": "",
        "p/node": NODE.format(kept="worker = None", filled="pass").partition("class Other")[0],
        "p/pool": HEAD + "from p.node import Node\ndef fill():\n    node = Node()\n    node.worker = Worker()\n",
    }
    assert codes(check(tmp_path, files)) == ["FIN104"]


# -- and what is not known

UNDER_KEYS = {
    "a literal, another key": ("self.all = {'a': Worker()}", "'b'", []),
    "a literal, a store under an unknown key": (
        "self.all = {'a': Worker()}; self.all[n] = Worker()",
        "'b'",
        ["FIN104"],
    ),
    "a literal, updated": ("self.all = {'a': Worker()}; self.all.update({n: Worker()})", "'b'", ["FIN104"]),
    "dict by keywords": ("self.all = dict(a=Worker(), b=Quick())", "'b'", []),
    "dict by keywords, the other": ("self.all = dict(a=Worker(), b=Quick())", "'a'", ["FIN104"]),
    "a copy": ("self.all = dict({'a': Worker(), 'b': Quick()})", "'b'", []),
}


@pytest.mark.parametrize(("made", "key", "expected"), UNDER_KEYS.values(), ids=UNDER_KEYS)
def test_what_stands_under_a_key(made: str, key: str, expected: list[str], tmp_path: Path) -> None:
    program = HEAD + (
        "class Quick:\n    def stop(self): pass\n"
        f"class A:\n    def __init__(self, n):\n        {made}\n    def __del__(self): self.all[{key}].stop()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == expected


def test_the_class_of_another_object_is_another_class(tmp_path: Path) -> None:
    program = HEAD + (
        "class B: pass\nclass A:\n    _n = 0\n    def __init__(self, b: B): type(b)._n = 1\n"
        "    def __del__(self):\n        if self._n: time.sleep(9)\n"
    )
    assert codes(check(tmp_path, {"m": program})) == []


def test_the_left_of_or_is_kept(tmp_path: Path) -> None:
    program = HEAD + (
        "class A:\n    def __init__(self, n): self.w = Worker() if n else None\n"
        "    def __del__(self):\n        w = self.w or True\n        w.stop()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == ["FIN104"]


def test_the_way_to_the_yield_is_behind(tmp_path: Path) -> None:
    program = HEAD + (
        "@contextlib.contextmanager\ndef manager(n):\n    if slow(n):\n        yield 1\n    else:\n        yield 2\n"
        "def slow(n):\n    time.sleep(9)\n    return n\n"
        "class A:\n    def __init__(self):\n        self.m = manager(1); self.m.__enter__()\n"
        "    def __del__(self): self.m.__exit__(None, None, None)\n"
    )
    assert codes(check(tmp_path, {"m": program})) == []
