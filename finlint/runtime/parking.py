"""Who is parked, and on what: the bookkeeping below every blocking primitive of the runtime.

One lock, the monitor, guards all transitions of channels, mutexes and wait groups. It is held for a few bytecodes
and never while waiting. A thread that must wait publishes a `Waiter` under the monitor and then sleeps on the
waiter's own lock; whoever can serve it claims the waiter under the monitor, which takes it off the books in the
same step. So at any moment the books say exactly which threads wait, and no clock is needed to find out.
"""

from __future__ import annotations

import _thread
import threading
from types import TracebackType

from finlint.runtime.errors import ReentrantUseError, WorldClosed


class World:
    """The identity of one runtime as its threads see it; `closed` once its threads have been told to leave."""

    __slots__ = ("closed",)

    def __init__(self) -> None:
        self.closed = False


class Waiter:
    """One parked thread: what it waits for, and, once claimed, what it got.

    `index`, `value` and `ok` are the outcome (which case of a select, the value received, whether it came from a
    sender); `failure` is raised in the woken thread instead.
    """

    __slots__ = ("claimed", "failure", "ident", "index", "lock", "ok", "reason", "value", "world")

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.ident = _thread.get_ident()
        self.world = current_world()
        self.claimed = False
        self.index = -1
        self.value: object = None
        self.ok = False
        self.failure: BaseException | None = None
        self.lock = _thread.allocate_lock()
        self.lock.acquire()


class _Monitor:
    """A lock that refuses its own holder instead of waiting for it."""

    __slots__ = ("_lock", "_owner")

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._owner = 0

    def __enter__(self) -> None:
        me = _thread.get_ident()
        if self._owner == me:
            raise ReentrantUseError(
                "a finalizer or signal handler interrupted an operation of finlint.runtime on this thread and "
                "called another one; let it hand the work to rt.go() or a queue.SimpleQueue instead"
            )
        self._lock.acquire()
        self._owner = me

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._owner = 0
        self._lock.release()


MONITOR = _Monitor()
_parked: dict[int, Waiter] = {}
_local = threading.local()


def enter_world(world: World) -> None:
    """Makes the calling thread a thread of `world`, for good."""
    _local.world = world


def current_world() -> World | None:
    """The world whose worker or goroutine the calling thread is; None for every other thread."""
    world: World | None = getattr(_local, "world", None)
    return world


def publish(waiter: Waiter) -> None:
    """Enters a waiter in the books; call with the monitor held. Raises WorldClosed where its world has ended."""
    if waiter.world is not None and waiter.world.closed:
        raise WorldClosed
    _parked[waiter.ident] = waiter


def claim(waiter: Waiter) -> bool:
    """Takes a waiter off the books for the caller, who then sets its outcome and calls `wake`.

    Call with the monitor held. False when another one was faster (a select waits in several queues).
    """
    if waiter.claimed:
        return False
    waiter.claimed = True
    _parked.pop(waiter.ident, None)
    return True


def wake(waiter: Waiter) -> None:
    """Lets a claimed waiter go on."""
    waiter.lock.release()


def sleep_until_woken(waiter: Waiter) -> None:
    """Waits, without the monitor, until the published waiter is woken; raises its failure if it has one."""
    try:
        waiter.lock.acquire()
    except BaseException:  # Ctrl-C in the main thread: leave no entry behind
        with MONITOR:
            claim(waiter)
        raise
    if waiter.failure is not None:
        raise waiter.failure


def release_world(world: World) -> None:
    """Ends a world: every thread of it that is parked, and every one that wants to park later, gets WorldClosed."""
    with MONITOR:
        world.closed = True
        for waiter in [waiter for waiter in _parked.values() if waiter.world is world]:
            if claim(waiter):
                waiter.failure = WorldClosed()
                wake(waiter)


def parked_on(ident: int) -> str | None:
    """What the thread waits for in a primitive of this package, in Go's words; None when it does not."""
    waiter = _parked.get(ident)
    return None if waiter is None else waiter.reason
