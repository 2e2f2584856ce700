"""Whether a wait is short on purpose: for what has been told to end before, and bounded by a timeout of few seconds.

``self._stop.set(); self._thread.join(timeout=2)`` mostly takes a moment, and never more than the two seconds: whoever
wrote that knows what it costs, and would not change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import call_in
from finlint.analysis.domain.values import Value
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.reachability import Step, Witness
from finlint.analysis.program.statements import (
    calls_in,
    flat_statements,
    inner_blocks,
    last_name,
    parts_of,
    stands_in,
    whole_expressions,
)
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.told_to_end import TELLS, flags, names, what_runs
from finlint.model import ir
from finlint.model.source import Span

#: Seconds that a finalizer may wait in all, and still be said to wait shortly.
MOST = 10.0
#: What takes all of its seconds, whatever has been told.
_WHOLE = frozenset({"sleep"})

#: What ends the thing itself: ``process.terminate()``.
_ENDS = frozenset({"cancel", "kill", "send_signal", "stop", "terminate"})
#: What the other side notices, if it uses that: ``server.shutdown()``, ``socket.close()``.
_CLOSES = frozenset({"close", "shutdown"})
#: What runs a function that it is given in the thread of a loop: ``loop.call_soon_threadsafe(loop.stop)``.
_IN_LOOP = "call_soon_threadsafe"


class _Told(NamedTuple):
    """What has been told to end before, by last names: itself, by something that only somebody who waits for it would
    look at, or by something that may be for anybody."""

    itself: frozenset[str]
    waiting: frozenset[str]
    anybody: frozenset[str]


def deliberate(witnesses: Iterable[Witness], summaries: Summaries) -> frozenset[object]:
    """The culprits of one finalizer that are short on purpose; none where they take too long together."""
    waits = [w for w in witnesses if w.effect.seconds is not None and w.effect.kind not in _WHOLE]
    meant = [w.effect for w in waits if _is_told(w.steps, summaries)]
    short = sum(effect.seconds or 0 for effect in meant) <= MOST
    return frozenset(effect.culprit for effect in meant) if short else frozenset()


def _is_told(steps: tuple[Step, ...], summaries: Summaries) -> bool:
    """Whether what the last of ``steps`` waits for, a single time, has been told to end by what comes before it."""
    told = _told(steps, summaries)
    if told is None:
        return False
    context = steps[-1].context
    call = call_in(context, steps[-1].span)
    if call is None or not isinstance(call.func, ir.Attr):
        return False
    if last_name(call.func.value) in told.itself:
        return True
    waited = summaries.evaluator.expressions.but_none(call.func.value, context)
    return bool(waited) and all(_is_for(option, told, summaries) for option in waited)


def _is_for(waited: Value, told: _Told, summaries: Summaries) -> bool:
    """Whether a thread or process looks at something that was told; of what it is not known what it runs, whether
    something was told that only somebody who waits would look at."""
    runs = what_runs(waited, summaries)
    if runs is None:
        return bool(told.waiting)
    if runs.is_given and told.waiting:
        return True
    wanted = {*told.itself, *told.waiting, *told.anybody}
    return any(names(function, wanted) for function in _reached(runs.context, summaries))


def _reached(context: CallContext, summaries: Summaries) -> Iterator[FunctionNode]:
    """The function of ``context``, and those that it calls itself."""
    for inner in (context, *(edge.target for edge in summaries.of(context).edges)):
        if inner.function is not None:
            yield inner.function


def _told(steps: tuple[Step, ...], summaries: Summaries) -> _Told | None:
    """What the functions of a chain tell before they come to its end, themselves or by a call; None where one of them
    comes there in a loop, of which nobody knows how often."""
    itself: set[str] = set()
    waiting: set[str] = set()
    anybody: set[str] = set()
    for step in steps:
        function, edges = step.context.function, summaries.of(step.context).edges
        before = _before(function.ir.body, step.span) if function is not None else ()
        if before is None:
            return None
        called = [edge.target for edge in edges if stands_in(before, edge.span)]
        bodies = [(inner, inner.function.ir.body) for inner in called if inner.function is not None]
        for context, body in [(step.context, before), *bodies]:
            anybody.update(name for stmt in flat_statements(body) for name in flags(stmt))
            for owner, how in _calls(body, context, summaries):
                (itself if how in _ENDS else waiting if how in TELLS else anybody).add(owner)
    return _Told(frozenset(itself), frozenset(waiting), frozenset(anybody))


def _calls(body: ir.Block, context: CallContext, summaries: Summaries) -> Iterator[tuple[str, str]]:
    """What is told by calls of a body, and how; what the project's own methods do is seen in them."""
    own = {edge.span for edge in summaries.of(context).edges}
    for call in calls_in(body):
        owner, how = _called(call)
        if owner and call.span not in own:
            yield owner, how


def _called(call: ir.Call) -> tuple[str, str]:
    """The last name of what is told by a call, and how; empty where it tells nothing."""
    func = call.func
    if not isinstance(func, ir.Attr):
        return "", ""
    if func.name == _IN_LOOP and call.args:
        given = call.args[0].value
        return (last_name(given.value), "set") if isinstance(given, ir.Attr) else ("", "")
    return (last_name(func.value), func.name) if func.name in _ENDS | TELLS | _CLOSES else ("", "")


def _before(block: ir.Block, span: Span) -> ir.Block | None:
    """The statements that come before what stands at ``span`` of a block, or of the blocks in it; None where that is in
    a loop. An ``else`` does not come after its ``if``."""
    for number, stmt in enumerate(block):
        if not stands_in((stmt,), span):
            continue
        inside = _inside(stmt, span)
        return None if inside is None else (*block[:number], *inside)
    return ()


def _inside(stmt: ir.Stmt, span: Span) -> ir.Block | None:
    blocks = inner_blocks(stmt)
    where = next((number for number, block in enumerate(blocks) if stands_in(block, span)), None)
    if isinstance(stmt, ir.While) or (isinstance(stmt, ir.For) and where is not None):
        return None
    if where is None:
        # It is what the statement evaluates itself: the parts of a comprehension are evaluated again and again.
        return None if any(_repeats(expr, span) for expr in whole_expressions(stmt)) else ()
    inner = _before(blocks[where], span)
    if inner is None or not isinstance(stmt, ir.Try):
        return inner
    return (*_tried(stmt, blocks, where), *inner)


def _tried(stmt: ir.Try, blocks: Sequence[ir.Block], where: int) -> ir.Block:
    """What comes before a block of a ``try``: what was tried, and for ``finally`` all else."""
    before = blocks[:where] if where == len(blocks) - 1 else blocks[: min(where, 1)]
    return tuple(inner for block in before for inner in block)


def _repeats(expr: ir.Expr, span: Span) -> bool:
    loops = (part for part in parts_of(expr) if isinstance(part, ir.Comprehension))
    return any(getattr(part, "span", None) == span for loop in loops for part in parts_of(loop))
