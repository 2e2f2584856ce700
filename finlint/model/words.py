"""Looking in text for words, and for where a class gets a subclass or another name."""

from __future__ import annotations

import re
from collections.abc import Iterator


def word_starts(text: str, word: str, *, before: bool = True) -> Iterator[int]:
    """Where ``word`` stands in ``text`` as a whole; ``before``: also nothing of a name in front of it.

    What a regular expression with ``\\b`` finds, at the speed of ``str.find``.
    """
    size = len(word)
    at = text.find(word)
    while at >= 0:
        after = text[at + size : at + size + 1]
        if not (after.isalnum() or after == "_"):
            front = text[at - 1 : at] if before else ""
            if not (front.isalnum() or front == "_"):
                yield at
        at = text.find(word, at + size)


#: What may be looked for besides a word itself.
SUBCLASSES = "subclasses"
NAMES = "names"


def subclasses_of(name: str) -> str:
    """The pattern of a direct subclass of the class ``name``; its group is the subclass."""
    return rf"^[ \t]*class[ \t]+(\w+)[ \t]*\([^)]*\b{re.escape(name)}\b"


def names_of(name: str) -> str:
    """The pattern of names that may mean the class ``name``: what it is assigned to, and its direct subclasses."""
    return f"{_assigned(name)}|{subclasses_of(name)}"


def _assigned(name: str) -> str:
    """Within one line."""
    end = r"[ \t]*(?:[,)#\n]|if\b|$)"
    value = rf"(?:[^=\n]+[ \t](?:or|else)[ \t]+)?(?:\w+\.)*{re.escape(name)}{end}"
    return rf"\b(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*{value}"


def holds(data: bytes, text: str, form: str) -> bool:
    """Whether ``text`` stands in ``data``; as ``form``, a subclass of that class or another name of it, if one is asked
    for."""
    word = text.encode()
    if word not in data:
        return False
    if not form or re.search(subclasses_of(text).encode(), data, re.MULTILINE) is not None:
        return True
    return form == NAMES and any(map(re.compile(_assigned(text).encode()).search, _lines_with(word, data)))


def _lines_with(word: bytes, data: bytes) -> Iterator[bytes]:
    at = data.find(word)
    while at >= 0:
        stop = data.find(b"\n", at)
        stop = stop + 1 if stop >= 0 else len(data)
        yield data[data.rfind(b"\n", 0, at) + 1 : stop]
        at = data.find(word, stop)
