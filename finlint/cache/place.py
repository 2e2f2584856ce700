"""Where the cache's files are, and how much room they may take."""

from __future__ import annotations

import os
import sys
import time

from finlint.cache.own import STALE, SUFFIX, is_ours, make, own_folder, written
from finlint.model.settings import Settings
from finlint.model.stamp import stamp_of
from finlint.syntax.digest import digest

#: Bytes of all files in the cache folder beyond which the oldest are removed.
MAX_BYTES = 300_000_000


class Place:
    """The files for runs in this working folder under ``settings``, below the cache folder ``root``."""

    def __init__(self, root: str, settings: Settings) -> None:
        self._root = root
        self._version = f"v3-{_version()}"
        folder = os.path.join(own_folder(root), self._version)
        key = _key(settings)
        self.run = os.path.join(folder, f"{key}.run{SUFFIX}")
        self.answers = os.path.join(folder, f"{key}.answers{SUFFIX}")

    def make(self) -> None:
        """Make the folder, if it is not there. Raises OSError, also where something else stands in its place."""
        make(self._root, self._version)

    def check(self) -> None:
        """Raises OSError where there is no folder of ours to read from."""
        if not is_ours(self._root):
            raise FileNotFoundError(self._root)

    def prune(self) -> None:
        """Remove the oldest files until the rest is within bounds, and what was never written to its end. Raises
        OSError."""
        files = sorted(written(self._root), key=lambda file: file.mtime)
        total = sum(file.size for file in files)
        stale = time.time() - STALE
        for file in files:
            if file.path in (self.run, self.answers):
                continue
            if total > MAX_BYTES if file.done else file.mtime < stale:
                os.unlink(file.path)
                total -= file.size


def _key(settings: Settings) -> str:
    """What the files are for: the working folder and all that changes answers, knowledge files by content."""
    parts: list[object] = [os.getcwd(), settings._replace(cache_dir=None, jobs=None, guarded=False)]
    for path in settings.knowledge:
        try:
            with open(path, "rb") as file:
                parts.append(digest(file.read()))
        except OSError:
            parts.append("")
    return digest(repr(parts).encode())


def _version() -> str:
    """This finlint on this Python: every file of the package counts, a checkout's are edited."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parts: list[object] = [sys.version_info[:3], sys.implementation.name, sys.prefix, sys.byteorder]
    for base, folders, names in os.walk(package):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            parts.append((base, name, stamp_of(os.path.join(base, name))))
    return digest(repr(parts).encode())[:16]
