"""FIN403: the finalizer makes its object reachable again."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.values import Bound, Function
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.properties.resurrection import kept
from finlint.model.finding import Confidence, Finding
from finlint.rules.blocking import describe
from finlint.rules.making import make


def resurrects(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
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
            yield make(
                finalizer,
                "FIN403",
                message[:1].upper() + message[1:],
                culprit=place.where,
                confidence=Confidence.MEDIUM if place.guess else Confidence.HIGH,
                path=edge.target.module.path,
                span=place.span,
            )
