"""TOML tables to entries, with errors that name file, key and the nearest valid field.

In: the text of a knowledge file (ours or a user's). Out: ``Library`` - its entries and aliases by name.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, get_args

from finlint.knowledge.entries import (
    CONDITION_FIELDS,
    Argument,
    Entry,
    Handoff,
    KnowledgeError,
    Lasts,
    Result,
    TellsOver,
    WhenOver,
    result,
)
from finlint.model.codes import BLOCKING_KINDS
from finlint.model.toml import parsed

#: Fields with a closed set of words.
_CHOICES: dict[str, frozenset[str]] = {
    "kind": BLOCKING_KINDS,
    "lasts": frozenset(get_args(Lasts)),
    "handoff": frozenset(get_args(Handoff)),
    "tells_over": frozenset(get_args(TellsOver)) - {""},
    "when_over": frozenset(get_args(WhenOver)) - {""},
}

_FLAGS = frozenset(
    {
        "is_class",
        "is_abstract",
        "starts_thread",
        "releases",
        "no_return",
        "holds",
        "is_async",
        "inner_lock",
        "deadlocks",
    }
)
_NAMES = frozenset(
    {"bases", "parameters", "calls", "calls_methods", "drives", "consumes", "receiver_calls"}
    | {"nonblocking_given", "pipes"}
)
_FIELDS = frozenset(Entry._fields) - {"name"}
#: The table of a file that maps names to the names that entries use.
ALIASES = "aliases"


class Library(NamedTuple):
    """One knowledge file, validated."""

    entries: dict[str, Entry]
    aliases: dict[str, str]


def load_toml(text: str, source: str) -> dict[str, Any]:
    """The tables of a TOML text; ``source`` names it in errors."""
    try:
        return parsed(text)
    except ValueError as error:
        raise KnowledgeError(f"{source}: not valid TOML: {error}") from None
    except RecursionError:
        raise KnowledgeError(f"{source}: not read: nested too deeply") from None


def parse_library(tables: Mapping[str, Any], source: str) -> Library:
    """All entries and aliases of one file, validated."""
    entries: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    for name, table in tables.items():
        if name == ALIASES:
            aliases = _aliases(table, source)
        else:
            entries[name] = parse_entry(name, table, source)
    return Library(entries, aliases)


def parse_entry(name: str, table: Any, source: str) -> Entry:
    """One table as an entry; raises ``KnowledgeError`` for whatever does not fit the shape."""
    if not isinstance(table, Mapping):
        raise KnowledgeError(f'{source}: "{name}" must be a table, as ["{name}"]')
    if "." not in name or not all(part.isidentifier() for part in name.split(".")):
        hint = "is not a qualified name such as package.Class.method"
        if all(isinstance(value, Mapping) for value in table.values()):
            hint += f'; write the name in quotes: ["{name}...."]'
        raise KnowledgeError(f'{source}: "{name}" {hint}')
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _FIELDS:
            raise KnowledgeError(f'{source}: "{name}": unknown field "{key}"{_nearest(key, _FIELDS)}')
        values[key] = _value(value, key, f'{source}: "{name}": {key}')
    return Entry(name, **values)


def _value(value: Any, key: str, where: str) -> Any:
    if key in _FLAGS:
        return _expect(value, bool, "true or false", where)
    if key in _NAMES:
        return _strings(value, where)
    if key in CONDITION_FIELDS:
        return tuple(_condition(text, where) for text in _strings(value, where))
    if key == "returns_if":
        return tuple(_returns_if(text, where) for text in _strings(value, where))
    if key == "attributes":
        if not isinstance(value, Mapping) or not all(isinstance(item, str) for item in value.values()):
            raise KnowledgeError(f'{where} must be a table of types, as {{stdout = "io.BufferedReader"}}')
        return tuple(value.items())
    text = _expect(value, str, "a string", where)
    if key == "returns":
        return _returns(text, where)
    if key in _CHOICES:
        _choice(text, _CHOICES[key], where)
    return text


def _aliases(table: Any, source: str) -> dict[str, str]:
    if not isinstance(table, Mapping) or not all(isinstance(item, str) for item in table.values()):
        raise KnowledgeError(f'{source}: [aliases] must map names to names, as "a.b" = "c.d"')
    return dict(table)


def _strings(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise KnowledgeError(f"{where} must be a list of strings")
    return tuple(value)


def _expect(value: Any, kind: type, description: str, where: str) -> Any:
    if not isinstance(value, kind):
        raise KnowledgeError(f"{where} must be {description}")
    return value


def _choice(text: str, choices: frozenset[str], where: str) -> None:
    if text not in choices:
        raise KnowledgeError(f'{where} has no value "{text}"{_nearest(text, choices)}')


def _condition(text: str, where: str) -> Argument:
    parameter, equals, literal = text.partition("=")
    parameter = parameter.strip()
    if not equals or not parameter.isidentifier():
        raise KnowledgeError(f'{where}: "{text}" must read "parameter=value"')
    try:
        return Argument(parameter, _literal(literal.strip()))
    except ValueError:
        raise KnowledgeError(f'{where}: "{literal.strip()}" is not a Python constant') from None


def _returns(text: str, where: str) -> Result:
    try:
        return result(text)
    except ValueError:
        raise KnowledgeError(f'{where}: "{text}" is no type, nor "arg:NAME", "entered:NAME" and the like') from None


def _returns_if(text: str, where: str) -> tuple[Argument, str]:
    condition, arrow, result = text.partition("->")
    if not arrow or not result.strip():
        raise KnowledgeError(f'{where}: "{text}" must read "parameter=value -> type"')
    return _condition(condition, where), result.strip()


@cache
def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(text) from None


def _nearest(word: str, choices: frozenset[str]) -> str:
    near = difflib.get_close_matches(word, sorted(choices), n=1, cutoff=0.5)
    if near:
        return f'; did you mean "{near[0]}"?'
    return "; valid: " + ", ".join(choice for choice in sorted(choices) if choice)
