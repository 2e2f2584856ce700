"""The one thread that runs the finalizers of a world, in sequence (Go: ``runtime.runFinalizers``)."""

from __future__ import annotations

import _thread
import contextvars
import os
import queue
import threading
import time
import types
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import Any, Literal

from finlint.runtime import parking
from finlint.runtime.collector import Opaque
from finlint.runtime.errors import Goexit, WorldClosed
from finlint.runtime.failure import Failure, FailureKind, trace_of
from finlint.runtime.monitor import World, commit, enter_world
from finlint.runtime.names import Site, error_text, function_name, is_a, kind_name
from finlint.runtime.parking import forget_thread
from finlint.runtime.threads import start_thread


class Job(Opaque):
    """A callback, registered or queued: function, argument, type of the object, and where it was registered.

    Who drops it drops its contents, so that whoever still has the job keeps nothing alive.
    """

    __slots__ = ("arg", "fn", "kind", "site")

    def __init__(self, fn: Callable[[Any], object], arg: Any, kind: type, site: Site | None) -> None:
        self.fn = fn
        self.arg = arg
        self.kind = kind
        self.site = site

    def drop(self) -> None:
        """It is through, or cancelled. Here may die what it held."""
        self.arg = None
        self.fn = _through


_NEVER_STARTED = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)


def _through(arg: object) -> None:
    """What a job holds that is through."""


class Call:
    """The callback that runs just now. Does not hold the object, so looking at it keeps nothing alive."""

    __slots__ = ("_fn", "_name", "returned", "site", "started", "type_name")

    def __init__(self, job: Job) -> None:
        self.type_name = kind_name(job.kind)
        self._fn: Callable[[Any], object] | None = job.fn
        self._name = ""
        self.site = job.site
        self.returned = False  # the callback is through; what it held is being dropped
        self.started = time.monotonic()

    @property
    def function(self) -> str:
        """The name of the callback."""
        fn = self._fn
        return self._name if fn is None else function_name(fn)

    def through(self) -> None:
        """The callback has ended. Here may die what the function held."""
        self._name = self.function
        self._fn = None

    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started


WORKERS: dict[int, Worker] = {}
"""The workers of all worlds whose threads run, by thread."""


def _after_fork_in_child() -> None:
    me = _thread.get_ident()
    for ident in [ident for ident in WORKERS if ident != me]:  # or a new thread with that number would be taken for it
        del WORKERS[ident]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


class Worker(Opaque):
    """A queue and the thread that empties it.

    `newest_first`: takes all that is queued and runs it backwards, as Go's finalizer goroutine does with its blocks;
    otherwise first come, first served. The thread starts with the first job. `report` receives failures on it.

    All fields are read by other threads; each is changed by one bytecode, which the GIL makes atomic.
    """

    def __init__(
        self,
        name: str,
        world: World,
        callback: Literal["finalizer", "cleanup"],
        report: Callable[[Failure], None],
        *,
        newest_first: bool,
        dies_of_exit: bool,
    ) -> None:
        self.name = name
        self.queued = 0
        self.executed = 0
        self.current: Call | None = None
        self.thread: threading.Thread | None = None
        self.dead = False
        self.last_words: Call | None = None  # the callback that ended the worker
        self.parked = True
        self._world = world
        self.callback: Literal["finalizer", "cleanup"] = callback
        self._report = report
        self._newest_first = newest_first
        self._dies_of_exit = dies_of_exit
        self._inbox: deque[list[Job]] = deque()
        self._batch: list[Job] = []
        self.trash: deque[object] = deque()  # what a profile has held, to be dropped on the worker
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._pid = 0
        self._listeners: list[queue.SimpleQueue[None]] = []

    @property
    def idle(self) -> bool:
        """Queue empty and worker parked: Go's condition for a drained queue, which needs both."""
        return not self._inbox and self.parked

    def submit(self, jobs: list[Job], *also: Callable[[], object]) -> None:
        """Queues the jobs, in this order, and does what is to happen in the same step. One caller at a time.

        Waits for nothing. Where no thread can be started any more (the interpreter shuts down) the jobs stay queued.
        """
        if not jobs or self._world.closed:
            return
        commit([partial(setattr, self, "queued", self.queued + len(jobs)), partial(self._inbox.append, jobs), *also])
        self.ensure_started()
        self._wake.put(None)

    def discard(self, things: list[object]) -> None:
        """Takes all out of a list and drops it on the worker, and not here; here where there is no worker."""
        if self.thread is None or self.dead:
            return
        trash: deque[object] = deque(map(list.pop, repeat(things, len(things))))
        known = set(map(id, trash))
        old, one = self.trash, None
        while old:
            try:
                one = old.popleft()
            except IndexError:  # the worker was faster
                break
            if id(one) not in known:
                trash.append(one)
        del one  # not the last reference: it is in the trash
        self.trash = trash
        self._wake.put(None)

    def backlog(self) -> Counter[tuple[str, str]]:
        """How many callbacks wait, by type of object and function; without the one that runs."""
        return Counter((kind_name(job.kind), function_name(job.fn)) for job in self.waiting())

    def waiting(self) -> list[Job]:
        """The queued jobs, in no particular order."""
        while True:
            try:
                return [*self._batch, *(job for jobs in list(self._inbox) for job in jobs)]
            except RecursionError:
                raise
            except RuntimeError:  # the queue changed while we looked
                continue

    def listen(self, bell: queue.SimpleQueue[None]) -> None:
        """Puts something into `bell` the next time the worker parks or dies."""
        self._listeners.append(bell)

    def unlisten(self, bell: queue.SimpleQueue[None]) -> None:
        """Takes `listen` back, if it has not rung yet."""
        try:
            self._listeners.remove(bell)
        except ValueError:
            pass

    def forget(self) -> None:
        """Drops everything that is queued (the world ends) and lets the parked thread leave."""
        self._inbox.clear()
        self._batch.clear()
        self._wake.put(None)

    def ensure_started(self) -> None:
        """Starts the thread where it does not run; one caller at a time, as `submit`."""
        if self.dead or (self.thread is not None and self._pid == os.getpid()):  # a fork leaves the thread behind
            return
        # A context of its own: a finalizer must not see the context of whoever registered first.
        thread = threading.Thread(target=contextvars.Context().run, args=(self._main,), name=self.name, daemon=True)
        self.thread, self._pid = thread, os.getpid()
        try:
            start_thread(thread)
        except BaseException as error:
            if not thread.is_alive():
                self.thread = None
            if not isinstance(error, RuntimeError):  # "can't create new thread at interpreter shutdown"
                raise

    def after_fork_in_child(self) -> None:
        """The thread is not in the child, unless it forked itself; what waits for it is the parent's to run."""
        if self.thread is threading.current_thread():
            self._pid = os.getpid()
            return
        self.trash.extend(self.waiting())  # it may die when the child's own thread has started, and not here
        self._inbox, self._batch, self._wake, self._listeners = deque(), [], queue.SimpleQueue(), []
        self.thread, self.current, self.parked = None, None, True
        self.queued = self.executed

    def _main(self) -> None:
        enter_world(self._world)
        WORKERS[_thread.get_ident()] = self
        try:
            self._loop()
        except WorldClosed:
            pass
        finally:
            self.dead = True
            self.current = None
            WORKERS.pop(_thread.get_ident(), None)
            forget_thread(_thread.get_ident())
            self._ring()

    def _loop(self) -> None:
        while not self._world.closed:
            if not self._inbox:
                self.parked = True
                self._ring()
                if parking.on_sleep is not None:
                    parking.on_sleep(False)
                self._wake.get()
            self.parked = False
            self.trash.clear()
            while self._inbox:
                self._batch.extend(self._inbox.popleft())
            if not self._newest_first:
                self._batch.reverse()  # they are taken from the end
            while self._batch:
                if not self._run(self._batch.pop()):
                    return

    def _run(self, job: Job) -> bool:
        """Runs one callback, and lets go of what it held; False where it ends the worker."""
        self.current = call = Call(job)
        try:
            goes_on = call.returned = self._call(job)
            if not goes_on:
                self.last_words = call
            self.trash.clear()
            # The object may die here, on this thread, and what the function held: a __del__ is running work like the
            # callback.
            job.drop()
            call.through()
        finally:
            self.current = None
        self.executed += goes_on
        return goes_on

    def _call(self, job: Job) -> bool:
        try:
            result = job.fn(job.arg)
            if is_a(result, _NEVER_STARTED):
                self._fail("never-started", job, f"returned a {type(result).__name__} that nobody iterates or awaits")
                if type(result) is types.CoroutineType:
                    result.close()
        except WorldClosed:
            raise
        except (SystemExit, Goexit) as error:
            if self._dies_of_exit:
                return False
            self._fail(
                "exited",
                job,
                f"{kind_name(type(error)).rpartition('.')[2]} in a {self.callback}; the worker goes on",
                error,
            )
        except BaseException as error:
            self._fail("raised", job, error_text(error), error)
        return True

    def _fail(self, kind: FailureKind, job: Job, message: str, error: BaseException | None = None) -> None:
        trace = "" if error is None else trace_of(error)
        self._report(Failure(kind, self.callback, kind_name(job.kind), function_name(job.fn), message, trace))

    def _ring(self) -> None:
        while self._listeners:
            try:
                self._listeners.pop().put(None)
            except IndexError:  # taken back meanwhile
                return
