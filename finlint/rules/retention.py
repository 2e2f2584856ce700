"""FIN301: the callback or its arguments keep the object alive, so that it never runs."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.values import Class, Object
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.kept_alive import keepers
from finlint.analysis.properties.lost_reference import REFERENCES, lost
from finlint.analysis.properties.retention import held
from finlint.model.finding import Finding, Severity
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import FINALIZE, FinalizerPass, FinalizerRule


class Retention(FinalizerRule):
    code = "FIN301"
    kind = "retention"
    severity = Severity.ERROR
    claims = ("never-ran",)

    summary = "the callback or its arguments keep the object alive, so that it never runs"
    why = (
        "The registry of finalizers holds the callback and its arguments. Where these hold the object, the object is "
        "never freed before the interpreter exits, and neither is what it owns. A constructor that hands a method of "
        "its object to `atexit.register` keeps the object as long: its `__del__` does not run before. So does one that "
        "sets a signal's handler or a hook of the interpreter (`sys.excepthook`), adds an audit hook, a callback of "
        "`gc` or a handler of a logger, puts its object into a list, set or dictionary of the class or the module out "
        "of which only `__del__` takes it, subscribes it to an object of the module in the same way, or starts a "
        "thread, a task of an executor or a timer that starts the next one, on a method that runs until `__del__` says "
        "otherwise: by a flag or an event, by `shutdown()` of what serves or `stop` of an event loop, by the last item "
        "of a queue."
    )
    example = """
        import socket
        import weakref


        class Connection:
            def __init__(self, address):
                self.socket = socket.create_connection(address)
                weakref.finalize(self, self.close)  # a bound method holds self

            def close(self):
                self.socket.close()
    """
    advice = "Pass a function and the parts that it needs, not the object."
    fix = """
        import socket
        import weakref


        class Connection:
            def __init__(self, address):
                self.socket = socket.create_connection(address)
                weakref.finalize(self, Connection._close, self.socket)

            @staticmethod
            def _close(socket):
                socket.close()
    """
    mended = (
        "pass the attributes that the callback needs, instead of the object (unsafe: they are read at registration)",
    )
    not_reported = (
        "Static and class methods, parts that do not refer back (`self.socket.close`), weak references, "
        "`self.__dict__` (it does not hold the object), `id(self)`, closures that do not use the object, variables "
        "rebound before the callback runs. Containers that something else may empty, or that are given away; threads "
        "that somebody else may end. A weak reference that is itself lost is FIN302."
    )
    evidence = (
        FINALIZE,
        "https://github.com/bluesky/ophyd/pull/865",
        "https://github.com/aai-institute/nnbench/pull/111",
    )

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        registration = finalizer.registration
        if registration is None:
            if finalizer.owner is not None:
                deletion = evaluator.classes.class_function(finalizer.owner, "__del__")
                ending = None if deletion is None else deletion.node
                yield from self._kept_elsewhere(finalizer, finalizer.owner, ending, evaluator)
            return
        if registration.registrar in REFERENCES and lost(registration, evaluator) is not None:
            # No registry keeps this callback: what it holds is held by the reference alone, and that is FIN302.
            return
        how = held(registration, evaluator)
        if how is not None:
            yield self.finding(
                finalizer,
                f"The callback of `{finalizer.registrar}` never runs before exit: {how.how}, so the registration keeps "
                "its own object alive",
                confidence=how.confidence,
            )
            return
        made = registration.obj
        if isinstance(made, Object) and made.site == "self" and _is_constructor(registration.context):
            yield from self._kept_elsewhere(finalizer, made.cls, finalizer.function, evaluator)

    def _kept_elsewhere(
        self, finalizer: Finalizer, cls: Class, ending: FunctionNode | None, evaluator: Evaluator
    ) -> Iterator[Finding]:
        for keeper in keepers(cls, ending, evaluator):
            yield self.finding(
                finalizer,
                f"{describe(finalizer)} never runs before exit: `{keeper.name}` keeps the object alive",
                path=keeper.path,
                span=keeper.span,
            )


def _is_constructor(context: CallContext) -> bool:
    return context.function is not None and context.function.name == "__init__"
