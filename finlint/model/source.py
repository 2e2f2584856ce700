"""Places in source text."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of one file. Lines and columns count from 1; ``end_column`` is one past the last character."""

    line: int
    column: int
    end_line: int
    end_column: int
