"""Where a module's text may name a registrar: decided by words, before anything is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlint.analysis.nodes import ModuleNode
from finlint.model import ir


def mentioned_at(module: ModuleNode, words: frozenset[str], everyday: frozenset[str] = frozenset()) -> Iterator[int]:
    """The lines where ``module`` may name a registrar by one of ``words``, or by what it calls them.

    ``everyday`` words (``ref``, ``proxy``) have many meanings: they count where an import brings them, or as an
    attribute of what an import brings. What certainly registers nothing (``ref(x)`` without a callback, an import, an
    ``isinstance``) does not count.
    """
    source = module.source
    names = set(words)
    if not source.lines("words", "gc"):
        # Keras and its kin have callbacks of their own.
        names.discard("callbacks")
    attributes = {word for word in names & everyday if not source.words("imports", word)}
    names -= attributes
    names |= _own_names(module, words)
    names.discard("")
    yield from source.lines("mentions", f"{','.join(sorted(names))}\n{','.join(sorted(attributes))}")


def _own_names(module: ModuleNode, words: frozenset[str]) -> set[str]:
    """What the module calls them: ``from weakref import ref as weak``, ``on_death = weakref.finalize``, a subclass."""
    names: set[str] = set()
    for binding in module.source.facts.bindings:
        stmt = binding.stmt
        if isinstance(stmt, ir.ImportFrom) and stmt.names[0][0] in words:
            names.add(stmt.names[0][1])
        if binding.kind == "assign" and binding.end_line - binding.line < 3:
            text = module.source.slice_text(binding.line, binding.end_line)
            if any(re.search(rf"\b{re.escape(w)}\s*$", text) for w in words):
                names.add(binding.name)
        elif binding.cls is not None and binding.cls.bases:
            header = module.source.slice_text(binding.line, min(binding.line + 2, binding.end_line))
            if any(re.search(rf"\b{re.escape(w)}\b", header) for w in words):
                names.add(binding.name)
    return names
