"""Who is parked, and on what: the bookkeeping below every blocking primitive of the runtime.

A thread that must wait enters a `Waiter` in the queues of what it waits for and in the books, in one transition, and
then sleeps, outside the monitor, on the waiter's own lock. Whoever can serve it settles the waiter: outcome, all
queues, the books and the wake-up in one transition. So every entry of a queue is somebody who still waits, the books
say at any moment exactly which threads do, and no clock is needed to find out.
"""

from __future__ import annotations

import _thread
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, NamedTuple

from finlint.runtime.errors import WorldClosed
from finlint.runtime.monitor import Step, World, commit, current_world, transact, transact_leaving


class Outcome(NamedTuple):
    """What a waiter got: which case of a select, the value received, and whether it came from a sender."""

    case: int = 0
    value: Any = None
    ok: bool = True


DONE: Final = Outcome()


class Entry:
    """A place in the queue of something that is waited for; `value` is what a sender sends."""

    __slots__ = ("case", "value", "waiter")

    def __init__(self, waiter: Waiter, case: int = 0, value: Any = None) -> None:
        self.waiter = waiter
        self.case = case
        self.value = value


Queue = deque[Entry]


class Waiter:
    """One thread that waits, or is about to: what for, until when at most, and, once settled, the outcome.

    `subjects` are the channels and the like that it waits for, for reports.
    """

    __slots__ = ("deadline", "entered", "ident", "lock", "outcome", "places", "reason", "subjects", "world")

    def __init__(self, reason: str, subjects: tuple[object, ...] = ()) -> None:
        self.reason = reason
        self.subjects = subjects
        self.ident = _thread.get_ident()
        self.world = current_world()
        self.deadline: float | None = None
        self.outcome: Outcome | BaseException | None = None
        self.entered = False
        self.places: list[tuple[Queue, Entry]] = []
        self.lock = _thread.allocate_lock()
        self.lock.acquire()


_parked: dict[int, list[Waiter]] = {}  # by thread; a signal handler may wait while its thread does


def enqueue(waiter: Waiter, places: list[tuple[Queue, Entry]], also: Iterable[Step] = ()) -> Outcome | None:
    """Enters a waiter in the queues and the books, where it is not yet, and does what belongs to the same step; inside
    the monitor.

    Returns None, the answer of an attempt that must wait.
    """
    if waiter.entered:
        return None
    mine = _parked.setdefault(waiter.ident, [])
    commit(
        [
            partial(setattr, waiter, "places", places),
            partial(setattr, waiter, "entered", True),
            *(partial(queue.append, entry) for queue, entry in places),
            partial(mine.append, waiter),
            *also,
        ]
    )
    return None


def settled(waiter: Waiter, outcome: Outcome | BaseException) -> list[Step]:
    """The steps that let a waiter go on with an outcome; raised there, where it is an exception."""
    return [partial(setattr, waiter, "outcome", outcome), *_withdrawn(waiter), waiter.lock.release]


def _withdrawn(waiter: Waiter) -> list[Step]:
    if not waiter.entered:
        return []
    return [
        *(partial(queue.remove, entry) for queue, entry in waiter.places),
        partial(_parked[waiter.ident].remove, waiter),
        partial(setattr, waiter, "entered", False),
    ]


on_sleep: Callable[[bool], object] | None = None
"""Asked before a thread sleeps without a time limit (False), and when one ends or runs out of work: see `asleep`."""


def capped(seconds: float) -> float:
    """A time to wait, as `threading` takes it: longer ones, ``math.inf`` too, are as long as can be.

    Raises ValueError for what is not a number (``math.nan``).
    """
    if seconds != seconds:
        raise ValueError("a time to wait cannot be NaN")
    return min(seconds, threading.TIMEOUT_MAX)


def wait_for(
    attempt: Callable[[Waiter], Outcome | None], waiter: Waiter, undo: Callable[[bool], object] | None = None
) -> Outcome:
    """Waits until `attempt` succeeds, or somebody settles the waiter that it has enqueued.

    `attempt` runs inside the monitor: it returns an outcome, or enqueues the waiter and returns None. It is asked again
    when the waiter's deadline is over. Raises the outcome, where that is an exception, and WorldClosed. Where an
    exception of a signal handler ends the wait, nothing stays in the queues, and `undo` is called: see `abandon`.
    """
    try:
        outcome = transact(_attempt, attempt, waiter)
        while outcome is None:
            if waiter.deadline is None:
                if on_sleep is not None:
                    on_sleep(False)
                waiter.lock.acquire()
            else:
                left = waiter.deadline - time.monotonic()
                waiter.lock.acquire(timeout=capped(max(left, 0)))
            outcome = waiter.outcome or transact(_attempt, attempt, waiter)
    except BaseException:
        abandon(waiter, undo)
        raise
    if isinstance(outcome, BaseException):
        if undo is not None:
            transact_leaving(undo, False)
        raise outcome
    return outcome


def abandon(waiter: Waiter, undo: Callable[[bool], object] | None) -> None:
    """An exception has ended the wait: takes the waiter out of all queues.

    `undo`, inside the monitor, is told whether what was waited for had been got already, which it gives back.
    """
    if not waiter.entered and waiter.outcome is None:  # never began
        return

    def leave() -> None:
        got = isinstance(waiter.outcome, Outcome)
        commit([*_withdrawn(waiter), partial(setattr, waiter, "outcome", WorldClosed())])
        if undo is not None:
            undo(got)

    if not isinstance(waiter.outcome, BaseException):
        transact_leaving(leave)


def _attempt(attempt: Callable[[Waiter], Outcome | None], waiter: Waiter) -> Outcome | BaseException | None:
    if waiter.outcome is not None:
        return waiter.outcome
    outcome = attempt(waiter)
    if outcome is not None:
        commit([partial(setattr, waiter, "outcome", outcome), *_withdrawn(waiter)])
    return outcome


def release_world(world: World) -> None:
    """Ends a world: every thread of it that is parked, and every one that wants to park later, gets WorldClosed."""

    def release() -> None:
        steps: list[Step] = [partial(setattr, world, "closed", True)]
        for waiters in list(_parked.values()):
            for waiter in waiters:
                if waiter.world is world:
                    steps += settled(waiter, WorldClosed())
        commit(steps)

    transact_leaving(release)


def waits_in(world: World) -> bool:
    """Whether a thread of the world is parked."""
    return any(waiter.world is world for waiters in list(_parked.values()) for waiter in list(waiters))


def parked_waiter(ident: int) -> Waiter | None:
    """The waiter of a thread that waits in a primitive of this package; None when it does not."""
    waiters = _parked.get(ident)
    try:
        return waiters[-1] if waiters else None
    except IndexError:  # woken meanwhile
        return None


def parked_on(ident: int) -> str | None:
    """What the thread waits for in a primitive of this package, in Go's words; None when it does not."""
    waiter = parked_waiter(ident)
    return None if waiter is None else waiter.reason


def forget_thread(ident: int) -> None:
    """The calling thread ends: its line in the books is not needed any more."""
    if not _parked.get(ident):
        _parked.pop(ident, None)
    if on_sleep is not None:
        on_sleep(True)


def _after_fork_in_child() -> None:
    me = _thread.get_ident()
    for ident in [ident for ident in _parked if ident != me]:
        for waiter in _parked[ident]:
            for queue, entry in waiter.places:
                queue.remove(entry)
        del _parked[ident]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
