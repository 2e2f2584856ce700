"""The lines of a text: where each begins."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from functools import cached_property


class Lines:
    """Lines of ``text`` by number, from 1. Where they begin is found out when it is first asked, four bytes a line: a
    list of integers would take as much room as the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _starts(self) -> array[int]:
        return array("I", [0, *(match.end() for match in re.finditer("\n", self.text))])

    def __len__(self) -> int:
        return len(self._starts)

    def between(self, first: int, last: int) -> str:
        """Lines ``first`` to ``last``, both included."""
        return self.text[self._starts[first - 1] : self.end(last)]

    def end(self, line: int) -> int:
        """Where a line ends, its end included."""
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def at(self, offset: int) -> int:
        """The number of the line that holds the character at ``offset``."""
        return bisect_right(self._starts, offset)
