"""FIN302: the weak reference with the callback dies before its object, or is dead when it is used."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer
from finlint.analysis.flow import Frames
from finlint.analysis.lost import dead_argument, lost, watches_a_method
from finlint.model.finding import Finding, Severity
from finlint.rules.making import make

_REFERENCES = frozenset(
    {"weakref.ref", "weakref.proxy", "weakref.KeyedRef", "weakref.WeakMethod", "weakref.ReferenceType"}
)


def lost_weakref(finalizer: Finalizer, evaluator: Evaluator, frames: Frames) -> Iterator[Finding]:
    registration = finalizer.registration
    if registration is None:
        return
    why = ""
    if registration.registrar in _REFERENCES:
        why = lost(registration, evaluator)
    if not why and registration.registrar != "weakref.WeakMethod":
        why = watches_a_method(registration, evaluator)
    if not why and registration.registrar == "weakref.finalize":
        why = dead_argument(registration, evaluator)
    if why:
        yield make(finalizer, "FIN302", f"The callback of `{registration.registrar}` {why}", severity=Severity.ERROR)
