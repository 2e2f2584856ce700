"""Class statements and what stands between their parentheses, found in bytes without parsing.

Bytes of UTF-8 are read as they are: whatever is not ASCII counts as part of a name. Every byte is looked at a bounded
number of times, however long a line, a header or a file is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The name of a class that begins behind the word ``class``.
_NAME = re.compile(rb"class[ \t\f]+([\w\x80-\xff]+)")
#: What the header of most classes is made of: no parameters, calls, texts or comments.
_PLAIN = re.compile(rb"[ \t\f]*\(([^()\[\]{}\"'#:]*)\)")
#: What opens and closes, the ends of lines (with the next class statement, where one follows), and what is not to be
#: looked into: comments, and texts on one line.
_MARK = re.compile(
    rb"""[()\[\]{}:]|\\\r?\n|[\r\n](?:[ \t\f]*class[ \t\f])?|\#[^\r\n]*"""
    rb"""|"[^"\\\r\n]*(?:\\[\s\S][^"\\\r\n]*)*"?|'[^'\\\r\n]*(?:\\[\s\S][^'\\\r\n]*)*'?"""
)
_BLANK = b" \t\f"


def headers_in(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The classes of a file that have bases: the name, and what is between the parentheses."""
    # An expression that looks for the word by itself takes seven times as long.
    at = data.find(b"class")
    while at >= 0:
        named = _NAME.match(data, at)
        if named is None:
            at = data.find(b"class", at + 5)
            continue
        plain = _PLAIN.match(data, named.end())
        if plain is not None:
            yield named[1], plain[1]
            at = plain.end()
        elif _begins_line(data, at):
            bases = _Bases(data, named.end())
            at = named.end()
            if bases.opening >= 0:
                at = bases.end(len(data))
                yield named[1], data[bases.opening + 1 : at]
        else:
            at = named.end()
        at = data.find(b"class", at)


class Headers:
    """In which class statement's parentheses places of ``data`` stand, asked from the first to the last."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._read = 0
        self._name = b""
        self._bases: _Bases | None = None

    def around(self, at: int) -> bytes:
        """The class in whose parentheses ``at`` stands; empty if it is none's."""
        start = self._data.rfind(b"class", self._read, at)
        while start >= 0:
            named = _NAME.match(self._data, start)
            if named is not None and _begins_line(self._data, start):
                self._name = named[1]
                self._bases = _Bases(self._data, named.end())
                break
            start = self._data.rfind(b"class", self._read, start)
        self._read = at
        return self._name if self._bases is not None and self._bases.hold(at) else b""


class _Bases:
    """The parentheses of one class statement, which begin behind ``start``; read as far as somebody asks, and never
    into the next one.

    ``opening`` is where they open, -1 where there are none.
    """

    def __init__(self, data: bytes, start: int) -> None:
        self._marks = _MARK.finditer(data, start)
        self._depth = 0
        self.opening = -1
        self._next = next(self._marks, None)
        # Type parameters stand in brackets before them.
        while self._next is not None and not (self._depth <= 0 and self._next[0] in (b"(", b":", b"\n", b"\r")):
            self._step()
        if self._next is not None and self._next[0] == b"(":
            self.opening = self._next.start()
            self._step()

    def _step(self) -> None:
        mark = b"" if self._next is None else self._next[0]
        self._next = next(self._marks, None)
        if mark in (b"(", b"[", b"{"):
            self._depth += 1
        elif mark in (b")", b"]", b"}"):
            self._depth -= 1
        elif len(mark) > 1 and mark[0] in b"\r\n":
            self._depth, self._next = 0, None

    def hold(self, at: int) -> bool:
        """Whether ``at`` is between them."""
        while self._depth > 0 and self._next is not None and self._next.start() < at:
            self._step()
        return self._depth > 0 and 0 <= self.opening < at

    def end(self, last: int) -> int:
        """Where they close; ``last`` where they do not."""
        while self._depth > 0 and self._next is not None:
            last = self._next.start()
            self._step()
        return last


def _begins_line(data: bytes, at: int) -> bool:
    while at and data[at - 1] in _BLANK:
        at -= 1
    return not at or data[at - 1] in b"\r\n"
