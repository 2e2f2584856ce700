"""What a file calls things that it has from elsewhere: told by its outline and the text of a few statements."""

from __future__ import annotations

import re

from finlint.model import ir
from finlint.model.facts import ModuleFacts
from finlint.syntax.lines import Lines


def aliases(facts: ModuleFacts, lines: Lines, words: frozenset[str]) -> list[str]:
    """Other names for ``words``: ``from weakref import ref as weak``, ``on_death = weakref.finalize``, a subclass."""
    any_word = "|".join(map(re.escape, sorted(words)))
    ends = re.compile(rf"\b(?:{any_word})\s*$")
    stands = re.compile(rf"\b(?:{any_word})\b")
    names: set[str] = set()
    for binding in facts.bindings:
        stmt = binding.stmt
        if isinstance(stmt, ir.ImportFrom) and stmt.names[0][0] in words:
            names.add(stmt.names[0][1])
        text = lines.between(binding.line, min(binding.line + 2, binding.end_line))
        if binding.kind == "assign":
            is_one = binding.end_line - binding.line < 3 and ends.search(text) is not None
        else:
            is_one = binding.cls is not None and bool(binding.cls.bases) and stands.search(text) is not None
        if is_one:
            names.add(binding.name)
    return sorted(names)
