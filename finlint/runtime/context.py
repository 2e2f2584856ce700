"""Go's package ``context``: cancellation and deadlines, handed down. No thread stands behind a deadline."""

from __future__ import annotations

import time
from functools import partial
from types import TracebackType
from typing import Any, NoReturn

from finlint.runtime.channel import Channel
from finlint.runtime.errors import Panic
from finlint.runtime.monitor import Step, commit, transact_leaving
from finlint.runtime.parking import capped


class Canceled(RuntimeError):  # noqa: N818  # Go's word
    """What `Context.err` says of a context that was cancelled."""


class DeadlineExceeded(RuntimeError):  # noqa: N818  # Go's words
    """What `Context.err` says of a context whose time is up."""


class _Done(Channel[NoReturn]):
    """Closed by cancellation, or, for whoever looks, from a moment on."""

    def __init__(self, due: float | None) -> None:
        super().__init__()
        self._due = due

    def close(self) -> None:
        """Raises Panic: it is there to be received from; `Context.cancel` closes it."""
        raise Panic("close of a context's channel")

    def _offer(self, value: Any) -> bool:
        raise Panic("send to a context's channel")

    def _poll(self) -> tuple[None, bool] | None:
        return (None, False) if self._closed or self.expired() else None

    def expired(self) -> bool:
        return self._due is not None and time.monotonic() >= self._due


class Context:
    """Go's ``context.Context``; `Context()` is Go's ``context.Background()``, never done.

    Every method is safe in every thread; as `Channel` in a signal handler or ``__del__``. Use what `with_cancel` and
    `with_timeout` return as context manager, or `cancel` it: its parent holds it until then.
    """

    def __init__(self) -> None:
        self._parent: Context | None = None
        self._children: dict[Context, None] = {}
        self._error: Exception | None = None
        self._done = _Done(None)

    @property
    def done(self) -> Channel[NoReturn]:
        """The channel that is closed once the context is cancelled or its time is up; for `select`."""
        return self._done

    @property
    def deadline(self) -> float | None:
        """When its time is up (`time.monotonic`); None where it has no deadline."""
        return self._done._due

    def err(self) -> Canceled | DeadlineExceeded | None:
        """Why it is done, to be raised by whoever likes; None where it is not."""
        return transact_leaving(self._err)

    def with_cancel(self) -> Context:
        """A context that is done when this one is, or when it is cancelled."""
        return self._child(self.deadline)

    def with_timeout(self, seconds: float) -> Context:
        """As `with_cancel`, and done after so many seconds at the latest (Go: ``context.WithTimeout``)."""
        mine = time.monotonic() + capped(seconds)
        return self._child(mine if self.deadline is None else min(mine, self.deadline))

    def cancel(self) -> None:
        """Ends it and all below it; nothing where it is done already."""
        transact_leaving(self._cancel)

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cancel()

    # -- inside the monitor --------------------------------------------------------------------------------

    def _child(self, deadline: float | None) -> Context:
        child = Context()
        child._parent = self
        child._done = _Done(deadline)
        transact_leaving(self._adopt, child)
        return child

    def _adopt(self, child: Context) -> None:
        error = self._err()
        commit(child._ending(error) if error is not None else [partial(self._children.__setitem__, child, None)])

    def _err(self) -> Canceled | DeadlineExceeded | None:
        if self._error is None and self._done.expired():
            self._error = DeadlineExceeded("context deadline exceeded")
        error: Any = self._error
        return error  # type: ignore[no-any-return]

    def _cancel(self) -> None:
        steps = self._ending(Canceled("context canceled"))
        if self._parent is not None:
            steps.append(partial(self._parent._children.pop, self, None))
        commit(steps)

    def _ending(self, error: Exception) -> list[Step]:
        if self._err() is not None:
            return []
        steps: list[Step] = [partial(setattr, self, "_error", error), *self._done._closing()]
        for child in self._children:
            steps += child._ending(error)
        steps.append(self._children.clear)
        return steps
