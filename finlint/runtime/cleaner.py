"""`Cleaner`: a thread of its own for what is to happen when objects die, in ordinary programs.

A ``weakref.finalize`` callback runs wherever the object happens to die, perhaps while that thread holds the very lock
that the callback wants. Here the death is only put into a queue, by C code that takes no lock of anybody's
(`queue.SimpleQueue.put`, made for this), and a thread that does nothing else runs the callback: it may wait, lock and
log. After Java's ``java.lang.ref.Cleaner`` and Go's ``runtime.AddCleanup``. It needs no `Runtime` and no ``gc()``.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ParamSpec

from finlint.runtime import arguments
from finlint.runtime.disposal import Call, Disposal, Run, Stall
from finlint.runtime.names import type_name
from finlint.runtime.reporter import Policy

P = ParamSpec("P")


class Cleanable(weakref.ref[Any]):
    """What `Cleaner.register` returns: one callback for one object, run at most once.

    It can stand in for a ``weakref.finalize``: calling it is `clean`, and setting ``atexit`` to False keeps it from
    running at exit. All methods are safe in every thread and in a ``__del__``, but that `clean` runs the callback
    there.
    """

    __slots__ = ("_atexit", "_call", "_disposal")

    _disposal: Disposal
    _call: Call | None
    _atexit: bool  # where it was set

    def clean(self) -> bool:
        """Runs the callback now, in this thread, unless it has begun or was detached; says whether it did.

        Raises what the callback raises. Does not wait where the cleaner's thread is running it just now.
        """
        call = self._take()
        if call is None:
            return False
        fn, args, kwargs = call
        fn(*args, **kwargs)
        return True

    def detach(self) -> bool:
        """Cancels the callback. True if that was in time: until it has begun, also where the object is gone."""
        return self._take() is not None

    @property
    def alive(self) -> bool:
        """Whether the callback has neither begun nor been detached."""
        return id(self) in self._disposal.registered

    @property
    def atexit(self) -> bool:
        """Whether it runs at exit, if the object is still alive then; may be set."""
        return getattr(self, "_atexit", True)

    @atexit.setter
    def atexit(self, runs: bool) -> None:
        self._atexit = runs

    def __call__(self) -> bool:  # as weakref.finalize; the object is nobody's business here
        return self.clean()

    def __enter__(self) -> Cleanable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clean()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'alive' if self.alive else 'dead'}>"

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def _take(self) -> Call | None:
        """The callback, for the one who gets it; nobody else does, and nothing is held here any more."""
        if self._disposal.registered.pop(id(self), None) is None:
            return None
        call, self._call = self._call, None
        return call


@dataclass(frozen=True)
class CleanerStats:
    """Counts since the start: callbacks `registered` just now, in the `queue`, `executed` and `failed` on the thread;
    threads `replaced`."""

    registered: int
    queued: int
    executed: int
    failed: int
    replaced: int


class Cleaner:
    """A thread that runs callbacks of objects that have died, one after another in the order of their deaths.

    `on_error`: ``report`` prints what a callback raises and goes on; a function gets the `Failure` instead.
    `at_exit`: seconds that the end of the process waits at most for what is queued, and for the callbacks of objects
    that are still alive, newest first, as ``weakref.finalize`` runs them; None: nothing runs at exit.
    `stuck_after`: report a callback that takes longer than so many seconds, once, to `on_stuck` (default: standard
    error); with `replace_stuck` another thread then takes over the queue, and the stuck one ends when its callback
    does. `metrics` is called on the thread after each callback with a `Run`.

    The thread is a daemon and starts with the first registration. A cleaner that is dropped serves what is registered,
    and then ends. A forked child has its own thread; there, too, a callback runs when the child's object dies. No
    exception is ever thrown into a thread. Raises ValueError for a `stuck_after` that is not positive, a negative
    `at_exit`, or an unknown `on_error`.
    """

    def __init__(
        self,
        name: str = "cleaner",
        *,
        on_error: Policy = "report",
        at_exit: float | None = 5.0,
        stuck_after: float | None = None,
        on_stuck: Callable[[Stall], object] | None = None,
        replace_stuck: bool = False,
        metrics: Callable[[Run], object] | None = None,
    ) -> None:
        if at_exit is not None and not at_exit >= 0:
            raise ValueError(f"at_exit must be a number of seconds, 0 or more, got {at_exit}")
        if replace_stuck and stuck_after is None:
            raise ValueError("replace_stuck needs stuck_after: the seconds after which a callback counts as stuck")
        self.name = name
        self.at_exit = at_exit
        self._disposal = Disposal(name, on_error, metrics, at_exit)
        self._put = self._disposal.queue.put
        self._registered = self._disposal.registered
        if stuck_after is not None:
            self._disposal.watch(stuck_after, on_stuck, replace_stuck)
        # C code again: the death of the cleaner is one more thing in the queue.
        self._disposal.owner = weakref.ref(self, self._put)
        _all.add(self._disposal)

    def register(self, obj: object, fn: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> Cleanable:
        """Once `obj` is gone, the thread calls ``fn(*args, **kwargs)``.

        Raises ValueError where the function or an argument itself holds the object, which could then never die,
        TypeError for an object without weak references or an `fn` that is not callable, RuntimeError after `close` and
        where the thread cannot be started (on CPython 3.12 also in an ``atexit`` function).
        """
        if not callable(fn):
            raise TypeError(f"register: second argument is {type_name(fn)}, not a function")
        arguments.check_held(obj, fn, args, kwargs)
        disposal = self._disposal
        if not disposal.serving:
            disposal.start()
        cleanable = Cleanable(obj, self._put)
        cleanable._disposal = disposal
        cleanable._call = fn, args, kwargs
        self._registered[id(cleanable)] = cleanable
        if disposal.closed and cleanable.detach():  # `close` was called meanwhile, and waits
            self._put(None)
            raise RuntimeError("this Cleaner is closed")
        return cleanable

    def drain(self, timeout: float | None = None) -> bool:
        """Waits until everything that had died before this call is done; False where the time (seconds) is up.

        False at once in a callback of this cleaner.
        """
        return self._disposal.drain(timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Runs what is queued and registered, on the thread, and ends it; False where the time (seconds) is up.

        What is not done by then is done later, if the thread gets on. Registering raises RuntimeError from now on.
        """
        return self._disposal.close(timeout)

    def stats(self) -> CleanerStats:
        """Counts. Safe anywhere."""
        disposal = self._disposal
        return CleanerStats(
            len(disposal.registered), disposal.queue.qsize(), disposal.executed, disposal.failed, disposal.replaced
        )

    def stuck(self, seconds: float = 1.0) -> Stall | None:
        """The callback that has been running for so many seconds, with its stack; None where none has."""
        return self._disposal.stall(seconds)

    def __enter__(self) -> Cleaner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


_all: weakref.WeakSet[Disposal] = weakref.WeakSet()
_default: list[Cleaner] = []


def cleaner() -> Cleaner:
    """The cleaner of the process, made when first asked for. It reports what takes longer than a minute."""
    if not _default:
        _default.append(Cleaner("finlint-cleaner", stuck_after=60))  # two threads at once: both work, the first stays
    return _default[0]


def _at_exit() -> None:
    """Runs what is left, for as long as the most patient of the cleaners waits."""
    begun = time.monotonic()
    closing = [disposal for disposal in list(_all) if disposal.at_exit is not None and not disposal.closed]
    for disposal in closing:
        disposal.finish(at_exit=True)
    for disposal in closing:
        disposal.wait(max(0.0, (disposal.at_exit or 0.0) - (time.monotonic() - begun)))


atexit.register(_at_exit)


def _after_fork_in_child() -> None:
    for disposal in list(_all):
        disposal.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
