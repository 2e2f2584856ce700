"""Go's ``select``, https://go.dev/ref/spec, section "Select statements"."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Generic, TypeVar, overload

from finlint.runtime.channel import Channel
from finlint.runtime.monitor import transact
from finlint.runtime.parking import Entry, Outcome, Waiter, enqueue, wait_for

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
V = TypeVar("V")


class Selection(tuple[int, V, bool], Generic[V]):
    """What a `select` did: the position of its case (-1: the default), and for a receive the value and ok."""

    __slots__ = ()

    def __new__(cls, case: int, value: V, ok: bool) -> Selection[V]:
        return tuple.__new__(cls, (case, value, ok))

    @property
    def case(self) -> int:
        """The position of the case that was taken; -1: the default."""
        return self[0]

    @property
    def value(self) -> V:
        """What was received: None from a closed channel, and after a send; the default, where that was taken."""
        return self[1]

    @property
    def ok(self) -> bool:
        """Whether a value was received from a sender, or sent."""
        return self[2]

    @property
    def default(self) -> bool:
        """Whether no case was ready, so that the default was taken."""
        return self[0] == -1

    def __repr__(self) -> str:
        return f"Selection(case={self[0]}, value={self[1]!r}, ok={self[2]})"


_Attempt = Callable[[], "tuple[Any, bool] | None"]
_NO_DEFAULT: Final[Any] = object()


@overload
def select(case: Channel[A] | tuple[Channel[A], A], /, *, default: D = ...) -> Selection[A | D | None]: ...
@overload
def select(
    case: Channel[A] | tuple[Channel[A], A], other: Channel[B] | tuple[Channel[B], B], /, *, default: D = ...
) -> Selection[A | B | D | None]: ...
@overload
def select(
    case: Channel[A] | tuple[Channel[A], A],
    other: Channel[B] | tuple[Channel[B], B],
    third: Channel[C] | tuple[Channel[C], C],
    /,
    *,
    default: D = ...,
) -> Selection[A | B | C | D | None]: ...
@overload
def select(*, default: D = ...) -> Selection[D]: ...
@overload
def select(
    case: Channel[Any] | tuple[Channel[Any], Any],
    other: Channel[Any] | tuple[Channel[Any], Any],
    third: Channel[Any] | tuple[Channel[Any], Any],
    fourth: Channel[Any] | tuple[Channel[Any], Any],
    /,
    *more: Channel[Any] | tuple[Channel[Any], Any],
    default: Any = ...,
) -> Selection[Any]: ...
def select(*cases: Channel[Any] | tuple[Channel[Any], Any], default: Any = _NO_DEFAULT) -> Selection[Any]:
    """Go's ``select``. A channel is a case that receives from it; a pair ``(channel, value)`` one that sends.

    Among the cases that are ready one is picked at random, as Go does. With `default` (any value, also None) it never
    waits: where no case is ready it returns ``Selection(-1, default, False)``. Without cases and default it waits for
    ever; with a case `after` no longer than that. Safe in every thread. Raises Panic where the chosen send meets a
    closed channel, TypeError for what is neither form of a case, ReentrantUseError and WorldClosed as
    `Channel.receive`.
    """
    channels: list[Channel[Any]] = []
    attempts: list[_Attempt] = []
    values: list[tuple[Any] | None] = []  # what to send, in a tuple; None: this case receives
    for case in cases:
        if isinstance(case, Channel):
            channels.append(case)
            attempts.append(case._poll)
            values.append(None)
        elif isinstance(case, tuple) and len(case) == 2 and isinstance(case[0], Channel):
            channels.append(case[0])
            attempts.append(partial(_send, *case))
            values.append((case[1],))
        else:
            raise TypeError(f"a case of select is a Channel or a pair (Channel, value), not {type(case).__name__}")
    if default is not _NO_DEFAULT:
        done = transact(_first_ready, attempts)
        return Selection(-1, default, False) if done is None else Selection(*done)

    def attempt(waiter: Waiter) -> Outcome | None:
        done = _first_ready(attempts)
        if done is None:
            _enqueue(waiter, channels, values)
        return done

    reason = "select" if cases else "select (no cases)"
    return Selection(*wait_for(attempt, Waiter(reason, tuple(channels))))


def _send(channel: Channel[Any], value: Any) -> tuple[Any, bool] | None:
    return (None, True) if channel._offer(value) else None


def _first_ready(attempts: list[_Attempt]) -> Outcome | None:
    order = list(range(len(attempts)))
    if len(order) > 1:
        random.shuffle(order)
    for index in order:
        got = attempts[index]()
        if got is not None:
            return Outcome(index, *got)
    return None


def _enqueue(waiter: Waiter, channels: list[Channel[Any]], values: list[tuple[Any] | None]) -> None:
    waiter.deadline = min((channel._due for channel in channels if channel._due is not None), default=None)
    places = []
    for index, (channel, value) in enumerate(zip(channels, values, strict=True)):
        if channel._serves and value is None:
            places.append((channel._receivers, Entry(waiter, index)))
        elif channel._serves and value is not None:
            places.append((channel._senders, Entry(waiter, index, *value)))
    enqueue(waiter, places)
