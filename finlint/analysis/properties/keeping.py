"""Whether an object keeps what its constructor is given."""

from __future__ import annotations

from collections.abc import Callable

from finlint.analysis.domain.values import (
    Class,
    Lib,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import calls_in, children, given_as, is_super
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.limits import KEEPING_DEPTH


def is_weak(cls: Class, evaluator: Evaluator) -> bool:
    """Whether instances refer weakly to what they are made with."""
    return any(isinstance(b, Lib) and b.name.startswith("weakref.") for b in evaluator.classes.mro(cls))


def keeps(cls: Class, call: ir.Call, holds: Callable[[ir.Expr], bool], evaluator: Evaluator) -> bool:
    """Whether an instance of ``cls`` that ``call`` makes keeps an argument for which ``holds`` is true."""
    init = evaluator.classes.class_function(cls, "__init__")
    if init is None:
        return any(holds(a.value) for a in call.args)
    params = [p.name for p in init.node.ir.params[1:]]
    holding = {given_as(arg, i, params) for i, arg in enumerate(call.args) if holds(arg.value)}
    return _stores(cls, init.node, holding, 0, evaluator)


def _stores(cls: Class, init: FunctionNode, params: set[str], depth: int, evaluator: Evaluator) -> bool:
    """Whether a constructor stores one of its parameters, itself or by its base's constructor."""
    if not init.ir.params or KEEPING_DEPTH.passed(depth):
        return False
    receiver = init.ir.params[0].name
    for (base, _), definitions in init.index.stores.items():
        if base == receiver and any(_mentions(d.node, params) for d in definitions):
            return True
    classes = evaluator.classes
    for call in calls_in(init.ir.body):
        if not (isinstance(call.func, ir.Attr) and is_super(call.func.value)):
            continue
        for ancestor in classes.mro(cls)[1:]:
            found = classes.class_function(ancestor, "__init__") if isinstance(ancestor, Class) else None
            if found is not None and isinstance(ancestor, Class):
                names = [p.name for p in found.node.ir.params[1:]]
                passed = {given_as(a, i, names) for i, a in enumerate(call.args) if _mentions(a.value, params)}
                return _stores(ancestor, found.node, passed, depth + 1, evaluator)
    return False


def _mentions(node: object, names: set[str]) -> bool:
    """Whether an expression keeps one of ``names``: calls keep nothing that we know of, containers do."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ir.Name) and part.id in names:
            return True
        if isinstance(part, ir.Attr):
            # ``parent.method`` keeps its parent; ``parent.name`` does not, and is not told apart from it.
            continue
        if isinstance(part, (ir.Display, ir.DictDisplay, ir.Bool, ir.IfExp, ir.Starred, ir.Walrus)):
            stack.extend(children(part))
    return False
