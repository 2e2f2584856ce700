"""Where the cache's files are, and how much room they may take."""

from __future__ import annotations

import os
import sys

from finlint.atomic import write_bytes
from finlint.model.settings import Settings
from finlint.model.stamp import stamp_of
from finlint.syntax.digest import digest

#: Bytes of all files in the cache folder beyond which the oldest are removed.
MAX_BYTES = 300_000_000
SUFFIX = ".finlint"


class Place:
    """The files for runs in this working folder under ``settings``, below the cache folder ``root``."""

    def __init__(self, root: str, settings: Settings) -> None:
        self.root = root
        self.folder = os.path.join(root, f"v2-{_version()}")
        key = _key(settings)
        self.run = os.path.join(self.folder, f"{key}.run{SUFFIX}")
        self.answers = os.path.join(self.folder, f"{key}.answers{SUFFIX}")

    def make(self) -> None:
        """Make the folder, and say what it is: to people, backups and git. Raises OSError."""
        os.makedirs(self.folder, exist_ok=True)
        for name, text in (
            ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is finlint's cache.\n"),
            (".gitignore", "*\n"),
        ):
            path = os.path.join(self.root, name)
            if not os.path.exists(path):
                write_bytes(path, text.encode())

    def prune(self) -> None:
        """Remove the oldest files until the rest is within bounds. Raises OSError."""
        files: list[tuple[float, int, str]] = []
        for base, _, names in os.walk(self.root):
            for name in names:
                if name.endswith((SUFFIX, ".json")):
                    path = os.path.join(base, name)
                    info = os.stat(path)
                    files.append((info.st_mtime, info.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= MAX_BYTES:
                return
            if path not in (self.run, self.answers):
                os.unlink(path)
                total -= size


def _key(settings: Settings) -> str:
    """What the files are for: the working folder and all that changes answers, knowledge files by content."""
    parts: list[object] = [os.getcwd(), settings._replace(cache_dir=None, jobs=None)]
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
