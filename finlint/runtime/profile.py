"""The state of a runtime as data, and as the text that a person pastes into an issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from finlint.runtime.inspect import FrameLine, Verdict


@dataclass(frozen=True)
class Running:
    """The callback that a worker runs: of which object type, which function, for how long, and what it waits for.

    `site`: where it was registered. `returned`: the callback is through; what it held dies, and its ``__del__`` runs.
    `feeders`: who else holds the channel, mutex or the like that it waits for, and so might end the wait; empty where
    nobody does, None where it waits for something else.
    """

    callback: Literal["finalizer", "cleanup"]
    type_name: str
    function: str
    seconds: float
    verdict: Verdict
    site: str | None = None
    returned: bool = False
    feeders: tuple[str, ...] | None = None

    @property
    def stack(self) -> tuple[FrameLine, ...]:
        """The worker's stack, innermost frame first, down to the callback."""
        return self.verdict.stack


@dataclass(frozen=True)
class Stuck:
    """A worker established to be stuck; `waiting` callbacks starve behind `running`."""

    running: Running
    waiting: int


@dataclass(frozen=True)
class GoroutineGroup:
    """Goroutines that run the same function, begun at the same `site`, and are in the same place for the same
    reason.
    """

    function: str
    count: int
    verdict: Verdict
    site: str | None


@dataclass(frozen=True)
class Waiting:
    """A group of the backlog: callbacks of one function queued for objects of one type."""

    callback: Literal["finalizer", "cleanup"]
    type_name: str
    function: str
    count: int


@dataclass(frozen=True)
class Retained:
    """Objects of one type that live only because the finalizer queue holds them, directly or not, and their bytes."""

    type_name: str
    count: int
    bytes: int


@dataclass(frozen=True)
class Counts:
    """Registered now; queued and executed since the start, as ``/gc/finalizers/queued:finalizers`` in Go 1.26.

    Go counts executed by blocks of 101; here each callback counts.
    """

    registered: int
    queued: int
    executed: int


@dataclass(frozen=True)
class Profile:
    """One look at a runtime; see `Runtime.profile`."""

    running: Running | None
    running_cleanup: Running | None
    finalizers: Counts
    cleanups: Counts
    backlog: tuple[Waiting, ...]
    retained: tuple[Retained, ...]
    worker: Literal["not started", "idle", "busy", "dead"]
    goroutines: tuple[GoroutineGroup, ...] = ()

    @property
    def waiting(self) -> int:
        """The number of callbacks that wait."""
        return sum(group.count for group in self.backlog)

    @property
    def retained_objects(self) -> int:
        """The number of objects that only the queue keeps alive."""
        return sum(group.count for group in self.retained)

    @property
    def retained_bytes(self) -> int:
        """Their bytes."""
        return sum(group.bytes for group in self.retained)


def format_profile(profile: Profile, *, rows: int = 10) -> str:
    """The profile as text, at most `rows` lines for each list."""
    finalizers, cleanups = profile.finalizers, profile.cleanups
    lines = [
        (
            f"finlint.runtime: worker {profile.worker}; finalizers: {finalizers.registered} registered, "
            f"{finalizers.queued} queued, {finalizers.executed} executed; cleanups: {cleanups.registered} registered, "
            f"{cleanups.queued} queued, {cleanups.executed} executed"
        )
    ]
    for running in (profile.running, profile.running_cleanup):
        if running is not None:
            lines += _running_lines(running, rows)
    for group in profile.goroutines[:rows]:
        lines += _goroutine_lines(group, rows)
    lines += _rest(len(profile.goroutines), rows)
    if profile.backlog:
        lines.append(f"{profile.waiting} waiting:")
        groups = sorted(profile.backlog, key=lambda group: (-group.count, group.type_name, group.function))
        lines += [
            f"  {group.count:>7}  {group.callback} of {group.type_name}: {group.function}" for group in groups[:rows]
        ]
        lines += _rest(len(groups), rows)
    if profile.retained:
        lines.append(f"{profile.retained_objects} objects, {profile.retained_bytes:,} bytes kept alive by the queue:")
        kinds = sorted(profile.retained, key=lambda kind: (-kind.bytes, kind.type_name))
        lines += [f"  {kind.count:>7}  {kind.type_name}, {kind.bytes:,} bytes" for kind in kinds[:rows]]
        lines += _rest(len(kinds), rows)
    return "\n".join(lines)


def _running_lines(running: Running, rows: int) -> list[str]:
    what = f"{running.callback} of {running.type_name}"
    if running.returned:
        what = f"__del__ of what the {what} held"
    lines = [f"running for {running.seconds:.1f} s: {what} [{_state(running.verdict)}]", f"  {running.function}"]
    if running.site is not None:
        lines.append(f"  registered at {running.site}")
    lines += _stack_lines(running.stack, rows)
    if running.feeders is not None:
        lines.append(f"  held by {len(running.feeders)} others:" if running.feeders else "  nobody else holds it")
        lines += [f"    {feeder}" for feeder in running.feeders[:rows]] + _rest(len(running.feeders), rows)
    return lines


def _goroutine_lines(group: GoroutineGroup, rows: int) -> list[str]:
    many = "1 goroutine" if group.count == 1 else f"{group.count} goroutines"
    lines = [f"{many} [{_state(group.verdict)}]: {group.function}"]
    if group.site is not None:
        lines.append(f"  created at {group.site}")
    return lines + _stack_lines(group.verdict.stack, rows)


def _state(verdict: Verdict) -> str:
    state = verdict.state if not verdict.reason else f"{verdict.state}: {verdict.reason}"
    return state if verdict.bound is None else f"{state}, {verdict.bound:.1f} s left"


def _stack_lines(stack: tuple[FrameLine, ...], rows: int) -> list[str]:
    """The user's frames, innermost first; how many of this package's are left out."""
    theirs = [frame for frame in stack if not frame.ours]
    lines = [f"    {frame}" for frame in theirs[:rows]] + _rest(len(theirs), rows)
    folded = len(stack) - len(theirs)
    return lines + ([f"    ({folded} frames of finlint.runtime)"] if folded else [])


def _rest(count: int, rows: int) -> list[str]:
    return [f"  ... {count - rows} more"] if count > rows else []
