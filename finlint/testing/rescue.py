"""Frees the main thread from a finalizer that would hang the test run: by an exception in a handler of a signal.

The interpreter swallows what a finalizer raises, so the test goes on after it. A test that waits for another thread
that is stuck is ended by the same exception. Other threads cannot be freed.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from finlint.watch.sight import Mark, chain

#: A signal that programs seldom use; ``SIGUSR2`` where there are no others (macOS).
SIGNAL: int | None = int(signal.SIGRTMAX) - 3 if hasattr(signal, "SIGRTMAX") else getattr(signal, "SIGUSR2", None)


class FinalizerStuck(BaseException):
    """A finalizer was stuck, and this ended it. Not an Exception: those are often caught."""


class Rescue:
    """The handler, between ``install`` and ``remove``."""

    def __init__(self) -> None:
        self._main = threading.main_thread().ident
        self._before: Any = None
        self._installed = False
        self._of_finalizer = True

    def install(self) -> None:
        """Does nothing outside of the main thread."""
        if SIGNAL is not None and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(SIGNAL, self._handle)
            self._installed = True

    def remove(self) -> None:
        """The handler that was there before, again."""
        if self._installed and SIGNAL is not None:
            signal.signal(SIGNAL, self._before)
            self._installed = False

    def free(self, *, of_finalizer: bool) -> bool:
        """Ask the main thread to raise: in a stuck finalizer alone, or wherever it is. False where it cannot be."""
        self._of_finalizer = of_finalizer
        if SIGNAL is None or not self._installed or self._main is None or signal.getsignal(SIGNAL) != self._handle:
            return False
        signal.pthread_kill(self._main, SIGNAL)
        return True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._of_finalizer and not _in_stuck_finalizer(frame):
            return  # it has come to its end meanwhile
        raise FinalizerStuck("finlint: this was stuck in a finalizer, or waited for a thread that is")


def _in_stuck_finalizer(frame: FrameType | None) -> bool:
    """Whether a finalizer that has been reported is on this stack; where a tracer has the marks' place it may be."""
    marks: list[object] = [] if frame is None else [each.f_trace for each in chain(frame)]
    return any(mark is not None and (not isinstance(mark, Mark) or mark.reported) for mark in marks)
