"""Attributes that somebody else gives an object: ``node.connection = Connection()`` in the code that made the node."""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Class, Object, Value, alternatives, is_known, is_none
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at
from finlint.model.limits import STORING_FUNCTIONS


class ExternalStores:
    """Stores into attributes of objects that are not the method's own."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.project = ask.project
        self._by_others: Memo[tuple[Object, str], list[Value]] = Memo(ask.solver, [])

    def stored_by_others(self, obj: Object, name: str) -> list[Value]:
        """What functions of the package store in the attribute of such an object, as far as they are few."""
        return self._by_others.answer((Object(obj.cls), name), self._stored_by_others, obj, name)

    def _stored_by_others(self, obj: Object, name: str) -> list[Value]:
        out: list[Value] = []
        for function in STORING_FUNCTIONS.first(self._functions(name, obj.cls.node.module)):
            out += self._stored(function, obj, name)
        return [value for value in out if is_known(value) and not is_none(value)]

    def reading(self, name: str, home: ModuleNode) -> Iterator[FunctionNode]:
        """Functions of the package in whose text an attribute is named, whatever they do with it."""
        seen: set[FunctionNode] = set()
        pattern = rf"(?<=\w)\.{re.escape(name)}\b"
        for module in dict.fromkeys((home, *self.project.mentioning(f".{name}", home))):
            for line in module.source.lines("matching", f".{name}\n{pattern}"):
                node = function_at(module, line)
                if node is not None and node not in seen:
                    seen.add(node)
                    yield node

    def is_stored(self, obj: Object, name: str) -> bool:
        """Whether some function of the package, beside methods of its class, may store the attribute of such an
        object."""
        own = {base.node for base in self.ask.classes.mro(obj.cls) if isinstance(base, Class)}
        return any(
            any(attribute == name for _, attribute in function.index.stores)
            or any(attribute == name for _, attribute in function.index.nested)
            for function in self._functions(name, obj.cls.node.module)
            if function.owner not in own
        )

    def _functions(self, name: str, home: ModuleNode) -> Iterator[FunctionNode]:
        seen: set[FunctionNode] = set()
        pattern = rf"(?<=\w)\.{re.escape(name)}[ \t]*=(?!=)"
        for module in dict.fromkeys((home, *self.project.mentioning(f".{name} = ", home))):
            for line in module.source.lines("matching", f".{name}\n{pattern}"):
                node = function_at(module, line)
                if node is not None and node not in seen:
                    seen.add(node)
                    yield node

    def _stored(self, function: FunctionNode, obj: Object, name: str) -> list[Value]:
        own = function.ir.params[0].name if function.owner is not None and function.ir.params else ""
        out: list[Value] = []
        for (owner, attribute), definitions in function.index.stores.items():
            if attribute != name or owner == own:
                continue
            state = EvalState(self.ask.binding.generic_context(function))
            options = alternatives(self.ask.names.lookup(owner, state))
            if any(isinstance(option, Object) and self._is_such(option, obj) for option in options):
                out += self.ask.names.values_and_elements(definitions, state)[0]
        return out

    def _is_such(self, option: Object, obj: Object) -> bool:
        """Whether one of the two classes is the other, or inherits from it."""
        nodes = [base.node for base in self.ask.classes.mro(option.cls) if isinstance(base, Class)]
        return obj.cls.node in nodes or option.cls.node in [
            base.node for base in self.ask.classes.mro(obj.cls) if isinstance(base, Class)
        ]
