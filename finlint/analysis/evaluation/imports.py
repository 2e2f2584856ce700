"""What import statements bind: modules of the project, names in them, names of libraries."""

from __future__ import annotations

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Const,
    Function,
    Lib,
    Module,
    Value,
    is_known,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.program.symbols import ModuleNode
from finlint.model import ir


class Imports:
    """Import statements to values."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self.project = ask.project

    def imported(self, stmt: ir.Stmt, module: ModuleNode) -> Value:
        if isinstance(stmt, ir.Import):
            ((name, _, whole),) = stmt.names
            if not whole:
                name = name.partition(".")[0]
            return self.module_value(name, module)
        assert isinstance(stmt, ir.ImportFrom)
        return self.from_import(stmt, module)

    def module_value(self, name: str, importer: ModuleNode) -> Value:
        found = self.project.resolve(name, importer)
        if found is not None:
            return Module(found)
        return Lib(name)

    def from_import(self, stmt: ir.ImportFrom, module: ModuleNode, missing_is_unknown: bool = False) -> Value:
        ((name, _),) = stmt.names
        if stmt.level:
            absolute = self.project.library_name(stmt.module, stmt.level, module)
            if absolute and self.knowledge.knows_module(absolute):
                return Lib(f"{absolute}.{name}")
            if absolute and self.knowledge.knows_module(f"{absolute}.{name}"):
                return Lib(f"{absolute}.{name}")
            found = self.project.resolve_relative(stmt.module, stmt.level, module)
            if found is None:
                # ``from . import x`` in a folder without __init__.py, or ``from .namespace import module``.
                path = f"{stmt.module}.{name}" if stmt.module else name
                inner = self.project.resolve_relative(path, stmt.level, module)
                return Module(inner) if inner is not None else UNKNOWN
        else:
            found = self.project.resolve(stmt.module, module)
            if found is None:
                inner = self.project.resolve(f"{stmt.module}.{name}", module)
                if inner is not None:
                    return Module(inner)
                full = f"{stmt.module}.{name}"
                if missing_is_unknown and self.knowledge.entry(full) is None and not self.knowledge.returns(full):
                    return UNKNOWN
                return library_types.module_member(stmt.module, name, self.knowledge)
        if found is module:
            submodule = self.project.submodule(found, name)
            return Module(submodule) if submodule is not None else UNKNOWN
        if missing_is_unknown and not self._exports(found, name):
            return UNKNOWN
        return self.module_attribute(found, name)

    def _exports(self, module: ModuleNode, name: str) -> bool:
        """Whether a star import of ``module`` may bring ``name``."""
        if name.startswith("_") and not module.bound("__all__"):
            return False
        return bool(module.bound(name) or module.source.stars)

    def module_attribute(self, module: ModuleNode, name: str) -> Value:
        if module.bound(name) or module.source.stars:
            value = self.ask.names.module_name(module, name)
            if is_known(value) or module.bound(name):
                if not isinstance(value, Lib) or not value.name.startswith("builtins."):
                    return value
                if module.bound(name):
                    return value
        submodule = self.project.submodule(module, name)
        if submodule is not None:
            return Module(submodule)
        getter = self.getter(module, name)
        if getter is None:
            return UNKNOWN
        return self.ask.calls.call(
            getter, CallArgs((Const(name),)), EvalState(self.ask.binding.module_context(module)), None
        )

    def getter(self, module: ModuleNode, name: str) -> Function | None:
        """The ``__getattr__`` of a module, which is asked for a ``name`` that the module does not have; None where it
        has none, and for names like ``__path__``, which Python asks for itself."""
        if name.startswith("__"):
            return None
        for binding in module.bound("__getattr__"):
            node = module.function(binding) if binding.kind == "function" else None
            if node is not None:
                return Function(node, self.ask.binding.module_context(module))
        return None
