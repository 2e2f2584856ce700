"""The user's own knowledge files.

In: paths of TOML files of the same shape as ours. Out: tables by top-level library; ``KnowledgeError`` for
whatever cannot be read or does not fit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from os import PathLike

from finlint.knowledge.entries import KnowledgeError
from finlint.knowledge.libraries import Table
from finlint.knowledge.parse import load_toml, parse_library
from finlint.model.regular import read_regular

#: A knowledge file of more bytes is something else.
MAX_BYTES = 20_000_000
#: What a chain of the user's aliases may take, the first name included; ours go on for four at most.
MAX_ALIASES = 13


def read_user_files(paths: Iterable[str | PathLike[str]]) -> dict[str, Table]:
    """Entries and aliases of all files; of two that describe one name, the later file's holds."""
    result: dict[str, Table] = {}
    for path in paths:
        library = parse_library(load_toml(_text(path), str(path)), str(path))
        for name, entry in library.entries.items():
            _table(result, name).made[name] = entry
        for name, target in library.aliases.items():
            _table(result, name).aliases[name] = target
    _judge_aliases(result)
    return result


def _judge_aliases(tables: dict[str, Table]) -> None:
    """Raises KnowledgeError where an alias is one of an alias, and so on, more often than anybody would follow it. (One
    that leads back to itself has no meaning, and is left alone.)"""
    aliases = {name: target for table in tables.values() for name, target in table.aliases.items()}
    for name in aliases:
        target, used = name, {""}
        prefix = name
        while prefix not in used:
            used.add(prefix)
            if len(used) > MAX_ALIASES:
                raise KnowledgeError(f"aliases: {name} leads on more than {MAX_ALIASES - 1} times; name what it is")
            target = aliases[prefix] + target[len(prefix) :]
            prefix = _known_prefix(target, aliases)


def _known_prefix(name: str, aliases: dict[str, str]) -> str:
    while name and name not in aliases:
        name = name.rpartition(".")[0]
    return name


def _text(path: str | PathLike[str]) -> str:
    try:
        return read_regular(os.fspath(path), MAX_BYTES).decode("utf-8")
    except OSError as error:
        raise KnowledgeError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise KnowledgeError(f"{path}: is not UTF-8") from None


def _table(result: dict[str, Table], name: str) -> Table:
    return result.setdefault(name.partition(".")[0], Table({}, {}))
