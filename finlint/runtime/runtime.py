"""`Runtime`: Go's finalizers and cleanups, in Python."""

from __future__ import annotations

import _thread
import gc as cpython_gc
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal, NoReturn, ParamSpec, TypeVar

from finlint.runtime import arguments, asleep, collector, diagnosis, watchdog
from finlint.runtime.automatic import Automatic
from finlint.runtime.checks import Issue, find_issues
from finlint.runtime.errors import FinalizerIssues, Goexit, ReentrantUseError
from finlint.runtime.failure import Failure
from finlint.runtime.goroutines import Goroutines
from finlint.runtime.monitor import Exclusive, World
from finlint.runtime.names import type_name
from finlint.runtime.outlook import Outlook
from finlint.runtime.parking import release_world, waits_in
from finlint.runtime.profile import Counts, Profile, Stuck, format_profile
from finlint.runtime.registry import CleanupEntry, Registry
from finlint.runtime.reporter import Policy, Reporter
from finlint.runtime.threads import end_thread
from finlint.runtime.worker import Worker

T = TypeVar("T")
P = ParamSpec("P")
_STUCK_TIMEOUT = 10.0


class Cleanup:
    """The handle that `Runtime.add_cleanup` returns. Made without arguments it is Go's zero value: nothing to stop."""

    __slots__ = ("_entry", "_registry")

    def __init__(self, registry: Registry | None = None, entry: CleanupEntry | None = None) -> None:
        self._registry = registry
        self._entry = entry

    def stop(self) -> bool:
        """Cancels the cleanup. True if that was in time; False where it is queued, ran, or was stopped before.

        In time is until the `Runtime.gc` that finds the object gone. Safe anywhere, also in a ``__del__``.
        """
        registry, entry = self._registry, self._entry
        self._registry = self._entry = None
        return registry is not None and entry is not None and registry.drop_cleanup(entry)


class Runtime(collector.Opaque):
    """A world of its own: objects with finalizers, the worker that runs them, goroutines, statistics.

    `on_error`: what happens when a callback raises. ``report`` (the default) prints it and goes on; ``panic`` ends the
    process with status 2, as Go does; a function is called with the `Failure` instead.
    `on_exit`: what `SystemExit` or `goexit()` in a callback does: ``report`` it and go on, or ``die``, Go's behaviour:
    the worker is gone for good, without a word (golang/go#71824).
    `cycles`: ``go``: an object on a cycle through another object never gets its finalizer; ``run``: it does, unless
    another object with a finalizer is on the cycle, too.
    `checkfinalizers`: `gc` raises `FinalizerIssues` as Go with GODEBUG=checkfinalizers=1 dies.
    `stuck_after`, `on_stuck`: after so many seconds in one callback, call `on_stuck` with the `Profile`, once for each
    such callback; without `on_stuck` print the profile to standard error.
    `automatic`: collect without being asked, as Go does: when as many registrations have come as there were after the
    last collection, a thousand at least, and every two minutes. The default collects in `gc` only.
    `detect_deadlock`: as in Go, the process ends with status 2 and "all goroutines are asleep - deadlock!" when every
    thread of it waits without a time limit in a primitive of this package (idle workers aside).

    Use as a context manager, or call `close`.
    """

    def __init__(
        self,
        *,
        name: str = "finlint",
        on_error: Policy = "report",
        on_exit: Literal["report", "die"] = "report",
        cycles: Literal["go", "run"] = "go",
        checkfinalizers: bool = False,
        stuck_after: float | None = None,
        on_stuck: Callable[[Profile], object] | None = None,
        automatic: bool = False,
        detect_deadlock: bool = False,
    ) -> None:
        if on_exit not in ("report", "die"):
            raise ValueError(f"on_exit must be 'report' or 'die', not {on_exit!r}")
        if cycles not in ("go", "run"):
            raise ValueError(f"cycles must be 'go' or 'run', not {cycles!r}")
        self.name = name
        self._check = checkfinalizers
        self._world = World()
        self._registry = Registry(cycles)
        self._reporter = Reporter(on_error)
        dies = on_exit == "die"
        self._finalizers = Worker(
            f"{name}-finalizers", self._world, "finalizer", self._reporter, newest_first=True, dies_of_exit=dies
        )
        self._cleanups = Worker(
            f"{name}-cleanups", self._world, "cleanup", self._reporter, newest_first=False, dies_of_exit=dies
        )
        self._goroutines = Goroutines(name, self._world, self._reporter)
        self._collecting = Exclusive()
        self._watchdog = None if stuck_after is None else watchdog.Watchdog(self, stuck_after, on_stuck)
        self._automatic = Automatic(self) if automatic else None
        self._detects = detect_deadlock
        if detect_deadlock:
            asleep.start()
        # A world that is dropped without `close` must not leave idle threads behind. It may happen inside a collection.
        weakref.finalize(self, _let_go, self._world, self._workers, self._automatic).atexit = False
        _all.add(self)

    # -- Go's functions ------------------------------------------------------------------------------------

    def set_finalizer(self, obj: T, fn: Callable[[T], object] | None) -> None:
        """Go's ``runtime.SetFinalizer``: once nobody can reach `obj`, a `gc` queues ``fn(obj)``; None clears.

        Raises TypeError for an object that cannot have one or a function that cannot be called with it, ValueError
        where the object has a finalizer already, RuntimeError on a closed runtime. Clearing is always allowed.
        """
        arguments.check_object("set_finalizer", obj)
        if fn is None:
            self._registry.drop_finalizer(obj)
            return
        arguments.check_callable("set_finalizer", fn, 1, type_name(obj))
        self._check_open()
        if not self._registry.add_finalizer(obj, fn):
            raise ValueError(f"set_finalizer: finalizer already set on this {type_name(obj)}; clear it with None first")
        if self._automatic is not None:
            self._automatic.registered()

    def add_cleanup(self, obj: object, fn: Callable[[T], object], arg: T) -> Cleanup:
        """Go's ``runtime.AddCleanup``: once `obj` is gone, a `gc` queues ``fn(arg)``, apart from the finalizers.

        Any number for one object; none brings it back. Raises TypeError as `set_finalizer`, ValueError where `arg` or
        `fn` itself holds the object, so that the cleanup could never run; RuntimeError on a closed runtime.
        """
        arguments.check_object("add_cleanup", obj)
        arguments.check_callable("add_cleanup", fn, 1, type_name(arg))
        arguments.check_cleanup_argument(obj, arg)
        arguments.check_cleanup_closure(obj, fn)
        self._check_open()
        if self._automatic is not None:
            self._automatic.registered()
        return Cleanup(self._registry, self._registry.add_cleanup(obj, fn, arg))

    def gc(self) -> None:
        """Go's ``runtime.GC``: collects, queues what is due, and returns without waiting for any of it.

        Safe anywhere, also inside a finalizer; inside a ``__del__`` that a collection of this runtime started it does
        nothing. Raises `FinalizerIssues` with ``checkfinalizers=True``.
        """
        if self._collecting.mine or self._world.closed:
            return
        cpython_gc.collect()
        if self._check and (issues := self.check()):
            raise FinalizerIssues("\n".join(["likely cleanup/finalizer issues", *map(str, issues)]))
        try:
            graph = self._collecting.run(self._registry.scan)
            # Outside the lock, as it may have become the last to hold something; and before the work is handed over, or
            # an object whose finalizer is through could die here, on the caller, instead of on the worker.
            del graph
            self._collecting.run(self._hand_over)
        except ReentrantUseError:  # a dying object calls this in the middle of a collection of ours, on this thread
            return

    def _hand_over(self) -> None:
        """Queues what is due. What dies of the finalizers that this sets off is for the next collection, as in Go."""
        cleanups = self._registry.take_ended()
        self._finalizers.submit(list(self._registry.due), self._registry.due.clear)
        self._cleanups.submit(cleanups, self._registry.due_cleanups.clear)

    def keep_alive(self, obj: object) -> None:
        """Go's ``runtime.KeepAlive``: `obj` is reachable until here. A local variable does the same in CPython."""

    def go(self, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Go's ``go fn(args...)``: a thread of this world. What it raises is a failure like a finalizer's.

        Raises RuntimeError on a closed runtime, or where no thread can be started.
        """
        self._check_open()
        self._goroutines.start(fn, *args, **kwargs)

    # -- looking at it -------------------------------------------------------------------------------------

    def drain(self, timeout: float | None = None) -> bool:
        """Waits until the queues are empty and the workers parked, and says whether they are.

        False as soon as a worker is established to be stuck (see `outlook`; that needs one look where everything waits
        in channels and the like of this package), when the time is up, and always when called by a worker.
        """
        me = threading.current_thread()
        if any(worker.thread is me for worker in self._workers):
            return False
        return diagnosis.wait_for(self._workers, timeout, Outlook())

    def stuck(self) -> Stuck | None:
        """The worker that is established to be stuck, the finalizers' first; None where none is.

        Waits until that is certain: for the worker to get idle or stuck, but no longer than ten seconds.
        """
        for worker in self._workers:
            outlook = Outlook()
            if not diagnosis.wait_for((worker,), _STUCK_TIMEOUT, outlook):
                call, verdict = worker.current or worker.last_words, outlook.verdict(worker)
                if call is not None and verdict.state != "running":
                    return Stuck(diagnosis.describe(worker, call, verdict), len(worker.waiting()))
        return None

    def profile(self) -> Profile:
        """What runs, what waits, what the queue keeps alive, the goroutines, and counts.

        Takes about 60 ms while a callback runs, and again where goroutines run. Raises ReentrantUseError in a
        ``__del__`` that a collection of this runtime started.
        """
        running, running_cleanup = map(diagnosis.running, self._workers)
        return Profile(
            running=running,
            running_cleanup=running_cleanup,
            finalizers=Counts(len(self._registry.finalizers), self._finalizers.queued, self._finalizers.executed),
            cleanups=Counts(len(self._registry.cleanups), self._cleanups.queued, self._cleanups.executed),
            backlog=diagnosis.backlog(self._workers),
            retained=diagnosis.retained(self._finalizers, self._collecting),
            worker=diagnosis.state(self._finalizers),
            goroutines=self._goroutines.groups(),
        )

    def format_profile(self) -> str:
        """`profile` as text, to be pasted into an issue."""
        return format_profile(self.profile())

    def check(self) -> list[Issue]:
        """What Go's GODEBUG=checkfinalizers=1 reports: registrations whose callback or argument keeps the object."""
        return find_issues(list(self._registry.finalizers.values()), list(self._registry.cleanups.values()))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The last hundred failures of callbacks and goroutines, oldest first."""
        return tuple(self._reporter.failures)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._world.closed

    # -- the end -------------------------------------------------------------------------------------------

    def close(self) -> bool:
        """Ends the world: nothing more runs, registrations and queue are dropped, all its threads leave.

        A thread that waits in a primitive of this package, or computes, is told to leave by `WorldClosed`. One that
        waits in something else (a ``threading.Lock``, a socket) cannot be woken from outside: it is left behind as a
        daemon and leaves when its wait ends. Returns whether all threads are gone.
        """
        if self._detects and not self._world.closed:
            asleep.stop()
        release_world(self._world)
        self._registry.clear()
        for worker in self._workers:
            worker.forget()
        if self._watchdog is not None:
            self._watchdog.stop()
        threads = [worker.thread for worker in self._workers if worker.thread is not None]
        if self._automatic is not None:
            self._automatic.wake()
            threads.append(self._automatic.thread)
        gone = [end_thread(thread) for thread in (*threads, *self._goroutines.threads())]
        return all(gone)

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- inside --------------------------------------------------------------------------------------------

    @property
    def _workers(self) -> tuple[Worker, Worker]:
        return self._finalizers, self._cleanups

    def _check_open(self) -> None:
        if self._world.closed:
            raise RuntimeError("this Runtime is closed")

    def _after_fork_in_child(self) -> None:
        """The child has the registrations, and threads of its own; what the parent has begun or queued is not its."""
        for worker in self._workers:
            worker.after_fork_in_child()
        self._goroutines.after_fork_in_child()
        for service in (self._watchdog, self._automatic):
            if service is not None and not self._world.closed:
                try:
                    service.after_fork_in_child()
                except RuntimeError:  # there are too many threads, or the end is near
                    continue


_all: weakref.WeakSet[Runtime] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for runtime in list(_all):
        runtime._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def goexit() -> NoReturn:
    """Go's ``runtime.Goexit``: ends the calling goroutine after its ``finally`` blocks (in a finalizer: `on_exit`)."""
    raise Goexit


def _let_go(world: World, workers: Sequence[Worker], automatic: Automatic | None) -> None:
    world.closed = True
    if automatic is not None:
        automatic.wake()
    for worker in workers:
        worker.forget()
    if waits_in(world):
        # Waking takes the monitor, which whoever is interrupted here may hold: a thread can wait for it, a dying world
        # not.
        try:
            _thread.start_new_thread(release_world, (world,))
        except RuntimeError:  # the interpreter shuts down, and takes the thread with it
            pass
