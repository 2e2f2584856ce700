"""Type expressions as text: ``list[threading.Thread] | None``, ``~T`` for a class's type variable.

Splitting, renaming and substituting; nothing here knows what a name means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NAME = re.compile(r"(?<![\w.:~])[A-Za-z_]\w*(?:\.\w+)+")
_VARIABLE = re.compile(r"~\w+")


def head(text: str) -> str:
    """``list[int]`` without its arguments."""
    return text.partition("[")[0]


def arguments(text: str) -> list[str]:
    """``["int", "list[str]"]`` of ``dict[int, list[str]]``."""
    _, bracket, rest = text.partition("[")
    return split(rest[:-1], ",") if bracket else []


def members(text: str) -> list[str]:
    """``["A", "None"]`` of ``A | None``."""
    return split(text, "|")


def split(text: str, separator: str) -> list[str]:
    """Parts of ``text`` between separators that stand outside brackets."""
    if separator not in text:
        return [text.strip()]
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        if char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return parts


def rename(text: str, function: Callable[[str], str]) -> str:
    """``text`` with each qualified name replaced by what ``function`` makes of it."""
    return _NAME.sub(lambda match: function(match.group()), text) if "." in text else text


def substitute(text: str, bindings: Mapping[str, str]) -> str:
    """``text`` with type variables bound; members of a union that stay unbound are dropped."""
    if "~" not in text:
        return text
    parts = []
    for member in members(text):
        replaced = _VARIABLE.sub(lambda match: bindings.get(match.group()[1:], "typing.Any"), member)
        if replaced != "typing.Any":
            parts.append(replaced)
    known = list(dict.fromkeys(parts))
    return " | ".join(known) if known != ["None"] else ""
