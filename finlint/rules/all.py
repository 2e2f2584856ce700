"""All rules beside the blocking ones: what is asked of each finalizer, and of each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.program.symbols import ModuleNode
from finlint.model.finding import Finding
from finlint.rules.called_not_passed import called_not_passed
from finlint.rules.explicit_del import explicit_del
from finlint.rules.lost_weakref import lost_weakref
from finlint.rules.missing_super_del import missing_super_del
from finlint.rules.never_run import never_run
from finlint.rules.raises import raises
from finlint.rules.resurrects import resurrects
from finlint.rules.retention import retention
from finlint.rules.unset_attribute import unset_attribute

#: Each takes a finalizer and gives its findings.
_OF_FINALIZER: tuple[Callable[[Finalizer, Evaluator, Summaries], Iterator[Finding]], ...] = (
    retention,
    lost_weakref,
    never_run,
    called_not_passed,
    unset_attribute,
    raises,
    resurrects,
    missing_super_del,
)


def of_finalizer(finalizer: Finalizer, evaluator: Evaluator, summaries: Summaries) -> Iterator[Finding]:
    for rule in _OF_FINALIZER:
        yield from _within_reach(rule(finalizer, evaluator, summaries))


def of_module(module: ModuleNode, evaluator: Evaluator) -> Iterator[Finding]:
    yield from _within_reach(explicit_del(module, evaluator))


def _within_reach(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Code may nest more deeply than Python can follow: what a rule has found until then stands."""
    try:
        yield from findings
    except RecursionError:
        return
