"""FIN306: the callback asks a weak reference for the object that has died, and finds nothing."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.values import Object, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.properties.asked_in_vain import InVain, of_finalizer
from finlint.analysis.properties.lost_reference import REFERENCES, lost
from finlint.analysis.properties.retention import held
from finlint.model.finding import Confidence, Culprit, Finding, Hop, Severity
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import FINALIZE, FinalizerPass, FinalizerRule


class DeadWeakref(FinalizerRule):
    code = "FIN306"
    kind = "dead-weakref"
    severity = Severity.ERROR
    claims = ("raised", "never-reached")

    summary = "the callback asks a weak reference for the object that has died, and finds nothing"
    why = (
        'Weak references to an object are cleared before its callbacks are called: "the referent will no longer be '
        'available" (`weakref.ref`). So `ref()` gives None, and a proxy raises ReferenceError: what the callback meant '
        "to do with the object raises an exception that nobody can catch (an error), or is left out without a word (a "
        "warning). A call by hand does find the object, and so does the one at exit where it is still alive: tests of "
        "such a callback pass."
    )
    example = """
        import socket
        import weakref


        class Client:
            def __init__(self, address):
                self.socket = socket.create_connection(address)
                weakref.finalize(self, Client._cleanup, weakref.ref(self))

            @staticmethod
            def _cleanup(ref):
                client = ref()
                if client is not None:
                    client.socket.close()  # never: the client is gone
    """
    advice = "Pass the parts that the callback needs, not a reference to the object."
    fix = """
        import socket
        import weakref


        class Client:
            def __init__(self, address):
                self.socket = socket.create_connection(address)
                weakref.finalize(self, Client._cleanup, self.socket)

            @staticmethod
            def _cleanup(socket):
                socket.close()
    """
    not_reported = (
        "References to another object; parameters that need not refer to the same one; callbacks that only compare "
        "their reference or take it out of a table, and those that do something else where the object is gone; classes "
        "with a `__del__`, which runs before, and may call the callback by hand. A callback that holds the object is "
        "FIN301, a reference that is itself lost FIN302. On CPython after 3.14 the collector clears references without "
        "a callback later ([gh-136189](https://github.com/python/cpython/pull/136189)): what dies in a cycle may still "
        "be found there, what dies by its count is not."
    )
    evidence = (
        "https://docs.python.org/3/library/weakref.html#weakref.ref",
        FINALIZE,
        "https://github.com/python/cpython/blob/3.13/InternalDocs/garbage_collector.md",
        "https://github.com/Unstructured-IO/unstructured-python-client/pull/339",
    )

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        found = _in_vain(finalizer, evaluator)
        if found is None:
            return
        what = f"raises {found.error}" if found.error else "is never reached"
        if found.caught:
            what += ", which is caught"
        fails = found.error and not found.caught
        finding = self.finding(
            finalizer,
            f"{describe(finalizer)} asks a weak reference for the object that has died: `{found.what}` {what}"
            + ("" if fails else ", and nothing else is done"),
            severity=Severity.ERROR if fails else Severity.WARNING,
            confidence=Confidence.HIGH if found.certain else Confidence.MEDIUM,
        )
        at = found.path, found.span.line, found.span.column
        yield finding._replace(trace=(Hop(*at, found.what),), culprit=Culprit(found.what, *at))


def _in_vain(finalizer: Finalizer, evaluator: Evaluator) -> InVain | None:
    """What the callback does in vain, where it runs at the death of its object at all."""
    registration = finalizer.registration
    if registration is None:
        return None
    if _has_del(registration.obj, evaluator):
        return None
    if registration.registrar in REFERENCES and lost(registration, evaluator) is not None:
        return None
    return None if held(registration, evaluator) is not None else of_finalizer(finalizer, evaluator)


def _has_del(obj: Value | None, evaluator: Evaluator) -> bool:
    """Whether the object has a ``__del__``: where it dies by its count, that runs before the references are cleared."""
    return obj is not None and any(
        isinstance(option, Object) and evaluator.classes.class_member(option.cls, "__del__") is not None
        for option in alternatives(obj)
    )
