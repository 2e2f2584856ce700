"""The format of the cache's files: named blocks of bytes, each with its digest.

The first line is the digest of the second, the second the blocks' names, sizes and digests. A block is checked when it
is asked for, and not read before: most runs need a few of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from finlint.cache.own import MAX_FILE, replace
from finlint.model.regular import open_regular
from finlint.syntax.digest import digest

#: Whatever a damaged file of the cache makes of the code that reads it.
DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


class Blocks:
    """The blocks of one file; ``identity`` stands for all that is in them."""

    def __init__(self, path: str) -> None:
        """Raises one of DAMAGE where it is not there, or not as it was written."""
        self._path = path
        with open(open_regular(path, MAX_FILE, follow=False), "rb") as file:
            self.identity = file.readline().rstrip(b"\n").decode("ascii", "replace")
            table = file.readline()
            at = file.tell()
            end = os.fstat(file.fileno()).st_size
        if self.identity != digest(table):
            raise ValueError("not what was written")
        self._places: dict[str, tuple[int, int, str]] = {}
        for name, size, told in json.loads(table):
            if not 0 <= size <= end - at:
                # Room for it would be asked for before it is read.
                raise ValueError("a block that is not there")
            self._places[name] = at, size, told
            at += size
        self._blocks: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        """A block. Raises what the constructor does, also where the file has been replaced since."""
        block = self._blocks.get(name)
        if block is None:
            at, size, told = self._places[name]
            with open(open_regular(self._path, MAX_FILE, follow=False), "rb", buffering=0) as file:
                file.seek(at)
                block = file.read(size)
            if digest(block) != told:
                raise ValueError("not what was written")
            self._blocks[name] = block
        return block

    def told(self, name: str) -> str:
        """The digest of a block."""
        return self._places[name][2]

    def all(self) -> dict[str, bytes]:
        return {name: self[name] for name in self._places}


def write_blocks(path: str, blocks: Mapping[str, bytes], told: Mapping[str, str] | None = None) -> str:
    """Replace the file whole; returns its identity. ``told`` has digests that are known. Raises OSError."""
    known = told or {}
    table = to_json([(name, len(block), known.get(name) or digest(block)) for name, block in blocks.items()]) + b"\n"
    identity = digest(table)
    replace(path, b"".join((identity.encode(), b"\n", table, *blocks.values())))
    return identity


def to_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
