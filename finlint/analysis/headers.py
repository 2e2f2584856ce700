"""Class headers of many files, read without parsing: who may inherit from whom, by last name.

One pass over the bytes answers every later question; only files that may really hold a subclass are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

_HEADER = re.compile(rb"\bclass\s+(\w+)\s*\(([^)]*)\)")
_WORD = re.compile(rb"[^\W\d]\w*")


class Header(NamedTuple):
    """A class with bases: the file that holds it, and its name."""

    path: str
    name: str


class Headers:
    """``class Name(bases)`` of all ``files``, by the words among the bases. ``read`` gives a file's bytes or None."""

    def __init__(self, files: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self._by_base: dict[bytes, list[Header]] = {}
        for path in files:
            data = read(path)
            if data is None or b"class" not in data:
                continue
            for name, bases in _HEADER.findall(data):
                header = Header(path, name.decode("utf-8", "replace"))
                for word in set(_WORD.findall(bases)):
                    self._by_base.setdefault(word, []).append(header)

    def naming(self, base: str) -> list[Header]:
        """Headers with ``base`` among their bases, in the order of the files."""
        return self._by_base.get(base.encode(), [])


_IMPORTED = re.compile(rb"[\s\w,.]*\(?[\s\w,]*\)?\s*(?:#.*)?\Z")


def brings(data: bytes, name: str) -> bool:
    """Whether a file may get ``name`` from another one: by an import (a star too), or as an attribute."""
    word = name.encode()
    at = data.find(word)
    while at >= 0:
        end = at + len(word)
        if not _is_word(data[end : end + 1]) and not _is_word(data[at - 1 : at] if at else b""):
            if data[at - 1 : at] == b".":
                return True
            start = data.rfind(b"\n", 0, at) + 1
            stop = data.find(b"\n", end)
            line = data[start : stop if stop >= 0 else len(data)]
            if b"import" in line:
                return True
            # Within the parentheses of an import a line holds names and commas only.
            if (_IMPORTED.match(line) and b"import (" in data) or b"import \\" in data:
                return True
        at = data.find(word, end)
    return b"import *" in data


def _is_word(character: bytes) -> bool:
    return character.isalnum() or character == b"_"
