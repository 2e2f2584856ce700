"""What an analysis takes from a file, part by part.

An answer that stands on a whole file is lost with every comment. ``Content`` knows a file's parts by name: what a name
is bound to in it, lines of it, an answer about its text. ``Traced`` is what an evaluation sees of the file; there is no
other way to the content, so the parts that it notes (``model.reads``) are all that an answer can stand on. They are
kept as one: an answer takes dozens of them from a file, and no other one takes the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property, partial
from typing import Any, Final

from finlint.model import ir
from finlint.model.bound import Bound
from finlint.model.facts import Binding
from finlint.model.reads import LineQuestion, Part, PartKind, Reads, WordQuestion
from finlint.syntax.aliases import aliases
from finlint.syntax.digest import digest
from finlint.syntax.reading import Unreadable
from finlint.syntax.source import SourceFile
from finlint.syntax.texts import Found, TextQuestions

#: Between the parts that make up one.
_AND = "\t"

#: The part of a file that cannot be read or parsed: all of it.
UNREADABLE = "unreadable"

_BOUND: Final = "bound"
_AT: Final = "at"
_STARS: Final = "stars"
#: A question to the outline and the text together: other names for words, with commas between them.
_ALIASES: Final = "aliases"
_TEXT: Final = "text"
_LINES: Final = "lines"
_SYNTAX: Final = "syntax"


class Content:
    """The parts of one readable file; what was asked once is not worked out again."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.indexes: dict[int, Any] = {}
        self._questions = TextQuestions(source.lines)
        self._found: dict[tuple[str, str], Found] = {}
        self._digests: dict[str, str] = {}

    @cached_property
    def bound(self) -> Bound:
        return Bound(self.source.facts)

    def global_lines(self, name: str) -> tuple[int, ...]:
        return self.ask("globals", name)  # type: ignore[return-value]

    def ask(self, question: PartKind, argument: str) -> Found:
        key = question, argument
        found = self._found.get(key)
        if found is None:
            if question == _ALIASES:
                found = tuple(aliases(self.source.facts, self.source.lines, frozenset(argument.split(","))))
            else:
                found = self._questions.ask(question, argument)  # type: ignore[arg-type]
            self._found[key] = found
        return found

    def digest(self, part: str) -> str:
        """What tells this part from what it was, or will be; "" where there is no such part."""
        told = [self._digest(one) for one in part.split(_AND) if one]
        return _short(" ".join(told)) if all(told) else ""

    def _digest(self, part: str) -> str:
        known = self._digests.get(part)
        if known is None:
            try:
                known = _short(self._told(part))
            except (LookupError, ValueError, RecursionError, re.error):
                known = ""
            self._digests[part] = known
        return known

    def _told(self, part: str) -> str:
        kind, _, argument = part.partition("\n")
        if kind == _LINES:
            first, last = argument.split("\n")
            # The same lines are lowered alike by the same reader.
            return f"{self.source.reader} {self.source.slice_text(int(first), int(last))}"
        if kind == _BOUND:
            return f"{self.bound.named(argument)} {self.global_lines(argument)}"
        if kind == _AT:
            # What the names are bound to is told by their own parts.
            return repr([b if not b.name else (b.name, b.line) for b in self.bound.at(int(argument))])
        if kind == _STARS:
            return repr(self.source.facts.stars)
        if kind == _TEXT:
            return self.source.text
        if kind == _SYNTAX:
            fault = self.source.fault
            return "" if fault is None else f"{fault.line} {fault.message}"
        return repr(self.ask(kind, argument))  # type: ignore[arg-type]


def _short(text: str) -> str:
    return digest(text.encode("utf-8", "surrogatepass"))[:16]


def joined(parts: Iterable[Part]) -> str:
    """Parts of one file as one part."""
    return _AND.join(sorted(f"{part.kind}\n{part.argument}" for part in parts))


class Traced:
    """A file as an evaluation sees it (``finlint.analysis.program.symbols.Source``): what is looked at is noted."""

    __slots__ = ("_bound_together", "_content", "_key", "_positions", "_reads", "indexes", "path")

    def __init__(self, content: Content, reads: Reads) -> None:
        self._content = content
        self._reads = reads
        self._positions: dict[tuple[object, object], int] = {}
        self._bound_together: dict[int, int] = {}
        self.path = content.source.path
        self._key = os.path.abspath(self.path)
        #: Of functions that were lowered, which are noted.
        self.indexes: dict[int, Any] = content.indexes

    def _note(self, kind: PartKind, argument: str) -> None:
        key = kind, argument
        position = self._positions.get(key)
        if position is None:
            position = self._positions[key] = self._reads.position(Part(self._key, kind, argument))
        self._reads.made_from |= 1 << position

    def note_lines(self, line: int, end_line: int) -> None:
        """These lines were looked at, now or when they were lowered."""
        key = line, end_line
        position = self._positions.get(key)
        if position is None:
            position = self._positions[key] = self._reads.position(Part(self._key, _LINES, f"{line}\n{end_line}"))
        self._reads.made_from |= 1 << position

    def digest(self, part: str) -> str:
        """What tells this part from what it was, or will be; "" where there is no such part."""
        return self._content.digest(part)

    def bound(self, name: str) -> tuple[Binding, ...]:
        """The statements of the module's body that bind ``name``."""
        self._note(_BOUND, name)
        return self._content.bound.named(name)

    def global_lines(self, name: str) -> tuple[int, ...]:
        """Lines of ``global`` statements with that name."""
        self._note(_BOUND, name)
        return self._content.global_lines(name)

    def at(self, line: int) -> tuple[Binding, ...]:
        """The statements of the module's body whose lines include ``line``; those that bind nothing come first."""
        found = self._content.bound.at(line)
        self._note(_AT, str(line))
        # A statement may bind thousands of names on as many lines: all of them are noted at once.
        names = self._bound_together.get(id(found))
        if names is None:
            part = partial(Part, self._key, _BOUND)
            positions = {self._reads.position(part(binding.name)) for binding in found if binding.name}
            names = self._bound_together[id(found)] = sum(1 << position for position in positions)
        self._reads.made_from |= names
        return found

    @property
    def stars(self) -> tuple[ir.ImportFrom, ...]:
        """The star imports of the module's body."""
        self._note(_STARS, "")
        return self._content.source.facts.stars

    @property
    def text(self) -> str:
        self._note(_TEXT, "")
        return self._content.source.text

    @property
    def fault(self) -> Unreadable | None:
        """What is wrong with the file, anywhere in it."""
        self._note(_SYNTAX, "")
        return self._content.source.fault

    def lower(self, line: int, end_line: int) -> ir.Block:
        self.note_lines(line, end_line)
        return self._content.source.lower(line, end_line)

    def slice_text(self, line: int, end_line: int) -> str:
        self.note_lines(line, end_line)
        return self._content.source.slice_text(line, end_line)

    def line_text(self, line: int) -> str:
        self.note_lines(line, line)
        return self._content.source.line_text(line)

    def lines(self, question: LineQuestion, argument: str) -> tuple[int, ...]:
        """The lines that answer a question about the text (``finlint.syntax.texts``)."""
        self._note(question, argument)
        return self._content.ask(question, argument)  # type: ignore[return-value]

    def words(self, question: WordQuestion, argument: str) -> tuple[str, ...]:
        """The words that do."""
        self._note(question, argument)
        return self._content.ask(question, argument)  # type: ignore[return-value]
