"""Threads that a constructor starts on a method of its object, and that nobody ends but the finalizer: they hold it.

A thread of its own, the object itself where its class inherits from ``Thread``, one of an executor, a timer that starts
the next one.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState, call_in, dotted
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Object,
    Sequence,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import attribute_of
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at
from finlint.analysis.properties.alive import holds, is_thread, keeps
from finlint.analysis.properties.always_run import Step, always_run, construction
from finlint.analysis.properties.endless_runs import is_ending, is_serving, runs_for_ever
from finlint.analysis.properties.finalizer_alone import About
from finlint.model import ir
from finlint.model.source import Span

_THREAD, _TIMER = "threading.Thread", "threading.Timer"
_SUBMIT = "concurrent.futures.Executor.submit"
#: What a thread is given that it runs, and what it runs that with.
_RUNS, _GIVEN = ("target", "function"), ("args", "kwargs")


def started_for_ever(
    steps: list[Step], cls: Class, ending: FunctionNode | None, evaluator: Evaluator
) -> Iterator[tuple[str, str, Span]]:
    """Where the steps of a construction make such threads, which they start, too: what it is, path, place."""
    yield from _started_for_ever(steps, About(cls, ending, evaluator))


def is_served_with(me: Value, context: CallContext, span: Span, evaluator: Evaluator) -> bool:
    """Whether a server that is shut down at ``span`` of ``context`` is served by a thread that the constructor of the
    object ``me`` starts, and that has the object until then."""
    call = call_in(context, span)
    if call is None or not isinstance(call.func, ir.Attr) or not isinstance(me, Object):
        return False
    if not is_ending(call.func, context, evaluator):
        return False
    owner = call.func.value
    name = owner.name if isinstance(owner, ir.Attr) else me.cls.node.name
    about = About(me.cls, None, evaluator, anybody=name)
    return any(_started_for_ever(construction(me.cls, evaluator), about))


def _started_for_ever(steps: list[Step], about: About) -> Iterator[tuple[str, str, Span]]:
    evaluator = about.evaluator
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
                if any(_holds_for_ever(run, kept, value.type, step, about) for run in runs) or _serves(
                    call, step, about
                ):
                    yield value.type, path, call.span
            # A thread's class of its own, which has the object: ``Runner(self)``.
            elif isinstance(value, Object) and is_thread(value.cls, evaluator):
                own = evaluator.classes.class_function(value.cls, "run")
                me = step.obj
                given_me = any(holds(given, me, evaluator) for _, given in value.args)
                if own is not None and given_me:
                    inside = evaluator.binding.method_context(own.node, value, own.context)
                    if runs_for_ever(inside, about):
                        yield _THREAD, path, call.span
        if step.call is not None and _runs_itself(step, about):
            yield _THREAD, path, step.call.span
        if step.call is not None and step.call.args and _submits(step.call, step, evaluator):
            run, *kept = (evaluator.expressions.eval(arg.value, EvalState(step.context)) for arg in step.call.args)
            if _holds_for_ever(run, kept, _THREAD, step, about):
                yield "concurrent.futures.Executor", path, step.call.span


def _holds_for_ever(run: Value, kept: list[Value], kind: str, step: Step, about: About) -> bool:
    """Whether something that runs in a thread, and what it is given, holds the object, and does not end."""
    me = step.obj
    for option in alternatives(run):
        function = option.function if isinstance(option, Bound) else option
        if not isinstance(function, Function) or not any(
            holds(value, me, about.evaluator) for value in (option, *kept)
        ):
            continue
        if kind == _TIMER:
            if _starts_again(function.node, about):
                return True
        elif runs_for_ever(_context(option, function, kept, about.evaluator), about):
            return True
    return False


def _context(option: Value, function: Function, kept: list[Value], evaluator: Evaluator) -> CallContext:
    """The call of ``function``, which is ``option`` or bound by it, with the arguments that are told one by one."""
    receiver = option.receiver if isinstance(option, Bound) else None
    told = next((value.items for value in kept if isinstance(value, Sequence) and value.items is not None), ())
    given = evaluator.binding.bind(function.node, CallArgs(told), receiver, True, function.context)
    return evaluator.binding.context(function.node, tuple(given), function.context)


def _serves(call: ir.Call, step: Step, about: About) -> bool:
    """``Thread(target=self.serve_forever)`` of an object that is a server itself; or that of a server that has it."""
    me, state, evaluator = step.obj, EvalState(step.context), about.evaluator
    for target in (arg.value for arg in call.args if arg.keyword in _RUNS):
        if not isinstance(target, ir.Attr) or not is_serving(target, step.context, about):
            continue
        servers = alternatives(evaluator.expressions.eval(target.value, state))
        if all(server == me or (isinstance(server, Object) and keeps(server, me, evaluator)) for server in servers):
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


def _runs_itself(step: Step, about: About) -> bool:
    """Whether a step starts the object, which is a thread."""
    if step.call is None or attribute_of(step.call.func, step.me) != "start":
        return False
    classes, cls = about.evaluator.classes, about.cls
    run = classes.class_function(cls, "run")
    if run is None or classes.class_function(cls, "start") is not None:
        return False
    inside = about.evaluator.binding.method_context(run.node, step.obj, run.context)
    return is_thread(cls, about.evaluator) and runs_for_ever(inside, about)


def _submits(call: ir.Call, step: Step, evaluator: Evaluator) -> bool:
    if not (isinstance(call.func, ir.Attr) and call.func.name == "submit"):
        return False
    called = evaluator.expressions.eval(call.func, EvalState(step.context))
    return any(
        isinstance(option, (Lib, LibMethod)) and evaluator.knowledge.canonical(option.name) == _SUBMIT
        for option in alternatives(called)
    )


def _starts_again(function: FunctionNode, about: About) -> bool:
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


def _of_own_methods(function: FunctionNode, me: str, about: About) -> Iterator[ir.Stmt]:
    """The statements of the methods that a method calls on its object in any case: ``self._arm()``."""
    for stmt in always_run(function.ir.body):
        call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
        if isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and dotted(call.func.value) == me:
            found = about.evaluator.classes.class_function(about.cls, call.func.name)
            if found is not None and found.node is not function and found.node.ir.params[:1] == function.ir.params[:1]:
                yield from always_run(found.node.ir.body)


def _only_finalizer_calls(word: str, module: ModuleNode, about: About) -> bool:
    calling = (function_at(module, line) for line in module.source.lines("calls", word))
    return all(function is not None and function is about.ending for function in calling)
