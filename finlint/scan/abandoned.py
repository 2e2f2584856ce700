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
    at = data.find(b"yield")
    while at >= 0:
        if not _within_word(data, at) and _is_guarded(data, at):
            yield at
        at = data.find(b"yield", at + 5)


def _within_word(data: bytes, at: int) -> bool:
    around = data[at - 1 : at] + data[at + 5 : at + 6]
    return any(chr(c).isalnum() or c in b"_." for c in around)


def _is_guarded(data: bytes, at: int) -> bool:
    """Whether a block around a place is left with something to run, and its function is one that is not wrapped."""
    start = data.rfind(b"\n", 0, at) + 1
    indent = _indent(data, start)
    if not _has_block(data, at, indent):
        return False
    guarded = False
    while start > 0 and indent:
        start = data.rfind(b"\n", 0, start - 1) + 1
        depth = _indent(data, start)
        head = _line(data, start + depth)
        if depth >= indent or not head.strip() or head.startswith(_NO_HEAD):
            continue
        indent = depth
        if head.startswith((b"def ", b"async def ")):
            return guarded and not head.startswith(b"async") and _is_bare(data, start, depth)
        if head.startswith(b"class "):
            return False
        guarded = guarded or _guards(data, head, at, depth)
    return False


def _line(data: bytes, start: int) -> bytes:
    """From a place to the end of its line: what stands further on is none of an empty line's."""
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else len(data)]


def _has_block(data: bytes, at: int, indent: int) -> bool:
    """Whether the function around a place has the head of such a block before it, further out: most have not."""
    start = at
    while (start := data.rfind(b"def ", 0, start)) >= 0:
        line = data.rfind(b"\n", 0, start) + 1
        depth = _indent(data, line)
        if depth < indent:
            return any(_has_head(data, word, start, at, depth, indent) for word in (b"try", b"with"))
    return False


def _has_head(data: bytes, word: bytes, start: int, end: int, outer: int, inner: int) -> bool:
    """Whether a line between two places begins with ``word``, at a depth between the two."""
    found = data.find(word, start, end)
    while found >= 0:
        line = data.rfind(b"\n", 0, found) + 1
        if outer < found - line < inner and not data[line:found].strip():
            return True
        found = data.find(word, found + 4, end)
    return False


def _guards(data: bytes, head: bytes, at: int, depth: int) -> bool:
    if head.startswith((b"with ", b"with(")):
        return True
    return head.startswith(b"try") and head[3:].lstrip().startswith(b":") and _cleans_up(data, at, depth)


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
