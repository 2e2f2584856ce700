"""FIN301 beyond single shapes: through wrappers, aliases, helpers and base classes, and what must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_HEAD = """
import functools, itertools, operator, threading, types, weakref
from multiprocessing.util import Finalize
def plain(*args, **kwargs): print("gone")
def on_death(thing, callback, *args):
    return weakref.finalize(thing, callback, *args)
class Part:
    def __init__(self, owner=None): self.owner = owner
    def close(self): print("closed")
class Named:
    def __init__(self, owner): self.name = owner.name
    def close(self): print("closed")
class Weakly:
    def __init__(self, owner): self.owner = weakref.ref(owner)
    def close(self): print("closed")

"""


def test_a_wrapper_in_another_module(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        from lifetime import on_death

        class A:
            def register(self):
                on_death(self, self.close)  # reported
                on_death(self, print, 1)

            def close(self):
                pass
        """,
        lifetime="import weakref\ndef on_death(thing, callback, *args):\n    weakref.finalize(thing, callback, *args)\n",
    )
    assert [(Path(f.path).name, f.span.line) for f in of_code(report, "FIN301")] == [("program.py", 6)]


REBOUND = {
    "by an assignment": "x = obj\nobj = None\nreturn weakref.ref(x, lambda w: print(obj))",
    "by an assignment before": "other = obj\ndef gone(w): print(other)\nother = None\nreturn weakref.ref(obj, gone)",
    "by a function": "raw = obj\ndef obj(): pass\ndef gone(w): print(obj)\nreturn weakref.ref(raw, gone)",
    "in the same branch": (
        "try:\n    plain()\nexcept TypeError:\n    raw = obj\n    def obj(): pass\n"
        "    def gone(w): print(obj)\n    return weakref.ref(raw, gone)"
    ),
}
KEPT = {
    "not at all": "x = obj\nreturn weakref.ref(x, lambda w: print(obj))  # reported",
    "by the same": "x = None\nx = obj\nreturn weakref.ref(obj, lambda w: print(x))  # reported",
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [*((b, False) for b in REBOUND.values()), *((b, True) for b in KEPT.values())],
    ids=[*REBOUND, *(f"kept {name}" for name in KEPT)],
)
def test_a_variable_that_a_closure_reads_when_it_runs(body: str, expected: bool, tmp_path: Path) -> None:
    lines = "\n".join("    " + line for line in body.split("\n"))
    program = f"{_HEAD}class X: pass\ndef watch(obj):\n{lines}\nkept = watch(X())  # reported\n"
    assert bool(of_code(lint(tmp_path, program), "FIN301")) is expected


@pytest.mark.parametrize("argument", ["self.name", "self._target", "self.daemon"])
def test_data_that_a_class_inherits_from_a_library_is_no_method(argument: str, tmp_path: Path) -> None:
    program = (
        f"{_HEAD}class T(threading.Thread):\n    def register(self): weakref.finalize(self, plain, {argument})\n"
        "    def also(self): weakref.finalize(self, plain, self.start)  # reported\n"
    )
    assert [f.span.line for f in of_code(lint(tmp_path, program), "FIN301")] == [program.count("\n")]


def test_a_wait_at_exit_only_is_a_note(tmp_path: Path) -> None:
    """The callback never runs before exit, which is FIN301: until that is mended it is a function of ``atexit``."""
    program = """
    import threading, time, weakref
    class A:
        def __init__(self):
            self.event = threading.Event()
            weakref.finalize(self, self.close)
        def close(self):
            time.sleep(1)  # reported
            self.event.wait()  # reported
    """
    report = lint(tmp_path, program)
    assert [f.severity.value for f in of_code(report, "FIN103")] == ["note"]
    assert [f.severity.value for f in of_code(report, "FIN104")] == ["note"]


def test_that_it_is_at_exit_only_is_said_once(tmp_path: Path) -> None:
    program = """
    import atexit, time
    class A:
        def __init__(self): atexit.register(self.close)
        def close(self): time.sleep(1)  # culprit: time.sleep
        def __del__(self): self.close()  # reported
    """
    (found,) = of_code(lint(tmp_path, program), "FIN103")
    assert found.message.count("at exit only") == 1
