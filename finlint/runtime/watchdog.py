"""Says so when one callback runs for too long."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from finlint.runtime.names import error_text
from finlint.runtime.outlook import in_service
from finlint.runtime.parking import capped
from finlint.runtime.profile import Profile, format_profile
from finlint.runtime.reporter import write_error
from finlint.runtime.threads import start_daemon
from finlint.runtime.worker import Call, Worker

if TYPE_CHECKING:
    from finlint.runtime.runtime import Runtime


class Watchdog:
    """Looks at the workers four times in `after` seconds; reports each callback that runs longer, once."""

    def __init__(self, runtime: Runtime, after: float, on_stuck: Callable[[Profile], object] | None) -> None:
        if not after > 0:
            raise ValueError(f"stuck_after must be positive, got {after}")
        self._runtime = weakref.ref(runtime)
        self._after = after
        self._on_stuck = on_stuck if on_stuck is not None else _warn
        self._name = f"{runtime.name}-watchdog"
        self._start()

    def _start(self) -> None:
        self._leave = threading.Event()
        self._reported: set[Call] = set()
        self._thread = start_daemon(self._main, self._name)

    def after_fork_in_child(self) -> None:
        """Starts it in the child, too. Raises RuntimeError where no thread can be started."""
        if self._thread is not threading.current_thread():
            self._start()

    def stop(self) -> None:
        """Ends it, and waits for that, unless it is the caller."""
        self._leave.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _main(self) -> None:
        leave = self._leave
        with in_service():
            while not leave.wait(capped(self._after / 4)):
                runtime = self._runtime()
                if runtime is None:
                    return
                self._look(runtime)
                del runtime

    def _look(self, runtime: Runtime) -> None:
        calls = {call for worker in runtime._workers if (call := _overdue(worker, self._after)) is not None}
        fresh = calls - self._reported
        self._reported = calls
        if fresh:
            profile = runtime.profile()
            try:
                self._on_stuck(profile)
            except BaseException as error:  # the callback's own mistake must not end the watch
                write_error(f"finlint.runtime: on_stuck itself raised {error_text(error)}\n")


def _overdue(worker: Worker, after: float) -> Call | None:
    call = worker.current
    return call if call is not None and call.age() >= after else None


def _warn(profile: Profile) -> None:
    write_error(f"finlint.runtime: a callback takes too long\n{format_profile(profile)}\n")
