"""Blocks of a text under ``if``, ``elif`` and ``else``, with the conditions that hold there.

Told by the indentation of lines; what it is misled by (a text within a block that begins at the left) ends a block too
early.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from finlint.model import ir
from finlint.syntax.lower_ast import lower_slice

_HEADER = re.compile(r"([ \t]*)(if|elif|else)\b(.*?):[ \t]*(?:#.*)?$")


class Arm(NamedTuple):
    """``said``: the conditions around it, each with whether it holds there; those of the arms before it do not."""

    first: int
    last: int
    said: tuple[tuple[str, bool], ...]


def arms(text: str, about: Callable[[str], bool]) -> Iterator[Arm]:
    """The arms for which conditions matter that ``about`` says yes to; of the others nothing is told."""
    lines = text.splitlines()
    #: By indentation: what is known not to hold in the arms that may follow there.
    open_: dict[str, tuple[tuple[str, bool], ...]] = {}
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        header = _HEADER.match(line)
        indent = header[1] if header is not None else line[: len(line) - len(line.lstrip())]
        for deeper in [known for known in open_ if len(known) > len(indent)]:
            del open_[deeper]
        if header is None:
            open_.pop(indent, None)
            continue
        keyword, test = header[2], header[3].strip()
        before = open_.get(indent, ()) if keyword != "if" else ()
        matters = keyword != "else" and about(test)
        said = (*before, (test, True)) if matters else before
        if said:
            last = _end_of_block(lines, number, len(indent))
            if last > number:
                yield Arm(number + 2, last + 1, said)
        open_[indent] = (*before, (test, False)) if matters else before


def _end_of_block(lines: list[str], header: int, indent: int) -> int:
    last = header
    for number in range(header + 1, len(lines)):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if len(line) - len(line.lstrip()) <= indent:
            break
        last = number
    return last


@lru_cache(maxsize=256)
def condition(test: str) -> ir.Expr | None:
    """A condition of a text, lowered; None for what is none."""
    try:
        (stmt,) = lower_slice(f"({test})\n", 1)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return stmt.value if isinstance(stmt, ir.ExprStmt) else None
