"""The patterns of ``.gitignore``: a line in, a test of paths out. Each is matched in polynomial time.

The rules are those of git (gitignore(5), and wildmatch.c for what that does not say). Translating patterns to regular
expressions, as most libraries do, lets a pattern of a few stars backtrack for hours over one long name, and whoever
writes a checkout writes its patterns, too. Names and patterns are compared by bytes, each as one character.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import NamedTuple

_CLASSES = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "blank": " \t",
    "cntrl": "".join(map(chr, range(32))) + "\x7f",
    "digit": string.digits,
    "graph": "".join(map(chr, range(33, 127))),
    "lower": string.ascii_lowercase,
    "print": "".join(map(chr, range(32, 127))),
    "punct": string.punctuation,
    "space": " \t\n\r\v\f",
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
}

#: What stands for one character: itself, a set of them, or any.
_Token = str | frozenset[str] | None


class _Part(NamedTuple):
    """What one name of a path must be: ``literal``, where nothing else is asked for; else what ``runs`` hold between
    stars, one after another."""

    literal: str | None
    runs: tuple[tuple[_Token, ...], ...] = ()

    def matches(self, name: str) -> bool:
        if self.literal is not None:
            return name == self.literal
        first, *rest = self.runs
        if not _at(first, name, 0):
            return False
        at = len(first)
        if not rest:
            return at == len(name)
        # What comes first fits best: a star that took more would leave less for those after it.
        for run in rest[:-1]:
            while at + len(run) <= len(name) and not _at(run, name, at):
                at += 1
            at += len(run)
        end = len(name) - len(rest[-1])
        return at <= end and _at(rest[-1], name, end)


def _at(run: tuple[_Token, ...], name: str, start: int) -> bool:
    if start + len(run) > len(name):
        return False
    return all(token is None or name[start + number] in token for number, token in enumerate(run))


class Pattern(NamedTuple):
    """A line of a file of patterns. ``parts`` are those of a path below the file's folder (None: any folders), or,
    where it is not ``anchored``, the one of the name."""

    negated: bool
    folders_only: bool
    anchored: bool
    parts: tuple[_Part | None, ...]

    @property
    def name(self) -> str | None:
        """The name that is meant, where that is all that is asked for."""
        (part, *rest) = self.parts
        return part.literal if part is not None and not rest and not self.anchored else None

    def matches(self, path: Sequence[str], is_folder: bool) -> bool:
        """Whether the entry at ``path``, by its parts, is meant; what lies in a folder that is, is not asked about."""
        if self.folders_only and not is_folder:
            return False
        if not self.anchored:
            part = self.parts[0]
            return part is None or part.matches(path[-1])
        return self._matches_path(path)

    def _matches_path(self, path: Sequence[str]) -> bool:
        at = wanted = 0
        # Where the last ``**`` stands, and what it has taken so far.
        star, taken = -1, 0
        parts = self.parts
        while at < len(path):
            part = parts[wanted] if wanted < len(parts) else _NOTHING
            if part is None:
                if wanted == len(parts) - 1:
                    return True
                star, taken = wanted, at
                wanted += 1
            elif part.matches(path[at]):
                at, wanted = at + 1, wanted + 1
            elif star >= 0:
                taken += 1
                at, wanted = taken, star + 1
            else:
                return False
        # A last ``**`` stands for something.
        return wanted == len(parts)


_NOTHING = _Part("")


def parse(line: str) -> Pattern | None:
    """The pattern of a line, without its end; None where it is a comment, empty, or none that matches anything."""
    line = _without_spaces(line)
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    line = line.removeprefix("!")
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    if not line:
        return None
    parts = _parts(line.removeprefix("/"))
    return None if parts is None else Pattern(negated, folders_only, "/" in line, parts)


def _without_spaces(line: str) -> str:
    """Without spaces at the end, unless a backslash keeps them."""
    end = 0
    at = 0
    while at < len(line):
        at += 2 if line[at] == "\\" and at + 1 < len(line) else 1
        if line[at - 1] != " " or line[at - 2 : at - 1] == "\\":
            end = at
    return line[:end]


def _parts(text: str) -> tuple[_Part | None, ...] | None:
    parts: list[_Part | None] = []
    runs: list[list[_Token]] = [[]]
    stars = 0
    at = 0
    while at <= len(text):
        c = text[at : at + 1]
        if c == "\\" and text[at + 1 : at + 2] == "/":
            at += 1
            c = "/"
        if c in ("", "/"):
            parts.append(_part(runs, stars))
            runs, stars = [[]], 0
            at += 1
        elif c == "*":
            runs.append([])
            stars += 1
            at += 1
        elif c == "?":
            runs[-1].append(None)
            at += 1
        elif c == "[":
            found = _set(text, at)
            if found is None:
                return None
            members, at = found
            runs[-1].append(members)
        elif c == "\\":
            if at + 1 == len(text):
                return None
            runs[-1].append(text[at + 1])
            at += 2
        else:
            runs[-1].append(c)
            at += 1
    return tuple(parts)


def _part(runs: list[list[_Token]], stars: int) -> _Part | None:
    if stars > 1 and not any(runs):
        return None
    if not stars and all(isinstance(token, str) for token in runs[0]):
        return _Part("".join(str(token) for token in runs[0]))
    # Stars in a row are one.
    return _Part(None, tuple(tuple(run) for number, run in enumerate(runs) if run or number in (0, len(runs) - 1)))


def _set(text: str, start: int) -> tuple[frozenset[str], int] | None:
    """The characters that ``[...]`` at ``start`` stands for, and where it ends; None where it does not."""
    at = start + 1
    negated = text[at : at + 1] in ("!", "^")
    at += negated
    members: set[str] = set()
    previous = ""
    first = True
    while first or text[at : at + 1] != "]":
        first = False
        c = text[at : at + 1]
        if not c:
            return None
        if c == "-" and previous and text[at + 1 : at + 2] not in ("", "]"):
            at += 1
            if text[at] == "\\":
                at += 1
                if at == len(text):
                    return None
            members.update(map(chr, range(ord(previous), ord(text[at]) + 1)))
            previous = ""
        elif c == "[" and text[at + 1 : at + 2] == ":":
            end = text.find("]", at + 2)
            if end < 0:
                return None
            if text[end - 1] == ":" and end - 1 >= at + 2:
                name = text[at + 2 : end - 1]
                if name not in _CLASSES:
                    return None
                members.update(_CLASSES[name])
                previous = ""
                at = end
            else:
                members.add("[")
                previous = ""
        else:
            if c == "\\":
                at += 1
                if at == len(text):
                    return None
            members.add(text[at])
            previous = text[at]
        at += 1
    if negated:
        members = set(map(chr, range(256))) - members
    return frozenset(members - {"/"}), at + 1
