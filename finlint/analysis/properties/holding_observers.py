"""Objects of a module that a constructor subscribes its object to, and that only the finalizer takes it away from."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Function, Module, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, lines_naming
from finlint.analysis.properties.always_run import Step, always_run
from finlint.analysis.properties.holding_containers import Put, adds_to, only_reads
from finlint.model import ir
from finlint.model.bindings import bound_by


def subscribed(step: Step, ending: FunctionNode | None, evaluator: Evaluator) -> Put | None:
    """Where a step gives something to an observed object that keeps it: ``BUS.subscribe(self.on_event)``."""
    call = step.call
    if call is None or len(call.args) != 1 or not isinstance(call.func, ir.Attr):
        return None
    if not _is_of_module(call.func.value, step, evaluator):
        return None
    for option in alternatives(evaluator.expressions.eval(call.func, EvalState(step.context))):
        if not (isinstance(option, Bound) and isinstance(option.receiver, Object)):
            continue
        function = option.function
        name = _kept_in(function.node) if isinstance(function, Function) else ""
        if name and _is_never_emptied(name, option.receiver.cls, ending, evaluator):
            return Put(
                option.receiver.cls, name, f"{option.receiver.cls.node.name}.{name}", tuple(call.args), call.span
            )
    return None


def _is_of_module(expr: ir.Expr, step: Step, evaluator: Evaluator) -> bool:
    """Whether an expression is a name of a module that is bound once, so that what it means lives as long."""
    module: ModuleNode | None = None
    name = ""
    if isinstance(expr, ir.Name) and expr.id not in step.function.ir.bound:
        module, name = step.context.module, expr.id
    elif isinstance(expr, ir.Attr):
        owner = evaluator.expressions.eval(expr.value, EvalState(step.context))
        module, name = (owner.node if isinstance(owner, Module) else None), expr.name
    if module is None:
        return False
    return len(module.bound(name)) == 1 and not module.source.global_lines(name)


def _kept_in(method: FunctionNode) -> str:
    """The attribute into which a method puts its one argument whenever it is called; "" if none."""
    if len(method.ir.params) != 2:
        return ""
    me, given = (param.name for param in method.ir.params)
    for stmt in always_run(method.ir.body):
        container, args = adds_to(stmt)
        if (
            isinstance(container, ir.Attr)
            and isinstance(container.value, ir.Name)
            and container.value.id == me
            and any(isinstance(arg.value, ir.Name) and arg.value.id == given for arg in args)
        ):
            return container.name
    return ""


def _is_never_emptied(name: str, observed: Class, ending: FunctionNode | None, evaluator: Evaluator) -> bool:
    """Whether the attribute is a list or a set out of which only the finalizer takes something."""
    home = observed.node.module
    if any(other.source.lines("words", name) for other in evaluator.project.mentioning(name, home)):
        return False
    made = 0
    for function in dict.fromkeys(naming for _, naming in lines_naming(home, name)):
        if function is None or function.owner is not observed.node:
            return False
        if function.name == "__init__":
            made += sum(map(_makes, _stores(function, name)))
        elif not only_reads(function, name) and not _is_called_only_by(ending, function, evaluator):
            return False
    return made == 1


def _stores(function: FunctionNode, name: str) -> Iterator[ir.Expr]:
    for stmt in flat_statements(function.ir.body):
        for bound in bound_by(stmt):
            if bound.how == "value" and isinstance(bound.target, ir.Attr) and bound.target.name == name:
                yield bound.value


def _makes(value: ir.Expr) -> bool:
    """``[]``, ``list()``, ``set()``"""
    if isinstance(value, ir.Call):
        return isinstance(value.func, ir.Name) and value.func.id in ("list", "set") and not value.args
    return isinstance(value, ir.Display) and value.kind in ("list", "set")


def _is_called_only_by(ending: FunctionNode | None, function: FunctionNode, evaluator: Evaluator) -> bool:
    home = function.module
    return ending is not None and all(
        naming is ending or naming is function
        for module in dict.fromkeys((home, *evaluator.project.mentioning(function.name, home)))
        for _, naming in lines_naming(module, function.name)
    )
