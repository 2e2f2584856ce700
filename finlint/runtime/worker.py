"""The one thread that runs the finalizers of a world, in sequence (Go: ``runtime.runFinalizers``)."""

from __future__ import annotations

import _thread
import contextvars
import inspect
import os
import queue
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from finlint.runtime.collector import Opaque
from finlint.runtime.errors import Goexit, WorldClosed
from finlint.runtime.names import function_name
from finlint.runtime.parking import World, enter_world

FailureKind = Literal["raised", "exited", "never-started"]


@dataclass(frozen=True)
class Failure:
    """A callback that did not do its work: it raised, it tried to end its thread, or its body never started.

    ``never-started``: the callback is a coroutine or generator function, so calling it only made an object.
    """

    kind: FailureKind
    callback: Literal["finalizer", "cleanup", "goroutine"]
    type_name: str
    function: str
    message: str
    traceback: str


class Job(Opaque):
    """One queued callback; its argument is what the queue keeps alive."""

    __slots__ = ("arg", "fn", "type_name")

    def __init__(self, fn: Callable[[Any], object], arg: Any, kind: str) -> None:
        self.fn = fn
        self.arg = arg
        self.type_name = kind


class Call:
    """The callback that runs just now. Does not hold the object, so looking at it keeps nothing alive."""

    __slots__ = ("fn", "started", "type_name")

    def __init__(self, job: Job) -> None:
        self.type_name = job.type_name
        self.fn = job.fn
        self.started = time.monotonic()

    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started


WORKERS: dict[int, Worker] = {}
"""The workers of all worlds whose threads run, by thread."""


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
        self._callback: Literal["finalizer", "cleanup"] = callback
        self._report = report
        self._newest_first = newest_first
        self._dies_of_exit = dies_of_exit
        self._inbox: deque[list[Job]] = deque()
        self._batch: list[Job] = []
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._starting = _thread.allocate_lock()
        self._pid = 0
        self._listeners: list[queue.SimpleQueue[None]] = []

    @property
    def idle(self) -> bool:
        """Queue empty and worker parked: Go's condition for a drained queue, which needs both."""
        return not self._inbox and self.parked

    def submit(self, jobs: list[Job]) -> None:
        """Queues the jobs, in this order. Waits for nothing. One caller at a time."""
        if not jobs or self._world.closed:
            return
        self.queued += len(jobs)
        self._inbox.append(jobs)
        self._ensure_started()
        self._wake.put(None)

    def backlog(self) -> Counter[tuple[str, str]]:
        """How many callbacks wait, by type of object and function; without the one that runs."""
        return Counter((job.type_name, function_name(job.fn)) for job in self.waiting())

    def waiting(self) -> list[Job]:
        """The queued jobs, in no particular order."""
        while True:
            try:
                return [*self._batch, *(job for jobs in list(self._inbox) for job in jobs)]
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

    def _ensure_started(self) -> None:
        # A plain lock is safe: no code of the user's can run while this thread holds it, but for a __del__ that a
        # collection starts, which then finds the lock taken and leaves the start to the frame below it.
        if (self.thread is not None and self._pid == os.getpid()) or self.dead:
            return
        if self._starting.acquire(blocking=False):
            try:
                if self.thread is None or self._pid != os.getpid():  # a fork leaves the thread behind
                    self._pid = os.getpid()
                    # A context of its own: a finalizer must not see the context of whoever registered first.
                    self.thread = threading.Thread(
                        target=contextvars.Context().run, args=(self._main,), name=self.name, daemon=True
                    )
                    self.thread.start()
            finally:
                self._starting.release()

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
            self._ring()

    def _loop(self) -> None:
        while not self._world.closed:
            if not self._inbox:
                self.parked = True
                self._ring()
                self._wake.get()
            self.parked = False
            while self._inbox:
                self._batch.extend(self._inbox.popleft())
            if not self._newest_first:
                self._batch.reverse()  # they are taken from the end
            while self._batch:
                if not self._run(self._batch.pop()):
                    return

    def _run(self, job: Job) -> bool:
        """Runs one callback; False where it ends the worker."""
        self.current = Call(job)
        try:
            result = job.fn(job.arg)
            if inspect.iscoroutine(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
                self._fail("never-started", job, f"returned a {type(result).__name__} that nobody iterates or awaits")
                if inspect.iscoroutine(result):
                    result.close()
            del result
        except WorldClosed:
            raise
        except (SystemExit, Goexit) as error:
            if self._dies_of_exit:
                self.last_words = self.current
                return False
            self._fail("exited", job, f"{type(error).__name__} in a {self._callback}; the worker goes on", error)
        except BaseException as error:
            self._fail("raised", job, f"{type(error).__name__}: {error}", error)
        finally:
            self.current = None
        self.executed += 1
        return True

    def _fail(self, kind: FailureKind, job: Job, message: str, error: BaseException | None = None) -> None:
        trace = "" if error is None else "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self._report(Failure(kind, self._callback, job.type_name, function_name(job.fn), message, trace))

    def _ring(self) -> None:
        while self._listeners:
            try:
                self._listeners.pop().put(None)
            except IndexError:  # taken back meanwhile
                return
