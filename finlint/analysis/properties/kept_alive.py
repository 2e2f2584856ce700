"""What keeps every instance of a class alive until the interpreter exits, so that its ``__del__`` never runs before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.effects import CallArgs, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import UNKNOWN, Class, Function, Lib, LibMethod, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.program.statements import last_name
from finlint.analysis.program.symbols import FunctionNode, lines_naming
from finlint.analysis.properties.always_run import Step, always_run, construction
from finlint.analysis.properties.holding_containers import container_of, is_never_emptied
from finlint.analysis.properties.holding_observers import subscribed
from finlint.analysis.properties.holding_threads import started_for_ever
from finlint.analysis.properties.retention import argument_holding
from finlint.model import ir
from finlint.model.bindings import bound_by
from finlint.model.outline import stmt_span
from finlint.model.source import Span

_REGISTER = "atexit.register"
#: Calls that keep what they are given, each with the name of what lets go of it again: another call of it, where that
#: replaces what it was given before; "" where nothing does.
_KEEPING = {
    _REGISTER: "unregister",
    "signal.signal": "signal",
    "sys.addaudithook": "",
    "sys.settrace": "settrace",
    "sys.setprofile": "setprofile",
    "threading.settrace": "settrace",
    "threading.setprofile": "setprofile",
    "gc.callbacks.append": "callbacks",
    "logging.Logger.addHandler": "removeHandler",
}
_KEEPING_NAMES = frozenset(name.rpartition(".")[2] for name in _KEEPING)
#: Attributes of modules that keep what is stored in them until somebody stores something else.
_HOOKS = frozenset(
    {
        "sys.excepthook",
        "sys.unraisablehook",
        "sys.displayhook",
        "sys.breakpointhook",
        "threading.excepthook",
        "warnings.showwarning",
    }
)
_HOOK_NAMES = frozenset(name.rpartition(".")[2] for name in _HOOKS)


class Keeper(NamedTuple):
    """What a constructor hands its object to, which keeps it."""

    name: str
    path: str
    span: Span


def kept_until_exit(cls: Class, evaluator: Evaluator) -> Iterator[Keeper]:
    """``atexit.register(self.close)`` in the constructor of ``cls``, on every way through it."""
    homes = {base.node.module for base in evaluator.classes.mro(cls) if isinstance(base, Class)}
    if not any(home.source.lines("words", "atexit") for home in homes):
        return
    deletion = evaluator.classes.class_function(cls, "__del__")
    ending = None if deletion is None else deletion.node
    for step in construction(cls, evaluator):
        yield from (keeper for keeper in _registries(step, ending, evaluator) if keeper.name == _REGISTER)


def keepers(cls: Class, ending: FunctionNode | None, evaluator: Evaluator) -> Iterator[Keeper]:
    """Whatever is known to keep an instance whose finalizer is ``ending``: ``atexit`` and other registries, a hook of
    the interpreter, a container or an observed object that nobody but the finalizer takes it out of, a thread that runs
    one of its methods and is ended by nobody else."""
    steps = construction(cls, evaluator)
    for step in steps:
        for keeper in _of_step(step, ending, evaluator):
            # Who hands the object to a function that others use, too, is whom it is about.
            yield keeper if step.place is None else Keeper(keeper.name, *step.place)
    own = [step for step in steps if step.place is None]
    yield from (Keeper(*found) for found in started_for_ever(own, cls, ending, evaluator))


def _of_step(step: Step, ending: FunctionNode | None, evaluator: Evaluator) -> Iterator[Keeper]:
    path, context = step.context.module.path, step.context
    yield from _registries(step, ending, evaluator)
    put = container_of(step.stmt, step.me, context, evaluator)
    if put is not None and _holds(put.given, put.span, step, evaluator) and is_never_emptied(put, ending, evaluator):
        yield Keeper(put.text, path, put.span)
    observed = subscribed(step, ending, evaluator)
    if observed is not None and _holds(observed.given, observed.span, step, evaluator):
        yield Keeper(observed.text, path, observed.span)


def _registries(step: Step, ending: FunctionNode | None, evaluator: Evaluator) -> Iterator[Keeper]:
    """What a step hands the object to that keeps it until the interpreter exits."""
    module, state = step.context.module, EvalState(step.context)
    stmt, call = step.stmt, step.call
    if isinstance(stmt, ir.FunctionDef):
        for decorator in stmt.function.decorators:
            named = alternatives(evaluator.expressions.eval(decorator, state))
            if Lib(_REGISTER) in named and step.me in free_names(stmt.function):
                yield Keeper(_REGISTER, module.path, stmt.function.span)
    for bound in bound_by(stmt):
        target = bound.target
        if bound.how != "value" or not isinstance(target, ir.Attr) or target.name not in _HOOK_NAMES:
            continue
        owner, span = evaluator.expressions.eval(target.value, state), stmt_span(stmt)
        name = f"{owner.name}.{target.name}" if isinstance(owner, Lib) else ""
        if name not in _HOOKS or _is_undone(target.name, step, ending):
            continue
        if _holds((ir.Arg(bound.value),), span, step, evaluator):
            yield Keeper(name, module.path, span)
    if call is None:
        return
    handed = bool(call.args) and _hands_on(call, state, evaluator) and not _is_undone("unregister", step, ending)
    if handed and _holds(tuple(call.args), call.span, step, evaluator):
        yield Keeper(_REGISTER, module.path, call.span)
    if last_name(call.func) not in _KEEPING_NAMES:
        return
    for option in alternatives(evaluator.expressions.eval(call.func, state)):
        name = evaluator.knowledge.canonical(option.name) if isinstance(option, (Lib, LibMethod)) else ""
        if name not in _KEEPING or (_KEEPING[name] and _is_undone(_KEEPING[name], step, ending)):
            continue
        if _holds(tuple(call.args), call.span, step, evaluator):
            yield Keeper(name, module.path, call.span)


def _hands_on(call: ir.Call, state: EvalState, evaluator: Evaluator) -> bool:
    """Whether a call is one of a function of the project that hands its first argument on to ``atexit.register``, as it
    is or in a ``partial``, whenever it is called."""
    called = alternatives(evaluator.expressions.eval(call.func, state)) if isinstance(call.func, ir.Name) else ()
    for option in called:
        if not isinstance(option, Function) or not option.node.ir.params:
            continue
        node = option.node
        words = node.module.source.lines
        if not words("words", "atexit") or words("words", "unregister") or node.ir.params[0].kind not in ("pos", "any"):
            continue
        inside = EvalState(evaluator.binding.generic_context(node))
        for stmt in always_run(node.ir.body):
            inner = stmt.value if isinstance(stmt, (ir.ExprStmt, ir.Assign, ir.Return)) else None
            if isinstance(inner, ir.Call) and last_name(inner.func) == "register" and inner.args:
                first = inner.args[0].value
                if isinstance(first, ir.Call) and last_name(first.func) == "partial" and first.args:
                    first = first.args[0].value
                given = isinstance(first, ir.Name) and first.id == node.ir.params[0].name
                if given and evaluator.expressions.eval(inner.func, inside) == Lib(_REGISTER):
                    return True
    return False


def _is_undone(word: str, step: Step, ending: FunctionNode | None) -> bool:
    """Whether anything in the module but the constructor and the finalizer names what may let go of what is kept."""
    known = {step.function, ending}
    module = step.context.module
    imports = [binding for binding in module.bound(word) if binding.kind == "import"]
    return any(
        naming not in known if naming is not None else not any(b.line <= line <= b.end_line for b in imports)
        for line, naming in lines_naming(module, word)
    )


def _holds(given: tuple[ir.Arg, ...], span: Span, step: Step, evaluator: Evaluator) -> bool:
    """Whether one of these arguments holds the object."""
    call = ir.Call(ir.Name("", span), given, span)
    context = step.context
    about = Registration(_REGISTER, context.module.path, span, step.obj, UNKNOWN, CallArgs(), context, call=call)
    return argument_holding(about, step.me, evaluator)
