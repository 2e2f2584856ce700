"""FIN201: handing over through something that takes a lock which is not reentrant."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Severity

from .programs import lint, of_code

_PROGRAM = """
import asyncio, collections, logging, multiprocessing, queue, threading, weakref
from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor
from multiprocessing.pool import ThreadPool

class Owner:
    def __init__(self, loop: asyncio.AbstractEventLoop, free: queue.Queue = None):
        {made}
        self.loop = loop

    def hand_over(self):
        {handoff}

    def __del__(self):
        self.hand_over()
"""

REPORTED = {
    "Queue.put": ("self.q = queue.Queue()", "self.q.put(1)"),
    "Queue.put_nowait": ("self.q = queue.Queue()", "self.q.put_nowait(1)"),
    "Queue.put without blocking": ("self.q = queue.Queue(3)", "self.q.put(1, False)"),
    "LifoQueue.put": ("self.q = queue.LifoQueue()", "self.q.put(1)"),
    "PriorityQueue.put": ("self.q = queue.PriorityQueue()", "self.q.put(1)"),
    "multiprocessing.Queue.put": ("self.q = multiprocessing.Queue()", "self.q.put(1)"),
    "submit to threads": ("self.pool = ThreadPoolExecutor()", "self.pool.submit(print)"),
    "submit to processes": ("self.pool = ProcessPoolExecutor()", "self.pool.submit(print)"),
    "run_in_executor": ("self.x = 1", "self.loop.run_in_executor(None, print)"),
}

SILENT = {
    "SimpleQueue.put": ("self.q = queue.SimpleQueue()", "self.q.put(1)"),
    "SimpleQueue.put_nowait": ("self.q = queue.SimpleQueue()", "self.q.put_nowait(1)"),
    "deque.append": ("self.q = collections.deque()", "self.q.append(1)"),
    "list.append": ("self.q = []", "self.q.append(1)"),
    "call_soon_threadsafe": ("self.x = 1", "self.loop.call_soon_threadsafe(print)"),
    "only referenced": ("self.q = queue.Queue()", "self.later = self.q.put"),
    "a put of our own": ("self.q = Mailbox()", "self.q.put(1)"),
    "nothing is known of it": ("self.q = make()", "self.q.put(1)"),
    "branch that is ruled out": ("self.q = queue.Queue()", "False and self.q.put(1)"),
}


def _lint(folder: Path, made: str, handoff: str) -> list[Severity]:
    text = _PROGRAM.format(made=made, handoff=handoff) + "\nclass Mailbox:\n    def put(self, x):\n        pass\n"
    return [f.severity for f in of_code(lint(folder, text), "FIN201")]


@pytest.mark.parametrize("name", REPORTED)
def test_reported(tmp_path: Path, name: str) -> None:
    assert _lint(tmp_path, *REPORTED[name]) == [Severity.ERROR]


@pytest.mark.parametrize("name", SILENT)
def test_silent(tmp_path: Path, name: str) -> None:
    assert _lint(tmp_path, *SILENT[name]) == []


def test_callback_passed_directly(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        "import queue, weakref\nQ = queue.Queue()\ndef f(o):\n    weakref.finalize(o, Q.put, 1)\n"
        "def g(o):\n    weakref.finalize(o, queue.SimpleQueue().put, 1)\n",
    )
    assert [f.span.line for f in of_code(report, "FIN201")] == [4]


def test_a_serial_finalizer_interrupts_nobody(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        """
        import queue
        from finlint.runtime import set_finalizer
        Q = queue.Queue()

        def gone(o):
            Q.put_nowait(1)

        def watch(o):
            set_finalizer(o, gone)
        """,
    )
    assert of_code(report, "FIN201") == []


def test_a_nearer_wait_at_the_same_place_is_enough(tmp_path: Path) -> None:
    source = """
    import queue, threading

    class Owner:
        def __init__(self):
            self.q = queue.Queue()
            self.thread = threading.Thread(target=print)

        def say(self):
            self.q.put_nowait(1)

        def close(self):
            {first}

        def __del__(self):
            self.close()
    """
    both = lint(tmp_path, source.format(first="self.thread.join(); self.say()"))
    assert of_code(both, "FIN104")
    assert of_code(both, "FIN201") == []
    assert of_code(lint(tmp_path, source.format(first="self.say()")), "FIN201")
