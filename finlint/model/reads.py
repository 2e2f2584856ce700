"""What answers are made from: parts of files, folders, searches; which of them each answer rests on.

Answers are shared by all tasks of a run, so that what one of them rests on cannot be seen from what was read while it
was given: most of it was read before. Each answer has the set of what it was made from, and who uses it has that, too.
A set is a number whose bits stand for what was read, so that a union costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from finlint.model.limits import LIMITS

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


#: What the text of a file can be asked (``syntax.texts`` answers), by what the answer is made of.
LineQuestion = Literal[
    "words",
    "calls",
    "decorated",
    "within",
    "stores",
    "naming",
    "globals",
    "matching",
    "assigned",
    "filled",
    "inheriting",
    "abandoned",
    "not_run",
    "mentions",
    "values",
    "indirect",
]
WordQuestion = Literal[
    "of_platforms",
    "holds",
    "changed",
    "subclasses",
    "names",
    "patches",
    "handed",
    "imports",
    # Of the outline and the text together.
    "aliases",
]
#: What a file can be asked besides (``syntax.traced``).
FileQuestion = Literal["bound", "at", "stars", "text", "lines", "syntax"]
PartKind = LineQuestion | WordQuestion | FileQuestion


class Part(NamedTuple):
    """A part of a file: what the file is asked, by the kind of question and its argument (``syntax.traced``)."""

    path: str
    kind: PartKind
    argument: str


class File(NamedTuple):
    """A file, whatever is in it: whether it is there, and can be read."""

    path: str
    tag: str = "file"


class Folder(NamedTuple):
    """The names in a folder."""

    path: str
    tag: str = "folder"


#: What a search is for: a word itself, a subclass of the class of that name, another name of it, what it is given from
#: outside, an import of the module of that name.
Form = Literal["", "subclasses", "names", "patches", "imports"]


#: Stands between folder and name in the key of a group: the packages of that folder but this one.
BUT = "\0"


class Search(NamedTuple):
    """A question to the files of a package: which of them hold ``text`` in that ``form``?

    ``group`` is the folder that they lie in; with a separator at its end, in it and no deeper; see also ``BUT``.
    """

    group: str
    text: str
    form: Form


#: The same as plain data, which is kept in files: group, text, form.
Searched = tuple[str, str, Form]


class Asked(NamedTuple):
    """An attribute that was looked up on a class or its instances: a subclass with another one behaves in another way.

    ``cls`` is the class; None: ``name`` is that of a class which an instance was compared with.
    """

    cls: Hashable
    name: str


class Hit(NamedTuple):
    """A bound that cut an answer short (``model.limits``)."""

    limit: str


class Reads:
    """The table of all that was read in one evaluation.

    ``made_from`` is what the present answer was made from so far.
    """

    __slots__ = ("_asked", "_hits", "_positions", "_sets", "_tokens", "made_from")

    def __init__(self) -> None:
        self._tokens: list[Hashable] = [Hit(name) for name in LIMITS]
        #: Numbers, not the sets themselves: those would take as many bits as there are tokens, for each of them.
        self._positions: dict[Hashable, int] = {token: position for position, token in enumerate(self._tokens)}
        self._hits = len(self._tokens)
        #: Where the attributes stand that were looked up, by class and name.
        self._asked: dict[Hashable, dict[str, int]] = {}
        self._sets: dict[int, int] = {}
        self.made_from = 0

    def __len__(self) -> int:
        return len(self._tokens)

    def position(self, token: Hashable) -> int:
        """Where ``token`` stands in the table: the set of it alone is ``1 << position``."""
        position = self._positions.get(token)
        if position is None:
            position = self._positions[token] = len(self._tokens)
            self._tokens.append(token)
        return position

    def note(self, token: Hashable) -> None:
        """The present answer is made from ``token``, too."""
        self.made_from |= 1 << self.position(token)

    def note_asked(self, cls: Hashable, name: str) -> None:
        """An attribute was looked up on a class, or (``cls`` is None) an instance was compared with one."""
        names = self._asked.setdefault(cls, {})
        position = names.get(name)
        if position is None:
            position = names[name] = self.position(Asked(cls, name))
        self.made_from |= 1 << position

    def asked(self, cls: Hashable) -> set[str]:
        """The names that were looked up on a class for the present answer."""
        return {name for name, position in self._asked.get(cls, {}).items() if self.made_from >> position & 1}

    def hit(self, limit: str) -> None:
        """A bound cut the present answer short."""
        self.note(Hit(limit))

    def begin_round(self) -> None:
        """The present answer is worked out once more: bounds that were hit before do not count."""
        self.made_from = self.made_from >> self._hits << self._hits

    def same(self, made_from: int) -> int:
        """The set itself: equal sets are the same object."""
        return self._sets.setdefault(made_from, made_from)

    def tokens(self) -> Iterator[Any]:
        """What the present answer was made from."""
        bits = bin(self.made_from)[:1:-1]
        position = bits.find("1")
        while position >= 0:
            yield self._tokens[position]
            position = bits.find("1", position + 1)


class Kept(Generic[_K, _V]):
    """Answers that are worked out once, each with what it was made from: of questions that never lead to themselves."""

    __slots__ = ("_answers", "_reads")

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._answers: dict[_K, tuple[_V, int]] = {}

    def answer(self, key: _K, work_out: Callable[..., _V], *arguments: Any) -> _V:
        """The answer to the question ``key``, which ``work_out(*arguments)`` gives."""
        reads = self._reads
        known = self._answers.get(key)
        if known is None:
            outer, reads.made_from = reads.made_from, 0
            try:
                known = self._answers[key] = work_out(*arguments), reads.same(reads.made_from)
            finally:
                reads.made_from |= outer
            return known[0]
        reads.made_from |= known[1]
        return known[0]


class KeptOfOrder(Generic[_V]):
    """The same for questions about an order of classes, with a name or without: an order that is not final yet, as a
    circle of queries may give it, is another object than the one that comes of it."""

    __slots__ = ("_kept", "_orders")

    def __init__(self, reads: Reads) -> None:
        self._kept: Kept[tuple[int, str], _V] = Kept(reads)
        #: The orders that were asked about, which are told apart by their identity as long as they are there.
        self._orders: dict[int, tuple[Any, ...]] = {}

    def answer(self, order: tuple[Any, ...], name: str, work_out: Callable[[tuple[Any, ...], str], _V]) -> _V:
        """What ``work_out(order, name)`` gives, worked out once."""
        number = id(order)
        self._orders[number] = order
        return self._kept.answer((number, name), work_out, order, name)
