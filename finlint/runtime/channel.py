"""Channels with Go's semantics.

Sources: the Go specification, https://go.dev/ref/spec, sections "Send statements", "Receive operator", "Close",
"For statements with range clause", "Select statements"; and runtime/chan.go for the wording of the wait reasons.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast, overload

from finlint.runtime.errors import Panic
from finlint.runtime.monitor import Step, commit, transact, transact_leaving
from finlint.runtime.parking import DONE, Entry, Outcome, Queue, Waiter, capped, enqueue, settled, wait_for

T = TypeVar("T")
D = TypeVar("D")


class Channel(Generic[T]):
    """A channel of the given capacity; 0, the default, is unbuffered: a send waits for its receiver.

    Every method is safe in every thread. In a signal handler or ``__del__`` that interrupts an operation of this
    package on its own thread, every one but ``len`` raises ReentrantUseError; in a thread of a closed `Runtime` every
    one but ``len`` and `close` raises WorldClosed. Raises ValueError for a negative capacity (Go: ``makechan: size out
    of range``).
    """

    def __init__(self, capacity: int = 0) -> None:
        if capacity < 0:
            raise ValueError(f"a channel's capacity cannot be negative, got {capacity}")
        self.capacity: Final = capacity
        self._buffer: deque[T] = deque()
        self._receivers: Queue = deque()
        self._senders: Queue = deque()
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self)}/{self.capacity}"
        return f"<{type(self).__name__} {state}>"

    def __len__(self) -> int:
        """The number of values in the buffer (Go's ``len``)."""
        return len(self._buffer)

    def __bool__(self) -> bool:
        """Always true: an empty channel is still a channel."""
        return True

    # -- operations that wait ------------------------------------------------------------------------------

    def send(self, value: T) -> None:
        """Sends, waiting for a receiver or for room. Raises Panic on a closed channel, also when closed meanwhile."""

        def attempt(waiter: Waiter) -> Outcome | None:
            if self._offer(value):
                return DONE
            return self._enqueue(waiter, self._senders, value)

        wait_for(attempt, Waiter(f"chan send{self._kind}", (self,)))

    @overload
    def receive(self) -> T | None: ...
    @overload
    def receive(self, default: D) -> T | D: ...
    def receive(self, default: Any = None) -> Any:
        """The next value, waiting for it; `default` from a closed and drained channel (Go: the zero value)."""
        value, ok = self.receive_ok()
        return value if ok else default

    def receive_ok(self) -> tuple[T | None, bool]:
        """Go's ``v, ok := <-ch``: ok is False where the channel is closed and drained."""

        def attempt(waiter: Waiter) -> Outcome | None:
            got = self._poll()
            return self._enqueue(waiter, self._receivers) if got is None else Outcome(0, *got)

        outcome = wait_for(attempt, Waiter(f"chan receive{self._kind}", (self,)))
        return cast("T | None", outcome.value), outcome.ok

    def __iter__(self) -> Iterator[T]:
        """Go's ``for v := range ch``: values until the channel is closed and drained."""
        while True:
            value, ok = self.receive_ok()
            if not ok:
                return
            yield cast(T, value)

    # -- operations that never wait ------------------------------------------------------------------------

    def try_send(self, value: T) -> bool:
        """Sends if that needs no waiting; says whether it did (a ``select`` with ``default``)."""
        return transact(self._offer, value)

    def try_receive(self) -> tuple[T | None, bool] | None:
        """``(value, ok)`` as `receive_ok`, or None where it would have to wait (a ``select`` with ``default``)."""
        return transact(self._poll)

    def close(self) -> None:
        """Closes: waiting receivers get ``(None, False)``, waiting senders Panic. Raises Panic if closed before."""
        transact_leaving(self._close)

    # -- transitions: inside the monitor -------------------------------------------------------------------

    _kind = ""

    def _offer(self, value: T) -> bool:
        """Sends if that needs no waiting."""
        if self._closed:
            raise Panic("send on closed channel")
        if self._receivers:
            receiver = self._receivers[0]
            commit(settled(receiver.waiter, Outcome(receiver.case, value)))
            return True
        if len(self._buffer) < self.capacity:
            self._buffer.append(value)
            return True
        return False

    def _poll(self) -> tuple[T | None, bool] | None:
        """Receives if that needs no waiting."""
        if self._buffer:
            value = self._buffer[0]
            steps: list[Step] = [self._buffer.popleft]
            if self._senders:
                sender = self._senders[0]
                steps += [partial(self._buffer.append, sender.value), *settled(sender.waiter, Outcome(sender.case))]
            commit(steps)
            return value, True
        if self._senders:
            sender = self._senders[0]
            commit(settled(sender.waiter, Outcome(sender.case)))
            return sender.value, True
        return (None, False) if self._closed else None

    def _close(self) -> None:
        if self._closed:
            raise Panic("close of closed channel")
        commit(self._closing())

    def _closing(self) -> list[Step]:
        """The steps that close it. A select that waits here twice goes on once."""
        steps: list[Step] = [partial(setattr, self, "_closed", True)]
        waiting = {entry.waiter: Outcome(entry.case, None, False) for entry in reversed(self._receivers)}
        for waiter in (entry.waiter for entry in self._senders):
            if waiter not in waiting:
                steps += settled(waiter, Panic("send on closed channel"))
        for waiter, outcome in reversed(waiting.items()):
            steps += settled(waiter, outcome)
        return steps

    def _enqueue(self, waiter: Waiter, queue: Queue, value: Any = None) -> Outcome | None:
        """Puts a waiter in line."""
        waiter.deadline = self._due
        return enqueue(waiter, [(queue, Entry(waiter, 0, value))] if self._serves else [])

    # What a channel of another kind does differently: whether anybody can ever serve those who wait, and the moment
    # (`time.monotonic`) at which they are to look again by themselves.
    _serves = True
    _due: float | None = None


class NilChannel(Channel[Any]):
    """Go's nil channel: never ready, so sending and receiving wait for ever; closing it is a Panic."""

    _kind = " (nil chan)"
    _serves = False

    def __repr__(self) -> str:
        return "NIL"

    def close(self) -> None:
        """Raises Panic: Go's ``close of nil channel``."""
        raise Panic("close of nil channel")

    def _offer(self, value: Any) -> bool:
        return False

    def _poll(self) -> None:
        return None


NIL: Final = NilChannel()
"""The nil channel, Go's ``var done chan int`` before any ``make``."""


class Timer(Channel[float]):
    """The channel of `after`: one value, the time, from its moment on. No thread stands behind it: who waits looks
    again.
    """

    _serves = False

    def __init__(self, seconds: float) -> None:
        super().__init__(1)
        self._due = time.monotonic() + capped(seconds)

    def __len__(self) -> int:
        return int(self._ready())

    def close(self) -> None:
        """Raises Panic: it is there to be received from."""
        raise Panic("close of a timer's channel")

    def _offer(self, value: float) -> bool:
        raise Panic("send to a timer's channel")

    def _poll(self) -> tuple[float | None, bool] | None:
        if not self._ready():
            return None
        due, self._due = self._due, None
        return due, True

    def _ready(self) -> bool:
        return self._due is not None and time.monotonic() >= self._due


def after(seconds: float) -> Channel[float]:
    """Go's ``time.After``: a channel that gives one value (`time.monotonic`) after so many seconds.

    For a time limit: ``select(channel, after(5))``. It costs neither a thread nor, once dropped, anything else.
    Raises ValueError for NaN.
    """
    return Timer(seconds)
