"""What a file calls things that it has from elsewhere: told by its outline and the text of a few statements."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache

from finlint.model import ir
from finlint.model.facts import ModuleFacts
from finlint.model.source import Span
from finlint.scan.words import word_starts
from finlint.syntax.lines import Lines

#: What stands before a word in its statement: the name that the right side is given to, of a variable or an attribute.
_ASSIGNED = re.compile(r"([ \t]*)(?:\w+\.)*(\w+)[ \t]*(?::[^=\n]*)?=(?!=)")


#: What may follow a word that is all of the right side: blanks, the parentheses around it, comments within them.
_REST = re.compile(r"(?:(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*\))*[ \t]*(?:#[^\n]*)?\n?")


def aliases(facts: ModuleFacts, lines: Lines, words: frozenset[str]) -> list[str]:
    """Other names for ``words``: ``from weakref import ref as weak``, ``on_death = partial(weakref.finalize)``, a
    lambda that calls one, a subclass."""
    text = lines.text
    ends = sorted(start + len(word) for word in words for start in word_starts(text, word))
    mentioned = [lines.at(end) for end in ends]

    # Each once, as a line may hold any number of statements.
    @cache
    def is_at_an_end(first: int, last: int) -> bool:
        at = bisect_right(mentioned, last) - 1
        return at >= 0 and mentioned[at] >= first and _REST.fullmatch(text, ends[at], lines.end(last)) is not None

    names: set[str] = set()
    imported: set[str] = set()
    for binding in facts.bindings:
        stmt = binding.stmt
        if isinstance(stmt, ir.ImportFrom):
            imported.add(stmt.names[0][1])
            if stmt.names[0][0] in words:
                names.add(stmt.names[0][1])
        if binding.kind == "assign":
            is_one = is_at_an_end(binding.line, binding.end_line)
        else:
            header = max(map(_last_line, binding.cls.bases), default=0) if binding.cls else 0
            is_one = bisect_right(mentioned, header) > bisect_left(mentioned, binding.line)
        if is_one:
            names.add(binding.name)
    for word in words:
        names.update(_assigned(text, word, word in imported or f"def {word}(" in text))
    return sorted(names)


def _last_line(base: ir.Arg) -> int:
    """The last line of one of a class's bases and keywords; 0 for what has no place of its own: a constant
    (``total=False``) names nothing."""
    span = getattr(base.value, "span", None)
    return span.end_line if isinstance(span, Span) else 0


def _assigned(text: str, word: str, bound: bool) -> Iterator[str]:
    """The names that are given what a line says of ``word``, unless that is the result of calling it. Within functions
    and classes everyday words have other meanings: there it is one that the module binds, or an attribute."""
    begin, read, function = -1, 0, -1
    found: re.Match[str] | None = None
    for start in word_starts(text, word):
        # The statement is the last one's unless a new one begins between: a line may hold thousands of them.
        last = max(text.rfind(end, read, start) for end in "\n;") + 1
        if last or begin < 0:
            begin = last
            found = _ASSIGNED.match(text, begin)
            function = text.find("lambda", found.end(), start) if found is not None else -1
        elif function < 0 and found is not None:
            function = text.find("lambda", max(found.end(), read - len("lambda")), start)
        read = start
        if found is None or found.end() > start or (found[1] and not bound and text[start - 1] not in ".\"'"):
            continue
        if text[start + len(word) : start + len(word) + 1] != "(" or function >= 0:
            yield found[2]
