"""The format of the cache's files: named blocks of bytes behind a digest of them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from finlint.atomic import write_bytes
from finlint.syntax.digest import digest


class Blocks:
    """The blocks of one file; ``identity`` is the digest that it begins with."""

    def __init__(self, path: str) -> None:
        """Raises (OSError, ValueError, TypeError, LookupError) where it is not there, or not as it was written."""
        with open(path, "rb") as file:
            data = file.read()
        head, _, body = data.partition(b"\n")
        self.identity = head.decode("ascii", "replace")
        if self.identity != digest(body):
            raise ValueError("not what was written")
        sizes, _, rest = body.partition(b"\n")
        self._blocks: dict[str, bytes] = {}
        at = 0
        for name, size in json.loads(sizes):
            self._blocks[name] = rest[at : at + size]
            at += size

    def __getitem__(self, name: str) -> bytes:
        return self._blocks[name]

    def all(self) -> dict[str, bytes]:
        return dict(self._blocks)


def write_blocks(path: str, blocks: Mapping[str, bytes]) -> str:
    """Replace the file whole; returns its identity. Raises OSError."""
    sizes = json.dumps([(name, len(block)) for name, block in blocks.items()]).encode()
    body = b"".join((sizes, b"\n", *blocks.values()))
    identity = digest(body)
    write_bytes(path, identity.encode() + b"\n" + body)
    return identity


def to_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
