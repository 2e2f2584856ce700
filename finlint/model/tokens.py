"""Words without which a file has no finalizer: the byte prefilter's. Imported by every run, so it imports nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

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

#: Classes of libraries whose finalizers run methods that a subclass may define, by last name, each with a word that
#: stands in a file that gets it from there. A test compares them with the knowledge of libraries.
HERITABLE: dict[bytes, bytes] = {
    b"AbstractBufferedFile": b"fsspec",
    b"BZ2File": b"bz2",
    b"BaseStream": b"_compression",
    b"BsdDbShelf": b"shelve",
    b"BufferedIOBase": b"io",
    b"BufferedRWPair": b"io",
    b"BufferedRandom": b"io",
    b"BufferedReader": b"io",
    b"BufferedWriter": b"io",
    b"BytesIO": b"io",
    b"Channel": b"paramiko",
    b"CompleteDirs": b"zipfile",
    b"DbfilenameShelf": b"shelve",
    b"DecompressReader": b"_compression",
    b"ExFileObject": b"tarfile",
    b"FS": b"fs.",
    b"FancyURLopener": b"urllib",
    b"FileIO": b"io",
    b"FileInput": b"fileinput",
    b"GzipDecodedResponse": b"xmlrpc",
    b"GzipFile": b"gzip",
    b"HTTPResponse": b"HTTPResponse",
    b"IOBase": b"io",
    b"IPInstrument": b"qcodes",
    b"Instrument": b"qcodes",
    b"LZMAFile": b"lzma",
    b"MessageBasedResource": b"visa",
    b"PyZipFile": b"zipfile",
    b"RawIOBase": b"io",
    b"Resource": b"pyvisa",
    b"Serial": b"serial",
    b"Shelf": b"shelve",
    b"SharedMemory": b"shared_memory",
    b"SocketIO": b"socket",
    b"SpooledTemporaryFile": b"tempfile",
    b"StringIO": b"io",
    b"Telnet": b"telnetlib",
    b"TextIOBase": b"io",
    b"TextIOWrapper": b"io",
    b"URLopener": b"urllib",
    b"VectorEnv": b"gymnasium",
    b"VisaInstrument": b"qcodes",
    b"Wave_read": b"wave",
    b"Wave_write": b"wave",
    b"ZipExtFile": b"zipfile",
    b"ZipFile": b"zipfile",
    b"_BufferedIOBase": b"io",
    b"_GzipReader": b"gzip",
    b"_IOBase": b"io",
    b"_RawIOBase": b"io",
    b"_TextIOBase": b"io",
    b"spawn": b"pexpect",
    b"tqdm": b"tqdm",
}

#: What ends a class's header, and how long one may be that is looked at.
_END = b":"
_LONGEST = 1_000
_SEPARATORS = bytes(c if chr(c).isalnum() or c in b"_" or c > 127 else 32 for c in range(256))


def may_hold_finalizer(
    data: bytes, tokens: Iterable[bytes] = TOKENS, heritable: Mapping[bytes, bytes] = HERITABLE
) -> bool:
    """Whether a file may define or register a finalizer, or inherit one, by its bytes."""
    for token in tokens:
        if token in data:
            return True
    for at in headers_naming(data, heritable):
        for word in _words(data, at):
            if word in heritable and heritable[word] in data:
                return True
    return False


def headers_naming(data: bytes, names: Container[bytes]) -> Iterator[int]:
    """Where class statements begin whose headers name one of ``names`` as (a part of) a base."""
    at = data.find(b"class ")
    while at >= 0:
        if any(word in names for word in _words(data, at)):
            yield at
        at = data.find(b"class ", at + 6)


def _words(data: bytes, at: int) -> list[bytes]:
    """The words between the parentheses of the class statement at a place; none where there are none."""
    opening = data.find(b"(", at, at + 200)
    end = data.find(_END, at, at + _LONGEST)
    if opening < 0 or end < opening:
        return []
    return data[opening:end].translate(_SEPARATORS).split()
