"""Loops that wait for somebody else, or try again for ever, with no bound of their own."""

from __future__ import annotations

from finlint.analysis.domain.state import dotted
from finlint.analysis.domain.values import LibObject, Value, alternatives
from finlint.analysis.execution.blocks import assigned
from finlint.analysis.program.leaving import may_leave_loop
from finlint.analysis.program.statements import children, expressions_in, flat_statements
from finlint.model import ir


def busy_loop(stmt: ir.While) -> bool:
    """A ``while`` with no bound of its own: it waits for somebody else, or tries again for ever.

    Three shapes: nothing in the body can change what the condition asks; ``while True`` whose only way out is
    such a question; ``while True`` that tries again after an exception and leaves when it went well.
    """
    if isinstance(stmt.test, ir.Const):
        return bool(stmt.test.value) and (_retries(stmt.body) or _asks_for_the_end(stmt.body))
    return _asks(stmt.test, stmt.body) and not _may_end(stmt.body) and _is_idle(stmt.body)


def endless_iteration(stmt: ir.For, iterated: Value) -> bool:
    """``for _ in itertools.count()`` that only waits for somebody else."""
    endless = any(isinstance(v, LibObject) and v.type in _ENDLESS for v in alternatives(iterated))
    return endless and (_retries(stmt.body) or _asks_for_the_end(stmt.body))


_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})


def _asks(test: ir.Expr, body: ir.Block) -> bool:
    """Whether a condition only reads attributes or asks a predicate, none of which ``body`` assigns."""
    asks = False
    tested: list[str] = []
    stack: list[ir.Expr] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, (ir.Yield, ir.Await, ir.Walrus)):
            return False
        if isinstance(node, ir.Call):
            # ``while chunk := read()`` and ``while q.get()`` consume; ``while t.is_alive()`` only asks.
            name = node.func.name if isinstance(node.func, ir.Attr) else ""
            if node.args or not (name in _ASKING or name.lstrip("_").startswith(("is_", "has_"))):
                return False
            asks = True
        path = dotted(node)
        if path:
            asks = asks or "." in path
            tested.append(path)
            continue
        stack.extend(children(node))
    changed = assigned(body)
    # Local names only: another thread cannot change them, so it is a computation, not a wait.
    return asks and not any(path in changed or path.partition(".")[0] in changed for path in tested)


def _asks_for_the_end(body: ir.Block) -> bool:
    """An endless loop whose ways out all depend on what somebody else does."""
    exits = [s for s in body if isinstance(s, ir.If) and _may_end(s.body)]
    rest = tuple(s for s in body if s not in exits)
    if any(s.orelse or not _asks(s.test, body) for s in exits):
        return False
    return not _may_end(rest) and _is_idle(rest)


def _retries(body: ir.Block) -> bool:
    """``try: ...; return`` with a handler that goes round again."""
    tries = [s for s in body if isinstance(s, ir.Try)]
    if len(tries) != 1:
        return False
    (attempt,) = tries
    swallowed = [h for h in attempt.handlers if not _may_end(h.body)]
    if not swallowed or any(_may_end(h.body) for h in attempt.handlers):
        return False
    after = body[body.index(attempt) + 1 :]
    ends = [block[-1] for block in (attempt.body, attempt.orelse, after) if block]
    return any(isinstance(s, ir.Return) or (isinstance(s, ir.Jump) and s.kind == "break") for s in ends)


def _may_end(body: ir.Block) -> bool:
    """Whether a loop's body holds a way out of the loop, or lets others run."""
    pauses = (isinstance(e, (ir.Yield, ir.Await)) for stmt in flat_statements(body) for e in expressions_in(stmt))
    return may_leave_loop(body) or any(pauses)


def _is_idle(body: ir.Block) -> bool:
    """Whether a body only passes time: it calls nothing that could change what the loop waits for."""
    return all(
        not isinstance(expr, ir.Call) or _passes_time(expr)
        for inner in flat_statements(body)
        for expr in expressions_in(inner)
    )


_ASKING = frozenset(
    {"is_alive", "is_set", "locked", "done", "running", "poll", "empty", "full", "is_open", "isAlive", "isSet"}
)
_IDLE = frozenset({"sleep", "print", "debug", "info", "warning", "monotonic", "time", "perf_counter", "log"})


def _passes_time(call: ir.Call) -> bool:
    if isinstance(call.func, ir.Attr):
        return call.func.name in _IDLE
    return isinstance(call.func, ir.Name) and call.func.id in _IDLE
