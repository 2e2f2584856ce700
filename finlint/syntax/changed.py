"""Attributes that a text may assign to a class: by its name, and as methods call their own class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

#: How methods call their own class.
_TYPE_OF = "type("
_OWN_CLASS = ("cls", "klass", "mcs", "__class__", _TYPE_OF)
_ASSIGNED = re.compile(r"\.(\w+)[ \t]*(?:\[|\.|(?:[-+*/%@&|^]|//|\*\*|>>|<<)?=(?!=)|:[^=\n]*=)")
_OWNER = re.compile(rf"\b(\w+)(?={_ASSIGNED.pattern})")
_BY_NAME = re.compile(r"""\bsetattr\(\s*(\w+)\s*,\s*["'](\w+)""")


def changed(text: str, cls: str) -> set[str]:
    """The attributes that ``text`` may assign to the class of that name, or to the one that it stands in."""
    out = {match[2] for match in _by_name(text) if match[1] == cls}
    for owner in (cls, *_OWN_CLASS):
        out.update(_assigned(text, owner))
    return out


class ChangedClasses:
    """``changed`` of one text for many classes: it is read once for all of them."""

    def __init__(self, text: str) -> None:
        self._text = text

    def on(self, cls: str) -> set[str]:
        return self._by_class.get(cls, set()) | self._of_own_class

    @cached_property
    def _by_class(self) -> dict[str, set[str]]:
        out: dict[str, set[str]] = {}
        for match in (*_OWNER.finditer(self._text), *_by_name(self._text)):
            out.setdefault(match[1], set()).add(match[2])
        return out

    @cached_property
    def _of_own_class(self) -> set[str]:
        return {attribute for owner in _OWN_CLASS for attribute in _assigned(self._text, owner)}


def _by_name(text: str) -> Iterator[re.Match[str]]:
    return _BY_NAME.finditer(text) if "setattr(" in text else iter(())


def _assigned(text: str, owner: str) -> Iterator[str]:
    at = text.find(owner)
    while at >= 0:
        before = text[at - 1 : at]
        end = at + len(owner)
        if not (before.isalnum() or before == "_"):
            if owner == _TYPE_OF:
                end = text.find(")", end) + 1
            match = _ASSIGNED.match(text, end)
            if match is not None:
                yield match[1]
        at = text.find(owner, at + len(owner))
