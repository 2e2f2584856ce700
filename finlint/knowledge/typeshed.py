"""Types of the standard library, from a table baked from typeshed (``docs/tools/typeshed.py`` has its shape).

In: qualified names. Out: type expressions, bases, re-exports. The file is read at the first question, and of it
only the line of the library that is asked about is decoded.
"""

from __future__ import annotations

import json
from os.path import join
from typing import Any

from finlint.knowledge.libraries import DATA

TABLE = join(DATA, "typeshed.jsonl")
_NO_MODULE: dict[str, dict[str, Any]] = {}


class Class:
    """One class of the table; ``parameters`` are its type variables, written ``~T`` in types."""

    __slots__ = ("attributes", "bases", "methods", "parameters")

    def __init__(
        self, bases: list[str], parameters: list[str], methods: dict[str, str], attributes: dict[str, str]
    ) -> None:
        self.bases = bases
        self.parameters = parameters
        self.methods = methods
        self.attributes = attributes


class Stubs:
    """Answers from the table, by the name under which typeshed defines a thing or re-exports it."""

    def __init__(self) -> None:
        self._text: bytes | None = None
        self._libraries: dict[str, dict[str, Any]] = {}
        self._classes: dict[str, Class | None] = {}

    def exported(self, name: str) -> str:
        """The name that ``name`` is a re-export or an alias of; "" where it is none."""
        module, rest = self.split(name)
        target: str = self._section(module, "x").get(rest, "")
        return target

    def is_class(self, name: str) -> bool:
        return self.cls(name) is not None

    def is_module(self, name: str) -> bool:
        return name in self._library(name)

    def is_function(self, name: str) -> bool:
        module, rest = self.split(name)
        return rest in self._section(module, "f")

    def bases(self, name: str) -> tuple[str, ...]:
        """Direct bases, with their type arguments."""
        cls = self.cls(name)
        return tuple(cls.bases) if cls is not None else ()

    def parameters(self, name: str) -> tuple[str, ...]:
        cls = self.cls(name)
        return tuple(cls.parameters) if cls is not None else ()

    def has_member(self, owner: str, attribute: str) -> bool:
        """Whether the class itself, or the module, defines ``attribute``."""
        cls = self.cls(owner)
        if cls is not None:
            return attribute in cls.methods or attribute in cls.attributes
        return any(attribute in section for section in self._module(owner).values())

    def attribute(self, owner: str, attribute: str) -> str:
        """Type of an attribute or property of a class, or of a variable of a module; "" where unknown."""
        cls = self.cls(owner)
        known = cls.attributes if cls is not None else self._section(owner, "v")
        found: str = known.get(attribute, "")
        return found

    def returns(self, name: str) -> str:
        """Type of the result of a function or method; "" where unknown."""
        module, rest = self.split(name)
        found: str | None = self._section(module, "f").get(rest)
        if found is None:
            owner, _, method = name.rpartition(".")
            cls = self.cls(owner)
            found = cls.methods.get(method, "") if cls is not None else None
        if found is None:
            target = self.exported(name)
            return self.returns(target) if target else ""
        return found

    def loaded(self) -> tuple[str, ...]:
        """The libraries that were decoded so far."""
        return tuple(self._libraries)

    def cls(self, name: str) -> Class | None:
        """The class of that name, or the one that the name re-exports."""
        try:
            return self._classes[name]
        except KeyError:
            module, rest = self.split(name)
            row = self._section(module, "c").get(rest)
            if row is None:
                target = self.exported(name)
                found = self.cls(target) if target else None
            else:
                found = Class(*row)
            self._classes[name] = found
            return found

    def split(self, name: str) -> tuple[str, str]:
        """(module, rest): the longest prefix of ``name`` that is a module; builtins where there is none."""
        if "." not in name:
            return "builtins", name
        library = self._library(name)
        module = name.rpartition(".")[0]
        while module not in library and "." in module:
            module = module.rpartition(".")[0]
        return module, name[len(module) + 1 :]

    def _module(self, module: str) -> dict[str, dict[str, Any]]:
        table: dict[str, dict[str, Any]] = self._library(module).get(module, _NO_MODULE)
        return table

    def _section(self, module: str, key: str) -> dict[str, Any]:
        return self._module(module).get(key, _NO_MODULE)

    def _library(self, name: str) -> dict[str, Any]:
        top = name.partition(".")[0]
        library = self._libraries.get(top)
        if library is None:
            library = self._libraries[top] = self._read(top)
        return library

    def _read(self, top: str) -> dict[str, Any]:
        if self._text is None:
            with open(TABLE, "rb") as file:  # not pathlib: slow to import
                self._text = file.read()
        start = self._text.find(f'\n{{"{top}":'.encode())
        if start < 0:
            return {}
        end = self._text.index(b"\n", start + 1)
        line: dict[str, Any] = json.loads(self._text[start + 1 : end])
        library: dict[str, Any] = line[top]
        return library
