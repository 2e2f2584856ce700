"""FIN301: the callback or its arguments keep the object alive, so that it never runs."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.properties.lost_reference import REFERENCES, lost
from finlint.analysis.properties.retention import held
from finlint.model.finding import Finding, Severity
from finlint.rules.making import make


def retention(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
    registration = finalizer.registration
    if registration is None:
        return
    if registration.registrar in REFERENCES and lost(registration, evaluator) is not None:
        # No registry keeps this callback: what it holds is held by the reference alone, and that is FIN302.
        return
    how = held(registration, evaluator)
    if how is not None:
        yield make(
            finalizer,
            "FIN301",
            f"The callback of `{finalizer.registrar}` never runs before exit: {how.how}, so the registration keeps "
            "its own object alive",
            severity=Severity.ERROR,
            confidence=how.confidence,
        )
