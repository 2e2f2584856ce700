"""Collections without being asked, as Go's garbage collector: `Runtime(automatic=True)`."""

from __future__ import annotations

import queue
import threading
import weakref
from typing import TYPE_CHECKING, Final

from finlint.runtime.errors import FinalizerIssues
from finlint.runtime.failure import Failure
from finlint.runtime.outlook import in_service
from finlint.runtime.threads import start_daemon

if TYPE_CHECKING:
    from finlint.runtime.runtime import Runtime

_LEAST: Final = 1000
_FORCED: Final = 120.0


class Automatic:
    """Collects when as many registrations have come as there were after the last collection (GOGC=100, by number of
    objects and not by bytes), a thousand at least, and every two minutes (Go: ``forcegcperiod``).
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = weakref.ref(runtime)
        self._name = f"{runtime.name}-gc"
        self._limit = _LEAST
        self._since = 0
        self._start()

    def _start(self) -> None:
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.thread = start_daemon(self._main, self._name)

    def after_fork_in_child(self) -> None:
        """Starts it in the child, too. Raises RuntimeError where no thread can be started."""
        if self.thread is not threading.current_thread():
            self._start()

    def registered(self) -> None:
        """One more registration. Safe anywhere: it takes no lock."""
        self._since += 1
        if self._since >= self._limit:
            self._since = 0
            self._bell.put(None)

    def wake(self) -> None:
        """Look around: the runtime may be closed or gone."""
        self._bell.put(None)

    def _main(self) -> None:
        with in_service():
            while self._collect():
                try:
                    self._bell.get(timeout=_FORCED)
                except queue.Empty:
                    continue

    def _collect(self) -> bool:
        runtime = self._runtime()
        if runtime is None or runtime.closed:
            return False
        try:
            runtime.gc()
        except FinalizerIssues as issues:
            runtime._reporter(Failure("raised", "goroutine", "", "automatic collection", str(issues), ""))
        self._limit = max(_LEAST, len(runtime._registry.finalizers) + len(runtime._registry.cleanups))
        return True
