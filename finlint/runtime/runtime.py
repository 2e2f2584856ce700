"""`Runtime`: Go's finalizers and cleanups, in Python."""

from __future__ import annotations

import _thread
import gc as cpython_gc
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal, NoReturn, TypeVar

from finlint.runtime import arguments, collector, watchdog
from finlint.runtime.checks import Issue, find_issues
from finlint.runtime.errors import FinalizerIssues, Goexit, WorldClosed
from finlint.runtime.inspect import ASLEEP, PACE, Verdict, inspect_thread
from finlint.runtime.names import function_name, type_name
from finlint.runtime.outlook import Outlook
from finlint.runtime.parking import World, enter_world, release_world
from finlint.runtime.profile import Counts, Profile, Retained, Running, Stuck, Waiting, format_profile
from finlint.runtime.registry import CleanupEntry, Registry
from finlint.runtime.reporter import Policy, Reporter
from finlint.runtime.threads import end_thread
from finlint.runtime.worker import Call, Failure, Worker

T = TypeVar("T")
_STUCK_TIMEOUT = 10.0


class Cleanup:
    """The handle that `Runtime.add_cleanup` returns. Made without arguments it is Go's zero value: nothing to stop."""

    __slots__ = ("_entry", "_registry")

    def __init__(self, registry: Registry | None = None, entry: CleanupEntry | None = None) -> None:
        self._registry = registry
        self._entry = entry

    def stop(self) -> bool:
        """Cancels the cleanup. True if that was in time; False where it is queued, ran, or was stopped before."""
        if self._registry is None or self._entry is None:
            return False
        stopped = self._registry.drop_cleanup(self._entry)
        self._registry = self._entry = None
        return stopped


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
        self._goroutines: set[threading.Thread] = set()
        self._collecting = _thread.allocate_lock()
        self._collector = 0
        self._watchdog = None if stuck_after is None else watchdog.Watchdog(self, stuck_after, on_stuck)
        # A world that is dropped without `close` must not leave idle threads behind. It may happen inside a collection.
        weakref.finalize(self, _let_go, self._world, (self._finalizers, self._cleanups))

    # -- Go's functions ------------------------------------------------------------------------------------

    def set_finalizer(self, obj: T, fn: Callable[[T], object] | None) -> None:
        """Go's ``runtime.SetFinalizer``: once nobody can reach `obj`, a `gc` queues ``fn(obj)``; None clears.

        Raises TypeError for an object that cannot have one or a function that cannot be called with it, ValueError
        where the object has a finalizer already, RuntimeError on a closed runtime. Clearing is always allowed.
        """
        if fn is None:
            self._registry.drop_finalizer(obj)
            return
        arguments.check_object("set_finalizer", obj)
        arguments.check_callable("set_finalizer", fn, 1, type_name(obj))
        self._check_open()
        if not self._registry.add_finalizer(obj, fn):
            raise ValueError(f"set_finalizer: finalizer already set on this {type_name(obj)}; clear it with None first")

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
        return Cleanup(self._registry, self._registry.add_cleanup(obj, fn, arg))

    def gc(self) -> None:
        """Go's ``runtime.GC``: collects, queues what is due, and returns without waiting for any of it.

        Safe anywhere, also inside a finalizer; inside a ``__del__`` that a collection of this runtime started it does
        nothing. Raises `FinalizerIssues` with ``checkfinalizers=True``.
        """
        me = _thread.get_ident()
        if self._collector == me or self._world.closed:
            return
        cpython_gc.collect()
        if self._check and (issues := self.check()):
            raise FinalizerIssues("\n".join(["likely cleanup/finalizer issues", *map(str, issues)]))
        with self._as_collector(me):
            finalizers, cleanups, graph = self._registry.collect()
        # Outside the lock, as it may have become the last to hold something; and before the work is handed over, or
        # an object whose finalizer is through could die here, on the caller, instead of on the worker.
        del graph
        with self._as_collector(me):
            self._finalizers.submit(finalizers)
            self._cleanups.submit(cleanups)

    @contextmanager
    def _as_collector(self, me: int) -> Iterator[None]:
        """One collector at a time; a `gc` that a dying object calls in here, on this thread, does nothing."""
        with self._collecting:
            self._collector = me
            try:
                yield
            finally:
                self._collector = 0

    def keep_alive(self, obj: object) -> None:
        """Go's ``runtime.KeepAlive``: `obj` is reachable until here. A local variable does the same in CPython."""

    def go(self, fn: Callable[..., object], *args: Any) -> None:
        """Go's ``go fn(args...)``: a thread of this world. What it raises is a failure like a finalizer's."""
        self._check_open()
        thread = threading.Thread(target=self._goroutine, args=(fn, args), name=f"{self.name}-go", daemon=True)
        self._goroutines.add(thread)
        thread.start()

    # -- looking at it -------------------------------------------------------------------------------------

    def drain(self, timeout: float | None = None) -> bool:
        """Waits until the queues are empty and the workers parked, and says whether they are.

        False as soon as a worker is established to be stuck (see `outlook`; that needs one look where everything waits
        in channels and the like of this package), when the time is up, and always when called by a worker.
        """
        me = threading.current_thread()
        if any(worker.thread is me for worker in self._workers):
            return False
        return self._wait_for(self._workers, timeout, Outlook())

    def stuck(self) -> Stuck | None:
        """The worker that is established to be stuck, the finalizers' first; None where none is.

        Waits until that is certain: for the worker to get idle or stuck, but no longer than ten seconds.
        """
        for worker in self._workers:
            outlook = Outlook()
            if not self._wait_for((worker,), _STUCK_TIMEOUT, outlook):
                call, verdict = worker.current or worker.last_words, outlook.verdict(worker)
                if call is not None and verdict.state != "running":
                    return Stuck(self._describe(worker, call, verdict), len(worker.waiting()))
        return None

    def profile(self) -> Profile:
        """What runs, what waits, what the queue keeps alive, and counts. Takes about 60 ms while a callback runs."""
        running = self._running(self._finalizers)
        running_cleanup = self._running(self._cleanups)
        backlog = tuple(
            Waiting(callback, kind, function, number)
            for callback, worker in self._by_callback
            for (kind, function), number in worker.backlog().items()
        )
        cleanups = len(self._registry.cleanups)
        return Profile(
            running=running,
            running_cleanup=running_cleanup,
            finalizers=Counts(len(self._registry.finalizers), self._finalizers.queued, self._finalizers.executed),
            cleanups=Counts(cleanups, self._cleanups.queued, self._cleanups.executed),
            backlog=backlog,
            retained=self._retained(),
            worker=_worker_state(self._finalizers),
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
        release_world(self._world)
        self._registry.clear()
        for worker in self._workers:
            worker.forget()
        if self._watchdog is not None:
            self._watchdog.stop()
        threads = [worker.thread for worker in self._workers if worker.thread is not None]
        gone = [end_thread(thread) for thread in (*threads, *self._goroutines)]
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

    @property
    def _by_callback(self) -> tuple[tuple[Literal["finalizer", "cleanup"], Worker], ...]:
        return ("finalizer", self._finalizers), ("cleanup", self._cleanups)

    def _check_open(self) -> None:
        if self._world.closed:
            raise RuntimeError("this Runtime is closed")

    def _goroutine(self, fn: Callable[..., object], args: Sequence[Any]) -> None:
        enter_world(self._world)
        try:
            fn(*args)
        except (WorldClosed, Goexit, SystemExit):
            pass
        except BaseException as error:
            self._reporter(_goroutine_failure(fn, error))
        finally:
            self._goroutines.discard(threading.current_thread())

    def _wait_for(self, workers: Sequence[Worker], timeout: float | None, outlook: Outlook) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
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

    def _running(self, worker: Worker) -> Running | None:
        call, thread = worker.current, worker.thread
        if call is None or thread is None:
            return None
        verdict = inspect_thread(thread, looks=ASLEEP + 5, give_up=lambda: worker.current is not call)
        if worker.current is not call:
            return None
        return self._describe(worker, call, verdict)

    def _describe(self, worker: Worker, call: Call, verdict: Verdict) -> Running:
        callback: Literal["finalizer", "cleanup"] = "finalizer" if worker is self._finalizers else "cleanup"
        return Running(callback, call.type_name, function_name(call.fn), call.age(), verdict)

    def _retained(self) -> tuple[Retained, ...]:
        """What lives through the queue alone: the same trial deletion, from the queued objects."""
        jobs = self._finalizers.waiting()
        if not jobs:
            return ()
        roots = [job.arg for job in jobs]
        owned = {id(job.arg): 1 for job in jobs}
        with self._collecting:  # nobody adds to the queue; the worker may take from it, which only makes objects alive
            graph = collector.survey(roots, owned, leaves=True)
        alive = graph.alive()
        kinds: dict[str, list[object]] = {}
        for position, node in enumerate(graph.nodes):
            if position and position not in alive:
                kinds.setdefault(type_name(node), []).append(node)
        return tuple(Retained(kind, len(nodes), collector.retained_size(nodes)) for kind, nodes in kinds.items())


def goexit() -> NoReturn:
    """Go's ``runtime.Goexit``: ends the calling goroutine after its ``finally`` blocks (in a finalizer: `on_exit`)."""
    raise Goexit


def _worker_state(worker: Worker) -> Literal["not started", "idle", "busy", "dead"]:
    if worker.dead:
        return "dead"
    if worker.thread is None:
        return "not started"
    return "idle" if worker.idle else "busy"


def _goroutine_failure(fn: Callable[..., object], error: BaseException) -> Failure:
    import traceback

    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Failure("raised", "goroutine", "", function_name(fn), f"{type(error).__name__}: {error}", trace)


def _let_go(world: World, workers: Sequence[Worker]) -> None:
    world.closed = True
    if sys.is_finalizing():
        return
    for worker in workers:
        worker.forget()
