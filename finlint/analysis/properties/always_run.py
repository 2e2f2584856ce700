"""The statements that run whenever an object is constructed: those of its constructor, of its bases' and of its methods
that these call, on every way through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Function, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements, inner_blocks, is_super
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.limits import CONSTRUCTION_DEPTH


class Step(NamedTuple):
    """A statement, and the method that it stands in."""

    stmt: ir.Stmt
    context: CallContext

    @property
    def function(self) -> FunctionNode:
        assert self.context.function is not None
        return self.context.function

    @property
    def me(self) -> str:
        """What the method calls the object."""
        return self.function.ir.params[0].name

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
    return list(_steps(context, evaluator, (init.node,)))


def _steps(context: CallContext, evaluator: Evaluator, around: tuple[FunctionNode, ...]) -> Iterator[Step]:
    assert context.function is not None
    for stmt in always_run(context.function.ir.body):
        step = Step(stmt, context)
        yield step
        if step.call is None or not _is_on_object(step.call.func, step.me) or CONSTRUCTION_DEPTH.passed(len(around)):
            continue
        called = alternatives(evaluator.expressions.eval(step.call.func, EvalState(context)))
        bound = called[0]
        if len(called) != 1 or not isinstance(bound, Bound) or bound.receiver != context.params[0][1]:
            continue
        function = bound.function
        if isinstance(function, Function) and function.node not in around and _runs_at_once(function.node):
            inner = evaluator.binding.method_context(function.node, bound.receiver, function.context)
            yield from _steps(inner, evaluator, (*around, function.node))


def _is_on_object(func: ir.Expr, me: str) -> bool:
    """``self.set_up``, ``super().__init__``"""
    if not isinstance(func, ir.Attr):
        return False
    return is_super(func.value) or (isinstance(func.value, ir.Name) and func.value.id == me)


def _runs_at_once(node: FunctionNode) -> bool:
    return not node.ir.is_generator and not node.ir.is_async and bool(node.ir.params) and not node.ir.decorators


def always_run(body: ir.Block) -> Iterator[ir.Stmt]:
    """The statements of a body that are run on every way through it, none of which leaves it."""
    for stmt in body:
        yield stmt
        inner = [s for block in inner_blocks(stmt) for s in flat_statements(block)]
        if any(isinstance(s, (ir.Return, ir.Raise)) for s in (stmt, *inner)):
            return
        if isinstance(stmt, ir.With):
            yield from always_run(stmt.body)
