"""Paths to the files to lint.

In: files and folders as the user named them. Out: files in a stable order, each once, with what tells a changed one;
folders that cannot be read; paths that do not exist. No file is opened here, so a FIFO cannot hang a run.
"""

from __future__ import annotations

import os
import re
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from finlint.model.finding import FileError
from finlint.model.folders import USUAL_FOLDERS
from finlint.model.stamp import FIELDS, NO_STAMP, Stamp, Stamps, no_stamps, stamp_in, stamp_of
from finlint.syntax.gitignore import IsIgnored, ignored_below

#: On Windows a folder's entry knows no inode, and not always the newest time.
_ENTRIES_KNOW = os.name != "nt"


#: What is said of a notebook that is named: its JSON would pass for Python, in which nothing is found.
_NOTEBOOK = "a notebook, which finlint does not read; `jupyter nbconvert --to script` makes Python of it"


@cache
def _matcher(pattern: str) -> Callable[[str], object]:
    """A glob as it is asked of thousands of names: ``fnmatch`` itself forgets those of a long configuration."""
    # Costs 5 ms to import, and most runs have no patterns.
    from fnmatch import translate

    return re.compile(translate(pattern)).match


def _matches(name: str, pattern: str) -> bool:
    return _matcher(pattern)(name) is not None


class Excluder(NamedTuple):
    """Exclusion that holds in one folder: globs, counted from ``root``.

    A pattern without a slash is compared with each name; one with a slash with the path below ``root``.
    ``usual`` are the defaults: a package of that name (``venv`` of the standard library) is not meant by them.
    """

    root: str
    patterns: tuple[str, ...] = ()
    usual: tuple[str, ...] = USUAL_FOLDERS

    def excludes(self, path: str, name: str) -> bool:
        """Whether a pattern excludes the entry at the absolute ``path`` (its folders aside)."""
        if not self.patterns:
            return False
        relative = ""
        for pattern in self.patterns:
            pattern = pattern.removeprefix("./").rstrip("/")
            if "/" not in pattern:
                if _matches(name, pattern):
                    return True
                continue
            relative = relative or os.path.relpath(path, self.root).replace(os.sep, "/")
            whole = path.replace(os.sep, "/")
            tail = pattern.removeprefix("**/").removesuffix("/**")
            if any(_matches(relative, p) or _matches(whole, p) for p in {pattern, tail}):
                return True
            if pattern.startswith("**/") and _matches("/" + relative, "*/" + tail):
                return True
        return False

    def usually_skips(self, path: str, name: str) -> bool:
        """Whether the folder is one that linters leave alone: by its name, or because it is an environment."""
        if name in self.usual:
            return not (name.isidentifier() and os.path.exists(os.path.join(path, "__init__.py")))
        return False


def rooted(pattern: str, root: str) -> str:
    """A pattern that counts from ``root`` as one that means the same from any folder.

    One without a slash is compared with names, and one with ``**/`` with the end of a path, wherever it stands.
    """
    if "/" not in pattern.rstrip("/") or pattern.startswith(("/", "**/")):
        return pattern
    # What is special in a pattern is not in the name of a folder.
    folder = re.sub(r"([*?[])", r"[\1]", root.replace(os.sep, "/"))
    return f"{folder.rstrip('/')}/{pattern.removeprefix('./')}"


class Discovery(NamedTuple):
    """``stamps`` are those of ``files``, in their order."""

    files: tuple[str, ...]
    errors: tuple[FileError, ...]
    missing: tuple[str, ...]
    stamps: Stamps


def discover(
    paths: Sequence[str],
    excluder_of: Callable[[str], Excluder] | None = None,
    *,
    force_exclude: bool = False,
    respect_gitignore: bool = True,
) -> Discovery:
    """The files that ``paths`` name.

    Folders give their ``*.py`` and ``*.pyw``; a file that is named is taken whatever its suffix (not a notebook), and
    whatever excludes it unless ``force_exclude``. ``excluder_of`` gives the exclusion for entries of a folder (absolute
    path).
    """
    started = time.time_ns()
    walk = _Walk(excluder_of or (lambda folder: Excluder(folder)), force_exclude, respect_gitignore)
    missing = []
    for path in paths:
        shown = os.path.normpath(path) if path else path
        if os.path.isdir(path):
            walk.folder(shown)
        elif not os.path.lexists(path) or not os.path.exists(path):
            missing.append(path)
        elif not (force_exclude and walk.excluded_by_path(os.path.abspath(path))):
            if path.endswith(".ipynb"):
                walk.errors.append(FileError(shown, 1, _NOTEBOOK))
            else:
                walk.take(shown, stamp_of(path))
    files, stamps = walk.files, walk.stamps
    if len(paths) > 1 or walk.links:
        kept = list(_once(files))
        files = [files[number] for number in kept]
        stamps = array("Q", [field for n in kept for field in stamps[n * FIELDS : (n + 1) * FIELDS]])
    return Discovery(tuple(files), tuple(walk.errors), tuple(missing), Stamps(stamps, started))


def _once(files: Sequence[str]) -> Iterator[int]:
    """Positions, without a second name of a file: the same one relative and absolute, or a link to one listed."""
    seen: set[str] = set()
    absolute = os.path.abspath
    links = {absolute(file) for file in files if os.path.islink(file)}
    real = {absolute(file) for file in files} - links
    for number, file in enumerate(files):
        key = absolute(file)
        if key in links:
            key = os.path.realpath(file)
            if key in real:
                continue
        if key not in seen:
            seen.add(key)
            yield number


class _Walk:
    def __init__(self, excluder_of: Callable[[str], Excluder], force_exclude: bool, respect_gitignore: bool) -> None:
        self.files: list[str] = []
        self.stamps = no_stamps()
        self.errors: list[FileError] = []
        #: Whether a link is among the files: another may be what it points to.
        self.links = False
        self._excluder_of = excluder_of
        self._force_exclude = force_exclude
        self._respect_gitignore = respect_gitignore
        #: Real folders that were walked: a second path to one adds nothing.
        self._seen: set[tuple[int, int]] = set()

    def take(self, shown: str, stamp: Stamp) -> None:
        self.files.append(shown)
        self.stamps.extend(stamp)

    def excluded_by_path(self, path: str) -> bool:
        """Whether the file, or a folder that it lies in, is excluded (up to the exclusion's root)."""
        excluder = self._excluder_of(os.path.dirname(path))
        if excluder.excludes(path, os.path.basename(path)):
            return True
        at = os.path.dirname(path)
        while at != os.path.dirname(at) and at != excluder.root:
            if excluder.excludes(at, os.path.basename(at)) or excluder.usually_skips(at, os.path.basename(at)):
                return True
            at = os.path.dirname(at)
        return False

    def folder(self, root: str) -> None:
        """Take the Python files below ``root``, folder by folder, each folder sorted by name."""
        absolute = os.path.abspath(root)
        if self._force_exclude and self.excluded_by_path(absolute):
            return
        # What git says is about real paths; a root reached over a link has another absolute one.
        real = os.path.realpath(root)
        top = _Folder("" if root == "." else root, real, absolute, None, is_root=True)
        if self._respect_gitignore:
            top = top._replace(ignored=ignored_below(real))
        stack = [top]
        while stack:
            inner = self._entries(stack.pop())
            inner.reverse()
            stack.extend(inner)

    def _entries(self, folder: _Folder) -> list[_Folder]:
        """Take the files of one folder; returns the folders in it that are to be walked."""
        shown, real, absolute, ignored, is_root = folder
        try:
            info = os.stat(absolute)
            with os.scandir(absolute) as entries:
                by_name = {entry.name: entry for entry in entries}
        except OSError as error:
            message = f"folder cannot be read: {error.strerror or error}"
            self.errors.append(FileError(shown or ".", 1, message))
            return []
        if (info.st_dev, info.st_ino) in self._seen or ("pyvenv.cfg" in by_name and not is_root):
            return []
        self._seen.add((info.st_dev, info.st_ino))
        if ".git" in by_name and not is_root and self._respect_gitignore:
            ignored = ignored_below(real)
        excluder = self._excluder_of(absolute)
        folders = []
        prefix = os.path.join(shown, "")
        for name in sorted(by_name):
            entry = by_name[name]
            if _is_folder(entry):
                path = os.path.join(absolute, name)
                if excluder.usually_skips(path, name) or excluder.excludes(path, name):
                    continue
                below = os.path.join(real, name)
                if ignored is not None and ignored(below, True):
                    continue
                folders.append(_Folder(prefix + name, below, path, ignored))
            elif name.endswith((".py", ".pyw")):
                if entry.is_symlink():
                    if not os.path.exists(entry.path) or os.path.isdir(entry.path):
                        # Editors' lock files are dangling links; linked folders are walked where they really are.
                        continue
                    self.links = True
                if ignored is not None and ignored(os.path.join(real, name), False):
                    continue
                if excluder.patterns and excluder.excludes(os.path.join(absolute, name), name):
                    continue
                self.take(prefix + name, _stamp(entry))
        return folders


class _Folder(NamedTuple):
    """A folder to be walked: as it is shown, really, and absolutely; and what git ignores in it."""

    shown: str
    real: str
    absolute: str
    ignored: IsIgnored | None
    is_root: bool = False


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    if not _ENTRIES_KNOW:
        return stamp_of(entry.path)
    try:
        return stamp_in(entry.stat())
    except OSError:
        return NO_STAMP


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        # Links to folders are not followed: they would leave the tree that the user named, or loop in it.
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
