"""FIN102 names a place that holds the lock while a finalizer may start there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.finding import Finding, Severity
from finlint.report.jsonfmt import finding_object, render_json
from finlint.report.sarif import render_sarif
from finlint.report.text import render_concise, render_text
from finlint.report.view import View

from .programs import lint, of_code

#: A pool whose ``release`` the finalizer calls, and what else its methods do under the lock.
_POOL = """
import threading

class Pool:
    def __init__(self, lock=None):
        self._lock = threading.Lock()
        self._free = []
        self._table = {{}}
        self._count = 0

    def release(self, thing):
        with self._lock:  # culprit
            self._free.append(thing)

{method}

class Owner:
    def __init__(self, pool: Pool):
        self.pool = pool

    def __del__(self):
        self.pool.release(None)  # reported
"""

#: name -> (method of Pool, line of the file that is named, what is said of it)
_METHODS = {
    "a list display": ("def take(self):\n    with self._lock:\n        return [1, self._count]", 16, "allocates"),
    "a comprehension": (
        "def take(self):\n    with self._lock:\n        return {x for x in self._free}",
        16,
        "allocates",
    ),
    "an instance": ("def take(self):\n    with self._lock:\n        return Owner(self)", 16, "allocates"),
    "some call": ("def take(self):\n    with self._lock:\n        self.report()", 16, "allocates"),
    "a call in a branch": (
        "def take(self):\n    with self._lock:\n        if self._free:\n            return open('x')",
        16,
        "allocates",
    ),
    "a loop": (
        "def take(self):\n    with self._lock:\n        for x in self._free:\n            pass",
        16,
        "allocates",
    ),
    "acquire and release": (
        "def take(self):\n    self._lock.acquire()\n    try:\n        return dict(a=1)\n"
        "    finally:\n        self._lock.release()",
        16,
        "allocates",
    ),
    "through a local name": (
        "def take(self):\n    lock = self._lock\n    with lock:\n        return dict(a=1)",
        17,
        "allocates",
    ),
    "a reference dropped": (
        "def forget(self):\n    with self._lock:\n        del self._table[1]",
        16,
        "drops references",
    ),
    "the container emptied": (
        "def forget(self):\n    with self._lock:\n        self._free.clear()",
        16,
        "drops references",
    ),
    "allocating says more than dropping": (
        "def forget(self):\n    with self._lock:\n        self._free.clear()\n"
        "def take(self):\n    with self._lock:\n        return [self._count]",
        19,
        "allocates",
    ),
}

_SILENT = {
    "nothing else": "",
    "only appends": "def put(self, x):\n    with self._lock:\n        self._free.append(x)",
    "only counts": "def put(self, x):\n    with self._lock:\n        self._count += 1\n        return len(self._free)",
    "another lock": (
        "def take(self):\n    with self._other_lock:\n        return [1]\n"
        "def start(self):\n    self._other_lock = threading.Lock()"
    ),
    "allocates after the release": (
        "def take(self):\n    self._lock.acquire()\n    self._count += 1\n    self._lock.release()\n    return [1]"
    ),
    "the same name elsewhere": "def take(self, other):\n    with other._lock:\n        return [1]",
}


def _findings(folder: Path, method: str) -> list[Finding]:
    indented = "\n".join("    " + line for line in method.split("\n"))
    return of_code(lint(folder, _POOL.format(method=indented)), "FIN102")


@pytest.mark.parametrize("name", _METHODS)
def test_named(tmp_path: Path, name: str) -> None:
    method, line, does = _METHODS[name]
    (finding,) = _findings(tmp_path, method)
    (place,) = finding.related
    assert (Path(place.path).name, place.line) == ("program.py", line)
    assert f"(program.py:{line}) holds it while it {does}" in finding.message
    assert does in place.text
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("name", _SILENT)
def test_not_named(tmp_path: Path, name: str) -> None:
    for finding in _findings(tmp_path, _SILENT[name]):
        assert finding.related == ()
        assert "holds it" not in finding.message


def test_module_lock_of_another_module(tmp_path: Path) -> None:
    registry = """
    import threading
    LOCK = threading.Lock()
    ALL = {}

    def register(name, thing):
        with LOCK:
            ALL[name] = [thing]
    """
    report = lint(
        tmp_path,
        """
        from registry import LOCK, ALL

        class Owner:
            def __del__(self):
                with LOCK:  # reported
                    ALL.pop(id(self), None)
        """,
        registry=registry,
    )
    (finding,) = of_code(report, "FIN102")
    (place,) = finding.related
    assert (Path(place.path).name, place.line) == ("registry.py", 7)


def test_a_subclass_means_the_lock_of_its_base(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        import threading

        class Base:
            def __init__(self, lock=None):
                self._lock = lock or threading.Lock()

        class Pool(Base):
            def take(self):
                with self._lock:
                    return [1]

        class Other(Base):
            def __del__(self):
                with self._lock:  # reported
                    pass
        """,
    )
    (finding,) = of_code(report, "FIN102")
    assert [place.line for place in finding.related] == [10]


def test_passed_directly(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        import threading, weakref
        LOCK = threading.Lock()

        def watch(o):
            weakref.finalize(o, LOCK.acquire)  # reported

        def work():
            with LOCK:
                return [1]
        """,
    )
    (finding,) = of_code(report, "FIN102")
    assert [place.line for place in finding.related] == [9]


@pytest.mark.parametrize(
    ("kind", "code"), [("RLock", "FIN112"), ("Condition", "FIN112"), ("Lock", "FIN102"), ("Semaphore", "FIN102")]
)
def test_only_locks_that_are_not_reentrant(tmp_path: Path, kind: str, code: str) -> None:
    report = lint(
        tmp_path,
        f"""
        import threading

        class Pool:
            def __init__(self, lock=None):
                self._lock = lock or threading.{kind}()

            def take(self):
                with self._lock:
                    return [1]

            def __del__(self):
                with self._lock:  # reported
                    pass
        """,
    )
    (finding,) = of_code(report, "FIN1")
    assert finding.code == code
    assert bool(finding.related) is (code == "FIN102")


def test_a_timeout_ends_it(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        import threading

        class Pool:
            def __init__(self, lock=None):
                self._lock = lock or threading.Lock()

            def take(self):
                with self._lock:
                    return [1]

            def __del__(self):
                if self._lock.acquire(timeout=1):  # reported
                    self._lock.release()
        """,
    )
    (finding,) = of_code(report, "FIN102")
    assert finding.severity is Severity.WARNING
    assert finding.related == ()


def test_a_holder_elsewhere_is_named_by_its_path_from_here(tmp_path: Path) -> None:
    holder = (
        "import threading\nlock = threading.Lock()\nclass Pool:\n    def take(self):\n        with lock:\n"
        "            return [object()]\n    def close(self):\n        with lock:\n            pass\n"
    )
    holders = {"p/connection": holder, "p/core/connection": holder, "p/__init__": "", "p/core/__init__": ""}
    user = (
        "from p.{}connection import Pool\nclass C:\n    def __init__(self):\n        self.p = Pool()\n"
        "    def __del__(self):\n        self.p.close()\n"
    )
    files = {**holders, "p/a": user.format("core."), "p/core/b": user.format("")}
    for name, text in files.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = {
        Path(finding.path).name: finding.message.partition("`Pool.take` (")[2].partition(")")[0]
        for finding in analyse([str(tmp_path / f"{name}.py") for name in files]).findings
    }
    assert found == {"a.py": "core/connection.py:5", "b.py": "../connection.py:5"}


def test_reports_show_the_place(tmp_path: Path) -> None:
    report = lint(
        tmp_path, _POOL.format(method="    def take(self):\n        with self._lock:\n            return [1]")
    )
    view = View(report, str(tmp_path), lambda path: Path(path).read_text().split("\n"))
    assert "   = program.py:16:14: `Pool.take` holds the lock while it allocates" in render_text(view)
    assert "`Pool.take` (program.py:16) holds it while it allocates" in render_concise(view)
    (finding,) = json.loads(render_json(view))["findings"]
    assert finding["related"] == [
        {"path": "program.py", "line": 16, "column": 14, "text": "`Pool.take` holds the lock while it allocates"}
    ]
    (result,) = json.loads(render_sarif(view))["runs"][0]["results"]
    registered, held = result["relatedLocations"]
    assert (registered["id"], held["id"]) == (1, 2)
    assert held["message"]["text"] == "`Pool.take` holds the lock while it allocates"
    assert held["physicalLocation"]["region"] == {"startLine": 16, "startColumn": 14}


def test_json_without_a_place_has_no_key(tmp_path: Path) -> None:
    report = lint(tmp_path, "import time\nclass A:\n    def __del__(self): time.sleep(9)\n")
    (finding,) = report.findings
    assert "related" not in finding_object(finding, View(report, str(tmp_path), lambda path: []))
