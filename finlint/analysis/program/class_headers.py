"""Class headers of many files, read without parsing: who may inherit from whom, by last name.

One pass over the bytes answers every later question; only files that may really hold a subclass are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from finlint.scan.headers import headers_in
from finlint.scan.tokens import NAMING
from finlint.scan.words import byte_starts

_WORD = re.compile(rb"(?![0-9])[\w\x80-\xff]+")


def named_in(data: bytes) -> list[tuple[str, set[bytes]]]:
    """The classes of a file that have bases: name, and the words between the parentheses."""
    return [(name.decode("utf-8", "replace"), set(_WORD.findall(bases))) for name, bases in headers_in(data)]


class Headers:
    """The files among ``paths`` that name a class as a base. ``read`` gives a file's bytes or None."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self._by_base: dict[bytes, list[str]] = {}
        for path in paths:
            data = read(path)
            if data is not None:
                for word in {word for _, words in named_in(data) for word in words}:
                    self._by_base.setdefault(word, []).append(path)

    def holding(self, words: Iterable[str]) -> dict[str, list[str]]:
        """For each file those of ``words`` that it names as a base."""
        out: dict[str, list[str]] = {}
        for word in sorted(words):
            for path in self._by_base.get(word.encode(), []):
                out.setdefault(path, []).append(word)
        return out


#: What a line holds within the parentheses of an import, but for a comment and the parentheses themselves.
_IMPORTED = bytes(c for c in range(256) if chr(c).isspace() or c in NAMING or c in b",.")


def brings(data: bytes, name: str) -> bool:
    """Whether a file may get ``name`` from another one: by an import (a star too), or as an attribute."""
    word = name.encode()
    listed: bool | None = None
    #: Where the line ends that has been looked at.
    seen = -1
    for at in byte_starts(data, word):
        if data[at - 1 : at] == b".":
            return True
        if at > seen:
            start = data.rfind(b"\n", 0, at) + 1
            seen = data.find(b"\n", at + len(word))
            seen = seen if seen >= 0 else len(data)
            line = data[start:seen]
            if b"import" in line:
                return True
            if listed is None:
                if b"import \\" in data:
                    return True
                listed = b"import (" in data
            # Within the parentheses of an import a line holds names and commas only.
            if listed and line.partition(b"#")[0].translate(None, _IMPORTED) in (b"", b"(", b")", b"()"):
                return True
    return b"import *" in data
