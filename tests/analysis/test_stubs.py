"""Types that stubs give: ``.pyi`` beside a module, stubs of compiled modules, ``-stubs`` packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

LOCKED = "import threading\nclass Pool:\n    def __init__(self): self.lock = threading.Lock()\n    def put(self):\n        with self.lock: pass\n"
USER = "from p import api\nclass A:\n    def __init__(self): self.pool = api.make()\n    def __del__(self): self.pool.put()\n"

PROJECTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "result, beside the module": (
        {
            "p/__init__": "",
            "p/pool": LOCKED,
            "p/api": "REGISTRY = {}\ndef make(): return REGISTRY['pool']\n",
            "p/api.pyi": "from p.pool import Pool\ndef make() -> Pool: ...\n",
            "p/user": USER,
        },
        ["FIN102"],
    ),
    "without the stub nothing is known": (
        {
            "p/__init__": "",
            "p/pool": LOCKED,
            "p/api": "REGISTRY = {}\ndef make(): return REGISTRY['pool']\n",
            "p/user": USER,
        },
        [],
    ),
    "a class that stub and module define": (
        {
            "p/__init__": "",
            "p/api": LOCKED + "REGISTRY = {}\ndef make(): return REGISTRY['pool']\n",
            "p/api.pyi": "class Pool:\n    def put(self) -> None: ...\ndef make() -> Pool: ...\n",
            "p/user": USER,
        },
        ["FIN102"],
    ),
    "a compiled module": (
        {
            "p/__init__": "",
            "p/api.pyi": "import threading\nclass Pool:\n    lock: threading.Lock\ndef make() -> Pool: ...\n",
            "p/user": USER.replace("self.pool.put()", "self.pool.lock.acquire()"),
        },
        ["FIN102"],
    ),
    "a parameter": (
        {
            "p/__init__": "",
            "p/user": "class A:\n    def __init__(self, lock): self.lock = lock\n    def __del__(self): self.lock.acquire()\n",
            "p/user.pyi": "import threading\nclass A:\n    def __init__(self, lock: threading.Lock) -> None: ...\n",
        },
        ["FIN102"],
    ),
    "an attribute": (
        {
            "p/__init__": "",
            "p/user": "class A:\n    def __init__(self): self.event = unknown()\n    def __del__(self): self.event.wait()\n",
            "p/user.pyi": "import threading\nclass A:\n    event: threading.Event\n",
        },
        ["FIN104"],
    ),
    "a stubs package for what is not here": (
        {
            "made-stubs/__init__.pyi": "import threading\ndef make() -> threading.Lock: ...\n",
            "user": "import made\nclass A:\n    def __init__(self): self.lock = made.make()\n"
            "    def __del__(self): self.lock.acquire()\n",
        },
        ["FIN102"],
    ),
    "a stubs package for a package that is here": (
        {
            "made/__init__": "def make(): return unknown()\n",
            "made-stubs/__init__.pyi": "import threading\ndef make() -> threading.Lock: ...\n",
            "user": "import made\nclass A:\n    def __init__(self): self.lock = made.make()\n"
            "    def __del__(self): self.lock.acquire()\n",
        },
        ["FIN102"],
    ),
    "what the code says comes first": (
        {
            "user": "import threading\ndef make(): return threading.RLock()\nclass A:\n"
            "    def __init__(self): self.event = make()\n    def __del__(self): self.event.acquire()\n",
            "user.pyi": "import threading\ndef make() -> threading.Event: ...\n",
        },
        ["FIN112"],
    ),
    "a stub does not hide what is known of a library": (
        {
            "threading.pyi": "class Lock: ...\n",
            "user": "import threading\nclass A:\n    def __init__(self): self.lock = threading.Lock()\n"
            "    def __del__(self): self.lock.acquire()\n",
        },
        ["FIN102"],
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_stubs(name: str, tmp_path: Path) -> None:
    files, expected = PROJECTS[name]
    assert codes(check(tmp_path, files)) == expected
