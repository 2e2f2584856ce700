"""Files that were parsed, kept for as long as there is room."""

from __future__ import annotations

import os

from finlint.model.task import Work
from finlint.syntax.files import Files
from finlint.syntax.source import SourceFile
from finlint.syntax.traced import Content

#: About how many bytes the files that are kept may take together. With half of it what is known of redis 8.1 was
#: dropped, and found out again, eight times: four times as many queries, and half as much memory again.
ROOM = 64_000_000

#: Bytes that a parsed character leaves behind, about: in the outline, in lowered statements, in what is found in them.
PER_PARSED = 8


class Contents:
    """The contents of ``files``, each loaded when it is asked for.

    A content that was dropped is loaded again: what is said of a file does not depend on it.
    """

    def __init__(self, files: Files, room: int = ROOM) -> None:
        self.files = files
        self._room = room
        #: By the path that they are shown by; those asked for last come last.
        self._kept: dict[str, Content] = {}
        #: What was parsed of the contents that were dropped.
        self._before = Work()

    def get(self, path: str) -> Content | None:
        """The content of a file; None where it cannot be read."""
        path = self.files.linted.get(os.path.abspath(path), path)
        content = self._kept.pop(path, None)
        if content is None:
            source = self.files.load(path)
            if source is None:
                return None
            content = Content(source)
        self._kept[path] = content
        return content

    @property
    def kept(self) -> tuple[str, ...]:
        """The files that are kept, by the paths that they are shown by; those asked for last come last."""
        return tuple(self._kept)

    def fullness(self) -> float:
        """How much of the room those take that are kept: they are too many above 1."""
        taken = sum(size(content.source) for content in self._kept.values())
        return taken / max(1, self._room)

    def trim(self) -> None:
        """Drop those that were asked for least recently, if all together take too much room, until half of it is free:
        what was known of them is dropped with them, and would be again after the next few.

        To be called when nobody works with one: what is parsed of it later is not counted.
        """
        sizes = {path: size(content.source) for path, content in self._kept.items()}
        total = sum(sizes.values())
        if total <= self._room:
            return
        for path, taken in sizes.items():
            if total <= self._room / 2:
                return
            self._before = self._before.plus(_work(self._kept.pop(path).source))
            total -= taken

    def work(self) -> Work:
        """What was parsed so far."""
        work = self._before
        for content in self._kept.values():
            work = work.plus(_work(content.source))
        return work


def size(source: SourceFile) -> int:
    """The bytes that a file takes, about."""
    return source.text.__sizeof__() + PER_PARSED * (source.outline_chars + source.ast_chars + source.libcst_chars)


def _work(source: SourceFile) -> Work:
    return Work(source.outline_chars, source.checked_chars, source.ast_chars, source.libcst_chars)
