"""FIN404: calls ``obj.__del__()``: it runs again when the object is freed."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.nodes import ModuleNode
from finlint.model.finding import Finding


def explicit_del(module: ModuleNode, evaluator: Evaluator) -> Iterator[Finding]:
    yield from ()
