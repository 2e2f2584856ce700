"""Can these workers get on, or are they stuck for good as far as anybody can see?"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from finlint.runtime.inspect import ASLEEP, Verdict, Watch
from finlint.runtime.worker import WORKERS, Call, Worker

SERVICE_THREADS: Final[set[int]] = set()
"""Threads of this package that look at others at intervals: they release nobody."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SERVICE_THREADS.clear)  # new threads get their numbers

_PATIENCE: Final = 4 * ASLEEP


@contextmanager
def in_service() -> Iterator[None]:
    """The calling thread is one of ``SERVICE_THREADS`` meanwhile."""
    me = threading.get_ident()
    SERVICE_THREADS.add(me)
    try:
        yield
    finally:
        SERVICE_THREADS.discard(me)


class Outlook:
    """Repeated looks at busy workers and at every thread that might release them.

    A worker is stuck when it is blocked or spinning, and no other thread of the process, the caller's aside, is awake:
    a thread that runs may be about to release it. Where one stays awake all the same (somebody computes for hours), the
    worker counts as stuck after four times as many looks. Threads that Python's `threading` does not know are ignored.
    """

    def __init__(self) -> None:
        self._watches: dict[threading.Thread, Watch] = {}
        self._calls: dict[Worker, Call | None] = {}
        self._hopeful_looks = 0

    def hopeless(self, workers: Iterable[Worker]) -> bool:
        """Looks once more; True where some worker is not idle, and every such one is stuck, or dead with work left."""
        busy = [worker for worker in workers if not worker.idle]
        stuck = [self._is_stuck(worker) for worker in busy]
        if not busy or not all(stuck):
            self._hopeful_looks = 0
            return False
        self._hopeful_looks += 1
        nobody_awake = not self._somebody_awake(busy)
        return nobody_awake or self._hopeful_looks >= _PATIENCE

    def verdict(self, worker: Worker) -> Verdict:
        """What the looks at this worker's thread so far say."""
        if worker.dead or worker.thread is None:
            return Verdict("ended", "the worker left for good: SystemExit or goexit() with on_exit='die'")
        return self._watch(worker.thread).verdict()

    def _is_stuck(self, worker: Worker) -> bool:
        thread, call = worker.thread, worker.current
        if worker.dead or thread is None:  # no thread: none can be started any more
            return True
        if call is None:
            return False
        watch = self._watch(thread)
        if self._calls.get(worker) is not call:
            self._calls[worker] = call
            watch.reset()
        watch.step()
        return watch.asleep or watch.spinning

    def _somebody_awake(self, busy: Sequence[Worker]) -> bool:
        """Looks at all the others (without stopping at the first, so that every look counts for each)."""
        aside = {threading.get_ident(), *SERVICE_THREADS, *(worker.thread.ident for worker in busy if worker.thread)}
        awake = False
        for thread in threading.enumerate():
            if thread.ident is None or thread.ident in aside:
                continue
            worker = WORKERS.get(thread.ident)
            if worker is not None and worker.idle:
                continue
            watch = self._watch(thread)
            watch.step()
            awake = awake or not watch.asleep
        return awake

    def _watch(self, thread: threading.Thread) -> Watch:
        watch = self._watches.get(thread)
        if watch is None:
            watch = self._watches[thread] = Watch(thread)
        return watch
