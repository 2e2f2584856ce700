"""Queries and their answers: the one place that answers each query once, and all those that lead to themselves.

An answer is the least one that satisfies its definition. A query that is asked while it is being answered gives its
*bottom* (NEVER for values: nothing yet), or what it came to in the last round; the query that was asked first of such a
circle, its head, is answered again until none of the answers that were used changes. Only then are they kept, for all
members of the circle (a strongly connected component, found as by Tarjan) at once. So it does not matter which one is
asked first, nor how deep in other queries.

A new kind of query is a ``Memo`` and a function that works its answers out; that is all. The function

- takes all that decides its answer from its key and from other queries: it keeps nothing, and looks at no ``depth``;
- gives at least as much where the queries that it asks give more (``union`` and ``is_known`` see to that; NEVER in,
  NEVER out), or the circle ends by widening, and the answer is coarser than it need be;
- does not catch ``TooDeepError``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, NamedTuple, TypeVar

from finlint.analysis.domain.abstraction import widened
from finlint.analysis.domain.values import NEVER, UNKNOWN
from finlint.model.limits import CALLER_DEPTH, QUERIES, QUERY_DEPTH, ROUNDS
from finlint.model.reads import Reads

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

#: No query that is being answered was asked again.
_FREE = 1 << 30


#: Queries worked out for one from outside after which none is any more: their keys go on for ever, where each is asked
#: of something that the last one has made. ``QUERIES`` alone bounds how often the same ones are answered.
MOST_QUERIES = 5 * QUERIES

#: Where no caller may be asked, which is not where none may be asked any more.
NO_CALLERS = CALLER_DEPTH + 1


class Query(NamedTuple):
    """What is asked, so that it can be asked again from elsewhere."""

    memo: Memo[Any, Any]
    key: Hashable
    work_out: Callable[..., Any]
    arguments: tuple[Any, ...]
    caller_depth: int

    @property
    def place(self) -> tuple[Memo[Any, Any], Hashable, int]:
        return self.memo, self.key, self.caller_depth


#: A memo, and the place of a query in it.
_Place = tuple["Memo[Any, Any]", tuple[int, Any]]


class TooDeepError(Exception):
    """A query is nested too deeply for Python's stack: it is answered by itself, and what asked for it once more."""

    def __init__(self, query: Query) -> None:
        super().__init__()
        self.query = query


class _Entry:
    """A query that is being answered (``busy``), or one whose answer rests on such a one.

    ``low`` is the position of the outermost query that it rests on. ``round`` counts the answers that it had before.
    """

    __slots__ = ("busy", "low", "position", "round", "used", "value")

    def __init__(self, position: int, value: Any, number: int) -> None:
        self.position = position
        self.value = value
        self.round = number
        self.busy = True
        self.used = False
        self.low = _FREE


class Solver:
    """The queries that are being answered at this moment, one within the other."""

    __slots__ = ("asked_callers", "caller_depth", "cut", "depth", "low", "reads", "unstable", "waiting", "worked_out")

    def __init__(self, reads: Reads) -> None:
        #: What the answers are made from.
        self.reads = reads
        self.depth = 0
        #: Callers that are being asked what they pass, the callers of those, ...; ``NO_CALLERS``: none may be asked.
        self.caller_depth = 0
        #: Whether callers were asked for what is being answered: then it depends on ``caller_depth``.
        self.asked_callers = False
        #: The outermost query that was asked again, by position, and whether any that was used has changed since.
        self.low = _FREE
        self.unstable = False
        #: Answers that rest on queries that are still being answered.
        self.waiting: list[tuple[Memo[Any, Any], tuple[int, Any], _Entry]] = []
        #: Queries of circles that are longer than the stack is deep.
        self.cut: set[tuple[Memo[Any, Any], Hashable, int]] = set()
        #: Queries that were worked out for the one from outside so far, each time counted.
        self.worked_out = 0

    def may_ask_callers(self) -> bool:
        """Whether a parameter may be typed by its callers at this moment."""
        return self.caller_depth != NO_CALLERS and not CALLER_DEPTH.reached(self.caller_depth)


class Memo(Generic[_K, _V]):
    """The answers to one kind of query. ``bottom`` is what a query that leads to itself starts from.

    An answer depends on how far callers may still be asked what they pass, unless none was asked. ``grows``: answers
    are values, or lists of them, that are widened where a circle goes on changing them.
    """

    __slots__ = ("_anywhere", "_at_depth", "_bottom", "_grows", "_pending", "_solver", "_starts")

    def __init__(self, solver: Solver, bottom: _V, *, grows: bool = True) -> None:
        self._solver = solver
        self._bottom = bottom
        self._grows = grows
        #: Answers, each with what it was made from.
        self._anywhere: dict[_K, tuple[_V, int]] = {}
        self._at_depth: list[dict[_K, tuple[_V, int]]] = [{} for _ in range(NO_CALLERS + 1)]
        self._pending: dict[tuple[int, _K], _Entry] = {}
        #: What members of a circle came to in the last round, and in which that was.
        self._starts: dict[tuple[int, _K], tuple[_V, int]] = {}

    def answer(self, key: _K, work_out: Callable[..., _V], *arguments: Any) -> _V:
        """The answer to the query ``key``, which ``work_out(*arguments)`` gives."""
        solver = self._solver
        known = self._anywhere.get(key)
        if known is not None:
            solver.reads.made_from |= known[1]
            return known[0]
        depth = solver.caller_depth
        known = self._at_depth[depth].get(key)
        if known is not None:
            solver.asked_callers = True
            solver.reads.made_from |= known[1]
            return known[0]
        entry = self._pending.get((depth, key))
        if entry is not None:
            if entry.busy:
                entry.used = True
                solver.low = min(solver.low, entry.position)
            else:
                solver.low = min(solver.low, entry.low)
            return entry.value  # type: ignore[no-any-return]
        if solver.depth == 0:
            return self._from_outside(Query(self, key, work_out, arguments, depth))
        if solver.worked_out >= MOST_QUERIES:
            QUERIES.hit()
            return self._unknown
        if solver.depth >= QUERY_DEPTH:
            query = Query(self, key, work_out, arguments, depth)
            if query.place not in solver.cut and not QUERIES.reached(solver.worked_out):
                raise TooDeepError(query)
            QUERY_DEPTH.hit()
            return self._unknown
        return self._solve(key, work_out, arguments)

    @property
    def _unknown(self) -> _V:
        """The answer to what is not worked out."""
        return UNKNOWN if self._bottom is NEVER else self._bottom  # type: ignore[return-value]

    def knows(self, key: _K) -> bool:
        """Whether the query is answered, or being answered."""
        depth = self._solver.caller_depth
        return key in self._anywhere or key in self._at_depth[depth] or (depth, key) in self._pending

    def _from_outside(self, asked: Query) -> _V:
        """Answer a query that no other one asks; those that nest too deeply in it are answered before it."""
        solver = self._solver
        before = solver.caller_depth
        ahead = [asked]
        try:
            while True:
                query = ahead[-1]
                solver.caller_depth = query.caller_depth
                try:
                    value = query.memo._solve(query.key, query.work_out, query.arguments)
                except TooDeepError as deep:
                    if any(deep.query.place == other.place for other in ahead):
                        solver.cut.add(deep.query.place)
                    else:
                        ahead.append(deep.query)
                    continue
                ahead.pop()
                if not ahead:
                    return value  # type: ignore[no-any-return]
        finally:
            solver.caller_depth = before
            solver.cut.clear()
            solver.worked_out = 0

    def _solve(self, key: _K, work_out: Callable[..., _V], arguments: tuple[Any, ...]) -> _V:
        """Work an answer out, again and again if it is the head of a circle."""
        solver = self._solver
        place = solver.caller_depth, key
        start, number = self._starts.get(place, (self._bottom, 0))
        position = solver.depth = solver.depth + 1
        solver.worked_out += 1
        entry = self._pending[place] = _Entry(position, start, number)
        outer_low, outer_unstable, outer_asked = solver.low, solver.unstable, solver.asked_callers
        solver.asked_callers = False
        reads = solver.reads
        outer_reads, reads.made_from = reads.made_from, 0
        waiting = solver.waiting
        mark = len(waiting)
        members: list[_Place] = []
        try:
            while True:
                solver.low, solver.unstable, entry.used = _FREE, False, False
                value = work_out(*arguments)
                if entry.used and value != entry.value:
                    if self._grows and entry.round > 1:
                        # By now what was made of NEVER alone is gone.
                        value = widened(entry.value, value)
                    solver.unstable = solver.unstable or value != entry.value
                if solver.low < position or not solver.unstable:
                    break
                if ROUNDS.reached(entry.round) or QUERIES.reached(solver.worked_out):
                    break
                for memo, where, member in waiting[mark:]:
                    del memo._pending[where]
                    memo._starts[where] = member.value, member.round + 1
                    members.append((memo, where))
                del waiting[mark:]
                entry.value = value
                entry.round += 1
                reads.begin_round()
        except BaseException as error:
            self._given_up(place, mark, members)
            solver.depth = position - 1
            solver.low, solver.unstable, solver.asked_callers = outer_low, outer_unstable, outer_asked
            reads.made_from |= outer_reads
            if isinstance(error, RecursionError) and position > 1 and not QUERIES.reached(solver.worked_out):
                # How much of the stack is left depends on who asks: it is answered with all of it.
                raise TooDeepError(Query(self, key, work_out, arguments, place[0])) from None
            raise
        solver.depth = position - 1
        low = solver.low
        if low < position:
            # It is a member of an outer query's circle, and so is what rests on it.
            entry.busy = False
            entry.value = value
            waiting.append((self, place, entry))
            for _, _, member in waiting[mark:]:
                member.low = min(member.low, low)
            solver.low = min(outer_low, low)
            solver.unstable = outer_unstable or solver.unstable
            for memo, where in members:
                if where not in memo._pending:
                    memo._starts.pop(where, None)
        else:
            value = self._kept(place, value, mark)
            solver.low, solver.unstable = outer_low, outer_unstable
            for memo, where in members:
                memo._starts.pop(where, None)
        solver.asked_callers = outer_asked or solver.asked_callers
        reads.made_from |= outer_reads
        return value

    def _kept(self, place: tuple[int, _K], value: _V, mark: int) -> _V:
        """Keep the answers of a whole circle, its head's included; gives that. All were made from the same."""
        solver = self._solver
        made_from = solver.reads.same(solver.reads.made_from)
        asked = solver.asked_callers
        head = _Entry(0, value, 0)
        for memo, where, entry in (*solver.waiting[mark:], (self, place, head)):
            del memo._pending[where]
            if entry.value is NEVER:
                entry.value = UNKNOWN
            table = memo._at_depth[where[0]] if asked else memo._anywhere
            table[where[1]] = entry.value, made_from
        del solver.waiting[mark:]
        return head.value  # type: ignore[no-any-return]

    def _given_up(self, place: tuple[int, _K], mark: int, members: list[_Place]) -> None:
        """Forget what was not answered to the end."""
        waiting = self._solver.waiting
        for memo, where, _ in waiting[mark:]:
            del memo._pending[where]
        del waiting[mark:]
        del self._pending[place]
        for memo, where in members:
            memo._starts.pop(where, None)
