"""From a callback to its culprits: a breadth-first walk over frames, so that each witness is a shortest one."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from finlint.analysis.effects import Effect
from finlint.analysis.firsttime import made_first
from finlint.analysis.flow import Frames
from finlint.analysis.scopes import Scope
from finlint.model.limits import FRAMES
from finlint.model.source import Span


class Step(NamedTuple):
    """One hop of a chain: the place in ``scope`` where the next function is called, or the culprit itself."""

    path: str
    span: Span
    scope: Scope


class Witness(NamedTuple):
    """An effect that a root reaches, and the shortest chain to it (the culprit's place last).

    ``first``: every chain comes through a place that is run the first time only, while this variable is made.
    """

    effect: Effect
    steps: tuple[Step, ...]
    first: str = ""


def witnesses(root: Scope, frames: Frames) -> list[Witness]:
    """Every effect that running ``root`` may have, each culprit once, nearest first; last those of the first time."""
    out: list[Witness] = []
    later: list[Witness] = []
    came_from: dict[Scope, tuple[Scope, Span] | None] = {root: None}
    queue = deque([root])
    #: Where the walk goes on when all that runs each time has been seen: scope, caller, place, variable.
    first_time: deque[tuple[Scope, Scope, Span, str]] = deque()
    made: dict[Scope, str] = {}
    seen: set[tuple[str, str, str, Span]] = set()
    while not FRAMES.reached(len(came_from)):
        if not queue:
            if not first_time:
                break
            target, caller, span, name = first_time.popleft()
            if target not in came_from:
                came_from[target] = (caller, span)
                made[target] = name
                queue.append(target)
            continue
        scope = queue.popleft()
        frame = frames.of(scope)
        for effect in frame.effects:
            if effect.culprit in seen:
                continue
            first = made.get(scope) or _made_first(scope, effect.span)
            witness = Witness(effect, _chain(scope, effect, came_from), first)
            if first:
                later.append(witness)
            else:
                seen.add(effect.culprit)
                out.append(witness)
        for edge in frame.edges:
            if edge.target in came_from:
                continue
            first = made.get(scope) or _made_first(scope, edge.span)
            if first:
                first_time.append((edge.target, scope, edge.span, first))
            else:
                came_from[edge.target] = (scope, edge.span)
                queue.append(edge.target)
    for witness in later:
        if witness.effect.culprit not in seen:
            seen.add(witness.effect.culprit)
            out.append(witness)
    return out


def _made_first(scope: Scope, span: Span) -> str:
    return made_first(scope.function, span) if scope.function is not None else ""


def _chain(scope: Scope, effect: Effect, came_from: dict[Scope, tuple[Scope, Span] | None]) -> tuple[Step, ...]:
    steps = [Step(effect.path, effect.span, scope)]
    link = came_from[scope]
    while link is not None:
        caller, span = link
        steps.append(Step(caller.module.path, span, caller))
        link = came_from[caller]
    steps.reverse()
    return tuple(steps)
