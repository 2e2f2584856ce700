"""Waits that are short on purpose are notes: for what has been told to end before, and bounded by few seconds in all."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Severity

from .programs import lint, of_code

PROGRAM = """
import asyncio, queue, subprocess, threading, time
from multiprocessing import Process

WAIT = 5

def work(*given):
    while True: time.sleep(1)

class Own(threading.Thread):
    def __init__(self):
        super().__init__()
        self.ended = False
    def stop(self): self.ended = True
    def run(self):
        while self.goes_on(): pass
    def goes_on(self): return not self.ended

class Deaf(threading.Thread):
    def stop(self): self.ended = True
    def run(self):
        while True: pass

class A:
    WAIT = 2.5
    def __init__(self):
        self.stop, self.line = threading.Event(), queue.Queue()
        self.loop = asyncio.new_event_loop()
        self.child = subprocess.Popen(["x"])
        self.other = subprocess.Popen(["x"])
        self.process = Process(target=work)
        self.thread = threading.Thread(target=work)
        self.told = threading.Thread(target=work, args=(self.stop,))
        self.serving = threading.Thread(target=self.loop.run_forever)
        self.own, self.deaf = Own(), Deaf()
    def tell(self): self.process.terminate()
    def close(self, wait=3):
        self.process.terminate()
        self.process.join(wait)
    def __del__(self):
{body}
"""


def _of(tmp_path: Path, body: str) -> list[Severity]:
    lines = "\n".join(" " * 8 + line for line in body.split("; "))
    report = lint(tmp_path, PROGRAM.replace("{body}", lines))
    return [finding.severity for finding in report.findings if "join" in finding.message or ".wait" in finding.message]


@pytest.mark.parametrize(
    "body",
    [
        "self.child.terminate(); self.child.wait(timeout=3)",
        "self.child.terminate(); self.child.wait(timeout=WAIT)",
        "self.child.terminate(); self.child.wait(self.WAIT)",
        "self.process.terminate(); self.process.join(10)",
        "self.tell(); self.process.join(1)",
        "self.close()",
        "self.close(wait=1)",
        "self.stop.set(); self.told.join(timeout=2)",
        "self.own.stop(); self.own.join(2)",
        "self.loop.call_soon_threadsafe(self.loop.stop); self.serving.join(2)",
        "child, self.child = self.child, None; child.terminate(); child.wait(3)",
        "try:;     self.child.terminate(); finally:;     self.child.wait(3)",
        "if self.child is not None: self.child.terminate(); self.child.wait(3)",
        "self.child.terminate(); self.child.wait(3); self.process.terminate(); self.process.join(3)",
    ],
)
def test_it_has_told_it_to_end(tmp_path: Path, body: str) -> None:
    found = _of(tmp_path, body)
    assert found
    assert set(found) == {Severity.NOTE}


@pytest.mark.parametrize(
    "body",
    [
        # It takes longer, by itself or with the others, or nobody knows how long.
        "self.child.terminate(); self.child.wait(timeout=11)",
        "self.child.terminate(); self.child.wait(timeout=float(input()))",
        "self.child.terminate(); self.child.wait(6); self.process.terminate(); self.process.join(6)",
        "for _ in range(9):;     self.child.terminate();     self.child.wait(1)",
        "while self.child.wait(1): self.child.terminate()",
        "[self.close() for _ in range(9)]",
        # Nobody is told, somebody else is, or afterwards.
        "self.child.wait(timeout=3)",
        "self.other.terminate(); self.child.wait(timeout=3)",
        "self.child.wait(timeout=3); self.child.terminate()",
        "if self.stop:;     self.child.terminate(); else:;     self.child.wait(3)",
        "self.ended = True; self.thread.join(3)",
        "self.deaf.stop(); self.deaf.join(2)",
    ],
)
def test_it_takes_longer_or_nobody_was_told(tmp_path: Path, body: str) -> None:
    assert Severity.WARNING in _of(tmp_path, body)


def test_a_thread_that_has_the_object_is_lost_however_shortly_it_is_waited_for(tmp_path: Path) -> None:
    """The bound mends nothing: the thread is told to end by a finalizer that does not run before it has."""
    (finding,) = of_code(
        lint(
            tmp_path,
            """
            import threading

            class A:
                def __init__(self):
                    self.stop = threading.Event()
                    self.thread = threading.Thread(target=self.run)
                def run(self): self.stop.wait()
                def close(self):
                    self.stop.set()
                    self.thread.join(timeout=1)  # culprit
                def __del__(self):
                    self.close()  # reported
            """,
        ),
        "FIN104",
    )
    assert finding.severity is Severity.WARNING
    assert "has the object until it ends" in finding.message


@pytest.mark.parametrize("tells", ["self.child.terminate()", "self.stop.set()"])
@pytest.mark.parametrize("sleep", ["time.sleep(1)", "gevent.sleep(1)"])
def test_a_pause_always_takes_its_time(tmp_path: Path, tells: str, sleep: str) -> None:
    (pause,) = of_code(
        lint(
            tmp_path,
            f"""
            import gevent, subprocess, threading, time

            class A:
                def __init__(self):
                    self.child, self.stop = subprocess.Popen(["x"]), threading.Event()
                def __del__(self):
                    {tells}
                    {sleep}  # reported
            """,
        ),
        "FIN103",
    )
    assert pause.severity is Severity.WARNING
