"""A test during which a finalizer blocks, hangs, raises, or can never run fails, with a report on that very test."""

from __future__ import annotations

import _thread
import gc
import os
import sys
import threading
import time
import types
import weakref
from collections.abc import Generator
from typing import Any

import pytest

from finlint.testing.rescue import FinalizerStuck, Rescue
from finlint.testing.retained import registered, retained
from finlint.watch.monitor import Monitor, Sighting
from finlint.watch.record import names
from finlint.watch.reporting import Destination, Reporter
from finlint.watch.sight import Mark

TITLE = "finlint: finalizers"
#: Looks within the budget.
_LOOKS = 4
_FASTEST = 0.005
#: How often the main thread is asked to leave a finalizer that catches what is to end it, or masks all signals.
_TRIES = 5
#: Seconds at least from one time to the next.
_BETWEEN = 0.5


class FinalizerWarning(pytest.PytestWarning):
    """What ``--finlint-report=warn`` says."""


class _Nowhere:
    """Where reports are written that a test is told of."""

    def write(self, text: str, /) -> None:
        return None


class Plugin:
    """One test run. ``budget`` and ``stuck`` are seconds; ``fails``: not only warns; ``live``: a file to be told."""

    def __init__(self, *, budget: float, stuck: float, fails: bool, live: str | None) -> None:
        self._budget = budget
        self._stuck = stuck
        self._fails = fails
        #: What happened, each in some lines; the first begins with slow, stuck, raises or never runs.
        self._events: list[str] = []
        self._finalizers: frozenset[Any] = frozenset()
        self._rescue = Rescue()
        self._reporter = Reporter(Destination(_Nowhere(), on_stuck=self._on_stuck, live=live, text_too=True))
        self._monitor = Monitor(
            stuck,
            self._on_record,
            pace=max(min(budget, stuck) / _LOOKS, _FASTEST),
            on_ended=self._on_ended,
        )
        self._started = False
        self._over = False
        self._running = False
        self._test = ""
        #: Before it is captured: what is said where the run has to end here.
        try:
            self._stderr = os.dup(2)
        except OSError:  # it is closed
            self._stderr = -1
        self._left_behind = False
        self._status = 0

    # -- the run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Start with the first test: who only hands out tests (xdist) runs none."""
        if not self._started:
            self._started = True
            # What was imported is nobody's garbage; a collection after each test need not look at it.
            gc.collect()
            gc.freeze()
            self._rescue.install()
            self._monitor.start()
        self._finalizers = registered()
        self._test = item.nodeid
        return (yield)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._status = int(exitstatus)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Leave everything as it was; the process where a thread that would be waited for is stuck."""
        self._over = True
        if self._stderr >= 0:
            os.close(self._stderr)
        if not self._started:
            return
        self._monitor.stop()
        self._rescue.remove()
        gc.unfreeze()
        if self._left_behind and any(not thread.daemon for thread in threading.enumerate()[1:]):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self._status)

    # -- a test

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        return (yield from self._phase())

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        return (yield from self._phase(collects=True))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        return (yield from self._phase(collects=True))

    def _phase(self, collects: bool = False) -> Generator[None, object, object]:
        """The innermost wrapper: pytest's own hook for what is unraisable is set further out."""
        before = sys.unraisablehook
        hook = _Hook(before, self._events)
        sys.unraisablehook = hook
        self._running = True
        try:
            result = yield
            if collects:
                # Cyclic garbage is this test's, and not that of the one in which the collector would have come.
                gc.collect()
            return result
        finally:
            self._running = False
            if sys.unraisablehook is hook:
                sys.unraisablehook = before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Charge the test with what has come since the last report."""
        report = yield
        if call.when in ("call", "teardown"):
            self._events += retained(self._finalizers)
            self._finalizers = registered()
        # What has ended since the last look, and what a child still writes, belong to this test.
        self._monitor.look()
        self._reporter.wait(60.0)
        if self._events:
            text = "\n".join(self._events)
            self._events.clear()
            self._charge(item, report, text)
        return report

    def _charge(self, item: pytest.Item, report: pytest.TestReport, text: str) -> None:
        if not self._fails:
            item.warn(FinalizerWarning(text))
        elif report.outcome == "passed" and not hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = text
        else:
            report.sections.append((TITLE, text))

    # -- what happens, told by other threads

    def _on_ended(self, sighting: Sighting, seconds: float) -> None:
        if seconds >= self._budget and not sighting.mark.reported:
            self._events.append(_slow(sighting, seconds))

    def _on_record(self, record: dict[str, Any]) -> None:
        stuck = [thread["ident"] for thread in record["threads"] if thread["seconds"] is not None]
        self._reporter(record)
        main = threading.main_thread().ident
        if main in stuck:
            marks = {sighting.mark for sighting, _ in self._monitor.running() if sighting.ident == main}
            _thread.start_new_thread(self._free, (marks,))
        else:
            self._left_behind = True
            # If the test has not ended by then, it waits for what is stuck.
            _thread.start_new_thread(self._free_later, ())

    def _free(self, marks: set[Mark]) -> None:
        """End what the main thread is stuck in; the run, where that is not to be ended."""
        for _ in range(_TRIES):
            self._rescue.free(of_finalizer=True)
            time.sleep(max(self._stuck, _BETWEEN))
            if self._over or not any(sighting.mark in marks for sighting, _ in self._monitor.running()):
                return
        self._reporter.wait(60.0)
        said = "no signal comes through, or all that is raised in the finalizer is caught: the run ends here"
        try:
            os.write(self._stderr, "\n".join(["", f"finlint: {self._test}: {said}", *self._events, ""]).encode())
        except OSError:
            pass
        os._exit(1)

    def _free_later(self) -> None:
        time.sleep(self._stuck)
        if self._running:
            self._rescue.free(of_finalizer=False)

    def _on_stuck(self, found: dict[str, Any]) -> None:
        self._events.append(f"stuck: {found['text'].removeprefix('finlint.watch: ')}".rstrip())


class _Hook:
    """``sys.unraisablehook`` during a test."""

    def __init__(self, before: Any, events: list[str]) -> None:
        self._before = before
        self._events = events

    def __call__(self, raised: sys.UnraisableHookArgs) -> None:
        if issubclass(raised.exc_type, FinalizerStuck):
            return
        if (name := _finalizer(raised)) is not None:
            self._events.append(f"raises: {raised.exc_type.__name__}: {raised.exc_value} leaves {name}")
        self._before(raised)


def _finalizer(raised: sys.UnraisableHookArgs) -> str | None:
    """The finalizer that has raised, in words; None for what is none."""
    thing = raised.object
    if isinstance(thing, weakref.finalize):
        return "the callback of a `weakref.finalize`"
    if isinstance(thing, types.GeneratorType | types.AsyncGeneratorType):
        return f"the generator `{thing.__qualname__}`"
    if raised.err_msg is None and isinstance(thing, types.FunctionType | types.MethodType):
        return f"`{thing.__qualname__}`"
    return None


def _slow(sighting: Sighting, seconds: float) -> str:
    frames, found = sighting.thread.frames, sighting.found
    thread = names().get(sighting.ident, str(sighting.ident))
    below = frames[found.at + 1] if found.at + 1 < len(frames) else None
    started = {"collector": "the collector", "drop": "the drop of the last reference", "exit": "the exit"}
    out = [f"slow: `{sighting.name}` ({found.kind}) took at least {seconds:.2f} s in thread {thread}"]
    if below is not None:
        out[0] += f", started by {started[found.started_by]} at {below.path}:{below.line}"
    out += [f"     {frame.path}:{frame.line} {frame.function}" for frame in frames[: found.at + 1]]
    return "\n".join(out)
