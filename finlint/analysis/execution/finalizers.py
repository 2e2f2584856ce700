"""A finalizer, and what is known of finalizers beyond their own files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.values import Bound, Class, Function, Value
from finlint.analysis.execution.given_deletions import DEL
from finlint.analysis.execution.subclasses import class_key
from finlint.analysis.execution.summary import Summary
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode
from finlint.model.source import Span
from finlint.model.task import ClassKey, FunctionKey


def function_key(function: FunctionNode) -> FunctionKey:
    span = function.ir.span
    owner = function.owner.name if function.owner is not None else ""
    return FunctionKey(function.module.path, span.line, span.column, function.name, owner)


class Finalizer(NamedTuple):
    """One finalizer: where it is registered and what runs.

    ``root`` has an edge for each function that the runtime calls, and the effects of a library function that is
    the callback itself. ``owner`` is the class of a ``__del__``; ``registration`` is None there. A class that has its
    ``__del__`` from a library has that one's name as ``registrar``, and as ``callback`` what it calls of the project.
    """

    registrar: str
    module: ModuleNode
    span: Span
    root: CallContext
    summary: Summary
    callback: Value
    registration: Registration | None
    owner: Class | None

    @property
    def function(self) -> FunctionNode | None:
        """The function of the project that the callback is, or is a method of; None for others."""
        callback = self.callback.function if isinstance(self.callback, Bound) else self.callback
        return callback.node if isinstance(callback, Function) else None

    @property
    def is_library(self) -> bool:
        """Whether it is a library's ``__del__`` that runs methods of the project."""
        return self.owner is not None and self.registrar != DEL


class Discovered:
    """What is known of finalizers beyond their own files, and grows while files are searched.

    ``wrappers`` are functions that pass their own parameters on to a registrar: they are registrars themselves,
    wherever they are called. What a class registers, its subclasses inherit: ``inherited`` has the classes whose
    instances have a finalizer that subclasses inherit, with the methods that register one. Both are named by place, so
    that they mean the same in another process.
    """

    def __init__(
        self,
        wrappers: Iterable[FunctionKey] = (),
        inherited: Mapping[ClassKey, Iterable[FunctionKey]] = MappingProxyType({}),
    ) -> None:
        self.wrappers: set[FunctionKey] = set(wrappers)
        self.inherited: dict[ClassKey, set[FunctionKey]] = {cls: set(methods) for cls, methods in inherited.items()}
        self._searched: set[tuple[ModuleNode, object]] = set()

    def is_new(self, module: ModuleNode, what: object) -> bool:
        """Whether this is asked about ``what`` of a module for the first time."""
        key = (module, what)
        if key in self._searched:
            return False
        self._searched.add(key)
        return True

    def inherit(self, cls: ClassNode, *methods: FunctionKey) -> None:
        """Subclasses of ``cls`` have its finalizer, which these methods register."""
        self.inherited.setdefault(class_key(cls), set()).update(methods)
