"""Lines that differ from a git revision: in, a revision; out, the changed lines of each file."""

from __future__ import annotations

import os
import re
import subprocess

from finlint.model.finding import FileError, Finding

_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


class ChangesError(Exception):
    """Why git could not compare, in one line."""


class Changes:
    """Changed lines by absolute path; a file that git does not know is changed as a whole."""

    def __init__(self, revision: str) -> None:
        """Raises ChangesError."""
        top = os.fsdecode(_git("rev-parse", "--show-toplevel").rstrip(b"\r\n"))
        if revision.startswith("-"):
            raise ChangesError(f"`{revision}` is not a revision")
        self._lines: dict[str, set[int]] = {}
        self._whole: set[str] = set()
        options = ("--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
        diff = _git("-c", "core.quotePath=false", "diff", "--unified=0", *options, revision, "--", cwd=top)
        current: set[int] = set()
        for line in diff.split(b"\n"):
            if line.startswith(b"+++ "):
                current = set()
                name = line[4:].rstrip(b"\t")
                if name != b"/dev/null":
                    path = os.path.join(top, os.fsdecode(_unquoted(name)[2:]))
                    current = self._lines.setdefault(os.path.normpath(path), set())
            elif match := _HUNK.match(line):
                start, count = int(match[1]), int(match[2] or 1)
                # Where lines were only taken away, the line before and after are what changed.
                current.update(range(start, start + count) if count else (start, start + 1))
        for name in _git("ls-files", "-z", "--others", "--exclude-standard", cwd=top).split(b"\0"):
            if name:
                self._whole.add(os.path.normpath(os.path.join(top, os.fsdecode(name))))

    def touch(self, item: Finding | FileError) -> bool:
        """Whether the finding's place, registration, culprit or a hop of its chain lies in a changed line."""
        if isinstance(item, FileError):
            path = os.path.realpath(item.path)
            return path in self._whole or bool(self._lines.get(path))
        span = item.span
        places = [(item.path, line) for line in range(span.line, span.end_line + 1)]
        places += [(hop.path, hop.line) for hop in item.trace]
        for place in (item.registration, item.culprit):
            if place is not None:
                places.append((place.path, place.line))
        return any(self._changed(path, line) for path, line in places)

    def _changed(self, path: str, line: int) -> bool:
        path = os.path.realpath(path)
        return path in self._whole or line in self._lines.get(path, ())


def _unquoted(name: bytes) -> bytes:
    if not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    return name[1:-1].decode("unicode_escape").encode("latin-1")


def _git(*arguments: str, cwd: str | None = None) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise ChangesError(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ChangesError(said[0].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
    return done.stdout
