"""Whether a finalizer's chain goes through a branch that only some platforms run: ``if sys.platform == "win32":``.

Such a branch is not left out: who lints on Linux ships to Windows, too. But a reader has to know which users it is
about.
"""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Lib
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.leaving import leaves
from finlint.analysis.program.statements import inner_blocks, stands_in
from finlint.analysis.program.symbols import ModuleNode
from finlint.model import ir
from finlint.model.source import Span

#: What names the platform. Definitions under such a condition of a module's body are not told.
_NAMES = frozenset({"sys.platform", "os.name", "platform.system"})
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _NAMES)


def platform_of(steps: tuple[Step, ...], evaluator: Evaluator) -> str:
    """``only on win32``, ``not on nt``: what the first such branch says that one of ``steps`` is in; "" for none."""
    for step in steps:
        function = step.context.function
        said = _around(function.ir.body, step.span, step.context, evaluator) if function is not None else ""
        if said:
            return said
    return ""


def _around(body: ir.Block, span: Span, context: CallContext, evaluator: Evaluator) -> str:
    """What the first of the branches around ``span``, and of those that leave the block before it, says."""
    pending = [body]
    while pending:
        block = pending.pop()
        for number, stmt in enumerate(block):
            pending.extend(inner_blocks(stmt))
            for case in stmt.cases if isinstance(stmt, ir.Match) else ():
                said = _said(case.pattern.test, True, context, evaluator) if case.pattern.test is not None else ""
                if said and stands_in(case.body, span):
                    return said
            if not isinstance(stmt, ir.If):
                continue
            # Where the span stands is looked for only where the condition says anything.
            said = _said(stmt.test, True, context, evaluator)
            if said and stands_in(stmt.body, span):
                return said
            said = _said(stmt.test, False, context, evaluator)
            if said:
                rest = block[number + 1 :] if leaves(stmt.body, context.module) else ()
                if stands_in((*stmt.orelse, *rest), span):
                    return said
    return ""


def _said(test: ir.Expr, holds: bool, context: CallContext, evaluator: Evaluator) -> str:
    """What a condition says of the platform first where it comes to ``holds``; "" for nothing."""
    if isinstance(test, ir.Not):
        return _said(test.value, not holds, context, evaluator)
    if isinstance(test, ir.Bool) and (test.op == "and") is holds:
        return _said(test.left, holds, context, evaluator) or _said(test.right, holds, context, evaluator)
    if isinstance(test, ir.Name):
        constant = _constant(context.module, test.id)
        if constant is None:
            return ""
        return _said(constant, holds, evaluator.binding.module_context(context.module), evaluator)
    # What stands there is asked before what it means.
    if isinstance(test, ir.Compare) and len(test.rest) == 1:
        ((op, right),) = test.rest
        names = _texts(right) if op in ("Equal", "NotEqual", "In", "NotIn") else []
        if names and _names_platform(test.left, context, evaluator):
            where = "only on" if holds is (op in ("Equal", "In")) else "not on"
            return f"{where} {' or '.join(names)}"
    elif isinstance(test, ir.Call) and isinstance(test.func, ir.Attr) and test.func.name == "startswith":
        names = _texts(test.args[0].value) if len(test.args) == 1 else []
        if names and _names_platform(test.func.value, context, evaluator):
            return f"{'only' if holds else 'not'} on {' or '.join(names)}"
    return ""


def _constant(module: ModuleNode, name: str) -> ir.Expr | None:
    """What a module's name is assigned once: ``WINDOWS = sys.platform == "win32"``."""
    bound = module.bound(name)
    statements = list(module.statements(bound[0])) if len(bound) == 1 else []
    made = [stmt.value for stmt in statements if isinstance(stmt, (ir.Assign, ir.AnnAssign))]
    return made[0] if len(made) == 1 and isinstance(made[0], (ir.Compare, ir.Call, ir.Not, ir.Bool)) else None


def _names_platform(expr: ir.Expr, context: CallContext, evaluator: Evaluator) -> bool:
    asked = expr.func if isinstance(expr, ir.Call) else expr
    if not isinstance(asked, ir.Attr) or asked.name not in _LAST_NAMES:
        return False
    module = evaluator.expressions.eval(asked.value, EvalState(context))
    return isinstance(module, Lib) and f"{module.name}.{asked.name}" in _NAMES


def _texts(expr: ir.Expr) -> list[str]:
    parts = expr.items if isinstance(expr, ir.Display) else (expr,)
    return [part.value for part in parts if isinstance(part, ir.Const) and isinstance(part.value, str)]
