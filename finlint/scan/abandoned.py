"""Where a text may define a generator that does something when it is freed unfinished: decided by bytes.

Imported by every run, so it imports nothing. A ``yield`` counts that stands within a ``try`` that catches
``GeneratorExit`` or has a ``finally``, or within a ``with``, of a function that no decorator wraps.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Decorators that leave a generator function one. Others hand the generator to somebody who sees to its end (context
#: managers, fixtures, coroutines of old).
TRANSPARENT = frozenset({"staticmethod", "classmethod", "property", "override", "final", "no_type_check"})

#: Clauses of a ``try`` that run when the generator is closed.
_CLAUSES = (b"finally", b"except:", b"except :", b"except BaseException", b"except GeneratorExit", b"except (")
#: What goes on with the ``try``.
_GOES_ON = (b"except", b"else", b"finally")
#: What a line begins with that is a comment, or goes on with a statement.
_NO_HEAD = (b"#", b")", b"]", b"}")
_BLANK = b" \t"


def guarded_yields(data: bytes) -> Iterator[int]:
    """The places of such ``yield``s."""
    scan = _Scan(data)
    at = data.find(b"yield")
    while at >= 0:
        if not _within_word(data, at) and scan.is_guarded(at):
            yield at
        at = data.find(b"yield", at + 5)


def _within_word(data: bytes, at: int) -> bool:
    around = data[at - 1 : at] + data[at + 5 : at + 6]
    return any(chr(c).isalnum() or c in b"_." for c in around)


class _Scan:
    """What is around places of a text, asked from the first to the last: a function may have thousands of them, and
    what was seen on the way out of one is kept for the next."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        #: By the line that a block was left from, and its depth: whether something further out guards, and whether the
        #: function is one that is not wrapped.
        self._around: dict[tuple[int, int], tuple[bool, bool]] = {}
        self._cleaning: dict[int, bool] = {}
        #: By depth: up to where it was looked, where the function begins, its depth, and whether it has such a head.
        self._heads: dict[int, tuple[int, int, int, bool]] = {}

    def is_guarded(self, at: int) -> bool:
        """Whether a block around a place is left with something to run, and its function is one that is not wrapped."""
        data = self._data
        start = data.rfind(b"\n", 0, at) + 1
        indent = _indent(data, start)
        if not self._has_block(at, indent):
            return False
        way: list[tuple[tuple[int, int], bool]] = [((start, indent), False)]
        known = self._around.get((start, indent))
        while known is None:
            if start <= 0 or not indent:
                known = False, False
                break
            start = data.rfind(b"\n", 0, start - 1) + 1
            depth = _indent(data, start)
            head = _line(data, start + depth)
            if depth >= indent or not head.strip() or head.startswith(_NO_HEAD):
                known = self._around.get((start, indent))
                continue
            indent = depth
            if head.startswith((b"def ", b"async def ")):
                known = False, not head.startswith(b"async") and _is_bare(data, start, depth)
            elif head.startswith(b"class "):
                known = False, False
            else:
                way[-1] = way[-1][0], self._guards(start, head, at, depth)
                way.append(((start, indent), False))
                known = self._around.get((start, indent))
        guarded, is_bare = known
        for place, guards in reversed(way):
            guarded = guarded or guards
            self._around[place] = guarded, is_bare
        return guarded and is_bare

    def _has_block(self, at: int, indent: int) -> bool:
        """Whether the function around a place has the head of such a block before it, further out: most have not."""
        data = self._data
        read, function, outer, found = self._heads.get(indent, (0, -1, 0, False))
        start = at
        while (start := data.rfind(b"def ", read, start)) >= 0:
            depth = _indent(data, data.rfind(b"\n", 0, start) + 1)
            if depth < indent:
                read, function, outer, found = start, start, depth, False
                break
        if function >= 0 and not found:
            found = any(_has_head(data, word, read, at, outer, indent) for word in (b"try", b"with"))
        self._heads[indent] = at, function, outer, found
        return found

    def _guards(self, start: int, head: bytes, at: int, depth: int) -> bool:
        if head.startswith((b"with ", b"with(")):
            return True
        if not head.startswith(b"try") or not head[3:].lstrip().startswith(b":"):
            return False
        known = self._cleaning.get(start)
        if known is None:
            known = self._cleaning[start] = _cleans_up(self._data, at, depth)
        return known


def _line(data: bytes, start: int) -> bytes:
    """From a place to the end of its line: what stands further on is none of an empty line's."""
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else len(data)]


def _has_head(data: bytes, word: bytes, start: int, end: int, outer: int, inner: int) -> bool:
    """Whether a line between two places begins with ``word``, at a depth between the two."""
    found = data.find(word, start, end)
    while found >= 0:
        line = found
        while line > start and data[line - 1] in _BLANK:
            line -= 1
        if outer < found - line < inner and data[line - 1 : line] in (b"", b"\n"):
            return True
        found = data.find(word, found + 4, end)
    return False


def _cleans_up(data: bytes, at: int, depth: int) -> bool:
    """Whether the ``try`` at this depth around a place has a clause for ``GeneratorExit``."""
    start = data.find(b"\n", at) + 1
    while start > 0:
        indent = _indent(data, start)
        head = _line(data, start + indent)
        if indent <= depth and head.strip() and not head.startswith(_NO_HEAD):
            if indent < depth or not head.startswith(_GOES_ON):
                return False
            if head.startswith(_CLAUSES):
                return True
        start = data.find(b"\n", start) + 1
    return False


def _is_bare(data: bytes, start: int, depth: int) -> bool:
    """Whether nothing wraps the function whose ``def`` begins on this line."""
    while start > 0:
        start = data.rfind(b"\n", 0, start - 1) + 1
        line = _line(data, start).strip()
        if not line or line.startswith(b"#"):
            continue
        if _indent(data, start) != depth or not line.startswith(b"@"):
            return True
        name = line[1:].partition(b"#")[0].strip().rpartition(b".")[2].decode("latin-1")
        if name not in TRANSPARENT:
            return False
    return True


def _indent(data: bytes, start: int) -> int:
    end = start
    while data[end : end + 1] and data[end] in _BLANK:
        end += 1
    return end - start
