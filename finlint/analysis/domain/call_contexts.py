"""Call contexts: a function together with what its parameters are in this call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finlint.analysis.domain.values import Value
    from finlint.analysis.program.symbols import FunctionNode, ModuleNode


class CallContext:
    """A function (None: a module's body) in one call. Made by ``CallContexts.of`` only: equal ones are the same object,
    so that comparing and hashing is by identity."""

    __slots__ = ("__weakref__", "depth", "function", "module", "number", "params", "parent")

    def __init__(
        self,
        module: ModuleNode,
        function: FunctionNode | None,
        params: tuple[tuple[str, Value], ...],
        parent: CallContext | None,
        depth: int,
        number: int,
    ) -> None:
        self.module = module
        self.function = function
        self.params = params
        self.parent = parent
        self.depth = depth
        self.number = number

    def param(self, name: str) -> Value | None:
        for key, value in self.params:
            if key == name:
                return value
        return None

    def name_of(self, value: Value) -> str:
        """What a method calls the object that it runs on, where that is ``value``; "" otherwise."""
        return self.params[0][0] if self.params and self.params[0][1] == value else ""

    def __repr__(self) -> str:
        name = self.function.name if self.function is not None else "<module>"
        return f"Scope({self.module.name}.{name}, {dict(self.params)})"


class CallContexts:
    """The table of all call contexts of one run."""

    def __init__(self) -> None:
        self._table: dict[tuple[object, ...], CallContext] = {}

    def of(
        self,
        module: ModuleNode,
        function: FunctionNode | None,
        params: tuple[tuple[str, Value], ...],
        parent: CallContext | None,
    ) -> CallContext:
        key = (module, function, params, parent)
        context = self._table.get(key)
        if context is None:
            from finlint.analysis.domain.values import depth

            nesting = max((depth(v) for _, v in params), default=0)
            if parent is not None:
                nesting = max(nesting, parent.depth)
            context = self._table[key] = CallContext(module, function, params, parent, nesting, len(self._table))
        return context
