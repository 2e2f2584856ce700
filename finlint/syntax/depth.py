"""How deeply a text nests, told by its tokens, before a parser that does not ask sees it.

CPython's parser bounds itself and raises (60 shapes, 50,000 deep, on 3.10, 3.11, 3.12 and 3.13: none ends the process).
LibCST's is native code without a bound: it ends the process, and takes time that grows with a power of the depth, or
doubles with each level where patterns nest. So every text is judged before LibCST parses it.

What is measured is never less than the depth of the tree: each token of an expression may nest the rest in itself
(``not not x``, ``a.b.c``, ``a if b else c``), those of an inner pair of brackets in all that is around them. A comma
ends an expression.
"""

from __future__ import annotations

import re

#: Tokens of one expression, with those around it, brackets and lambdas counted ``_BRACKET`` times. LibCST 1.8 on a
#: stack of 8 MB dies at 1,000 lambdas in defaults, at 3,000 brackets, and at 20,000 of most else; it takes a second for
#: 1,000 subscripts in a row, and for 500 brackets.
LIMIT = 2_000
_BRACKET = 10
_PRIMARY = 4

#: Brackets in a pattern: 20 take two seconds, each more of them doubles it.
PATTERNS = 8

#: ``elif`` in a row; LibCST dies at 20,000.
ARMS = 1_000


class TooDeepError(RecursionError):
    """A text that nests too deeply to be parsed; ``lineno`` is where."""

    def __init__(self, lineno: int) -> None:
        super().__init__("nested too deeply to be parsed")
        self.lineno = lineno


def judge(text: str) -> None:
    """Raises TooDeepError where ``text`` nests too deeply for LibCST."""
    # Quotes in a field of a formatted string end the string before 3.12, and do not from then on: neither may be deep.
    if len(text) > _BRACKET:
        _Scan(text, nested=False).run()
        if _FORMATTED.search(text) is not None:
            _Scan(text, nested=True).run()


_FORMATTED = re.compile(r"[fFtT][rR]?['\"]")
_TOKEN = re.compile(
    r"""(?P<newline>\r\n?|\n)
    |(?P<space>[ \t\f]+|\\\r?\n|\#[^\n\r]*)
    |(?P<string>(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"\"\"|'|"))
    |(?P<word>\w+)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<end>[,;])
    |(?P<colon>:(?!=))
    |(?P<operator>\*\*|.)
    """,
    re.VERBOSE,
)
#: The rest of a string, with its quotes where it has an end.
_ENDS = {
    "'": re.compile(r"[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*('?)", re.DOTALL),
    '"': re.compile(r'[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*("?)', re.DOTALL),
    "'''": re.compile(r"[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*('''|)", re.DOTALL),
    '"""': re.compile(r'[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*("""|)', re.DOTALL),
}
_FORMATTED_PREFIXES = frozenset({"f", "fr", "rf", "t", "tr", "rt"})


class _Level:
    """An expression that is open: tokens of it so far, and lambdas whose parameters, or bodies, are being read."""

    __slots__ = ("bodies", "clause", "formatted", "parameters", "tokens")

    def __init__(self, formatted: str = "") -> None:
        self.tokens = 0
        self.parameters = 0
        self.bodies = 0
        #: Between ``for`` and ``in`` of a comprehension, whose clauses nest.
        self.clause = False
        #: The quotes of the string of the f sort that this is a field of; "" elsewhere.
        self.formatted = formatted

    def depth(self) -> int:
        return self.tokens + _BRACKET * (self.parameters + self.bodies)


class _Scan:
    """One walk over the tokens of a text; ``nested``: fields of strings may hold their string's own quotes."""

    def __init__(self, text: str, *, nested: bool) -> None:
        self._text = text
        self._nested = nested
        self._at = 0
        self._levels = [_Level()]
        #: The depth of the levels around the innermost.
        self._around = 0
        self._is_pattern = False
        self._at_start = True
        #: Indentation to the ``elif`` that stand there in a row.
        self._arms: dict[int, int] = {}
        self._line_start = 0
        #: Quotes to where none of them ends a string.
        self._endless: dict[str, int] = {}

    def run(self) -> None:
        text = self._text
        size = len(text)
        match = _TOKEN.match
        while self._at < size:
            token = match(text, self._at)
            if token is None:
                self._at += 1
                continue
            start, self._at = self._at, token.end()
            kind = token.lastgroup
            if kind == "space":
                continue
            if kind == "newline":
                self._newline()
                continue
            if self._at_start:
                self._statement(token[0], start - self._line_start)
            if kind == "quote" or kind == "string":
                self._string(token["prefix"].lower(), token["quote"])
            else:
                self._token(kind or "", token[0])
            level = self._levels[-1]
            if self._around + level.depth() > LIMIT:
                self._fail()

    def _fail(self) -> None:
        raise TooDeepError(self._text.count("\n", 0, self._at) + 1)

    def _newline(self) -> None:
        self._line_start = self._at
        if len(self._levels) == 1:
            self._levels[0] = _Level()
            self._at_start = True

    def _statement(self, word: str, indentation: int) -> None:
        """The first token of a line that is no continuation."""
        self._at_start = False
        self._is_pattern = word == "case"
        if self._arms and word != "elif" and word != "else":
            self._arms = {place: count for place, count in self._arms.items() if place < indentation}
        if word == "elif":
            count = self._arms[indentation] = self._arms.get(indentation, 0) + 1
            if count + sum(n for place, n in self._arms.items() if place < indentation) > ARMS:
                self._fail()

    def _token(self, kind: str, word: str) -> None:
        level = self._levels[-1]
        if kind == "open":
            # LibCST tries a call or a subscript in several ways.
            level.tokens += _PRIMARY
            self._push(_Level())
        elif kind == "close":
            self._pop()
        elif kind == "end":
            if not level.parameters and not level.clause:
                self._levels[-1] = _Level(level.formatted)
        elif kind == "colon":
            if level.parameters:
                level.parameters -= 1
                level.bodies += 1
            elif level.formatted:
                # What follows says how the field is formatted, and may hold fields itself.
                self._formatted(level.formatted)
        else:
            level.tokens += 1
            if word == "lambda":
                level.parameters += 1
            elif word == "for":
                level.clause = len(self._levels) > 1
            elif word == "in":
                level.clause = False

    def _push(self, level: _Level) -> None:
        self._around += self._levels[-1].depth() + _BRACKET
        self._levels.append(level)
        if self._is_pattern and len(self._levels) - 1 > PATTERNS:
            self._fail()

    def _pop(self) -> None:
        if len(self._levels) == 1:
            return
        closed = self._levels.pop()
        self._around -= self._levels[-1].depth() + _BRACKET
        if closed.formatted:
            self._formatted(closed.formatted)

    def _string(self, prefix: str, quote: str) -> None:
        level = self._levels[-1]
        level.tokens += 1
        if not self._nested and next((at.formatted for at in reversed(self._levels) if at.formatted), "") == quote:
            # Before 3.12 this is the end of the string that the field is in.
            self._close_string()
        elif prefix in _FORMATTED_PREFIXES:
            self._formatted(quote)
        else:
            self._skip(quote)

    def _skip(self, quote: str) -> None:
        """To the end of a string. Of one without an end what follows is read, and where that was looked for, no end of
        another one is: each of a million backslashes with quotes would be the start of one."""
        if self._at < self._endless.get(quote, 0):
            return
        found = _ENDS[quote].match(self._text, self._at)
        if found is not None and found[1]:
            self._at = found.end()
        elif found is not None:
            self._endless[quote] = found.end()

    def _close_string(self) -> None:
        while len(self._levels) > 1:
            level = self._levels.pop()
            self._around -= self._levels[-1].depth() + _BRACKET
            if level.formatted:
                return

    def _formatted(self, quote: str) -> None:
        """The text of a string of the f sort from here on, to its next field or to its end."""
        text, at, size = self._text, self._at, len(self._text)
        while at < size:
            character = text[at]
            if character == "\\":
                at += 2
            elif text.startswith(quote, at):
                self._at = at + len(quote)
                return
            elif character == "{" and text[at + 1 : at + 2] != "{":
                self._at = at + 1
                self._push(_Level(quote))
                return
            elif character == "}" and text[at + 1 : at + 2] != "}" and self._levels[-1].formatted:
                # The end of a field whose format this was.
                self._levels.pop()
                self._around -= self._levels[-1].depth() + _BRACKET
                at += 1
            elif character == "\n" and len(quote) == 1:
                self._at = at
                return
            else:
                at += 2 if character in "{}" and text[at + 1 : at + 2] == character else 1
        self._at = size
