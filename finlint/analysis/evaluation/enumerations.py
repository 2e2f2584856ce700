"""Enumerations: what stands in the body of such a class are its instances."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

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
    LibObject,
    Mapping,
    Marked,
    Object,
    Sequence,
    Value,
    alternatives,
    is_known,
    member_name,
    shallow,
    softened,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.model.limits import ALTERNATIVES

_ENUMERATIONS = frozenset(f"enum.{kind}" for kind in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"))
_FLAGS = frozenset({"enum.Flag", "enum.IntFlag"})
#: What gives members numbers; their names to those of ``_NAMED``, and of ``_NOT_NUMBERED`` what their type makes of it.
_AUTO = "enum.auto"
_NAMED = frozenset({"enum.StrEnum"})
_NOT_NUMBERED = frozenset({"builtins.str", "builtins.bytes", "builtins.float"})
#: How flags are put together.
_COMBINE: dict[str, Callable[[int, int], int]] = {
    "BitOr": operator.or_,
    "BitAnd": operator.and_,
    "BitXor": operator.xor,
}
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
        self._numbers: Memo[Class, dict[str, Const]] = Memo(ask.solver, {}, grows=False)

    def is_one(self, cls: Class) -> bool:
        """Whether a class is an enumeration."""
        return bool(cls.node.facts.bases) and self._inherits(cls, _ENUMERATIONS)

    def _inherits(self, cls: Class, names: frozenset[str]) -> bool:
        return any(type(base) is Lib and base.name in names for base in self.ask.classes.mro(cls))

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
        return self._made(cls, name, self._numbered(cls, name) if _is_auto(found[1]) else found[1])

    def _numbered(self, cls: Class, name: str) -> Value:
        """What ``auto()`` gives to a member; where that is not known, something that no other member has."""
        number = self._numbers.answer(cls, self._number, cls).get(name)
        return LibObject(_AUTO, (("name", Const(name)),)) if number is None else number

    def _number(self, cls: Class) -> dict[str, Const]:
        """The members of ``auto()`` whose values are known: they count on from the last one, which is the greatest."""
        out: dict[str, Const] = {}
        if self.ask.classes.class_function(cls, "_generate_next_value_") is not None:
            return out
        assigned = [binding for binding in cls.node.facts.members if binding.kind == "assign"]
        if self._inherits(cls, _NAMED):
            return {binding.name: Const(binding.name.lower()) for binding in assigned}
        if self._inherits(cls, _NOT_NUMBERED):
            return out
        flags = self._inherits(cls, _FLAGS)
        last = 0
        for binding in assigned:
            found = self.ask.classes.class_member(cls, binding.name)
            if found is None:
                continue
            if _is_auto(found[1]):
                last = 1 << last.bit_length() if flags else last + 1
                out[binding.name] = Const(last)
            elif isinstance(found[1], Const) and isinstance(found[1].value, int) and found[1].value > last:
                last = found[1].value
            else:
                break
        return out

    def combined(self, op: str, left: Object, right: Value) -> Value:
        """``Mode.A | Mode.B`` of flags; which ones it is where both are known."""
        one, other = self._bits(left), self._bits(right)
        if one is None or other is None or op not in _COMBINE or left.cls != getattr(right, "cls", None):
            return Object(left.cls)
        number = Const(_COMBINE[op](one, other))
        named = self._with_value(left.cls, number)
        if named is not None:
            return named
        return Object(left.cls, ((MEMBER, Const(str(number.value))), (self._data(left.cls, number), number)), MADE)

    def _bits(self, flags: Value) -> int | None:
        """The number of some flags that are certainly these."""
        if not isinstance(flags, Object) or not _is_certain(flags) or not self._inherits(flags.cls, _FLAGS):
            return None
        number = _known_of(flags, *_OF_VALUE)
        return number.value if isinstance(number, Const) and isinstance(number.value, int) else None

    def has(self, flags: Value, flag: Value) -> bool | None:
        """What ``flag in flags`` gives, where both are known."""
        all_of, asked = self._bits(flags), self._bits(flag)
        return None if all_of is None or asked is None else all_of & asked == asked

    def truth(self, member: Object) -> bool | None:
        """Whether a member is certainly true or certainly false."""
        if not _is_certain(member) or self.ask.classes.class_function(member.cls, "__bool__") is not None:
            return None
        if self._inherits(member.cls, _FLAGS | _DATA):
            own = _known_of(member, *_OF_VALUE)
            return bool(own.value) if isinstance(own, Const) else None
        return True

    def _made(self, cls: Class, name: str, value: Value) -> Object:
        own = self._data(cls, value)
        args = [(MEMBER, Const(name)), (own, shallow(value))]
        init = self.ask.classes.class_function(cls, "__init__")
        if init is not None:
            given = value.items if isinstance(value, Sequence) and value.kind == "tuple" and value.items else (value,)
            args += self.ask.binding.bind(init.node, CallArgs(given), UNKNOWN)[1:]
        return Object(cls, tuple(args), MADE)

    def _data(self, cls: Class, value: Value) -> str:
        return DATA_OF_MEMBER if isinstance(value, Const) and self._inherits(cls, _DATA) else VALUE_OF_MEMBER

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
        found = self._with_value(cls, value) if isinstance(value, Const) else None
        if found is not None:
            return found
        return value if isinstance(value, Object) and value.cls == cls else self.any_of(cls)

    def _with_value(self, cls: Class, value: Const) -> Object | None:
        """The member that has the value, if one is known to."""
        members = (member for _, member in self.members(cls) if isinstance(member, Object))
        return next((member for member in members if _known_of(member, *_OF_VALUE) == value), None)

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


def _is_auto(value: Value) -> bool:
    return isinstance(value, LibObject) and value.type == _AUTO


def _is_certain(member: Object) -> bool:
    """Whether it is known which member of its enumeration it is."""
    name = member_name(member)
    return name is not None and name.firm


_OF_VALUE = (DATA_OF_MEMBER, VALUE_OF_MEMBER)


def _known_of(member: Object, *keys: str) -> Value | None:
    """What is known of a member under one of these keys; None if nothing is."""
    return next((value for key, value in member.args if key in keys and is_known(value)), None)
