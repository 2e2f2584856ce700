"""Whether a finalizer's chain goes through code that only some platforms run: ``if sys.platform == "win32":`` in a
function, or around its definition.

Such a branch is not left out: who lints on Linux ships to Windows, too. But a reader has to know which users it is
about; and a chain that takes the definition for one platform into a branch for another is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Lib
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.leaving import leaves
from finlint.analysis.program.statements import inner_blocks, stands_in
from finlint.analysis.program.symbols import FunctionNode, ModuleNode
from finlint.model import ir
from finlint.model.source import Span
from finlint.syntax.arms import condition

#: What names the platform.
_NAMES = frozenset({"sys.platform", "os.name", "platform.system"})
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _NAMES)
#: Names of platforms, by their beginnings in lower case: which of those below they mean. "posix" is all but Windows.
_MEANT = {"win": {"windows"}, "nt": {"windows"}, "linux": {"linux"}, "darwin": {"macos"}, "posix": {"linux", "macos"}}
_ALL = frozenset({"windows", "linux", "macos", "another"})


class Said(NamedTuple):
    """What a condition says of the platform: that it is one of ``names``, or (``only`` is False) none of them."""

    only: bool
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{'only' if self.only else 'not'} on {' or '.join(self.names)}"

    @property
    def left(self) -> frozenset[str]:
        """The platforms that it leaves."""
        meant: set[str] = set()
        for name in self.names:
            begins = (names for start, names in _MEANT.items() if name.lower().startswith(start))
            meant |= next(begins, {"another"})
        if "posix" in self.names or "another" in meant:
            meant.add("another")
        if self.only:
            return frozenset(meant)
        # One of many others says nothing of the rest.
        return _ALL - (meant - {"another"} if "posix" not in self.names else meant)


def platform_of(steps: tuple[Step, ...], evaluator: Evaluator) -> str | None:
    """``only on win32``, ``not on nt``: what the first such condition says that one of ``steps`` is under; "" for none.
    None where no platform is under all of them."""
    first, left = "", _ALL
    for step in steps:
        function = step.context.function
        if function is None:
            continue
        around = _around(function.ir.body, step.span, step.context, evaluator)
        for said in (*_around_definition(function, evaluator), *([around] if around is not None else [])):
            first = first or said.text
            left &= said.left
    return first if left else None


def _around_definition(function: FunctionNode, evaluator: Evaluator) -> Iterator[Said]:
    """What the conditions around the definition of a function say."""
    module = function.module
    for block in module.source.words("of_platforms", ""):
        start, end, holds, test = block.split(" ", 3)
        if int(start) <= function.ir.span.line <= int(end):
            expr = condition(test)
            context = evaluator.binding.module_context(module)
            said = _said(expr, holds == "1", context, evaluator) if expr is not None else None
            if said is not None:
                yield said


def _around(body: ir.Block, span: Span, context: CallContext, evaluator: Evaluator) -> Said | None:
    """What the first of the branches around ``span``, and of those that leave the block before it, says."""
    pending = [body]
    while pending:
        block = pending.pop()
        for number, stmt in enumerate(block):
            pending.extend(inner_blocks(stmt))
            for case in stmt.cases if isinstance(stmt, ir.Match) else ():
                test = case.pattern.test
                said = _said(test, True, context, evaluator) if test is not None else None
                if said is not None and stands_in(case.body, span):
                    return said
            if not isinstance(stmt, ir.If):
                continue
            # Where the span stands is looked for only where the condition says anything.
            said = _said(stmt.test, True, context, evaluator)
            if said is not None and stands_in(stmt.body, span):
                return said
            said = _said(stmt.test, False, context, evaluator)
            if said is not None:
                rest = block[number + 1 :] if leaves(stmt.body, context.module) else ()
                if stands_in((*stmt.orelse, *rest), span):
                    return said
    return None


def _said(test: ir.Expr, holds: bool, context: CallContext, evaluator: Evaluator) -> Said | None:
    """What a condition says of the platform first where it comes to ``holds``."""
    if isinstance(test, ir.Not):
        return _said(test.value, not holds, context, evaluator)
    if isinstance(test, ir.Bool) and (test.op == "and") is holds:
        return _said(test.left, holds, context, evaluator) or _said(test.right, holds, context, evaluator)
    if isinstance(test, ir.Name):
        constant = _constant(context.module, test.id)
        if constant is None:
            return None
        return _said(constant, holds, evaluator.binding.module_context(context.module), evaluator)
    # What stands there is asked before what it means.
    if isinstance(test, ir.Compare) and len(test.rest) == 1:
        ((op, right),) = test.rest
        names = _texts(right) if op in ("Equal", "NotEqual", "In", "NotIn") else []
        if names and _names_platform(test.left, context, evaluator):
            return Said(holds is (op in ("Equal", "In")), tuple(names))
    elif isinstance(test, ir.Call) and isinstance(test.func, ir.Attr) and test.func.name == "startswith":
        names = _texts(test.args[0].value) if len(test.args) == 1 else []
        if names and _names_platform(test.func.value, context, evaluator):
            return Said(holds, tuple(names))
    return None


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
