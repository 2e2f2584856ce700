"""FIN405: a ``__del__`` that overrides an inherited one and does not call it."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.values import Class
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import attribute_of
from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.model import ir
from finlint.model.finding import Finding
from finlint.rules.base.rule import DEL, FinalizerPass, FinalizerRule


class MissingSuperDel(FinalizerRule):
    code = "FIN405"
    kind = "missing-super-del"
    default = False
    claims = ("never-ran",)

    summary = "overrides an inherited `__del__` without calling it"
    why = "What the base class releases is not released."
    example = """
        class Descriptor:
            def __init__(self, fd):
                self.fd = fd

            def __del__(self):
                release(self.fd)


        class Logged(Descriptor):
            def __del__(self):
                print("gone")
    """
    advice = "Call `super().__del__()` last."
    fix = """
        class Descriptor:
            def __init__(self, fd):
                self.fd = fd

            def __del__(self):
                release(self.fd)


        class Logged(Descriptor):
            def __del__(self):
                print("gone")
                super().__del__()
    """
    not_reported = (
        "Bases whose `__del__` does nothing, bases that are not in reach, and an override that comes to the same "
        "method of the object (`self.close()`)."
    )
    evidence = (DEL,)

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        cls = finalizer.owner
        if cls is None:
            return
        own = _defined(cls.node)
        if own is None or _calls_inherited(own):
            return
        for base in evaluator.classes.mro(cls)[1:]:
            if not isinstance(base, Class):
                continue
            inherited = _defined(base.node)
            if inherited is not None:
                if not _is_trivial(inherited) and not _does_the_same(own, inherited, cls, evaluator):
                    yield self.finding(
                        finalizer,
                        f"`{cls.node.name}.__del__` overrides `{base.node.name}.__del__` and does not call it: "
                        "what that one releases is not released",
                        culprit=f"{base.node.name}.__del__",
                    )
                return


def _defined(cls: ClassNode) -> FunctionNode | None:
    for binding in reversed(cls.members.get("__del__", [])):
        if binding.kind == "function":
            return cls.function(binding)
    return None


def _calls_inherited(function: FunctionNode) -> bool:
    """Whether ``x.__del__`` stands in the body: ``super().__del__()``, ``Base.__del__(self)``, ``getattr``."""
    stack: list[object] = [function.ir.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ir.Attr) and node.name == "__del__":
            return True
        if isinstance(node, ir.Const) and node.value == "__del__":
            return True
        if isinstance(node, tuple):
            stack.extend(node)
    return False


def _does_the_same(own: FunctionNode, inherited: FunctionNode, cls: Class, evaluator: Evaluator) -> bool:
    """Whether both come to the same method of the object: ``self.close()`` in the one and in the other."""
    mine = _methods_called(own, cls, evaluator)
    return bool(mine & _methods_called(inherited, cls, evaluator))


def _methods_called(function: FunctionNode, cls: Class, evaluator: Evaluator) -> set[str]:
    """Names of the object's own methods that a function calls, and that these call."""
    out: set[str] = set()
    pending = [function]
    while pending:
        node = pending.pop()
        me = node.ir.params[0].name if node.ir.params else ""
        for call in node.index.calls:
            name = attribute_of(call.func, me)
            found = evaluator.classes.class_function(cls, name) if name else None
            if found is not None and name not in out:
                out.add(name)
                pending.append(found.node)
    return out


def _is_trivial(function: FunctionNode) -> bool:
    return all(
        isinstance(stmt, ir.Jump)
        or (isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const))
        or (isinstance(stmt, ir.Return) and (stmt.value is None or isinstance(stmt.value, ir.Const)))
        for stmt in function.ir.body
    )
