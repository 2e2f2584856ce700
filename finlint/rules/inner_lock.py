"""FIN203: calls something that takes a lock of its own, within which another finalizer may call it again."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.execution.reachability import Witness
from finlint.model.finding import Finding, Severity
from finlint.rules.base.reaching import OWN, Mildly, Reached, Reaches


class InnerLock(Reaches):
    code = "FIN203"
    kind = "inner-lock"
    default = False
    claims = ("self-deadlocked",)
    verb = "calls"
    because = ", which takes a lock of its own that is not reentrant: a finalizer that starts inside it deadlocks"
    merged = True

    summary = "calls something that takes an inner lock, where a nested finalizer deadlocks"
    why = (
        "`Event.set()`, `Semaphore.release()`, `Queue.qsize()` and their kin hold a lock of their own for a moment, "
        "and it is not reentrant. Where the finalizer starts on a thread that is inside one of them, it waits for its "
        "own thread, for ever. That takes a collection, or a last reference dropped, between two lines of these "
        "methods. Seen on CPython 3.10 to 3.13 where a tracer written in Python allocates there (a debugger, "
        "`coverage`), and without one for `multiprocessing.Event.set` on 3.10; up to 3.11 the collector runs where "
        "something is allocated, from 3.12 on between any two instructions. `Condition.notify()` takes no lock itself: "
        "who calls it has the condition's, which is FIN102 or FIN112."
    )
    example = """
        import threading

        released = threading.Event()


        class Slot:
            def __del__(self):
                released.set()
    """
    advice = "Append to a `collections.deque`, or put into a `queue.SimpleQueue`, that somebody looks at."
    fix = """
        import queue

        released = queue.SimpleQueue()


        class Slot:
            def __del__(self):
                released.put(None)
    """
    not_reported = (
        "What only the object and its parts have; calls that may wait, which are reported as that wait; what hands "
        "work over, which is FIN201; finalizers of `finlint.runtime`, which interrupt nobody."
    )
    evidence = (
        "https://docs.python.org/3/whatsnew/3.12.html#other-language-changes",
        "https://github.com/python/cpython/issues/97922",
        "https://docs.python.org/3/library/queue.html#queue.SimpleQueue",
    )

    def counts(self, about: Reached) -> bool:
        return not about.is_serial

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        return Mildly(Severity.NOTE, OWN) if about.is_own(witness) else None

    def run(self, about: Reached) -> Iterator[Finding]:
        # Of what nobody else has there is nothing to say.
        return (finding for finding in super().run(about) if finding.severity is not Severity.NOTE)
