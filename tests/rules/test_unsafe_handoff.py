"""FIN201: handing over through something that takes a lock which is not reentrant."""

from __future__ import annotations

from pathlib import Path

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
