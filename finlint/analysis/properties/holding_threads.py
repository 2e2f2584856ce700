"""Threads that a constructor starts on a method of its object, and that nobody ends but the finalizer: they hold it."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Bound, Class, Function, LibObject, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements
from finlint.analysis.program.symbols import FunctionNode, lines_naming
from finlint.model import ir
from finlint.model.source import Span

_THREAD = "threading.Thread"


def started_for_ever(body: list[ir.Stmt], cls: Class, context: CallContext, evaluator: Evaluator) -> Iterator[Span]:
    """Where the statements of a constructor make such threads, which they start, too."""
    started = set(_started(body))
    for stmt in body:
        for call, names in _made(stmt):
            if call is None or not (names & started or "" in names):
                continue
            value = evaluator.expressions.eval(call, EvalState(context))
            if not isinstance(value, LibObject) or value.type != _THREAD:
                continue
            target = next((given for key, given in value.args if key == "target"), None)
            for option in alternatives(target) if target is not None else ():
                if (
                    isinstance(option, Bound)
                    and isinstance(option.function, Function)
                    and isinstance(option.receiver, Object)
                    and option.receiver.cls == cls
                    and _runs_for_ever(option.function.node, cls, evaluator)
                ):
                    yield call.span


def _started(body: list[ir.Stmt]) -> Iterator[str]:
    """The variables and attributes that ``start()`` is called on."""
    for stmt in body:
        call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
        if isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and call.func.name == "start":
            yield dotted(call.func.value)


def _made(stmt: ir.Stmt) -> Iterator[tuple[ir.Call | None, set[str]]]:
    """What may be the making of a thread, and what it is called; "" where it is started there and then."""
    if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Call):
        yield stmt.value, {dotted(target) for target in stmt.targets} - {""}
    call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
    if isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and call.func.name == "start":
        yield (call.func.value if isinstance(call.func.value, ir.Call) else None), {""}


def _runs_for_ever(function: FunctionNode, cls: Class, evaluator: Evaluator) -> bool:
    """Whether a method ends only with what it is told by the finalizer, if at all."""
    if function.ir.is_generator or function.ir.is_async:
        return False
    for stmt in function.ir.body:
        if isinstance(stmt, ir.While) and not _leaves(stmt.body):
            return _never_ends(stmt.test, function, cls, evaluator)
        if not isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.ExprStmt)):
            return False
    return False


def _leaves(body: ir.Block) -> bool:
    return any(
        isinstance(s, (ir.Return, ir.Raise)) or (isinstance(s, ir.Jump) and s.kind == "break")
        for s in flat_statements(body)
    )


def _never_ends(test: ir.Expr, function: FunctionNode, cls: Class, evaluator: Evaluator) -> bool:
    if isinstance(test, ir.Const):
        return bool(test.value)
    asked = test.value if isinstance(test, ir.Not) else test
    if isinstance(asked, ir.Call) and isinstance(asked.func, ir.Attr) and asked.func.name == "is_set":
        asked = asked.func.value
    me = function.ir.params[0].name if function.ir.params else ""
    if not (isinstance(asked, ir.Attr) and isinstance(asked.value, ir.Name) and asked.value.id == me):
        return False
    return _is_told_by_finalizer_only(asked.name, function, cls, evaluator)


def _is_told_by_finalizer_only(name: str, function: FunctionNode, cls: Class, evaluator: Evaluator) -> bool:
    """Whether nobody but the constructor, the thread itself and the finalizer names the attribute."""
    module = function.module
    if any(other.source.lines("words", name) for other in evaluator.project.mentioning(f".{name}", module)):
        return False
    finalizer = evaluator.classes.class_function(cls, "__del__")
    init = evaluator.classes.class_function(cls, "__init__")
    known = {function, *(found.node for found in (finalizer, init) if found is not None)}
    if any(naming not in known for _, naming in lines_naming(module, name)):
        return False
    stores = [key for key in function.index.stores if key[1] == name]
    sets = (call for call in function.index.calls if isinstance(call.func, ir.Attr) and call.func.name == "set")
    told = any(isinstance(c.func, ir.Attr) and dotted(c.func.value).rpartition(".")[2] == name for c in sets)
    return not stores and not told
