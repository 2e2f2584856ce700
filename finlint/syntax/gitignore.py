"""What git ignores below a folder.

In: a folder. Out: the set of real paths that git ignores there (a folder stands for all that is in it). git is
asked where it is installed; otherwise the ``.gitignore`` files are read by the subset of rules that people use.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

#: Given the absolute path of an entry and whether it is a folder: does git ignore it?
IsIgnored = Callable[[str, bool], bool]


def ignored_below(folder: str) -> IsIgnored | None:
    """A test for entries below ``folder``, or None where no work tree is around it (or it is ignored itself)."""
    top = work_tree(folder)
    if top is None:
        return None
    listed = _ask_git(folder)
    if listed is None:
        reader = _Reader(top)
        return None if reader.ignores_folder(folder) else reader.ignores
    if not listed or folder in listed:
        # An ignored folder that the user names is meant to be looked at.
        return None
    return lambda path, is_folder: path in listed


def work_tree(folder: str) -> str | None:
    """The nearest folder, from ``folder`` (absolute) upwards, that holds ``.git``."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _ask_git(folder: str) -> frozenset[str] | None:
    # Imported here: a run over a file, or outside a work tree, need not pay for it.
    import subprocess

    command = ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return None
    if done.returncode != 0:
        return None
    names = [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    return frozenset(os.path.normpath(os.path.join(folder, name)) for name in names)


_Rules = list[tuple[re.Pattern[str], bool, bool]]
_Files = tuple[tuple[str, _Rules], ...]


class _Reader:
    """``.gitignore`` files of a work tree, read as they are needed. The last pattern that matches decides."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._above: dict[str, _Files] = {}

    def ignores(self, path: str, is_folder: bool) -> bool:
        verdict = False
        for base, rules in self._files_above(os.path.dirname(path)):
            relative = path[len(base) :].lstrip(os.sep).replace(os.sep, "/")
            for pattern, negated, folders_only in rules:
                if (is_folder or not folders_only) and pattern.match(relative):
                    verdict = not negated
        return verdict

    def ignores_folder(self, folder: str) -> bool:
        """Whether ``folder``, or one between it and the top, is ignored."""
        while len(folder) > len(self._top):
            if self.ignores(folder, True):
                return True
            folder = os.path.dirname(folder)
        return False

    def _files_above(self, folder: str) -> _Files:
        """(folder, rules) of each ``.gitignore`` that holds in ``folder``, the outermost first."""
        known = self._above.get(folder)
        if known is None:
            outer = () if len(folder) <= len(self._top) else self._files_above(os.path.dirname(folder))
            rules = self._rules_of(folder)
            known = self._above[folder] = (*outer, (folder, rules)) if rules else outer
        return known

    @staticmethod
    def _rules_of(base: str) -> _Rules:
        try:
            with open(os.path.join(base, ".gitignore"), encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            return []
        return [rule for line in lines if (rule := _rule(line)) is not None]


def _rule(line: str) -> tuple[re.Pattern[str], bool, bool] | None:
    line = line.rstrip()
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    line = line.removeprefix("!")
    folders_only = line.endswith("/")
    line = line.rstrip("/")
    if not line:
        return None
    anchored = "/" in line
    body = _translate(line.lstrip("/"))
    try:
        return re.compile(("" if anchored else "(?:.*/)?") + body + r"\Z"), negated, folders_only
    except re.error:
        return None


def _translate(pattern: str) -> str:
    out = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 2
        elif pattern[at] == "*":
            out.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            out.append("[^/]")
            at += 1
        elif pattern[at] == "[" and "]" in pattern[at + 2 :]:
            end = pattern.index("]", at + 2)
            inside = pattern[at + 1 : end].replace("\\", "\\\\")
            out.append("[" + ("^" + inside[1:] if inside[0] == "!" else inside) + "]")
            at = end + 1
        elif pattern[at] == "\\" and at + 1 < len(pattern):
            out.append(re.escape(pattern[at + 1]))
            at += 2
        else:
            out.append(re.escape(pattern[at]))
            at += 1
    return "".join(out)
