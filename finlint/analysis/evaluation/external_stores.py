"""Attributes that somebody else gives an object: ``node.connection = Connection()`` in the code that made the node."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Class, Module, Object, Value, alternatives, is_known, is_none, softened
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import PUT, Definition, FunctionIndex
from finlint.analysis.program.escape import names_in
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode, function_at, method_kind
from finlint.model import ir
from finlint.model.limits import STORING_FUNCTIONS
from finlint.model.reads import Kept
from finlint.scan.words import PUTTING


class Place(NamedTuple):
    """Where something is stored: a function, or a statement of the module's body."""

    module: ModuleNode
    function: FunctionNode | None
    definitions: FunctionIndex

    def state(self, ask: Queries) -> EvalState:
        binding = ask.binding
        return EvalState(
            binding.module_context(self.module) if self.function is None else binding.generic_context(self.function)
        )


class Readers(NamedTuple):
    """The functions of a module that name an attribute, by the classes, with their bases, of what they name it of."""

    by_class: Mapping[ClassNode, Sequence[FunctionNode]]
    of_unknown: Sequence[FunctionNode]


class ExternalStores:
    """Stores into attributes of objects that are not the method's own."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.project = ask.project
        self._by_others: Memo[tuple[Object, str], list[Value]] = Memo(ask.solver, [])
        self._reading: Kept[tuple[ModuleNode, str], list[FunctionNode]] = Kept(ask.reads)
        self._readers: Memo[tuple[ModuleNode, str], Readers] = Memo(ask.solver, Readers({}, ()), grows=False)

    def stored_by_others(self, obj: Object, name: str) -> list[Value]:
        """What functions of the package store in the attribute of such an object, as far as they are few."""
        return self._by_others.answer((Object(obj.cls), name), self._stored_by_others, obj, name)

    def _stored_by_others(self, obj: Object, name: str) -> list[Value]:
        out: list[Value] = []
        for place in STORING_FUNCTIONS.first(self.places(name, obj.cls.node.module)):
            out += self._stored(place, obj, name)
        if not any(is_known(value) and not is_none(value) for value in out):
            out += self.ask.named_stores.by_others(obj, name, partial(self._may_be, obj))
        return [value for value in out if is_known(value) and not is_none(value)]

    def reading(self, name: str, home: ModuleNode) -> Iterator[FunctionNode]:
        """Functions of the package in whose text an attribute is named, whatever they do with it."""
        for module in self._naming(name, home):
            yield from self._reading.answer((module, name), _reading_in, module, name)

    def _naming(self, name: str, home: ModuleNode) -> Iterable[ModuleNode]:
        return dict.fromkeys((home, *self.project.mentioning(f".{name}", home)))

    def reading_of(self, obj: Object, name: str) -> Iterator[FunctionNode]:
        """Those of them that name it of an object of its class, of a base or an heir, or of what is not known."""
        mine = [base.node for base in self.ask.classes.mro(obj.cls) if isinstance(base, Class)]
        for module in self._naming(name, obj.cls.node.module):
            readers = self._readers.answer((module, name), self._find_readers, module, name)
            yield from dict.fromkeys(node for cls in mine for node in readers.by_class.get(cls, ()))
            yield from readers.of_unknown

    def _find_readers(self, module: ModuleNode, name: str) -> Readers:
        by_class: dict[ClassNode, list[FunctionNode]] = {}
        of_unknown: list[FunctionNode] = []
        for node in self._reading.answer((module, name), _reading_in, module, name):
            owners = self._owners(node, name)
            for cls in owners or ():
                by_class.setdefault(cls, []).append(node)
            if owners is None:
                of_unknown.append(node)
        return Readers(by_class, tuple(of_unknown))

    def _owners(self, node: FunctionNode, name: str) -> dict[ClassNode, None] | None:
        """The classes, with their bases, of all that a function names an attribute of; None where one is unknown.

        So two heirs of one base, each with an attribute of its own, are both found for either: that costs a look.
        """
        state = EvalState(self.ask.binding.generic_context(node))
        out: dict[ClassNode, None] = {}
        for expr in names_in(node.ir):
            if isinstance(expr, ir.Attr) and expr.name == name:
                options = alternatives(self.ask.expressions.eval(expr.value, state))
                classes = [option.cls for option in options if isinstance(option, Object)]
                if len(classes) < len(options):
                    return None
                out |= {b.node: None for cls in classes for b in self.ask.classes.mro(cls) if isinstance(b, Class)}
        return out

    def is_stored(self, obj: Object, name: str) -> bool:
        """Whether some function of the package, beside methods of its class, may store the attribute of such an
        object."""
        own = {base.node for base in self.ask.classes.mro(obj.cls) if isinstance(base, Class)}
        return any(
            self._names_one_of(place, obj, name)
            for place in self.places(name, obj.cls.node.module)
            if place.function is None or place.function.owner not in own
        )

    def _names_one_of(self, place: Place, obj: Object, name: str) -> bool:
        """Whether a place stores such an attribute of something else than an object of another class of its own."""
        if any(attribute == name for _, attribute in place.definitions.nested):
            return True
        owners = {owner for owner, attribute in place.definitions.stores if attribute == name}
        function = place.function
        if function is not None and function.owner is not None and method_kind(function) == "instance":
            me = function.ir.params[0].name if function.ir.params else ""
            order = self.ask.classes.mro(self.ask.binding.generic_class(function.owner))
            if not any(isinstance(base, Class) and base.node is obj.cls.node for base in order):
                owners.discard(me)
        return bool(owners)

    def put_into(self, module: ModuleNode, name: str) -> list[Value]:
        """What other modules of the package put into a container of ``module``: ``hooks.AT_END.append(stop)``."""
        pattern = rf"(?<!\w){re.escape(name)}{PUTTING}"
        out: list[Value] = []
        for other in self.project.mentioning(name, module):
            places = list(STORING_FUNCTIONS.first(self._places_on(other, f"{name}\n{pattern}")))
            imported = bool(places) and self._is_from(other, name, module)
            for place in places:
                state = place.state(self.ask)
                stores = [(owner, d) for (owner, attribute), d in place.definitions.stores.items() if attribute == name]
                put = [d for owner, found in stores if self._is_module(owner, module, state) for d in found]
                if imported and (place.function is None or name not in place.function.ir.bound):
                    put += place.definitions.names.get(name, ())
                put = [definition for definition in put if definition.how in PUT]
                out += map(softened, self.ask.names.values_and_elements(put, state)[1])
        return [value for value in out if is_known(value)]

    def _is_module(self, owner: str, module: ModuleNode, state: EvalState) -> bool:
        return self.ask.names.lookup(owner, state) == Module(module)

    def _is_from(self, other: ModuleNode, name: str, module: ModuleNode) -> bool:
        """Whether ``other`` has imported the name from the module."""
        imports = (binding.stmt for binding in other.bound(name) if isinstance(binding.stmt, ir.ImportFrom))
        return any(stmt.names[0][0] == name and self.project.source_of(stmt, other) is module for stmt in imports)

    def places(self, name: str, home: ModuleNode) -> Iterator[Place]:
        """The functions and statements of the package of ``home`` that may store an attribute of that name."""
        for module in dict.fromkeys((home, *self.project.mentioning(f".{name} = ", home))):
            yield from self.places_in(module, name)

    def places_in(self, module: ModuleNode, name: str) -> Iterator[Place]:
        """Those of one module."""
        return self._at(module, module.source.lines("assigned", name))

    def changing_in(self, module: ModuleNode, name: str) -> list[Place]:
        """Those of one module, and what may put something into a container that is such an attribute, or store it in
        ``globals()``."""
        lines = (*module.source.lines("assigned", name), *module.source.lines("filled", name))
        return list(self._at(module, lines))

    def _places_on(self, module: ModuleNode, question: str) -> Iterator[Place]:
        """The functions and statements of a module's body that the lines answering a question are of."""
        return self._at(module, module.source.lines("matching", question))

    def _at(self, module: ModuleNode, lines: tuple[int, ...]) -> Iterator[Place]:
        seen: set[object] = set()
        for line in dict.fromkeys(lines):
            function = function_at(module, line)
            if function is not None:
                if function not in seen:
                    seen.add(function)
                    yield Place(module, function, function.index)
                continue
            for binding in module.statements_at(line):
                if binding.line not in seen:
                    seen.add(binding.line)
                    yield Place(module, None, FunctionIndex(tuple(module.statements(binding))))

    def _stored(self, place: Place, obj: Object, name: str) -> list[Value]:
        function = place.function
        own = function.ir.params[0].name if function is not None and function.owner and function.ir.params else ""
        state = place.state(self.ask)
        out: list[Value] = []
        for definitions in given_in(place, name, state, self.ask, partial(self._may_be, obj), own):
            out += self.ask.names.values_and_elements(definitions, state)[0]
        return out

    def _may_be(self, obj: Object, owner: Value) -> bool:
        return any(isinstance(option, Object) and self._is_such(option, obj) for option in alternatives(owner))

    def _is_such(self, option: Object, obj: Object) -> bool:
        """Whether one of the two classes is the other, or inherits from it."""
        nodes = [base.node for base in self.ask.classes.mro(option.cls) if isinstance(base, Class)]
        return obj.cls.node in nodes or option.cls.node in [
            base.node for base in self.ask.classes.mro(obj.cls) if isinstance(base, Class)
        ]


def given_in(
    place: Place, name: str, state: EvalState, ask: Queries, is_it: Callable[[Value], bool], own: str = ""
) -> Iterator[list[Definition]]:
    """The definitions by which a place gives ``name`` to what ``is_it``, but for the variable ``own``."""
    for (owner, attribute), definitions in place.definitions.stores.items():
        if attribute == name and owner != own and is_it(ask.names.lookup(owner, state)):
            yield definitions
    for owner_expr, attribute, definition in place.definitions.further_stores:
        if attribute == name and is_it(ask.expressions.eval(owner_expr, state)):
            yield [definition]


def _reading_in(module: ModuleNode, name: str) -> list[FunctionNode]:
    lines = module.source.lines("matching", f".{name}\n(?<=\\w)\\.{re.escape(name)}\\b")
    return list(dict.fromkeys(filter(None, (function_at(module, line) for line in lines))))
