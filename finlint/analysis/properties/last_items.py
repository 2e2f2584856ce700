"""Loops over a queue up to an item that is the last one, which nobody but the finalizer puts into it."""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import LibMethod, alternatives, is_known, is_none
from finlint.analysis.program.leaving import leaves, may_leave_loop
from finlint.analysis.program.statements import calls_in, last_name
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, lines_naming, with_closures
from finlint.analysis.properties.finalizer_alone import About, is_own
from finlint.model import ir

#: How the next one is taken out of a queue, for as long as that takes, and put in.
_TAKES = frozenset({"queue.Queue.get", "queue.SimpleQueue.get"})
_PUTS = ("put", "put_nowait")
#: Expressions whose value is not None, whatever is in them.
_NEVER_NONE = (ir.Text, ir.Display, ir.DictDisplay, ir.Comprehension, ir.Lambda)


def takes_to_the_last(loop: ir.While | ir.For, context: CallContext, about: About) -> bool:
    """Whether a loop takes what is in a queue of the constructor's until something comes that the finalizer alone puts
    into it."""
    taken = _taken_until(loop, context.module)
    if taken is None:
        return False
    method, last = taken
    if not isinstance(method, ir.Attr) or not isinstance(method.value, ir.Attr):
        return False
    called = alternatives(about.evaluator.expressions.eval(method, EvalState(context)))
    if not all(isinstance(option, LibMethod) and option.name in _TAKES for option in called):
        return False
    name, module = method.value.name, about.cls.node.module
    if any(other.source.lines("words", name) for other in about.evaluator.project.mentioning(f".{name}", module)):
        return False
    return is_own(name, context, about) and _is_put_by_finalizer_only(last, name, context, about)


def _taken_until(loop: ir.While | ir.For, module: ModuleNode) -> tuple[ir.Expr, ir.Expr] | None:
    """The method that gives what a loop takes, and what that is the last time: ``for item in iter(q.get, None)``,
    ``while (item := q.get()) is not None``, ``while True`` with ``item = q.get()`` and ``if item is None: break``."""
    body = loop.body
    found: tuple[ir.Expr, ir.Expr] | None = None
    if isinstance(loop, ir.For):
        call = loop.iter
        if isinstance(call, ir.Call) and last_name(call.func) == "iter" and len(call.args) == 2:
            found = call.args[0].value, call.args[1].value
    elif isinstance(loop.test, ir.Const):
        found, body = _left_by_the_last(body) if loop.test.value else (None, body)
    else:
        found = _compared(loop.test, ("IsNot", "NotEqual"), "")
    return None if found is None or may_leave_loop(body, module) else found


def _left_by_the_last(body: ir.Block) -> tuple[tuple[ir.Expr, ir.Expr] | None, ir.Block]:
    """The same of the body of an endless loop, and that body without the way out."""
    name = ""
    method: ir.Expr | None = None
    for number, stmt in enumerate(body):
        if isinstance(stmt, ir.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ir.Name):
            name, method = stmt.targets[0].id, _taking(stmt.value)
        if isinstance(stmt, ir.If) and method is not None and _is_left(stmt.body):
            compared = _compared(stmt.test, ("Is", "Equal"), name)
            if compared is not None:
                return (method, compared[1]), (*body[:number], *stmt.orelse, *body[number + 1 :])
    return None, body


def _is_left(body: ir.Block) -> bool:
    """Whether a block, a part of a loop, leaves the loop."""
    return leaves(body) and may_leave_loop(body)


def _taking(expr: ir.Expr) -> ir.Expr | None:
    """``q.get`` of ``q.get()``"""
    return expr.func if isinstance(expr, ir.Call) and not expr.args else None


def _compared(test: ir.Expr, operators: tuple[str, str], name: str) -> tuple[ir.Expr, ir.Expr] | None:
    """``q.get`` and ``None`` of ``(item := q.get()) is not None``, and what the variable ``name`` is compared with."""
    if not isinstance(test, ir.Compare) or len(test.rest) != 1 or test.rest[0][0] not in operators:
        return None
    left, (_, right) = test.left, test.rest[0]
    if isinstance(left, ir.Name):
        return (left, right) if left.id == name else None
    method = _taking(left.value if isinstance(left, ir.Walrus) else left)
    return None if method is None else (method, right)


def _is_put_by_finalizer_only(last: ir.Expr, name: str, context: CallContext, about: About) -> bool:
    """Whether nobody but the finalizer puts ``last`` into the queue ``name``, for all that is known of what is put."""
    module = about.cls.node.module
    if isinstance(last, ir.Name):
        # What has a name of its own is put where that is named.
        others = about.evaluator.project.mentioning(last.id, module)
        naming = {function for _, function in lines_naming(module, last.id)}
        known = {context.function, about.ending, None}
        return not any(other.source.lines("words", last.id) for other in others) and naming <= known
    if not isinstance(last, ir.Const) or last.value is not None:
        return False
    functions = {naming for _, naming in lines_naming(module, name)} - {about.ending, None}
    return all(_puts_no_none(function, name, about) for function in functions if function is not None)


def _puts_no_none(function: FunctionNode, name: str, about: About) -> bool:
    """Whether all that a function, with those inside it, puts into the queue is known not to be None."""
    for node in (around[-1] for around in with_closures(function)):
        state = EvalState(about.evaluator.binding.generic_context(node))
        for call in calls_in(node.ir.body):
            func, args = call.func, call.args
            if not isinstance(func, ir.Attr) or func.name not in _PUTS or last_name(func.value) != name or not args:
                continue
            if isinstance(args[0].value, _NEVER_NONE):
                continue
            options = alternatives(about.evaluator.expressions.eval(args[0].value, state))
            if not all(is_known(option) and not is_none(option) for option in options):
                return False
    return True
