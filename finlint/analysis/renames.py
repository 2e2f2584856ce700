"""Other names of a class: what a text assigns it to, and the classes that inherit from it.

Decided around each place where the name stands, so that a text without it costs one search for a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlint.analysis.nodes import word_starts

#: ``cursor_factory = Cursor``, ``factory: type = other or pkg.Cursor``, also as an argument: (new name, what it means).
_ASSIGNED = re.compile(
    r"\b(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*(?:[^=\n]+[ \t](?:or|else)[ \t]+)?(?:\w+\.)*(\w+)[ \t]*(?:[,)#\n]|if\b|$)"
)
_HEADER = re.compile(r"class[ \t]+(\w+)[ \t]*\([^)]*")

#: Characters that a class's header may have before the base in question.
_MAX_HEADER = 2_000


def other_names(text: str, cls: str) -> Iterator[str]:
    """Names that ``text`` gives the class ``cls``: of variables, parameters and direct subclasses."""
    seen = -1
    for start in word_starts(text, cls):
        heir = _heir(text, start)
        if heir:
            yield heir
        first = text.rfind("\n", 0, start) + 1
        if first == seen:
            continue
        seen = first
        last = text.find("\n", start)
        line = text[first : last + 1 if last >= 0 else len(text)]
        if "=" in line:
            yield from (name for name, meant in _ASSIGNED.findall(line) if meant == cls)


def heirs(text: str, cls: str) -> Iterator[str]:
    """Names of the classes of ``text`` that name ``cls`` among their bases."""
    for start in word_starts(text, cls):
        heir = _heir(text, start)
        if heir:
            yield heir


def _heir(text: str, at: int) -> str:
    """The class in whose parentheses ``text[at]`` stands; "" if it is none's."""
    start = text.rfind("class", max(0, at - _MAX_HEADER), at)
    if start < 0 or text[text.rfind("\n", 0, start) + 1 : start].strip(" \t"):
        return ""
    header = _HEADER.match(text, start)
    return header[1] if header is not None and header.end() > at and header.end(1) < at else ""
