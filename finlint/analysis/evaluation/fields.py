"""The fields of a record: of a dataclass, an attrs class or a named tuple."""

from __future__ import annotations

from finlint.analysis.domain.effects import Args
from finlint.analysis.domain.values import Class, Const, Lib, RecordType, Sequence, Value, shallow
from finlint.analysis.evaluation.queries import Queries


class Fields:
    """Classes to the names of their fields, calls of them to what the fields are given."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def is_record(self, cls: Class) -> bool:
        """A dataclass, attrs class or NamedTuple: its fields are its constructor's parameters."""
        if self.ask.records.decorator(cls) is not None:
            return True
        return self.is_named_tuple(cls)

    def is_named_tuple(self, cls: Class) -> bool:
        return any(
            isinstance(b, RecordType) or (isinstance(b, Lib) and b.name == "typing.NamedTuple")
            for b in self.ask.classes.mro(cls)
        )

    def names(self, cls: Class) -> list[str]:
        """The fields of a record, in order."""
        names: dict[str, None] = {}
        for base in reversed(self.ask.classes.mro(cls)):
            if isinstance(base, Class):
                names.update((binding.name, None) for binding in base.node.facts.members if binding.kind == "assign")
            elif isinstance(base, RecordType):
                names.update(dict.fromkeys(base.fields))
        return list(names)

    def match_argument(self, cls: Class, position: int) -> str:
        """The attribute that a class pattern finds at ``position``; "" where that is not known."""
        member = self.ask.classes.class_member(cls, "__match_args__")
        if member is None:
            names = self.names(cls) if self.is_record(cls) else []
            return names[position] if position < len(names) else ""
        given = member[1]
        items = given.items or () if isinstance(given, Sequence) else ()
        name = items[position] if position < len(items) else None
        return name.value if isinstance(name, Const) and isinstance(name.value, str) else ""

    def given(self, cls: Class, args: Args) -> tuple[tuple[str, Value], ...]:
        """What a call of the class gives its fields."""
        names = self.names(cls)
        given = dict(zip(names, args.positional, strict=False))
        given.update(args.keywords)
        return tuple((n, shallow(given[n])) for n in names if n in given)
