"""Projects on disk: where modules are found, what imports bring, and registrars that classes and decorators are."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from small import check, codes, write

from finlint import engine
from finlint.model.settings import Settings

POOL = "import threading\nLOCK = threading.Lock()\n_HIDDEN = LOCK\nclass Pool:\n    def put(self): LOCK.acquire()  # culprit\n"
USER = "{imports}\nclass A:\n    def __init__(self): self.pool = {made}\n    def __del__(self): self.pool.put()  # reported\n"

#: A class that is made in another package, with what only that says.
JOBS = {
    "app/__init__": "",
    "app/pool": POOL,
    "app/job": "class Job:\n    def __init__(self, pool): self.pool = pool\n"
    "    def __del__(self): self.pool.put()  # reported\n",
}
MAKES_A_JOB = "from app.job import Job\nfrom app.pool import Pool\nJob(Pool())\n"

#: A base whose finalizer calls a method, and an heir that has one that waits.
CAMERA = "class Camera:\n    def stop(self): pass\n    def __del__(self): self.stop()  # reported\n"
SLOW_CAMERA = (
    "import time\nfrom p.base import Camera\nclass Slow(Camera):\n    def stop(self): time.sleep(9)  # culprit\n"
)

LAYOUTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "src layout": (
        {
            "src/p/__init__": "",
            "src/p/pool": POOL,
            "src/p/user": USER.format(imports="from p.pool import Pool", made="Pool()"),
        },
        ["FIN102"],
    ),
    "a namespace package over two levels": (
        {"n/m/p/pool": POOL, "n/m/p/user": USER.format(imports="import n.m.p.pool", made="n.m.p.pool.Pool()")},
        ["FIN102"],
    ),
    "__all__ lets a star import bring a private name": (
        {
            "pool": POOL + "__all__ = ['_HIDDEN']\n",
            "user": "from pool import *\nclass A:\n    def __del__(self): _HIDDEN.acquire()  # reported\n",
        },
        ["FIN102"],
    ),
    "without __all__ it does not": (
        {
            "pool": POOL,
            "user": "from pool import *\nclass A:\n    def __del__(self): _HIDDEN.acquire()  # reported\n",
        },
        [],
    ),
    "star import through two modules": (
        {"a": POOL, "b": "from a import *\n", "user": USER.format(imports="from b import *", made="Pool()")},
        ["FIN102"],
    ),
    "a sibling's import of two dots": (
        {
            "p/__init__": "",
            "p/q/__init__": "",
            "p/pool": POOL,
            "p/q/user": USER.format(imports="from ..pool import Pool as P", made="P()"),
        },
        ["FIN102"],
    ),
    "TYPE_CHECKING import of a cycle": (
        {
            "p/__init__": "",
            "p/pool": "import p.user\n" + POOL,
            "p/user": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from p.pool import Pool\nclass A:\n    pool: Pool\n    def __del__(self): self.pool.put()  # reported\n",
        },
        ["FIN102"],
    ),
    "a caller in the package beside": (
        {**JOBS, "web/__init__": "", "web/use": MAKES_A_JOB},
        ["FIN102"],
    ),
    "what a test passes says nothing of the program": (
        {**JOBS, "tests/__init__": "", "tests/use": "import pytest\n" + MAKES_A_JOB},
        [],
    ),
    "an heir elsewhere in the package": (
        {"p/__init__": "", "p/base": CAMERA, "p/fake": SLOW_CAMERA},
        ["FIN103"],
    ),
    "an heir that a test defines says nothing of the program": (
        {"p/__init__": "", "p/base": CAMERA, "p/fake": "import unittest\n" + SLOW_CAMERA},
        [],
    ),
    "an heir beside words about tests": (
        {"p/__init__": "", "p/base": CAMERA, "p/fake": "# Run it with pytest; do not import unittest.\n" + SLOW_CAMERA},
        ["FIN103"],
    ),
    "an heir that a test defines of its own class": (
        {"p/test": "import os, unittest\n" + CAMERA + SLOW_CAMERA.replace("from p.base import Camera\n", "")},
        ["FIN103"],
    ),
    "a package beside with a class of the same name": (
        {**JOBS, "web/__init__": "", "web/use": POOL + "class Job:\n    def __init__(self, pool): pass\nJob(Pool())\n"},
        [],
    ),
    "either of two imports": (
        {
            "fast": "class Pool:\n    def put(self): pass\n",
            "slow": POOL,
            "user": USER.format(
                imports="try:\n    from fast import Pool\nexcept ImportError:\n    from slow import Pool", made="Pool()"
            ),
        },
        ["FIN102"],
    ),
    "conditional methods: both": (
        {
            "user": "import sys, time\nclass A:\n    if sys.platform == 'win32':\n        def close(self): time.sleep(9)  # culprit\n"
            "    else:\n        def close(self): pass\n    def __del__(self): self.close()  # reported\n"
        },
        ["FIN103"],
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str, tmp_path: Path) -> None:
    files, expected = LAYOUTS[name]
    assert codes(check(tmp_path, files)) == expected


def test_several_roots_in_one_run(tmp_path: Path) -> None:
    one = {"one/p/__init__": "", "one/p/pool": POOL, "one/p/user": LAYOUTS["src layout"][0]["src/p/user"]}
    free = POOL.replace("LOCK.acquire()", "pass")
    two = {"two/p/__init__": "", "two/p/pool": free, "two/p/user": one["one/p/user"]}
    report = check(tmp_path, {**one, **two})
    assert [Path(f.path).relative_to(tmp_path).parts[0] for f in report.findings if f.code == "FIN102"] == ["one"]


def test_folders_of_the_configuration(tmp_path: Path) -> None:
    files = {"lib/pool": POOL, "app/user": USER.format(imports="import pool", made="pool.Pool()")}
    paths = write(tmp_path, files)
    assert codes(engine.analyse(paths)) == []
    assert codes(engine.analyse(paths, Settings(src=(str(tmp_path / "lib"),)))) == ["FIN102"]


def test_installed_packages_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"site/installed_pool": POOL})
    (user,) = write(tmp_path, {"app/user": USER.format(imports="import installed_pool", made="installed_pool.Pool()")})
    site = str(tmp_path / "site")
    monkeypatch.setattr(sysconfig, "get_paths", lambda *_: {"purelib": site, "platlib": site})
    assert codes(engine.analyse([user])) == []
    assert codes(engine.analyse([user], Settings(follow_installed=True))) == ["FIN102"]


REGISTRARS: dict[str, tuple[str, list[str]]] = {
    "a base class that registers in __init__": (
        "class Base:\n    def __init__(self, fn): self.f = weakref.finalize(self, fn)\n"
        "class A(Base):\n    def __init__(self): super().__init__(wait)\n",
        ["FIN103"],
    ),
    "a base class that registers a static method of the subclass": (
        "class Base:\n    def __init__(self): self.f = weakref.finalize(self, self.end)\n"
        "    @staticmethod\n    def end(): pass\n"
        "class A(Base):\n    @staticmethod\n    def end(): time.sleep(9)  # reported\n",
        ["FIN103"],
    ),
    "a wrapper of a wrapper": (
        "def outer(o, fn): inner(o, fn)\ndef inner(o, fn): weakref.finalize(o, fn)\ndef use(o): outer(o, wait)\n",
        ["FIN103"],
    ),
    "a wrapper with a harmless callback": (
        "def outer(o, fn): weakref.finalize(o, fn)\ndef use(o): outer(o, len)\n",
        [],
    ),
    "a wrapper that calls its callback itself": (
        "def outer(o, fn):\n    name = o.name\n    weakref.finalize(o, lambda: fn(name))  # reported\ndef use(o): outer(o, wait)\n",
        ["FIN103"],
    ),
    "__init_subclass__ that registers": (
        "class Base:\n    def __init_subclass__(cls, **kw): weakref.finalize(cls, cls.end)\n"
        "class A(Base):\n    @staticmethod\n    def end(): time.sleep(9)  # reported\n",
        ["FIN103"],
    ),
}


@pytest.mark.parametrize("name", REGISTRARS)
def test_registrar(name: str, tmp_path: Path) -> None:
    program, expected = REGISTRARS[name]
    head = "import time, weakref\ndef wait(*args): time.sleep(9)  # reported, culprit\n"
    assert codes(check(tmp_path, {"m": head + program})) == expected
