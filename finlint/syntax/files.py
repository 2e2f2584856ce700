"""The files of a run: bytes and sources by path, unsaved texts in front of what is on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from finlint.model.finding import FileError
from finlint.syntax.reading import Unreadable, read_bytes

if TYPE_CHECKING:
    from finlint.syntax.source import SourceFile


class Files:
    """``paths`` are those being linted, as discovery gave them; ``overlay`` has texts by absolute path.

    ``errors`` are those of linted files, each once; files that are only reached are silent.
    """

    def __init__(
        self, paths: Iterable[str], overlay: Mapping[str, bytes] | None = None, *, libcst_only: bool = False
    ) -> None:
        self.linted = {os.path.abspath(path): path for path in paths}
        self.overlay = overlay or {}
        self.errors: dict[str, FileError] = {}
        self._libcst_only = libcst_only
        #: Digests of what was read, by absolute path, where somebody wants to know; "" where a file was read twice and
        #: has changed in between.
        self.digests: dict[str, str] | None = None

    def fresh(self, *, digests: bool) -> Files:
        """The same files, without errors so far; ``digests``: those of what is read are kept."""
        other = Files((), self.overlay, libcst_only=self._libcst_only)
        other.linted = self.linted
        other.digests = {} if digests else None
        return other

    def is_linted(self, path: str) -> bool:
        return os.path.abspath(path) in self.linted

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where it cannot be read, which is an error if it is linted."""
        if self.overlay:
            known = self.overlay.get(os.path.abspath(path))
            if known is not None:
                return known
        try:
            data = read_bytes(path)
        except Unreadable as error:
            self.fail(path, error)
            return None
        if self.digests is not None:
            from finlint.syntax.digest import digest

            now = digest(data)
            if self.digests.setdefault(os.path.abspath(path), now) != now:
                self.digests[os.path.abspath(path)] = ""
        return data

    def load(self, path: str) -> SourceFile | None:
        """The source of a linted file, or of one that an import names.

        Whether it has one does not depend on who asks: a file whose outline can be made has, be it broken elsewhere.
        """
        path = self.linted.get(os.path.abspath(path), path)
        data = self.read(path)
        if data is None:
            return None
        from finlint.syntax.source import SourceFile

        try:
            return SourceFile(path, data, libcst_only=self._libcst_only)
        except Unreadable as error:
            self.fail(path, error)
            return None

    def fail(self, path: str, error: Unreadable) -> None:
        path = self.linted.get(os.path.abspath(path), "")
        if path:
            self.errors.setdefault(path, FileError(path, error.line, error.message, error.column))
