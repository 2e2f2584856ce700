"""Our own entries by top-level library, from the compiled form of the TOML files.

``docs/tools/knowledge.py`` writes one line of JSON for each top-level name, holding its entries and aliases;
this reads the file once and decodes a line, and of it an entry, when asked for. Reading the TOML itself costs
about a millisecond a library, and the imports of tomllib and ast as much again; a test compares both forms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from os.path import dirname, join
from typing import Any

from finlint.knowledge.entries import CONDITION_FIELDS, Argument, Entry, Result

DATA = join(dirname(__file__), "data")
COMPILED = join(DATA, "entries.jsonl")


class Table:
    """Entries and aliases of one top-level library. ``rows`` are plain data; ``made`` the entries of them."""

    __slots__ = ("aliases", "made", "rows")

    def __init__(self, rows: dict[str, dict[str, Any]], aliases: dict[str, str]) -> None:
        self.rows = rows
        self.aliases = aliases
        self.made: dict[str, Entry] = {}

    def entry(self, name: str) -> Entry | None:
        found = self.made.get(name)
        if found is None:
            row = self.rows.get(name)
            if row is not None:
                found = self.made[name] = decode(name, row)
        return found

    def __contains__(self, name: str) -> bool:
        return name in self.rows or name in self.made

    def names(self) -> Iterable[str]:
        """Every name that has an entry or is an alias."""
        return {**self.rows, **self.made, **self.aliases}


class Compiled:
    """The compiled file, read at the first question."""

    def __init__(self) -> None:
        self._text: bytes | None = None

    def table(self, top: str) -> Table:
        """What we know of the library ``top``; an empty table where that is nothing."""
        if self._text is None:
            with open(COMPILED, "rb") as file:  # not pathlib: slow to import
                self._text = file.read()
        start = self._text.find(f'\n{{"{top}":'.encode())
        if start < 0:
            return Table({}, {})
        end = self._text.index(b"\n", start + 1)
        rows, aliases = json.loads(self._text[start + 1 : end])[top]
        return Table(rows, aliases)


def decode(name: str, row: dict[str, Any]) -> Entry:
    """An entry from its plain form: lists for tuples, ``[parameter, value]`` for conditions, ``[gives, name]`` for the
    result."""
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key == "returns":
            values[key] = Result(*value)
        elif type(value) is not list:
            values[key] = value
        elif key in CONDITION_FIELDS:
            values[key] = tuple(Argument(*item) for item in value)
        elif key == "attributes":
            values[key] = tuple((attribute, type_) for attribute, type_ in value)
        elif key == "returns_if":
            values[key] = tuple((Argument(*condition), type_) for condition, type_ in value)
        else:
            values[key] = tuple(value)
    return Entry(name, **values)
