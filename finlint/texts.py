"""The text of files as they were analysed, with what their comments suppress."""

from __future__ import annotations

import os
from collections.abc import Mapping

from finlint.syntax.suppressions import Suppressions


class Texts:
    """The text of files as they were analysed: overlays first, then the disk. Never raises."""

    def __init__(self, overlay: Mapping[str, bytes] | None = None) -> None:
        self._overlay = {os.path.abspath(path): data for path, data in (overlay or {}).items()}
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self._suppressions: dict[str, Suppressions] = {}

    def data(self, path: str) -> bytes:
        from finlint.syntax.reading import Unreadable, read_bytes

        known = self._overlay.get(os.path.abspath(path))
        if known is not None:
            return known
        try:
            return read_bytes(path)
        except Unreadable:
            return b""

    def text(self, path: str) -> str:
        from finlint.syntax.reading import Unreadable, decode

        known = self._texts.get(path)
        if known is None:
            try:
                known = decode(self.data(path))
            except Unreadable:
                known = ""
            self._texts[path] = known
        return known

    def lines(self, path: str) -> list[str]:
        known = self._lines.get(path)
        if known is None:
            # Not splitlines(): a form feed or a line separator inside a line starts no new one in Python.
            known = self._lines[path] = self.text(path).split("\n")
        return known

    def suppressions(self, path: str) -> Suppressions:
        known = self._suppressions.get(path)
        if known is None:
            known = self._suppressions[path] = Suppressions(self.text(path))
        return known
