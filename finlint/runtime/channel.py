"""Channels with Go's semantics.

Sources: the Go specification, https://go.dev/ref/spec, sections "Send statements", "Receive operator", "Close",
"For statements with range clause", "Select statements"; and runtime/chan.go for the wording of the wait reasons.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

from finlint.runtime.errors import Panic
from finlint.runtime.parking import MONITOR, Waiter, claim, publish, sleep_until_woken, wake

T = TypeVar("T")


class _Receiver(NamedTuple):
    waiter: Waiter
    case: int


class _Sender(NamedTuple):
    waiter: Waiter
    case: int
    value: Any


class Channel(Generic[T]):
    """A channel of the given capacity; 0, the default, is unbuffered: a send waits for its receiver.

    Raises ValueError for a negative capacity (Go: ``makechan: size out of range``).
    """

    def __init__(self, capacity: int = 0) -> None:
        if capacity < 0:
            raise ValueError(f"a channel's capacity cannot be negative, got {capacity}")
        self.capacity: Final = capacity
        self._buffer: deque[T] = deque()
        self._receivers: deque[_Receiver] = deque()
        self._senders: deque[_Sender] = deque()
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self._buffer)}/{self.capacity}"
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
        _select([_Send(self, value)], wait="chan send")

    def receive(self) -> T | None:
        """The next value, waiting for it; None from a closed and drained channel (Go: the zero value)."""
        return self.receive_ok()[0]

    def receive_ok(self) -> tuple[T | None, bool]:
        """Go's ``v, ok := <-ch``: ok is False where the channel is closed and drained."""
        selection = _select([_Receive(self)], wait="chan receive")
        return cast("T | None", selection.value), selection.ok

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
        with MONITOR:
            return self._offer(value)

    def try_receive(self) -> tuple[T | None, bool] | None:
        """``(value, ok)`` as `receive_ok`, or None where it would have to wait (a ``select`` with ``default``)."""
        with MONITOR:
            return self._poll()

    def close(self) -> None:
        """Closes: waiting receivers get ``(None, False)``, waiting senders Panic. Raises Panic if closed before."""
        with MONITOR:
            if self._closed:
                raise Panic("close of closed channel")
            self._closed = True
            for receiver in self._receivers:
                if claim(receiver.waiter):
                    receiver.waiter.index = receiver.case
                    wake(receiver.waiter)
            for sender in self._senders:
                if claim(sender.waiter):
                    sender.waiter.failure = Panic("send on closed channel")
                    wake(sender.waiter)
            self._receivers.clear()
            self._senders.clear()

    # -- transitions; the monitor is held ------------------------------------------------------------------

    def _offer(self, value: T) -> bool:
        if self._closed:
            raise Panic("send on closed channel")
        while self._receivers:
            receiver = self._receivers.popleft()
            if claim(receiver.waiter):
                receiver.waiter.index, receiver.waiter.value, receiver.waiter.ok = receiver.case, value, True
                wake(receiver.waiter)
                return True
        if len(self._buffer) < self.capacity:
            self._buffer.append(value)
            return True
        return False

    def _poll(self) -> tuple[T | None, bool] | None:
        if self._buffer:
            value = self._buffer.popleft()
            self._admit_sender()
            return value, True
        directly: list[T] = []
        if self._admit_sender(directly):
            return directly[0], True
        return (None, False) if self._closed else None

    def _admit_sender(self, directly: list[Any] | None = None) -> bool:
        """Lets the sender that waited longest go on: its value goes to `directly`, or into the buffer."""
        while self._senders:
            sender = self._senders.popleft()
            if claim(sender.waiter):
                (self._buffer if directly is None else directly).append(sender.value)
                sender.waiter.index = sender.case
                wake(sender.waiter)
                return True
        return False

    def _wait_to_receive(self, entry: _Receiver) -> None:
        self._receivers.append(entry)

    def _wait_to_send(self, entry: _Sender) -> None:
        self._senders.append(entry)

    def _forget(self, waiter: Waiter) -> None:
        """Drops what a select left behind in the queues of the cases that did not win."""
        self._receivers = deque(entry for entry in self._receivers if entry.waiter is not waiter)
        self._senders = deque(entry for entry in self._senders if entry.waiter is not waiter)


class NilChannel(Channel[Any]):
    """Go's nil channel: never ready, so sending and receiving wait for ever; closing it is a Panic."""

    def __repr__(self) -> str:
        return "NIL"

    def close(self) -> None:
        """Raises Panic: Go's ``close of nil channel``."""
        raise Panic("close of nil channel")

    def _offer(self, value: Any) -> bool:
        return False

    def _poll(self) -> None:
        return None

    def _wait_to_receive(self, entry: _Receiver) -> None:
        """Nobody can ever serve it: only the end of the world wakes the waiter."""

    def _wait_to_send(self, entry: _Sender) -> None:
        """As `_wait_to_receive`."""


NIL: Final = NilChannel()
"""The nil channel, Go's ``var done chan int`` before any ``make``."""


class Selection(NamedTuple):
    """What a `select` did: the position of its case (-1: the default), and for a receive the value and ok."""

    case: int
    value: Any
    ok: bool


class _Receive:
    __slots__ = ("channel",)

    def __init__(self, channel: Channel[Any]) -> None:
        self.channel = channel

    def attempt(self) -> tuple[Any, bool] | None:
        return self.channel._poll()

    def enqueue(self, waiter: Waiter, index: int) -> None:
        self.channel._wait_to_receive(_Receiver(waiter, index))


class _Send:
    __slots__ = ("channel", "value")

    def __init__(self, channel: Channel[Any], value: Any) -> None:
        self.channel = channel
        self.value = value

    def attempt(self) -> tuple[Any, bool] | None:
        return (None, True) if self.channel._offer(self.value) else None

    def enqueue(self, waiter: Waiter, index: int) -> None:
        self.channel._wait_to_send(_Sender(waiter, index, self.value))


_NO_DEFAULT: Final = object()


def select(*cases: Channel[Any] | tuple[Channel[Any], Any], default: Any = _NO_DEFAULT) -> Selection:
    """Go's ``select``. A channel is a case that receives from it; a pair ``(channel, value)`` one that sends.

    Among the cases that are ready one is picked at random, as Go does. With `default` (any value, also None) it never
    waits: where no case is ready it returns ``Selection(-1, default, False)``. Without cases and default it waits for
    ever. Raises Panic where the chosen send meets a closed channel, TypeError for what is neither form of a case.
    """
    prepared: list[_Receive | _Send] = []
    for case in cases:
        if isinstance(case, Channel):
            prepared.append(_Receive(case))
        elif isinstance(case, tuple) and len(case) == 2 and isinstance(case[0], Channel):
            prepared.append(_Send(case[0], case[1]))
        else:
            raise TypeError(f"a case of select is a Channel or a pair (Channel, value), not {case!r}")
    if default is not _NO_DEFAULT:
        with MONITOR:
            return _attempt(prepared) or Selection(-1, default, False)
    return _select(prepared, wait="select" if prepared else "select (no cases)")


def _attempt(cases: Sequence[_Receive | _Send]) -> Selection | None:
    order = list(range(len(cases)))
    if len(order) > 1:
        random.shuffle(order)
    for index in order:
        got = cases[index].attempt()
        if got is not None:
            return Selection(index, *got)
    return None


def _select(cases: Sequence[_Receive | _Send], wait: str) -> Selection:
    if len(cases) == 1 and isinstance(cases[0].channel, NilChannel) and wait != "select":
        wait += " (nil chan)"
    with MONITOR:
        done = _attempt(cases)
        if done is not None:
            return done
        waiter = Waiter(wait)
        publish(waiter)
        for index, case in enumerate(cases):
            case.enqueue(waiter, index)
    try:
        sleep_until_woken(waiter)
    finally:
        if len(cases) > 1 or waiter.failure is not None or not waiter.ok:
            with MONITOR:
                for case in cases:
                    case.channel._forget(waiter)
    return Selection(waiter.index, waiter.value, waiter.ok)
