"""What a fixer is asked, and how it offers what it has rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import libcst as cst

from finlint.fixes.edit import Edit, Fix, difference, lines_of
from finlint.fixes.tree import Rewritten, Tree, comments_of
from finlint.model.finding import Finding
from finlint.syntax.cst import parse_module


class Request(NamedTuple):
    """A finding to be mended.

    ``tree`` gives a linted file by path (None: not linted, or not to be parsed); ``siblings`` are all findings to be
    mended; ``elsewhere`` the texts of the linted files that a name may be used in, besides the one at the path.
    """

    finding: Finding
    tree: Callable[[str], Tree | None]
    siblings: tuple[Finding, ...]
    elsewhere: Callable[[str], Iterable[str]]
    #: The text of a file, for a first look that costs less than its tree.
    text: Callable[[str], str]


Fixer = Callable[[Request], Iterator[Fix]]


def offer(title: str, tree: Tree, change: Rewritten, *, safe: bool, imports: Iterable[Edit] = ()) -> Iterator[Fix]:
    """The fix that rewrites the file of ``tree`` so; none where that is no Python, or other comments.

    Statements that are rewritten are read alone: whether they are Python depends on no other. ``imports``: what it
    needs to import is added besides.
    """
    try:
        before, after = parse_module(change.old), parse_module(change.new)
    except (cst.ParserSyntaxError, RecursionError):
        return
    if comments_of(before) == comments_of(after):
        found = difference(lines_of(change.old), lines_of(change.new), change.first)
        yield Fix(title, safe, tree.path, (*imports, *found))
