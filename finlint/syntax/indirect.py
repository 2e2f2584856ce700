"""Where a class is used as a value, and calls of what no name of the text says: a class may be made by them."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator

from finlint.scan.words import word_starts
from finlint.syntax.surroundings import Imports, imports_name

#: What stands behind a value: the end of an argument, an item or a statement.
_ENDS = re.compile(r"[ \t]*[,\]};\n#]|\Z")
#: The beginning of a call: of a name alone, or of what ends with a bracket.
_CALLED = re.compile(r"(?:[\])]|(?<![\w.\"'])([A-Za-z_]\w*))\(")
_DEFINED = re.compile(r"\b(?:def|class)[ \t]+(\w+)")
_PYTHONS_OWN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)


def as_values(text: str, name: str) -> Iterator[int]:
    """Where ``name`` is an item, an argument or what is returned, or a decorator is given it; not in an import, nor as
    a base."""
    imports = Imports(text)
    for start in word_starts(text, name):
        line = text.rfind("\n", 0, start) + 1
        before = text[line:start].lstrip()
        if before == "class ":
            above = text.rfind("\n", 0, max(line - 1, 0)) + 1
            is_value = text[above:line].lstrip().startswith("@")
        else:
            is_value = _ENDS.match(text, start + len(name)) is not None and not before.startswith("class ")
        if is_value and not imports.bind(start, len(name)):
            yield start


def indirect_calls(text: str) -> Iterator[int]:
    """Where something is called that no definition and no import of ``text`` names: ``TABLE[kind](...)``,
    ``pick(kind)(...)``, ``kind(...)`` of a variable."""
    #: Whether a name says what is called.
    says = dict.fromkeys((*_PYTHONS_OWN, *(match[1] for match in _DEFINED.finditer(text))), True)
    for match in _CALLED.finditer(text):
        name = match[1]
        if name is not None and name not in says:
            says[name] = imports_name(text, name)
        if name is None or not says[name]:
            yield match.start()
