"""FIN402: an exception escapes the callback; Python prints it and goes on."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.properties.escaping_exceptions import escapes
from finlint.model.finding import Finding
from finlint.rules.blocking import describe
from finlint.rules.making import make


def raises(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
    if finalizer.is_library:
        # What io's finalizers do with exceptions of ``close()`` is theirs: before Python 3.13 they say nothing.
        return
    reported: set[object] = set()
    for edge in finalizer.summary.edges:
        for escape in escapes(edge.target, evaluator, summaries):
            if (escape.at_path, escape.at) in reported:
                continue
            reported.add((escape.at_path, escape.at))
            message = (
                f"{describe(finalizer)} lets `{escape.what}` escape: it is only printed, and what follows is left out"
            )
            yield make(
                finalizer,
                "FIN402",
                message[:1].upper() + message[1:],
                culprit=escape.what,
                path=escape.at_path,
                span=escape.at,
            )
