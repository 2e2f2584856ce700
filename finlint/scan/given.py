"""What a text gives to classes and modules by their names, read once for all names.

``scan.words`` looks at the whole text for one name; thousands of classes in one file would cost the square of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from finlint.scan.words import SETS_NAMED, SETS_ON, is_word, loop_variables, set_in_loops

_OWNER = re.compile(rf"\b(\w+)(?={SETS_ON.pattern})")
_IMPORTED_AS = re.compile(r"\b(\w+)(?= as[ \t]+(\w+))")
_HANDED = re.compile(r"^([\w.]+)\((\w+)(?=[,)])", re.MULTILINE)


class Given:
    """What ``patches`` and ``handed_to`` find in a text, for names that are words."""

    def __init__(self, text: str) -> None:
        self._text = text

    def patches(self, name: str) -> Iterator[str]:
        yield from self._to_any
        for owner in (name, *self._other_names.get(name, ())):
            yield from self._set.get(owner, ())
        yield from self.handed_to(name)

    def gives(self, name: str) -> bool:
        """Whether ``patches`` finds anything for a name."""
        return next(self.patches(name), None) is not None

    def handed_to(self, name: str) -> Iterable[str]:
        return self._handed.get(name, ())

    @cached_property
    def _set(self) -> dict[str, dict[str, None]]:
        """The attributes that are set, by the name of what they are set on."""
        return _table(self._all_set())

    def _all_set(self) -> Iterator[tuple[str, str]]:
        text = self._text
        for match in _OWNER.finditer(text):
            if not is_word(text[match.start() - 1 : match.start()]):
                yield match[1], match[2]
        for match in SETS_NAMED.finditer(text):
            yield match[1], match[2]
        for owner, attribute, _ in set_in_loops(text):
            yield owner, attribute

    @cached_property
    def _to_any(self) -> dict[str, None]:
        """The attributes that are set on variables of loops, which may be anything."""
        variables = set(loop_variables(self._text))
        return {attribute: None for variable in variables for attribute in self._set.get(variable, ())}

    @cached_property
    def _other_names(self) -> dict[str, dict[str, None]]:
        return _table((match[1], match[2]) for match in _IMPORTED_AS.finditer(self._text))

    @cached_property
    def _handed(self) -> dict[str, dict[str, None]]:
        found = _HANDED.finditer(self._text)
        return _table((match[2], match[1]) for match in found if match[1].replace(".", "").isidentifier())


def _table(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, None]]:
    """What belongs to each name, in the order of the pairs and each once."""
    out: dict[str, dict[str, None]] = {}
    for name, found in pairs:
        out.setdefault(name, {})[found] = None
    return out
