"""Whether a thread that is joined has been told to end before, and does nothing by then that is known to take time.

``self._stop.set(); self._thread.join()`` waits until the thread looks: for a moment, where it only sleeps, counts and
waits for what it is told. A thread that reads from the network, or writes what is left, may take as long as that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, call_in
from finlint.analysis.domain.values import (
    Bound,
    Function,
    LibObject,
    Object,
    Value,
    alternatives,
    is_known,
)
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.reachability import Step, Witness, witnesses
from finlint.analysis.program.statements import calls_in, expressions_in, flat_statements, last_name, own_calls
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.bindings import bound_singly

_THREAD = frozenset({"threading.Thread"})
#: What runs a function beside the finalizer's thread.
RUNNERS = _THREAD | {"multiprocessing.process.BaseProcess"}
#: What a thread does that looks at what it is told, or is over soon.
_LOOKS = frozenset({"busy-loop", "channel-receive", "inner-lock", "lock", "logging", "reentrant-lock", "sleep"})
#: Waits for what it is told.
_WAITS = frozenset({"threading.Event.wait", "threading.Condition.wait", "threading.Condition.wait_for"})
#: How it is told, who waits for it or takes it: ``stop.set()``, ``queue.put(None)``.
TELLS = frozenset({"set", "put", "put_nowait"})
#: How a thread asks what it is told.
_ASKS = frozenset({"empty", "get", "get_nowait", "is_set", "task_done", "wait"})
#: Events and queues that a thread is given.
_GIVEN = ("threading.Event", "threading.Condition", "queue.", "multiprocessing.")


def is_told_to_end(steps: tuple[Step, ...], summaries: Summaries) -> bool:
    """Whether each thread that the last of ``steps``, those of a finalizer's chain, joins has been told to end by one
    of their functions, and only looks at that."""
    context, evaluator = steps[-1].context, summaries.evaluator
    call = call_in(context, steps[-1].span)
    if call is None or not isinstance(call.func, ir.Attr) or call.func.name != "join":
        return False
    functions = [step.context.function for step in steps]
    told = {name for function in functions if function is not None for name in _told(function)}
    threads = evaluator.expressions.but_none(call.func.value, context)
    return bool(told and threads) and all(_listens(thread, told, summaries) for thread in threads)


def _told(function: FunctionNode) -> Iterator[str]:
    """The flags, events and queues that a function sets, or puts something into, by their last names."""
    for stmt in flat_statements(function.ir.body):
        yield from flags(stmt)
        for call in own_calls(stmt):
            if isinstance(call.func, ir.Attr) and call.func.name in TELLS:
                yield last_name(call.func.value)


def flags(stmt: ir.Stmt) -> Iterator[str]:
    """The last names of what a statement sets to a constant."""
    for target, how, value in bound_singly(stmt):
        if how == "value" and isinstance(value, ir.Const) and value.value is not None:
            yield last_name(target)


def _listens(thread: Value, told: set[str], summaries: Summaries) -> bool:
    """Whether a thread runs a function that looks at what it is told, and does nothing else that takes time."""
    runs = what_runs(thread, summaries, _THREAD)
    if runs is None:
        return False
    node = runs.context.function
    assert node is not None
    if not (runs.is_given or names(node, told)) or not _is_understood(node, runs, summaries):
        return False
    return all(map(_is_short, witnesses(runs.context, summaries)))


class Runs(NamedTuple):
    """What a thread or process runs, and whether it is given an event or a queue, of which it has another name."""

    context: CallContext
    is_given: bool


def what_runs(thread: Value, summaries: Summaries, kinds: frozenset[str] = RUNNERS) -> Runs | None:
    """What a thread or process runs, where that is one function; None for what is of none of the ``kinds``."""
    evaluator = summaries.evaluator
    given = False
    functions: list[Function] = []
    if isinstance(thread, Object) and evaluator.classes.library_base(thread.cls) in kinds:
        run = evaluator.classes.class_function(thread.cls, "run")
        functions = [] if run is None else [run]
    elif isinstance(thread, LibObject) and thread.type in kinds:
        made = dict(thread.args)
        functions = list(_functions(made.get("target")))
        given = any(_is_given(made.get(name)) for name in ("args", "kwargs"))
    if len(functions) != 1:
        return None
    node = functions[0].node
    parent = functions[0].context if node.owner is None else None
    return Runs(evaluator.binding.generic_context(node, parent), given)


def _is_understood(node: FunctionNode, runs: Runs, summaries: Summaries) -> bool:
    """Whether it is known what each call in a function calls, but for those that ask what it was given."""
    state, expressions = EvalState(runs.context), summaries.evaluator.expressions
    asked = {param.name for param in node.ir.params} if runs.is_given else set()
    for func in (call.func for call in calls_in(node.ir.body)):
        owner = func.value if isinstance(func, ir.Attr) and func.name in _ASKS else None
        if isinstance(owner, ir.Name) and owner.id in asked:
            continue
        if not all(map(is_known, alternatives(expressions.eval(func, state)))):
            return False
    return True


def _functions(target: Value | None) -> Iterator[Function]:
    for option in alternatives(target) if target is not None else ():
        function = option.function if isinstance(option, Bound) else option
        if isinstance(function, Function):
            yield function


def _is_given(value: Value | None) -> bool:
    """Whether a thread is given an event or a queue, of which it has another name."""
    if value is None:
        return False
    return any(
        (isinstance(option, LibObject) and option.type.startswith(_GIVEN))
        or any(map(_is_given, getattr(option, "items", None) or ()))
        for option in alternatives(value)
    )


def names(function: FunctionNode, told: set[str]) -> bool:
    """Whether a function names one of ``told``."""
    parts = (part for stmt in flat_statements(function.ir.body) for part in expressions_in(stmt))
    return any(last_name(part) in told for part in parts)


def _is_short(witness: Witness) -> bool:
    effect = witness.effect
    if effect.kind == "wait":
        return effect.lasts != "unbounded" or effect.call in _WAITS
    return effect.lasts == "short" or effect.kind in _LOOKS
