"""What a file calls things that it has from elsewhere: told by its outline and the text of a few statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from finlint.model import ir
from finlint.model.facts import ModuleFacts
from finlint.scan.words import word_starts
from finlint.syntax.lines import Lines

#: What stands before a word on its line, up to the name that the right side is given to: a variable or an attribute.
_ASSIGNED = re.compile(r"([ \t]*)(?:\w+\.)*(\w+)[ \t]*(?::[^=\n]*)?=(?!=)(.*)")

#: Characters of a statement that are looked at before the word.
_MAX_BEFORE = 1_000


def aliases(facts: ModuleFacts, lines: Lines, words: frozenset[str]) -> list[str]:
    """Other names for ``words``: ``from weakref import ref as weak``, ``on_death = partial(weakref.finalize)``, a
    lambda that calls one, a subclass."""
    any_word = "|".join(map(re.escape, sorted(words)))
    ends = re.compile(rf"\b(?:{any_word})\s*$")
    stands = re.compile(rf"\b(?:{any_word})\b")
    names: set[str] = set()
    imported: set[str] = set()

    # Each once, as a line may hold any number of statements.
    @cache
    def is_at_an_end(first: int, last: int) -> bool:
        return ends.search(lines.between(first, last)) is not None

    @cache
    def stands_in(first: int, last: int) -> bool:
        return stands.search(lines.between(first, last)) is not None

    for binding in facts.bindings:
        stmt = binding.stmt
        if isinstance(stmt, ir.ImportFrom):
            imported.add(stmt.names[0][1])
            if stmt.names[0][0] in words:
                names.add(stmt.names[0][1])
        last = min(binding.line + 2, binding.end_line)
        if binding.kind == "assign":
            is_one = last == binding.end_line and is_at_an_end(binding.line, last)
        else:
            is_one = binding.cls is not None and bool(binding.cls.bases) and stands_in(binding.line, last)
        if is_one:
            names.add(binding.name)
    for word in words:
        names.update(_assigned(lines.text, word, word in imported or f"def {word}(" in lines.text))
    return sorted(names)


def _assigned(text: str, word: str, bound: bool) -> Iterator[str]:
    """The names that are given what a line says of ``word``, unless that is the result of calling it. Within functions
    and classes everyday words have other meanings: there it is one that the module binds, or an attribute."""
    for start in word_starts(text, word):
        begin = max(text.rfind(end, max(0, start - _MAX_BEFORE), start) for end in "\n;") + 1
        found = _ASSIGNED.fullmatch(text, begin, start) if begin or start <= _MAX_BEFORE else None
        if found is None or (found[1] and not bound and text[start - 1] not in ".\"'"):
            continue
        if text[start + len(word) : start + len(word) + 1] != "(" or "lambda" in found[3]:
            yield found[2]
