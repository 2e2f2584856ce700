"""Attributes whose names do not stand where they are stored: ``for key, value in options.items(): setattr(self, key,
value)``, ``self.__dict__.update(options)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.containers import is_complete
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Class,
    Const,
    Mapping,
    Object,
    Sequence,
    Value,
    alternatives,
    is_known,
    softened,
)
from finlint.analysis.evaluation.call_sites import Given
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import OWN, FunctionIndex, StoreByName
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at, with_closures
from finlint.model import ir
from finlint.model.limits import STORING_FUNCTIONS
from finlint.model.reads import Kept

#: Texts and patterns of what stores by names that do not stand there.
_STORES = (
    "setattr(\nsetattr\\(\\s*\\w+\\s*,\\s*[^\"']",
    "vars(\nvars\\(\\w+\\)\\.update\\(",
    ".__dict__.update(\n",
)


class NamedStores:
    """Questions about such stores."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._found: Kept[ModuleNode, list[FunctionNode]] = Kept(ask.reads)

    def stored(self, obj: Object, name: str) -> Iterator[Value]:
        """What methods of the class of ``obj`` store under ``name`` in this way, as far as that is known. No special
        methods: Python takes those from the class, not from the instance."""
        if name.startswith("__") and name.endswith("__"):
            return
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for method in base.node.methods_setting_by_name():
                first = method.ir.params[0].name if method.ir.params else ""
                for _, *inner in with_closures(method, first):
                    index = (inner[-1] if inner else method).index
                    stores = [store for store in index.by_name if store.owner in (first, OWN)]
                    if stores:
                        context = self.ask.classes.making_context(method, obj, base)
                        context = self.ask.binding.closure_context(inner, context)
                        for store in stores:
                            values = self._values(store, name, index, context)
                            yield from (softened(value) for value in values if is_known(value))

    def by_others(self, obj: Object, name: str, is_it: Callable[[Value], bool]) -> Iterator[Value]:
        """What functions of the package store under ``name`` in a parameter that may be ``obj``: ``put(obj, name,
        value)``."""
        if name.startswith("__") and name.endswith("__"):
            return
        for function in self._storing(obj.cls.node.module):
            for store in function.index.by_name:
                for call in self._calls(function, store.owner):
                    if not is_it(self.ask.callers.given(call, store.owner)):
                        continue
                    context = self.ask.callers.called(call)
                    key = context.param(store.key.id) if isinstance(store.key, ir.Name) else None
                    if isinstance(key, Const):
                        given = [self.ask.expressions.eval(store.value, EvalState(context))] * (key.value == name)
                    else:
                        given = list(self._values(store, name, function.index, context))
                    yield from (softened(value) for value in given if is_known(value))

    def _calls(self, function: FunctionNode, owner: str) -> list[Given]:
        """The nearest calls of a function that has such a parameter."""
        if not any(param.name == owner for param in function.ir.params):
            return []
        sites = self.ask.call_sites
        return sites.nth(function, function.name, False, 0) or sites.nth(function, function.name, False, 1) or []

    def _storing(self, home: ModuleNode) -> list[FunctionNode]:
        """The functions of the package of ``home`` that store by names which do not stand there, in what is not the
        object of a method."""
        return self._found.answer(home, self._find_storing, home)

    def _find_storing(self, home: ModuleNode) -> list[FunctionNode]:
        out: dict[FunctionNode, None] = {}
        for module in dict.fromkeys((home, *self.ask.project.mentioning("setattr(", home))):
            for line in (line for question in _STORES for line in module.source.lines("matching", question)):
                function = function_at(module, line)
                if function is not None and function not in out:
                    me = function.ir.params[0].name if function.owner is not None and function.ir.params else ""
                    if any(store.owner not in (me, OWN) for store in function.index.by_name):
                        out[function] = None
        return list(STORING_FUNCTIONS.first(out))

    def _values(self, store: StoreByName, name: str, index: FunctionIndex, context: CallContext) -> Iterator[Value]:
        if store.key is None:
            given = self.ask.expressions.eval(store.value, EvalState(context))
            for option in map(self.ask.protocols.contents, alternatives(given)):
                # ``self.__dict__ = self`` of a dictionary's heir, too.
                value = _under(option, name) if isinstance(option, Mapping) else None
                if value is not None:
                    yield value
            return
        key, variable = _asked(store.key, name)
        if not key:
            return
        for definition in (*index.names.get(variable, ()), *index.rounds.get(variable, ())):
            if definition.how != "element" or len(definition.path) > 1:
                continue
            for names in self._in_round(definition.node, definition.path, variable, key, index, context):
                yield self.ask.expressions.eval(store.value, EvalState(context, {**names}))

    def _in_round(
        self,
        iterated: object,
        path: tuple[int, ...],
        variable: str,
        key: str,
        index: FunctionIndex,
        context: CallContext,
    ) -> Iterator[dict[str, Value]]:
        """What the variables of a loop are in the round in which ``variable`` is ``key``, if there is one."""
        eval_ = self.ask.expressions.eval
        state = EvalState(context)
        known: dict[str, Value] = {variable: Const(key)}
        if not path:
            # ``for key in options``
            value = eval_(iterated, state)  # type: ignore[arg-type]
            if any(_may_hold(option, key) for option in alternatives(value)):
                yield known
            return
        others = {
            other: definition.path[0]
            for other, definitions in (*index.names.items(), *index.rounds.items())
            for definition in definitions
            if definition.node is iterated and len(definition.path) == 1
        }
        place = path[0]
        for items in self._rounds(iterated, state):
            found = items[place] if place < len(items) else UNKNOWN
            if isinstance(found, Const) and found.value == key:
                yield {**{other: items[at] for other, at in others.items() if at < len(items)}, **known}

    def _rounds(self, iterated: object, state: EvalState) -> Iterator[tuple[Value, ...]]:
        """The tuples that a loop goes through, as far as they are told apart."""
        eval_ = self.ask.expressions.eval
        if isinstance(iterated, ir.Call) and isinstance(iterated.func, ir.Attr) and iterated.func.name == "items":
            for option in alternatives(eval_(iterated.func.value, state)):
                if isinstance(option, Mapping):
                    yield from option.items
            return
        if isinstance(iterated, ir.Call) and isinstance(iterated.func, ir.Name) and iterated.func.id == "zip":
            sources = [eval_(arg.value, state) for arg in iterated.args]
            lengths = [len(s.items) for s in sources if isinstance(s, Sequence) and s.items is not None]
            for number in range(min(lengths, default=0)):
                yield tuple(self.ask.protocols.item(source, Const(number)) for source in sources)
            return
        for option in alternatives(eval_(iterated, state)):  # type: ignore[arg-type]
            if isinstance(option, Sequence):
                for item in option.items or ():
                    if isinstance(item, Sequence) and item.items is not None:
                        yield item.items


def _asked(expr: ir.Expr, name: str) -> tuple[str, str]:
    """What a variable has to be for ``expr`` to be ``name``, and the variable: ``key``, ``"_" + key``, ``f"_{key}"``.
    Two empty texts where it cannot be that, or where that is not known."""
    if isinstance(expr, ir.Name):
        return name, expr.id
    if isinstance(expr, ir.Binary) and expr.op == "Add":
        parts: tuple[ir.Expr, ...] = (expr.left, expr.right)
    elif isinstance(expr, ir.Text):
        parts = tuple(part.value if isinstance(part, ir.Formatted) else part for part in expr.parts)
    else:
        return "", ""
    variables = [part for part in parts if not isinstance(part, ir.Const)]
    if len(variables) != 1 or not isinstance(variables[0], ir.Name):
        return "", ""
    at = parts.index(variables[0])
    before, after = map(_joined, (parts[:at], parts[at + 1 :]))
    if not (name.startswith(before) and name.endswith(after)) or len(name) <= len(before) + len(after):
        return "", ""
    return name[len(before) : len(name) - len(after)], variables[0].id


def _joined(parts: tuple[ir.Expr, ...]) -> str:
    return "".join(str(part.value) for part in parts if isinstance(part, ir.Const))


def _under(mapping: Mapping, name: str) -> Value | None:
    """What a mapping has under a name; None where that is not known."""
    return next((value for key, value in reversed(mapping.items) if isinstance(key, Const) and key.value == name), None)


def _may_hold(container: Value, key: str) -> bool:
    """Whether ``key`` may be among what iterating over a container gives."""
    if isinstance(container, Mapping):
        return _under(container, key) is not None or not is_complete(container)
    if isinstance(container, Sequence) and container.items is not None:
        return any(not isinstance(item, Const) or item.value == key for item in container.items)
    return container is not UNKNOWN
