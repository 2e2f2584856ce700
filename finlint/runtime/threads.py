"""Ending a thread that may not want to."""

from __future__ import annotations

import ctypes
import threading

from finlint.runtime.errors import WorldClosed
from finlint.runtime.inspect import PACE, Watch

_POLITE: int = 5


def end_thread(thread: threading.Thread) -> bool:
    """Waits for a thread whose world has ended, and says whether it is gone.

    One that still runs after a few looks gets `WorldClosed` thrown into it. One that sleeps in something that cannot be
    interrupted gets it, too, for the moment it wakes, and is left behind. The calling thread itself is left alone.
    """
    if thread is threading.current_thread():
        return False
    watch = Watch(thread)
    looks = 0
    while thread.is_alive():
        thread.join(PACE)
        watch.step()
        looks += 1
        if looks >= _POLITE and looks % _POLITE == 0:
            _throw(thread, WorldClosed)
        if watch.asleep:
            return not thread.is_alive()
    return True


def _throw(thread: threading.Thread, error: type[BaseException]) -> None:
    """Raises `error` in the thread at its next bytecode (CPython: PyThreadState_SetAsyncExc)."""
    if thread.ident is not None and thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(error))
