"""The exceptions of the runtime."""

from __future__ import annotations


class Panic(RuntimeError):  # noqa: N818  # Go's word
    """What Go answers with a panic: sending on a closed channel, closing one twice, a negative wait group.

    It is an ordinary exception here, raised where Go panics, so that it can be caught as Go's ``recover`` would.
    """


class Goexit(BaseException):
    """Raised by `goexit`: ends the calling goroutine quietly, after its ``finally`` blocks, as ``runtime.Goexit``."""


class WorldClosed(BaseException):
    """Raised in the threads of a `Runtime` that is being closed, out of whatever they were waiting for.

    Not an `Exception`, so that a finalizer's ``except Exception`` does not swallow the order to leave. `lost` is the
    mutex that a ``Cond.wait`` gave up and did not get back.
    """

    lost: object = None


class FinalizerIssues(RuntimeError):  # noqa: N818  # Go's words
    """Raised by ``gc()`` with ``checkfinalizers=True`` for registrations that keep their own object alive.

    Go: ``fatal error: detected possible issues with cleanups and/or finalizers`` (GODEBUG=checkfinalizers=1).
    """


class ReentrantUseError(RuntimeError):
    """A ``__del__`` or signal handler interrupted a channel operation and used a channel on the same thread.

    CPython may run ``__del__`` between any two bytecodes. Waiting here would wait for ourselves; going on would
    work on half a transition. Neither can happen to Go, whose finalizers have a thread of their own.
    """
