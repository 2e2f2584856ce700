"""What keeps every instance of a class alive until the interpreter exits, so that its ``__del__`` never runs before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import UNKNOWN, Class, Lib, LibMethod, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements, inner_blocks
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.holding_containers import container_of, is_never_emptied
from finlint.analysis.properties.holding_threads import started_for_ever
from finlint.analysis.properties.retention import argument_holding
from finlint.model import ir
from finlint.model.source import Span

_REGISTER = "atexit.register"
#: Calls that keep what they are given, each with the name of what lets go of it again: another call of it, where that
#: replaces what it was given before; "" where nothing does.
_KEEPING = {
    _REGISTER: "unregister",
    "signal.signal": "signal",
    "sys.addaudithook": "",
    "logging.Logger.addHandler": "removeHandler",
}


class Keeper(NamedTuple):
    """What a constructor hands its object to, which keeps it."""

    name: str
    path: str
    span: Span


def kept_until_exit(cls: Class, evaluator: Evaluator) -> Iterator[Keeper]:
    """``atexit.register(self.close)`` in the constructor of ``cls``, on every way through it."""
    return (keeper for keeper in _by_calls(cls, evaluator) if keeper.name == _REGISTER)


def keepers(cls: Class, evaluator: Evaluator) -> Iterator[Keeper]:
    """Whatever is known to keep an instance: ``atexit`` and other registries, a container that nobody empties but the
    finalizer, a thread that runs one of its methods and is ended by nobody else."""
    yield from _by_calls(cls, evaluator)
    context = _construction(cls, evaluator)
    if context is None or context.function is None:
        return
    path, me = context.module.path, context.function.ir.params[0].name
    for stmt in _always_run(context.function):
        found = container_of(stmt, me, context, evaluator)
        if (
            found is not None
            and _holds(found.given, found.span, me, context, evaluator)
            and is_never_emptied(found, cls, evaluator)
        ):
            yield Keeper(found.text, path, found.span)
    for span in started_for_ever(list(_always_run(context.function)), cls, context, evaluator):
        yield Keeper("threading.Thread", path, span)


def _construction(cls: Class, evaluator: Evaluator) -> CallContext | None:
    """The context of the constructor of the class, of which nothing but the object is known."""
    init = evaluator.classes.class_function(cls, "__init__")
    if init is None or not init.node.ir.params:
        return None
    return evaluator.binding.method_context(init.node, Object(cls, (), "self"), init.context)


def _by_calls(cls: Class, evaluator: Evaluator) -> Iterator[Keeper]:
    context = _construction(cls, evaluator)
    if context is None or context.function is None:
        return
    module = context.module
    for stmt in context.function.ir.body:
        call = stmt.value if isinstance(stmt, (ir.ExprStmt, ir.Assign)) else None
        if not isinstance(call, ir.Call):
            continue
        for option in alternatives(evaluator.expressions.eval(call.func, EvalState(context))):
            name = evaluator.knowledge.canonical(option.name) if isinstance(option, (Lib, LibMethod)) else ""
            if name not in _KEEPING or _is_undone(name, context):
                continue
            if _holds(tuple(call.args), call.span, context.function.ir.params[0].name, context, evaluator):
                yield Keeper(name, module.path, call.span)


def _is_undone(name: str, context: CallContext) -> bool:
    """Whether the module has something that may let go of what is kept."""
    undoing = _KEEPING[name]
    if not undoing:
        return False
    found = context.module.source.lines("words" if undoing not in name else "calls", undoing)
    return len(found) > (undoing in name)


def _holds(given: tuple[ir.Arg, ...], span: Span, me: str, context: CallContext, evaluator: Evaluator) -> bool:
    """Whether one of these arguments holds the object."""
    call = ir.Call(ir.Name("", span), given, span)
    receiver = context.params[0][1]
    about = Registration(_REGISTER, context.module.path, span, receiver, UNKNOWN, CallArgs(), context, call=call)
    return argument_holding(about, me, evaluator)


def _always_run(function: FunctionNode) -> Iterator[ir.Stmt]:
    """The statements of a body that are run on every way through it, none of which leaves it."""
    for stmt in function.ir.body:
        yield stmt
        inner = (s for block in inner_blocks(stmt) for s in flat_statements(block))
        if any(isinstance(s, (ir.Return, ir.Raise)) for s in (stmt, *inner)):
            return
