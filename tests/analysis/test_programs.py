"""Packages of several modules, and what must not matter to a run: the order of files, the prefilter, their size."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

from finlint.engine import analyse
from finlint.model.settings import Settings

POOL = "import threading\nclass Pool:\n    def __init__(self): self.lock = threading.Lock()\n    def put(self, c):\n        with self.lock: pass  # reported, culprit\n"

PACKAGES: dict[str, dict[str, str]] = {
    "relative import": {
        "p/__init__": "",
        "p/pool": POOL,
        "p/c": "from .pool import Pool\nclass C:\n    def __init__(self, pool: Pool): self.pool = pool\n"
        "    def __del__(self): self.pool.put(self)  # reported\n",
    },
    "re-export and star": {
        "p/__init__": "from p.pool import *\n",
        "p/pool": POOL,
        "p/c": "import p\nclass C:\n    def __init__(self, pool: p.Pool): self.pool = pool\n"
        "    def __del__(self): self.pool.put(self)  # reported\n",
    },
    "type checking import": {
        "p/__init__": "",
        "p/pool": POOL,
        "p/c": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from p.pool import Pool\nclass C:\n    def __init__(self, pool: Pool): self.pool = pool\n"
        "    def __del__(self): self.pool.put(self)  # reported\n",
    },
    "lazy import": {
        "p/__init__": "",
        "p/pool": POOL + "POOL = Pool()\n",
        "p/c": "class C:\n    def __del__(self):\n        from p.pool import POOL\n        POOL.put(self)  # reported\n",
    },
    "base class elsewhere": {
        "p/__init__": "",
        "p/pool": POOL + "class Base:\n    def __init__(self, pool: Pool): self.pool = pool\n"
        "    def close(self): self.pool.put(self)\n",
        "p/c": "from p.pool import Base\nclass C(Base):\n    def __del__(self): self.close()  # reported\n",
    },
    "a module cycle": {
        "p/__init__": "",
        "p/pool": "import p.c\n" + POOL,
        "p/c": "import p.pool\nPOOL = p.pool.Pool()\nclass C:\n    def __init__(self): self.pool = POOL\n"
        "    def __del__(self): self.pool.put(self)  # reported\n",
    },
    "a namespace package": {
        "n/p/pool": POOL,
        "n/p/c": "from n.p.pool import Pool\nclass C:\n    def __init__(self, pool: Pool): self.pool = pool\n"
        "    def __del__(self): self.pool.put(self)  # reported\n",
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


_OVERRIDE = """\
import time
class B:
    def close(self): pass
    def __del__(self): self.close()  # reported
class A(B):
    def close(self): time.sleep(9)
"""


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    files = {**PACKAGES["relative import"], "q": _OVERRIDE}
    check(tmp_path, files)
    paths = sorted(str(p) for p in tmp_path.rglob("*.py"))
    assert analyse(paths).findings == analyse(paths[::-1]).findings


def test_the_prefilter_loses_nothing(tmp_path: Path) -> None:
    check(tmp_path, PACKAGES["base class elsewhere"])
    paths = sorted(str(p) for p in tmp_path.rglob("*.py"))
    assert analyse(paths).findings == analyse(paths, Settings(prefilter=False)).findings


def test_a_chain_of_two_thousand_calls(tmp_path: Path) -> None:
    calls = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(2000))
    source = f"import time\nclass A:\n    def __del__(self): f0()  # reported\n{calls}def f2000(): time.sleep(9)  # culprit\n"
    report = check(tmp_path, {"chain": source})
    assert codes(report) == ["FIN103"]
    (finding,) = report.findings
    assert len(finding.trace) == 2002


def test_a_class_cycle_is_survived(tmp_path: Path) -> None:
    source = "import time\nclass A(B):\n    def __del__(self): time.sleep(9)  # reported\nclass B(A): pass\n"
    assert codes(check(tmp_path, {"cycle": source})) == ["FIN103"]
