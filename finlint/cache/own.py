"""The folder that is finlint's own, below the one that the user names: what was written there, and may be removed.

It is known by a marker whose content is ours, and in it files of ours by their names; whatever else lies there, or
stands in its place, is left alone. No link is followed, and nothing but a regular file is opened.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from finlint.model.regular import open_regular

#: The folder's name below the one that is named.
NAME = "finlint-cache"
MARKER = "finlint-cache.txt"
_CONTENT = (
    b"finlint wrote this folder (8f0c1d52-finlint-cache). `finlint clean` removes what it wrote here, and no more.\n"
)
#: For backups (https://bford.info/cachedir/) and for git; both only in a folder that we have made.
_NOTES = {
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is finlint's cache.\n",
    ".gitignore": b"*\n",
}

SUFFIX = ".finlint"
_TEMPORARY = "new-"
_OF_VERSION = re.compile(r"v[0-9]+-[0-9a-f]{16}")
_WRITTEN = re.compile(rf"[0-9a-f]{{32}}\.(run|answers){re.escape(SUFFIX)}")
_BEING_WRITTEN = re.compile(rf"{_TEMPORARY}[a-z0-9_]{{8}}{re.escape(SUFFIX)}")

#: Bytes beyond which a file of the cache was not written by us.
MAX_FILE = 1_000_000_000
#: Seconds after which a file that is being written is not any more.
STALE = 3_600.0


class NotOursError(OSError):
    """What stands in the place of the cache, in a few words."""


class Written(NamedTuple):
    """A file that we wrote; ``done``: it is no half of one."""

    path: str
    mtime: float
    size: int
    done: bool


def own_folder(root: str) -> str:
    """The path of our folder below ``root``."""
    return os.path.join(root, NAME)


def problem(root: str) -> str | None:
    """What stands in the way of a cache below ``root``, in one line; None where nothing does."""
    try:
        is_ours(root)
    except NotOursError as error:
        return f"no cache: {error}"
    except OSError:
        # It cannot be read or made: a run goes without, as on a disk that is full.
        return None
    return None


def is_ours(root: str) -> bool:
    """Whether our folder is below ``root``; False where nothing is. Raises NotOursError, OSError."""
    own = own_folder(root)
    if os.path.lexists(root) and not os.path.isdir(root):
        raise NotOursError(f"{root} is no folder")
    try:
        mode = os.lstat(own).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISDIR(mode):
        raise NotOursError(f"{own} is {'a link' if stat.S_ISLNK(mode) else 'no folder'}; remove it")
    names = set(os.listdir(own))
    if MARKER in names:
        if _read(os.path.join(own, MARKER)) == _CONTENT:
            return True
    elif all(_BEING_WRITTEN.fullmatch(name) or _is_note(own, name) for name in names):
        # Somebody is making it, or was stopped at it, or the disk was full.
        return False
    raise NotOursError(f"{own} was not made by finlint; remove it, or name another place with --cache-dir")


def _is_note(own: str, name: str) -> bool:
    """Whether a file of our folder is a note, and as we have written it."""
    return name in _NOTES and _read(os.path.join(own, name)) == _NOTES[name]


def _read(path: str) -> bytes:
    try:
        with open(open_regular(path, 1_000, follow=False), "rb") as file:
            return file.read()
    except OSError:
        return b""


def make(root: str, version: str) -> str:
    """Our folder with the one for ``version`` in it, whose path is returned. Raises OSError."""
    own = own_folder(root)
    if not is_ours(root):
        os.makedirs(own, exist_ok=True)
        for name, content in (*_NOTES.items(), (MARKER, _CONTENT)):
            # The marker comes last: with it the folder is ours.
            replace(os.path.join(own, name), content)
    folder = os.path.join(own, version)
    try:
        os.mkdir(folder)
    except FileExistsError:
        if not _is_folder(folder):
            raise NotOursError(f"{folder} is no folder") from None
    return folder


def _is_folder(path: str) -> bool:
    return stat.S_ISDIR(os.lstat(path).st_mode)


def replace(path: str, data: bytes) -> None:
    """Write a file of ours: the old one or the new one is there, never half of one. A link in its place is replaced,
    not followed. Raises OSError."""
    handle, temporary = tempfile.mkstemp(SUFFIX, _TEMPORARY, os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            # `finlint clean` was quicker.
            pass
        raise


def written(root: str) -> Iterator[Written]:
    """The files that we wrote, of all versions; none where the folder is not ours. Raises OSError."""
    if not is_ours(root):
        return
    for folder in _version_folders(own_folder(root)):
        for entry in _entries(folder):
            done = _WRITTEN.fullmatch(entry.name) is not None
            if (done or _BEING_WRITTEN.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
                try:
                    info = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield Written(entry.path, info.st_mtime, info.st_size, done)


def _version_folders(own: str) -> list[str]:
    return [e.path for e in _entries(own) if _OF_VERSION.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def remove(root: str) -> int:
    """Remove what we wrote below ``root``, and our folder if nothing else is in it. Returns how many entries of others
    were left there. Raises OSError."""
    own = own_folder(root)
    for file in list(written(root)):
        _unlink(file.path)
    for folder in _version_folders(own):
        _rmdir(folder)
    for entry in _entries(own):
        if _BEING_WRITTEN.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            _unlink(entry.path)
    notes = {name for name in _NOTES if _is_note(own, name)}
    left = [entry for entry in _entries(own) if entry.name not in notes | {MARKER}]
    if not left:
        for name in (*notes, MARKER):
            _unlink(os.path.join(own, name))
        _rmdir(own)
    return len(left)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _rmdir(path: str) -> None:
    """Remove a folder of ours, if it is empty."""
    try:
        os.rmdir(path)
    except OSError:
        pass
