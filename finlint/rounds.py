"""Which files may hold a subclass of a class, or a call of a wrapper: decided file by file, without parsing.

A run asks such questions in rounds, until nothing new is found. Each is asked of a file's bytes alone, so that after a
change it can be asked of the changed files again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from finlint.analysis.program.class_headers import Headers, named_in
from finlint.model.task import ClassKey, FunctionKey, Task, names_from_json
from finlint.scan.words import is_test

#: What is asked about classes whose finalizers were followed: their attributes that mattered.
Asked = tuple[tuple[ClassKey, tuple[str, ...]], ...]
#: Whether a file (path, bytes) may mean a name of another file: ``Packages.may_use``.
MayUse = Callable[[str, bytes, str, str], bool]


class Raw:
    """A file by its bytes, with what has been read in them."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data

    @cached_property
    def is_test(self) -> bool:
        return is_test(self.data)

    @cached_property
    def heirs(self) -> dict[bytes, list[str]]:
        """The classes that name a word among their bases, by word."""
        out: dict[bytes, list[str]] = {}
        for name, words in named_in(self.data):
            for word in words:
                out.setdefault(word, []).append(name)
        return out


class Subclasses:
    """Which files may hold a subclass of one of ``bases``."""

    kind = "bases"

    def __init__(self, bases: Sequence[ClassKey], asked_of: Mapping[ClassKey, Asked]) -> None:
        self.bases = tuple(bases)
        self.asked_of = {base: asked_of.get(base, ()) for base in self.bases}
        self.words = frozenset(base.name for base in self.bases)
        self._by_word: dict[bytes, list[ClassKey]] = {}
        for base in self.bases:
            self._by_word.setdefault(base.name.encode(), []).append(base)

    def task(self, file: Raw, may_use: MayUse) -> Task | None:
        """What is to be asked of a file, if anything."""
        classes: dict[str, None] = {}
        asked: dict[ClassKey, tuple[str, ...]] = {}
        for word in sorted(self._by_word.keys() & file.heirs.keys()):
            for base in self._by_word[word]:
                if self._counts(file, base) and may_use(file.path, file.data, base.name, base.path):
                    classes.update(dict.fromkeys(file.heirs.get(word, ())))
                    asked.update(self.asked_of[base])
        if not classes:
            return None
        # Whoever inherits from them in the same file is asked about at once: rows of classes may be long.
        for name in (pending := list(classes)):
            fresh = [heir for heir in file.heirs.get(name.encode(), ()) if heir not in classes]
            classes.update(dict.fromkeys(fresh))
            pending += fresh
        return Task(file.path, "inherited", tuple(sorted(classes)), tuple(sorted(asked.items())))

    def _counts(self, file: Raw, base: ClassKey) -> bool:
        """Whether a file's heirs of a class say something of it: a test's fakes say nothing of the program."""
        return file.path == base.path or not file.is_test

    def to_json(self) -> list[Any]:
        return [self.kind, self.bases, list(self.asked_of.values())]


class Callers:
    """Which files may call one of ``wrappers``.

    A class whose ``__init__`` registers what it is given is called by its name; a subclass names it in its header and
    passes its callback to the base's constructor.
    """

    kind = "calls"

    def __init__(self, wrappers: Sequence[FunctionKey]) -> None:
        self.wrappers = tuple(wrappers)
        self._shown = {
            key: key.owner if key.name in ("__init__", "__new__") and key.owner else key.name for key in self.wrappers
        }
        self.words = frozenset(self._shown.values())

    def task(self, file: Raw, may_use: MayUse) -> Task | None:
        """What is to be asked of a file, if anything."""
        hits = set(calls_in(file.data, self.words))
        names: set[str] = set()
        for key, word in self._shown.items():
            if word in hits and may_use(file.path, file.data, word, key.path):
                names.update((key.name, word))
        return Task(file.path, "wrapped", tuple(sorted(names))) if names else None

    def to_json(self) -> list[Any]:
        return [self.kind, self.wrappers]


Question = Subclasses | Callers


def question_from_json(data: Sequence[Any]) -> Question:
    """The inverse of ``to_json``. Raises (ValueError, TypeError, LookupError) where ``data`` is something else."""
    if data[0] == Callers.kind:
        return Callers([FunctionKey(*key) for key in data[1]])
    bases = [ClassKey(*key) for key in data[1]]
    return Subclasses(bases, dict(zip(bases, map(names_from_json, data[2]), strict=True)))


def calls_in(data: bytes, words: Collection[str]) -> list[str]:
    """Those of ``words`` that are called in a file, or stand alone in parentheses."""
    return _called(data, [(word, word.encode()) for word in sorted(words)])


def _called(data: bytes, words: Sequence[tuple[str, bytes]]) -> list[str]:
    return [word for word, e in words if e in data and (e + b"(" in data or b"(" + e + b")" in data)]


class Searches:
    """Looks for words in files. ``read`` gives a file's bytes or None; ``every`` are the files of the run."""

    def __init__(self, every: Collection[str], read: Callable[[str], bytes | None]) -> None:
        self._every = every
        self._read = read
        self._headers: Headers | None = None

    def hits(self, kind: str, paths: Collection[str], words: Collection[str]) -> dict[str, list[str]]:
        """For each file the words that it names as bases, or calls; files without any are left out."""
        if kind == Subclasses.kind:
            return self._in_headers(paths).holding(words)
        return dict(self._calls(paths, words))

    def _in_headers(self, paths: Collection[str]) -> Headers:
        if len(paths) < len(self._every):
            return Headers(paths, self._read)
        if self._headers is None:
            # Asked in rounds, a class's subclasses being bases themselves: one pass answers all of them.
            self._headers = Headers(paths, self._read)
        return self._headers

    def _calls(self, paths: Iterable[str], words: Collection[str]) -> Iterable[tuple[str, list[str]]]:
        encoded = [(word, word.encode()) for word in sorted(words)]
        for path in paths:
            data = self._read(path)
            found = _called(data, encoded) if data is not None else []
            if found:
                yield path, found
