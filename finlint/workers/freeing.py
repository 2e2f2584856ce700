"""When memory is freed: no automatic garbage collection while a run lasts, and what is free goes back to the system."""

from __future__ import annotations

import gc
import sys


class CollectorPaused:
    """A context in which the collector does not start by itself.

    It would walk all modules and values that are alive, again and again, a third of a large run. What refers to itself
    is made by tasks only, and ``collect_young`` frees it after each.
    """

    def __enter__(self) -> None:
        self._enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._enabled:
            gc.enable()


def collect_young() -> None:
    """Free what was made since this was called last, and refers to itself: frames of a task, its scopes and values.

    While the collector is paused all that is new is in the youngest generation: each object is walked once.
    """
    gc.collect(0)


def collect_run() -> None:
    """Free what a run has left, which refers to itself, in a process that goes on: a server, a program that lints.

    ``collect_young`` has moved it into the second generation. From there it comes into the oldest one with the next
    runs', which is walked so rarely that hundreds of small runs lie there: 1 GB. Where the collector is off, as the
    command has it, nothing is freed.
    """
    if gc.isenabled():
        gc.collect(1)


def give_back() -> None:
    """Give free memory back to the operating system, as far as the C library can.

    glibc keeps most of it for later, also where a package's texts are gone and the next package is small
    (malloc_trim(3); 12 of 250 MB on two workers).
    """
    try:
        import ctypes

        trim = ctypes.CDLL(None).malloc_trim
    except (ImportError, OSError, TypeError, AttributeError):
        # Another C library; CDLL(None) is not for Windows.
        return
    trim(0)


def peak() -> int:
    """The most bytes of memory that this process has held since it was started; 0 where the system does not say."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return 0
    most = getrusage(RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
