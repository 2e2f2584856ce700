"""The linted files as fixes see them: as bytes, lines and trees, with what has been changed so far."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from finlint.syntax.reading import Unreadable, decode

if TYPE_CHECKING:
    from finlint.fixes.edit import Fix
    from finlint.fixes.tree import Tree
    from finlint.model.finding import Finding

#: Bytes of a file that is made a tree, at most, and of those whose trees are kept from one finding to the next. LibCST
#: takes more than a kilobyte for each, and half a minute for a million; what is larger is generated.
MAX_TREES = 1_000_000


class Sources:
    """``files`` are those that may be looked into; ``read`` gives the bytes of one; ``texts`` go before it.

    ``kept`` must stay as they are: they have no tree.
    """

    def __init__(self, files: Iterable[str], read: Callable[[str], bytes], kept: Collection[str] = frozenset()) -> None:
        self._kept = kept
        self.texts: dict[str, bytes] = {}
        self._files = {os.path.abspath(path): path for path in files}
        self._read = read
        self._trees: dict[str, Tree | None] = {}
        self._in_trees = 0
        #: Files that are too large for a tree, and others: each is asked for with every finding.
        self._large: dict[str, bool] = {}
        #: Files that a fix would have looked into, were they smaller.
        self.too_large: set[str] = set()
        self._lines: dict[str, tuple[bytes, list[str]]] = {}

    def data(self, path: str) -> bytes:
        known = self.texts.get(path)
        return known if known is not None else self._read(path)

    def change(self, texts: dict[str, bytes]) -> None:
        """Have other texts from here on."""
        self.texts = texts
        self._large.clear()
        self._forget()

    def next_finding(self) -> None:
        """Make room, where trees take much: what was found out by them has been used."""
        if self._in_trees > MAX_TREES:
            self._forget()

    def candidates(self, finding: Finding, siblings: tuple[Finding, ...]) -> Iterator[Fix]:
        """What may take a finding away, best first. ``siblings``: all findings that are to be mended."""
        from finlint.fixes.fixer import Request
        from finlint.fixes.registry import candidates

        self.next_finding()
        return candidates(Request(finding, self.tree, siblings, self.elsewhere, self.text))

    def _forget(self) -> None:
        self._trees.clear()
        self._in_trees = 0

    def may_change(self, path: str) -> bool:
        """Whether it is a linted file that need not stay as it is, and is not too large."""
        return self._changeable(path) is not None

    def _changeable(self, path: str) -> str | None:
        """The name by which it is linted; None where it is not, has to stay as it is, or is too large."""
        name = self._files.get(os.path.abspath(path))
        if name is None or name in self._kept:
            return None
        if self._is_large(name):
            self.too_large.add(name)
            return None
        return name

    def _is_large(self, name: str) -> bool:
        known = self._large.get(name)
        if known is None:
            known = self._large[name] = len(self.data(name)) > MAX_TREES
        return known

    def tree(self, path: str) -> Tree | None:
        """A file that may change as a tree; None for other files, and for what LibCST cannot read."""
        import libcst

        from finlint.fixes.tree import Tree

        name = self._changeable(path)
        if name is None:
            return None
        if name not in self._trees:
            self._trees[name] = None
            data = self.data(name)
            self._in_trees += len(data)
            with contextlib.suppress(Unreadable, libcst.ParserSyntaxError, RecursionError):
                self._trees[name] = Tree(name, decode(data))
        return self._trees[name]

    def text(self, path: str) -> str:
        """The text of a file; empty where it cannot be decoded."""
        try:
            return decode(self.data(path))
        except Unreadable:
            return ""

    def elsewhere(self, path: str) -> Iterator[str]:
        """The texts of files that may import the one at ``path``: those that its module's name stands in."""
        stem = os.path.splitext(os.path.basename(path))[0]
        if stem == "__init__":
            stem = os.path.basename(os.path.dirname(os.path.abspath(path)))
        word = re.compile(rb"\b" + re.escape(stem.encode("utf-8", "surrogateescape")) + rb"\b")
        for name in self._files.values():
            if os.path.abspath(name) != os.path.abspath(path):
                data = self.data(name)
                if word.search(data):
                    yield data.decode("utf-8", "replace")

    def line(self, path: str, number: int) -> str:
        """A line without the spaces around it; empty where there is none."""
        data = self.data(path)
        known = self._lines.get(path)
        if known is None or known[0] is not data:
            try:
                known = (data, decode(data).split("\n"))
            except Unreadable:
                known = (data, [])
            self._lines[path] = known
        return known[1][number - 1].strip() if 0 < number <= len(known[1]) else ""
