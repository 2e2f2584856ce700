"""Whether an inherited finalizer does anything new for a subclass: decided without running it again."""

from __future__ import annotations

from collections import abc
from collections.abc import Collection
from enum import Enum

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Function,
    Lib,
    LibObject,
    Mapping,
    Object,
    OneOf,
    Sequence,
    Value,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.self_construction import made_names
from finlint.analysis.program.symbols import ClassNode, with_closures
from finlint.model import ir
from finlint.model.task import ClassKey


class Difference(Enum):
    """What a subclass changes of what its base's finalizer does."""

    NOTHING = "nothing"
    #: It is made differently, so an attribute may be missing; what runs is the same.
    CONSTRUCTION = "construction"
    BEHAVIOUR = "behaviour"


def difference(
    cls: Class, evaluator: Evaluator, asked: abc.Mapping[ClassKey, Collection[str]]
) -> tuple[Difference, ClassKey | None]:
    """What ``cls`` changes, given the attributes that mattered when a finalizer of one of its bases was followed.

    The nearest such base counts. Every class that ``cls`` has beyond that base's own order is looked at: a mixin can
    bring another ``close`` as well as the class itself. With the answer comes that base; None if there is none.
    """
    order = evaluator.classes.mro(cls)
    for base in order[1:]:
        names = asked.get(class_key(base.node)) if isinstance(base, Class) else None
        if names is not None and isinstance(base, Class):
            break
    else:
        return Difference.BEHAVIOUR, None
    return _from_base(cls, base, names, evaluator), class_key(base.node)


def _from_base(cls: Class, base: Class, names: Collection[str], evaluator: Evaluator) -> Difference:
    """What ``cls`` changes of what ``base`` does, of which attributes with these ``names`` mattered."""
    order = evaluator.classes.mro(cls)
    order_of_base = evaluator.classes.mro(base)
    known = frozenset(order_of_base)
    made = False
    makers = [other.node for other in order_of_base if isinstance(other, Class) and "__init__" in other.node.members]
    given = (name for other in makers for name in names if _takes(other, name))
    if any(_is_given_more(name, cls, base, evaluator) for name in given):
        return Difference.BEHAVIOUR
    for other in order:
        if isinstance(other, Class) and other not in known:
            body = {binding.name for binding in other.node.facts.members} | {other.node.name}
            if not (body - _CONSTRUCTION).isdisjoint(names):
                return Difference.BEHAVIOUR
            stored = (name for name in names if _stores(other.node, name))
            if any(_differs(name, cls, base, evaluator) for name in stored):
                return Difference.BEHAVIOUR
            made = made or not body.isdisjoint(_CONSTRUCTION)
        elif isinstance(other, Lib) and other not in known and not other.name.startswith(_PLAIN):
            return Difference.BEHAVIOUR
    return Difference.CONSTRUCTION if made else Difference.NOTHING


def _differs(name: str, cls: Class, base: Class, evaluator: Evaluator) -> bool:
    """Whether an attribute that methods store is something else in an instance of ``cls``."""
    return _attribute(name, cls, evaluator) != _attribute(name, base, evaluator)


def _is_given_more(name: str, cls: Class, base: Class, evaluator: Evaluator) -> bool:
    """Whether those who make an instance of ``cls`` give something of another type than those who make a ``base``."""
    mine = _types(_attribute(name, cls, evaluator))
    return bool(mine and mine - _types(_attribute(name, base, evaluator)))


def _attribute(name: str, cls: Class, evaluator: Evaluator) -> Value:
    return evaluator.attributes.instance_attribute(Object(cls, (), "self"), name, EvalState(cls.context), None)


def _types(value: Value) -> set[object]:
    """The classes and functions in ``value``: what a finalizer could call methods of, or call itself."""
    out: set[object] = set()
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, OneOf):
            stack.extend(part.order)
        elif isinstance(part, (Sequence, Mapping)):
            stack.append(part.element)
        elif isinstance(part, Object):
            out.add(part.cls.node)
        elif isinstance(part, LibObject) and not part.type.startswith(_PLAIN):
            out.add(part.type)
        elif isinstance(part, Bound):
            stack.append(part.function)
        elif isinstance(part, Function):
            out.add(part.node)
    return out


_CONSTRUCTION = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__"})
#: Library classes that bring no behaviour of their own.
_PLAIN = ("builtins.object", "abc.", "typing.", "typing_extensions.")


def _stores(cls: ClassNode, name: str) -> bool:
    """Whether a method of the class stores the attribute ``name``, of its object or of one that it makes, or one that
    does not stand there; or something else stores it on the class."""
    if name in cls.changed_by_name or name in cls.module.source.words("patches", cls.name):
        return True
    if any(method.index.by_name for method in cls.methods_setting_by_name()):
        return True
    return any(
        (owner, name) in around[-1].index.stores
        for method in cls.methods_with(name)
        for owner in (*(param.name for param in method.ir.params[:1]), *made_names(method))
        for around in with_closures(method, owner)
    )


def _takes(cls: ClassNode, name: str) -> bool:
    """Whether the ``__init__`` of the class stores a parameter as ``self.name``: it depends on who makes instances."""
    for method in cls.methods_with(name):
        if method.name == "__init__" and method.ir.params:
            names = {param.name for param in method.ir.params[1:] if param.annotation is None}
            stores = method.index.stores.get((method.ir.params[0].name, name), ())
            return any(isinstance(store.node, ir.Name) and store.node.id in names for store in stores)
    return any(method.name == "__init__" and method.index.by_name for method in cls.methods_setting_by_name())


def class_key(cls: ClassNode) -> ClassKey:
    return ClassKey(cls.module.path, cls.facts.line, cls.name)
