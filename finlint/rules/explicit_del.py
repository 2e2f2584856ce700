"""FIN404: calls ``obj.__del__()``: it runs again when the object is freed."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Class, Super, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import is_super
from finlint.analysis.program.symbols import ModuleNode, function_at
from finlint.model import ir
from finlint.model.finding import Finding
from finlint.rules.base.rule import DEL, ModulePass, ModuleRule

_CALL = r"\.__del__\s*\("


class ExplicitDel(ModuleRule):
    code = "FIN404"
    kind = "explicit-del"
    default = False
    claims = ("raised",)

    summary = "calls `__del__` explicitly"
    why = "The finalizer runs a second time when the object is freed, on what the first run left."
    example = """
        class File:
            def __init__(self, fd):
                self.fd = fd

            def close(self):
                self.__del__()

            def __del__(self):
                release(self.fd)
    """
    advice = "Give the work a method of its own that may be called twice, and call that in both places."
    fix = """
        class File:
            def __init__(self, fd):
                self.fd = fd

            def close(self):
                fd, self.fd = self.fd, None
                if fd is not None:
                    release(fd)

            def __del__(self):
                self.close()
    """
    not_reported = "`super().__del__()`, and `Base.__del__(self)` inside a `__del__`; the statement `del obj`."
    evidence = (DEL, "https://docs.python.org/3/library/weakref.html#comparing-finalizers-with-del-methods")

    def run(self, about: ModulePass) -> Iterator[Finding]:
        module, evaluator = about
        seen: set[object] = set()
        for line in module.source.lines("matching", f".__del__\n{_CALL}"):
            for call, function, state in _calls_at(module, line, evaluator):
                assert isinstance(call.func, ir.Attr)
                if (call.span, call.func) in seen or _hands_on(call, function, state, evaluator):
                    continue
                seen.add((call.span, call.func))
                shown = f"{dotted(call.func.value) or '...'}.__del__()"
                yield self.finding(
                    module.path,
                    call.span,
                    f"`{shown}` is called explicitly: it runs a second time when the object is freed; "
                    "give the work a method of its own and call that",
                    culprit="__del__",
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
    if is_super(receiver):
        return True
    if function != "__del__":
        return False
    # One argument: ``Base.__del__(self)``, with a base of which nothing may be known.
    return len(call.args) == 1 or any(
        isinstance(v, (Class, Super)) for v in alternatives(evaluator.expressions.eval(receiver, state))
    )
