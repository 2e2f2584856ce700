"""Types from stubs: a ``.pyi`` file beside a module, or in a ``-stubs`` package, says what the module does not."""

from __future__ import annotations

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import UNKNOWN, Class, Object, Value, alternatives, union
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.model import ir


class Stubs:
    """Functions and classes to what the stub of their module says of them; UNKNOWN where it says nothing."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.project = ask.project

    def returned(self, function: FunctionNode) -> Value:
        """The declared result of a function."""
        found = self._function(function)
        return UNKNOWN if found is None or found.ir.returns is None else self._annotation(found.ir.returns, found)

    def parameter(self, function: FunctionNode, name: str) -> Value:
        """The declared type of a parameter."""
        found = self._function(function)
        for param in found.ir.params if found is not None else ():
            if param.name == name and param.annotation is not None and param.kind not in ("*", "**"):
                return self._annotation(param.annotation, found)
        return UNKNOWN

    def attribute(self, cls: ClassNode, name: str) -> Value:
        """The declared type of an attribute of instances."""
        stub = self.project.stub_of(cls.module)
        if stub is None or cls.parent is not None:
            return UNKNOWN
        for binding in stub.bound(cls.name):
            if binding.cls is None:
                continue
            node = stub.class_node(binding.cls)
            for member in node.members.get(name, []):
                for stmt in stub.statements(member):
                    if isinstance(stmt, ir.AnnAssign):
                        context = self.ask.binding.module_context(stub)
                        return self._own(self.ask.annotations.annotation(stmt.annotation, EvalState(context)))
        return UNKNOWN

    def _annotation(self, expr: ir.Expr, function: FunctionNode | None) -> Value:
        assert function is not None
        return self._own(
            self.ask.annotations.annotation(expr, EvalState(self.ask.binding.module_context(function.module)))
        )

    def _own(self, value: Value) -> Value:
        """``value`` with classes that a stub defines replaced by those that it describes."""
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Object):
                module = self.project.stubbed_by(option.cls.node.module)
                if module is not None:
                    real = self.ask.imports.module_attribute(module, option.cls.node.name)
                    option = Object(real) if isinstance(real, Class) else option
            out.append(option)
        return union(out)

    def _function(self, function: FunctionNode) -> FunctionNode | None:
        stub = self.project.stub_of(function.module)
        if stub is None:
            return None
        owner = function.owner
        if owner is None:
            bindings = [b for b in stub.bound(function.name) if b.kind == "function"]
            return stub.function(bindings[-1]) if bindings else None
        for binding in stub.bound(owner.name):
            if binding.cls is not None:
                node = stub.class_node(binding.cls)
                members = [b for b in node.members.get(function.name, []) if b.kind == "function"]
                return node.function(members[-1]) if members else None
        return None
