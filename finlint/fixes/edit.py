"""Lines to replace, and how they are put into a text of any newline style. Text alone: LibCST is not needed for it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class Edit(NamedTuple):
    """Lines ``first`` up to, not including, ``last`` (from 0) become ``lines``, each with its ``\\n``."""

    first: int
    last: int
    lines: tuple[str, ...]

    def meets(self, other: Edit) -> bool:
        """Whether both want the same line, or insert at the same place."""
        if self.first == self.last or other.first == other.last:
            return self.first <= other.last and other.first <= self.last
        return self.first < other.last and other.first < self.last


class Fix(NamedTuple):
    """What to do, in a few words, and where. ``safe``: the program means the same, but for the fault."""

    title: str
    safe: bool
    path: str
    edits: tuple[Edit, ...]


def difference(old: list[str], new: list[str], first: int) -> Iterator[Edit]:
    """The lines that differ, where ``old`` stands from line ``first`` on."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Edit(first + start + i1, first + start + i2, tuple(new[j1:j2]))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """``text``, of any newline style, with the edits, none of which may meet another. New lines end as old ones do."""
    lines = lines_of(text)
    newline = next((line[len(line.rstrip("\r\n")) :] for line in lines), "") or "\n"
    for edit in sorted(edits, reverse=True):
        fresh = [line[:-1] + newline if line.endswith("\n") else line for line in edit.lines]
        if fresh and edit.first < edit.last:
            # The end of the last line replaced, be it none at all at the end of the file.
            ending = lines[edit.last - 1][len(lines[edit.last - 1].rstrip("\r\n")) :]
            fresh[-1] = fresh[-1].rstrip("\r\n") + ending
        lines[edit.first : edit.last] = fresh
    return "".join(lines)


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends, as Python counts them."""
    # Not splitlines(): a form feed or a line separator inside a line starts no new one in Python.
    return _LINE.findall(text)
