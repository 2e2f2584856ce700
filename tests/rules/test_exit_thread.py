"""FIN202: threads that are started, or work that is submitted, when a finalizer may run at exit."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_HEAD = """
import threading, weakref, atexit
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.util import Finalize
POOL = ThreadPoolExecutor()

def stop(*args):
    threading.Thread(target=print).start()

def submit(*args):
    POOL.submit(print)

class Owner:
    def __del__(self):
        threading.Thread(target=print).start()

class Other:
    pass
"""

REPORTED = {
    "finalize": "def f(o):\n    weakref.finalize(o, stop)",
    "finalize that submits": "def f(o):\n    weakref.finalize(o, submit)",
    "finalize that is kept": "def f(o):\n    o.fin = weakref.finalize(o, stop)",
    "atexit set to True": "def f(o):\n    fin = weakref.finalize(o, stop)\n    fin.atexit = True",
    "Finalize with an exit priority": "def f(o):\n    Finalize(o, stop, exitpriority=10)",
    "__del__ of an object of the module": "OWNER = Owner()",
}

SILENT = {
    "atexit set to False": "def f(o):\n    fin = weakref.finalize(o, stop)\n    fin.atexit = False",
    "atexit set to False on an attribute": "def f(o):\n    o.fin = weakref.finalize(o, stop)\n    o.fin.atexit = False",
    "weak references do not run at exit": "KEEP = []\ndef f(o):\n    KEEP.append(weakref.ref(o, stop))",
    "Finalize without exit priority": "def f(o):\n    Finalize(o, stop)",
    "__del__ of short-lived objects": "def f():\n    owner = Owner()\n    return 1",
    "another object of the module": "OTHER = Other()",
    "the thread is only made": "def f(o):\n    weakref.finalize(o, lambda: threading.Thread(target=print))",
}


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, _HEAD + REPORTED[name] + "\n"), "FIN202")


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, _HEAD + SILENT[name] + "\n"), "FIN202") == []
