"""Looking at a world: the parts of its profile, and whether its workers get on."""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from finlint.runtime import collector
from finlint.runtime.feeders import feeders_of
from finlint.runtime.inspect import ASLEEP, PACE, Verdict, inspect_thread
from finlint.runtime.monitor import Exclusive
from finlint.runtime.names import type_name
from finlint.runtime.outlook import Outlook
from finlint.runtime.parking import capped
from finlint.runtime.profile import Retained, Running, Waiting
from finlint.runtime.worker import Call, Job, Worker


def running(worker: Worker) -> Running | None:
    """What the worker runs, after at most 60 ms of looking; None where it runs nothing, or goes on meanwhile."""
    call, thread = worker.current, worker.thread
    if call is None or thread is None:
        return None
    verdict = inspect_thread(thread, looks=ASLEEP + 5, give_up=lambda: worker.current is not call)
    return describe(worker, call, verdict) if worker.current is call else None


def describe(worker: Worker, call: Call, verdict: Verdict) -> Running:
    """A call of a worker, for a profile."""
    feeders = None
    if verdict.evidence == "books" and worker.thread is not None and worker.thread.ident is not None:
        feeders = feeders_of(worker.thread.ident)
    site = None if call.site is None else str(call.site)
    return Running(worker.callback, call.type_name, call.function, call.age(), verdict, site, call.returned, feeders)


def backlog(workers: Sequence[Worker]) -> tuple[Waiting, ...]:
    """What waits, by type and function."""
    return tuple(
        Waiting(worker.callback, kind, function, number)
        for worker in workers
        for (kind, function), number in worker.backlog().items()
    )


def retained(worker: Worker, collecting: Exclusive) -> tuple[Retained, ...]:
    """What lives through the queue alone: trial deletion from the queued objects."""
    roots, owned = _held(worker.waiting())
    if not roots:
        return ()
    queued = len(roots)
    owned.update(_identities(worker.trash))  # of the last profile
    # Nobody adds to the queue; the worker may take from it, which only makes objects alive.
    graph = collecting.run(collector.survey, roots, owned, leaves=True)
    alive = graph.alive()
    kinds: dict[str, list[object]] = {}
    dying: list[object] = []
    for position, node in enumerate(graph.nodes):
        if position and position not in alive:
            kinds.setdefault(type_name(node), []).append(node)
            dying.append(node)
        elif 0 < position <= queued:
            dying.append(node)
    found = tuple(Retained(kind, len(nodes), collector.retained_size(nodes)) for kind, nodes in kinds.items())
    # The worker may have finished some meanwhile: they are to die there and not here, on whoever asked.
    node = None
    del graph
    kinds.clear()
    worker.discard(dying)
    return found


def _identities(trash: Collection[object]) -> list[int]:
    """Of things that the worker may drop meanwhile: held here, they might die here."""
    while True:
        try:
            return list(map(id, trash))
        except RecursionError:
            raise
        except RuntimeError:
            # "deque mutated during iteration": fewer are there now.
            continue


def _held(jobs: Iterable[Job]) -> tuple[list[object], Counter[int]]:
    """What the jobs hold, each thing once, and how many of them hold it."""
    held: dict[int, object] = {}
    count: Counter[int] = Counter()
    for arg in [job.arg for job in jobs]:
        if arg is not None:  # it is through
            held[id(arg)] = arg
            count[id(arg)] += 1
    return list(held.values()), count


def state(worker: Worker) -> Literal["not started", "idle", "busy", "dead"]:
    """The worker in a word."""
    if worker.dead:
        return "dead"
    if worker.thread is None:
        return "not started" if worker.idle else "busy"
    return "idle" if worker.idle else "busy"


def wait_for(workers: Sequence[Worker], timeout: float | None, outlook: Outlook) -> bool:
    """Waits until the workers are idle; False once they are stuck, or the time (seconds) is up."""
    deadline = None if timeout is None else time.monotonic() + capped(timeout)
    bell: queue.SimpleQueue[None] = queue.SimpleQueue()
    try:
        for worker in workers:
            worker.listen(bell)
        while not all(worker.idle for worker in workers):
            if outlook.hopeless(workers):
                return False
            pause = PACE if deadline is None else min(PACE, deadline - time.monotonic())
            if pause <= 0:
                return False
            try:
                bell.get(timeout=pause)
            except queue.Empty:
                continue
            for worker in workers:
                worker.unlisten(bell)
                worker.listen(bell)
        return True
    finally:
        for worker in workers:
            worker.unlisten(bell)
