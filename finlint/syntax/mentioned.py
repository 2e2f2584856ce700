"""Where a text may name a registrar: decided by words, and by what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from finlint.scan.words import starts_of, word_starts
from finlint.syntax.surroundings import Chains, Surroundings, name_before


def mentions(text: str, names: Iterable[str], attributes: Iterable[str]) -> list[int]:
    """The offsets where one of ``names`` stands, or one of ``attributes`` behind the name of an imported module.

    What certainly registers nothing does not count. The work is linear in the text, however long a line or a chain of
    names is.
    """
    found = {start: (start, end) for start, end in starts_of(text, names)}
    if "getattr(" in text:
        found.update((at.start(1), at.span(1)) for at in _BY_VARIABLE.finditer(text))
    imported = _Imported(text)
    for attribute in attributes:
        chains, by_name = Chains(text, imported.is_module), _ByName(text)
        for start in word_starts(text, attribute):
            if text[start - 1 : start] in ("'", '"', ".") and by_name.ends_at(start):
                found[start] = start, start + len(attribute)
            # A call without arguments is another thing's: every registrar takes one.
            # Of a chain, ``multiprocessing.util.Finalize``, at least one part has to be a module's name.
            chain = chains.before(start)
            if chain is not None and chain[1] and not _NO_ARGUMENTS.match(text, start + len(attribute)):
                found[start] = chain[0], start + len(attribute)
    surroundings = Surroundings(text)
    places = sorted((*place, start) for start, place in found.items())
    return sorted(start for begin, end, start in places if not surroundings.register_nothing(begin, end))


_WORD = re.compile(r"\w+")
_NO_ARGUMENTS = re.compile(r"\([ \t]*\)")
#: What stands before the name in ``getattr(weakref, "finalize")``, ``vars(weakref)["finalize"]`` and
#: ``import_module("weakref").finalize``.
_BY_NAME = re.compile(
    r"""getattr\(\s*[\w.]+\s*,\s*["']|(?:vars\([\w.]+\)|__dict__)\[["']|import(?:_module|__)\(["'][\w.]+["']\)\."""
)
#: The module of which a registrar is asked for by a variable: ``getattr(weakref, name)``.
_BY_VARIABLE = re.compile(r"getattr\(\s*(\w*weakref)\s*,\s*\w+\s*\)")


class _ByName:
    """Whether a name is the second argument of ``getattr``, or its like; asked from the first place to the last."""

    def __init__(self, text: str) -> None:
        self._ends = (found.end() for found in _BY_NAME.finditer(text))
        self._none = len(text) + 1
        self._last = -1

    def ends_at(self, start: int) -> bool:
        while self._last < start:
            self._last = next(self._ends, self._none)
        return self._last == start


class _Imported:
    """Names that import statements of a text may bind, those within functions included, and what renames them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, bool] = {}

    def is_module(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = "weakref" in name or name in self._names or name in self._renamed
        return known

    @cached_property
    def _names(self) -> frozenset[str]:
        statements = (_IMPORT.match(self._text, start) for start in word_starts(self._text, "import"))
        return frozenset(word for found in statements if found is not None for word in _WORD.findall(found[1]))

    @cached_property
    def _renamed(self) -> frozenset[str]:
        """``w = weakref``, also as a default value and as an attribute."""
        text = self._text
        given = (found for found in _RENAMED.finditer(text) if found[1] in self._names)
        return frozenset(name_before(text, found.start()) for found in given)


#: What stands after the word ``import``, to the end of the statement; comments with that word do no harm.
_IMPORT = re.compile(r"import\b[ \t]*(\([^)]*\)|(?:[^\n\\]|\\\n)*)")
_RENAMED = re.compile(r"=[ \t]*(\w+)[ \t]*(?=[,)\n#;]|$)", re.MULTILINE)
