"""Where a module's text may name a registrar: decided by words, before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.program.symbols import ModuleNode


def mentioned_at(module: ModuleNode, words: frozenset[str], everyday: frozenset[str] = frozenset()) -> Iterator[int]:
    """The lines where ``module`` may name a registrar by one of ``words``, or by what it calls them.

    ``everyday`` words (``ref``, ``proxy``) have many meanings: they count where an import brings them, or as an
    attribute of what an import brings. What certainly registers nothing (``ref(x)`` without a callback, an import, an
    ``isinstance``) does not count.
    """
    source = module.source
    known = words
    if "callbacks" in everyday and not source.lines("words", "gc"):
        # Keras and its kin have callbacks of their own.
        known = words - {"callbacks"}
    if not known:
        return
    attributes = {word for word in known & everyday if not source.words("imports", word)}
    names = set(known - attributes)
    names.update(source.words("aliases", ",".join(sorted(known))))
    names.discard("")
    yield from source.lines("mentions", f"{','.join(sorted(names))}\n{','.join(sorted(attributes))}")
