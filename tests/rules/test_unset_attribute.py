"""FIN401: what ``__del__`` reads and ``__init__`` may not have set.

Each program defines ``make()``, in which a constructor fails where it can. It is linted, and executed with what
``__del__`` raises being looked at, so that what must be reported and what must not is what really happens, on the line
where it does.
"""

from __future__ import annotations

import gc
import sys
import textwrap
from pathlib import Path

import pytest
from expected import check, expected_in

from .programs import lint, of_code

_HEAD = """
import threading, queue, logging, contextlib
from concurrent.futures import ThreadPoolExecutor
log = logging.getLogger("x")
def fails(*args):
    raise ValueError
"""

REPORTED = {
    "set after a call": """
        class A:
            def __init__(self):
                fails()
                self.file = None
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "the call itself sets it": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file.close()  # expect: FIN401
    """,
    "read by a method": """
        class A:
            def __init__(self):
                self.file = fails()
            def close(self):
                self.file.close()
            def __del__(self):
                self.close()  # expect: FIN401
    """,
    "an argument is checked first": """
        class A:
            def __init__(self, size=0):
                if size < 1:
                    raise ValueError
                self.size = size
            def __del__(self):
                self.size  # expect: FIN401
    """,
    "an assertion first": """
        class A:
            def __init__(self, size=0):
                assert size
                self.size = size
            def __del__(self):
                self.size  # expect: FIN401
    """,
    "the base's constructor fails": """
        class Base:
            def __init__(self):
                fails()
        class A(Base):
            def __init__(self):
                super().__init__()
                self.open = True
            def __del__(self):
                if self.open:  # expect: FIN401
                    pass
    """,
    "slots are no default": """
        class A:
            __slots__ = ("file",)
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file.close()  # expect: FIN401
    """,
    "only an annotation in the class": """
        class A:
            file: object
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file.close()  # expect: FIN401
    """,
    "another exception is caught": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                try:
                    self.file.close()  # expect: FIN401
                except OSError:
                    pass
    """,
    "unpacking": """
        class A:
            def __init__(self):
                self.a, self.b = (1, 2, 3)
            def __del__(self):
                self.a  # expect: FIN401
    """,
    "set in one branch": """
        class A:
            def __init__(self, way=False):
                if way:
                    self.file = None
                fails()
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "a property's setter fails": """
        class A:
            def __init__(self):
                self.size = -1
                self.file = None
            @property
            def size(self):
                return self._size
            @size.setter
            def size(self, value):
                if value < 0:
                    raise ValueError
                self._size = value
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "a handler that what is missing leads to": """
        class A:
            def __init__(self):
                self.file = fails()
                self.log = log
            def __del__(self):
                try:
                    self.file.close()
                except Exception:
                    self.log.disabled  # expect: FIN401
    """,
    "what a branch has asked is no matter behind it": """
        class A:
            made = False
            def __init__(self):
                self.file = fails()
                self.made = True
            def __del__(self):
                if log.disabled:
                    if not self.made:
                        return
                    self.file.close()
                self.file  # expect: FIN401
    """,
    "a pair of unequal length": """
        class A:
            def __init__(self):
                self.file, self.name = "abc"
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "only another method sets it": """
        class A:
            def __init__(self):
                self.name = "a"
            def open(self):
                self.file = open(self.name)
            def __del__(self):
                self.file.close()  # expect: FIN401
        def fails(): pass
    """,
    "set by object.__setattr__ after a call": """
        class A:
            def __init__(self):
                fails()
                object.__setattr__(self, "file", None)
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "set by setattr after a call": """
        class A:
            def __init__(self):
                fails()
                setattr(self, "file", None)
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "set as an item of its dictionary after a call": """
        class A:
            def __init__(self):
                fails()
                self.__dict__["file"] = None
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "set as an item of vars after a call": """
        class A:
            def __init__(self):
                fails()
                vars(self)["file"] = None
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "set by an update of its dictionary after a call": """
        class A:
            def __init__(self):
                fails()
                self.__dict__.update(file=None)
            def __del__(self):
                self.file  # expect: FIN401
    """,
    "what object.__setattr__ sets fails": """
        class A:
            def __init__(self):
                object.__setattr__(self, "file", fails())
            def __del__(self):
                self.file  # expect: FIN401
    """,
}

SILENT = {
    "set before anything can fail": """
        class A:
            def __init__(self):
                self.file = None
                self.file = fails()
            def __del__(self):
                self.file
    """,
    "constructors that do not fail come first": """
        class A:
            def __init__(self):
                self.lock = threading.Lock()
                self.jobs = queue.SimpleQueue()
                self.pool = ThreadPoolExecutor(max_workers=1)
                self.table = dict(a=1)
                self.name = f"{self.table}" + "{}".format(1)
                self.rows = [[] for _ in (1, 2)]
                self.rows.append(len(self.rows))
                log.debug("made")
                self.open = True
                fails()
            def __del__(self):
                self.open
    """,
    "default in the class": """
        class A:
            file = None
            def __init__(self):
                self.file = fails()
            def __del__(self):
                if self.file is not None:
                    self.file.close()
    """,
    "default in a base": """
        class Base:
            file = None
        class A(Base):
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file
    """,
    "getattr with a default": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                file = getattr(self, "file", None)
                if file is not None:
                    file.close()
    """,
    "hasattr": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                if hasattr(self, "file"):
                    self.file.close()
    """,
    "hasattr, the other way round": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                if not hasattr(self, "file"):
                    return
                self.file.close()
    """,
    "getattr in a condition": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                if getattr(self, "file", None) and self.file.name:
                    self.file.close()
    """,
    "the dictionary is asked": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                if "file" in self.__dict__:
                    self.file.close()
    """,
    "vars is asked": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                if "file" in vars(self):
                    self.file.close()
    """,
    "except AttributeError": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                try:
                    self.file.close()
                except AttributeError:
                    pass
    """,
    "except (OSError, AttributeError)": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                try:
                    self.file.close()
                except (OSError, AttributeError):
                    pass
    """,
    "suppress": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                with contextlib.suppress(AttributeError):
                    self.file.close()
    """,
    "__new__ sets it": """
        class A:
            def __new__(cls):
                self = super().__new__(cls)
                self.file = None
                return self
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file
    """,
    "the base's constructor sets it": """
        class Base:
            def __init__(self):
                self.file = None
        class A(Base):
            def __init__(self):
                super().__init__()
                self.file = fails()
            def __del__(self):
                self.file
    """,
    "the base's constructor by name": """
        class Base:
            def __init__(self):
                self.file = None
        class A(Base):
            def __init__(self):
                Base.__init__(self)
                self.file = fails()
            def __del__(self):
                self.file
    """,
    "a helper sets it": """
        class A:
            def __init__(self):
                self._reset()
                fails()
            def _reset(self):
                self.file = None
            def __del__(self):
                self.file
    """,
    "a property's setter sets it": """
        class A:
            def __init__(self):
                self.size = 1
                fails()
            @property
            def size(self):
                return self._size
            @size.setter
            def size(self, value):
                self._size = value
            def __del__(self):
                self._size
    """,
    "both branches set it": """
        class A:
            def __init__(self, way=False):
                if way:
                    self.file = None
                else:
                    self.file = 1
                fails()
            def __del__(self):
                self.file
    """,
    "all ways of a try set it": """
        class A:
            def __init__(self):
                try:
                    self.file = fails()
                except Exception:
                    self.file = None
                fails()
            def __del__(self):
                self.file
    """,
    "under a lock": """
        class A:
            lock = threading.Lock()
            def __init__(self):
                with A.lock:
                    self.file = None
                fails()
            def __del__(self):
                self.file
    """,
    "a flag that is set last in the class": """
        class A:
            made = False
            def __init__(self):
                self.file = fails()
                self.made = True
            def __del__(self):
                if self.made:
                    self.file.close()
    """,
    "a method that asks such a flag": """
        class A:
            file = None
            def __init__(self):
                self.name = fails()
                self.file = 1
            def connected(self):
                return self.file is not None
            def __del__(self):
                if self.connected():
                    self.name
    """,
    "__getattr__": """
        class A:
            def __init__(self):
                self.file = fails()
            def __getattr__(self, name):
                return None
            def __del__(self):
                self.file
    """,
    "a dataclass": """
        import dataclasses
        @dataclasses.dataclass
        class A:
            file: object = None
            def __post_init__(self):
                self.file = fails()
            def __del__(self):
                self.file
    """,
    "an assertion asks": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                try:
                    assert hasattr(self, "file")
                except AssertionError:
                    return
                self.file
    """,
    "a guard of a case asks": """
        class A:
            def __init__(self):
                self.kind = "open"
                self.file = fails()
            def __del__(self):
                match len("a"):
                    case 1 if hasattr(self, "file"):
                        self.file
    """,
    "cases of what is set last in the class": """
        class A:
            state = "new"
            def __init__(self):
                self.file = fails()
                self.state = "open"
            def __del__(self):
                match self.state:
                    case "open":
                        self.file
    """,
    "the else of a try that has read it": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                try:
                    self.file
                except AttributeError:
                    pass
                else:
                    self.file.close()
    """,
    "a handler of what else the body raises": """
        class A:
            file = None
            def __init__(self):
                self.name = fails()
            def __del__(self):
                try:
                    getattr(self, "name", None)
                except OSError:
                    self.file
    """,
    "a condition of a comprehension asks": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                [self.file for _ in (1, 2) if hasattr(self, "file")]
    """,
    "a conditional expression asks": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file if hasattr(self, "file") else None
    """,
    "pairs of an assignment": """
        class A:
            def __init__(self, name=""):
                self.file, self.name = None, name
                fails()
            def __del__(self):
                self.file, self.name
    """,
    "assigned by __del__ itself": """
        class A:
            def __init__(self):
                self.file = fails()
            def __del__(self):
                self.file = None
                self.file
    """,
    "set by object.__setattr__ before anything can fail": """
        class A:
            def __init__(self):
                object.__setattr__(self, "file", None)
                fails()
            def __del__(self):
                self.file
    """,
    "set by setattr before anything can fail": """
        class A:
            def __init__(self):
                setattr(self, "file", None)
                fails()
            def __del__(self):
                self.file
    """,
    "set as an item of its dictionary before anything can fail": """
        class A:
            def __init__(self):
                self.__dict__["file"] = None
                fails()
            def __del__(self):
                self.file
    """,
    "set as an item of vars before anything can fail": """
        class A:
            def __init__(self):
                vars(self)["file"] = None
                fails()
            def __del__(self):
                self.file
    """,
    "set by an update of its dictionary before anything can fail": """
        class A:
            def __init__(self):
                self.__dict__.update(file=None)
                fails()
            def __del__(self):
                self.file
    """,
}


def _executed(source: str) -> list[tuple[int, str]]:
    """The exceptions that finalizers raised while a constructor was made to fail, and the lines of ``__del__``."""
    raised: list[tuple[int, str]] = []

    def hook(args: sys.UnraisableHookArgs) -> None:
        assert args.exc_traceback is not None
        raised.append((args.exc_traceback.tb_lineno, args.exc_type.__name__))

    before, sys.unraisablehook = sys.unraisablehook, hook
    try:
        names: dict[str, object] = {"__name__": __name__}
        exec(compile(source, "program.py", "exec"), names)
        try:
            names["A"]()  # type: ignore[operator]
        except (ValueError, AssertionError):
            pass
        gc.collect()
    finally:
        sys.unraisablehook = before
    return raised


def _source(program: str) -> str:
    return _HEAD + textwrap.dedent(program)


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    source = _source(REPORTED[name])
    (line,) = (line for line, code in expected_in(source) if code == "FIN401")
    assert _executed(source) == [(line, "AttributeError")]
    report = check(tmp_path, {"program.py": source})
    assert all("AttributeError" in finding.message for finding in of_code(report, "FIN401"))


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    source = _source(SILENT[name])
    assert _executed(source) == []
    assert "FIN401" not in source
    check(tmp_path, {"program.py": source})


def test_one_finding_for_what_one_call_reads(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        class A:
            def __init__(self):
                self.a = open("a")
                self.b = open("b")
                self.c = open("c")
                self.d = open("d")
                self.e = open("e")

            def close(self):
                self.a.close()
                self.b.close()
                self.c.close()
                self.d.close()
                self.e.close()

            def __del__(self):
                self.close()  # reported
        """,
    )
    (finding,) = of_code(report, "FIN401")
    assert "`self.a`, `self.b`, `self.c` and 2 more" in finding.message


def test_what_was_set_before_is_there_when_the_later_one_is(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        class A:
            def __init__(self):
                self.a = open("a")
                self.b = open("b")

            def __del__(self):
                self.b.close()  # reported
                self.a.close()
        """,
    )
    (finding,) = of_code(report, "FIN401")
    assert "`self.b`" in finding.message
    assert "`self.a`" not in finding.message


def test_what_one_statement_sets_is_there_together(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        import os

        class A:
            def __init__(self):
                self.a, self.b = os.pipe()

            def __del__(self):
                os.close(self.a)  # reported
                os.close(self.b)
        """,
    )
    (finding,) = of_code(report, "FIN401")
    assert "`self.a`," in finding.message
