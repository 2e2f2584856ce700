"""The text of a file without the bodies of its functions: what its outline is made of, at a fraction of the cost.

``def name(a, b): ...`` becomes ``def name(): pass``, with the ``pass`` on the last line of the body and the lines
between left empty: whatever is left stands where it stood, and each definition ends where it ended.

A body ends before the next line that is not indented more than its ``def``. Blank lines, comments, lines inside
strings and lines that begin with a closing bracket are no such lines. Where a line of a bracket is taken for one, the
bracket is left without its beginning; where a line of the body is, which needs tabs and spaces mixed, it is left
indented under nothing: that text is no Python, and the whole has to be parsed.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache

from finlint.syntax.strings import UnclearError, strings_of_lines

_DEF = re.compile(r"def[ \t]+\w+")
_BLANKS = " \t"
_NO_STRING = (sys.maxsize, sys.maxsize)
#: An indentation that a form feed undoes.
_RESET = re.compile(r"\n[ \t]+\f")


def without_bodies(text: str) -> str | None:
    """``text`` without bodies, None where they cannot be told apart for certain.

    If ``text`` is Python and the result can be parsed, both have the same outline. Of a text that is no Python the
    result may be Python.
    """
    text = "\n" + text
    if "\f" in text and _RESET.search(text) is not None:
        return None
    try:
        return _without_bodies(text)[1:]
    except UnclearError:
        return None


class _Strings:
    """The strings of a text that span lines, asked from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._rest = strings_of_lines(text)
        #: Where the last string ended that is not behind the place asked for.
        self.passed = 0
        self._start, self._end = next(self._rest, _NO_STRING)

    def around(self, at: int) -> int:
        """The end of the string that ``at`` is inside of; 0 outside."""
        while self._end <= at:
            self.passed = self._end
            self._start, self._end = next(self._rest, _NO_STRING)
        return self._end if self._start < at else 0


def _without_bodies(text: str) -> str:
    size = len(text)
    strings = _Strings(text)
    pieces: list[str] = []
    done = at = 0
    while True:
        # Far quicker than an expression. A ``def`` before a tab stays, and what is defined in it may be emptied.
        at = text.find("def ", at)
        if at < 0:
            pieces.append(text[done:])
            return "".join(pieces)
        line = text.rfind("\n", 0, at) + 1
        before = text[line:at]
        match = _DEF.match(text, at)
        inside = strings.around(at)
        if inside or match is None or before.strip(_BLANKS) not in ("", "async"):
            at = inside or at + len("def ")
            continue
        if text[line - 2 : line - 1] == "\\":
            raise UnclearError
        head = at = match.end()
        find = _less_indented(before[: len(before) - len(before.lstrip(_BLANKS))]).search
        while True:
            found = find(text, at)
            at = found.start() if found is not None else size
            inside = strings.around(at)
            if not inside:
                break
            at = inside
        if text[at - 1] == "\\":
            raise UnclearError
        last = _last_line(text, at, max(head, strings.passed))
        pieces += text[done:head], "(", "\n" * text.count("\n", head, last), "): pass"
        done = last


def _last_line(text: str, stop: int, floor: int) -> int:
    """The end of the last line before ``stop`` that holds more than a comment; ``floor`` is on no line behind it."""
    while True:
        begin = text.rfind("\n", floor, stop) + 1
        if begin == 0:
            # The line of ``floor``.
            return stop
        first = text[begin:stop].lstrip()[:1]
        if first and first != "#":
            return stop
        stop = begin - 1


@lru_cache(maxsize=64)
def _less_indented(indentation: str) -> re.Pattern[str]:
    """The line end before a statement that is not indented more than this."""
    return re.compile(rf"\n(?!{indentation}[ \t]|[ \t\f]*(?:[#)\]}}\n]|\Z))")
