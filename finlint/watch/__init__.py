"""Says while a program runs which of its finalizers is stuck: ``finlint.watch.start()``, or
``python -m finlint.watch script.py``.

A thread looks at all stacks ten times a second, and listens to the collector. A finalizer that is still running after
``budget`` seconds is reported once: which, in which thread, since when, what it waits for, who holds that, and which
finding of the linter says so, too. What it costs and what it cannot see: docs/live.md.
"""

from __future__ import annotations

import os
import signal as signals
import weakref
from collections.abc import Callable
from typing import Any

from finlint.watch.asking import Asking
from finlint.watch.monitor import Monitor
from finlint.watch.reporting import Destination, Format, Reporter, Writable
from finlint.watch.snapshots import Snapshot, Timed, taken
from finlint.watch.timing import Timing

__all__ = ["Snapshot", "Timed", "WatchError", "snapshot", "start", "stop"]


class WatchError(RuntimeError):
    """The watch runs already, or does not, or cannot do what was asked for here."""


class _Watch:
    def __init__(self, monitor: Monitor, reporter: Reporter, asking: Asking | None, timing: Timing | None) -> None:
        self.monitor = monitor
        self.reporter = reporter
        self.asking = asking
        self.timing = timing
        self.ending: weakref.finalize[[float], _Watch] | None = None


_watch: _Watch | None = None
_knows_forks = False


def start(
    budget: float = 1.0,
    on_stuck: Callable[[dict[str, Any]], object] | None = None,
    *,
    file: Writable | None = None,
    format: Format = "text",
    signal: int | None = None,
    timing: bool = False,
    dead_man: bool = False,
    live: str | os.PathLike[str] | None = None,
) -> None:
    """Watch this process, and its children by fork, until ``stop()``.

    A finalizer that takes longer than ``budget`` seconds is reported once, to ``file`` (None: the descriptor of
    standard error) as text or as JSON, one object a line; ``on_stuck`` is called with the object, in a thread of the
    watch, and what it raises is printed. The objects are those of ``finlint diagnose --json``. ``signal`` is a number:
    when it comes, whatever runs then is reported at once. ``timing`` counts and times every finalizer, and costs what
    docs/live.md says. ``dead_man`` has faulthandler print the stacks where no look is possible, because a finalizer
    keeps the interpreter's lock. ``live`` is a file that is told what was seen, for ``finlint --live FILE``.

    Raises ValueError for a wrong argument, WatchError where the process is watched already.
    """
    global _watch, _knows_forks
    if not budget > 0:
        raise ValueError(f"budget must be positive, got {budget}")
    if format not in ("text", "json"):
        raise ValueError(f"format must be 'text' or 'json', got {format!r}")
    if _watch is not None:
        raise WatchError("finlint.watch has been started already")
    asking = None if signal is None else _asking(signal)
    reporter = Reporter(Destination(file, format, on_stuck, None if live is None else os.fspath(live)))
    monitor = Monitor(budget, reporter, dead_man=2 if dead_man else None, asked=None if asking is None else asking.poll)
    _watch = _Watch(monitor, reporter, asking, Timing() if timing else None)
    if _watch.timing is not None:
        _watch.timing.start()
    monitor.start()
    _end_with_the_process(_watch)
    if not _knows_forks and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)
        _knows_forks = True


def _end_with_the_process(watch: _Watch) -> None:
    """Have the threads gone when the interpreter is taken down: one that wakes then may crash (3.10, bpo-20526).

    The last finalizer at exit does it, so that those before it are watched.
    """
    ending = weakref.finalize(watch, watch.monitor.stop, 1.0)
    info = getattr(weakref.finalize, "_registry", {}).get(ending)
    if info is not None:
        info.index = -1  # they run in descending order
    watch.ending = ending


def _asking(signal: int) -> Asking:
    try:
        return Asking(signals.Signals(signal))
    except (ValueError, RuntimeError, OSError, AttributeError) as error:
        raise ValueError(f"signal {signal} cannot be listened to: {error}") from None


def stop(timeout: float = 60.0) -> None:
    """End the watch, after the reports that are being made (``timeout`` seconds at most). Does nothing without one."""
    global _watch
    watch, _watch = _watch, None
    if watch is None:
        return
    if watch.ending is not None:
        watch.ending.detach()
    watch.monitor.stop()
    if watch.timing is not None:
        watch.timing.stop()
    if watch.asking is not None:
        watch.asking.close()
    watch.reporter.wait(timeout)


def snapshot() -> Snapshot:
    """What runs now, by the last look, and what was counted. Raises WatchError where nothing is watched."""
    if _watch is None:
        raise WatchError("finlint.watch has not been started")
    return taken(_watch.monitor, _watch.timing)


def _after_fork() -> None:
    if _watch is not None:
        if _watch.asking is not None:
            _watch.asking.after_fork()
        _watch.reporter.after_fork()
        _watch.monitor.after_fork()
