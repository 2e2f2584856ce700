"""FIN102: acquires a lock that is not reentrant."""

from __future__ import annotations

import os

from finlint.analysis.domain.values import Bound, Function
from finlint.analysis.execution.reachability import Witness
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.alive import is_own_lock
from finlint.analysis.properties.lock_regions import Holder, holder
from finlint.model.finding import Hop, Severity
from finlint.rules.base.reaching import NOT_REPORTED, Mildly, Reached, Reaches, lock_of, own_object
from finlint.rules.base.rule import DEL


class Lock(Reaches):
    code = "FIN102"
    kind = "lock"
    verb = "acquires the lock"
    because = ", which is not reentrant"
    timed = True

    summary = "acquires a lock that is not reentrant"
    why = (
        "The collector may start the finalizer at any allocation, also on the thread that holds the lock: it then "
        "waits for itself, for ever. Dropping the last reference under the lock does the same at once."
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
        "let whoever holds the lock next take it out. The finding names a place that holds the lock while it allocates "
        "or drops references, where there is one: the other half of the deadlock."
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
    not_reported = (
        NOT_REPORTED + " Reentrant locks are FIN112. A finalizer on a worker of its own (`finlint.runtime`) "
        "interrupts nobody, and is reported because others may hold the lock for long. A lock that the finalized "
        "object has made for itself, and that only its own methods take, is a note: whoever runs one of them keeps the "
        "object alive, so that nobody has the lock by then."
    )
    evidence = (DEL, "https://github.com/redis/redis-py/issues/3081", "https://github.com/wool-labs/wool/issues/397")

    def subject(self, witness: Witness, about: Reached) -> str:
        return lock_of(witness.effect, about.text_at(witness.steps[-1]))

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        me = own_object(about.finalizer)
        contexts = [step.context for step in witness.steps[1:]]
        if me is None or not contexts or not is_own_lock(me, contexts, witness.effect.span, about.summaries.evaluator):
            return None
        because = "; only methods of the object take it, and whoever runs one keeps the object alive"
        return Mildly(Severity.NOTE, because)

    def other_half(self, witness: Witness, about: Reached) -> tuple[str, Hop] | None:
        """A place that holds the lock while the finalizer may start there; only where it would wait for ever."""
        effect = witness.effect
        if effect.lasts != "unbounded" or about.is_serial:
            return None
        callback = about.finalizer.callback
        function = callback.function if isinstance(callback, Bound) else callback
        node = function.node if isinstance(function, Function) else None
        found = _holder(witness, about, node)
        if found is None:
            return None
        where = f"{os.path.basename(found.path)}:{found.span.line}"
        text = f"`{found.function}` holds the lock while it {found.does}"
        return (
            f"; `{found.function}` ({where}) holds it while it {found.does}: a finalizer that starts there deadlocks",
            Hop(found.path, found.span.line, found.span.column, text),
        )


def _holder(witness: Witness, about: Reached, callback: FunctionNode | None) -> Holder | None:
    for step in reversed(witness.steps[1:] or witness.steps):
        found = holder(step.context, step.span, about.summaries.evaluator, callback)
        function = step.context.function
        # A lock of the project's own: who enters it holds what it acquires then.
        if found is not None or function is None or function.name not in ("__enter__", "acquire"):
            return found
    return None
