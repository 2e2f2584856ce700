"""Forms of Python that the analysis follows, each with a case beside it that must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from expected import see_places
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
        f"    def __del__(self):\n        if {negation}{test}:\n            time.sleep(1)  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == ["FIN103"]


@pytest.mark.parametrize("test", ["threading", "threading.Thread", "time.sleep", "self.x.join"])
def test_what_a_library_defines_is_true(test: str, tmp_path: Path) -> None:
    program = (
        "import threading, time\nclass A:\n    def __init__(self): self.x = threading.Thread(target=print)\n"
        f"    def __del__(self):\n        if not {test}:\n            time.sleep(1)  # reported\n"
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
        "    def __del__(self):\n        if self.on_close is not None:\n            self.on_close()  # reported, culprit: threading.Thread.join\n"
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
                self.gone.wait()  # reported
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
        ("Base.__init__(self); self.x = open(given)", "self.name  # reported", []),
        ("super().__init__(); self.x = open(given)", "self.name  # reported", []),
        ("self.inner = Part()", "self.inner", []),
        ("self.x = open(given); super().__init__()", "self.name  # reported", ["FIN401"]),
        ("weakref.finalize(self, self.free, 1); weakref.finalize(self, self.drop)", "pass", []),
        ("weakref.finalize(self, self.end)", "pass", []),
        ("weakref.finalize(self, self.__init__)  # reported", "pass", ["FIN301"]),
    ],
)
def test_rules_in_a_class_in_a_function(init: str, body: str, expected: list[str], tmp_path: Path) -> None:
    report = check(tmp_path, {"a": LOCAL.format(init=init, body=body)})
    found = [f for f in report.findings if f.code >= "FIN3"]
    see_places(found)
    assert [f.code for f in found] == expected


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
        assert [(f.code, f.span.line) for f in report.findings if f.code > "FIN3"] == [(code, 5) for code in expected]


@pytest.mark.parametrize("base", ["weakref.finalize", "weakref.ref"])
def test_a_registrars_subclass_in_another_module(base: str, tmp_path: Path) -> None:
    files = {
        "core": f"import weakref\nclass Kept({base}):\n    pass\n",
        "user": "import time\nfrom core import Kept\ndef slow(*args): time.sleep(9)  # reported\ndef keep(o): return Kept(o, slow)\n",
        "other": "class Kept: pass\ndef keep(o): return Kept(o, o)\n",
    }
    report = check(tmp_path, files)
    assert codes(report) == ["FIN103"]
    assert [Path(f.path).name for f in report.findings] == ["user.py"]
    assert report.summary.registrations == 1


def test_a_module_holds_an_instance_of_a_subclass(tmp_path: Path) -> None:
    source = """\
        import threading
        class A:
            def __del__(self): threading.Thread(target=print).start()  # reported
        class B(A): pass
        kept = {}()
        """
    for name in ("A", "B"):
        assert "FIN202" in codes(check(tmp_path, {"a": source.format(name)}))
    assert "FIN202" not in codes(check(tmp_path, {"a": source.format("object")}))
