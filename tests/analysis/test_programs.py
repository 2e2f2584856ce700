"""Small programs and what the analysis says of them: registrations, callbacks, receivers, calls."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.finding import Report


def check(tmp_path: Path, files: dict[str, str]) -> Report:
    """Lint the given modules, by path without the suffix."""
    paths = []
    for name, source in files.items():
        path = tmp_path / (name + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        paths.append(str(path))
    return analyse(sorted(paths))


def codes(report: Report) -> list[str]:
    """Codes of FIN1xx and FIN2xx at warning and above, in order of place."""
    return [f.code for f in report.findings if f.code < "FIN3" and f.severity.value != "note"]


PROGRAMS = {
    # registrations
    "alias of the module": (
        "import weakref as w, time\ndef f(): time.sleep(9)\ndef g(o): w.finalize(o, f)\n",
        ["FIN103"],
    ),
    "alias of the name": (
        "from weakref import finalize as on_death\nimport time\ndef g(o): on_death(o, time.sleep, 9)\n",
        ["FIN103"],
    ),
    "a function that is only called finalize": (
        "import time, weakref\ndef finalize(o, f): f()\ndef g(o): finalize(o, lambda: time.sleep(9))\n",
        [],
    ),
    "conditional import": (
        "try:\n    from weakref import finalize\nexcept ImportError:\n    finalize = None\n"
        "import time\ndef g(o): finalize(o, time.sleep, 9)\n",
        ["FIN103"],
    ),
    "del by assignment": (
        "import time\nclass A:\n    def close(self): time.sleep(9)\n    __del__ = close\n",
        ["FIN103"],
    ),
    "del under if False": (
        "import time\nclass A:\n    if False:\n        def __del__(self): time.sleep(9)\n",
        [],
    ),
    "subclass of ref": (
        "import time, weakref\nclass R(weakref.ref):\n    pass\nKEEP = []\n"
        "def gone(r): time.sleep(9)\ndef g(o): KEEP.append(R(o, gone))\n",
        ["FIN103"],
    ),
    "gc callback": ("import gc, time\ndef f(phase, info): time.sleep(9)\ngc.callbacks.append(f)\n", ["FIN103"]),
    "multiprocessing": (
        "import time\nfrom multiprocessing.util import Finalize\n"
        "def g(o): Finalize(o, time.sleep, args=(9,), exitpriority=1)\n",
        ["FIN103"],
    ),
    # callbacks
    "nested partial": (
        "import time, weakref\nfrom functools import partial\n"
        "def f(a, b): time.sleep(b)\ndef g(o): weakref.finalize(o, partial(partial(f, 1), 2))\n",
        ["FIN103"],
    ),
    "callable instance": (
        "import time, weakref\nclass C:\n    def __call__(self): time.sleep(9)\ndef g(o): weakref.finalize(o, C())\n",
        ["FIN103"],
    ),
    "factory": (
        "import time, weakref\ndef make(n):\n    def inner(): time.sleep(n)\n    return inner\n"
        "def g(o): weakref.finalize(o, make(9))\n",
        ["FIN103"],
    ),
    "either of two": (
        "import time, weakref\ndef a(): pass\ndef b(): time.sleep(9)\n"
        "def g(o, x): weakref.finalize(o, a if x else b)\n",
        ["FIN103"],
    ),
    "library method": (
        "import threading, weakref\nLOCK = threading.Lock()\ndef g(o): weakref.finalize(o, LOCK.acquire)\n",
        ["FIN102"],
    ),
    # receivers
    "annotation": (
        "import threading\nclass A:\n    lock: threading.Lock\n    def __del__(self): self.lock.acquire()\n",
        ["FIN102"],
    ),
    "string annotation and Optional": (
        "import queue\nfrom typing import Optional\nclass A:\n"
        "    def __init__(self, q: 'Optional[queue.Queue]' = None): self.q = q\n"
        "    def __del__(self):\n        if self.q is not None: self.q.get()\n",
        ["FIN101"],
    ),
    "list of threads": (
        "import threading\nclass A:\n    def __init__(self): self.ts = []\n"
        "    def go(self): self.ts.append(threading.Thread(target=print))\n"
        "    def __del__(self):\n        for t in self.ts: t.join()\n",
        ["FIN104"],
    ),
    "factory with a return annotation": (
        "import threading\ndef make() -> threading.Event: ...\nclass A:\n"
        "    def __init__(self): self.e = make()\n    def __del__(self): self.e.wait()\n",
        ["FIN104"],
    ),
    "isinstance": (
        "import queue\nclass A:\n    def __init__(self, q): self.q = q\n"
        "    def __del__(self):\n        if isinstance(self.q, queue.SimpleQueue): self.q.get()\n",
        ["FIN101"],
    ),
    "what callers pass": (
        "import threading\nclass A:\n    def __init__(self, lock): self.lock = lock\n"
        "    def __del__(self):\n        with self.lock: pass\ndef make(): return A(threading.Lock())\n",
        ["FIN102"],
    ),
    "unknown receiver": ("class A:\n    def __init__(self, q): self.q = q\n    def __del__(self): self.q.get()\n", []),
    # calls
    "super": (
        "import time\nclass B:\n    def close(self): time.sleep(9)\nclass A(B):\n"
        "    def close(self): super().close()\n    def __del__(self): self.close()\n",
        ["FIN103"],
    ),
    "override that blocks": (
        "import time\nclass B:\n    def close(self): pass\n    def __del__(self): self.close()\n"
        "class A(B):\n    def close(self): time.sleep(9)\n",
        ["FIN103"],
    ),
    "property": (
        "import time\nclass A:\n    @property\n    def p(self): time.sleep(9)\n    def __del__(self): self.p\n",
        ["FIN103"],
    ),
    "context manager": (
        "import contextlib, time\n@contextlib.contextmanager\ndef held():\n    time.sleep(9)\n    yield\n"
        "class A:\n    def __del__(self):\n        with held(): pass\n",
        ["FIN103"],
    ),
    "receives a callable": (
        "import time\ndef retry(fn): return fn()\nclass A:\n"
        "    def _close(self): time.sleep(9)\n    def __del__(self): retry(self._close)\n",
        ["FIN103"],
    ),
    "generator only made": (
        "import time\ndef steps():\n    time.sleep(9)\n    yield\nclass A:\n    def __del__(self): steps()\n",
        [],
    ),
    "generator consumed": (
        "import time\ndef steps():\n    time.sleep(9)\n    yield\nclass A:\n    def __del__(self): list(steps())\n",
        ["FIN103"],
    ),
    "loop run": (
        "import asyncio\nasync def f(): pass\nclass A:\n    def __del__(self): asyncio.run(f())\n",
        ["FIN108"],
    ),
    "getattr": (
        "import time\nclass A:\n    def close(self): time.sleep(9)\n    def __del__(self): getattr(self, 'close')()\n",
        ["FIN103"],
    ),
    "constant argument rules the branch out": (
        "import time\nclass A:\n    def close(self, wait=True):\n        if wait: time.sleep(9)\n"
        "    def __del__(self): self.close(wait=False)\n",
        [],
    ),
    "recursion": (
        "import time\ndef a(n): b(n)\ndef b(n):\n    a(n)\n    time.sleep(9)\nclass A:\n    def __del__(self): a(1)\n",
        ["FIN103"],
    ),
    # what does not wait
    "try-lock": (
        "import threading\nclass A:\n    def __init__(self): self.l = threading.Lock()\n"
        "    def __del__(self):\n        if self.l.acquire(blocking=False): self.l.release()\n",
        [],
    ),
    "thread": (
        "import threading, time\nclass A:\n    def __del__(self): threading.Thread(target=time.sleep, args=(9,)).start()\n",
        [],
    ),
    "unbounded queue": (
        "import queue\nclass A:\n    def __init__(self): self.q = queue.SimpleQueue()\n"
        "    def __del__(self): self.q.put(1)\n",
        [],
    ),
    "non-blocking socket": (
        "import socket\nclass A:\n    def __init__(self):\n        self.s = socket.socket()\n"
        "        self.s.setblocking(False)\n    def __del__(self): self.s.recv(1)\n",
        [],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    source, expected = PROGRAMS[name]
    assert codes(check(tmp_path, {"program": source})) == expected


POOL = "import threading\nclass Pool:\n    def __init__(self): self.lock = threading.Lock()\n    def put(self, c):\n        with self.lock: pass\n"

PACKAGES: dict[str, dict[str, str]] = {
    "relative import": {
        "p/__init__": "",
        "p/pool": POOL,
        "p/c": "from .pool import Pool\nclass C:\n    def __init__(self): self.pool = Pool()\n"
        "    def __del__(self): self.pool.put(self)\n",
    },
    "re-export and star": {
        "p/__init__": "from p.pool import *\n",
        "p/pool": POOL,
        "p/c": "import p\nclass C:\n    def __init__(self): self.pool = p.Pool()\n"
        "    def __del__(self): self.pool.put(self)\n",
    },
    "type checking import": {
        "p/__init__": "",
        "p/pool": POOL,
        "p/c": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from p.pool import Pool\nclass C:\n    def __init__(self, pool: Pool): self.pool = pool\n"
        "    def __del__(self): self.pool.put(self)\n",
    },
    "lazy import": {
        "p/__init__": "",
        "p/pool": POOL + "POOL = Pool()\n",
        "p/c": "class C:\n    def __del__(self):\n        from p.pool import POOL\n        POOL.put(self)\n",
    },
    "base class elsewhere": {
        "p/__init__": "",
        "p/pool": POOL + "class Base:\n    def __init__(self): self.pool = Pool()\n"
        "    def close(self): self.pool.put(self)\n",
        "p/c": "from p.pool import Base\nclass C(Base):\n    def __del__(self): self.close()\n",
    },
    "a module cycle": {
        "p/__init__": "",
        "p/pool": "import p.c\n" + POOL,
        "p/c": "import p.pool\nclass C:\n    def __init__(self): self.pool = p.pool.Pool()\n"
        "    def __del__(self): self.pool.put(self)\n",
    },
    "a namespace package": {
        "n/p/pool": POOL,
        "n/p/c": "from n.p.pool import Pool\nclass C:\n    def __init__(self): self.pool = Pool()\n"
        "    def __del__(self): self.pool.put(self)\n",
    },
    "a registrar wrapper": {
        "p/__init__": "",
        "p/life": "import weakref\ndef on_death(obj, fn, *args): weakref.finalize(obj, fn, *args)\n",
        "p/pool": POOL,
        "p/c": "from p.life import on_death\nfrom p.pool import Pool\nPOOL = Pool()\ndef f(o): on_death(o, POOL.put, 1)\n",
    },
}


@pytest.mark.parametrize("name", PACKAGES)
def test_package(name: str, tmp_path: Path) -> None:
    report = check(tmp_path, PACKAGES[name])
    assert codes(report) == ["FIN102"]
    (finding,) = [f for f in report.findings if f.code == "FIN102"]
    assert finding.registration is not None
    assert finding.registration.path.endswith("c.py")
    assert finding.culprit is not None
    assert finding.culprit.path.endswith("pool.py")


def test_a_file_that_shadows_the_standard_library_is_followed(tmp_path: Path) -> None:
    report = check(
        tmp_path,
        {
            "queue": "class Queue:\n    def get(self): pass\n",
            "main": "import queue\nclass A:\n    def __init__(self): self.q = queue.Queue()\n"
            "    def __del__(self): self.q.get()\n",
        },
    )
    assert codes(report) == []


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    files = {**PACKAGES["relative import"], "q": PROGRAMS["override that blocks"][0]}
    check(tmp_path, files)
    paths = sorted(str(p) for p in tmp_path.rglob("*.py"))
    assert analyse(paths).findings == analyse(paths[::-1]).findings


def test_the_prefilter_loses_nothing(tmp_path: Path) -> None:
    from finlint.model.settings import Settings

    check(tmp_path, PACKAGES["base class elsewhere"])
    paths = sorted(str(p) for p in tmp_path.rglob("*.py"))
    assert analyse(paths).findings == analyse(paths, Settings(prefilter=False)).findings


def test_a_chain_of_two_thousand_calls(tmp_path: Path) -> None:
    calls = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(2000))
    source = f"import time\nclass A:\n    def __del__(self): f0()\n{calls}def f2000(): time.sleep(9)\n"
    (finding,) = check(tmp_path, {"chain": source}).findings
    assert finding.code == "FIN103"
    assert len(finding.trace) == 2002


def test_a_class_cycle_is_survived(tmp_path: Path) -> None:
    source = "import time\nclass A(B):\n    def __del__(self): time.sleep(9)\nclass B(A): pass\n"
    assert codes(check(tmp_path, {"cycle": source})) == ["FIN103"]
