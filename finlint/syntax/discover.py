"""Paths to files: what ``finlint PATH...`` lints.

Folders are walked for ``*.py``; what git ignores and the usual folders are skipped. A file that is named is linted
whatever its suffix. The order is that of the names, so that runs agree wherever they start.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from fnmatch import translate
from typing import NamedTuple

from finlint.model.finding import FileError

#: Folders that hold other people's code or no source, skipped unless they are named.
SKIPPED = frozenset(
    {
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "_build",
        "buck-out",
        "build",
        "dist",
        "node_modules",
        "venv",
    }
)


class Discovery(NamedTuple):
    """``missing`` are paths that do not exist: an error of the command line, not of a file."""

    files: tuple[str, ...]
    errors: tuple[FileError, ...]
    missing: tuple[str, ...]


def discover(
    paths: Iterable[str], exclude: Iterable[str] = (), *, force_exclude: bool = False, gitignore: bool = True
) -> Discovery:
    """The files that ``paths`` mean.

    ``exclude`` are glob patterns on a name or on the path; ``force_exclude`` applies them to named files too.
    """
    return _Walk(tuple(exclude), force_exclude, gitignore).run(list(paths))


class _Walk:
    def __init__(self, exclude: tuple[str, ...], force_exclude: bool, gitignore: bool) -> None:
        self.force_exclude = force_exclude
        self.gitignore = gitignore
        self.patterns = [re.compile(translate(pattern.rstrip("/"))) for pattern in exclude]
        self.errors: list[FileError] = []
        self.seen: set[tuple[int, int]] = set()

    def run(self, paths: list[str]) -> Discovery:
        files: list[str] = []
        missing: list[str] = []
        for path in paths:
            if os.path.isdir(path):
                files.extend(self._folder(path))
            elif os.path.lexists(path):
                if not (self.force_exclude and self._excluded(path, os.path.basename(path))):
                    files.append(path)
            else:
                missing.append(path)
        return Discovery(tuple(dict.fromkeys(files)), tuple(self.errors), tuple(missing))

    def _folder(self, path: str) -> Iterator[str]:
        tracked = _git_files(path) if self.gitignore else None
        for name in self._walk(path):
            if tracked is None or os.path.realpath(name) in tracked:
                yield name

    def _walk(self, folder: str) -> Iterator[str]:
        try:
            info = os.stat(folder)
            identity = (info.st_dev, info.st_ino)
            if identity in self.seen:
                return  # a symlink loop, or a folder that was given twice
            self.seen.add(identity)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.errors.append(FileError(folder, 1, f"cannot be read: {error.strerror or error}"))
            return
        for entry in entries:
            path = entry.path[2:] if entry.path.startswith("./") else entry.path
            try:
                is_folder = entry.is_dir()
            except OSError:
                is_folder = False
            if self._excluded(path, entry.name):
                continue
            if is_folder:
                if entry.name not in SKIPPED:
                    yield from self._walk(path)
            elif entry.name.endswith(".py"):
                yield path

    def _excluded(self, path: str, name: str) -> bool:
        return any(p.match(name) or p.match(path) or p.match(os.path.abspath(path)) for p in self.patterns)


def _git_files(folder: str) -> set[str] | None:
    """Real paths of what git does not ignore below ``folder``; None where there is no git or no work tree."""
    command = ["git", "-C", folder, "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return None
    if done.returncode != 0:
        return None
    real = os.path.realpath(folder)
    listed = {os.path.realpath(os.path.join(real, os.fsdecode(name))) for name in done.stdout.split(b"\0") if name}
    # A folder that git ignores as a whole was named on purpose: everything in it counts.
    return listed or None
