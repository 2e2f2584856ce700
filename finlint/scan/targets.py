"""What is given the value that stands at a place of a text, told by the bytes of its line."""

from __future__ import annotations

from finlint.scan.tokens import NAMING

_BLANK = frozenset(b" \t\f")
#: What stands in front of ``=`` where that assigns nothing.
_OPERATORS = frozenset(b"=!<>+-*/%&|^@~")
#: Words before a colon that no annotation follows.
_NO_NAMES = frozenset({b"else", b"try", b"finally"})


class Targets:
    """The names that values of ``data`` are given, asked from the first place to the last, so that a line is read once
    however long it is: ``name = value``, ``name: type = pkg.value``, ``name = x or value``, also as an argument."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._line = self._read = 0
        self._equals = -1
        self._target = b""

    def given(self, start: int) -> bytes:
        """The name that is given what begins at ``start``; empty where there is none."""
        data = self._data
        line = max(data.rfind(b"\n", self._read, start), data.rfind(b"\r", self._read, start)) + 1
        if line:
            self._line = self._read = line
            self._equals = -1
        equals = data.rfind(b"=", self._read, start)
        self._read = start
        if equals >= 0:
            self._equals = equals
            self._target = _assigned(data, self._line, equals)
        if self._equals < 0 or not self._target:
            return b""
        first = self._equals + 1
        while data[start - 1] == 0x2E and start > first:
            begin = _name_start(data, start - 1, first)
            if begin == start - 1:
                return b""
            start = begin
        before = _without_blanks(data, start, first)
        if before == first:
            return self._target
        for word in (b"or", b"else"):
            gap = before - len(word) - 1
            if before < start and gap > first and data[gap] in _BLANK and data.endswith(word, gap, before):
                return self._target
        return b""


def _assigned(data: bytes, line: int, equals: int) -> bytes:
    """The name in front of the ``=`` at a place of a line that begins at ``line``."""
    if equals > line and data[equals - 1] in _OPERATORS:
        return b""
    if equals > line and data[equals - 1] == 0x3A:
        return _name(data, equals - 1, line)
    colon = _annotation(data, line, equals)
    return _name(data, colon if colon >= 0 else equals, line)


def _annotation(data: bytes, line: int, equals: int) -> int:
    """Where the colon of an annotation stands that ends at ``equals``; -1 where there is none."""
    depth = 0
    for at in range(equals - 1, line - 1, -1):
        what = data[at]
        if what in b")]}":
            depth += 1
        elif depth:
            depth -= what in b"([{"
        elif what in b"([{,;=":
            return -1
        elif what == 0x3A:
            end = _without_blanks(data, at, line)
            begin = _name_start(data, end, line)
            name = data[begin:end]
            while begin > line and data[begin - 1] == 0x2E:
                begin = _name_start(data, begin - 1, line)
            begin = _without_blanks(data, begin, line)
            # ``if x: y = value`` and its kin annotate nothing.
            return at if name not in _NO_NAMES and (begin == line or data[begin - 1] in b"(,;") else -1
    return -1


def _name(data: bytes, end: int, first: int) -> bytes:
    end = _without_blanks(data, end, first)
    return data[_name_start(data, end, first) : end]


def _name_start(data: bytes, end: int, first: int) -> int:
    while end > first and data[end - 1] in NAMING:
        end -= 1
    return end


def _without_blanks(data: bytes, end: int, first: int) -> int:
    while end > first and data[end - 1] in _BLANK:
        end -= 1
    return end
