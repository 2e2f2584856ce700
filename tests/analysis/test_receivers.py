"""Receivers that are known from afar: callers that use another name, protocols, abstract bases, module variables."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

CONNECTION = """\
    import threading
    class Connection:
        {factory}
        def __init__(self): self.lock = threading.Lock()
        def cursor(self): return {make}
        def release(self):
            with self.lock: pass  # culprit
    """
CURSOR = """\
    class Cursor:
        def __init__(self, connection): self.connection = connection
        def __del__(self): self.connection.release()  # reported
    """


@pytest.mark.parametrize(
    ("factory", "make"),
    [
        ("cursor_class = Cursor", "self.cursor_class(self)"),
        ("cursor_class: type = Cursor", "self.cursor_class(self)"),
        ("def named(self, cursor_class=Cursor): return cursor_class(self)", "None"),
        ("def named(self, x): self.factory = x or Cursor", "(None or self.factory)(self)"),
        ("def named(self, x):\n            kind = Other if x else Cursor\n            return kind(self)", "None"),
        ("pass", "Cursor(self)"),
    ],
)
def test_a_class_that_is_called_by_another_name(factory: str, make: str, tmp_path: Path) -> None:
    connection = "    from p.cursor import Cursor, Other\n" + CONNECTION.format(factory=factory, make=make)
    other = "    class Other:\n            def __init__(self, c): pass\n"
    report = check(tmp_path, {"p/__init__": "", "p/connection": connection, "p/cursor": CURSOR + other})
    assert codes(report) == ["FIN102"]


def test_a_class_that_nobody_calls_stays_unknown(tmp_path: Path) -> None:
    connection = CONNECTION.format(factory="cursor_class = None", make="self.cursor_class(self)")
    assert codes(check(tmp_path, {"p/__init__": "", "p/connection": connection, "p/cursor": CURSOR})) == []


def test_a_subclass_is_what_callers_make(tmp_path: Path) -> None:
    made = CONNECTION.format(factory="pass", make="Named(self)")
    named = "    from p.cursor import Cursor\n    class Named(Cursor): pass\n"
    files = {"p/__init__": "", "p/connection": named + made, "p/cursor": CURSOR}
    report = check(tmp_path, files)
    assert set(codes(report)) == {"FIN102"}
    assert {f.registration.line for f in report.findings if f.registration} == {3}


def test_the_first_items_of_a_sum_are_arguments(tmp_path: Path) -> None:
    made = CONNECTION.format(factory="pass", make="Cursor(*([self] + list(rest)))").replace(
        "(self)", "(self, *rest)", 2
    )
    files = {"p/__init__": "", "p/connection": "    from p.cursor import Cursor\n" + made, "p/cursor": CURSOR}
    assert codes(check(tmp_path, files)) == ["FIN102"]


PROTOCOL = """\
    import threading
    from typing import Protocol
    class Sink(Protocol):
        def put(self, item) -> None: ...
    class Locked:
        def __init__(self): self.lock = threading.Lock()
        def put(self, item):
            with self.lock: pass  # culprit
    class Free:
        def put(self, item): pass
    class Owner:
        def __init__(self, sink: Sink): self.sink = sink
        def __del__(self): self.sink.put(self)  # reported
    def make(): return Owner({made}())
    """


@pytest.mark.parametrize(("made", "expected"), [("Locked", ["FIN102"]), ("Free", [])])
def test_a_protocol_is_what_callers_pass(made: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"m": PROTOCOL.format(made=made)})) == expected


ABSTRACT = """\
    import abc, threading
    class Allocator(abc.ABC):
        {abstract}
    class Pool(Allocator):
        lock = threading.Lock()
        def free(self, item):
            with self.lock: pass  # culprit
    class Item:
        def __init__(self, allocator: "Allocator"): self.allocator = allocator
        def __del__(self): self.allocator.free(self)  # reported
    """


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("@abc.abstractmethod\n        def free(self, item): ...", ["FIN102"]),
        ("def free(self, item): raise NotImplementedError", ["FIN102"]),
        ("def free(self, item): raise NotImplementedError('free')", ["FIN102"]),
        ("def free(self, item): raise ValueError", []),
        ("def free(self, item): pass", []),
    ],
)
def test_an_abstract_method_is_what_subclasses_do(abstract: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"m": ABSTRACT.format(abstract=abstract)})) == expected


def test_implementations_in_other_modules(tmp_path: Path) -> None:
    base = "import abc\nclass Allocator(abc.ABC):\n    @abc.abstractmethod\n    def free(self): ...\n"
    item = (
        "from p.base import Allocator\nclass Item:\n    def __init__(self, a: Allocator): self.a = a\n"
        "    def __del__(self): self.a.free()  # reported\n"
    )
    pool = (
        "import threading\nfrom p import base\nLOCK = threading.Lock()\nclass Pool(base.Allocator):\n"
        "    def free(self):\n        with LOCK: pass  # culprit\n"
    )
    report = check(tmp_path, {"p/__init__": "", "p/base": base, "p/item": item, "p/pool": pool})
    assert codes(report) == ["FIN102"]


GUARD = """\
    import queue, threading
    LOCK = threading.Lock()
    QUEUE = None
    def start():
        global QUEUE
        with LOCK:  # culprit
            QUEUE = queue.SimpleQueue()
    def later():
        if QUEUE is None:
            start()
        QUEUE.put(1)
    class A:
        def __del__(self):
            {guard}
            later()  # reported
    """


@pytest.mark.parametrize(
    ("guard", "expected"), [("if QUEUE is None: return", []), ("pass", ["FIN102"]), ("if QUEUE: return", ["FIN102"])]
)
def test_what_is_known_of_a_module_variable_holds_in_calls(guard: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"m": GUARD.format(guard=guard)})) == expected


SINGLETON = """\
    import threading
    LOCK = threading.Lock()
    class Monitor:
        _instance = None
        _all = []
        def update(self): LOCK.acquire()  # culprit
        {get}
    class Owner:
        def __init__(self): self.monitor = {made}
        def __del__(self): {reach}.update()  # reported
    """


@pytest.mark.parametrize(
    ("get", "made", "reach", "expected"),
    [
        (
            "@staticmethod\n        def get():\n            Monitor._instance = Monitor()",
            "0",
            "Monitor._instance",
            True,
        ),
        ("@classmethod\n        def get(cls):\n            cls._instance = cls()", "0", "Monitor._instance", True),
        (
            "@classmethod\n        def get(cls):\n"
            "            if cls._instance is None: cls._instance = cls()\n"
            "            return cls._instance",
            "Monitor.get()",
            "self.monitor",
            True,
        ),
        ("@classmethod\n        def get(cls):\n            cls._all.append(cls())", "0", "Monitor._all[0]", True),
        # Another class's attribute of the same name, and one that nobody sets.
        ("@staticmethod\n        def get():\n            Owner._instance = Monitor()", "0", "Monitor._instance", False),
        ("def get(self): pass", "0", "Monitor._instance", False),
    ],
)
def test_a_class_attribute_is_what_methods_assign(
    get: str, made: str, reach: str, expected: bool, tmp_path: Path
) -> None:
    report = check(tmp_path, {"m": SINGLETON.format(get=get, made=made, reach=reach)})
    assert codes(report) == ["FIN102"] * expected


FILES = """\
    class Base:
        def __init__(self, fs): self.fs = fs
        def __del__(self): self.fs.push()  # reported
    class Files:
        def push(self): pass
        def open(self): return Base(self)
    """
LOCKING = """\
    import threading
    from p.base import Base, Files
    {cls}
    class Locking(Files):
        def __init__(self): self.lock = threading.Lock()
        def push(self):
            with self.lock: pass  # culprit
        def open(self): return Mine({given})
    """


@pytest.mark.parametrize(
    ("cls", "given", "expected"),
    [
        ("class Mine(Base): pass", "self", ["FIN102"]),
        ("class Mine(Base):\n        def __init__(self, n, fs): super().__init__(fs)", "1, self", ["FIN102"]),
        ("class Mine(Base):\n        def __init__(self, fs): Base.__init__(self, fs)", "self", ["FIN102"]),
        (
            "class Middle(Base):\n        def __init__(self, fs): super().__init__(fs)\n    class Mine(Middle): pass",
            "self",
            ["FIN102"],
        ),
        ("class Mine(Base): pass", "Files()", []),
        ("class Mine(Base):\n        def __init__(self, fs): super().__init__(Files())", "self", []),
    ],
)
def test_a_subclass_is_given_what_its_own_callers_pass(
    cls: str, given: str, expected: list[str], tmp_path: Path
) -> None:
    locking = LOCKING.format(cls=cls, given=given)
    report = check(tmp_path, {"p/__init__": "", "p/base": FILES, "p/locking": locking})
    assert codes(report) == expected


def test_a_mixin_makes_what_its_heir_defines(tmp_path: Path) -> None:
    mixin = """\
        class Commands:
            def batch(self): return self.Batch(self)
            def later(self): return self._keep(self)
        """
    heir = """\
        import threading
        from p.mixin import Commands
        class Search(Commands):
            class Batch:
                def __init__(self, client): self.client = client
                def __del__(self): self.client.run()
            def _keep(self, other): self.other = other
            def __init__(self): self.lock = threading.Lock()
            def run(self):
                with self.lock: pass  # culprit
            def __del__(self): self.other.run()
        """
    report = check(tmp_path, {"p/__init__": "", "p/mixin": mixin, "p/heir": heir})
    assert [(f.code, f.span.line) for f in report.findings if f.code == "FIN102"] == [("FIN102", 6), ("FIN102", 11)]


def test_a_call_in_the_body_of_another_module_means_names_of_that_module(tmp_path: Path) -> None:
    owner = """\
        lock = None
        class Owner:
            def __init__(self, lock): self.lock = lock
            def __del__(self): self.lock.acquire()  # reported
        """
    caller = "import threading\nfrom p.owner import Owner\nlock = threading.Lock()\nowner = Owner(lock)\n"
    assert codes(check(tmp_path, {"p/__init__": "", "p/owner": owner, "p/caller": caller})) == ["FIN102"]


def test_more_subclasses_than_are_asked_do_not_hide_the_one_that_implements(tmp_path: Path) -> None:
    plain = "".join(f"    class C{i}(Base): pass\n" for i in range(20))
    source = "    import abc, threading\n" + (
        "    class Base(abc.ABC):\n"
        "        @abc.abstractmethod\n"
        "        def free(self): ...\n" + plain + "    class Last(Base):\n"
        "        def __init__(self): self.lock = threading.Lock()\n"
        "        def free(self):\n"
        "            with self.lock: pass  # culprit\n"
        "    class Owner:\n"
        "        def __init__(self, base: Base): self.base = base\n"
        "        def __del__(self): self.base.free()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": source})) == ["FIN102"]


def test_a_class_variable_of_a_library_has_its_type(tmp_path: Path) -> None:
    source = """\
        from pyspark import SparkContext
        class Wrapper:
            def __init__(self, java): self.java = java
            def __del__(self):
                if SparkContext._active_spark_context:
                    SparkContext._active_spark_context._gateway.detach(self.java)  # reported
        """
    assert codes(check(tmp_path, {"m": source})) == ["FIN105"]


@pytest.mark.parametrize(
    ("imported", "base"),
    [
        ("from p.base import Base", "Base"),
        ("from p import base", "base.Base"),
        ("import p.base", "p.base.Base"),
        ("from p import base", "\n    base.Base\n"),
    ],
)
def test_what_a_subclass_in_another_module_passes_to_its_base(imported: str, base: str, tmp_path: Path) -> None:
    files = {
        "p/__init__": "",
        "p/base": """\
            class Base:
                def __init__(self, name, pool): self.pool = pool
                def context(self): return Context(self.pool)
            class Context:
                def __init__(self, pool): self.pool = pool
                def __del__(self): self.pool.put()  # reported
            """,
        "p/impl": (
            f"import threading\n{imported}\n"
            "class Pool:\n    def __init__(self, lock): self.lock = lock or threading.Lock()\n"
            "    def put(self):\n        with self.lock: pass  # culprit\n"
            f"class Impl({base}):\n    def __init__(self, name):\n        pool = Pool(None)\n"
            "        super().__init__(name, pool)\n"
        ),
    }
    assert codes(check(tmp_path, files)) == ["FIN102"]


@pytest.mark.parametrize(
    ("called", "expected"),
    [("self.term()", ["FIN104"]), ("super().term()", ["FIN104"]), ("self.closed", []), ("self.other()", [])],
)
def test_what_a_library_inherits_from_c(called: str, expected: list[str], tmp_path: Path) -> None:
    """A library that is linted itself: its classes are those that the knowledge base knows."""
    program = (
        "from zmq.backend import Context as Base\nclass Context(Base):\n    def other(self): pass\n"
        f"    def __del__(self): {called}  # reported\n"
    )
    files = {"zmq/__init__": "", "zmq/sugar/__init__": "", "zmq/sugar/context": program, "zmq/sugar/mine": program}
    report = check(tmp_path, files)
    assert codes(report) == expected
    assert all(finding.path.endswith("context.py") for finding in report.findings)
