"""The one lock of the runtime's primitives, and why it can be trusted.

Every transition of a channel, a mutex, a wait group and the like happens inside the monitor. A thread can be
interrupted in there: the interpreter runs signal handlers (main thread), garbage collections and their ``__del__`` and
weak reference callbacks (any thread) between two bytecodes, switches threads, and delivers exceptions that one thread
has thrown into another. None of that may leave the lock held, a transition half done, or wait for itself.

1. *The lock is a C ``RLock``, taken with ``with``, nowhere else than in `Exclusive.run`.* The instruction that enters
   the block has taken the lock when the block is covered: CPython 3.10 and later look for signals and exceptions after
   calls, at jumps backwards and at the start of functions only (bpo-29988), so there is no place between.
2. *The holder knows itself.* An ``RLock`` knows its thread from the moment it is taken until it is given back, and only
   that thread asks. Who has it already has interrupted an operation of its own thread, and gets `ReentrantUseError`.
   Nobody has it twice: whoever waits has given it back, so that others can come and end the waiting.
3. *A transition is one call into C.* The body decides first and changes nothing; then it hands all changes to `commit`,
   which makes them one after another without returning to the interpreter's loop: no signal handler and no exception
   comes between. (A collection that CPython 3.10 or 3.11 starts in there may run a ``__del__``, which finds the lock
   taken; what it raises is its own.) So whatever ends the body, a transition has happened or it has not.
4. *Nobody waits in here*, and no code of the user's is called: not ``__eq__``, ``__hash__``, or ``__del__``. A value
   that a transition takes out of a queue is held by the operation until it has left.
5. *A closed world is left politely.* `transact` asks inside the lock whether the world of the thread is closed.
   So once `close` has been inside the monitor, no thread of that world begins an operation, but for those that give
   something back (``unlock``, ``close``), which a ``finally`` needs: see `transact_leaving`.

A fork may happen while another thread is inside. The child has only the forking thread, so it gets a new lock; by 3
there is nothing half done to repair.
"""

from __future__ import annotations

import _thread
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from operator import methodcaller
from typing import Final, ParamSpec, TypeVar

from finlint.runtime.errors import ReentrantUseError, WorldClosed

P = ParamSpec("P")
R = TypeVar("R")

Step = Callable[[], object]
"""A part of a transition: a bound method of a builtin, or a `functools.partial` of one. Never a function in Python."""

_call: Final = methodcaller("__call__")


class Exclusive:
    """One caller at a time, and none that has interrupted itself: points 1 and 2 of the module."""

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self._lock = _thread.RLock()
        _all.add(self)

    def run(self, body: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs `body` while no other thread is in here, and returns its result.

        Raises ReentrantUseError where the calling thread is in here already, and whatever the body raises.
        """
        if self.mine:
            raise ReentrantUseError(
                "a finalizer or signal handler interrupted an operation of finlint.runtime on this thread and "
                "called another one; let it hand the work to rt.go() or a queue.SimpleQueue instead"
            )
        with self._lock:
            return body(*args, **kwargs)

    @property
    def mine(self) -> bool:
        """Whether the calling thread is in here."""
        return self._lock._is_owned()  # type: ignore[attr-defined, no-any-return]

    def after_fork_in_child(self) -> None:
        """Whatever thread was in here is not in the child, but for the one that forked."""
        if not self.mine:
            self._lock = _thread.RLock()


_all: weakref.WeakSet[Exclusive] = weakref.WeakSet()
_monitor: Final = Exclusive()


class World:
    """The identity of one runtime as its threads see it; `closed` once its threads have been told to leave."""

    __slots__ = ("__weakref__", "closed")

    def __init__(self) -> None:
        self.closed = False


_local = threading.local()


def enter_world(world: World) -> None:
    """Makes the calling thread a thread of `world`, for good."""
    _local.world = world


def current_world() -> World | None:
    """The world whose worker or goroutine the calling thread is; None for every other thread."""
    world: World | None = getattr(_local, "world", None)
    return world


def commit(steps: Iterable[Step]) -> None:
    """Makes all changes in one call into C; inside the monitor only."""
    deque(map(_call, steps), maxlen=0)


def transact(body: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `body` inside the monitor and returns its result.

    Raises WorldClosed in a thread whose world is closed, ReentrantUseError where it interrupts an operation of its own
    thread, and whatever the body raises.
    """

    def checked() -> R:
        world = current_world()
        if world is not None and world.closed:
            raise WorldClosed
        return body(*args, **kwargs)

    return _monitor.run(checked)


def transact_leaving(body: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `transact`, also in a closed world: for what gives something back."""
    return _monitor.run(body, *args, **kwargs)


def _after_fork_in_child() -> None:
    for one in list(_all):
        one.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
