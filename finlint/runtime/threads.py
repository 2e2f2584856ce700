"""Ending a thread that may not want to.

Python has one way to stop a thread that computes: an exception thrown into it from outside, delivered after its next
call, jump backwards or start of a function. Thrown anywhere, it might land between a lock's ``acquire`` and the ``try``
that was to release it. So it is thrown only into a thread that is seen moving (one that sleeps may sleep in an
``acquire``), whose world is closed, and whose innermost frame is neither of this package nor of the standard library:
the locks of both are safe. Look and throw are one call into C, so the thread does not move between. What is left is
code of the user's that takes a lock otherwise than by ``with``; it is as safe as it is from Ctrl-C in the main thread.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from functools import partial
from itertools import chain, filterfalse, starmap
from operator import attrgetter, itemgetter, methodcaller
from pathlib import Path
from typing import Any, Final

from finlint.runtime.errors import WorldClosed
from finlint.runtime.inspect import PACE, SPINNING, Watch

_POLITE: Final = 5
_LOOKS: Final = 20 * SPINNING
_THROWS: Final = 20


def _not_the_users() -> tuple[str, ...]:
    """Prefixes of the paths of this package and of the standard library, which may have ``site-packages`` inside."""
    library = sysconfig.get_path("stdlib")
    try:
        folders = [entry for entry in os.scandir(library) if not entry.name.endswith("-packages")]
    except OSError:
        folders = []
    return (str(Path(__file__).parent) + os.sep, "<frozen ", *(entry.path for entry in folders))


_NOT_THE_USERS: Final = _not_the_users()
_file_of: Final = attrgetter("f_code.co_filename")


def start_thread(thread: threading.Thread) -> None:
    """Starts it. Raises RuntimeError where it cannot be started, also where the interpreter is being taken down.

    Before CPython 3.12 ``Thread.start`` waits there for ever, for a thread that does not get to run any more.
    """
    if sys.is_finalizing():
        raise RuntimeError("can't create new thread at interpreter shutdown")
    thread.start()


def start_daemon(run: Callable[[], object], name: str) -> threading.Thread:
    """A thread of this package's own, started. Raises RuntimeError as ``start_thread``."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    start_thread(thread)
    return thread


def end_thread(thread: threading.Thread) -> bool:
    """Waits for a thread whose world has ended, and says whether it is gone.

    One that still computes after a few looks gets `WorldClosed` thrown into it. One that sleeps in something that
    cannot be interrupted is left behind, and so are one that goes round in a loop outside the user's code and one that
    has caught `WorldClosed` again and again. The calling thread itself is left alone.
    """
    if thread is threading.current_thread():
        return False
    watch = Watch(thread)
    polite, throws = _POLITE, _THROWS
    for _ in range(_LOOKS):
        thread.join(PACE)
        if not thread.is_alive():
            return True
        watch.step()
        polite -= 1
        if polite <= 0 and watch.moving and _throw(thread, WorldClosed):
            polite = _POLITE
            throws -= 1
        if watch.asleep or not throws:
            break
    return not thread.is_alive()


def _throw(thread: threading.Thread, error: type[BaseException]) -> bool:
    """Raises `error` in the thread if it is in a frame of the user's (CPython: PyThreadState_SetAsyncExc)."""
    ident = thread.ident
    if ident is None or not thread.is_alive():
        return False
    raise_there: Callable[..., object] = partial(
        ctypes.pythonapi.PyThreadState_SetAsyncExc, ctypes.c_ulong(ident), ctypes.py_object(error)
    )
    on, off = (gc.enable, gc.disable) if gc.isenabled() else (gc.disable, gc.disable)
    frames: Any = map(itemgetter(ident), starmap(sys._current_frames, [()]))
    theirs = filterfalse(methodcaller("startswith", _NOT_THE_USERS), map(_file_of, frames))
    try:
        return len(list(chain(starmap(off, [()]), map(raise_there, theirs), starmap(on, [()])))) == 3
    except KeyError:  # it ended just now
        on()
        return False
