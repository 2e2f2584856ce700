"""What a function does while it makes a variable of its module happens once in a process, mostly to somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from expected import see_places
from small import check

PROGRAM = """\
import threading, time
made = None
lock = threading.Lock()
def make():
    time.sleep(9)  # culprit
    return object()
def get():
    global made
{body}
class A:
    def __del__(self):
        {ends}
"""


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("if made is None: made = make()", []),
        ("if made == None: made = make()", []),
        ("if not made: made = make()", []),
        ("if not made and lock: made = make()", []),
        ("if made is None:\n        with lock:  # culprit\n            if made is None: made = make()", []),
        ("if made: return made\n    lock.acquire()  # culprit\n    made = make()", []),
        ("if made is not None: return made\n    made = make()", []),
        ("if made is not None or not lock: return made\n    made = make()", []),
        ("if made is not None: pass\n    else: made = make()", []),
        ("try:\n        if made is None: made = make()\n    finally: pass", []),
        ("try: return made\n    except NameError: made = make()", []),
        ("try:\n        made\n    except NameError:\n        made = make()", []),
        # It is what is read that is not there.
        ("try: return lock\n    except NameError: made = make()", ["FIN103"]),
        ("try: return made\n    except ValueError: made = make()", ["FIN103"]),
        ("try: return made\n    finally: made = make()", ["FIN103"]),
        # What follows is done each time.
        ("if made is None: made = make()\n    make()", ["FIN103"]),
        ("if made is None: made = object()\n    lock.acquire()  # culprit", ["FIN102"]),
        ("if made is None: return\n    made = make()", ["FIN103"]),
        ("if made: made = make()", ["FIN103"]),
        ("if made is None or lock: made = make()", ["FIN103"]),
        ("if made is not None and lock: return made\n    made = make()", ["FIN103"]),
        ("if made is None: pass\n    else: made = make()", ["FIN103"]),
        # A flag says who comes first, too, but a finalizer may be the first to shut something down.
        ("if not made:\n        made = True\n        make()", ["FIN103"]),
        # The test itself.
        ("if made is None and make(): made = object()", ["FIN103"]),
    ],
)
def test_the_first_time(body: str, shown: list[str], tmp_path: Path) -> None:
    report = check(tmp_path, {"a": PROGRAM.format(body="    " + body, ends="get()  # reported")})
    see_places(report.findings)
    assert [f.code for f in report.findings if f.severity.value != "note"] == shown
    assert {f.code for f in report.findings} & {"FIN102", "FIN103"}
    for finding in report.findings:
        assert (", the first time only, while it makes `made`" in finding.message) is (finding.severity.value == "note")


@pytest.mark.parametrize(
    ("head", "severity"),
    [
        ("@functools.cache\ndef get():", "note"),
        ("@functools.lru_cache(maxsize=None)\ndef get():", "note"),
        # A result for each argument.
        ("@functools.cache\ndef get(name=None):", "warning"),
        ("@functools.wraps(make)\ndef get():", "warning"),
    ],
)
def test_a_function_whose_result_is_kept(head: str, severity: str, tmp_path: Path) -> None:
    source = PROGRAM.format(body="    return make()", ends="get()  # reported")
    source = source.replace("def get():\n    global made", head).replace("import", "import functools,", 1)
    (finding,) = check(tmp_path, {"a": source}).findings
    assert (finding.code, finding.severity.value) == ("FIN103", severity)
    assert (", the first time only, while it makes `get()`" in finding.message) is (severity == "note")


@pytest.mark.parametrize(
    "ends",
    ["get(); make()  # reported", "make(); get()  # reported", "self.x(); get()  # reported\n    def x(self): make()"],
)
def test_whoever_comes_there_by_another_way_waits_each_time(ends: str, tmp_path: Path) -> None:
    report = check(tmp_path, {"a": PROGRAM.format(body="    if made is None: made = make()", ends=ends)})
    see_places(report.findings)
    assert [(f.code, f.severity.value) for f in report.findings] == [("FIN103", "warning")]


def test_a_local_variable_is_made_each_time(tmp_path: Path) -> None:
    source = PROGRAM.format(body="    if made is None: made = make()", ends="get()  # reported").replace(
        "global made", "made = None"
    )
    report = check(tmp_path, {"a": source})
    see_places(report.findings)
    assert [(f.code, f.severity.value) for f in report.findings] == [("FIN103", "warning")]


@pytest.mark.parametrize(
    ("method", "severity"),
    [
        ("@classmethod\n    def get(cls):\n        if cls.one is None: cls.one = make()", "note"),
        ("def get(self):\n        if S.one is None: S.one = make()", "note"),
        ("def get(self):\n        if self.one is None: self.one = make()", "warning"),
    ],
)
def test_an_attribute_of_the_class(method: str, severity: str, tmp_path: Path) -> None:
    source = f"""\
import time
def make():
    time.sleep(9)  # culprit
    return object()
class S:
    one = None
    {method}
class A:
    def __init__(self): self.s = S()
    def __del__(self): self.s.get()
"""
    assert [f.severity.value for f in check(tmp_path, {"a": source}).findings] == [severity]


@pytest.mark.parametrize(
    ("others", "severity"),
    [("def read(self): return self.file\n    def write(self): self.file.x()", "note"), ("", "warning")],
)
def test_a_property_that_is_worked_out_once(others: str, severity: str, tmp_path: Path) -> None:
    source = f"""\
import functools, time
class A:
    @functools.cached_property
    def file(self): time.sleep(9)
    {others}
    def __del__(self): self.file.close()
"""
    assert [f.severity.value for f in check(tmp_path, {"a": source}).findings] == [severity]


LOADS = """\
import time
class Library:
    @property
    def functions(self):
        {body}
        return self.held
library = Library()
class A:
    def __init__(self): {start}
    def __del__(self): library.functions.end()
"""


@pytest.mark.parametrize(
    ("body", "start", "severity"),
    [
        ("if not hasattr(self, 'held'): self.held = time.sleep(9)", "library.functions.begin()", "note"),
        ("if self.held is None: self.held = time.sleep(9)", "library.functions.begin()", "note"),
        (
            "try: return self.held\n        except AttributeError: self.held = time.sleep(9)",
            "library.functions.begin()",
            "note",
        ),
        # Nobody is seen to have read it before.
        ("if not hasattr(self, 'held'): self.held = time.sleep(9)", "pass", "warning"),
        ("if hasattr(self, 'held'): self.held = time.sleep(9)", "library.functions.begin()", "warning"),
        ("if not hasattr(self, 'other'): self.held = time.sleep(9)", "library.functions.begin()", "warning"),
    ],
)
def test_a_property_that_loads_once(body: str, start: str, severity: str, tmp_path: Path) -> None:
    (finding,) = check(tmp_path, {"a": LOADS.format(body=body, start=start)}).findings
    assert (finding.code, finding.severity.value) == ("FIN103", severity)


ENTERED = """\
import time
class Library:
    def __init__(self): self.held = None
    @property
    def functions(self):
        if self.held is None:
            try: self.load()
            except OSError: self.held = "not there"
        return self.held
    def load(self): self.find()
    def find(self):
        time.sleep(9)
        {keep}
    def __enter__(self): return self.functions
    def __exit__(self, *args): pass
    def open(self): return A(self)
class A:
    def __init__(self, library): self.library = library
    {others}
    def __del__(self):
        with self.library as found: found.end(self)
"""
READS = "def size(self): return self.library.functions.size(self)"


@pytest.mark.parametrize(
    ("keep", "others", "severity"),
    [
        ("self.held = object()", READS, "note"),
        # It is worked out again each time, or nobody else is seen to read it.
        ("other = object()", READS, "warning"),
        ("self.held = object()", "", "warning"),
    ],
)
def test_a_property_that_loads_by_its_methods_and_is_entered(
    keep: str, others: str, severity: str, tmp_path: Path
) -> None:
    """Of an object that has made the finalizer's, and given itself to it."""
    (finding,) = check(tmp_path, {"a": ENTERED.format(keep=keep, others=others)}).findings
    assert (finding.code, finding.severity.value) == ("FIN103", severity)
