"""FIN401: ``__del__`` reads an attribute that a failed ``__init__`` leaves unset."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer
from finlint.analysis.flow import Frames
from finlint.analysis.unset import unset_reads
from finlint.model.finding import Finding
from finlint.rules.making import make


def unset_attribute(finalizer: Finalizer, evaluator: Evaluator, frames: Frames) -> Iterator[Finding]:
    if finalizer.owner is None:
        return
    for read in unset_reads(finalizer.owner, evaluator):
        yield make(
            finalizer,
            "FIN401",
            f"`{finalizer.owner.node.name}.__del__` reads `self.{read.attribute}`, which {read.why}: "
            "it ends with AttributeError then",
            culprit=read.attribute,
            path=read.path,
            span=read.span,
        )
