"""Whoever is waited for may have the object itself: then nobody is waited for when it is finalized."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Finding, Severity

from .programs import lint, of_code

LOCK = """\
import threading
class A:
    {kept}
    def __init__(self, other=None):
        {made}
    def put(self, item):
        with self.lock:
            self.items = [item]
    {more}
    def __del__(self):
        with self.lock: self.items = None
"""

SHARED_LOCKS = {
    "given": ("", "self.lock = other", ""),
    "given or made": ("", "self.lock = other or threading.Lock()", ""),
    "of the class": ("lock = threading.Lock()", "pass", ""),
    "set on the class": ("lock = None", "type(self).lock = threading.Lock()", ""),
    "passed on": ("", "self.lock = threading.Lock(); self.part = Part(self.lock)", ""),
    "returned": ("", "self.lock = threading.Lock()", "def its_lock(self): return self.lock"),
    "stored elsewhere": ("", "self.lock = threading.Lock()", "def share(self, other): other.lock = self.lock"),
    "left taken": ("", "self.lock = threading.Lock()", "def begin(self): self.lock.acquire()"),
    "a semaphore": ("", "self.lock = threading.Semaphore()", ""),
    "captured as a value": ("", "self.lock = threading.Lock()", "def f(self): return lambda l=self.lock: l"),
}


def _lock(kept: str, made: str, more: str) -> str:
    return LOCK.replace("{kept}", kept or "items = None").replace("{made}", made).replace("{more}", more or "pass")


@pytest.mark.parametrize("shape", SHARED_LOCKS.values(), ids=SHARED_LOCKS)
def test_a_lock_that_others_may_have(shape: tuple[str, str, str], tmp_path: Path) -> None:
    program = _lock(*shape) + "class Part:\n    def __init__(self, lock): self.lock = lock\na = A(threading.Lock())\n"
    for finding in of_code(lint(tmp_path, program), "FIN102"):
        assert finding.severity is Severity.ERROR
        assert "keeps the object alive" not in finding.message


@pytest.mark.parametrize(
    "more",
    [
        "",
        "def f(self): return self.lock.locked()",
        "def f(self): return lambda: self.lock.acquire()",
        "def f(self):\n        self.lock.acquire()\n        self.lock.release()",
    ],
)
def test_a_lock_of_its_own(more: str, tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, _lock("", "self.lock = threading.Lock()", more)), "FIN102")
    assert finding.severity is Severity.NOTE
    assert "whoever runs one keeps the object alive" in finding.message
    assert "deadlocks" not in finding.message
    assert not finding.related


def test_the_lock_of_another_object(tmp_path: Path) -> None:
    program = _lock("", "self.lock = threading.Lock()", "").replace("__del__", "take") + (
        "class B:\n    def __init__(self): self.a = A()\n    def __del__(self): self.a.take()\n"
    )
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.ERROR
    assert "A.put" in finding.message


THREAD = """\
import threading
def work(*args): pass
class Worker(threading.Thread):
    def __init__(self, owner=None):
        super().__init__()
        self.owner = owner
    def run(self): work(self.owner)
class A:
    def __init__(self):
        {started}
        self.thread.start()
    def loop(self): pass
    def __del__(self): self.thread.join()
"""

OWN_THREADS = {
    "a method": "self.thread = threading.Thread(target=self.loop)",
    "an argument": "self.thread = threading.Thread(target=work, args=(self,))",
    "a lambda": "self.thread = threading.Thread(target=lambda: self.loop())",
    "a function in the method": "def run(): self.loop()\n        self.thread = threading.Thread(target=run)",
    "a timer": "self.thread = threading.Timer(5, self.loop)",
    "a subclass of Thread": "self.thread = Worker(self)",
}
OTHER_THREADS = {
    "a function": "self.thread = threading.Thread(target=work)",
    "a class": "self.thread = Worker()",
    "a process": "import multiprocessing\n        self.thread = multiprocessing.Process(target=self.loop)",
    "a lambda of nothing": "self.thread = threading.Thread(target=lambda: work())",
}


def _joined(started: str, folder: Path) -> Finding:
    (finding,) = of_code(lint(folder, THREAD.replace("{started}", started)), "FIN104")
    return finding


@pytest.mark.parametrize("started", OWN_THREADS.values(), ids=OWN_THREADS)
def test_a_thread_that_has_the_object(started: str, tmp_path: Path) -> None:
    """A warning all the same: the finalizer that is to stop it does not run before it has stopped."""
    finding = _joined(started, tmp_path)
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("does not run before, and never stops it")


@pytest.mark.parametrize("started", OTHER_THREADS.values(), ids=OTHER_THREADS)
def test_a_thread_that_has_not(started: str, tmp_path: Path) -> None:
    finding = _joined(started, tmp_path)
    assert finding.severity is Severity.ERROR
    assert "never stops it" not in finding.message


def test_a_thread_that_joins_itself(tmp_path: Path) -> None:
    program = "import threading\nclass T(threading.Thread):\n    def __del__(self): self.join()\n"
    (finding,) = of_code(lint(tmp_path, program), "FIN104")
    assert finding.message.endswith("does not run before, and never stops it")
