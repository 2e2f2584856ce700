"""FIN404: calls ``obj.__del__()``: it runs again when the object is freed."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Class, Super, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.symbols import ModuleNode, function_at
from finlint.model import ir
from finlint.model.codes import KIND_OF_CODE
from finlint.model.finding import Confidence, Culprit, Finding, Severity

_CALL = r"\.__del__\s*\("


def explicit_del(module: ModuleNode, evaluator: Evaluator) -> Iterator[Finding]:
    """Calls of ``__del__`` in a module, but for those that hand on to a base class."""
    seen: set[object] = set()
    for line in module.source.lines("matching", f".__del__\n{_CALL}"):
        for call, function, state in _calls_at(module, line, evaluator):
            assert isinstance(call.func, ir.Attr)
            if (call.span, call.func) in seen or _hands_on(call, function, state, evaluator):
                continue
            seen.add((call.span, call.func))
            shown = f"{dotted(call.func.value) or '...'}.__del__()"
            yield Finding(
                "FIN404",
                KIND_OF_CODE["FIN404"],
                Severity.WARNING,
                Confidence.HIGH,
                f"`{shown}` is called explicitly: it runs a second time when the object is freed; "
                "give the work a method of its own and call that",
                module.path,
                call.span,
                None,
                Culprit("__del__", module.path, call.span.line, call.span.column),
                (),
                names=(function, shown),
            )


def _calls_at(module: ModuleNode, line: int, evaluator: Evaluator) -> list[tuple[ir.Call, str, EvalState]]:
    """Calls of ``__del__`` near a line, each with the name of the innermost function that it stands in."""
    function = function_at(module, line)
    name = ""
    if function is not None:
        name = function.name
        body: object = function.ir.body
        state = EvalState(evaluator.binding.generic_context(function))
    else:
        body = [s for b in module.source.at(line) if b.cls is None for s in module.statements(b)]
        state = EvalState(evaluator.binding.module_context(module))
    out = []
    stack: list[tuple[object, str]] = [(body, name)]
    while stack:
        node, name = stack.pop()
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name == "__del__":
            out.append((node, name, state))
        if isinstance(node, ir.Function):
            name = node.name
        if isinstance(node, (tuple, list)):
            stack.extend((part, name) for part in node)
    return out


def _hands_on(call: ir.Call, function: str, state: EvalState, evaluator: Evaluator) -> bool:
    """``super().__del__()``, and ``Base.__del__(self)`` in a ``__del__``."""
    assert isinstance(call.func, ir.Attr)
    receiver = call.func.value
    if isinstance(receiver, ir.Call) and isinstance(receiver.func, ir.Name) and receiver.func.id == "super":
        return True
    if function != "__del__":
        return False
    # One argument: ``Base.__del__(self)``, with a base of which nothing may be known.
    return len(call.args) == 1 or any(
        isinstance(v, (Class, Super)) for v in alternatives(evaluator.expressions.eval(receiver, state))
    )
