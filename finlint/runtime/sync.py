"""Go's package ``sync``, on the same books as the channels: what waits in one of these is seen at one look.

Every method is safe in every thread. In a signal handler or ``__del__`` that interrupts an operation of this package on
its own thread every method raises ReentrantUseError. In a thread of a closed `Runtime` every method that may wait
raises WorldClosed; those that give something back (``unlock``, ``done``, ``signal``, ...) work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, ParamSpec

from finlint.runtime.errors import Panic, WorldClosed
from finlint.runtime.monitor import Step, commit, transact, transact_leaving
from finlint.runtime.parking import DONE, Entry, Outcome, Queue, Waiter, abandon, enqueue, settled, wait_for

if TYPE_CHECKING:
    from finlint.runtime.runtime import Runtime

P = ParamSpec("P")


class Mutex:
    """Go's ``sync.Mutex``: not reentrant, not bound to a goroutine: whoever likes may unlock it. See the module."""

    def __init__(self) -> None:
        self._locked = False
        self._waiting: Queue = deque()

    def lock(self) -> None:
        """Locks, waiting in line while it is locked, also by the caller itself."""
        wait_for(self._take, Waiter("sync.Mutex.Lock", (self,)), self._undo)

    def try_lock(self) -> bool:
        """Locks if it is free; says whether it did."""
        return transact(self._try)

    def unlock(self) -> None:
        """Hands the lock to the one that waited longest. Raises Panic where it is not locked (Go: a fatal error)."""
        transact_leaving(self._give)

    def __enter__(self) -> Mutex:
        waiter = Waiter("sync.Mutex.Lock", (self,))
        try:  # an exception of a signal handler after the lock was got must not leave it locked
            wait_for(self._take, waiter, self._undo)
        except BaseException:
            abandon(waiter, self._undo)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not (isinstance(value, WorldClosed) and value.lost is self):
            self.unlock()

    # -- inside the monitor --------------------------------------------------------------------------------

    def _try(self) -> bool:
        if self._locked:
            return False
        self._locked = True
        return True

    def _take(self, waiter: Waiter) -> Outcome | None:
        if self._locked:
            return enqueue(waiter, [(self._waiting, Entry(waiter))])
        commit([partial(setattr, self, "_locked", True), partial(setattr, waiter, "outcome", DONE)])
        return DONE

    def _give(self) -> None:
        if not self._locked:
            raise Panic("sync: unlock of unlocked mutex")
        commit(self._giving())

    def _giving(self) -> list[Step]:
        """The steps that unlock it."""
        if self._waiting:
            return settled(self._waiting[0].waiter, DONE)
        return [partial(setattr, self, "_locked", False)]

    def _undo(self, got: bool) -> None:
        if got:
            self._give()


class RWMutex:
    """Go's ``sync.RWMutex``: many readers or one writer; a writer that waits comes before readers who come later."""

    def __init__(self) -> None:
        self._readers = 0
        self._writing = False
        self._waiting_readers: Queue = deque()
        self._waiting_writers: Queue = deque()

    def rlock(self) -> None:
        """Locks for reading, waiting while somebody writes or waits to."""
        wait_for(self._take_to_read, Waiter("sync.RWMutex.RLock", (self,)), self._undo_read)

    def try_rlock(self) -> bool:
        """Locks for reading if that needs no waiting; says whether it did."""
        return transact(self._read_at_once)

    def runlock(self) -> None:
        """Takes back one `rlock`. Raises Panic where nobody reads (Go: a fatal error)."""
        transact_leaving(self._give_read)

    def lock(self) -> None:
        """Locks for writing, waiting while anybody reads or writes."""
        wait_for(self._take_to_write, Waiter("sync.RWMutex.Lock", (self,)), self._undo_write)

    def try_lock(self) -> bool:
        """Locks for writing if it is free; says whether it did."""
        return transact(self._write_at_once)

    def unlock(self) -> None:
        """Takes back `lock`: the readers that wait go on, else the next writer. Raises Panic where nobody writes."""
        transact_leaving(self._give_write)

    # -- inside the monitor --------------------------------------------------------------------------------

    def _read_at_once(self) -> bool:
        if self._writing or self._waiting_writers:
            return False
        self._readers += 1
        return True

    def _write_at_once(self) -> bool:
        if self._writing or self._readers:
            return False
        self._writing = True
        return True

    def _take_to_read(self, waiter: Waiter) -> Outcome | None:
        if self._writing or self._waiting_writers:
            return enqueue(waiter, [(self._waiting_readers, Entry(waiter))])
        commit([self._set("_readers", self._readers + 1), partial(setattr, waiter, "outcome", DONE)])
        return DONE

    def _take_to_write(self, waiter: Waiter) -> Outcome | None:
        if self._writing or self._readers:
            return enqueue(waiter, [(self._waiting_writers, Entry(waiter))])
        commit([self._set("_writing", True), partial(setattr, waiter, "outcome", DONE)])
        return DONE

    def _give_read(self) -> None:
        if not self._readers:
            raise Panic("sync: RUnlock of unlocked RWMutex")
        steps = [self._set("_readers", self._readers - 1)]
        if self._readers == 1 and self._waiting_writers:
            steps += [self._set("_writing", True), *settled(self._waiting_writers[0].waiter, DONE)]
        commit(steps)

    def _give_write(self) -> None:
        if not self._writing:
            raise Panic("sync: Unlock of unlocked RWMutex")
        if self._waiting_readers:
            commit([self._set("_writing", False), *self._admitted()])
        elif self._waiting_writers:
            commit(settled(self._waiting_writers[0].waiter, DONE))
        else:
            self._writing = False

    def _admitted(self) -> list[Step]:
        steps = [self._set("_readers", self._readers + len(self._waiting_readers))]
        for entry in self._waiting_readers:
            steps += settled(entry.waiter, DONE)
        return steps

    def _undo_read(self, got: bool) -> None:
        if got:
            self._give_read()

    def _undo_write(self, got: bool) -> None:
        if got:
            self._give_write()
        elif not self._writing and not self._waiting_writers and self._waiting_readers:
            commit(self._admitted())

    def _set(self, name: str, value: int) -> Step:
        return partial(setattr, self, name, value)


class Once:
    """Go's ``sync.Once``."""

    def __init__(self) -> None:
        self._mutex = Mutex()
        self._done = False

    def do(self, fn: Callable[[], object]) -> None:
        """Calls `fn` if this is the first call of `do`, else waits until that call is over; raises what `fn` raises.

        As in Go a call that raises counts, and one that calls `do` of the same Once again waits for itself.
        """
        if self._done:
            return
        with self._mutex:
            if not self._done:
                try:
                    fn()
                finally:
                    self._done = True


class Cond:
    """Go's ``sync.Cond`` with a `Mutex` that is the caller's."""

    def __init__(self, mutex: Mutex) -> None:
        self.mutex = mutex
        self._waiting: Queue = deque()

    def wait(self) -> None:
        """Unlocks the mutex, waits for `signal` or `broadcast`, and locks it again. Raises Panic where it is not
        locked.

        As in Go, call it in a loop that asks for the condition. As POSIX has it, an exception of a signal handler comes
        out once the mutex is locked again. In a closed world it is not locked again, and ``with mutex`` knows.
        """
        waiter, again, got = Waiter("sync.Cond.Wait", (self,)), Waiter("sync.Mutex.Lock", (self.mutex,)), [False]
        try:
            wait_for(self._leave_and_wait, waiter)
            wait_for(self.mutex._take, again, got.append)
        except BaseException as error:
            if waiter.places and not any(got) and not isinstance(again.outcome, Outcome):
                self._lock_again(error)
            raise

    def signal(self) -> None:
        """Lets the one that waited longest go on, if there is one."""
        transact_leaving(self._wake, 1)

    def broadcast(self) -> None:
        """Lets everybody who waits go on."""
        transact_leaving(self._wake, None)

    def _lock_again(self, error: BaseException) -> None:
        """`error` has ended a wait that had begun: the caller believes that the mutex is his."""
        if isinstance(error, WorldClosed):
            error.lost = self.mutex
            return
        try:
            self.mutex.lock()
        except WorldClosed as closed:
            closed.lost = self.mutex
            raise

    # -- inside the monitor --------------------------------------------------------------------------------

    def _leave_and_wait(self, waiter: Waiter) -> None:
        if not self.mutex._locked:
            raise Panic("sync: unlock of unlocked mutex")
        enqueue(waiter, [(self._waiting, Entry(waiter))], self.mutex._giving())

    def _wake(self, count: int | None) -> None:
        steps: list[Step] = []
        for entry in list(self._waiting)[:count]:
            steps += settled(entry.waiter, DONE)
        commit(steps)


class WaitGroup:
    """Go's ``sync.WaitGroup``."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: Queue = deque()

    def add(self, delta: int = 1) -> None:
        """Adds to the counter; at zero everybody who waits goes on. Raises Panic where it becomes negative."""
        transact_leaving(self._add, delta)

    def done(self) -> None:
        """``add(-1)``."""
        self.add(-1)

    def wait(self) -> None:
        """Waits until the counter is zero."""
        wait_for(self._zero, Waiter("sync.WaitGroup.Wait", (self,)))

    def go(self, rt: Runtime, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Go's ``wg.Go``: adds one and calls `fn` in a goroutine of `rt`, whose end, however it comes, is a `done`.

        Raises RuntimeError where `rt` is closed, or no thread can be started.
        """

        added: list[None] = []
        turn: list[None] = [None]  # whoever takes it out does the `done`: the goroutine, or who could not begin it

        def run() -> None:
            if _taken(turn):
                try:
                    fn(*args, **kwargs)
                finally:
                    self.done()

        try:
            transact_leaving(self._add, 1, partial(added.append, None))
            rt.go(run)
        except BaseException:
            if added and _taken(turn):
                self.done()
            raise

    def _add(self, delta: int, *also: Step) -> None:
        count = self._count + delta
        if count < 0:
            raise Panic("sync: negative WaitGroup counter")
        steps: list[Step] = [partial(setattr, self, "_count", count), *also]
        if count == 0:
            for entry in self._waiting:
                steps += settled(entry.waiter, DONE)
        commit(steps)

    def _zero(self, waiter: Waiter) -> Outcome | None:
        return DONE if self._count == 0 else enqueue(waiter, [(self._waiting, Entry(waiter))])


def _taken(turn: list[None]) -> bool:
    try:
        turn.pop()
    except IndexError:
        return False
    return True
