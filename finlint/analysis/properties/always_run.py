"""The statements that run whenever an object is constructed: those of its constructor, of its bases', of its methods
that these call, and of functions that these give the object to, on every way through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Function, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements, inner_blocks, is_super, last_name
from finlint.analysis.program.symbols import FunctionNode, method_kind
from finlint.model import ir
from finlint.model.limits import CONSTRUCTION_DEPTH
from finlint.model.source import Span

#: Decorators of what is the function itself where it is called.
_PLAIN = ("classmethod", "staticmethod")


class Step(NamedTuple):
    """A statement, and the function that it stands in; ``place``: where that is no method of the object, the call in
    one that gives the object away, and its file."""

    stmt: ir.Stmt
    context: CallContext
    obj: Object
    place: tuple[str, Span] | None = None

    @property
    def function(self) -> FunctionNode:
        assert self.context.function is not None
        return self.context.function

    @property
    def me(self) -> str:
        """What the function calls the object."""
        return _name_of(self.obj, self.context)

    @property
    def call(self) -> ir.Call | None:
        """The call that the statement is, or whose result it stores."""
        value = self.stmt.value if isinstance(self.stmt, (ir.ExprStmt, ir.Assign)) else None
        return value if isinstance(value, ir.Call) else None


def construction(cls: Class, evaluator: Evaluator) -> list[Step]:
    """The steps of making an instance of ``cls``, of which nothing but the object is known."""
    init = evaluator.classes.class_function(cls, "__init__")
    if init is None or not init.node.ir.params:
        return []
    context = evaluator.binding.method_context(init.node, Object(cls, (), "self"), init.context)
    obj = context.params[0][1]
    return list(_steps(context, obj, None, evaluator, (init.node,))) if isinstance(obj, Object) else []


def _steps(
    context: CallContext,
    obj: Object,
    place: tuple[str, Span] | None,
    evaluator: Evaluator,
    around: tuple[FunctionNode, ...],
) -> Iterator[Step]:
    assert context.function is not None
    for stmt in always_run(context.function.ir.body):
        step = Step(stmt, context, obj, place)
        yield step
        if step.call is None or CONSTRUCTION_DEPTH.passed(len(around)):
            continue
        inner, is_own = _called(step, step.call, evaluator)
        if inner is None or inner.function is None or inner.function in around or not _runs_at_once(inner.function):
            continue
        given = place or (None if is_own else (context.module.path, step.call.span))
        yield from _steps(inner, obj, given, evaluator, (*around, inner.function))


def _called(step: Step, call: ir.Call, evaluator: Evaluator) -> tuple[CallContext | None, bool]:
    """The call of a method on the object, or of another function that it is given to, and whether it is a method."""
    given = any(isinstance(arg.value, ir.Name) and arg.value.id == step.me for arg in call.args)
    if not given and not _is_on_object(call.func, step.me):
        return None, False
    state = EvalState(step.context)
    called = alternatives(evaluator.expressions.eval(call.func, state))
    bound = called[0]
    function = bound.function if isinstance(bound, Bound) else bound
    if len(called) != 1 or not isinstance(function, Function):
        return None, False
    receiver = bound.receiver if isinstance(bound, Bound) else None
    if receiver == step.obj:
        return evaluator.binding.method_context(function.node, receiver, function.context), True
    if not given:
        return None, False
    params = evaluator.binding.bind(function.node, evaluator.arguments.of(call.args, state), receiver)
    inner = evaluator.binding.context(function.node, tuple(params), function.context)
    # ``Base.__init__(self)``
    is_own = bool(inner.name_of(step.obj)) and function.node.owner is not None
    return (inner if _name_of(step.obj, inner) else None), is_own and method_kind(function.node) == "instance"


def _name_of(obj: Object, context: CallContext) -> str:
    return next((name for name, value in context.params if value == obj), "")


def _is_on_object(func: ir.Expr, me: str) -> bool:
    """``self.set_up``, ``super().__init__``"""
    if not isinstance(func, ir.Attr):
        return False
    return is_super(func.value) or (isinstance(func.value, ir.Name) and func.value.id == me)


def _runs_at_once(node: FunctionNode) -> bool:
    plain = all(last_name(decorator) in _PLAIN for decorator in node.ir.decorators)
    return not node.ir.is_generator and not node.ir.is_async and bool(node.ir.params) and plain


def always_run(body: ir.Block) -> Iterator[ir.Stmt]:
    """The statements of a body that are run on every way through it, none of which leaves it."""
    for stmt in body:
        yield stmt
        inner = [s for block in inner_blocks(stmt) for s in flat_statements(block)]
        if any(isinstance(s, (ir.Return, ir.Raise)) for s in (stmt, *inner)):
            return
        if isinstance(stmt, ir.With):
            yield from always_run(stmt.body)
