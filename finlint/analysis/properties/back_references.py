"""Whether a function makes something refer back to the object that it registers: ``self.helper.owner = self``."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Const,
    Function,
    LibObject,
    Mapping,
    Object,
    Sequence,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.evaluation.namespaces import NAMESPACES
from finlint.analysis.program.definitions import PUT
from finlint.analysis.program.statements import flat_statements, own_calls
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.contents import is_weak_container
from finlint.analysis.properties.watched import Watched
from finlint.model import ir
from finlint.model.bindings import bound_singly

#: Methods of containers that put their last argument in.
_PUTTING = frozenset({"append", "appendleft", "add", "insert"})


def refers_back(part: ir.Expr, watched: Watched, evaluator: Evaluator, state: EvalState) -> bool:
    """Whether the function of ``state`` makes an attribute of ``part`` hold the object, and leaves it so."""
    function, path = state.context.function, dotted(part)
    if function is None or not path:
        return False
    owners = tuple(alternatives(evaluator.expressions.eval(part, state)))
    if not owners or not all(map(_keeps_attributes, owners)):
        return False
    finder = _Finder(path, owners, watched, evaluator, state)
    held: dict[str, bool] = {}
    for stmt in flat_statements(function.ir.body):
        held.update(finder.changes(stmt))
    return any(held.values())


def given_to(path: str, stmt: ir.Stmt) -> Iterator[tuple[str, ir.Expr | None]]:
    """The attributes of what is called ``path`` that a statement sets or deletes (``self.part.owner = ...``), each with
    what it is given as it is, None where it is something else."""
    for bound in bound_singly(stmt):
        target = bound.target
        if bound.how != "annotation" and isinstance(target, ir.Attr) and dotted(target.value) == path:
            yield target.name, bound.value if bound.how == "value" else None


def _keeps_attributes(value: Value) -> bool:
    return isinstance(value, Object) or (isinstance(value, LibObject) and value.type in NAMESPACES)


class _Finder:
    def __init__(
        self, path: str, owners: tuple[Value, ...], watched: Watched, evaluator: Evaluator, state: EvalState
    ) -> None:
        self.path = path
        self.owners = owners
        self.watched = watched
        self.evaluator = evaluator
        self.state = state

    def changes(self, stmt: ir.Stmt) -> Iterator[tuple[str, bool]]:
        """The attributes of the part that a statement sets, each with whether it holds the object from there on."""
        for name, value in given_to(self.path, stmt):
            yield name, value is not None and self._is_it(value) and self._is_plain(name)
        for call in own_calls(stmt):
            if call.args or isinstance(call.func, ir.Attr):
                yield from self._called(call)

    def _called(self, call: ir.Call) -> Iterator[tuple[str, bool]]:
        func, given = call.func, [arg.value for arg in call.args]
        if isinstance(func, ir.Name) and func.id == "setattr" and len(given) == 3 and dotted(given[0]) == self.path:
            if isinstance(given[1], ir.Const):
                name = str(given[1].value)
                yield name, self._is_it(given[2]) and self._is_plain(name)
        elif isinstance(func, ir.Attr) and isinstance(func.value, ir.Attr) and dotted(func.value.value) == self.path:
            # ``helper.owners.append(self)``
            if func.name in _PUTTING and given and self._is_it(given[-1]):
                held = alternatives(self.evaluator.expressions.eval(func.value, self.state))
                if all(map(_is_strong, held)):
                    yield func.value.name, True
        elif isinstance(func, ir.Attr) and self.path.startswith(f"{dotted(func.value)}."):
            yield from self._by_own_method(func)
        elif isinstance(func, ir.Attr) and dotted(func.value) == self.path:
            stored = any(map(self._is_it, given)) and all(self._stores(o, func.name, given) for o in self.owners)
            yield f"{func.name}()", stored

    def _by_own_method(self, func: ir.Attr) -> Iterator[tuple[str, bool]]:
        """What a method of the object does to the part: ``self.attach()``, which sets ``self.helper.owner = self``."""
        if not self.watched.is_alias(func.value):
            return
        for owner in alternatives(self.evaluator.expressions.eval(func.value, self.state)):
            found = self.evaluator.classes.class_function(owner.cls, func.name) if isinstance(owner, Object) else None
            if found is None or not found.node.ir.params:
                continue
            me = found.node.ir.params[0].name
            path = me + self.path[len(dotted(func.value)) :]
            for stmt in found.node.ir.body:
                for name, value in given_to(path, stmt):
                    yield name, isinstance(value, ir.Name) and value.id == me and self._is_plain(name)

    def _is_it(self, expr: ir.Expr) -> bool:
        """Whether an expression is the object, or a method that is bound to it."""
        if self.watched.is_alias(expr):
            return True
        if not isinstance(expr, ir.Attr) or not self.watched.is_alias(expr.value):
            return False
        options = tuple(alternatives(self.evaluator.expressions.eval(expr, self.state)))
        return bool(options) and all(isinstance(v, Bound) and not isinstance(v.receiver, Class) for v in options)

    def _is_plain(self, name: str) -> bool:
        """Whether storing an attribute of the part does nothing else: a property may keep a weak reference."""
        classes = self.evaluator.classes
        for owner in self.owners:
            if isinstance(owner, Object) and classes.class_function(owner.cls, "__setattr__") is not None:
                return False
            member = classes.class_member(owner.cls, name) if isinstance(owner, Object) else None
            if member is not None and not all(map(_is_data, alternatives(member[1]))):
                return False
        return True

    def _stores(self, owner: Value, method: str, given: list[ir.Expr]) -> bool:
        """Whether a method of the part stores in the part what it is given here for the object."""
        found = self.evaluator.classes.class_function(owner.cls, method) if isinstance(owner, Object) else None
        if found is None or not found.node.ir.params:
            return False
        first, *params = (param.name for param in found.node.ir.params)
        names = {name for name, expr in zip(params, given, strict=False) if self._is_it(expr)}
        return any(
            how == "value" or all(map(_is_strong, alternatives(self._attribute(owner, name))))
            for base, name in found.node.index.stores
            for how in (_takes(found.node, (base, name), names) if base == first else ())
        )

    def _attribute(self, owner: Value, name: str) -> Value:
        return self.evaluator.attributes.attribute(owner, name, self.state, None)


def _takes(method: FunctionNode, stored: tuple[str, str], params: set[str]) -> Iterator[str]:
    """How an attribute is given one of the parameters, as it is, whatever else is asked: as its value, or put in."""
    for definition in method.index.stores[stored]:
        node = definition.node
        if (
            isinstance(node, ir.Name)
            and node.id in params
            and node.id not in method.index.names
            and (definition.how == "value" or definition.how in PUT)
            and not (definition.path or definition.conditions)
        ):
            yield definition.how


def _is_strong(value: Value) -> bool:
    """Whether a container holds what is in it."""
    return isinstance(value, (Sequence, Mapping)) and not is_weak_container(value)


def _is_data(value: Value) -> bool:
    """Whether a member of a class is replaced by an instance's attribute of its name."""
    return isinstance(value, (Const, Function, Sequence))
