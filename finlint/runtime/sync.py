"""WaitGroup and Mutex with Go's semantics (package sync), on the same books as the channels."""

from __future__ import annotations

from collections import deque
from types import TracebackType

from finlint.runtime.errors import Panic
from finlint.runtime.parking import MONITOR, Waiter, claim, publish, sleep_until_woken, wake


class Mutex:
    """Go's ``sync.Mutex``: not reentrant, not bound to a goroutine: whoever likes may unlock it."""

    def __init__(self) -> None:
        self._locked = False
        self._waiters: deque[Waiter] = deque()

    def lock(self) -> None:
        """Locks, waiting in line while it is locked, also by the caller itself."""
        with MONITOR:
            if not self._locked:
                self._locked = True
                return
            waiter = Waiter("sync.Mutex.Lock")
            publish(waiter)
            self._waiters.append(waiter)
        sleep_until_woken(waiter)

    def try_lock(self) -> bool:
        """Locks if it is free; says whether it did."""
        with MONITOR:
            if self._locked:
                return False
            self._locked = True
            return True

    def unlock(self) -> None:
        """Hands the lock to the one that waited longest. Raises Panic where it is not locked (Go: a fatal error)."""
        with MONITOR:
            if not self._locked:
                raise Panic("sync: unlock of unlocked mutex")
            while self._waiters:
                waiter = self._waiters.popleft()
                if claim(waiter):
                    wake(waiter)
                    return
            self._locked = False

    def __enter__(self) -> Mutex:
        self.lock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.unlock()


class WaitGroup:
    """Go's ``sync.WaitGroup``."""

    def __init__(self) -> None:
        self._count = 0
        self._waiters: list[Waiter] = []

    def add(self, delta: int = 1) -> None:
        """Adds to the counter; at zero everybody who waits goes on. Raises Panic where it becomes negative."""
        with MONITOR:
            if self._count + delta < 0:
                raise Panic("sync: negative WaitGroup counter")
            self._count += delta
            if self._count == 0:
                for waiter in self._waiters:
                    if claim(waiter):
                        wake(waiter)
                self._waiters.clear()

    def done(self) -> None:
        """``add(-1)``."""
        self.add(-1)

    def wait(self) -> None:
        """Waits until the counter is zero."""
        with MONITOR:
            if self._count == 0:
                return
            waiter = Waiter("sync.WaitGroup.Wait")
            publish(waiter)
            self._waiters.append(waiter)
        sleep_until_woken(waiter)
