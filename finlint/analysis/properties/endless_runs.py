"""Whether what a thread runs ends only with what it is told by the finalizer of an object, if at all.

A loop on a flag or an event, a wait, a server or an event loop that somebody has to stop, a loop over a queue up to
what is put in last.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import LibMethod, LibObject, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.leaving import may_leave_loop
from finlint.analysis.program.symbols import FunctionNode, ModuleNode
from finlint.analysis.properties.finalizer_alone import (
    About,
    is_called_by_finalizer_only,
    is_told_by_finalizer_only,
)
from finlint.analysis.properties.last_items import takes_to_the_last
from finlint.model import ir

#: How an event is asked for its flag: ``while not stop.wait(1)`` is a loop with a pause.
_ASKS = ("is_set", "wait")
#: Methods of a library that go on until another one is called, and which one.
_UNTIL = {"socketserver.BaseServer.serve_forever": "shutdown", "asyncio.AbstractEventLoop.run_forever": "stop"}
#: Those that wait until it has ended.
_WAITS_TOO = frozenset({"socketserver.BaseServer.shutdown"})
_UNTIL_NAMES = frozenset(name.rpartition(".")[2] for name in _UNTIL)


def runs_for_ever(context: CallContext, about: About) -> bool:
    """Whether what is called in ``context`` ends only with what it is told by the finalizer, if at all."""
    function = context.function
    if function is None or function.ir.is_generator or function.ir.is_async:
        return False
    for stmt in _in_any_case(function.ir.body):
        if isinstance(stmt, ir.While) and not may_leave_loop(stmt.body, function.module):
            return _never_ends(stmt.test, function, about) or takes_to_the_last(stmt, context, about)
        if isinstance(stmt, (ir.While, ir.For)):
            return takes_to_the_last(stmt, context, about)
        value = stmt.value if isinstance(stmt, (ir.ExprStmt, ir.Return)) else None
        if value is not None and (
            _waits_in_vain(value, function.module, about.evaluator)
            or _waits_for_finalizer(value, context, about)
            or _is_served(value, context, about)
        ):
            return True
        if not isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.ExprStmt, ir.With, ir.Try)):
            return False
    return False


def _in_any_case(body: ir.Block) -> Iterator[ir.Stmt]:
    """The statements of a body, and those that it enters in any case; a ``try`` that catches something may end them."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, ir.With) or (isinstance(stmt, ir.Try) and not stmt.handlers):
            yield from _in_any_case(stmt.body)


def _is_served(expr: ir.Expr, context: CallContext, about: About) -> bool:
    """``self.server.serve_forever()`` of a server of the constructor's, which only the finalizer shuts down."""
    func = expr.func if isinstance(expr, ir.Call) else None
    return func is not None and is_serving(func, context, about)


def is_serving(func: ir.Expr, context: CallContext, about: About) -> bool:
    """The same for the method alone, where something else calls it: ``Thread(target=self.serve_forever)``."""
    if not isinstance(func, ir.Attr) or func.name not in _UNTIL_NAMES:
        return False
    knowledge = about.evaluator.knowledge
    for option in alternatives(about.evaluator.expressions.eval(func, EvalState(context))):
        until = _UNTIL.get(knowledge.canonical(option.name)) if isinstance(option, LibMethod) else None
        if until is None or not is_called_by_finalizer_only(until, func.value, context, about):
            return False
    return True


def is_ending(func: ir.Expr, context: CallContext, evaluator: Evaluator) -> bool:
    """``self.server.shutdown``, which also waits until nobody serves any more."""
    options = alternatives(evaluator.expressions.eval(func, EvalState(context)))
    return all(
        isinstance(option, LibMethod) and evaluator.knowledge.canonical(option.name) in _WAITS_TOO for option in options
    )


def _waited_for(expr: ir.Expr) -> ir.Expr | None:
    """``event`` of ``event.wait()``, without a timeout."""
    if not isinstance(expr, ir.Call) or expr.args or not isinstance(expr.func, ir.Attr) or expr.func.name != "wait":
        return None
    return expr.func.value


def _waits_in_vain(expr: ir.Expr, module: ModuleNode, evaluator: Evaluator) -> bool:
    """``STOPPED.wait()`` of what nobody in the package sets."""
    event = _waited_for(expr)
    name = dotted(event) if event is not None else ""
    owner = evaluator.names.module_name(module, name) if name and "." not in name and module.bound(name) else None
    if not isinstance(owner, LibObject) or owner.type != "threading.Event":
        return False
    sets = f"{name}.set"
    return not any(other.source.lines("calls", sets) for other in (module, *evaluator.project.mentioning(sets, module)))


def _waits_for_finalizer(expr: ir.Expr, context: CallContext, about: About) -> bool:
    """``self.owner.quit.wait()`` of an event that only the finalizer names beside the constructor."""
    function = context.function
    assert function is not None
    event, me = _waited_for(expr), function.ir.params[0].name if function.ir.params else ""
    if not isinstance(event, ir.Attr) or dotted(event).partition(".")[0] != me:
        return False
    value = about.evaluator.expressions.eval(event, EvalState(context))
    is_event = isinstance(value, LibObject) and value.type == "threading.Event"
    return is_event and is_told_by_finalizer_only(event.name, function, about)


def _never_ends(test: ir.Expr, function: FunctionNode, about: About) -> bool:
    """Whether the condition of a loop is always true, or asks a flag that the finalizer sets."""
    if isinstance(test, ir.Const):
        return bool(test.value)
    asked = test.value if isinstance(test, ir.Not) else test
    if isinstance(asked, ir.Call) and isinstance(asked.func, ir.Attr) and asked.func.name in _ASKS:
        asked = asked.func.value
    me = function.ir.params[0].name if function.ir.params else ""
    if not isinstance(asked, ir.Attr) or dotted(asked).partition(".")[0] != me:
        return False
    return is_told_by_finalizer_only(asked.name, function, about)
