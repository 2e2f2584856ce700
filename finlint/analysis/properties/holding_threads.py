"""Threads that a constructor starts on a method of its object, and that nobody ends but the finalizer: they hold it.

A thread of its own, the object itself where its class inherits from ``Thread``, one of an executor, a timer that starts
the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Object,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.leaving import may_leave_loop
from finlint.analysis.program.statements import attribute_of
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at, lines_naming
from finlint.analysis.properties.alive import holds, is_thread
from finlint.analysis.properties.always_run import Step, always_run
from finlint.model import ir
from finlint.model.source import Span

_THREAD, _TIMER = "threading.Thread", "threading.Timer"
_SUBMIT = "concurrent.futures.Executor.submit"
#: What a thread is given that it runs, and what it runs that with.
_RUNS, _GIVEN = ("target", "function"), ("args", "kwargs")
#: How an event is asked for its flag: ``while not stop.wait(1)`` is a loop with a pause.
_ASKS = ("is_set", "wait")


class _About(NamedTuple):
    """A class, and the finalizer of its instances."""

    cls: Class
    ending: FunctionNode | None
    evaluator: Evaluator


def started_for_ever(
    steps: list[Step], cls: Class, ending: FunctionNode | None, evaluator: Evaluator
) -> Iterator[tuple[str, str, Span]]:
    """Where the steps of a construction make such threads, which they start, too: what it is, path, place."""
    about = _About(cls, ending, evaluator)
    started = {name for step in steps if (name := _started(step))}
    for step in steps:
        path = step.context.module.path
        call, names = _made(step)
        if call is not None and (names & started or "" in names):
            value = evaluator.expressions.eval(call, EvalState(step.context))
            if isinstance(value, LibObject) and value.type in (_THREAD, _TIMER):
                given = dict(value.args)
                runs = [given[key] for key in _RUNS if key in given]
                kept = [given[key] for key in _GIVEN if key in given]
                if any(_holds_for_ever(run, kept, value.type, step, about) for run in runs):
                    yield value.type, path, call.span
            # A thread's class of its own, which has the object: ``Runner(self)``.
            elif isinstance(value, Object) and is_thread(value.cls, evaluator):
                own = evaluator.classes.class_function(value.cls, "run")
                me = step.context.params[0][1]
                given_me = any(holds(given, me, evaluator) for _, given in value.args)
                if own is not None and given_me and _runs_for_ever(own.node, about):
                    yield _THREAD, path, call.span
        if step.call is not None and _runs_itself(step, about):
            yield _THREAD, path, step.call.span
        if step.call is not None and step.call.args and _submits(step.call, step, evaluator):
            run, *kept = (evaluator.expressions.eval(arg.value, EvalState(step.context)) for arg in step.call.args)
            if _holds_for_ever(run, kept, _THREAD, step, about):
                yield "concurrent.futures.Executor", path, step.call.span


def _holds_for_ever(run: Value, kept: list[Value], kind: str, step: Step, about: _About) -> bool:
    """Whether something that runs in a thread, and what it is given, holds the object, and does not end."""
    me = step.context.params[0][1]
    for option in alternatives(run):
        function = option.function if isinstance(option, Bound) else option
        if not isinstance(function, Function) or not any(
            holds(value, me, about.evaluator) for value in (option, *kept)
        ):
            continue
        ends = _starts_again if kind == _TIMER else _runs_for_ever
        if ends(function.node, about):
            return True
    return False


def _of_object(name: str, step: Step) -> str:
    """An attribute of the object by the same name in each method."""
    first, _, rest = name.partition(".")
    return f"self.{rest}" if rest and first == step.me else name


def _started(step: Step) -> str:
    """The variable or attribute that ``start()`` is called on."""
    func = step.call.func if step.call is not None else None
    if isinstance(func, ir.Attr) and func.name == "start":
        return _of_object(dotted(func.value), step)
    return ""


def _made(step: Step) -> tuple[ir.Call | None, set[str]]:
    """What may be the making of a thread, and what it is called; "" where it is started there and then."""
    if isinstance(step.stmt, ir.Assign):
        return step.call, {_of_object(dotted(target), step) for target in step.stmt.targets} - {""}
    func = step.call.func if step.call is not None else None
    if isinstance(func, ir.Attr) and func.name == "start" and isinstance(func.value, ir.Call):
        return func.value, {""}
    return None, set()


def _runs_itself(step: Step, about: _About) -> bool:
    """Whether a step starts the object, which is a thread."""
    if step.call is None or attribute_of(step.call.func, step.me) != "start":
        return False
    classes, cls = about.evaluator.classes, about.cls
    run = classes.class_function(cls, "run")
    if run is None or classes.class_function(cls, "start") is not None:
        return False
    return is_thread(cls, about.evaluator) and _runs_for_ever(run.node, about)


def _submits(call: ir.Call, step: Step, evaluator: Evaluator) -> bool:
    if not (isinstance(call.func, ir.Attr) and call.func.name == "submit"):
        return False
    called = evaluator.expressions.eval(call.func, EvalState(step.context))
    return any(
        isinstance(option, (Lib, LibMethod)) and evaluator.knowledge.canonical(option.name) == _SUBMIT
        for option in alternatives(called)
    )


def _starts_again(function: FunctionNode, about: _About) -> bool:
    """Whether what a timer runs makes another timer for itself, which nobody but the finalizer cancels."""
    me = function.ir.params[0].name if function.ir.params else ""
    body = [*always_run(function.ir.body), *_of_own_methods(function, me, about)]
    calls = [stmt.value for stmt in body if isinstance(stmt, (ir.ExprStmt, ir.Assign))]
    again = any(
        isinstance(call, ir.Call)
        and dotted(call.func).rpartition(".")[2] == "Timer"
        and any(dotted(arg.value) in (f"{me}.{function.name}", function.name) for arg in call.args)
        for call in calls
    )
    starts = any(isinstance(call, ir.Call) and dotted(call.func).endswith(".start") for call in calls)
    return again and starts and _only_finalizer_calls("cancel", function.module, about)


def _of_own_methods(function: FunctionNode, me: str, about: _About) -> Iterator[ir.Stmt]:
    """The statements of the methods that a method calls on its object in any case: ``self._arm()``."""
    for stmt in always_run(function.ir.body):
        call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
        if isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and dotted(call.func.value) == me:
            found = about.evaluator.classes.class_function(about.cls, call.func.name)
            if found is not None and found.node is not function and found.node.ir.params[:1] == function.ir.params[:1]:
                yield from always_run(found.node.ir.body)


def _only_finalizer_calls(word: str, module: ModuleNode, about: _About) -> bool:
    calling = (function_at(module, line) for line in module.source.lines("calls", word))
    return all(function is not None and function is about.ending for function in calling)


def _runs_for_ever(function: FunctionNode, about: _About) -> bool:
    """Whether a method ends only with what it is told by the finalizer, if at all."""
    if function.ir.is_generator or function.ir.is_async:
        return False
    for stmt in function.ir.body:
        if isinstance(stmt, ir.While) and not may_leave_loop(stmt.body, function.module):
            return _never_ends(stmt.test, function, about)
        if isinstance(stmt, ir.ExprStmt) and (
            _waits_in_vain(stmt.value, function.module, about.evaluator)
            or _waits_for_finalizer(stmt.value, function, about)
        ):
            return True
        if not isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.ExprStmt)):
            return False
    return False


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


def _waits_for_finalizer(expr: ir.Expr, function: FunctionNode, about: _About) -> bool:
    """``self.owner.quit.wait()`` of an event that only the finalizer names beside the constructor."""
    event, me = _waited_for(expr), function.ir.params[0].name if function.ir.params else ""
    if not isinstance(event, ir.Attr) or dotted(event).partition(".")[0] != me:
        return False
    context = about.evaluator.binding.generic_context(function)
    value = about.evaluator.expressions.eval(event, EvalState(context))
    is_event = isinstance(value, LibObject) and value.type == "threading.Event"
    return is_event and _is_told_by_finalizer_only(event.name, function, about)


def _never_ends(test: ir.Expr, function: FunctionNode, about: _About) -> bool:
    if isinstance(test, ir.Const):
        return bool(test.value)
    asked = test.value if isinstance(test, ir.Not) else test
    if isinstance(asked, ir.Call) and isinstance(asked.func, ir.Attr) and asked.func.name in _ASKS:
        asked = asked.func.value
    me = function.ir.params[0].name if function.ir.params else ""
    if not isinstance(asked, ir.Attr) or dotted(asked).partition(".")[0] != me:
        return False
    return _is_told_by_finalizer_only(asked.name, function, about)


def _is_told_by_finalizer_only(name: str, function: FunctionNode, about: _About) -> bool:
    """Whether nobody but the constructor, the thread itself and the finalizer names the attribute."""
    module = function.module
    if any(other.source.lines("words", name) for other in about.evaluator.project.mentioning(f".{name}", module)):
        return False
    init = about.evaluator.classes.class_function(about.cls, "__init__")
    known = {function, about.ending, None if init is None else init.node} - {None}
    if any(naming not in known for _, naming in lines_naming(module, name)):
        return False
    stores = [key for key in function.index.stores if key[1] == name]
    sets = (call for call in function.index.calls if isinstance(call.func, ir.Attr) and call.func.name == "set")
    told = any(isinstance(c.func, ir.Attr) and dotted(c.func.value).rpartition(".")[2] == name for c in sets)
    return not stores and not told
