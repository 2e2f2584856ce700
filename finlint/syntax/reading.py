"""Files as bytes and as text.

In: a path, or bytes. Out: bytes, or text with ``\\n`` line ends. What cannot be read or decoded raises Unreadable.
"""

from __future__ import annotations

import os
import re

from finlint.model.regular import read_regular

#: Larger files are data, not code: the biggest hand-written module known to us has 2 MB.
MAX_BYTES = 20_000_000

#: Encodings whose decoders make no text that Python cannot encode again; that of UTF-7 does.
_NO_SURROGATES = frozenset({"ascii", "utf-8", "utf-8-sig", "iso-8859-1"})


#: Parts of one dotted name in an import: CPython's parser takes a time that grows with their square, a tenth of a
#: second for 10,000 and eight for 100,000.
MAX_PARTS = 10_000
_IMPORT = re.compile(r"\b(?:import|from)\b(?:[^\\\n]|\\\n?)*")


class Unreadable(Exception):
    """A file that cannot be read or parsed; ``line`` and ``column`` are 1 where no place is known."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def read_bytes(path: str) -> bytes:
    """The bytes of a regular file. Raises Unreadable with one clear line."""
    try:
        # Not to hang at a FIFO, nor to follow what a device has to say. (pathlib takes as long as the reading.)
        info = os.stat(path)
        if not _is_regular(info.st_mode):
            raise Unreadable("not a regular file")
        if info.st_size > MAX_BYTES:
            raise Unreadable(f"too large: {info.st_size} bytes, the limit is {MAX_BYTES}")
        # Something else may stand there by now.
        return read_regular(path, MAX_BYTES)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise Unreadable(f"cannot be read: {error}") from None


def _is_regular(mode: int) -> bool:
    return mode & 0o170000 == 0o100000


def decode(data: bytes) -> str:
    """Source bytes to text with ``\\n`` line ends, by the rules of PEP 263. Raises Unreadable."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("UTF-16 text: Python source is UTF-8 unless it says otherwise")
    nul = data.find(b"\0")
    if nul >= 0:
        raise Unreadable("source contains a NUL byte: not a text file", data.count(b"\n", 0, nul) + 1)
    try:
        encoding = _encoding(data)
        text = data.decode(encoding)
    except SyntaxError as error:
        raise Unreadable(f"cannot be decoded: {error.msg or error}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"cannot be decoded as {error.encoding}: {error.reason}", line) from None
    except (LookupError, UnicodeError) as error:
        # No codec of text, or one that says less of what is wrong (punycode, undefined).
        raise Unreadable(f"cannot be decoded: {' '.join(str(error).split())}") from None
    if encoding not in _NO_SURROGATES and not _is_unicode(text):
        raise Unreadable(f"cannot be decoded as {encoding}: half of a surrogate pair is no character")
    if text[:1] == "\ufeff":
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count(".") > MAX_PARTS:
        _judge_imports(text)
    return text


def _judge_imports(text: str) -> None:
    """Raises Unreadable where an import's names have more parts than a parser should see."""
    for found in _IMPORT.finditer(text):
        if found[0].count(".") > MAX_PARTS:
            line = text.count("\n", 0, found.start()) + 1
            raise Unreadable(f"an import of more than {MAX_PARTS} dotted names", line)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def encoded(text: str) -> bytes:
    """The text as bytes that decode to itself: a cookie for another encoding would be a lie by now."""
    data = text.encode("utf-8", "surrogatepass")
    return b"\xef\xbb\xbf" + data if b"coding" not in data[:400] else _without_cookie(text)


def decoded_as_written(data: bytes) -> tuple[str, str]:
    """The encoding that a file says it has, and its text with the line ends and the mark that it has, to be written
    again. Raises SyntaxError, UnicodeError, LookupError."""
    encoding = _detected(data)
    return encoding, data.decode(encoding)


def _without_cookie(text: str) -> bytes:
    lines = text.split("\n", 2)
    kept = [
        # As long as before, so that columns stay.
        line.replace("coding", "c0ding") if line.lstrip().startswith("#") else line
        for line in lines[:2]
    ]
    return "\n".join([*kept, *lines[2:]]).encode("utf-8", "surrogatepass")


def _encoding(data: bytes) -> str:
    """The encoding that a file says it has. Raises SyntaxError."""
    head = data.split(b"\n", 2)[:2]
    if data.isascii() and not any(b"coding" in line for line in head):
        return "ascii"
    return _detected(data)


def _detected(data: bytes) -> str:
    """What ``tokenize`` finds. Raises SyntaxError."""
    # Most files do without: neither tokenize nor its tables of expressions are imported for them.
    import io
    import tokenize

    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
