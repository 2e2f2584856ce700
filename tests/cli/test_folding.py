"""One problem is one finding, which says how many there were."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from finlint.engine import analyse
from finlint.folding import fold
from finlint.report.jsonfmt import finding_object
from finlint.report.view import View

PROGRAMS = {
    "the same call through outer finalizers": (
        """
        import time
        class Inner:
            def close(self): time.sleep(9)
            def __del__(self): self.close()
        class Outer:
            def __init__(self): self.inner = Inner()
            def __del__(self): self.inner.close()
        """,
        {("FIN103", 5): 1},
    ),
    "what one line comes to": (
        """
        import threading
        ONE, TWO = threading.Event(), threading.Event()
        def stop():
            first()
            second()
        def first(): ONE.wait()
        def second(): TWO.wait()
        class A:
            def __del__(self): stop()
        """,
        {("FIN104", 10): 1},
    ),
    "a child that is told to end, and waited for": (
        """
        import subprocess
        class A:
            def __init__(self): self._child = subprocess.Popen(["x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            def write(self): self._child.stdin.write(b"end")
            def answer(self): return self._child.stdout.readline()
            def stop(self): self._child.wait()
            def close(self):
                self.write()
                self.answer()
                self.stop()
            def __del__(self): self.close()
        """,
        {("FIN101", 12): 2},
    ),
    "a child, and another": (
        """
        import subprocess
        class A:
            def __init__(self):
                self._one = subprocess.Popen(["x"], stdout=subprocess.PIPE)
                self._two = subprocess.Popen(["y"], stdin=subprocess.PIPE)
            def answer(self): return self._one.stdout.readline()
            def stop(self): self._two.wait()
            def close(self):
                self.answer()
                self.stop()
            def __del__(self): self.close()
        """,
        {("FIN101", 12): 0, ("FIN107", 12): 0},
    ),
    "lines of their own": (
        """
        import threading
        ONE, TWO = threading.Event(), threading.Event()
        class A:
            def __del__(self):
                ONE.wait()
                TWO.wait()
        """,
        {("FIN104", 6): 0, ("FIN104", 7): 0},
    ),
    "a loop that sleeps": (
        """
        import threading, time
        class A:
            def __init__(self): self.thread = threading.Thread(target=print)
            def __del__(self):
                while self.thread.is_alive():
                    time.sleep(1)
        """,
        {("FIN110", 6): 1},
    ),
    "a bounded put that locks": (
        """
        import queue
        Q = queue.Queue(5)
        class A:
            def __del__(self):
                Q.put(None)
        """,
        {("FIN109", 6): 1},
    ),
    "a request, and the pause before the next try": (
        """
        import requests, time
        class A:
            def send(self):
                while not requests.post("http://x", timeout=9).ok:
                    time.sleep(1)
            def flush(self): self.send()
            def close(self): self.flush()
            def __del__(self): self.close()
        """,
        {("FIN105", 9): 1},
    ),
    "a request and a file of two methods": (
        """
        import requests
        class A:
            def send(self): requests.post("http://x")
            def save(self): open("x", "w").write("x")
            def close(self):
                self.send()
                self.save()
            def __del__(self): self.close()
        """,
        {("FIN105", 9): 0, ("FIN106", 9): 0},
    ),
    "what is only slow, beside what waits for ever": (
        """
        import threading, time
        EVENT = threading.Event()
        class A:
            def send(self):
                time.sleep(1)
                EVENT.wait()
            def flush(self): self.send()
            def close(self): self.flush()
            def __del__(self): self.close()
        """,
        {("FIN104", 10): 1},
    ),
    "what is slow, beside what is locked for a moment": (
        """
        import threading, time
        EVENT = threading.Event()
        class A:
            def send(self):
                time.sleep(1)
                EVENT.set()
            def flush(self): self.send()
            def close(self): self.flush()
            def __del__(self): self.close()
        """,
        {("FIN103", 10): 0, ("FIN203", 10): 0},
    ),
    "the same call twice, in the same words": (
        """
        import threading
        LOCK = threading.Lock()
        def other():
            with LOCK: return [object()]
        class A:
            def __del__(self):
                with LOCK: pass
                self.x = 1
                with LOCK: pass
        """,
        {("FIN102", 8): 1},
    ),
    "a client that says goodbye, and waits for its thread": (
        """
        import socket, threading
        class Client:
            def __init__(self, address):
                self.socket = socket.create_connection(address, timeout=3)
                self.thread = threading.Thread(target=print)
            def close(self):
                self.socket.sendall(b"bye")
                self.thread.join()
        class A:
            def __init__(self): self.client = Client(("x", 9))
            def __del__(self): self.client.close()
        """,
        {("FIN104", 12): 1},
    ),
    "a put that locks, and may wait if there is a bound": (
        """
        import queue
        class Pool:
            def __init__(self, size): self.free = queue.Queue(size)
        class A:
            def __init__(self, pool: Pool): self.pool = pool
            def __del__(self):
                self.pool.free.put(None)
        """,
        {("FIN201", 8): 1},
    ),
    "a thread that is told to end, and waited for": (
        """
        import queue, requests, threading
        def work(waiting):
            while (url := waiting.get()) is not None: requests.get(url)
        class A:
            def __init__(self):
                self.waiting = queue.Queue()
                self.thread = threading.Thread(target=work, args=(self.waiting,))
            def close(self):
                self.waiting.put(None)
                self.thread.join()
            def __del__(self): self.close()
            def fetch(self, url): self.waiting.put(url)
        """,
        {("FIN104", 12): 1},
    ),
    "a thread that is told to end, and not waited for": (
        """
        import queue, threading
        def work(waiting): waiting.get()
        class A:
            def __init__(self):
                self.waiting = queue.Queue()
                threading.Thread(target=work, args=(self.waiting,)).start()
                self.event = threading.Event()
            def close(self): self.waiting.put(None)
            def pause(self): self.event.wait()
            def __del__(self):
                self.close()
                self.pause()
        """,
        {("FIN201", 12): 0, ("FIN104", 13): 0},
    ),
    "what heirs come to by the finalizer of their base": (
        """
        import asyncio, threading
        ONE = threading.Event()
        async def work(): pass
        class Base:
            def end(self): pass
            def __del__(self): self.end()
        class Waits(Base):
            def end(self): ONE.wait()
        class Runs(Base):
            def end(self): asyncio.run(work())
        """,
        {("FIN104", 7): 1},
    ),
    "what one class comes to by one line, of two kinds": (
        """
        import asyncio, threading
        ONE = threading.Event()
        async def work(): pass
        class A:
            def end(self):
                ONE.wait()
                asyncio.run(work())
            def __del__(self): self.end()
        """,
        {("FIN104", 9): 0, ("FIN108", 9): 0},
    ),
    "files, one after another": (
        """
        import os
        class A:
            def __del__(self):
                os.open("a", os.O_RDONLY)
                open("b").read()
        """,
        {("FIN106", 5): 1},
    ),
    "a wait, and one after kill": (
        """
        import subprocess
        class A:
            def __init__(self): self.p = subprocess.Popen(["x"])
            def close(self):
                try:
                    self.p.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    self.p.kill()
                    self.p.wait()
            def __del__(self): self.close()
        """,
        {("FIN107", 11): 0},
    ),
}


def test_what_one_client_of_another_module_comes_to(tmp_path: Path) -> None:
    client = """
        import socket
        class Client:
            def __init__(self, address): self.socket = socket.create_connection(address)
            def send(self, data): self.socket.sendall(data)
            def save(self, path):
                with open(path, "w") as file: file.write("x")
    """
    program = """
        from client import Client
        class A:
            def __del__(self):
                client = Client(("x", 9))
                client.send(b"end")
                client.save("x")
    """
    for name, text in (("client", client), ("program", program)):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    report = analyse([str(tmp_path / "program.py")])
    found = fold(f for f in report.findings if f.code < "FIN4" and f.severity.value != "note")
    assert [(f.code, f.span.line, [other.code for other in f.folded]) for f in found] == [
        ("FIN105", 5, ["FIN105", "FIN106"])
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_folded(name: str, tmp_path: Path) -> None:
    program, expected = PROGRAMS[name]
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(program))
    report = analyse([str(path)])
    found = fold(f for f in report.findings if f.code < "FIN4" and f.severity.value != "note")
    assert {(f.code, f.span.line): len(f.folded) for f in found} == expected
    view = View(report, str(tmp_path), lambda path: [])
    for finding in found:
        shown: dict[str, Any] = json.loads(json.dumps(finding_object(finding, view)))
        assert len(shown.get("folded", ())) == len(finding.folded)
        assert ("more like it)" in shown["message"]) is bool(finding.folded)
