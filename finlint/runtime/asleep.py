"""Go's "all goroutines are asleep": no thread of the process can ever go on. `Runtime(detect_deadlock=True)`.

Asked whenever a thread parks, ends, or runs out of work, the last one of which finds all the others asleep. A thread is
asleep where the books have it without a time limit; an idle worker does not count, as in Go. Any other thread, one that
`threading` does not know included, might wake somebody: then nothing is said. A signal handler might, too, which is why
one has to ask for it.
"""

from __future__ import annotations

import os
import sys
import threading

from finlint.runtime import parking
from finlint.runtime.inspect import stack_of
from finlint.runtime.outlook import SERVICE_THREADS
from finlint.runtime.parking import parked_waiter
from finlint.runtime.worker import WORKERS

_asking = 0


def start() -> None:
    """One more runtime asks for it."""
    global _asking
    _asking += 1
    parking.on_sleep = _look


def stop() -> None:
    """One less."""
    global _asking
    _asking -= 1
    if _asking == 0:
        parking.on_sleep = None


def _look(leaving: bool) -> None:
    """Ends the process with status 2 where everybody sleeps; `leaving`: the calling thread is about to be gone."""
    aside = {*SERVICE_THREADS, *({threading.get_ident()} if leaving else ())}
    sleeping = []
    for ident in sys._current_frames():
        worker = WORKERS.get(ident)
        if ident in aside or (worker is not None and worker.idle):
            continue
        waiter = parked_waiter(ident)
        if waiter is None or waiter.deadline is not None:
            return
        sleeping.append((ident, waiter.reason))
    if sleeping:
        _fatal(sleeping)


def _fatal(sleeping: list[tuple[int, str]]) -> None:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    lines = ["fatal error: all goroutines are asleep - deadlock!"]
    for ident, reason in sleeping:
        lines += ["", f"{names.get(ident, ident)} [{reason}]:", *(f"    {frame}" for frame in stack_of(ident))]
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is sys.stderr:
                stream.write("\n".join([*lines, ""]))
            stream.flush()
        except (OSError, ValueError, AttributeError):  # closed or never there
            continue
    os._exit(2)
