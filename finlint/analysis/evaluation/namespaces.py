"""Objects of libraries that only hold attributes, ``threading.local()`` say: what somebody stores in them is there.

Such a value knows where it is kept (``self._local``, or a variable of a module), because stores are found by that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Class,
    Const,
    LibObject,
    Module,
    Object,
    Value,
    alternatives,
    is_known,
    is_none,
    softened,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import ClassNode, ModuleNode, function_at
from finlint.model import ir

NAMESPACES = frozenset({"threading.local", "types.SimpleNamespace", "argparse.Namespace"})

#: The object that keeps a namespace, and the name it has there, as arguments of the namespace's value: no parameter
#: is called like these.
_KEEPER = "*keeper"
_NAME = "*name"


def kept(value: Value, keeper: Object | Module, name: str) -> Value:
    """``value``, where it is a namespace that nobody is known to keep, as that which ``keeper`` keeps as ``name``."""
    if type(value) is LibObject and value.type in NAMESPACES:
        if any(key == _KEEPER for key, _ in value.args):
            return value
        owner = Object(keeper.cls, (), keeper.site) if isinstance(keeper, Object) else keeper
        return LibObject(value.type, (*value.args, (_KEEPER, owner), (_NAME, Const(name))), value.mode)
    if any(type(v) is LibObject and v.type in NAMESPACES for v in alternatives(value)):
        return union(kept(v, keeper, name) for v in alternatives(value))
    return value


class Kept(NamedTuple):
    """What tells a namespace: its type, the name it is kept by, and by which class or module."""

    type: str
    name: str
    keeper: ClassNode | ModuleNode


def keeping(value: LibObject) -> Kept | None:
    """What tells a namespace; None if nothing does."""
    given = dict(value.args)
    keeper, name = given.get(_KEEPER), given.get(_NAME)
    if not isinstance(name, Const) or not isinstance(keeper, (Object, Module)):
        return None
    owner = keeper.cls.node if isinstance(keeper, Object) else keeper.node
    return Kept(value.type, str(name.value), owner)


class Namespaces:
    """Questions about what is in a namespace."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._answers: Memo[tuple[LibObject, str], Value] = Memo(ask.solver, UNKNOWN)

    def stored_in(self, namespace: LibObject, name: str) -> Value:
        """What is stored in an attribute of a namespace, by those who have it from where it is kept."""
        return self._answers.answer((namespace, name), self._stored, namespace, name)

    def _stored(self, namespace: LibObject, name: str) -> Value:
        given = dict(namespace.args)
        keeper, place = given.get(_KEEPER), given.get(_NAME)
        if not isinstance(place, Const):
            return UNKNOWN
        if isinstance(keeper, Object):
            values = list(self._by_methods(keeper, str(place.value), name))
        elif isinstance(keeper, Module):
            values = list(self._by_functions(keeper.node, str(place.value), name))
        else:
            return UNKNOWN
        known = [softened(v) for v in values if is_known(v)]
        informative = [v for v in known if not is_none(v)]
        return union(known) if informative else UNKNOWN

    def _by_methods(self, keeper: Object, place: str, name: str) -> Iterator[Value]:
        for base in self.ask.classes.mro(keeper.cls):
            if not isinstance(base, Class):
                continue
            for method in base.node.methods_with(name):
                index = method.index
                first = method.ir.params[0].name if method.ir.params else ""
                # ``self.state = state``: by its other name, too.
                aliases = [d.node.id for d in index.stores.get((first, place), ()) if isinstance(d.node, ir.Name)]
                definitions = [*index.nested.get((place, name), ())]
                definitions += [d for alias in aliases for d in index.stores.get((alias, name), ())]
                if definitions:
                    context = self.ask.classes.making_context(method, keeper, base)
                    yield from self.ask.names.values_and_elements(definitions, EvalState(context))[0]

    def _by_functions(self, module: ModuleNode, place: str, name: str) -> Iterator[Value]:
        stored = f"{place}.{name}"
        pattern = rf"(?<![\w.]){re.escape(stored)}[ \t]*=(?!=)"
        functions = (function_at(module, line) for line in module.source.lines("matching", f"{stored}\n{pattern}"))
        for function in dict.fromkeys(functions):
            definitions = function.index.stores.get((place, name)) if function is not None else None
            if definitions and function is not None and place not in function.ir.bound:
                state = EvalState(self.ask.binding.generic_context(function))
                yield from self.ask.names.values_and_elements(definitions, state)[0]
