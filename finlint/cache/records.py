"""What the file of answers holds, as values and as lines of JSON."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from finlint.cache.blocks import Blocks
from finlint.model.reads import BUT
from finlint.model.stamp import Stamp
from finlint.model.task import Group, Inputs, group_from_json, group_to_json, texts_only

#: Bytes of a block of files, about.
BLOCK = 64_000


class FileRecord:
    """A file as it was: the path that it was shown by (None: it was only reached), and digests of it and its parts."""

    __slots__ = ("digest", "parts", "shown", "stamp")

    def __init__(self, shown: str | None, stamp: Stamp, digest: str, parts: dict[str, str]) -> None:
        self.shown = shown
        self.stamp = stamp
        self.digest = digest
        self.parts = parts


class FolderRecord(NamedTuple):
    stamp: Stamp
    names: str


class Kept(NamedTuple):
    """An answer as JSON, what it stands on, and the digest of what was known of the files that it looked at."""

    known: str
    inputs: Inputs
    answer: Any


def file_blocks(files: Mapping[str, FileRecord]) -> dict[str, bytes]:
    """Lines of files, sorted by path, in blocks of a size that is read quickly: one file can be found without reading
    the others. The block ``files`` has the first path of each."""
    firsts: list[str] = []
    blocks: dict[str, bytes] = {"files": b""}
    lines: list[bytes] = []
    size = 0
    for path in sorted(files):
        if not lines:
            firsts.append(path)
        lines.append(_file_line(path, files[path]))
        size += len(lines[-1])
        if size > BLOCK:
            blocks[_block_name(len(firsts) - 1)] = b"".join(lines)
            lines, size = [], 0
    if lines:
        blocks[_block_name(len(firsts) - 1)] = b"".join(lines)
    blocks["files"] = _json(firsts)
    return blocks


def files_in(blocks: Blocks) -> dict[str, FileRecord]:
    """All records, sorted by path."""
    numbers = range(len(json.loads(blocks["files"])))
    return dict(_file(line) for number in numbers for line in blocks[_block_name(number)].splitlines())


def file_in(blocks: Blocks, path: str) -> FileRecord | None:
    """The record of one file."""
    number = bisect_right(json.loads(blocks["files"]), path) - 1
    if number < 0:
        return None
    block = blocks[_block_name(number)]
    start = block.find(b"[" + _json(path) + b",")
    if start < 0 or (start and block[start - 1 : start] != b"\n"):
        return None
    return _file(block[start : block.index(b"\n", start)])[1]


def _block_name(number: int) -> str:
    return f"files {number}"


def _file_line(path: str, f: FileRecord) -> bytes:
    return _json([path, True if f.shown == path else f.shown, *f.stamp, f.digest, list(f.parts.items())]) + b"\n"


def _file(line: bytes) -> tuple[str, FileRecord]:
    path, shown, mtime, size, inode, digest, parts = json.loads(line)
    return path, FileRecord(path if shown is True else shown, Stamp(mtime, size, inode), digest, dict(parts))


def group_lines(groups: Mapping[str, Group]) -> bytes:
    return _lines([key, *group_to_json(group)] for key, group in groups.items())


def groups_in(block: bytes) -> dict[str, Group]:
    return dict(map(_group, block.splitlines()))


def groups_of(block: bytes, paths: Sequence[str]) -> Iterator[Group]:
    """The groups that one of the paths may belong to: those whose folder it lies in."""
    for line in block.splitlines():
        folder = json.loads(line[1 : line.index(b'",') + 1]).partition(BUT)[0]
        if any(path.startswith(folder) for path in paths):
            yield _group(line)[1]


def _group(line: bytes) -> tuple[str, Group]:
    key, *rest = json.loads(line)
    group = group_from_json(rest)
    texts_only(key, *group.folders, *group.paths)
    return key, group


def folders_to_json(folders: Mapping[str, FolderRecord]) -> bytes:
    return _json([[path, *record.stamp, record.names] for path, record in folders.items()])


def folders_from_json(block: bytes) -> dict[str, FolderRecord]:
    rows = json.loads(block)
    return {path: FolderRecord(Stamp(mtime, size, inode), names) for path, mtime, size, inode, names in rows}


def answer_lines(answers: Iterable[tuple[str, Kept]], files: Mapping[str, FileRecord]) -> bytes:
    """Parts are written as numbers: their places in the file's record, and the record's place in ``files``."""
    paths = {path: number for number, path in enumerate(files)}
    parts = {path: {part: number for number, part in enumerate(f.parts)} for path, f in files.items()}
    return _lines(
        [
            key,
            kept.known,
            [[paths[path], parts[path][part]] for path, part in kept.inputs.files.items()],
            kept.inputs.folders,
            kept.inputs.searches,
            kept.answer,
        ]
        for key, kept in answers
    )


def answers_in(block: bytes, files: Mapping[str, FileRecord]) -> dict[str, list[Kept]]:
    paths = list(files)
    names = [list(record.parts) for record in files.values()]
    out: dict[str, list[Kept]] = {}
    for line in block.splitlines():
        key, known, taken, folders, searches, answer = json.loads(line)
        texts_only(key, known, *folders, *(text for search in searches for text in search))
        inputs = Inputs(
            {paths[path]: names[path][part] for path, part in taken},
            tuple(folders),
            tuple((group, text, pattern) for group, text, pattern in searches),
        )
        out.setdefault(key, []).append(Kept(known, inputs, answer))
    return out


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    return b"".join(_json(row) + b"\n" for row in rows)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
