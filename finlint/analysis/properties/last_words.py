"""Whether what a finalizer takes out of a queue is there: put there by a thread that had the object, and has ended.

``Thread(target=run)`` in a method, whose ``run()`` uses the object and ends with ``finally: self.queue.put(DONE)``: the
finalizer does not run before the thread has ended, so that a ``get()`` which is left at ``DONE`` finds it.
"""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import call_in
from finlint.analysis.domain.values import Object, Value
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.program.statements import calls_in, flat_statements, last_name
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.ownership import Ownership
from finlint.model import ir
from finlint.model.source import Span

_PUTS = ("put", "put_nowait")


def is_there(me: Value | None, context: CallContext, span: Span, evaluator: Evaluator) -> bool:
    """Whether a thread that had the object ``me`` has put something into the queue that ``span`` of ``context`` asks,
    whatever else it did: ``self.queue`` by its name."""
    call = call_in(context, span)
    queue = call.func.value if call is not None and isinstance(call.func, ir.Attr) else None
    if not isinstance(me, Object) or not isinstance(queue, ir.Attr) or context.name_of(me) != last_name(queue.value):
        return False
    methods = Ownership(evaluator).methods(me.cls, queue.name)
    return any(method.ir.params and _puts_at_its_end(method, queue.name) for method in methods)


def _puts_at_its_end(method: FunctionNode, queue: str) -> bool:
    """Whether a method starts a thread on a function inside it that has the object, and puts in a ``finally``."""
    me = method.ir.params[0].name
    targets = {
        arg.value.id
        for call in calls_in(method.ir.body)
        for arg in call.args
        if arg.keyword == "target" and isinstance(arg.value, ir.Name)
    }
    inner = (stmt.function for stmt in flat_statements(method.ir.body) if isinstance(stmt, ir.FunctionDef))
    return any(
        function.name in targets and me in free_names(function) and _puts_finally(function, me, queue)
        for function in inner
    )


def _puts_finally(function: ir.Function, me: str, queue: str) -> bool:
    """Whether the last statement of a function is a ``try`` that puts into ``me.queue`` whatever happens."""
    last = function.body[-1] if function.body else None
    if not isinstance(last, ir.Try):
        return False
    calls = (stmt.value for stmt in last.final if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call))
    return any(
        isinstance(call.func, ir.Attr)
        and call.func.name in _PUTS
        and isinstance(call.func.value, ir.Attr)
        and call.func.value.name == queue
        and last_name(call.func.value.value) == me
        for call in calls
    )
