"""Functions made inside others that take the place of something: a decorator's wrapper, a method that is given to a
class. Nobody calls them by their name; what they are given is what the thing is given that they stand for."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    NEVER,
    UNKNOWN,
    Class,
    Function,
    Object,
    Value,
    alternatives,
    is_known,
    softened,
    union,
    without_none,
)
from finlint.analysis.evaluation.call_sites import Given
from finlint.analysis.evaluation.decorations import Decoration, ways_to_run
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import Definition
from finlint.analysis.program.symbols import FunctionNode, method_kind
from finlint.model import ir

#: What makes an instance: it is called by the name of its class.
_MAKERS = ("__init__", "__new__")


class Replacements:
    """Parameters of such functions."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def parameter(self, function: FunctionNode, name: str, around: tuple[FunctionNode, ...]) -> Value:
        """What ``function``, defined in the functions ``around`` (outermost first), is given for a parameter."""
        values: list[Value] = []
        for decoration in self.ask.decorations.near(around[0]):
            values += self._of_decoration(decoration, function, name)
        binding = self.ask.binding
        context = binding.closure_context(around[1:], binding.generic_context(around[0]))
        for cls, attribute in self._given_to(function, context):
            values += self._as_method(cls, attribute, function, name)
        known = [softened(v) for v in values if is_known(v) or v is NEVER]
        return without_none(union(known)) if known else UNKNOWN

    def of_call(self, function: FunctionNode, name: str) -> Value:
        """What a ``__call__`` is given for a parameter: a metaclass's where its classes are called, that of a class of
        decorators where one of them is applied."""
        values = [
            value
            for cls in self.ask.decorations.receivers(function)
            for value in self._in_calls_of(cls.node.name, cls, function, name)
        ]
        for decoration in self.ask.decorations.near(function):
            for option in alternatives(self.ask.decorations.applies(decoration)):
                if isinstance(option, Object) and self._calls(option, function):
                    context = decoration.state.context
                    given = Given(function, None, option, context, False, decoration.decorated)
                    values += self.ask.callers.known_of([given], name)
        return without_none(union(values)) if values else UNKNOWN

    def _calls(self, obj: Object, function: FunctionNode) -> bool:
        """Whether calling the object runs ``function``."""
        found = self.ask.classes.class_function(obj.cls, "__call__")
        return found is not None and found.node is function

    def _of_decoration(self, decoration: Decoration, function: FunctionNode, name: str) -> Iterator[Value]:
        applied = self.ask.decorations.applies(decoration)
        first = _first(function)
        if ways_to_run(applied, function):
            # ``@retrying(3)``: it is the decorator itself.
            if name == first:
                yield decoration.decorated
        elif ways_to_run(self.ask.decorations.result(decoration), function):
            decorated = decoration.decorated
            if isinstance(decorated, Class):
                yield from self._in_calls_of(decorated.node.name, decorated, function, name)
                return
            owner = decorated.node.owner
            if owner is None or method_kind(decorated.node) == "static":
                yield from self._in_calls_of(decorated.node.name, decorated, function, name)
            elif name == first:
                cls = self.ask.binding.generic_class(owner)
                yield cls if method_kind(decorated.node) == "class" else Object(cls, (), "self")
            else:
                called = owner.name if decorated.node.name in _MAKERS else decorated.node.name
                yield from self._in_calls_of(called, decorated, function, name)

    def _given_to(self, function: FunctionNode, context: CallContext) -> Iterator[tuple[Class, str]]:
        """The classes to which the function is given as a method, each with the method's name."""
        assert context.function is not None
        for (owner, attribute), definitions in context.function.index.stores.items():
            if any(_is(definition, function) for definition in definitions):
                value = self.ask.names.context_name(owner, context)
                for cls in self.ask.decorations.meant(value, context.function):
                    yield cls, attribute

    def _as_method(self, cls: Class, attribute: str, function: FunctionNode, name: str) -> Iterator[Value]:
        if name == _first(function):
            yield cls if attribute == "__new__" else Object(cls, (), "self")
        elif attribute in _MAKERS:
            yield from self._in_calls_of(cls.node.name, cls, function, name)

    def _in_calls_of(
        self, called: str, decorated: Function | Class, function: FunctionNode, name: str
    ) -> Iterator[Value]:
        home = decorated.node.module
        given: list[Given] = []
        for module in dict.fromkeys((home, *self.ask.project.mentioning(called + "(", home))):
            for callers, call in self.ask.call_sites.named(module, called):
                for context in self.ask.call_sites.contexts(module, callers, function):
                    given += self._given(call, decorated, function, context)
        yield from self.ask.callers.known_of(given, name)

    def _given(
        self, call: ir.Call, decorated: Function | Class, function: FunctionNode, context: CallContext
    ) -> Iterator[Given]:
        called = self.ask.expressions.eval(call.func, EvalState(context))
        for receiver in ways_to_run(called, function):
            yield Given(function, call, receiver, context, False)
        for option in alternatives(called):
            if isinstance(option, Class) and self._is_made_by(option, decorated):
                # What comes first is the new object.
                yield Given(function, call, UNKNOWN, context, False)

    def _is_made_by(self, cls: Class, maker: Function | Class) -> bool:
        if isinstance(maker, Class):
            return maker in self.ask.classes.mro(cls)
        found = self.ask.classes.class_function(cls, maker.node.name)
        return found is not None and found.node is maker.node


def _first(function: FunctionNode) -> str:
    return function.ir.params[0].name if function.ir.params else ""


def _is(definition: Definition, function: FunctionNode) -> bool:
    """Whether what is stored is that function: by its name, as a lambda, or under a marker."""
    node = definition.node
    if definition.how != "value" or definition.path:
        return False
    while isinstance(node, ir.Call) and len(node.args) == 1:
        node = node.args[0].value
    if isinstance(node, ir.Lambda):
        return node.function is function.ir
    return isinstance(node, ir.Name) and node.id == function.name
