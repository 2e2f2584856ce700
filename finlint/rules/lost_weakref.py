"""FIN302: the weak reference with the callback dies before its object."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.properties.lost_reference import REFERENCES, lost, watches_a_method
from finlint.model.finding import Confidence, Finding, Severity
from finlint.rules.base.rule import FinalizerPass, FinalizerRule


class LostWeakref(FinalizerRule):
    code = "FIN302"
    kind = "lost-weakref"
    severity = Severity.ERROR
    claims = ("never-ran",)

    summary = "the weak reference is dropped at once, so that its callback never runs"
    why = (
        "A weak reference calls back only if it outlives its object. One that nobody keeps, or that a local variable "
        "keeps, is gone before. One that is stored on its own object calls back where the object dies by its count, "
        "and never where the collector frees both in one cycle: that is a warning, and an error where the callback "
        "itself makes the cycle. `weakref.ref(obj.method, callback)` watches a bound method that dies at once."
    )
    example = """
        import weakref


        def on_death(*args):
            print("a listener is gone")


        def watch(listener):
            weakref.ref(listener, on_death)
    """
    advice = "Use `weakref.finalize`, which keeps itself, or store the reference elsewhere."
    fix = """
        import weakref


        def on_death(*args):
            print("a listener is gone")


        def watch(listener):
            weakref.finalize(listener, on_death)
    """
    not_reported = (
        "References without a callback; references that are returned, stored elsewhere (a part of the object included, "
        "as that may live longer), or captured by a function; `weakref.finalize`, whose result may be dropped. "
        "A callback that asks a reference for the object that has died is FIN306."
    )
    evidence = (
        "https://docs.python.org/3/library/weakref.html#weakref.ref",
        "https://github.com/python/cpython/blob/main/InternalDocs/garbage_collector.md",
    )

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        registration = finalizer.registration
        if registration is None:
            return
        found = None
        if registration.registrar in REFERENCES:
            found = lost(registration, evaluator)
        if found is None and registration.registrar != "weakref.WeakMethod":
            found = watches_a_method(registration, evaluator)
        if found is not None:
            message = f"The callback of `{registration.registrar}` {found.why}"
            # Whether there is a cycle is seldom in sight (``docs/accuracy.md``).
            sure = (Severity.ERROR, Confidence.HIGH) if found.always else (Severity.WARNING, Confidence.MEDIUM)
            yield self.finding(finalizer, message, severity=sure[0], confidence=sure[1])
