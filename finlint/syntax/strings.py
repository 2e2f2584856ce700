"""Where the strings of a text are that span lines, found without reading the rest of it.

A line inside such a string may look like anything, a ``def`` or the end of a block included. Only a line with three
quotes in a row, or with a backslash at its end, opens one: the other lines are passed at the speed of ``str.find``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

_OPENER = re.compile(r"#|\"\"\"|'''|\"|'")
#: The rest of a string of single quotes, whose escapes may be line ends.
_REST = {quote: re.compile(rf"(?:[^{quote}\\\n]|\\[\s\S])*{quote}") for quote in "\"'"}

# Since Python 3.12 a replacement field of an f-string may hold its quotes, line ends and comments. We know where one
# ends that holds strings of plain characters at most, and ``#`` only as a format; where a text has others, its reader
# is to look at all of it.
_PLAIN = "[^{}\"'#\\\\\n]"
_FIELD = (
    rf"\{{(?:(?:{_PLAIN}|'{_PLAIN}*'|\"{_PLAIN}*\"|\{{{_PLAIN}*\}})*"
    rf"|[\w.]+(?:\([\w.]*\))?:{_PLAIN.replace('#', '')}*)\}}"
)
_FIELD_OF_LINES = re.compile(_FIELD.replace("\n]", "]"))
_FORMATTED = {quote: re.compile(rf"(?:[^{quote}{{\\\n]|\\[^{{]|\\(?=\{{)|\{{\{{|{_FIELD})*{quote}") for quote in "\"'"}
#: One expression for each letter: a search for what begins with one letter is ten times as fast as for either.
_ODD = [
    re.compile(
        letter + "[rR]?(?:" + "|".join(f"{q}(?!{q}{q})(?!{rest.pattern})" for q, rest in _FORMATTED.items()) + ")"
    )
    for letter in "fF"
]


class UnclearError(Exception):
    """The text may be read in more than one way: it has to be parsed."""


def strings_of_lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each string of ``text`` with a line end in it, in order. Raises UnclearError.

    What it yields holds for any text that is Python; of others it may be wrong.
    """
    size = len(text)
    searches = [partial(text.find, mark) for mark in ('"""', "'''", "\\\n")]
    searches += [partial(_odd, pattern, text) for pattern in _ODD]
    places = [-1] * len(searches)
    at = 0
    while True:
        for number, place in enumerate(places):
            if place < at:
                place = searches[number](at)
                # One that is not there any more is behind the end.
                places[number] = place if place >= 0 else size
        near = min(places)
        if near == size:
            return
        # Nothing is open where the line begins.
        start, end = _opened(text, max(at, text.rfind("\n", at, near) + 1), near)
        if start >= 0 and "\n" in text[start:end]:
            yield start, end
        at = end


def _odd(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the quote is of the next f-string that we cannot tell the end of; -1 where there is none."""
    match = pattern.search(text, at)
    return match.end() - 1 if match is not None else -1


def _opened(text: str, at: int, near: int) -> tuple[int, int]:
    """The string that is open at ``near``, where a mark stands, or opened by it; ``at`` is before it on the same line,
    outside strings. (-1, where to go on) where the mark neither opens a string nor stands in one."""
    head = text[at:near]
    if "#" not in head and '"' not in head and "'" not in head:
        if text[near] == "\\":
            return -1, near + 2
        at = near
    while True:
        match = _OPENER.search(text, at, near + 3)
        if match is None or match.start() > near:
            return -1, near + 2
        opener, start = match.group(), match.start()
        if opener == "#":
            end = text.find("\n", start)
            return -1, end if end >= 0 else len(text)
        if len(opener) == 3:
            return _triple(text, start)
        rest = (_FORMATTED if _is_formatted(text, start) else _REST)[opener].match(text, start + 1)
        if rest is None:
            raise UnclearError
        at = rest.end()
        if at > near:
            return start, at


def _triple(text: str, start: int) -> tuple[int, int]:
    """The string that three quotes at ``start`` open."""
    quotes = text[start : start + 3]
    end = text.find(quotes, start + 3)
    while end >= 0 and text[end - 1] == "\\" and _is_escaped(text, start + 3, end):
        end = text.find(quotes, end + 1)
    if end < 0:
        raise UnclearError
    if _is_formatted(text, start):
        fields = text[start + 3 : end].replace("{{", "")
        if "{" in _FIELD_OF_LINES.sub("", fields):
            raise UnclearError
    return start, end + 3


def _is_escaped(text: str, start: int, at: int) -> bool:
    """Whether an odd number of backslashes stands before ``at``."""
    count = 0
    while at - count > start and text[at - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _is_formatted(text: str, quote: int) -> bool:
    """Whether the string whose quotes begin there may be an f-string."""
    return "f" in text[max(quote - 2, 0) : quote].lower()
