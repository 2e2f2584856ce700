"""FIN201: offloads through something that takes a lock that is not reentrant."""

from __future__ import annotations

from finlint.analysis.execution.reachability import Witness
from finlint.model.finding import Severity
from finlint.rules.base.reaching import OWN, Mildly, Reached, Reaches


class UnsafeHandoff(Reaches):
    code = "FIN201"
    kind = "unsafe-handoff"
    claims = ("self-deadlocked",)
    verb = "hands work over through"
    because = ", which takes a lock that is not reentrant: a collection inside it deadlocks with itself"
    merged = True

    summary = "offloads through something that takes a lock that is not reentrant"
    why = (
        "The collector may start the finalizer inside `put` or `submit` itself, on the thread that holds their lock: "
        "the finalizer calls `put` again and waits for its own thread, for ever. Offloading is right, but the way "
        "must not lock."
    )
    example = """
        import queue

        closing = queue.Queue()


        class Handle:
            def __init__(self, number):
                self.number = number

            def __del__(self):
                closing.put(self.number)
    """
    advice = (
        "Use `queue.SimpleQueue`, whose `put` is documented as reentrant, `collections.deque.append`, or "
        "`loop.call_soon_threadsafe`. They were probed with a collection at every allocation."
    )
    fix = """
        import queue

        closing = queue.SimpleQueue()


        class Handle:
            def __init__(self, number):
                self.number = number

            def __del__(self):
                closing.put(self.number)
    """
    mended = ("`queue.Queue` to `queue.SimpleQueue`, where only what both have is used (safe for private names)",)
    not_reported = (
        "`SimpleQueue.put`, `deque.append`, `call_soon_threadsafe`; finalizers of `finlint.runtime`, which interrupt "
        "nobody; a hand-over inside a call that waits before it comes to it, which is reported as that wait. A queue "
        "that the object has made for itself and given to nobody is a note: whoever is inside it has the object."
    )
    evidence = (
        "https://docs.python.org/3/library/queue.html#queue.SimpleQueue",
        "https://github.com/python/cpython/issues/59181",
        "https://github.com/python/cpython/pull/5216",
    )

    def counts(self, about: Reached) -> bool:
        return not about.is_serial

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        if about.is_own(witness):
            return Mildly(Severity.NOTE, OWN)
        return None
