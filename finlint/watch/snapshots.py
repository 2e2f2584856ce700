"""What the watch knows at a moment, for who asks from Python."""

from __future__ import annotations

from typing import NamedTuple

from finlint.live.recognise import StartedBy
from finlint.watch.monitor import Monitor, Sighting
from finlint.watch.timing import Timing


class Now(NamedTuple):
    """A finalizer that was running at the last look: ``stack`` is "path:line function", the innermost first."""

    finalizer: str
    kind: str
    thread: int
    seconds: float
    started_by: StartedBy
    stack: tuple[str, ...]


class Timed(NamedTuple):
    """How often a finalizer ran to its end, and how long (seconds)."""

    finalizer: str
    times: int
    total: float
    longest: float


class Snapshot(NamedTuple):
    """``collecting`` is for how many seconds the collector has been at work in some thread (None: it is not);
    ``looks`` and ``reports`` are numbers. ``timed`` is empty without ``timing=True``, and sorted by the time spent."""

    running: tuple[Now, ...]
    collecting: float | None
    looks: int
    reports: int
    timed: tuple[Timed, ...]


def taken(monitor: Monitor, timing: Timing | None) -> Snapshot:
    """The snapshot of a watch."""
    now = tuple(_now(sighting, seconds) for sighting, seconds in monitor.running())
    timed = () if timing is None else tuple(Timed(*row) for row in timing.table())
    return Snapshot(now, monitor.held(), monitor.looks, monitor.records, timed)


def _now(sighting: Sighting, seconds: float) -> Now:
    frames = sighting.thread.frames[: sighting.found.at + 1]
    stack = tuple(f"{frame.path}:{frame.line} {frame.function}" for frame in frames)
    return Now(sighting.name, sighting.found.kind, sighting.ident, seconds, sighting.found.started_by, stack)
