"""Goroutines: threads that belong to a world."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from functools import partial
from typing import ParamSpec

from finlint.runtime.collector import Opaque
from finlint.runtime.errors import Goexit, WorldClosed
from finlint.runtime.failure import Failure, failure_of
from finlint.runtime.inspect import Verdict, inspect_threads
from finlint.runtime.monitor import World, enter_world
from finlint.runtime.names import Site, call_site, function_name
from finlint.runtime.parking import forget_thread
from finlint.runtime.profile import GoroutineGroup
from finlint.runtime.threads import start_thread

P = ParamSpec("P")


class _Goroutine(threading.Thread):
    """A thread that knows what it runs, and who began it."""

    def __init__(self, run: Callable[[], None], name: str, function: Callable[..., object], site: Site | None) -> None:
        super().__init__(target=run, name=name, daemon=True)
        self.function = function_name(function)
        self.site = site


class Goroutines(Opaque):
    """The goroutines of one world. `report` receives the failures, on the goroutine."""

    def __init__(self, name: str, world: World, report: Callable[[Failure], None]) -> None:
        self._name = f"{name}-go"
        self._world = world
        self._report = report
        self._running: set[_Goroutine] = set()

    def start(self, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Starts one. Raises RuntimeError where no thread can be started."""
        work: list[Callable[[], object]] = [partial(fn, *args, **kwargs)]

        def run() -> None:
            self._running.add(goroutine)  # again: an exception may have ended the `start` that waits for us
            enter_world(self._world)
            try:
                self._run(work, goroutine)
            except WorldClosed:
                pass
            finally:
                self._running.discard(goroutine)
                forget_thread(_thread.get_ident())

        goroutine = _Goroutine(run, self._name, fn, call_site())
        try:
            self._running.add(goroutine)
            start_thread(goroutine)
        except RuntimeError:
            self._running.discard(goroutine)
            raise

    def _run(self, work: list[Callable[[], object]], goroutine: _Goroutine) -> None:
        """Calls the one thing in `work`, and lets go of it: a ``__del__`` of what it held is part of the goroutine."""
        try:
            work.pop()()
        except (WorldClosed, Goexit, SystemExit):
            pass
        except BaseException as error:
            self._report(failure_of(error, "goroutine", goroutine.function))

    def after_fork_in_child(self) -> None:
        """None is in the child, but the one that may have forked."""
        self._running &= {threading.current_thread()}

    def threads(self) -> list[_Goroutine]:
        """Those that run."""
        return [goroutine for goroutine in self._running.copy() if goroutine.ident is not None]

    def groups(self) -> tuple[GoroutineGroup, ...]:
        """Those that run, alike ones together, the largest group first. Takes up to 60 ms where some are not parked."""
        running = self.threads()
        verdicts = inspect_threads(running)
        groups: dict[tuple[str, Site | None, str, str, object], list[Verdict]] = {}
        for goroutine in running:
            verdict = verdicts[goroutine]
            if verdict.state == "ended":
                continue
            place = tuple((frame.path, frame.line) for frame in verdict.stack)
            key = (goroutine.function, goroutine.site, verdict.state, verdict.reason, place)
            groups.setdefault(key, []).append(verdict)
        return tuple(
            sorted(
                (
                    GoroutineGroup(function, len(verdicts), verdicts[0], None if site is None else str(site))
                    for (function, site, *_), verdicts in groups.items()
                ),
                key=lambda group: -group.count,
            )
        )
