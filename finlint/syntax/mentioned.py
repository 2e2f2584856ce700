"""Where a text may name a registrar: decided by words, and by what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from finlint.scan.words import word_starts


def mentions(text: str, names: Iterable[str], attributes: Iterable[str]) -> list[int]:
    """The offsets where one of ``names`` stands, or one of ``attributes`` behind the name of an imported module.

    What certainly registers nothing does not count.
    """
    found = {start: (start, start + len(name)) for name in names for start in word_starts(text, name)}
    imported = _Imported(text)
    for attribute in attributes:
        for start in word_starts(text, attribute):
            if _BY_NAME.search(text, max(0, start - _MAX_CHAIN), start) is not None:
                found[start] = start, start + len(attribute)
            chain = _CHAIN.search(text, max(0, start - _MAX_CHAIN), start)
            # Of a chain, ``multiprocessing.util.Finalize``, at least one part has to be a module's name.
            # A call without arguments is another thing's: every registrar takes one.
            if chain is None or _NO_ARGUMENTS.match(text, start + len(attribute)):
                continue
            if any(map(imported.is_module, _WORD.findall(chain[1]))):
                found[start] = chain.start(), start + len(attribute)
    return sorted(start for start, place in found.items() if not registers_nothing(text, *place))


_WORD = re.compile(r"\w+")
#: What stands before an attribute, up to its end: names with dots between. A line may begin with a dot; one that ends
#: with one ends a sentence, but before a comment.
_CHAIN = re.compile(r"(?<![\w.])((?:\w+\s*\.[ \t]*(?:#[^\n]*\n\s*)?)+)$")
_MAX_CHAIN = 120
_NO_ARGUMENTS = re.compile(r"\([ \t]*\)")
#: What stands before the name in ``getattr(weakref, "finalize")``.
_BY_NAME = re.compile(r"\bgetattr\(\s*[\w.]+\s*,\s*[\"']$")


class _Imported:
    """Names that import statements of a text may bind, those within functions included, and what renames them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, bool] = {}

    def is_module(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = "weakref" in name or name in self._names or self._renames(name)
        return known

    @cached_property
    def _names(self) -> frozenset[str]:
        statements = (_IMPORT.match(self._text, start) for start in word_starts(self._text, "import"))
        return frozenset(word for found in statements if found is not None for word in _WORD.findall(found[1]))

    def _renames(self, name: str) -> bool:
        """``w = weakref``, also as a default value and as an attribute."""
        for start in word_starts(self._text, name):
            renamed = _RENAMED.match(self._text, start + len(name))
            if renamed is not None and renamed[1] in self._names:
                return True
        return False


#: What stands after the word ``import``, to the end of the statement; comments with that word do no harm.
_IMPORT = re.compile(r"import\b[ \t]*(\([^)]*\)|(?:[^\n\\]|\\\n)*)")
_RENAMED = re.compile(r"[ \t]*=[ \t]*(\w+)[ \t]*(?=[,)\n#;]|$)", re.MULTILINE)

#: Registrars whose callback may be left out: it is the second argument.
_OPTIONAL = frozenset({"ref", "proxy", "ReferenceType", "WeakMethod"})


def registers_nothing(text: str, start: int, end: int) -> bool:
    """Whether the mention of a registrar at ``text[start:end]`` (a chain of names) is none of a registration.

    Sure by what stands around it, and False where it is not: a comment, an import that gives no other name, the class
    in ``isinstance(x, ref)``, an annotation ``ref[T]``, another thing of that name, and ``ref(x)``, which has no
    callback.
    """
    first = text.rfind("\n", 0, start) + 1
    before = text[first:start]
    after = text[end : end + 1]
    if before.lstrip()[:1] == "#":
        return True
    if after == "(":
        return text[start:end].rpartition(".")[2].strip() in _OPTIONAL and _is_single_argument(text, end)
    rest = text[end : end + 4].lstrip(" \t")
    if rest[:1] == "=" and rest[1:2] != "=" and text[max(0, start - 1) : start] != ".":
        # A variable or an argument of that name.
        return True
    if after == "." and not rest.startswith(".__") and not text.endswith("callbacks", 0, end):
        # An attribute of something that is called so; ``ref.__new__(...)`` and ``gc.callbacks.append`` register.
        return True
    if _IMPORTING.match(before):
        rest = text[end : end + 4]
        return rest.split() != ["as"] and not rest.startswith(" as ")
    if after == "[":
        close = text.find("]", end)
        return close >= 0 and "\n" not in text[end:close] and text[close + 1 : close + 2] != "("
    asked = before.rfind("isinstance(")
    if asked >= 0 and after in (")", ",", " "):
        return before.count("(", asked) > before.count(")", asked) and "lambda" not in before[asked:]
    return False


_IMPORTING = re.compile(r"[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import\b[^#;]*\Z")

#: Longer arguments are rare, and looked at as a whole later.
_MAX_ARGUMENT = 200


def _is_single_argument(text: str, opening: int) -> bool:
    """Whether the parentheses that open at ``opening`` hold exactly one argument, neither spliced nor by name."""
    depth = 0
    for at in range(opening, min(opening + _MAX_ARGUMENT, len(text))):
        character = text[at]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return bool(text[opening + 1 : at].strip())
        elif character in "\"'#":
            return False
        elif depth == 1:
            if character == "*":
                return False
            if character == "=" and text[at + 1] != "=" and text[at - 1] not in "=!<>:":
                return False
            if character == ",":
                return text[at + 1 : at + 1 + _MAX_ARGUMENT].lstrip()[:1] == ")"
    return False
