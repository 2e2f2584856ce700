"""FIN303 and FIN304: calling the callback only makes a coroutine or a generator, whose body never runs.

Also a finalizer whose own body makes a coroutine and drops it.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import LibCoroutine, Suspended, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.properties.dropped_coroutines import dropped_coroutines
from finlint.model.finding import Confidence, Finding, Severity
from finlint.rules.blocking import describe
from finlint.rules.making import make


def never_run(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
    made = _result(finalizer, evaluator)
    for option in alternatives(made):
        kind = option.kind if isinstance(option, Suspended) else "coroutine" if isinstance(option, LibCoroutine) else ""
        if kind in ("coroutine", "async-generator", "generator", "context"):
            yield _finding(finalizer, option, kind)
            return
    for edge in finalizer.summary.edges:
        for dropped in dropped_coroutines(edge.target, evaluator, summaries):
            yield make(
                finalizer,
                "FIN303",
                f"{describe(finalizer)} makes the coroutine `{dropped.call}` and {dropped.why}: its body never runs",
                culprit=dropped.call,
                confidence=dropped.confidence,
                path=dropped.path,
                span=dropped.span,
            )


def _result(finalizer: Finalizer, evaluator: Evaluator) -> Value:
    """What calling the callback gives. Nothing is recorded: the finalizer's own summary has that."""
    registration = finalizer.registration
    args = registration.args if registration is not None else CallArgs()
    return evaluator.calls.call(finalizer.callback, args, EvalState(finalizer.root), None, None)


def _finding(finalizer: Finalizer, made: Value, kind: str) -> Finding:
    if kind in ("generator", "context"):
        code, what = "FIN304", "generator"
    else:
        code, what = "FIN303", "coroutine" if kind == "coroutine" else "asynchronous generator"
    name = made.context.function.name if isinstance(made, Suspended) and made.context.function is not None else ""
    if isinstance(made, LibCoroutine):
        name = made.name
    shown = f"`{name}`" if name and name != "<lambda>" else "the callback"
    subject = describe(finalizer) if finalizer.owner is not None else f"callback {shown} of `{finalizer.registrar}`"
    if finalizer.owner is not None and not finalizer.is_library and name != "__del__":
        subject += f" returns what {shown} gives and"
    message = f"{subject} only makes a {what} when it is called, and nobody runs it: its body never runs"
    return make(
        finalizer,
        code,
        message[:1].upper() + message[1:],
        culprit=name,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
    )
