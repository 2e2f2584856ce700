"""What was read of folders and packages, and searches for words in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from finlint.model.limits import FILE_SIZE
from finlint.model.reads import Form, Searched
from finlint.scan.given import Given
from finlint.scan.words import PATCHES, Vocabulary, holds, is_word, longest_word

#: Bytes of files that are kept between searches, and of words of files; the others are read again.
MAX_KEPT = 12_000_000
#: Searches of a group after which its words are collected: that takes as long as some more.
OFTEN = 12


class Disk:
    """What was read of folders and packages: nothing that depends on who asks, so projects may share it.

    ``groups`` are the files that searches of packages look at, folders and Python files; where there
    are ``too_many``, not all of them. ``holders`` says which of a group's files hold a text and a pattern.
    """

    __slots__ = (
        "_given",
        "_room",
        "_searched",
        "_texts",
        "_vocabularies",
        "_with_word",
        "crowded",
        "groups",
        "holders",
        "listings",
        "too_large",
        "too_many",
    )

    def __init__(self, room: int = MAX_KEPT) -> None:
        self._room = room
        self.listings: dict[str, frozenset[str]] = {}
        self.groups: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self.too_many: set[str] = set()
        #: Groups with files that are too large to be searched; those are left out of their texts.
        self.too_large: set[str] = set()
        #: Groups of packages that are too many to be searched.
        self.crowded: set[str] = set()
        self.holders: dict[Searched, list[str]] = {}
        #: Files of a group that hold a word.
        self._with_word: dict[tuple[str, str], list[str]] = {}
        #: The bytes of groups, those asked for last come last.
        self._texts: dict[str, dict[str, bytes]] = {}
        #: How often all files of a group were searched, and the words of those that were searched often.
        self._searched: dict[str, int] = {}
        self._vocabularies: dict[str, Vocabulary] = {}
        #: What files of a group give to classes and modules; of one that is asked seldom, how often it was.
        self._given: dict[str, dict[str, Given | int]] = {}

    def holding(self, key: str, text: str, form: Form, read: Callable[[str], bytes | None]) -> list[str]:
        """The group's files that hold ``text``, a word or a piece of code, in that ``form``, if any."""
        search = key, text, form
        found = self.holders.get(search)
        if found is not None:
            return found
        # A class is looked for as a base, as a call and by other names: the word is looked for in all files once.
        word = longest_word(text)
        files = self._with_word.get((key, word))
        if files is None and is_word(word):
            vocabulary = self._vocabulary(key, read)
            if vocabulary is not None:
                files = self._with_word[key, word] = vocabulary.holding(word)
        if files is not None:
            some = self._some(key, files, read)
            if form == PATCHES and text.isascii() and text.isidentifier():
                found = [path for path, data in some if self._gives(key, path, data, text)]
            else:
                found = [path for path, data in some if holds(data, text, form)]
        else:
            found, files = [], []
            for path, data in self.texts(key, read):
                if holds(data, word, ""):
                    files.append(path)
                    if holds(data, text, form):
                        found.append(path)
            self._with_word[key, word] = files
        self.holders[search] = found
        return found

    def _gives(self, key: str, path: str, data: bytes, name: str) -> bool:
        """Whether a file gives something to the class or module of that name: one that is asked for many of them is
        read once for all."""
        given = self._given.setdefault(key, {})
        asked = given.get(path, 0)
        if isinstance(asked, int):
            if asked < OFTEN:
                given[path] = asked + 1
                return holds(data, name, PATCHES)
            asked = given[path] = Given(data.decode("latin-1"))
        return asked.gives(name)

    def _vocabulary(self, key: str, read: Callable[[str], bytes | None]) -> Vocabulary | None:
        """The words of a group that is searched again and again."""
        known = self._vocabularies.get(key)
        if known is None:
            count = self._searched[key] = self._searched.get(key, 0) + 1
            if count > OFTEN:
                known = self._vocabularies[key] = Vocabulary(self.texts(key, read))
                self._trim()
        return known

    def _some(self, key: str, paths: Iterable[str], read: Callable[[str], bytes | None]) -> Iterator[tuple[str, bytes]]:
        kept = self._texts.get(key)
        for path in paths:
            data = kept.get(path) if kept is not None else read(path)
            if data is not None:
                yield path, data

    def texts(self, key: str, read: Callable[[str], bytes | None]) -> Iterable[tuple[str, bytes]]:
        """The group's files that can be read, each with its bytes: as they were kept, or read again."""
        kept = self._texts.pop(key, None)
        if kept is None:
            return self._read(key, read)
        self._texts[key] = kept
        return kept.items()

    def _read(self, key: str, read: Callable[[str], bytes | None]) -> Iterator[tuple[str, bytes]]:
        """Read the files one by one, and keep all if there is room for them, in the place of others."""
        kept: dict[str, bytes] = {}
        size = 0
        for path in self.groups[key][1]:
            data = read(path)
            if data is None:
                continue
            if len(data) > FILE_SIZE:
                self.too_large.add(key)
                continue
            size += len(data)
            if size <= self._room:
                kept[path] = data
            else:
                kept.clear()
            yield path, data
        if size <= self._room:
            self._texts[key] = kept
            self._trim()

    def _trim(self) -> None:
        """Drop what is too much: words of groups that were collected first, files that were asked for least lately."""
        words = {key: vocabulary.size for key, vocabulary in self._vocabularies.items()}
        for key in _too_much(words, self._room, keep=1):
            del self._vocabularies[key]
            # Groups that are searched by turns would have each other's words collected at every search.
            self._searched[key] = 0
        sizes = {key: sum(map(len, kept.values())) for key, kept in self._texts.items()}
        for key in _too_much(sizes, self._room):
            del self._texts[key]
            self._given.pop(key, None)


def _too_much(sizes: Mapping[str, int], room: int, keep: int = 0) -> Iterator[str]:
    """The first keys without which the others have ``room``, but for the ``keep`` last."""
    total = sum(sizes.values())
    for key in list(sizes)[: len(sizes) - keep]:
        if total <= room:
            return
        yield key
        total -= sizes[key]
