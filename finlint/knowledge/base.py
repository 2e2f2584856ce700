"""What library calls do: the one door to the knowledge of the rest of finlint.

In: qualified names, as ``threading.Lock.acquire``. Out: entries (what a call does) and types (what it gives),
from our data files, the user's files, and a table baked from typeshed, each read when first asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from finlint.knowledge.entries import Entry
from finlint.knowledge.libraries import load_library
from finlint.knowledge.parse import KnowledgeError, Library, load_toml, parse_library
from finlint.knowledge.typeshed import Stubs

__all__ = ["Knowledge", "KnowledgeError"]

#: Modules that some supported version has and the running one may lack (PEP 594, distutils, ...).
_GONE = frozenset(
    """aifc asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib
    nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib""".split()  # noqa: SIM905
)
_STDLIB = sys.stdlib_module_names | _GONE | {"builtins", "tomllib", "compression", "annotationlib"}
_MAX_ALIASES = 16


class Knowledge:
    """Answers about library names. Cheap to make; each library's file is read when one of its names comes up.

    ``user_files`` are TOML files of the same shape as ours; a name in them replaces our entry, and a later
    file an earlier one. ``KnowledgeError`` tells what is wrong with one.
    """

    def __init__(self, user_files: Iterable[str | Path] = ()) -> None:
        self._libraries: dict[str, Library] = {}
        self._stubs = Stubs()
        self._canonical: dict[str, str] = {}
        self._entries: dict[str, Entry | None] = {}
        self._members: dict[tuple[str, str], str | None] = {}
        self._linear: dict[str, tuple[str, ...]] = {}
        self._user = _read_user_files(user_files)

    # -- names

    def canonical(self, name: str) -> str:
        """The name that entries use: aliases and re-exports of any prefix resolved."""
        known = self._canonical.get(name)
        if known is None:
            known = name
            for _ in range(_MAX_ALIASES):
                following = self._alias_step(known)
                if following == known:
                    break
                known = following
            self._canonical[name] = known
        return known

    def _alias_step(self, name: str) -> str:
        """``name`` with its longest prefix that is an alias replaced; ``name`` itself where none is."""
        library = self._library(name)
        prefix, rest = name, ""
        while "." in prefix or prefix:
            target = library.aliases.get(prefix)
            if target is not None:
                return target + rest
            if prefix in library.entries:
                return name
            exported = self._stubs.exported(prefix)
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
            found = self._library(canonical).entries.get(canonical)
            self._entries[name] = found
            return found

    def is_class(self, name: str) -> bool:
        """Calling ``name`` makes an instance of ``name``."""
        entry = self.entry(name)
        if entry is not None and (entry.is_class or entry.kind or entry.returns):
            return entry.is_class
        return self._stubs.is_class(self.canonical(name))

    def bases(self, name: str) -> tuple[str, ...]:
        """Qualified names of the direct bases of a class."""
        canonical = self.canonical(name)
        entry = self.entry(canonical)
        if entry is not None and entry.bases:
            return tuple(self.canonical(base) for base in entry.bases)
        return tuple(self.canonical(base) for base in self._stubs.bases(canonical))

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The class itself and all its bases, nearest first."""
        canonical = self.canonical(_plain(name))
        known = self._linear.get(canonical)
        if known is None:
            order: dict[str, None] = {canonical: None}
            pending = [canonical]
            while pending:
                for base in self.bases(pending.pop(0)):
                    plain = _plain(base)
                    if plain not in order:
                        order[plain] = None
                        pending.append(plain)
            known = self._linear[canonical] = tuple(order)
        return known

    def member(self, type_name: str, attribute: str) -> str | None:
        """Qualified name of ``type_name``'s ``attribute`` on the class that provides it; None where unknown.

        A name that has an entry wins along the whole line of bases: ``ssl.SSLSocket.recv`` has none and is
        ``socket.socket.recv``.
        """
        key = (type_name, attribute)
        try:
            return self._members[key]
        except KeyError:
            found = self._members[key] = self._find_member(type_name, attribute)
            return found

    def _find_member(self, type_name: str, attribute: str) -> str | None:
        line = self.ancestors(type_name)
        for cls in line:
            name = self.canonical(f"{cls}.{attribute}")
            if self.entry(name) is not None:
                return name
        for cls in line:
            if self._stubs.has_member(cls, attribute):
                return self.canonical(f"{cls}.{attribute}")
        return None

    # -- types

    def attribute_type(self, type_name: str, attribute: str) -> str:
        """Type of an attribute or property of instances, or of a module's variable; "" where unknown."""
        line = self.ancestors(type_name)
        for cls in line:
            entry = self.entry(cls)
            if entry is not None:
                for name, type_ in entry.attributes:
                    if name == attribute:
                        return type_
        for cls in line:
            found = self._stubs.attribute(cls, attribute)
            if found:
                return found
        return ""

    def returns(self, name: str) -> str:
        """Type of the result of calling ``name``: of our entry, else of the stubs; "" for unknown or Any."""
        canonical = self.canonical(name)
        entry = self.entry(canonical)
        if entry is not None:
            if entry.returns:
                return entry.returns
            if entry.is_class:
                return canonical
        if self._stubs.is_class(canonical):
            return canonical
        return self._stubs.returns(canonical)

    # -- modules

    def knows_module(self, module: str) -> bool:
        """Whether names of the module can have entries or types here."""
        library = self._library(module)
        if self._stubs.is_module(module):
            return True
        prefix = f"{module}."
        return any(name.startswith(prefix) for table in library for name in table)

    @staticmethod
    def is_stdlib(module: str) -> bool:
        """Whether the module belongs to the standard library of some supported version."""
        return module.partition(".")[0] in _STDLIB

    def _library(self, name: str) -> Library:
        top = name.partition(".")[0]
        library = self._libraries.get(top)
        if library is None:
            library = load_library(top)
            user = self._user.get(top)
            if user is not None:
                library = Library({**library.entries, **user.entries}, {**library.aliases, **user.aliases})
            self._libraries[top] = library
        return library


def _plain(type_expression: str) -> str:
    """``list[int]`` without its arguments."""
    return type_expression.partition("[")[0]


def _read_user_files(paths: Iterable[str | Path]) -> dict[str, Library]:
    """The user's entries and aliases by top-level library."""
    result: dict[str, Library] = {}
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise KnowledgeError(f"{path}: cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise KnowledgeError(f"{path}: is not UTF-8") from None
        library = parse_library(load_toml(text, str(path)), str(path))
        for name, entry in library.entries.items():
            _user_library(result, name).entries[name] = entry
        for name, target in library.aliases.items():
            _user_library(result, name).aliases[name] = target
    return result


def _user_library(result: dict[str, Library], name: str) -> Library:
    return result.setdefault(name.partition(".")[0], Library({}, {}))
