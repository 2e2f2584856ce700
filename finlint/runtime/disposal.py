"""The thread behind a `Cleaner`, and who watches it. It knows nothing of the cleaner, which may be dropped before
it.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from finlint.runtime.errors import ReentrantUseError
from finlint.runtime.inspect import FrameLine, stack_of
from finlint.runtime.monitor import Exclusive
from finlint.runtime.names import function_name
from finlint.runtime.outlook import SERVICE_THREADS
from finlint.runtime.reporter import Policy, Reporter
from finlint.runtime.threads import start_thread
from finlint.runtime.worker import Failure


@dataclass(frozen=True)
class Run:
    """A callback that is through: its name, how many seconds it took, and what it raised."""

    function: str
    seconds: float
    error: BaseException | None


@dataclass(frozen=True)
class Stall:
    """A callback that takes long: its name, for how many seconds it has run, its stack, and how many wait behind it."""

    function: str
    seconds: float
    stack: tuple[FrameLine, ...]
    waiting: int

    def __str__(self) -> str:
        lines = [f"{self.function} has been running for {self.seconds:.1f} s, {self.waiting} wait"]
        return "\n".join([*lines, *(f"    {frame}" for frame in self.stack)])


class _Current:
    """The callback that runs just now, on which thread, since when; its name, once it is through."""

    __slots__ = ("fn", "ident", "reported", "started")

    def __init__(self, fn: Callable[..., object], ident: int) -> None:
        self.fn: Callable[..., object] | str = fn
        self.ident = ident
        self.started = time.monotonic()
        self.reported = False


class Disposal:
    """A queue of deaths and the thread that serves it.

    `registered` has, by identity, what has neither run nor been detached; whoever takes something out of it, which the
    GIL makes atomic, is the one to run it. Things in the queue: such a `Cleanable`, an event (somebody waits until all
    before it is done), the dead reference to the cleaner, None (look around you).
    """

    def __init__(
        self, name: str, on_error: Policy, metrics: Callable[[Run], object] | None, at_exit: float | None
    ) -> None:
        self.name = name
        self.at_exit = at_exit
        self.queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.registered: dict[int, Any] = {}
        self.owner: weakref.ref[Any] | None = None
        self.pid = 0  # of the process that has a thread for it
        self.closed = False
        self.executed = self.failed = self.replaced = 0
        self._current: _Current | None = None
        self._thread: threading.Thread | None = None
        self._report = Reporter(on_error)
        self._metrics = metrics
        self._starting = Exclusive()
        self._leave = threading.Event()
        self._watch: tuple[float, Callable[[Stall], object], bool] | None = None

    # -- the thread ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the thread where this process has none. Raises RuntimeError where that is closed, or impossible."""
        if self.closed:
            raise RuntimeError("this Cleaner is closed")
        try:
            self._starting.run(self._start)
        except ReentrantUseError:  # a __del__ registers while its own thread is starting ours
            return

    def _start(self) -> None:
        if self.pid == os.getpid():
            return
        self._current, self._leave = None, threading.Event()
        self._start_thread()
        self.pid = os.getpid()
        if self._watch is not None:
            start_thread(threading.Thread(target=self._guard, name=f"{self.name}-watch", daemon=True))

    def _start_thread(self) -> None:
        self._thread = threading.Thread(target=self._serve, name=self.name, daemon=True)
        start_thread(self._thread)

    def _serve(self) -> None:
        me, ident = threading.current_thread(), threading.get_ident()
        get, run, registered = self.queue.get, self._run, self.registered
        while self._thread is me:
            item = get()
            if id(item) in registered:
                run(item, ident)
            elif isinstance(item, threading.Event):
                item.set()
            item = None  # or it would live until the next one comes
            if not registered and self._ownerless and self.queue.empty():
                self.pid = 0
                self._leave.set()
                return

    @property
    def _ownerless(self) -> bool:
        return self.closed or self.owner is None or self.owner() is None

    def _run(self, cleanable: Any, ident: int) -> None:
        fn = cleanable._fn
        if fn is None:  # somebody has just taken it
            return
        current = self._current = _Current(fn, ident)
        del fn
        self._call(cleanable, current)
        if self._current is current:  # nobody has taken over
            self._current = None

    def _call(self, cleanable: Any, current: _Current) -> None:
        """Runs the callback and lets go of all that it held, the traceback of what it raised included."""
        call = cleanable._take()
        if call is None:
            return
        fn, args, kwargs = call
        error: BaseException | None = None
        try:
            fn(*args, **kwargs)
        except BaseException as raised:  # also SystemExit: the others wait
            error = raised
            self.failed += 1
            self._report(_failure(fn, raised))
        self.executed += 1
        if self._metrics is not None:
            try:
                self._metrics(Run(function_name(fn), time.monotonic() - current.started, error))
            except Exception as mistake:  # the hook's own must not end the thread
                self._report(_failure(self._metrics, mistake))
        current.fn = getattr(fn, "__qualname__", "a callback")

    # -- waiting for it ------------------------------------------------------------------------------------

    def drain(self, timeout: float | None) -> bool:
        """See `Cleaner.drain`."""
        if threading.current_thread() is self._thread:
            return False
        if self.pid != os.getpid():
            return self.queue.empty()
        return self.wait(timeout)

    def wait(self, timeout: float | None) -> bool:
        """Whether all that is in the queue was done in time."""
        if self.pid != os.getpid():
            return True
        done = threading.Event()
        self.queue.put(done)
        return done.wait(timeout)

    def finish(self, *, at_exit: bool = False) -> None:
        """Queues what is registered, newest first; at exit only what is to run there."""
        for cleanable in reversed(list(self.registered.values())):
            if not at_exit or cleanable.atexit:
                self.queue.put(cleanable)

    def close(self, timeout: float | None) -> bool:
        """See `Cleaner.close`."""
        thread = self._thread
        self.closed = True
        self.finish()
        if thread is None or self.pid != os.getpid():
            return not self.registered
        self.pid, pid = 0, self.pid  # a registration from now on looks, and finds it closed
        self.queue.put(None)
        if thread is threading.current_thread() or pid != os.getpid():
            return False
        thread.join(timeout)
        return not thread.is_alive()

    def after_fork_in_child(self) -> None:
        """The thread is not in the child. What dies there needs one; what had died before is the parent's."""
        self.pid, self._thread = 0, None
        while True:
            try:
                item = self.queue.get_nowait()
            except queue.Empty:
                break
            self.registered.pop(id(item), None)
        if self.registered and not self.closed:
            self.start()

    # -- watching it ---------------------------------------------------------------------------------------

    def watch(self, after: float, on_stuck: Callable[[Stall], object] | None, replace: bool) -> None:
        """Reports what takes longer than `after` seconds; with `replace` another thread takes over then."""
        if after <= 0:
            raise ValueError(f"stuck_after must be positive, got {after}")
        self._watch = after, on_stuck or _warn, replace

    def stall(self, seconds: float) -> Stall | None:
        """The callback that has run for so long."""
        current = self._current
        if current is None:
            return None
        age = time.monotonic() - current.started
        if age < seconds:
            return None
        name = current.fn if isinstance(current.fn, str) else function_name(current.fn)
        return Stall(name, age, stack_of(current.ident), self.queue.qsize())

    def _guard(self) -> None:
        assert self._watch is not None
        after, on_stuck, replace = self._watch
        SERVICE_THREADS.add(threading.get_ident())
        leave = self._leave
        try:
            while not leave.wait(after / 4):
                current = self._current
                stall = self.stall(after)
                if stall is None or current is None or current.reported:
                    continue
                current.reported = True
                if replace and self._current is current:
                    self.replaced += 1
                    self._current = None
                    self._start_thread()
                try:
                    on_stuck(stall)
                except Exception as error:  # the hook's own mistake must not end the watch
                    self._report(_failure(on_stuck, error))
        finally:
            SERVICE_THREADS.discard(threading.get_ident())


def _warn(stall: Stall) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"finlint.runtime: a cleanup takes too long: {stall}\n")


def _failure(fn: Callable[..., object], error: BaseException) -> Failure:
    kind: Literal["raised", "exited"] = "exited" if isinstance(error, SystemExit) else "raised"
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Failure(kind, "cleanup", "", function_name(fn), f"{type(error).__name__}: {error}", trace)
