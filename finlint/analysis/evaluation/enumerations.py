"""Enumerations: what stands in the body of such a class are its instances."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.values import (
    DATA_OF_MEMBER,
    MADE,
    MEMBER,
    NO_KEY,
    UNKNOWN,
    VALUE_OF_MEMBER,
    Class,
    Const,
    Function,
    Lib,
    Mapping,
    Marked,
    Object,
    Sequence,
    Value,
    alternatives,
    is_known,
    shallow,
    softened,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.model.limits import ALTERNATIVES

_ENUMERATIONS = frozenset(f"enum.{kind}" for kind in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"))
#: What makes members equal to their values.
_DATA = frozenset(
    {"enum.IntEnum", "enum.StrEnum", "enum.IntFlag", "builtins.int", "builtins.str", "builtins.float", "builtins.bytes"}
)
_NAMES = ("name", "_name_")
_VALUES = ("value", "_value_")


class Enumerations:
    """Questions about members of enumerations."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._members: Memo[tuple[Class, str], Value] = Memo(ask.solver, UNKNOWN)

    def is_one(self, cls: Class) -> bool:
        """Whether a class is an enumeration."""
        if not cls.node.facts.bases:
            return False
        return any(type(base) is Lib and base.name in _ENUMERATIONS for base in self.ask.classes.mro(cls))

    def member(self, cls: Class, name: str) -> Value:
        """The member of that name; UNKNOWN where the class has none, or is no enumeration."""
        return self._members.answer((cls, name), self._member, cls, name) if self.is_one(cls) else UNKNOWN

    def _member(self, cls: Class, name: str) -> Value:
        if name.startswith("__") or (name.startswith("_") and name.endswith("_")):
            return UNKNOWN
        found = self.ask.classes.class_member(cls, name)
        if found is None or not isinstance(found[0], Class):
            return UNKNOWN
        if any(binding.kind != "assign" for binding in found[0].node.members[name]):
            return UNKNOWN
        if any(isinstance(option, (Function, Marked)) for option in alternatives(found[1])):
            # A method by another name.
            return UNKNOWN
        return self._made(cls, name, found[1])

    def _made(self, cls: Class, name: str, value: Value) -> Object:
        own = self._data(cls, value)
        args = [(MEMBER, Const(name)), (own, shallow(value))]
        init = self.ask.classes.class_function(cls, "__init__")
        if init is not None:
            given = value.items if isinstance(value, Sequence) and value.kind == "tuple" and value.items else (value,)
            args += self.ask.binding.bind(init.node, CallArgs(given), UNKNOWN)[1:]
        return Object(cls, tuple(args), MADE)

    def _data(self, cls: Class, value: Value) -> str:
        equal = isinstance(value, Const) and any(
            isinstance(base, Lib) and base.name in _DATA for base in self.ask.classes.mro(cls)
        )
        return DATA_OF_MEMBER if equal else VALUE_OF_MEMBER

    def members(self, cls: Class) -> list[tuple[str, Value]]:
        """All members of an enumeration, by name."""
        names: dict[str, None] = {}
        for base in self.ask.classes.mro(cls):
            if isinstance(base, Class):
                names.update((binding.name, None) for binding in base.node.facts.members if binding.kind == "assign")
        found = ((name, self.member(cls, name)) for name in names)
        return [(name, member) for name, member in found if is_known(member)]

    def any_of(self, cls: Class) -> Value:
        """One of the members, whichever."""
        members = self.members(cls)
        return Object(cls) if ALTERNATIVES.passed(len(members)) else union(map(softened, dict(members).values()))

    def by_value(self, cls: Class, value: Value) -> Value:
        """``Mode("slow")``"""
        if isinstance(value, Const):
            for _, member in self.members(cls):
                if isinstance(member, Object) and _known_of(member, *_OF_VALUE) == value:
                    return member
        return value if isinstance(value, Object) and value.cls == cls else self.any_of(cls)

    def by_name(self, cls: Class, name: Value) -> Value:
        """``Mode["SLOW"]``"""
        if isinstance(name, Const) and isinstance(name.value, str):
            return self.member(cls, name.value)
        return self.any_of(cls)

    def table(self, cls: Class) -> Mapping:
        """``Mode.__members__``"""
        items = tuple((Const(name), member) for name, member in self.members(cls))
        return Mapping(items, union(k for k, _ in items) if items else NO_KEY, union(v for _, v in items))

    def attribute(self, obj: Object, name: str) -> Value | None:
        """What an attribute of a member is by its being one; None where it is one like any other's."""
        if not self.is_one(obj.cls):
            return None
        if name in _NAMES:
            return _known_of(obj, MEMBER) or UNKNOWN
        if name in _VALUES:
            if self.ask.classes.class_function(obj.cls, name) is not None:
                return None
            own = _known_of(obj, *_OF_VALUE)
            return own if own is not None else union(self._values(obj.cls))
        member = self.member(obj.cls, name)
        if is_known(member):
            return member
        if _known_of(obj, MEMBER) is None and self.ask.classes.class_member(obj.cls, name) is None:
            return self._of_any(obj.cls, name)
        return None

    def _values(self, cls: Class) -> Iterator[Value]:
        for _, member in self.members(cls):
            if isinstance(member, Object):
                yield softened(_known_of(member, *_OF_VALUE) or UNKNOWN)

    def _of_any(self, cls: Class, name: str) -> Value | None:
        """What an attribute is that each member has from the ``__init__`` of the class."""
        members = [member for _, member in self.members(cls) if isinstance(member, Object)]
        stored = [self.ask.own_stores.of_instance(member, name) for member in members]
        known = [softened(value) for value in stored if value is not None and is_known(value)]
        return union(known) if known and not ALTERNATIVES.passed(len(known)) else None


_OF_VALUE = (DATA_OF_MEMBER, VALUE_OF_MEMBER)


def _known_of(member: Object, *keys: str) -> Value | None:
    """What is known of a member under one of these keys; None if nothing is."""
    return next((value for key, value in member.args if key in keys and is_known(value)), None)
