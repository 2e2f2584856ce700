"""From a callback to its culprits: a breadth-first walk over summaries, so that each witness is a shortest one."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Effect
from finlint.analysis.domain.state import receiver_of
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.lazy_init import made_first
from finlint.analysis.program.symbols import FunctionNode
from finlint.model.limits import CONTEXTS, FUNCTIONS
from finlint.model.source import Span


class Step(NamedTuple):
    """One hop of a chain: the place in ``context`` where the next function is called, or the culprit itself."""

    path: str
    span: Span
    context: CallContext


class Witness(NamedTuple):
    """An effect that a root reaches, and the shortest chain to it (the culprit's place last).

    ``first``: every chain comes through a place that is run the first time only, while this variable is made.
    ``spread``: of how many functions by one name the chain goes through one, where they are the most.
    """

    effect: Effect
    steps: tuple[Step, ...]
    first: str = ""
    spread: int = 1


def witnesses(root: CallContext, summaries: Summaries) -> list[Witness]:
    """Every effect that running ``root`` may have, each culprit once, nearest first; last those of the first time."""
    out: list[Witness] = []
    later: list[Witness] = []
    came_from: dict[CallContext, tuple[CallContext, Span] | None] = {root: None}
    queue = deque([root])
    #: Where the walk goes on when all that runs each time has been seen: call context, caller, place, variable.
    first_time: deque[tuple[CallContext, CallContext, Span, str]] = deque()
    made: dict[CallContext, str] = {}
    seen: set[tuple[str, str, str, Span]] = set()
    #: Contexts in which each function was followed.
    functions: Counter[FunctionNode | None] = Counter()
    while True:
        if not queue:
            if not first_time:
                break
            target, caller, span, name = first_time.popleft()
            if target not in came_from:
                came_from[target] = (caller, span)
                made[target] = name
                queue.append(target)
            continue
        context = queue.popleft()
        if context.function not in functions and FUNCTIONS.reached(len(functions)):
            break
        if CONTEXTS.reached(functions[context.function]):
            continue
        functions[context.function] += 1
        summary = summaries.of(context)
        for effect in summary.effects:
            if effect.culprit in seen:
                continue
            first = made.get(context) or _made_first(context, effect.span, root)
            chain = _chain(context, effect, came_from)
            witness = Witness(effect, chain, first, _spread(chain, summaries))
            if first:
                later.append(witness)
            else:
                seen.add(effect.culprit)
                out.append(witness)
        for edge in summary.edges:
            if edge.target in came_from:
                continue
            first = made.get(context) or _made_first(context, edge.span, root)
            if first:
                first_time.append((edge.target, context, edge.span, first))
            else:
                came_from[edge.target] = (context, edge.span)
                queue.append(edge.target)
    for witness in later:
        if witness.effect.culprit not in seen:
            seen.add(witness.effect.culprit)
            out.append(witness)
    return out


def _made_first(context: CallContext, span: Span, root: CallContext) -> str:
    if context.function is None:
        return ""
    return made_first(context.function, span, receiver_of(context), receiver_of(root))


def _chain(
    context: CallContext, effect: Effect, came_from: dict[CallContext, tuple[CallContext, Span] | None]
) -> tuple[Step, ...]:
    steps = [Step(effect.path, effect.span, context)]
    link = came_from[context]
    while link is not None:
        caller, span = link
        steps.append(Step(caller.module.path, span, caller))
        link = came_from[caller]
    steps.reverse()
    return tuple(steps)


def _spread(chain: tuple[Step, ...], summaries: Summaries) -> int:
    """How many functions of one name a call of the chain may mean, at the most: virtual calls, joined alternatives."""
    most = 1
    for step, after in itertools.pairwise(chain):
        function = after.context.function
        edges = (edge for edge in summaries.of(step.context).edges if edge.span == step.span)
        alike = {edge.target.function for edge in edges if edge.target.function is not None}
        most = max(most, sum(function is not None and other.name == function.name for other in alike))
    return most
