"""What library calls do: the one door to the knowledge of the rest of finlint.

In: qualified names, as ``threading.Lock.acquire``. Out: entries (what a call does) and types (what it gives),
from our data files, the user's files, and a table baked from typeshed, each read when first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from finlint.knowledge import types
from finlint.knowledge.entries import UNKNOWN_RESULT, Entry, Gives, KnowledgeError, Result
from finlint.knowledge.libraries import Compiled, Table
from finlint.knowledge.typeshed import Stubs

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Knowledge", "KnowledgeError"]

#: Where a chain of aliases ends that leads back to itself: ours take four at most, and of the user's longer ones are an
#: error (``knowledge.user``).
_MAX_ALIASES = 18
#: Of these results an entry knows less than the stubs do.
_NOT_TOLD: frozenset[Gives] = frozenset({"unknown", "held"})


class Step:
    """One class on the line of bases: the name that entries use, the one that the stubs know, and generics."""

    __slots__ = ("bindings", "name", "stub")

    def __init__(self, name: str, stub: str, bindings: Mapping[str, str]) -> None:
        self.name = name
        self.stub = stub
        self.bindings = bindings


class Knowledge:
    """Answers about library names. Cheap to make; each library's file is read when one of its names comes up.

    ``user_files`` are TOML files of the same shape as ours; a name in them replaces our entry, and a later
    file an earlier one. ``KnowledgeError`` tells what is wrong with one.
    """

    def __init__(self, user_files: Iterable[str | PathLike[str]] = ()) -> None:
        self._compiled = Compiled()
        self._tables: dict[str, Table] = {}
        self.stubs = Stubs()
        self._canonical: dict[str, str] = {}
        self._entries: dict[str, Entry | None] = {}
        self._members: dict[tuple[str, str], str | None] = {}
        self._modules: dict[str, bool] = {}
        self._lines: dict[str, tuple[Step, ...]] = {}
        self._user: dict[str, Table] = {}
        paths = tuple(user_files)
        if paths:
            # Only here: reading TOML costs more imports than all the rest.
            from finlint.knowledge.user import read_user_files

            self._user = read_user_files(paths)

    # -- names

    def canonical(self, name: str) -> str:
        """The name that entries use: aliases and re-exports of any prefix resolved."""
        known = self._canonical.get(name)
        if known is None:
            chain = [name]
            while len(chain) < _MAX_ALIASES:
                following = self._alias_step(chain[-1])
                if following in chain:
                    break
                chain.append(following)
            # The end of the chain; of a circle (os.path and posixpath re-export each other), its plainest name.
            circle = chain[chain.index(following) :] if following in chain else chain[-1:]
            known = min(circle, key=lambda item: (item.count("_"), len(item), item))
            self._canonical[name] = known
        return known

    def _alias_step(self, name: str) -> str:
        """``name`` with its longest prefix that is an alias replaced; ``name`` itself where none is."""
        table = self._table(name)
        prefix, rest = name, ""
        while True:
            target = table.aliases.get(prefix)
            if target is not None:
                return target + rest
            if prefix in table:
                return name
            exported = self.stubs.exported(prefix)
            if exported and exported != prefix:
                return exported + rest
            if "." not in prefix:
                break
            prefix, _, last = prefix.rpartition(".")
            rest = f".{last}{rest}"
        return name

    def entry(self, name: str) -> Entry | None:
        """What is known of the call ``name``, aliases resolved; None where nothing is."""
        try:
            return self._entries[name]
        except KeyError:
            canonical = self.canonical(name)
            found = self._table(canonical).entry(canonical)
            self._entries[name] = found
            return found

    def is_definition(self, name: str) -> bool:
        """Whether ``name`` is known to be a module, a class, a function or a method: nothing that may be false."""
        entry = self.entry(name)
        if entry is not None:
            return not entry.type
        canonical = self.canonical(name)
        return self.knows_module(canonical) or self.stubs.is_class(canonical) or self.stubs.is_function(canonical)

    def is_class(self, name: str) -> bool:
        """Calling ``name`` makes an instance of ``name`` (a class, or a factory that works like one)."""
        entry = self.entry(name)
        if entry is not None and (entry.is_class or entry.kind or entry.returns != UNKNOWN_RESULT):
            return entry.is_class
        return self.stubs.is_class(self.canonical(name))

    def bases(self, name: str) -> tuple[str, ...]:
        """Qualified names of the direct bases of a class."""
        canonical = self.canonical(name)
        bases = (self.canonical(types.head(base)) for base in self._typed_bases(canonical, canonical))
        return tuple(dict.fromkeys(base for base in bases if base != canonical))

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The class itself and all its bases, nearest first. ``name`` may be a generic such as ``list[int]``."""
        return tuple(dict.fromkeys(step.name for step in self._line(name)))

    def stub_ancestors(self, name: str) -> tuple[str, ...]:
        """The same, under the names by which the stubs define them."""
        return tuple(step.stub for step in self._line(name))

    def member(self, type_name: str, attribute: str) -> str | None:
        """Qualified name of ``type_name``'s ``attribute`` on the class that provides it; None where unknown.

        A name that has an entry wins along the whole line of bases: ``ssl.SSLSocket.recv`` has none and is
        ``socket.socket.recv``. ``type_name`` may also be a module.
        """
        key = (type_name, attribute)
        try:
            return self._members[key]
        except KeyError:
            found = self._members[key] = self._find_member(type_name, attribute)
            return found

    def _find_member(self, type_name: str, attribute: str) -> str | None:
        line = self._line(type_name)
        for step in line:
            name = self.canonical(f"{step.name}.{attribute}")
            if self.entry(name) is not None:
                return name
        for step in line:
            if self.stubs.has_member(step.stub, attribute):
                return self.canonical(f"{step.name}.{attribute}")
        return None

    # -- types

    def attribute_type(self, type_name: str, attribute: str) -> str:
        """Type of an attribute or property of instances, or of a module's variable; "" where unknown.

        ``type_name`` may be generic: ("subprocess.Popen[bytes]", "args"). Methods have no type here.
        """
        line = self._line(type_name)
        for step in line:
            entry = self.entry(step.name)
            if entry is not None:
                for name, type_ in entry.attributes:
                    if name == attribute:
                        return type_
            entry = self.entry(f"{step.name}.{attribute}")
            if entry is not None:
                # An entry without a type is a method, whatever a base calls it in the stubs.
                return entry.type
        for step in line:
            if self.stubs.has_member(step.stub, attribute):
                found = self.stubs.attribute(step.stub, attribute)
                return self._finished(found, type_name, step.bindings)
        return ""

    def result(self, name: str) -> Result:
        """What calling ``name`` gives: of our entry, else of the stubs; a class gives itself.

        A type may hold type variables of its class (``~T``), which ``call_type`` knows how to bind.
        """
        canonical = self.canonical(name)
        entry = self.entry(canonical)
        if entry is not None and entry.returns.gives not in _NOT_TOLD:
            return entry.returns
        if (entry is not None and entry.is_class) or self.stubs.is_class(canonical):
            return Result("type", canonical)
        text = types.rename(self.stubs.returns(canonical), self.canonical)
        return Result("receiver") if text == "self" else Result("type", text) if text else UNKNOWN_RESULT

    def returns(self, name: str) -> str:
        """Type of the result of calling ``name`` ("self" for that of the receiver); "" for unknown or Any."""
        return self.result(name).type

    def call_type(self, type_name: str, attribute: str) -> str:
        """Type of ``receiver.attribute(...)`` for a receiver of type ``type_name``, generics bound.

        ("list[threading.Thread]", "pop") gives "threading.Thread"; "" where unknown.
        """
        line = self._line(type_name)
        for step in line:
            name = self.canonical(f"{step.name}.{attribute}")
            entry = self.entry(name)
            if entry is not None and entry.returns.gives not in _NOT_TOLD:
                return self._finished(entry.returns.type, type_name, {})
            if entry is not None and entry.is_class:
                return self._finished(name, type_name, {})
        for step in line:
            if self.stubs.has_member(step.stub, attribute):
                found = self.stubs.returns(f"{step.stub}.{attribute}")
                return self._finished(found, type_name, step.bindings)
        return ""

    def _finished(self, text: str, receiver: str, bindings: Mapping[str, str]) -> str:
        if text == "self":
            return receiver
        return types.rename(types.substitute(text, bindings), self.canonical)

    def _typed_bases(self, canonical: str, stub: str) -> list[str]:
        """Bases of our entry and of the stubs, with type arguments, under the names they are written with."""
        entry = self.entry(canonical)
        own = list(entry.bases) if entry is not None else []
        return own + [base for base in self.stubs.bases(stub) if base not in own]

    def _line(self, type_name: str) -> tuple[Step, ...]:
        """The class and its bases, nearest first.

        A class that the stubs split in two (``socket.socket`` and ``_socket.socket``) is one name to us and two
        steps, so that the members of both are found.
        """
        known = self._lines.get(type_name)
        if known is None:
            steps: dict[str, Step] = {}
            pending = [type_name]
            while pending:
                text = pending.pop(0)
                stub = types.head(text)
                if "." not in stub and self.stubs.is_class(f"builtins.{stub}"):
                    stub = f"builtins.{stub}"
                if stub in steps:
                    continue
                bindings = dict(zip(self.stubs.parameters(stub), types.arguments(text), strict=False))
                name = self.canonical(stub)
                steps[stub] = Step(name, stub, bindings)
                if name != stub:
                    # The bases of our entry; the name as such adds nothing more.
                    steps.setdefault(name, Step(name, name, bindings))
                pending += [types.substitute(base, bindings) for base in self._typed_bases(name, stub)]
            known = self._lines[type_name] = tuple(steps.values())
        return known

    # -- modules

    def knows_module(self, module: str) -> bool:
        """Whether names of the module can have entries or types here."""
        known = self._modules.get(module)
        if known is None:
            prefix = f"{module}."
            known = self._modules[module] = self.stubs.is_module(module) or any(
                name.startswith(prefix) for name in self._table(module).names()
            )
        return known

    def _table(self, name: str) -> Table:
        top = name.partition(".")[0]
        table = self._tables.get(top)
        if table is None:
            table = self._compiled.table(top)
            user = self._user.get(top)
            if user is not None:
                table.made.update(user.made)
                table.aliases.update(user.aliases)
            self._tables[top] = table
        return table
