"""What running a function's body comes to: the effects it has itself, the calls it makes, what it registers."""

from __future__ import annotations

from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Effect, Registration
from finlint.model.source import Span


class Edge(NamedTuple):
    span: Span
    target: CallContext


class Summary:
    """What running ``context.function`` in ``context`` does."""

    def __init__(self, context: CallContext) -> None:
        self.context = context
        self.effects: list[Effect] = []
        self.edges: list[Edge] = []
        self.registrations: list[Registration] = []
        #: How often something of the project was called so far.
        self.entered = 0
        #: What it was made from.
        self.made_from = 0
        self._seen: set[object] = set()

    def effect(self, effect: Effect) -> None:
        if effect not in self._seen:
            self._seen.add(effect)
            self.effects.append(effect)

    def edge(self, span: Span, target: CallContext) -> None:
        self.entered += 1
        edge = Edge(span, target)
        if edge not in self._seen:
            self._seen.add(edge)
            self.edges.append(edge)

    def registration(self, registration: Registration) -> None:
        if registration not in self._seen:
            self._seen.add(registration)
            self.registrations.append(registration)
