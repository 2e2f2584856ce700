"""What stands around places of a text, asked from the first place to the last.

What was read of a line, or of a chain of names, for one place is kept for the next, so that the work is linear in the
text: a generated file may be one line of a megabyte.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from finlint.scan.words import word_starts

#: Registrars whose callback may be left out: it is the second argument.
_OPTIONAL = frozenset({"ref", "proxy", "ReferenceType", "WeakMethod"})


#: A statement that imports, up to what it imports.
_IMPORTING = re.compile(r"[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import\b")
_BLANK = re.compile(r"[^\S\n]*")
_ENDS = re.compile(r"[#;\n]|\Z")
_AS = re.compile(r"[ \t]+as\b")
_INSTANCE = "isinstance("
_IMPORT = re.compile(r"(?<!\S)import\b")
_REST_OF_IMPORT = re.compile(r"[ \t]*(?:as[ \t]+\w+[ \t]*)?(?:,[ \t]*)?(?:\)[ \t]*)?(?:#.*)?")


class Surroundings:
    """What mentions of registrars stand in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = -1
        self._read = 0
        self._is_comment = False
        #: Where the names begin that a statement imports, and where they end.
        self._importing, self._imported = len(text) + 1, -1
        #: The last ``isinstance(`` of the line, and how many parentheses are open since.
        self._asked, self._opened = -1, 0
        self._end = self._close = -1

    def register_nothing(self, start: int, end: int) -> bool:
        """Whether the mention of a registrar at ``text[start:end]`` (a chain of names) is none of a registration.

        Sure by what stands around it, and False where it is not: a comment, an import that gives no other name, the
        class in ``isinstance(x, ref)``, an annotation ``ref[T]``, another thing of that name, and ``ref(x)``, which has
        no callback.
        """
        text = self._text
        self._go_to(start)
        after = text[end : end + 1]
        if self._is_comment:
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
        if self._importing <= start <= self._imported:
            return _AS.match(text, end) is None
        if after == "[":
            return self._is_subscript(end)
        return after in (")", ",", " ") and self._opened > 0

    def _go_to(self, at: int) -> None:
        """Read on to ``at``, a place behind all that were asked about."""
        text = self._text
        line = text.rfind("\n", self._read, at) + 1
        if line or self._line < 0:
            self._line = self._read = line
            blank = _BLANK.match(text, line)
            self._is_comment = blank is not None and text[blank.end() : blank.end() + 1] == "#"
            imports = _IMPORTING.match(text, line)
            self._importing = len(text) + 1 if imports is None else imports.end()
            ends = None if imports is None else _ENDS.search(text, imports.end())
            self._imported = -1 if ends is None else ends.start()
            self._asked, self._opened = -1, 0
        self._count(at)
        self._read = at

    def _count(self, at: int) -> None:
        """How many parentheses are open since the last ``isinstance(`` of the line; a ``lambda`` makes it none."""
        text, begin = self._text, self._read
        asked = text.rfind(_INSTANCE, max(self._line, begin - len(_INSTANCE)), at)
        if asked > self._asked:
            self._asked = begin = asked
            self._opened = 0
        if self._asked < 0:
            return
        self._opened += text.count("(", begin, at) - text.count(")", begin, at)
        if text.find("lambda", max(self._asked, begin - len("lambda")), at) >= 0:
            self._opened = -len(text)

    def _is_subscript(self, opening: int) -> bool:
        """Whether the brackets that open at ``opening`` close on the same line, and nothing is called behind them."""
        text = self._text
        if self._close < opening:
            self._close = text.find("]", opening)
            self._close = self._close if self._close >= 0 else len(text)
        if self._end < opening:
            self._end = text.find("\n", opening)
            self._end = self._end if self._end >= 0 else len(text)
        return self._close < self._end and text[self._close + 1 : self._close + 2] != "("


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


class Imports:
    """Whether an import statement may bind words that stand in a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read = 0
        self._line = self._last = -1
        #: Where the names begin that the line's import binds.
        self._names = -1
        #: The last parentheses, and whether those that opened are an import's.
        self._opening = self._closing = -1
        self._is_import = False

    def bind(self, at: int, size: int) -> bool:
        """Whether one may bind the word of that size at a place: behind ``import`` on its line, or alone on a line of
        its parentheses."""
        text = self._text
        line = text.rfind("\n", self._read, at) + 1
        is_first = bool(line) or self._line < 0
        if is_first:
            self._line = line
            self._last = text.find("\n", at)
            self._last = self._last if self._last >= 0 else len(text)
            comment = text.find("#", line, self._last)
            word = _IMPORT.search(text, line, comment if comment >= 0 else self._last)
            self._names = len(text) + 1 if word is None else word.end()
        opening = text.rfind("(", self._read, at)
        if opening >= 0:
            self._opening = opening
            self._is_import = name_before(text, opening) == "import"
        self._closing = max(self._closing, text.rfind(")", self._read, at))
        self._read = at
        if at >= self._names:
            return True
        # Only the first of a line stands alone there.
        return (
            is_first
            and self._closing < self._opening
            and self._is_import
            and not text[self._line : at].strip()
            and _REST_OF_IMPORT.fullmatch(text, at + size, self._last) is not None
        )


def imports_name(text: str, name: str) -> bool:
    """Whether an import statement may bind a name somewhere in a text."""
    imports = Imports(text)
    return any(imports.bind(at, len(name)) for at in word_starts(text, name))


class Chains:
    """The names with dots between that stand before a name: ``multiprocessing.util.``; whether one ``is_module``."""

    def __init__(self, text: str, is_module: Callable[[str], bool]) -> None:
        self._text = text
        self._is_module = is_module
        self._last = -1
        self._known: tuple[int, bool] | None = None

    def before(self, start: int) -> tuple[int, bool] | None:
        """Where the chain begins that ends at ``start``, and whether one of its names is that of a module; None where
        it does not begin with a name."""
        last, self._last = self._last, start
        self._known = self._read(start, last)
        return self._known

    def _read(self, begin: int, last: int) -> tuple[int, bool] | None:
        text = self._text
        has_module = False
        while begin != last:
            dot = begin
            while dot and text[dot - 1] in " \t":
                dot -= 1
            # A line may begin with a dot; one that ends with one ends a sentence, but before a comment.
            if dot and text[dot - 1] == "\n":
                dot = _before_comment(text, dot)
            if not dot or text[dot - 1] != ".":
                return begin, has_module
            name = name_before(text, dot - 1)
            if not name:
                return None
            begin = dot - 1
            while text[begin - 1].isspace():
                begin -= 1
            begin -= len(name)
            has_module = has_module or self._is_module(name)
        return None if self._known is None else (self._known[0], self._known[1] or has_module)


def _before_comment(text: str, end: int) -> int:
    """Where the code ends of the last line before ``end`` that is not blank, if that has a comment; else ``end``."""
    last = end
    while last and text[last - 1].isspace():
        last -= 1
    comment = text.find("#", text.rfind("\n", 0, last) + 1, last)
    if comment < 0:
        return end
    while comment and text[comment - 1] in " \t":
        comment -= 1
    return comment


def name_before(text: str, end: int) -> str:
    """The name in front of ``text[end]``, blanks between; empty where there is none."""
    while end and text[end - 1].isspace():
        end -= 1
    begin = end
    while begin and (text[begin - 1].isalnum() or text[begin - 1] == "_"):
        begin -= 1
    return text[begin:end]
