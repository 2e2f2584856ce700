"""What keeps every instance of a class alive until the interpreter exits, so that its ``__del__`` never runs before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.effects import CallArgs, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import UNKNOWN, Class, Lib, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.properties.retention import argument_holding
from finlint.model import ir
from finlint.model.source import Span

_REGISTER = "atexit.register"
#: Whoever calls it lets objects go again.
_UNREGISTER = "unregister"


class Keeper(NamedTuple):
    """A call by which a constructor hands its object to somebody who keeps it."""

    name: str
    path: str
    span: Span


def kept_until_exit(cls: Class, evaluator: Evaluator) -> Iterator[Keeper]:
    """``atexit.register(self.close)`` in the constructor of ``cls``, on every way through it."""
    init = evaluator.classes.class_function(cls, "__init__")
    if init is None or not init.node.ir.params:
        return
    module = init.node.module
    if module.source.lines("words", _UNREGISTER):
        return
    me = Object(cls, (), "self")
    context = evaluator.binding.method_context(init.node, me, init.context)
    for stmt in init.node.ir.body:
        call = stmt.value if isinstance(stmt, (ir.ExprStmt, ir.Assign)) else None
        if not isinstance(call, ir.Call):
            continue
        called = alternatives(evaluator.expressions.eval(call.func, EvalState(context)))
        if any(option == Lib(_REGISTER) for option in called):
            about = Registration(_REGISTER, module.path, call.span, me, UNKNOWN, CallArgs(), context, call=call)
            if argument_holding(about, init.node.ir.params[0].name, evaluator):
                yield Keeper(_REGISTER, module.path, call.span)
