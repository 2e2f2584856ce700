"""Not there yet."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer
from finlint.analysis.flow import Frames
from finlint.model.finding import Finding


def lost_weakref(finalizer: Finalizer, evaluator: Evaluator, frames: Frames) -> Iterator[Finding]:
    yield from ()
