"""Questions about the text of a file, with answers that can be compared.

Most of an analysis looks at definitions; some of it looks for words, wherever they stand. Each way of looking is a
question here, by name: its answer is lines or words, so that after a change of the file it can be asked again, and what
was concluded from it holds for as long as the answer is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from finlint.model.reads import LineQuestion, WordQuestion
from finlint.scan.abandoned import guarded_yields
from finlint.scan.given import Given
from finlint.scan.tokens import headers_naming
from finlint.scan.words import (
    PUTTING,
    handed_to,
    heirs,
    other_names,
    patches,
    patches_of_itself,
    set_in_loops,
    word_starts,
)
from finlint.syntax.changed import ChangedClasses, changed
from finlint.syntax.indirect import as_values, indirect_calls
from finlint.syntax.lines import Lines
from finlint.syntax.mentioned import mentions
from finlint.syntax.platforms import of_platforms
from finlint.syntax.stores import may_store
from finlint.syntax.surroundings import imports_name
from finlint.syntax.versions import not_run

Found = tuple[int, ...] | tuple[str, ...]

#: Questions about the attributes of some lines, or the classes of a text, from which on they are indexed: reading it
#: once for all of them takes as long as looking for some dozens.
OFTEN = 30


class TextQuestions:
    """The questions about one text."""

    def __init__(self, lines: Lines) -> None:
        self._text = lines.text
        self._slice = lines.between
        self._line = lines.at
        self._stored: dict[tuple[int, int], dict[str, list[int]]] = {}
        self._asked: dict[tuple[int, int], int] = {}
        #: Classes and modules of which it was asked what they are given.
        self._owners: set[str] = set()

    @cached_property
    def _data(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")

    @cached_property
    def _given(self) -> Given:
        return Given(self._text)

    @cached_property
    def _changed_classes(self) -> ChangedClasses:
        return ChangedClasses(self._text)

    def _is_often(self, owner: str) -> bool:
        """Whether it is asked of so many classes what they are given that one look for all of them is cheaper."""
        if len(self._owners) <= OFTEN:
            self._owners.add(owner)
        return len(self._owners) > OFTEN and owner.isidentifier()

    def ask(self, question: LineQuestion | WordQuestion, argument: str) -> Found:
        """The answer to the question of that name. Raises (LookupError, ValueError, re.error) where it is none."""
        return _QUESTIONS[question](self, argument)

    def _words(self, word: str) -> Found:
        """Lines of a word, once for each time that it stands there."""
        return tuple(map(self._line, word_starts(self._text, word)))

    def _calls(self, name: str) -> Found:
        """Lines where something of that name is called, or handed to be called: ``name(`` and ``(name)(``."""
        text, size = self._text, len(name)
        out = []
        for start in word_starts(text, name):
            after = text[start + size : start + size + 2]
            if after.lstrip()[:1] == "(" or after == ")(":
                out.append(self._line(start))
        return tuple(out)

    def _decorated(self, name: str) -> Found:
        """Lines of decorators of that name: ``@name``, ``@module.name(...)``."""
        return tuple(self._line(at) for at in word_starts(self._text, name) if self._is_decorator(at))

    def _is_decorator(self, at: int) -> bool:
        before = self._text[self._text.rfind("\n", 0, at) + 1 : at].lstrip()
        return _BEFORE_DECORATOR.fullmatch(before) is not None

    def _within(self, argument: str) -> Found:
        """``first line, last line, text``: lines between them where the text stands and no name goes on after it."""
        first, last, text = argument.split("\n", 2)
        content = self._slice(int(first), int(last))
        return tuple(_lines_of(word_starts(content, text, before=False), content, int(first)))

    def _stores(self, argument: str) -> Found:
        """``first line, last line, name``: lines between them that may store into an attribute of that name."""
        first, last, name = argument.split("\n", 2)
        place = int(first), int(last)
        content = self._slice(*place)
        self._asked[place] = asked = self._asked.get(place, 0) + 1
        if asked > OFTEN:
            if place not in self._stored:
                self._stored[place] = _stored(content, place[0])
            return tuple(self._stored[place].get(name, ()))
        size = len(name) + 1
        starts = word_starts(content, "." + name, before=False)
        return tuple(_lines_of((s for s in starts if may_store(content, s, s + size)), content, place[0]))

    def _naming(self, argument: str) -> Found:
        """``first line, last line``: lines between them that may store an attribute whose name does not stand there."""
        first, last = map(int, argument.split("\n"))
        content = self._slice(first, last)
        return tuple(_lines_of((match.start() for match in _BY_NAME.finditer(content)), content, first))

    def _holds(self, argument: str) -> Found:
        """``first line, last line, text``: the text, if it stands there."""
        first, last, text = argument.split("\n", 2)
        return (text,) if text in self._slice(int(first), int(last)) else ()

    def _changed(self, argument: str) -> Found:
        """``first line, last line, class``: attributes that these lines may assign to it (``Class.x = ...``,
        ``cls.x[...] = ...``)."""
        first, last, cls = argument.split("\n", 2)
        text = self._slice(int(first), int(last))
        if text == self._text and self._is_often(cls):
            return tuple(sorted(self._changed_classes.on(cls)))
        return tuple(sorted(changed(text, cls)))

    def _globals(self, name: str) -> Found:
        """Lines of ``global`` statements with that name."""
        return tuple(self._global_lines.get(name, ()))

    @cached_property
    def _global_lines(self) -> dict[str, list[int]]:
        out: dict[str, list[int]] = {}
        text = self._text
        for at in _places(text, "global "):
            start = text.rfind("\n", 0, at) + 1
            stop = text.find("\n", at)
            statement = text[at + len("global ") : stop if stop >= 0 else len(text)]
            if not text[start:at].strip():
                for name in statement.partition("#")[0].split(","):
                    out.setdefault(name.strip(), []).append(self._line(at))
        return out

    def _matching(self, argument: str) -> Found:
        """``text, pattern``: lines where the text stands and the regular expression, which begins with it, matches. (An
        expression that looks for its beginning by itself takes ten times as long.)"""
        literal, pattern = argument.split("\n", 1)
        match = re.compile(pattern).match
        return tuple(self._line(at) for at in _places(self._text, literal) if match(self._text, at) is not None)

    def _assigned(self, name: str) -> Found:
        """Lines that assign to an attribute of that name of anything, also by ``setattr`` with the name written out."""
        text, sought = self._text, "." + name
        found = [
            self._line(at)
            for at in _places(text, sought)
            if _IS_ASSIGNED.match(text, at + len(sought)) is not None and _is_end(text[at - 1 : at])
        ]
        return (*found, *self._by_name.get(name, ()))

    def _filled(self, name: str) -> Found:
        """Lines that may put something into a container that is an attribute of that name, or give the module such a
        name by ``globals()``."""
        text, sought = self._text, "." + name
        found = [self._line(at) for at in _places(text, sought) if _FILLS.match(text, at + len(sought)) is not None]
        return (*found, *self._in_globals.get(name, ()))

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        out = self._named(_SETATTR)
        for _, attribute, at in set_in_loops(self._text):
            out.setdefault(attribute, []).append(self._line(at))
        return out

    @cached_property
    def _in_globals(self) -> dict[str, list[int]]:
        return self._named(_GLOBALS)

    def _named(self, pattern: re.Pattern[str]) -> dict[str, list[int]]:
        out: dict[str, list[int]] = {}
        for match in pattern.finditer(self._text):
            out.setdefault(match[1], []).append(self._line(match.start()))
        return out

    def _subclasses(self, name: str) -> Found:
        """Direct subclasses of the class ``name``."""
        return tuple(dict.fromkeys(heirs(self._data, name)))

    def _names(self, name: str) -> Found:
        """Names that may mean the class ``name``."""
        return tuple(dict.fromkeys(other_names(self._data, name)))

    def _patches(self, name: str) -> Found:
        """Attributes that the class or module ``name`` may be given from outside; without one, what the module gives
        itself."""
        if self._is_often(name):
            return tuple(sorted(set(self._given.patches(name))))
        return tuple(sorted(set(patches(self._text, name) if name else patches_of_itself(self._text))))

    def _handed(self, name: str) -> Found:
        """What statements of the module's body call with the class ``name``, with dots."""
        if self._is_often(name):
            return tuple(self._given.handed_to(name))
        return tuple(dict.fromkeys(handed_to(self._text, name)))

    def _inheriting(self, names: str) -> Found:
        """Lines of classes whose headers name one of ``names`` (with commas between)."""
        words = frozenset(name.encode() for name in names.split(","))
        data = self._text.encode("latin-1", "replace")
        return tuple(map(self._line, headers_naming(data, words)))

    def _abandoned(self, _: str) -> Found:
        """Lines of ``yield``s after which a generator that is freed unfinished may have something to do."""
        return tuple(map(self._line, guarded_yields(self._text.encode("latin-1", "replace"))))

    def _not_run(self, oldest: str) -> Found:
        """First and last lines of blocks that no version of Python from ``oldest`` (``3.10``) on runs."""
        major, minor = oldest.split(".")
        return not_run(self._text, (int(major), int(minor)))

    def _of_platforms(self, _: str) -> Found:
        """Blocks that only some platforms run, one for each condition around them: "first line, last line, whether the
        condition holds there (1) or not (0), condition", spaces between them."""
        return of_platforms(self._text)

    def _imports(self, word: str) -> Found:
        """The word, if an import statement may bind it (alone on its line: within parentheses)."""
        return (word,) if imports_name(self._text, word) else ()

    def _values(self, name: str) -> Found:
        """Lines where the class of that name may be used as a value."""
        return tuple(map(self._line, as_values(self._text, name)))

    def _indirect(self, _: str) -> Found:
        """Lines of calls of what no name says."""
        return tuple(map(self._line, indirect_calls(self._text)))

    def _mentions(self, argument: str) -> Found:
        """``names, attributes`` (each with commas between): lines where one of the names stands, or one of the
        attributes of a module that is imported, but for what certainly registers nothing."""
        names, attributes = (list(filter(None, part.split(","))) for part in argument.split("\n"))
        return tuple(map(self._line, mentions(self._text, names, attributes)))


_IS_ASSIGNED = re.compile(r"[ \t]*=(?!=)")
_FILLS = re.compile(rf"{PUTTING}|[ \t]*:[^=\n]*=(?!=)")
_SETATTR = re.compile(r"""setattr\([^,\n]+,\s*["'](\w+)["']""")
_GLOBALS = re.compile(r"""globals\(\)\[["'](\w+)["']\]\s*=(?!=)""")


def _is_end(character: str) -> bool:
    """Whether a character may be the last one of what an attribute is of."""
    return character.isalnum() or character in ("_", ")", "]")


#: An attribute that ``may_store`` has to look at: most are called, or read in front of an operator.
_ATTRIBUTE = re.compile(
    r"\.(\w+)(?=[ \t]*(?:(?:[-+*/%@&|^]|//|\*\*|>>|<<)?=(?!=)|[\n\\#,)\]\[:]|in\b|\Z)|\s*\.\s*[a-z])"
)
#: ``setattr(``, ``__setattr__(``, ``__dict__``, ``vars(``
_BY_NAME = re.compile(r"setattr(?:__)?\(|__dict__\b|\bvars\(")
_BEFORE_DECORATOR = re.compile(r"@[ \t]*(?:\w+\.)*")


def _places(text: str, part: str) -> Iterator[int]:
    """Wherever ``part`` stands."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + len(part))


def _lines_of(offsets: Iterable[int], text: str, first: int) -> Iterator[int]:
    """The lines of places in a text that begins on line ``first``."""
    line, at = first, 0
    for offset in offsets:
        line += text.count("\n", at, offset)
        at = offset
        yield line


def _stored(text: str, first: int) -> dict[str, list[int]]:
    """The lines that may store into each attribute."""
    table: dict[str, list[int]] = {}
    found = [m for m in _ATTRIBUTE.finditer(text) if may_store(text, m.start(), m.end())]
    for match, line in zip(found, _lines_of((m.start() for m in found), text, first), strict=True):
        table.setdefault(match[1], []).append(line)
    return table


_QUESTIONS: dict[LineQuestion | WordQuestion, Callable[[TextQuestions, str], Found]] = {
    "words": TextQuestions._words,
    "calls": TextQuestions._calls,
    "decorated": TextQuestions._decorated,
    "within": TextQuestions._within,
    "stores": TextQuestions._stores,
    "naming": TextQuestions._naming,
    "holds": TextQuestions._holds,
    "changed": TextQuestions._changed,
    "globals": TextQuestions._globals,
    "matching": TextQuestions._matching,
    "assigned": TextQuestions._assigned,
    "filled": TextQuestions._filled,
    "subclasses": TextQuestions._subclasses,
    "names": TextQuestions._names,
    "patches": TextQuestions._patches,
    "handed": TextQuestions._handed,
    "inheriting": TextQuestions._inheriting,
    "abandoned": TextQuestions._abandoned,
    "not_run": TextQuestions._not_run,
    "of_platforms": TextQuestions._of_platforms,
    "imports": TextQuestions._imports,
    "mentions": TextQuestions._mentions,
    "values": TextQuestions._values,
    "indirect": TextQuestions._indirect,
}
