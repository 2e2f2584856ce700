"""What git ignores below a folder, read from the files that say so, without git.

In: a folder. Out: a test for entries below it. Patterns come from the ``.gitignore`` files of the work tree,
``info/exclude`` of its repository and the user's own file (``core.excludesFile`` of ``~/.gitconfig`` or
``~/.config/git/config``, else ``~/.config/git/ignore``). git is not asked: in a checkout of somebody else,
``git ls-files`` runs commands of that checkout's configuration. So a file that matches is ignored although it is
tracked, as ruff has it, too.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

from finlint.model.regular import open_regular
from finlint.syntax.wildmatch import Pattern, parse

#: Given the absolute path of an entry and whether it is a folder: does git ignore it?
IsIgnored = Callable[[str, bool], bool]

#: A file of patterns, or a configuration of git, of more bytes is something else.
MAX_BYTES = 10_000_000

#: Where git does not tell upper from lower case, as it finds out when a repository is made.
_FOLDS_CASE = sys.platform in ("win32", "darwin")


def ignored_below(folder: str) -> IsIgnored | None:
    """A test for entries below ``folder``, or None where no work tree is around it (or it is ignored itself).

    Of an entry whose folder is ignored it says nothing of use: whoever asks does not look into that folder.
    """
    top = work_tree(folder)
    if top is None:
        return None
    tree = _Tree(top)
    # An ignored folder that the user names is meant to be looked at.
    return None if tree.ignores_folder(folder) else tree.ignores


def work_tree(folder: str) -> str | None:
    """The nearest folder, from ``folder`` (absolute) upwards, that holds ``.git``."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


class _Patterns:
    """The patterns of one file, for paths below ``base``. The last one that matches decides."""

    def __init__(self, base: str, patterns: list[Pattern]) -> None:
        self._start = len(base.rstrip(os.sep)) + 1
        self._patterns = patterns
        #: Most patterns are a name: the numbers of those, and of the others, the last one first.
        self._names: dict[str, list[int]] = {}
        others = []
        for number, pattern in enumerate(patterns):
            if pattern.name is not None:
                self._names.setdefault(pattern.name, []).append(number)
            else:
                others.append(number)
        self._others = others[::-1]

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether the entry is ignored; None where no pattern says so or otherwise."""
        parts = _bytewise(path[self._start :]).split("/")
        best = -1
        for number in reversed(self._names.get(parts[-1], ())):
            if is_folder or not self._patterns[number].folders_only:
                best = number
                break
        for number in self._others:
            if number < best:
                break
            if self._patterns[number].matches(parts, is_folder):
                best = number
                break
        return None if best < 0 else not self._patterns[best].negated


class _Tree:
    """The patterns of a work tree, read as they are needed."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._above: dict[str, tuple[_Patterns, ...]] = {}

    def ignores(self, path: str, is_folder: bool) -> bool:
        for patterns in self._that_hold_in(os.path.dirname(path)):
            verdict = patterns.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False

    def ignores_folder(self, folder: str) -> bool:
        """Whether ``folder``, or one between it and the top, is ignored."""
        while len(folder) > len(self._top):
            if self.ignores(folder, True):
                return True
            folder = os.path.dirname(folder)
        return False

    def _that_hold_in(self, folder: str) -> tuple[_Patterns, ...]:
        """The files that hold in ``folder``, the nearest first."""
        known = self._above.get(folder)
        if known is None:
            if len(folder) <= len(self._top):
                outer = _of_no_folder(self._top)
            else:
                outer = self._that_hold_in(os.path.dirname(folder))
            # git does not follow a link in this place either.
            mine = _read(os.path.join(folder, ".gitignore"), folder, follow=False)
            known = self._above[folder] = (*mine, *outer)
        return known


def _of_no_folder(top: str) -> tuple[_Patterns, ...]:
    """The repository's own file and the user's, in the order of their weight."""
    return (
        *_read(os.path.join(_common_folder(os.path.join(top, ".git")), "info", "exclude"), top),
        *_read(_users_file(), top),
    )


def _read(path: str, base: str, *, follow: bool = True) -> tuple[_Patterns, ...]:
    text = _text(path, follow=follow)
    # Only a line feed ends a line; a carriage return before it is passed over.
    lines = (line.removesuffix("\r") for line in text.removeprefix("\xef\xbb\xbf").split("\n"))
    if _FOLDS_CASE:
        lines = (line.lower() for line in lines)
    patterns = [pattern for line in lines if (pattern := parse(line)) is not None]
    return (_Patterns(base, patterns),) if patterns else ()


def _text(path: str, *, follow: bool = True) -> str:
    """The bytes of a file as characters; none where there is no regular file."""
    try:
        with open(open_regular(path, MAX_BYTES, follow=follow), "rb", buffering=0) as file:
            return file.readall().decode("latin-1")
    except (OSError, ValueError):
        return ""


def _bytewise(path: str) -> str:
    path = path.replace(os.sep, "/")
    if _FOLDS_CASE:
        path = path.lower()
    return path if path.isascii() else os.fsencode(path).decode("latin-1")


# -- where git keeps what


def _common_folder(git: str) -> str:
    """The repository's folder; ``git`` is a file that names another one in linked work trees and submodules."""
    if not os.path.isdir(git):
        named = _text(git).removeprefix("gitdir:").strip().encode("latin-1")
        git = os.path.join(os.path.dirname(git), os.fsdecode(named))
    shared = _text(os.path.join(git, "commondir")).strip().encode("latin-1")
    return os.path.join(git, os.fsdecode(shared)) if shared else git


class _Home(NamedTuple):
    """The user's folders; both are "" where there are none."""

    home: str
    config: str


def _home() -> _Home:
    home = os.path.expanduser("~")
    home = "" if home == "~" else home
    config = os.environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    return _Home(home, config)


def _users_file() -> str:
    """The user's file of patterns."""
    home = _home()
    told = os.environ.get("GIT_CONFIG_GLOBAL")
    files = [told] if told else [os.path.join(home.config, "git", "config"), os.path.join(home.home, ".gitconfig")]
    named = ""
    for path in files:
        if os.path.isabs(path):
            named = _excludes_file(_text(path)) or named
    if named:
        return os.path.join(home.home, named[2:]) if named.startswith("~/") else named
    return os.path.join(home.config, "git", "ignore")


_SECTION = re.compile(r'\s*\[\s*([\w.-]+)\s*(?:"[^"]*")?\s*\]')
_EXCLUDES = re.compile(r'\s*excludesfile\s*=\s*(?:"([^"]*)"|([^#;"]*))', re.IGNORECASE)


def _excludes_file(config: str) -> str:
    """``core.excludesFile`` of a configuration of git; includes are not followed."""
    section = named = ""
    for line in config.split("\n"):
        header = _SECTION.match(line)
        if header is not None:
            section = header[1].lower()
            line = line[header.end() :]
        if section == "core" and (match := _EXCLUDES.match(line)) is not None:
            named = (match[1] or match[2] or "").strip()
    return os.fsdecode(named.encode("latin-1"))
