"""Scopes: a function together with what its parameters are in this call. A scope is also a call's context."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finlint.analysis.nodes import FunctionNode, ModuleNode
    from finlint.analysis.values import Value


class Scope:
    """Made by ``Scopes.of`` only: equal scopes are the same object, so comparing and hashing is by identity."""

    __slots__ = ("__weakref__", "depth", "function", "module", "number", "params", "parent")

    def __init__(
        self,
        module: ModuleNode,
        function: FunctionNode | None,
        params: tuple[tuple[str, Value], ...],
        parent: Scope | None,
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


class Scopes:
    """The table of all scopes of one run."""

    def __init__(self) -> None:
        self._table: dict[tuple[object, ...], Scope] = {}

    def of(
        self,
        module: ModuleNode,
        function: FunctionNode | None,
        params: tuple[tuple[str, Value], ...],
        parent: Scope | None,
    ) -> Scope:
        key = (module, function, params, parent)
        scope = self._table.get(key)
        if scope is None:
            from finlint.analysis.values import depth

            nesting = max((depth(v) for _, v in params), default=0)
            if parent is not None:
                nesting = max(nesting, parent.depth)
            scope = self._table[key] = Scope(module, function, params, parent, nesting, len(self._table))
        return scope
