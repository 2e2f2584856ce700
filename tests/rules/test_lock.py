"""FIN102: what is a lock that the finalizer takes, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_LIBRARY = """
import threading

class Lib:
    def __init__(self):
        self._lock = threading.Lock()
        self._found = {{}}

    def __getattr__(self, name):
        with self._lock:  # culprit
            value = lookup(name)
            {store}
            return value

lib = Lib()

class Handle:
    def __del__(self):
        lib.close(self)  # reported
"""


@pytest.mark.parametrize(
    "store", ["self.__dict__[name] = value", "setattr(self, name, value)", "super().__setattr__(name, value)"]
)
def test_getattr_that_remembers_runs_for_the_first_reader_only(tmp_path: Path, store: str) -> None:
    assert lint(tmp_path, _LIBRARY.format(store=store)).findings == ()


def test_getattr_that_runs_each_time(tmp_path: Path) -> None:
    report = lint(tmp_path, _LIBRARY.format(store="self._found[name] = value"))
    assert [f.code for f in of_code(report, "FIN")] == ["FIN102"]


def test_detach_of_a_stream_is_file_io(tmp_path: Path) -> None:
    # It writes what the buffer holds (a full pipe makes it wait), and takes no lock that others could hold for long.
    report = lint(
        tmp_path,
        """
        import io

        class Writer:
            def __init__(self, raw):
                self.stream = io.BufferedWriter(raw)

            def __del__(self):
                self.stream.detach()  # reported
        """,
    )
    assert [f.code for f in of_code(report, "FIN1")] == ["FIN106"]


@pytest.mark.parametrize(
    "body",
    [
        "if lock.acquire(blocking=False): lock.release()",
        "if lock.acquire(False): lock.release()",
        "if lock.acquire(timeout=0): lock.release()",
        "lock.locked()",
        "work = lock.acquire",
        "threading.Thread(target=lock.acquire)",
        "own = threading.Lock()",
    ],
)
def test_silent(tmp_path: Path, body: str) -> None:
    report = lint(
        tmp_path,
        f"import threading\nlock = threading.Lock()\nclass A:\n    def __del__(self):\n        {body}\n",
    )
    assert of_code(report, "FIN102") == []


def test_two_locks_of_one_call_are_two(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        import threading

        class A:
            def __init__(self, one=None, other=None):
                self._first = one or threading.Lock()
                self._second = other or threading.Lock()

            def close(self):
                with self._first:  # culprit
                    pass
                with self._second:  # culprit
                    pass
                with self._second:  # culprit
                    pass

            def __del__(self):
                self.close()  # reported
        """,
    )
    assert [f.culprit.line for f in of_code(report, "FIN102") if f.culprit] == [10, 12]


def test_of_many_locks_the_nearest(tmp_path: Path) -> None:
    """A finalizer that reaches half of a package is one thing to mend."""
    count = 9
    locks = "".join(f"LOCK{n} = threading.Lock()\n" for n in range(count))
    calls = "".join(f"def f{n}():\n    with LOCK{n}: pass  # culprit\n    f{n + 1}()\n" for n in range(count))
    program = (
        f"import threading\n{locks}{calls}def f{count}(): pass\nclass A:\n    def __del__(self): f0()  # reported\n"
    )
    found = sorted(of_code(lint(tmp_path, program), "FIN102"), key=lambda finding: len(finding.trace))
    assert [len(f.trace) for f in found] == [2, 3, 4, 5, 6]
    assert [f.message.endswith("(and 4 more, further away)") for f in found] == [False] * 4 + [True]


def test_of_many_on_lines_of_their_own_all(tmp_path: Path) -> None:
    """Whoever silences some of the lines sees the others."""
    lines = "".join(f"        with LOCK{n}: pass  # reported\n" for n in range(8))
    locks = "".join(f"LOCK{n} = threading.Lock()\n" for n in range(8))
    program = f"import threading\n{locks}class A:\n    def __del__(self):\n{lines}"
    assert len(of_code(lint(tmp_path, program), "FIN102")) == 8


_COUNTED = """
import threading

class Shared:
    def __init__(self):
        self._lock = threading.Lock()
        self._count = 0

    def more(self):
        with self._lock:
            {more}

    def less(self):
        with self._lock:  # culprit
            self._count -= 1
            return self._count

class Handle:
    def __init__(self, shared: Shared):
        self.shared = shared

    def __del__(self):
        self.shared.less()  # reported
"""


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ("self._count += 1", "note"),
        ("self._count += 1\n\n    def helper(self):\n        return Helper(self._lock)", "warning"),
        ("self._count = yield", "warning"),
        ("self._count = wait()", "error"),
        ("self._names = [self]", "error"),
    ],
)
def test_a_lock_that_nobody_has_for_long(tmp_path: Path, more: str, severity: str) -> None:
    (found,) = of_code(lint(tmp_path, _COUNTED.format(more=more)), "FIN102")
    assert found.severity.value == severity


@pytest.mark.parametrize(("calls", "confidence"), [(2, "high"), (3, "medium")])
def test_a_lock_far_away_is_less_sure(tmp_path: Path, calls: int, confidence: str) -> None:
    inner = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(1, calls))
    source = (
        f"import threading\nLOCK = threading.Lock()\n{inner}def f{calls}():\n    with LOCK: print([1])  # culprit\n"
    )
    (found,) = of_code(lint(tmp_path, source + "class A:\n    def __del__(self): f1()  # reported\n"), "FIN102")
    assert found.confidence.value == confidence


_FAR = """
import threading, weakref

class Scope:
    def __init__(self):
        self.gate = threading.Lock()

    def close(self): self.step()

    def step(self):
        self.end()  # reported

    def end(self):
        with self.gate: print([1])  # culprit

def cleanup(scope):
    scope.close()  # reported

class A:
    def __init__(self, scope: Scope):
        self.scope = scope
        {registers}
"""


@pytest.mark.parametrize(
    ("registers", "confidence"),
    [
        ("weakref.finalize(self, cleanup, scope)", "low"),
        ("weakref.finalize(self, scope.step)", "high"),
        ("\n    def __del__(self):\n        cleanup(self.scope)  # reported", "medium"),
    ],
)
def test_a_lock_far_away_of_which_it_is_not_known_whose_it_is(tmp_path: Path, registers: str, confidence: str) -> None:
    """A callback has no object by which it could be told who else has what it is given."""
    (found,) = of_code(lint(tmp_path, _FAR.format(registers=registers)), "FIN102")
    assert found.confidence.value == confidence


@pytest.mark.parametrize(
    ("made", "closed", "severity"),
    [
        ("grpc.insecure_channel('a')", "close()", "warning"),
        ("grpc.server(None)", "stop(None)", "note"),
    ],
)
def test_a_lock_inside_a_library_that_is_known_to_deadlock(
    tmp_path: Path, made: str, closed: str, severity: str
) -> None:
    source = f"""
        import grpc

        class Client:
            def __init__(self):
                self.thing = {made}

            def __del__(self):
                self.thing.{closed}  # reported, culprit
    """
    (found,) = of_code(lint(tmp_path, source), "FIN102")
    assert found.severity.value == severity


@pytest.mark.parametrize("condition", ["not_empty", "not_full", "all_tasks_done", "mutex"])
def test_the_conditions_of_a_queue_have_its_lock(tmp_path: Path, condition: str) -> None:
    """``queue.Queue`` makes its conditions with a ``Lock``, where a ``Condition`` makes an ``RLock`` by default."""
    report = lint(
        tmp_path,
        f"""
        import queue

        class A:
            def __init__(self, jobs: queue.Queue):
                self.jobs = jobs

            def __del__(self):
                with self.jobs.{condition}:  # reported
                    pass
        """,
    )
    assert [f.code for f in of_code(report, "FIN1")] == ["FIN102"]


@pytest.mark.parametrize(
    ("target", "severity"), [("target=self.run", "note"), ("target=work, args=(self.queue,)", "warning")]
)
def test_the_mutex_of_a_queue_is_held_by_who_has_the_queue(tmp_path: Path, target: str, severity: str) -> None:
    report = lint(
        tmp_path,
        f"""
        import queue, threading

        def work(jobs): jobs.put(1)

        class A:
            def __init__(self):
                self.queue = None

            def start(self):
                self.queue = queue.Queue(9)
                threading.Thread({target}).start()

            def run(self): self.queue.put(1)

            def __del__(self):
                with self.queue.mutex:  # reported
                    self.queue.queue.clear()
        """,
    )
    assert [f.severity.value for f in of_code(report, "FIN102")] == [severity]
