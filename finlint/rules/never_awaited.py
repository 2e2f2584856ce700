"""FIN303: calling the callback only makes a coroutine, or its own body makes one and drops it: that one never runs."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.properties.dropped_coroutines import dropped_coroutines
from finlint.model.finding import Finding, Severity
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import FinalizerPass, FinalizerRule
from finlint.rules.base.suspended import made_by, only_makes


class NeverAwaited(FinalizerRule):
    code = "FIN303"
    kind = "never-awaited"
    severity = Severity.ERROR
    claims = ("never-started-body",)

    summary = "the callback is a coroutine function, whose body never runs"
    why = (
        "Calling a coroutine function makes a coroutine. A finalizer cannot await it: the body never starts, and all "
        "there is to see is a RuntimeWarning."
    )
    example = """
        class Client:
            def __init__(self, transport):
                self.transport = transport

            async def __del__(self):
                await self.transport.aclose()
    """
    advice = "Release what needs no loop in a plain function; offer `async with` for the rest."
    fix = """
        class Client:
            def __init__(self, transport):
                self.transport = transport

            async def __aexit__(self, *exc):
                await self.transport.aclose()

            def __del__(self):
                self.transport.abort()
    """
    not_reported = (
        "Coroutines handed to `asyncio.run`, `run_coroutine_threadsafe` or another driver; calls under "
        "`if not asyncio.iscoroutinefunction(...)`; functions that a decorator makes plain ones; tasks started where "
        "`loop.is_running()`, or `asyncio.get_running_loop()`, says that a loop runs in this thread."
    )
    evidence = (
        "https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines",
        "https://github.com/chassing/uplink-httpx/issues/4",
        "https://github.com/centrifugal/pycent/pull/47",
    )

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, summaries = about
        made = made_by(finalizer, evaluator)
        if made is not None:
            if made.what != "generator":
                yield self.finding(finalizer, only_makes(finalizer, made), culprit=made.name)
            return
        for edge in finalizer.summary.edges:
            for dropped in dropped_coroutines(edge.target, evaluator, summaries):
                if dropped.what != "coroutine":
                    continue
                yield self.finding(
                    finalizer,
                    f"{describe(finalizer)} makes the coroutine `{dropped.call}` and {dropped.why}",
                    culprit=dropped.call,
                    severity=Severity.WARNING,
                    confidence=dropped.confidence,
                    path=dropped.path,
                    span=dropped.span,
                )
