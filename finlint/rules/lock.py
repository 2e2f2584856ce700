"""FIN102: acquires a lock that is not reentrant."""

from __future__ import annotations

from finlint.analysis.execution.reachability import Witness
from finlint.analysis.properties.lock_regions import Holder
from finlint.model.finding import Confidence, Severity
from finlint.rules.base.locks import TakesLock, is_of_library
from finlint.rules.base.reaching import NOT_REPORTED, OWN, Mildly, Reached
from finlint.rules.base.rule import BY_CLEANER, DEL, TRY_LOCK

#: Calls from which on it is less sure that somebody else can have the lock by then (``docs/accuracy.md``).
_FAR = 4


class Lock(TakesLock):
    code = "FIN102"
    kind = "lock"
    verb = "acquires the lock"
    because = ", which is not reentrant"
    timed = True

    summary = "acquires a lock that is not reentrant"
    why = (
        "The collector may start the finalizer at any allocation, also on the thread that holds the lock: it then "
        "waits for itself, for ever. Dropping the last reference under the lock does the same at once. CPython 3.12 "
        "and later start a collection that is due behind the next call or at the end of a round of a loop; on 3.12 and "
        "3.13 `with lock:` allocates before it takes the lock, so that there a single call under it is enough, one "
        "that allocates nothing too."
    )
    example = """
        import threading


        class Pool:
            def __init__(self):
                self._lock = threading.Lock()
                self._free = []

            def take(self):
                with self._lock:
                    return self._free.pop() if self._free else Connection(self)

            def give_back(self, raw):
                with self._lock:
                    self._free.append(raw)


        class Connection:
            def __init__(self, pool: Pool):
                self._pool = pool
                self._raw = object()

            def __del__(self):
                self._pool.give_back(self._raw)
    """
    advice = (
        "Let the finalizer append to a `collections.deque` or put into a `queue.SimpleQueue`, which need no lock, and "
        "let whoever holds the lock next take it out. The finding names a place that holds the lock while it allocates,"
        " drops references or calls something, where there is one: the other half of the deadlock."
    )
    fix = """
        import collections
        import threading


        class Pool:
            def __init__(self):
                self._lock = threading.Lock()
                self._free = []
                self._returned = collections.deque()

            def take(self):
                with self._lock:
                    while self._returned:
                        self._free.append(self._returned.popleft())
                    return self._free.pop() if self._free else Connection(self)

            def give_back(self, raw):
                self._returned.append(raw)


        class Connection:
            def __init__(self, pool: Pool):
                self._pool = pool
                self._raw = object()

            def __del__(self):
                self._pool.give_back(self._raw)
    """
    mended = (
        BY_CLEANER,
        TRY_LOCK,
    )
    not_reported = (
        NOT_REPORTED + " Reentrant locks are FIN112. A finalizer on a worker of its own (`finlint.runtime`) "
        "interrupts nobody, and is reported because others may hold the lock for long. A lock that the finalized "
        "object, or a part that it alone has, has made for itself and given to nobody but `weakref.finalize`, or a "
        "part that has one of its methods, is a note: whoever takes it has the object alive, so that nobody holds the "
        "lock by then. One that the object, or a part, has made is of low confidence, and not shown, unless somebody "
        "is seen to get it who need not have the object: a thread, a table, a caller. It is an error where a place is "
        "known that holds the lock while a finalizer can start there, and a warning where none is: then it waits for "
        "another thread. Where others take it, too, and all of them give it back after a few statements that call "
        "nothing, as those that count references, it is a note. So is a lock inside a thing of a library, as that of a "
        "`grpc.Server`, which is known to be taken and not by whom else, where no deadlock of it has been reported, "
        "as one of `grpc.Channel.close` has; a lock four calls away of which no such place is known, or of which it "
        "is not known whose it is, is of low confidence, and not shown."
    )
    evidence = (DEL, "https://github.com/redis/redis-py/issues/3081", "https://github.com/wool-labs/wool/issues/397")

    def certainty(self, witness: Witness, about: Reached) -> Confidence:
        sure = super().certainty(witness, about)
        if sure is Confidence.LOW:
            return sure
        held = about.custody(witness)
        near = len(witness.steps) - 1 < _FAR
        # Much may lie between: whether anybody can have it by then, where nobody is seen to, or it is not known whose
        # it is.
        if not near and (not held.holders or about.origin(witness) == "unknown"):
            return Confidence.LOW
        return sure if near and held.known else Confidence.MEDIUM

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        held = about.custody(witness)
        if held.own:
            return Mildly(Severity.NOTE, OWN)
        if held.reentrant:
            return Mildly(Severity.NOTE, ", which the thread that has it does not take again")
        if held.momentary and not about.is_serial:
            return Mildly(Severity.NOTE, ", which is not reentrant; who has it calls nothing until he gives it back")
        if is_of_library(witness.effect):
            entry = about.summaries.evaluator.knowledge.entry(witness.effect.call)
            if entry is not None and entry.deadlocks:
                return Mildly(Severity.WARNING, ", under which finalizers are known to start: it deadlocks then")
            return Mildly(Severity.NOTE, ", which the library does not hold for long")
        if held.holders or about.is_serial or witness.effect.lasts != "unbounded":
            return None
        return Mildly(Severity.WARNING, ", which is not reentrant: it waits while another thread has it")

    def other_halves(self, witness: Witness, about: Reached) -> tuple[Holder, ...]:
        """Places that hold the lock while the finalizer may start there; only where it would wait for ever."""
        return () if witness.effect.lasts != "unbounded" or about.is_serial else about.custody(witness).holders
