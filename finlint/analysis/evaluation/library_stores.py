"""What a program keeps as attributes of functions, and of things that are not its own: ``context._lock = Lock()`` on an
object of a library, ``signal.our_event = Event()`` on a module, ``local.client = Client()`` on a namespace that it
handed on."""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple

from finlint.analysis.domain.values import (
    UNKNOWN,
    Function,
    Lib,
    LibObject,
    LibResult,
    Parameter,
    Value,
    alternatives,
    is_known,
    is_none,
    softened,
    union,
)
from finlint.analysis.evaluation.external_stores import given_in
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.namespaces import NAMESPACES, keeping
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import ModuleNode
from finlint.model.limits import STORING_FUNCTIONS


class _Thing(NamedTuple):
    """What tells such a thing: ``name`` is its own name, that of what made it, its type, or the one that it is kept by
    in the class or module ``keeper``; then ``type`` is its type. ``keeper`` of a function is the function."""

    how: Literal["itself", "made by", "function", "a", "kept"]
    name: str
    type: str = ""
    keeper: object = None


class LibraryStores:
    """Questions about such attributes."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._answers: Memo[tuple[_Thing, str, ModuleNode], Value] = Memo(ask.solver, UNKNOWN)

    def stored(self, value: Lib | LibObject | LibResult | Function, name: str, module: ModuleNode) -> Value:
        """What the package of ``module`` stores in an attribute of a function or a library's thing; UNKNOWN if that is
        not known."""
        thing = self._thing(value)
        if thing is None or name.startswith("__"):
            return UNKNOWN
        return self._answers.answer((thing, name, module), self._stored, thing, name, module)

    def _thing(self, value: Value) -> _Thing | None:
        if isinstance(value, Lib):
            return _Thing("itself", self.ask.knowledge.canonical(value.name))
        if isinstance(value, LibResult):
            return _Thing("made by", value.name)
        if isinstance(value, Function):
            return _Thing("function", value.node.name, keeper=value.node)
        if isinstance(value, LibObject):
            if value.type not in NAMESPACES:
                return None if value.type.startswith("builtins.") else _Thing("a", value.type)
            kept = keeping(value)
            return None if kept is None else _Thing("kept", kept.name, kept.type, kept.keeper)
        return None

    def _stored(self, thing: _Thing, name: str, module: ModuleNode) -> Value:
        values: list[Value] = []
        for place in STORING_FUNCTIONS.first(self.ask.external_stores.places(name, module)):
            state = place.state(self.ask)
            function = place.function
            own = function.ir.params[0].name if function is not None and function.owner and function.ir.params else ""
            for definitions in given_in(place, name, state, self.ask, partial(self._is, thing), own):
                values += self.ask.names.values_and_elements(definitions, state)[0]
        known = [softened(value) for value in values if is_known(value)]
        return union(known) if not all(map(is_none, known)) else UNKNOWN

    def _is(self, thing: _Thing, owner: Value) -> bool:
        for option in alternatives(owner):
            if self._thing(option) == thing:
                return True
            if isinstance(option, Parameter) and option.context.function is not None:
                given = self.ask.callers.passed(option.context.function, option.name)
                if any(self._thing(v) == thing for value in given for v in alternatives(value)):
                    return True
        return False
