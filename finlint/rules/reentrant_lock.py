"""FIN112: acquires a reentrant lock, for which other threads can make it wait."""

from __future__ import annotations

from finlint.analysis.execution.reachability import Witness
from finlint.model.finding import Severity
from finlint.rules.base.locks import TakesLock
from finlint.rules.base.reaching import OWN, Mildly, Reached
from finlint.rules.base.rule import BY_CLEANER, DEL, TRY_LOCK


class ReentrantLock(TakesLock):
    code = "FIN112"
    kind = "reentrant-lock"
    default = False
    verb = "acquires the reentrant lock"
    timed = True

    summary = "acquires a reentrant lock, for which other threads can make it wait"
    why = (
        "An RLock does not deadlock with itself, but the finalizer enters in the middle of what its holder is "
        "changing, and it waits for other threads that hold the lock."
    )
    example = """
        import threading


        class Registry:
            def __init__(self):
                self._lock = threading.RLock()
                self._names = {}

            def remove(self, name):
                with self._lock:
                    self._names.pop(name, None)


        class Entry:
            def __init__(self, registry: Registry, name):
                self._registry = registry
                self._name = name

            def __del__(self):
                self._registry.remove(self._name)
    """
    advice = "Let the finalizer note what is gone in a `collections.deque`, and let the next caller remove it."
    fix = """
        import collections
        import threading


        class Registry:
            def __init__(self):
                self._lock = threading.RLock()
                self._names = {}
                self._gone = collections.deque()

            def names(self):
                with self._lock:
                    while self._gone:
                        self._names.pop(self._gone.popleft(), None)
                    return list(self._names)


        class Entry:
            def __init__(self, registry: Registry, name):
                self._registry = registry
                self._name = name

            def __del__(self):
                self._registry._gone.append(self._name)
    """
    mended = (
        BY_CLEANER,
        TRY_LOCK,
    )
    evidence = (DEL, "https://docs.python.org/3/library/threading.html#rlock-objects")

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        if about.is_own(witness):
            return Mildly(Severity.NOTE, OWN)
        # Never a deadlock by itself: it waits while another thread has the lock.
        return Mildly(Severity.WARNING, self.because) if witness.effect.lasts == "unbounded" else None
