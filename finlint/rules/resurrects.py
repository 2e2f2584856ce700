"""FIN403: the finalizer makes its object reachable again."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.values import Bound, Function
from finlint.analysis.properties.resurrection import kept
from finlint.model.finding import Confidence, Finding
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import DEL, FinalizerPass, FinalizerRule


class Resurrects(FinalizerRule):
    code = "FIN403"
    kind = "resurrects"
    default = False
    claims = ("resurrected",)

    summary = "the finalizer makes its object reachable again"
    why = "An object that comes back is not finalized a second time: `__del__` runs once, weak references are gone."
    example = """
        FREE = []


        class Buffer:
            def __init__(self):
                self.data = bytearray(4096)

            def __del__(self):
                FREE.append(self)
    """
    advice = "Put the part that is worth keeping back, not the object."
    fix = """
        FREE = []


        class Buffer:
            def __init__(self):
                self.data = FREE.pop() if FREE else bytearray(4096)

            def __del__(self):
                FREE.append(self.data)
    """
    not_reported = "Helpers that look at the object and let it go; local containers; numbers and parts."
    evidence = (DEL, "https://peps.python.org/pep-0442/")

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        position = 0 if finalizer.owner is not None else None
        if finalizer.registrar.endswith(".set_finalizer"):
            position = 1 if isinstance(finalizer.callback, Bound) else 0
        callback = finalizer.callback.function if isinstance(finalizer.callback, Bound) else finalizer.callback
        if position is None or not isinstance(callback, Function):
            return
        params = callback.node.ir.params
        if position >= len(params):
            return
        for edge in finalizer.summary.edges:
            if edge.target.function is not callback.node:
                continue
            for place in kept(edge.target, params[position].name, evaluator):
                message = f"{describe(finalizer)} stores its object in `{place.where}`: it is reachable again"
                yield self.finding(
                    finalizer,
                    message,
                    culprit=place.where,
                    confidence=Confidence.MEDIUM if place.guess else Confidence.HIGH,
                    path=edge.target.module.path,
                    span=place.span,
                )
