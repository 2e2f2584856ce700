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
        with self._lock:  # culprit
            self.items = [item]
    {more}
    def __del__(self):
        with self._lock: self.items = None  # reported
"""

SHARED_LOCKS = {
    "given": ("", "self._lock = other", ""),
    "given or made": ("", "self._lock = other or threading.Lock()", ""),
    "of the class": ("_lock = threading.Lock()", "pass", ""),
    "set on the class": ("_lock = None", "type(self)._lock = threading.Lock()", ""),
    "passed on": ("", "self._lock = threading.Lock(); self.part = Part(self._lock)", ""),
    "returned": ("", "self._lock = threading.Lock()", "def its_lock(self): return self._lock"),
    "stored elsewhere": ("", "self._lock = threading.Lock()", "def share(self, other): other.lock = self._lock"),
    "left taken": ("", "self._lock = threading.Lock()", "def begin(self): self._lock.acquire()"),
    "taken by hand": (
        "",
        "self._lock = threading.Lock()",
        "def f(self, g):\n        self._lock.acquire()\n        g()\n        self._lock.release()",
    ),
    "by two names": ("", "self._lock = self.public = threading.Lock()", ""),
    "a local, too": ("", "self._lock = lock = threading.Lock(); self.part = Part(lock)", ""),
    "in a generator": ("", "self._lock = threading.Lock()", "def f(self):\n        with self._lock: yield 1"),
    "a semaphore": ("", "self._lock = threading.Semaphore()", ""),
    "captured as a value": ("", "self._lock = threading.Lock()", "def f(self): return lambda l=self._lock: l"),
}


def _lock(kept: str, made: str, more: str) -> str:
    return LOCK.replace("{kept}", kept or "items = None").replace("{made}", made).replace("{more}", more or "pass")


@pytest.mark.parametrize("shape", SHARED_LOCKS.values(), ids=SHARED_LOCKS)
def test_a_lock_that_others_may_have(shape: tuple[str, str, str], tmp_path: Path) -> None:
    program = _lock(*shape) + "class Part:\n    def __init__(self, lock): self._lock = lock\na = A(threading.Lock())\n"
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.ERROR
    assert "keeps the object alive" not in finding.message


@pytest.mark.parametrize(
    "more",
    [
        "",
        "def f(self): return self._lock.locked()",
        "def f(self): return lambda: self._lock.locked()",
    ],
)
def test_a_lock_of_its_own(more: str, tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, _lock("", "self._lock = threading.Lock()", more)), "FIN102")
    assert finding.severity is Severity.NOTE
    assert "only the object and its parts take it" in finding.message
    assert "deadlocks" not in finding.message
    assert not finding.related


def test_the_lock_of_another_object(tmp_path: Path) -> None:
    program = _lock("", "self._lock = threading.Lock()", "").replace("__del__", "take").replace(
        "reported", "culprit"
    ) + ("class B:\n    def __init__(self, a: A): self.a = a\n    def __del__(self): self.a.take()  # reported\n")
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.ERROR
    assert "A.put" in finding.message


def test_a_lock_that_the_finalizer_holds_already(tmp_path: Path) -> None:
    program = _lock("", "self._lock = threading.Lock()", "").replace(
        "with self._lock: self.items = None", "with self._lock: self.put(1)"
    )
    found = of_code(lint(tmp_path, program), "FIN102")
    assert [f.severity for f in found if len(f.trace) == 2] == [Severity.ERROR]


def test_what_it_is_called_does_not_matter(tmp_path: Path) -> None:
    program = _lock("", "self._lock = threading.Lock()", "").replace("_lock", "lock")
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.NOTE


THREAD = """\
import threading, weakref
def work(*args): pass
class Worker(threading.Thread):
    def __init__(self, owner=None):
        super().__init__()
        self.owner = owner
    def run(self): work(self.owner)
class Weak(threading.Thread):
    def __init__(self, owner):
        super().__init__()
        self.owner = weakref.ref(owner)
class A:
    def __init__(self):
        {started}
        self.thread.start()
    def loop(self): pass
    def __del__(self): self.thread.join()  # reported
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
    "a subclass with a weak reference": "self.thread = Weak(self)",
    "a lambda of another self": "self.thread = threading.Thread(target=lambda self=None: work(self))",
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


def test_a_thread_that_is_asked_whether_it_runs(tmp_path: Path) -> None:
    """It has the object as long as it runs: by then it does not."""
    program = THREAD.replace("{started}", OWN_THREADS["a method"])
    asked = "\n        if self.thread is not None and self.thread.is_alive(): self.thread.join()  # reported"
    (finding,) = of_code(lint(tmp_path, program.replace("self.thread.join()", asked)), "FIN104")
    assert finding.severity is Severity.NOTE
    told = asked.replace(": self.thread.join()", ":\n            self.ended = True\n            self.thread.join()")
    (finding,) = of_code(lint(tmp_path, program.replace("self.thread.join()", told)), "FIN104")
    assert finding.severity is Severity.WARNING
    program = THREAD.replace("{started}", OTHER_THREADS["a function"])
    (finding,) = of_code(lint(tmp_path, program.replace("self.thread.join()", asked)), "FIN104")
    assert finding.severity is Severity.ERROR


def test_a_thread_of_an_attribute_that_is_declared(tmp_path: Path) -> None:
    started = "self.thread: threading.Thread | None = None\n        " + OWN_THREADS["a function in the method"]
    assert _joined(started, tmp_path).severity is Severity.WARNING


def test_a_thread_that_somebody_else_starts_and_stores(tmp_path: Path) -> None:
    started = "self.thread = None\n        start(self)"
    program = THREAD.replace("{started}", started) + (
        "def start(a: A):\n    def run(): a.loop()\n    thread = threading.Thread(target=run)\n    a.thread = thread\n"
    )
    (finding,) = of_code(lint(tmp_path, program), "FIN104")
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("started", OTHER_THREADS.values(), ids=OTHER_THREADS)
def test_a_thread_that_has_not(started: str, tmp_path: Path) -> None:
    finding = _joined(started, tmp_path)
    assert finding.severity is Severity.ERROR
    assert "never stops it" not in finding.message


def test_a_thread_that_joins_itself(tmp_path: Path) -> None:
    program = "import threading\nclass T(threading.Thread):\n    def __del__(self): self.join()  # reported\n"
    (finding,) = of_code(lint(tmp_path, program), "FIN104")
    assert finding.message.endswith("does not run before, and never stops it")


_LAST_WORDS = """
import queue, threading
class A:
    def __init__(self):
        self.answers = queue.Queue()
        def run():
            {run}
        self.thread = threading.Thread(target={target})
        self.thread.start()
    def __del__(self):
        while self.answers.get() is not None: pass  # reported
"""


@pytest.mark.parametrize(
    ("run", "target", "is_there"),
    [
        ("try: ask()\n            finally: self.answers.put(None)", "run", True),
        ("try: ask()\n            finally: done(), self.answers.put(None)", "run", False),
        ("ask()\n            self.answers.put(None)", "run", False),
        ("try: ask()\n            finally: self.answers.put(None)", "print", False),
        ("answers = self.answers\n            try: ask()\n            finally: self.others.put(None)", "run", False),
    ],
)
def test_what_a_thread_that_had_the_object_has_put(tmp_path: Path, run: str, target: str, is_there: bool) -> None:
    program = _LAST_WORDS.replace("{run}", run).replace("{target}", target)
    (finding,) = of_code(lint(tmp_path, program), "FIN101")
    assert finding.severity is (Severity.NOTE if is_there else Severity.ERROR)


TOLD = """
import queue, socket, threading, time
def work(line):
    while True:
        if line.get() is None: break
class Reader(threading.Thread):
    def __init__(self, line):
        super().__init__()
        self.line = line
    def run(self): work(self.line)
class Watcher:
    def __init__(self):
        self.stop = threading.Event()
        self.ended = False
        self.socket = socket.socket()
    def run(self):
        while not self.stop.is_set() and not self.ended:
            {does}
class A:
    def __init__(self):
        self.line = queue.Queue()
        self.watcher = Watcher()
        self.thread = {thread}
        self.thread.start()
    def __del__(self):
        {tells}
        self.thread.join()  # reported
"""
WATCHES = "threading.Thread(target=self.watcher.run)"


@pytest.mark.parametrize(
    ("thread", "tells", "does", "severity"),
    [
        (WATCHES, "self.watcher.stop.set()", "time.sleep(1)", Severity.WARNING),
        (WATCHES, "self.watcher.ended = True", "self.stop.wait(1)", Severity.WARNING),
        ("threading.Thread(target=work, args=(self.line,))", "self.line.put(None)", "pass", Severity.WARNING),
        ("Reader(self.line)", "self.line.put(None)", "pass", Severity.WARNING),
        (WATCHES, "self.watcher.stop.set()", "self.socket.recv(9)", Severity.ERROR),
        (WATCHES, "self.watcher.stop.set()", "threading.Thread(target=work).join()", Severity.ERROR),
        (WATCHES, "pass", "time.sleep(1)", Severity.ERROR),
        (WATCHES, "self.told = True", "time.sleep(1)", Severity.ERROR),
        ("threading.Thread(target=print)", "self.watcher.stop.set()", "pass", Severity.ERROR),
    ],
)
def test_a_thread_that_was_told_to_end(tmp_path: Path, thread: str, tells: str, does: str, severity: Severity) -> None:
    """It ends soon, if it looks at what it was told and does nothing else that takes time."""
    program = TOLD.replace("{thread}", thread).replace("{tells}", tells).replace("{does}", does)
    (finding,) = of_code(lint(tmp_path, program), "FIN104")
    assert finding.severity is severity
    assert ("which it has told to end" in finding.message) is (severity is Severity.WARNING)


SERVER = """
    import socketserver, threading

    class A:
        def __init__(self):
            self.server = socketserver.TCPServer(("", 0), None)
            threading.Thread(target={target}).start()

        def run(self): self.server.serve_forever()
        def close(self): self.server.shutdown()  # culprit
        def __del__(self):
            self.close()  # reported
"""


@pytest.mark.parametrize(
    ("target", "severity"), [("self.run", Severity.WARNING), ("self.server.serve_forever", Severity.ERROR)]
)
def test_a_server_whose_thread_has_the_object_is_not_waited_for(
    tmp_path: Path, target: str, severity: Severity
) -> None:
    (finding,) = of_code(lint(tmp_path, SERVER.replace("{target}", target)), "FIN104")
    assert finding.severity is severity
    assert ("whose thread has the object until it ends" in finding.message) is (severity is Severity.WARNING)


@pytest.mark.parametrize(
    ("target", "guard", "severity"),
    [
        ("self.run", "self.thread.is_alive()", Severity.NOTE),
        ("self.run", "self.is_read and self.thread.is_alive()", Severity.NOTE),
        ("self.run", "self.is_read or self.thread.is_alive()", Severity.ERROR),
        ("print", "self.thread.is_alive()", Severity.ERROR),
    ],
)
def test_what_is_waited_for_while_a_thread_is_alive_that_has_the_object(
    tmp_path: Path, target: str, guard: str, severity: Severity
) -> None:
    """No such thread is alive by the time that the object is finalized."""
    program = f"""
        import threading

        class A:
            def __init__(self, is_read):
                self.is_read = is_read
                self.done = threading.Event()
                self.thread = threading.Thread(target={target})
                self.thread.start()

            def run(self): self.done.set()

            def __del__(self):
                if {guard}:
                    self.done.wait()  # reported
        """
    (finding,) = of_code(lint(tmp_path, program), "FIN104")
    assert finding.severity is severity
