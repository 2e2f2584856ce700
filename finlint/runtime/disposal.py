"""The thread behind a `Cleaner`, and who watches it. It knows nothing of the cleaner, which may be dropped before
it.
"""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import FunctionType
from typing import Any

from finlint.runtime.failure import failure_of
from finlint.runtime.inspect import FrameLine, stack_of
from finlint.runtime.names import function_name, qualname
from finlint.runtime.outlook import in_service
from finlint.runtime.parking import capped
from finlint.runtime.reporter import Policy, Reporter, write_error
from finlint.runtime.threads import start_daemon, start_thread


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


Call = tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]
"""A callback with its arguments."""

_Current = list[Any]
"""What runs just now (its name, once it is through), on which thread, since when."""


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
        self.serving = False  # this process has a thread for it
        self.closed = False
        self.executed = self.failed = self.replaced = 0
        self._current: _Current | None = None
        self._thread: threading.Thread | None = None
        self._report = Reporter(on_error)
        self._metrics = metrics
        self._starting: dict[str, object] = {}  # who is starting the thread
        self._leave = threading.Event()
        self._inherited: list[
            Any
        ] = []  # by a fork: it is to die on the child's thread, and not in the middle of the fork
        self._watch: tuple[float, Callable[[Stall], object], bool] | None = None

    # -- the thread ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the thread where this process has none. Raises RuntimeError where that is closed, or impossible."""
        if self.closed:
            raise RuntimeError("this Cleaner is closed")
        # No lock: this may be a __del__ in the middle of `threading.enumerate`, and whoever starts ours waits for that.
        mine = object()
        try:
            if self._starting.setdefault("who", mine) is mine and not self.serving:
                self._start()
        finally:
            if self._starting.get("who") is mine:
                self._starting.clear()

    def _start(self) -> None:
        self._current, self._leave = None, threading.Event()
        self.serving = True
        try:
            self._start_thread()
            if self._watch is not None:
                start_daemon(self._guard, f"{self.name}-watch")
        except BaseException:
            self.serving = False
            raise

    def _start_thread(self) -> None:
        before = self._thread
        self._thread = threading.Thread(target=self._serve, name=self.name, daemon=True)
        try:
            start_thread(self._thread)
        except BaseException:
            self._thread = before
            raise

    def _serve(self) -> None:
        """Runs callbacks, all in this frame: another one for each would be a tenth of what a callback costs."""
        me, ident = threading.current_thread(), threading.get_ident()
        get, registered, take, metrics = self.queue.get, self.registered, self.registered.pop, self._metrics
        self._inherited.clear()
        while self._thread is me:
            item = get()
            if take(id(item), None) is not None:
                fn, args, kwargs = item._call
                item._call = None
                self._current = current = [fn, ident, monotonic()]
                error: BaseException | None = None
                try:
                    fn(*args, **kwargs)
                except BaseException as raised:  # also SystemExit: the others wait
                    error = raised
                    self._fail(raised, fn)
                self.executed += 1
                if metrics is not None:
                    self._tell(metrics, fn, current[2], error)
                current[0] = fn.__qualname__ if type(fn) is FunctionType else qualname(type(fn))
                # Here goes all that the callback held, the traceback of what it raised included: what dies then is
                # running work, too.
                fn = args = kwargs = error = None
                if self._thread is me:  # nobody has taken over
                    self._current = None
            elif type(item) is threading.Event:
                item.set()
            item = None  # or it would live until the next one comes
            if not registered and self._ownerless and self.queue.empty():
                self.serving = False
                self._leave.set()
                return

    @property
    def _ownerless(self) -> bool:
        return self.closed or self.owner is None or self.owner() is None

    def _fail(self, raised: BaseException, fn: Callable[..., object]) -> None:
        self.failed += 1
        self._report(failure_of(raised, "cleanup", fn))

    def _tell(
        self, metrics: Callable[[Run], object], fn: Callable[..., object], begun: float, error: BaseException | None
    ) -> None:
        try:
            metrics(Run(function_name(fn), monotonic() - begun, error))
        except BaseException as mistake:  # the hook's own must not end the thread
            self._report(failure_of(mistake, "cleanup", metrics))

    # -- waiting for it ------------------------------------------------------------------------------------

    def drain(self, timeout: float | None) -> bool:
        """See `Cleaner.drain`."""
        if threading.current_thread() is self._thread:
            return False
        return self.wait(timeout) if self.serving else self.queue.empty()

    def wait(self, timeout: float | None) -> bool:
        """Whether all that is in the queue was done in time."""
        limit = None if timeout is None else capped(timeout)
        if not self.serving:
            return True
        done = threading.Event()
        self.queue.put(done)
        return done.wait(limit)

    def finish(self, *, at_exit: bool = False) -> None:
        """Queues what is registered, newest first; at exit only what is to run there."""
        for cleanable in reversed(list(self.registered.values())):
            if not at_exit or cleanable.atexit:
                self.queue.put(cleanable)

    def close(self, timeout: float | None) -> bool:
        """See `Cleaner.close`."""
        thread, limit = self._thread, None if timeout is None else capped(timeout)
        self.closed = True
        self.finish()
        if thread is None or not self.serving:
            return not self.registered
        self.serving = False  # a registration from now on looks, and finds it closed
        self.queue.put(None)
        if thread is threading.current_thread():
            return False
        thread.join(limit)
        return not thread.is_alive()

    def after_fork_in_child(self) -> None:
        """The thread is not in the child. What dies there needs one; what had died before is the parent's."""
        self.serving, self._thread = False, None
        self._starting.clear()
        while True:
            try:
                item = self.queue.get_nowait()
            except queue.Empty:
                break
            if self.registered.pop(id(item), None) is not None:
                self._inherited.append(item)
        if self.registered and not self.closed:
            self.start()

    # -- watching it ---------------------------------------------------------------------------------------

    def watch(self, after: float, on_stuck: Callable[[Stall], object] | None, replace: bool) -> None:
        """Reports what takes longer than `after` seconds; with `replace` another thread takes over then."""
        if not after > 0:
            raise ValueError(f"stuck_after must be positive, got {after}")
        self._watch = after, on_stuck or _warn, replace

    def stall(self, seconds: float) -> Stall | None:
        """The callback that has run for so long."""
        current = self._current
        return None if current is None else self._stall(current, seconds)

    def _stall(self, current: _Current, seconds: float) -> Stall | None:
        fn, ident, started = current
        age = monotonic() - started
        if age < seconds:
            return None
        name = fn if type(fn) is str else function_name(fn)
        return Stall(name, age, stack_of(ident), self.queue.qsize())

    def _guard(self) -> None:
        assert self._watch is not None
        after, on_stuck, replace = self._watch
        leave = self._leave
        reported = None
        with in_service():
            while not leave.wait(capped(after / 4)):
                current = self._current
                if current is None or current[2] is reported:
                    continue
                stall = self._stall(current, after)
                if stall is None:
                    continue
                reported = current[2]  # when it began tells a callback from all others
                try:
                    if replace and self._current is current:
                        self._replace(current)
                    on_stuck(stall)
                except BaseException as error:  # the hook's own mistake must not end the watch
                    self._report(failure_of(error, "cleanup", on_stuck))
                del current  # it holds the callback

    def _replace(self, current: _Current) -> None:
        self._current = None
        try:
            self._start_thread()
        except RuntimeError:  # there are too many threads, or the end is near: it stays as it is
            self._current = current
        else:
            self.replaced += 1


def _warn(stall: Stall) -> None:
    write_error(f"finlint.runtime: a cleanup takes too long: {stall}\n")
