"""Lines that differ from a git revision: in, a revision; out, whether a finding's places lie in changed lines.

What the revision has of a file is read from its objects, and compared here: ``git diff`` would have the repository's
filters clean the file first. Line ends do not count.
"""

from __future__ import annotations

import hashlib
import os
import re
from difflib import SequenceMatcher

from finlint.git import GitError, ask
from finlint.model.finding import FileError, Finding
from finlint.syntax.gitignore import work_tree
from finlint.syntax.reading import MAX_BYTES, Unreadable, read_bytes

#: Pairs of lines beyond which what lies between the first and the last difference counts as changed.
MAX_PAIRS = 25_000_000


class ChangesError(Exception):
    """Why git could not compare, in one line."""


class Changes:
    """The changes of the work tree around the working directory; a file that git does not know is changed wholly."""

    def __init__(self, revision: str) -> None:
        """Raises ChangesError."""
        top = work_tree(os.path.realpath(os.getcwd()))
        if top is None:
            raise ChangesError("not a git repository")
        if revision.startswith("-"):
            # git would take it for an option.
            raise ChangesError(f"`{revision}` is not a revision")
        self._top = top
        #: Objects by path, those of files and those of other repositories.
        self._files: dict[str, str] = {}
        self._repositories: set[str] = set()
        self._known: dict[str, frozenset[int] | None] = {}
        try:
            tree = ask("rev-parse", "--verify", f"{revision}^{{tree}}", folder=top)
            listed = ask("ls-tree", "-r", "-z", "--full-tree", tree.decode("ascii").strip(), folder=top)
        except GitError as error:
            said = str(error)
            raise ChangesError("there is no such revision" if "single revision" in said else said) from None
        for row in listed.split(b"\0"):
            about, _, name = row.partition(b"\t")
            if name:
                _, kind, name_of_object = about.decode("ascii").split(" ")
                path = os.path.normpath(os.path.join(top, os.fsdecode(name)))
                if kind == "commit":
                    self._repositories.add(path)
                else:
                    self._files[path] = name_of_object

    def touch(self, item: Finding | FileError) -> bool:
        """Whether the finding's place, registration, culprit or a hop of its chain lies in a changed line."""
        if isinstance(item, FileError):
            changed = self._lines(item.path)
            return changed is None or bool(changed)
        span = item.span
        places = [(item.path, line) for line in range(span.line, span.end_line + 1)]
        places += [(hop.path, hop.line) for hop in item.trace]
        for place in (item.registration, item.culprit):
            if place is not None:
                places.append((place.path, place.line))
        return any((lines := self._lines(path)) is None or line in lines for path, line in places)

    def _lines(self, path: str) -> frozenset[int] | None:
        """The changed lines of a file; None: all of them."""
        path = os.path.realpath(path)
        if path not in self._known:
            self._known[path] = self._compare(path)
        return self._known[path]

    def _compare(self, path: str) -> frozenset[int] | None:
        if not path.startswith(self._top.rstrip(os.sep) + os.sep):
            return frozenset()
        name = self._files.get(path)
        if name is None:
            within = any(path.startswith(other + os.sep) for other in self._repositories)
            return frozenset() if within else None
        try:
            data = read_bytes(path)
        except Unreadable:
            return None
        if name == _object_name(data, name):
            return frozenset()
        try:
            if int(ask("cat-file", "-s", name, folder=self._top)) > MAX_BYTES:
                return None
            before = ask("cat-file", "blob", name, folder=self._top)
        except (GitError, ValueError):
            # An object that is not there: of what was in the file nothing is known.
            return None
        return changed_lines(before, data)


def _object_name(data: bytes, like: str) -> str:
    """The name that git gives a file of this content, by the digest that the name ``like`` is one of."""
    new = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    new.update(b"blob %d\0" % len(data))
    new.update(data)
    return new.hexdigest()


def changed_lines(before: bytes, after: bytes) -> frozenset[int]:
    """The numbers of lines of ``after`` that ``before`` does not have, and those around lines that only it has."""
    old, new = _split(before), _split(after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if len(old) * len(new) > MAX_PAIRS:
        return frozenset(range(start + 1, start + len(new) + 1))
    changed: set[int] = set()
    for kind, _, _, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "delete":
            changed.update((start + first, start + first + 1))
        elif kind != "equal":
            changed.update(range(start + first + 1, start + last + 1))
    return frozenset(changed)


def _split(data: bytes) -> list[bytes]:
    # As lines are counted everywhere else.
    lines = re.split(rb"\r\n|\r|\n", data)
    return lines[:-1] if lines[-1] == b"" else lines
