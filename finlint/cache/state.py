"""Files and folders now, compared with what they were when something was kept about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from finlint.cache.folders import names_in
from finlint.model.limits import FILE_SIZE
from finlint.model.stamp import NO_STAMP, Stamp, stamp_of
from finlint.scan.words import OftenAsked
from finlint.syntax.digest import digest
from finlint.syntax.reading import Unreadable

if TYPE_CHECKING:
    from finlint.model.reads import Form
    from finlint.syntax.traced import Content

#: A file that was written less than this before may be written again without its time changing.
RACY_NS = 2_000_000_000


class Now:
    """What is on the disk, each file and folder asked once in a run.

    ``linted`` are the files of the run (absolute path to the path shown), ``stamps`` those that are known already, none
    from before ``started``; ``read`` gives a file's bytes or None.
    """

    def __init__(
        self,
        linted: Mapping[str, str],
        stamps: Callable[[str], Stamp | None],
        read: Callable[[str], bytes | None],
        started: int,
    ) -> None:
        self.linted = linted
        self.read = read
        self._known = stamps
        self._started = started
        self._stamps: dict[str, Stamp] = {}
        self._names: dict[str, str] = {}

    def stamp(self, path: str) -> Stamp:
        known = self._stamps.get(path)
        if known is None:
            known = self._stamps[path] = self._known(path) or stamp_of(path)
        return known

    def safe(self, path: str) -> Stamp:
        """The stamp, where a later one will tell."""
        stamp = self.stamp(path)
        return stamp if is_safe(stamp, self._started) else NO_STAMP

    def names(self, folder: str) -> str:
        known = self._names.get(folder)
        if known is None:
            known = self._names[folder] = names_in(folder)
        return known


def is_safe(stamp: Stamp, started: int) -> bool:
    """Whether whatever is written to the file after ``started`` gives it another stamp."""
    return stamp.mtime < started - RACY_NS


class FileNow:
    """A file beside what was kept of it: the same, or another content whose parts may still be the same."""

    __slots__ = ("_content", "_parsed", "_words", "data", "digest", "path", "same")

    def __init__(self, path: str, same: bool, data: bytes | None = None) -> None:
        self.path = path
        self.same = same
        self.data = data
        self.digest = digest(data) if data is not None else ""
        self._content: Content | None = None
        self._parsed = False
        self._words = OftenAsked(data) if data is not None else None

    def has(self, part: str, told: str) -> bool:
        """Whether the part is what ``told`` is the digest of."""
        if self.same:
            return True
        from finlint.syntax.traced import UNREADABLE

        if part == UNREADABLE or not told:
            # It was no Python, or could not be read: only the same bytes are as good.
            return False
        content = self._parse()
        return content is not None and content.digest(part) == told

    def holds(self, text: str, form: Form) -> bool:
        """What a search for that finds (``finlint.analysis.program.disk``)."""
        if self.data is None or len(self.data) > FILE_SIZE:
            return False
        return self._words is not None and self._words.holds(text, form)

    def is_python(self) -> bool:
        return self.same or self._parse() is not None

    def _parse(self) -> Content | None:
        if not self._parsed:
            self._parsed = True
            if self.data is not None:
                from finlint.syntax.source import SourceFile
                from finlint.syntax.traced import Content

                try:
                    self._content = Content(SourceFile(self.path, self.data))
                except Unreadable:
                    pass
        return self._content
