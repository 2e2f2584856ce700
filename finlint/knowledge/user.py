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


def read_user_files(paths: Iterable[str | PathLike[str]]) -> dict[str, Table]:
    """Entries and aliases of all files; of two that describe one name, the later file's holds."""
    result: dict[str, Table] = {}
    for path in paths:
        library = parse_library(load_toml(_text(path), str(path)), str(path))
        for name, entry in library.entries.items():
            _table(result, name).made[name] = entry
        for name, target in library.aliases.items():
            _table(result, name).aliases[name] = target
    return result


def _text(path: str | PathLike[str]) -> str:
    try:
        return read_regular(os.fspath(path), MAX_BYTES).decode("utf-8")
    except OSError as error:
        raise KnowledgeError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise KnowledgeError(f"{path}: is not UTF-8") from None


def _table(result: dict[str, Table], name: str) -> Table:
    return result.setdefault(name.partition(".")[0], Table({}, {}))
