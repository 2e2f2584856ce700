"""How a rule that is not about blocking makes its findings."""

from __future__ import annotations

from finlint.analysis.execution.finalizers import Finalizer
from finlint.model.codes import KIND_OF_CODE
from finlint.model.finding import Confidence, Culprit, Finding, Hop, Severity
from finlint.model.source import Span
from finlint.rules.blocking import name_of, registration_ref


def make(
    finalizer: Finalizer,
    code: str,
    message: str,
    *,
    culprit: str = "",
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.HIGH,
    path: str | None = None,
    span: Span | None = None,
) -> Finding:
    """A finding at ``span`` of ``path``; at the registration where no place is given."""
    path = path if path is not None else finalizer.module.path
    span = span if span is not None else finalizer.span
    return Finding(
        code,
        KIND_OF_CODE[code],
        severity,
        confidence,
        message,
        path,
        span,
        registration_ref(finalizer),
        Culprit(culprit or finalizer.registrar, path, span.line, span.column),
        (Hop(path, span.line, span.column, culprit),) if culprit else (),
        names=(name_of(finalizer),),
    )
