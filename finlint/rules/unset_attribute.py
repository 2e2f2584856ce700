"""FIN401: ``__del__`` reads an attribute that a failed ``__init__`` leaves unset."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.properties.unset import unset_reads
from finlint.model.finding import Finding
from finlint.rules.making import make


def unset_attribute(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
    if finalizer.owner is None or finalizer.is_library:
        return
    for read in unset_reads(finalizer.owner, evaluator):
        shown = ", ".join(f"`self.{name}`" for name in read.attributes[:3])
        rest = len(read.attributes) - 3
        if rest > 0:
            shown += f" and {rest} more"
        which = read.why if len(read.attributes) == 1 else "which `__init__` may not have set when it fails"
        yield make(
            finalizer,
            "FIN401",
            f"`{finalizer.owner.node.name}.__del__` reads {shown}, {which}: it ends with AttributeError then",
            culprit=read.latest,
            path=read.path,
            span=read.span,
        )
