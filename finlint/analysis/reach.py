"""From a callback to its culprits: a breadth-first walk over frames, so that each witness is a shortest one."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from finlint.analysis.effects import Effect
from finlint.analysis.flow import Frames
from finlint.analysis.scopes import Scope
from finlint.model.source import Span


class Step(NamedTuple):
    """One hop of a chain: the place in ``scope`` where the next function is called, or the culprit itself."""

    path: str
    span: Span
    scope: Scope


class Witness(NamedTuple):
    """An effect that a root reaches, and the shortest chain to it (the culprit's place last)."""

    effect: Effect
    steps: tuple[Step, ...]


#: Frames that one callback may reach before the walk gives up. The largest of the standard library needs 700, that of
#: sixty popular packages 3,000; one of litellm's would reach 11,000, all of it through a call that runs an event loop.
MAX_FRAMES = 4_000


def witnesses(root: Scope, frames: Frames) -> list[Witness]:
    """Every effect that running ``root`` may have, each culprit once, nearest first."""
    out: list[Witness] = []
    came_from: dict[Scope, tuple[Scope, Span] | None] = {root: None}
    queue = deque([root])
    seen: set[tuple[str, str, str, Span]] = set()
    while queue and len(came_from) < MAX_FRAMES:
        scope = queue.popleft()
        frame = frames.of(scope)
        for effect in frame.effects:
            key = (effect.kind, effect.call, effect.path, effect.span)
            if key in seen:
                continue
            seen.add(key)
            out.append(Witness(effect, _chain(scope, effect, came_from)))
        for edge in frame.edges:
            if edge.target not in came_from:
                came_from[edge.target] = (scope, edge.span)
                queue.append(edge.target)
    return out


def _chain(scope: Scope, effect: Effect, came_from: dict[Scope, tuple[Scope, Span] | None]) -> tuple[Step, ...]:
    steps = [Step(effect.path, effect.span, scope)]
    link = came_from[scope]
    while link is not None:
        caller, span = link
        steps.append(Step(caller.module.path, span, caller))
        link = came_from[caller]
    steps.reverse()
    return tuple(steps)
