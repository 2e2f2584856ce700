"""FIN201: handing over through something that takes a lock which is not reentrant."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Confidence

from .programs import lint, of_code


def test_callback_passed_directly(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        "import queue, weakref\nQ = queue.Queue()\ndef f(o):\n    weakref.finalize(o, Q.put, 1)  # reported\n"
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
            self.q.put_nowait(1)  # culprit

        def close(self):
            {first}

        def __del__(self):
            self.close()  # reported
    """
    both = lint(tmp_path, source.format(first="self.thread.join(); self.say()  # culprit"))
    assert of_code(both, "FIN104")
    assert of_code(both, "FIN201") == []
    assert of_code(lint(tmp_path, source.format(first="self.say()")), "FIN201")


@pytest.mark.parametrize(
    ("made", "given", "confidence"),
    [
        ("queue.Queue()", "multiprocessing.Process(target=print, args=(self.q,)).start()", Confidence.LOW),
        ("multiprocessing.Queue()", "multiprocessing.Process(target=print, args=(self.q,)).start()", Confidence.LOW),
        ("multiprocessing.Queue()", "threading.Thread(target=print, args=(self.q,)).start()", Confidence.MEDIUM),
    ],
)
def test_a_queue_with_a_thread_of_its_own(tmp_path: Path, made: str, given: str, confidence: Confidence) -> None:
    """The thread that sends what is in it has the queue's lock for a moment, and another process has another one."""
    source = f"""
        import multiprocessing, queue, threading

        class Part:
            def __init__(self):
                self.q = {made}
                {given}

            def tell(self, what):
                self.q.put(what)

            def close(self):
                self.q.put(None)  # culprit

        class Owner:
            def __init__(self):
                self.part = Part()

            def share(self, others):
                others.see(self.part)

            def __del__(self):
                self.part.close()  # reported
    """
    (found,) = of_code(lint(tmp_path, source), "FIN201")
    assert found.confidence is confidence
