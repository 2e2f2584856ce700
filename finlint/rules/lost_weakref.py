"""FIN302: the weak reference with the callback dies before its object, or is dead when it is used."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.properties.lost_reference import REFERENCES, dead_argument, lost, watches_a_method
from finlint.model.finding import Finding, Severity
from finlint.rules.making import make


def lost_weakref(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
    registration = finalizer.registration
    if registration is None:
        return
    found = None
    if registration.registrar in REFERENCES:
        found = lost(registration, evaluator)
    if found is None and registration.registrar != "weakref.WeakMethod":
        found = watches_a_method(registration, evaluator)
    if found is None and registration.registrar == "weakref.finalize":
        found = dead_argument(registration, evaluator)
    if found is not None:
        severity = Severity.ERROR if found.always else Severity.WARNING
        yield make(finalizer, "FIN302", f"The callback of `{registration.registrar}` {found.why}", severity=severity)
