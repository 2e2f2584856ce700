"""Goroutines: threads that belong to a world."""

from __future__ import annotations

import _thread
import threading
import traceback
from collections.abc import Callable
from typing import ParamSpec

from finlint.runtime.collector import Opaque
from finlint.runtime.errors import Goexit, WorldClosed
from finlint.runtime.inspect import Verdict, inspect_threads
from finlint.runtime.monitor import World, enter_world
from finlint.runtime.names import Site, call_site, function_name
from finlint.runtime.parking import forget_thread
from finlint.runtime.profile import GoroutineGroup
from finlint.runtime.threads import start_thread
from finlint.runtime.worker import Failure

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

        def run() -> None:
            enter_world(self._world)
            try:
                fn(*args, **kwargs)
            except (WorldClosed, Goexit, SystemExit):
                pass
            except BaseException as error:
                self._report(_failure(goroutine.function, error))
            finally:
                self._running.discard(goroutine)
                forget_thread(_thread.get_ident())

        goroutine = _Goroutine(run, self._name, fn, call_site())
        self._running.add(goroutine)
        try:
            start_thread(goroutine)
        except BaseException:
            if not goroutine.is_alive():
                self._running.discard(goroutine)
            raise

    def threads(self) -> list[threading.Thread]:
        """Those that run."""
        return list(self._running.copy())

    def groups(self) -> tuple[GoroutineGroup, ...]:
        """Those that run, alike ones together, the largest group first. Takes up to 60 ms where some are not parked."""
        running = list(self._running.copy())
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


def _failure(function: str, error: BaseException) -> Failure:
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Failure("raised", "goroutine", "", function, f"{type(error).__name__}: {error}", trace)
