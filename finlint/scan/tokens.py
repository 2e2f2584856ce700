"""Words without which a file has no finalizer: the byte prefilter's. Every run imports it, so it imports little."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from finlint.scan.abandoned import guarded_yields

#: One of these stands in a file that has a registration of a known registrar, or defines a finalizer.
TOKENS: tuple[bytes, ...] = (
    b"__del__",
    b"weakref",
    b"Finalize",
    b"gc.callbacks",
    b"gc import",
    b"gc as ",
    b"set_finalizer",
    b"add_cleanup",
)

#: Last names of classes of libraries whose finalizers run methods that a subclass may define. A test compares them with
#: the knowledge of libraries.
HERITABLE: frozenset[bytes] = frozenset(
    {
        b"AbstractBufferedFile",
        b"BZ2File",
        b"BaseStream",
        b"BsdDbShelf",
        b"BufferedIOBase",
        b"BufferedRWPair",
        b"BufferedRandom",
        b"BufferedReader",
        b"BufferedWriter",
        b"BytesIO",
        b"CompleteDirs",
        b"DbfilenameShelf",
        b"DecompressReader",
        b"ExFileObject",
        b"FS",
        b"FancyURLopener",
        b"FileIO",
        b"FileInput",
        b"GzipDecodedResponse",
        b"GzipFile",
        b"HTTPResponse",
        b"IOBase",
        b"IPInstrument",
        b"Instrument",
        b"LZMAFile",
        b"MessageBasedResource",
        b"PyZipFile",
        b"RawIOBase",
        b"Serial",
        b"SharedMemory",
        b"Shelf",
        b"SocketIO",
        b"SpooledTemporaryFile",
        b"StringIO",
        b"Telnet",
        b"TextIOBase",
        b"TextIOWrapper",
        b"URLopener",
        b"VectorEnv",
        b"VisaInstrument",
        b"Wave_read",
        b"Wave_write",
        b"ZipExtFile",
        b"ZipFile",
        b"_BufferedIOBase",
        b"_GzipReader",
        b"_IOBase",
        b"_RawIOBase",
        b"_TextIOBase",
        b"spawn",
        b"tqdm",
    }
)

#: Bytes of a header that are looked at; a longer one may name anything.
_LONGEST = 10_000
#: Bytes of names: whatever is not ASCII counts as part of one.
NAMING = frozenset(c for c in range(256) if chr(c).isalnum() or c in b"_" or c > 127)
#: Spaces for all that no name has in it.
SEPARATED = bytes(c if c in NAMING else 32 for c in range(256))
#: What the header of most classes is made of, but for parentheses.
_PLAIN = bytes(NAMING) + b".,= \r\n\t"


def may_hold_finalizer(data: bytes, tokens: Iterable[bytes] = TOKENS, heritable: Container[bytes] = HERITABLE) -> bool:
    """Whether a file may define or register a finalizer, inherit one, or have a generator that is one, by its bytes."""
    for token in tokens:
        if token in data:
            return True
    return next(headers_naming(data, heritable), None) is not None or next(guarded_yields(data), None) is not None


def headers_naming(data: bytes, names: Container[bytes]) -> Iterator[int]:
    """Where class statements begin whose headers name one of ``names`` as (a part of) a base, or what the file calls it
    (``from zipfile import ZipFile as Archive``)."""
    if b"\t" in data:
        data = data.replace(b"\t", b" ")
    others: frozenset[bytes] | None = None
    at = data.find(b"class ")
    while at >= 0:
        following = data.find(b"class ", at + 6)
        words = _words(data, at, min(following if following >= 0 else len(data), at + _LONGEST))
        if words is None:
            yield at
        elif words:
            if others is None:
                others = frozenset(_renamed(data, names))
            if any(word in names or word in others for word in words):
                yield at
        at = following


def _renamed(data: bytes, names: Container[bytes]) -> Iterator[bytes]:
    """The names that follow one of ``names`` and ``as``."""
    at = data.find(b" as ")
    while at >= 0:
        if _word_before(data, at) in names:
            yield _word_after(data, at + 4)
        at = data.find(b" as ", at + 4)


def _word_before(data: bytes, at: int) -> bytes:
    size = 60
    while True:
        words = data[max(0, at - size) : at].translate(SEPARATED).rsplit(None, 1)
        if len(words) > 1 or size >= at:
            return words[-1] if words else b""
        size *= 2


def _word_after(data: bytes, at: int) -> bytes:
    size = 60
    while True:
        words = data[at : at + size].translate(SEPARATED).split(None, 1)
        if len(words) > 1 or at + size >= len(data):
            return words[0] if words else b""
        size *= 2


def _words(data: bytes, at: int, last: int) -> list[bytes] | None:
    """The words between the parentheses of the class statement at a place, which ends before ``last``; none where there
    are none, None where it has not ended by then."""
    colon = data.find(b":", at, last)
    # Most headers are nothing but names in one pair of parentheses.
    if colon >= 0 and data[at:colon].translate(None, _PLAIN) in (b"", b"()"):
        return data[at:colon].partition(b"(")[2].translate(SEPARATED).split()
    depth = 0
    opening = -1
    while at < last:
        what = data[at : at + 1]
        if what in b"([{":
            if what == b"(" and not depth and opening < 0:
                opening = at
            depth += 1
        elif what in b")]}":
            depth -= 1
        elif what in b"#\"'":
            # A comment, or a text on one line: what is in there ends nothing.
            at = data.find(b"\n" if what == b"#" else what, at + 1, last)
            if at < 0:
                break
            if what == b"#":
                continue
        elif what == b"\\":
            at += 1
        elif depth <= 0 and what == b":":
            return data[opening:at].translate(SEPARATED).split() if opening >= 0 else []
        elif depth <= 0 and what == b"\n":
            return []
        at += 1
    return None if depth > 0 and last < len(data) else []
