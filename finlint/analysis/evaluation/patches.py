"""What code gives to classes and modules from outside: ``Pool.close = close`` behind the class or in another module,
``settings.DEBUG = True``, ``for cls in (Reader, Writer): cls.stop = stop``, ``globals()["stop"] = stop``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Class, Function, Module, Value, alternatives, is_known, is_none, softened
from finlint.analysis.evaluation.external_stores import Place, given_in
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import OF_MODULE, Definition
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode
from finlint.model.limits import STORING_FUNCTIONS
from finlint.model.reads import Kept, KeptOfOrder
from finlint.scan import words

#: Instead of another module's name: a module's patches of its own names.
_ITSELF = ""


class Patches:
    """Attributes of classes and modules that neither they nor their methods set."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._names_on_order: KeptOfOrder[frozenset[str]] = KeptOfOrder(ask.reads)
        self._names_on_class: Kept[ClassNode, frozenset[str]] = Kept(ask.reads)
        self._names_on_module: Kept[ModuleNode, frozenset[str]] = Kept(ask.reads)
        self._on_class: Memo[tuple[Class, str], tuple[list[Value], list[Value]]] = Memo(ask.solver, ([], []))
        self._on_module: Memo[tuple[ModuleNode, str], list[Value]] = Memo(ask.solver, [])

    def on_class(self, cls: Class, name: str) -> tuple[list[Value], list[Value]]:
        """What code outside of a class and its bases gives them as ``name``, and what it puts into the container that
        they have by that name."""
        if name not in self._names_on_order.answer(self.ask.classes.mro(cls), "", self._given_to_any):
            return [], []
        return self._on_class.answer((cls, name), self._given_to_class, cls, name)

    def _given_to_any(self, order: tuple[Value, ...], _: str) -> frozenset[str]:
        """The attributes that something may give to a class of an order."""
        return frozenset().union(*(self._given_to(base.node) for base in order if isinstance(base, Class)))

    def _given_to(self, node: ClassNode) -> frozenset[str]:
        """The attributes that something may give to a class."""
        return self._names_on_class.answer(node, self._find_given_to, node)

    def _find_given_to(self, node: ClassNode) -> frozenset[str]:
        by_functions = (attribute for function in self._handed(node) for attribute in _given_by(function.node))
        by_name = node.changed_by_name | _asked(node.module, node.name)
        return by_name | self._patched(node.name, node.module) | frozenset(by_functions)

    def _handed(self, node: ClassNode) -> Iterator[Function]:
        """The functions that statements of modules call with a class: ``slow_down(Pool)``."""
        others = self.ask.project.matching(node.name, words.PATCHES, node.module)
        for module in (node.module, *others):
            state = EvalState(self.ask.binding.module_context(module))
            for dotted in module.source.words("handed", node.name):
                first, *rest = dotted.split(".")
                value = self.ask.names.module_name(module, first)
                for name in rest:
                    value = self.ask.attributes.attribute(value, name, state, None)
                if _is_class(node, self.ask.names.module_name(module, node.name)):
                    yield from (option for option in alternatives(value) if isinstance(option, Function))

    def _patched(self, name: str, home: ModuleNode) -> frozenset[str]:
        """The attributes that other modules of the package may give to what ``home`` has by a name."""
        return frozenset().union(
            *(_asked(other, name) for other in self.ask.project.matching(name, words.PATCHES, home))
        )

    def _given_to_class(self, cls: Class, name: str) -> tuple[list[Value], list[Value]]:
        values: list[Value] = []
        elements: list[Value] = []
        for base in self.ask.classes.mro(cls):
            if not isinstance(base, Class) or name not in self._given_to(base.node):
                continue
            node = base.node
            for module in (node.module, *self._modules_giving(name, node.name, node.module)):
                places = [p for p in self.ask.external_stores.changing_in(module, name) if not _is_own(p, node)]
                made, put = self._given(places, name, partial(_is_class, node))
                values += made
                elements += put
            for function in self._handed(node):
                found = _given_by(function.node).get(name, ())
                values += self.ask.names.values_and_elements(found, EvalState(self._context(function)))[0]
        return [value for value in values if is_known(value) and not is_none(value)], elements

    def _context(self, function: Function) -> CallContext:
        return self.ask.binding.generic_context(function.node, function.context)

    def _modules_giving(self, attribute: str, name: str, home: ModuleNode) -> list[ModuleNode]:
        """The other modules of the package that may give such an attribute to what ``home`` has by a name."""
        others = self.ask.project.matching(name, words.PATCHES, home)
        return [other for other in others if attribute in _asked(other, name)]

    def on_module(self, module: ModuleNode, name: str) -> list[Value]:
        """What is assigned to a name of a module otherwise than by its statements and by ``global``."""
        if name not in self._names_on_module.answer(module, self._find_given_to_module, module):
            return []
        return self._on_module.answer((module, name), self._given_to_module, module, name)

    def _find_given_to_module(self, module: ModuleNode) -> frozenset[str]:
        last = _last(module)
        # A file may be called anything: what is no name nobody can import.
        others = self._patched(last, module) if last.isidentifier() else frozenset()
        return others | _asked(module, _ITSELF)

    def _given_to_module(self, module: ModuleNode, name: str) -> list[Value]:
        values: list[Value] = []
        changing_in = self.ask.external_stores.changing_in
        for other in self._modules_giving(name, _last(module), module):
            values += self._given(changing_in(other, name), name, partial(_is_module, module))[0]
        if name in _asked(module, _ITSELF):
            for place in changing_in(module, name):
                found = place.definitions.stores.get((OF_MODULE, name), ())
                values += self.ask.names.values_and_elements(found, place.state(self.ask))[0]
        return [value for value in values if is_known(value)]

    def _given(self, places: list[Place], name: str, is_it: Callable[[Value], bool]) -> tuple[list[Value], list[Value]]:
        """What these places store as ``name`` in what ``is_it``, as far as that is known, and what they put there."""
        values: list[Value] = []
        elements: list[Value] = []
        for place in STORING_FUNCTIONS.first(places):
            state = place.state(self.ask)
            for definitions in given_in(place, name, state, self.ask, is_it):
                made, put = self.ask.names.values_and_elements(definitions, state)
                values += made
                elements += put
        return [v for v in values if is_known(v)], [softened(v) for v in elements if is_known(v)]

    def is_replaced(self, cls: Class, name: str) -> bool:
        """Whether the body of the class's module assigns another value to the class, in any case."""
        return any(
            not definition.conditions
            for place in self.ask.external_stores.changing_in(cls.node.module, name)
            if place.function is None
            for definition in place.definitions.stores.get((cls.node.name, name), ())
        )


def _given_by(function: FunctionNode) -> dict[str, list[Definition]]:
    """What a function gives to its first parameter, by attribute."""
    first = function.ir.params[0].name if function.ir.params else ""
    return {name: found for (owner, name), found in function.index.stores.items() if owner == first}


def _asked(module: ModuleNode, name: str) -> frozenset[str]:
    return frozenset(module.source.words("patches", name))


def _last(module: ModuleNode) -> str:
    """What a module is called where it is imported."""
    return module.name.rpartition(".")[2]


def _is_own(place: Place, node: ClassNode) -> bool:
    return place.function is not None and place.function.owner is node


def _is_class(node: ClassNode, owner: Value) -> bool:
    return any(isinstance(option, Class) and option.node is node for option in alternatives(owner))


def _is_module(module: ModuleNode, owner: Value) -> bool:
    return owner == Module(module)
