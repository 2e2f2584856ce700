"""Looking in text for words, and for where a class gets a subclass or another name.

Decided around each place where the name stands, so that a text without it costs one search for a word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from finlint.scan.headers import Headers
from finlint.scan.targets import Targets
from finlint.scan.tokens import NAMING, SEPARATED

if TYPE_CHECKING:
    from finlint.model.reads import Form


def word_starts(text: str, word: str, *, before: bool = True) -> Iterator[int]:
    """Where ``word`` stands in ``text`` as a whole; ``before``: also nothing of a name in front of it.

    What a regular expression with ``\\b`` finds, at the speed of ``str.find``.
    """
    size = len(word)
    at = text.find(word)
    while at >= 0:
        after = text[at + size : at + size + 1]
        if not (after.isalnum() or after == "_"):
            front = text[at - 1 : at] if before else ""
            if not (front.isalnum() or front == "_"):
                yield at
        at = text.find(word, at + size)


#: Words from which on a text is read once for all of them, and not for each.
_MANY = 100
_WORD = re.compile(r"\w+")


def starts_of(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where one of ``words`` stands in ``text``, from where to where; in no order."""
    words = frozenset(words)
    if len(words) < _MANY:
        return ((start, start + len(word)) for word in words for start in word_starts(text, word))
    return (found.span() for found in _WORD.finditer(text) if found[0] in words)


#: Methods of containers that put one thing into them, or all things of another; and those of exit stacks.
PUTS = ("append", "add", "appendleft", "put", "put_nowait", "setdefault", "insert")
PUTS_ALL = ("extend", "update")
#: Functions that put their second argument into the first.
PUTS_FIRST = ("heappush", "heappushpop", "insort", "insort_left", "insort_right")
#: What puts something into a variable that is an object: ``ContextVar.set``.
SETS = "set"
STACKS = ("callback", "push", "enter_context")
#: What stands behind the name of a container where something may be put into it, as a regular expression.
PUTTING = rf"[ \t]*(?:\[|\.(?:{'|'.join((*PUTS, *PUTS_ALL, SETS))})\()"


#: What may be looked for besides a word itself.
SUBCLASSES: Final = "subclasses"
NAMES: Final = "names"
PATCHES: Final = "patches"
IMPORTS: Final = "imports"
#: What modules import that test others: what they define and pass says nothing of the program.
TESTING = ("pytest", "unittest")


def holds(data: bytes, text: str, form: Form) -> bool:
    """Whether ``text`` stands in ``data``; as ``form``, if one is asked for: a subclass of that class, another name of
    it, something that it is given from outside, or an import of that module."""
    return text.encode() in data and (not form or _is_there(data, text, form))


def _is_there(data: bytes, text: str, form: Form) -> bool:
    if form == PATCHES:
        # Latin-1 reads any bytes; the name and the ASCII characters around it are all that matters.
        return next(patches(data.decode("latin-1"), text.encode().decode("latin-1")), None) is not None
    if form == IMPORTS:
        return _imported(text).search(data) is not None
    find = heirs if form == SUBCLASSES else other_names
    return next(find(data, text), None) is not None


@cache
def _imported(module: str) -> re.Pattern[bytes]:
    name = re.escape(module).encode()
    return re.compile(rb"^[ \t]*(?:from[ \t]+%b\b|import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*%b\b)" % (name, name), re.M)


def is_test(data: bytes) -> bool:
    """Whether a file tests others."""
    return any(holds(data, module, IMPORTS) for module in TESTING)


def is_word(text: str) -> bool:
    """Whether ``text`` is a name or a part of one, so that only names can hold it."""
    return bool(text) and b" " not in text.encode().translate(SEPARATED)


def longest_word(text: str) -> str:
    """The longest part of ``text`` that ``is_word``, the first of several; all of it where none is."""
    words = text.encode().translate(SEPARATED).split()
    return max(words, key=len).decode() if words else text


def _words_of(data: bytes) -> bytes:
    """The words of ``data``, each once: a tenth of it, where all words stand that it holds."""
    return b" ".join(set(data.translate(SEPARATED).split()))


class OftenAsked:
    """The bytes of a file of which ``holds`` is asked for many words."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._words: bytes | None = None

    def holds(self, text: str, form: Form) -> bool:
        """``holds`` of the file."""
        if not is_word(text):
            return holds(self._data, text, form)
        if self._words is None:
            self._words = _words_of(self._data)
        return text.encode() in self._words and (not form or _is_there(self._data, text, form))


class Vocabulary:
    """The words of many files (path, bytes), for searches of single words."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._paths: list[str] = []
        #: Where the words of each file begin, and where the last ones end.
        self._starts = [0]
        parts: list[bytes] = []
        for path, data in files:
            parts.append(_words_of(data))
            self._paths.append(path)
            self._starts.append(self._starts[-1] + len(parts[-1]) + 1)
        self.size = self._starts[-1]
        self._text = b"\n".join(parts)

    def holding(self, word: str) -> list[str]:
        """The files that hold ``word`` (``is_word``), in order."""
        out = []
        text, starts = self._text, self._starts
        sought = word.encode()
        at = text.find(sought)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            out.append(self._paths[number])
            at = text.find(sought, starts[number + 1])
        return out


#: What stands behind a class that is given another name, on its line.
_AFTER = re.compile(rb"[ \t]*(?:[,)#;\r\n]|if\b|\Z)")


def other_names(data: bytes, cls: str) -> Iterator[str]:
    """Names that ``data`` gives the class ``cls``: of variables, parameters and direct subclasses."""
    word = cls.encode()
    headers, targets = Headers(data), Targets(data)
    for start in byte_starts(data, word):
        heir = headers.around(start)
        if heir:
            yield heir.decode("utf-8", "replace")
        if _AFTER.match(data, start + len(word)) is not None:
            target = targets.given(start)
            if target:
                yield target.decode("utf-8", "replace")


def heirs(data: bytes, cls: str) -> Iterator[str]:
    """Names of the classes of ``data`` that name ``cls`` among their bases."""
    headers = Headers(data)
    for start in byte_starts(data, cls.encode()):
        heir = headers.around(start)
        if heir:
            yield heir.decode("utf-8", "replace")


def byte_starts(data: bytes, word: bytes) -> Iterator[int]:
    """``word_starts`` in UTF-8."""
    at = data.find(word)
    while at >= 0:
        end = at + len(word)
        if (end == len(data) or data[end] not in NAMING) and (not at or data[at - 1] not in NAMING):
            yield at
        at = data.find(word, end)


#: What stands behind the name of a class or a module where an attribute of it is set, or a container that it has is
#: filled; the group is the attribute.
SETS_ON = re.compile(rf"\.(\w+)(?:[ \t]*=(?!=)|[ \t]*:[^=\n]*=(?!=)|{PUTTING})")
SETS_NAMED = re.compile(r"""setattr\(\s*(?:\w+\.)*(\w+)\s*,\s*["'](\w+)["']""")
#: The same with a variable for the name.
_SETATTR_BY = re.compile(r"setattr\(\s*(?:\w+\.)*(\w+)\s*,\s*(\w+)\s*,")
_TEXTS = re.compile(r"""["'](\w+)["']""")
_ALIAS = re.compile(r" as[ \t]+(\w+)")
_VARIABLE = re.compile(r"[ \t]*(\w+)[ \t]+in\b")
#: ``for cls in (Reader, Writer):`` in the body of a module.
_LOOP = "\nfor "


def patches(text: str, name: str) -> Iterator[str]:
    """Attributes that ``text`` may give to the class or module ``name`` from outside: by that name, by one that it is
    imported by, or as one of those that a loop of a module's body goes over."""
    yield from _set_on(text, name)
    owners = [name]
    for start in word_starts(text, name + " as"):
        match = _ALIAS.match(text, start + len(name))
        owners += [match[1]] if match is not None else []
    owners += loop_variables(text)
    for owner in owners[1:]:
        yield from _set_on(text, owner)
    for match in SETS_NAMED.finditer(text) if "setattr(" in text else ():
        if match[1] in owners:
            yield match[2]
    for owner, attribute, _ in set_in_loops(text):
        if owner in owners:
            yield attribute
    yield from handed_to(text, name)


def loop_variables(text: str) -> Iterator[str]:
    """Variables of the loops of a module's body."""
    at = text.find(_LOOP)
    while at >= 0:
        match = _VARIABLE.match(text, at + len(_LOOP))
        if match is not None:
            yield match[1]
        at = text.find(_LOOP, at + 1)


def set_in_loops(text: str) -> Iterator[tuple[str, str, int]]:
    """Variables, the attributes that ``for name in ("start", "stop"): setattr(variable, name, ...)`` gives them, and
    where."""
    for match in _SETATTR_BY.finditer(text) if "setattr(" in text else ():
        start = text.rfind(f"for {match[2]} in ", 0, match.start())
        header = text[start : text.find(":\n", start)] if start >= 0 else ""
        for attribute in _TEXTS.findall(header):
            yield match[1], attribute, match.start()


def handed_to(text: str, name: str) -> Iterator[str]:
    """What a statement of a module's body calls with ``name``, with dots: ``patching.slow_down`` in
    ``patching.slow_down(Pool)``."""
    at = text.find("(" + name)
    while at >= 0:
        end = at + 1 + len(name)
        called = text[text.rfind("\n", 0, at) + 1 : at]
        if text[end : end + 1] in (",", ")") and called.replace(".", "").isidentifier():
            yield called
        at = text.find("(" + name, end)


#: How the body of a module names itself, and what it sets there.
_ITSELF = ("globals()[", "sys.modules[__name__]")
_SETS_ITSELF = re.compile(r"""(?:globals\(\)\[["']|sys\.modules\[__name__\](?:\.|\s*,\s*["']))(\w+)""")


def patches_of_itself(text: str) -> Iterator[str]:
    """Names that a module may give itself otherwise than by a statement: ``globals()["name"] = value``."""
    if any(itself in text for itself in _ITSELF):
        for match in _SETS_ITSELF.finditer(text):
            yield match[1]


def _set_on(text: str, owner: str) -> Iterator[str]:
    size, sought = len(owner), owner + "."
    at = text.find(sought)
    while at >= 0:
        match = SETS_ON.match(text, at + size)
        if match is not None and not is_word(text[at - 1 : at]):
            yield match[1]
        at = text.find(sought, at + size)
