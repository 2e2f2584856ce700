"""Comments that suppress findings.

In: the text of a file. Out: its directives, by line: ``# noqa``, ``# noqa: FIN102``, ``# finlint: ignore``,
``# finlint: ignore[FIN102] -- reason``, from a line to another ``# finlint: off[...]`` and ``# finlint: on``, and for
the whole file ``# finlint: ignore-file[...]`` and ``# flake8: noqa[: ...]``; and faults: comments that were meant to
be one. Text that cannot be tokenized is read up to where it can; nothing is raised.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from finlint.model.codes import CODE_OF_KIND, KIND_OF_CODE
from finlint.model.source import Span

#: A file without one of these words holds no directive.
WORDS = (b"finlint:", b"noqa", b"NOQA", b"NoQA")

_WORDS = ("ignore-file", "ignore", "off", "on")
_OWN = re.compile(
    r"#\s*finlint\s*:\s*(?P<word>ignore-file|ignore|off|on)(?![\w-])(?:\s*\[(?P<codes>[^\]#]*)\])?(?P<rest>[^#]*)",
    re.IGNORECASE,
)
#: A comment to us whose first word is none of ours.
_OTHER = re.compile(r"#\s*finlint\s*:\s*(?P<word>[\w-]+)(?P<rest>[^#]*)", re.IGNORECASE)
#: How other tools call what we call ``ignore``, ``ignore-file``, ``off`` and ``on``.
_FOREIGN = {
    "disable": "ignore",
    "noqa": "ignore",
    "nolint": "ignore",
    "skip": "ignore",
    "skip-file": "ignore-file",
    "disable-file": "ignore-file",
    "disable-next": "ignore",
    "enable": "on",
}
#: What may come after ``off`` and ``on``: nothing, or a reason. Else it is prose.
_ENDS = re.compile(r"\s*(?:--|$)")
#: Codes without the brackets that they belong in.
_BARE = re.compile(r"\s*[=:(\[]?\s*(?P<codes>FIN\d+(?:[,\s]+FIN\d+)*)", re.IGNORECASE)
_CODES = r"(?P<codes>[A-Z]+[0-9]*(?:[,\s]+[A-Z]+[0-9]+)*)"
_NOQA = re.compile(rf"#\s*noqa\b(?P<colon>\s*:\s*{_CODES}?)?", re.IGNORECASE)
_FLAKE8 = re.compile(rf"#\s*flake8\s*[:=]\s*noqa\b(?P<colon>\s*:\s*{_CODES}?)?", re.IGNORECASE)

#: What every directive matches, whether it stands in a comment or not.
_HINT = re.compile(r"finlint|noqa", re.IGNORECASE)
_HINT_AT_FILE = re.compile(r"finlint\s*:\s*ignore-file|finlint\s*:\s*off|flake8\s*[:=]\s*noqa", re.IGNORECASE)
#: From the first ``#`` of a line on: one expression with what follows would begin again at each of a hundred thousand.
_COMMENT = re.compile(r"#[^\n]*")


class Directive(NamedTuple):
    """One comment. ``codes`` are as written; None suppresses everything. ``own`` ones are checked for use.

    ``last`` is the last line of what ``off`` covers; 0 is that of no range.
    """

    line: int
    span: Span
    codes: tuple[str, ...] | None
    whole_file: bool
    own: bool
    last: int = 0

    @property
    def where(self) -> str:
        """What it covers, in words."""
        if self.whole_file:
            return "in this file"
        return f"up to line {self.last}" if self.last else "on this line"

    def covers(self, code: str) -> bool:
        return self.codes is None or any(covers(written, code) for written in self.codes)


class Fault(NamedTuple):
    """A comment to us that does not do what it seems to, and what to write instead."""

    span: Span
    message: str


def covers(written: str, code: str) -> bool:
    """Whether what a comment says (a code, a prefix or a kind) means ``code``."""
    return CODE_OF_KIND.get(written) == code or code.startswith(written.upper())


def is_known(written: str) -> bool:
    return any(covers(written, code) for code in KIND_OF_CODE)


class Suppressions:
    """The directives of one file."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def directives(self) -> tuple[Directive, ...]:
        return tuple(item for item in self._items if isinstance(item, Directive))

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(item for item in self._items if isinstance(item, Fault))

    @cached_property
    def _items(self) -> list[Directive | Fault]:
        return _ranged(_read(self._text), self._text.count("\n") + 1)

    def matching(self, code: str, line: int, *, noqa: bool = True) -> list[Directive]:
        """The directives that suppress ``code`` on ``line``. Without ``noqa`` only our own comments count."""
        if line not in self._hints and not self._hints_at_file:
            return []
        wide = (d for d in self.directives if d.whole_file or d.line <= line <= d.last)
        found = [*self._by_line.get(line, ()), *wide]
        return [d for d in found if (noqa or d.own) and d.covers(code)]

    @cached_property
    def _by_line(self) -> dict[int, list[Directive]]:
        out: dict[int, list[Directive]] = {}
        for directive in self.directives:
            if not directive.whole_file and not directive.last:
                out.setdefault(directive.line, []).append(directive)
        return out

    @cached_property
    def _hints(self) -> frozenset[int]:
        """Lines that look like a directive; whether it is in a comment, only the slow tokenizer tells."""
        lines = []
        line, position = 1, 0
        for found in _COMMENT.finditer(self._text):
            if _HINT.search(self._text, found.start(), found.end()) is None:
                continue
            line += self._text.count("\n", position, found.start())
            position = found.start()
            lines.append(line)
        return frozenset(lines)

    @cached_property
    def _hints_at_file(self) -> bool:
        if not self._hints:
            return False
        comments = (found.span() for found in _COMMENT.finditer(self._text))
        return any(_HINT_AT_FILE.search(self._text, *span) is not None for span in comments)


def read(text: str) -> Suppressions:
    return Suppressions(text)


class _Switch(NamedTuple):
    """``off`` and ``on``, before they have found each other."""

    on: bool
    line: int
    span: Span
    codes: tuple[str, ...] | None


def _ranged(items: Iterable[Directive | Fault | _Switch], lines: int) -> list[Directive | Fault]:
    """Each ``off`` up to the next ``on`` of the same codes, or of none; up to the file's end where there is none."""
    out: list[Directive | Fault] = []
    #: By their codes where those that are open stand in ``out``.
    open_: dict[frozenset[str], list[int]] = {}
    for item in items:
        if not isinstance(item, _Switch):
            out.append(item)
        elif not item.on:
            open_.setdefault(frozenset(item.codes or ()), []).append(len(out))
            out.append(Directive(item.line, item.span, item.codes, False, True, lines))
        else:
            which = list(open_) if item.codes is None else [frozenset(item.codes)]
            closed = [at for codes in which for at in open_.pop(codes, ())]
            for at in closed:
                directive = out[at]
                assert isinstance(directive, Directive)
                out[at] = directive._replace(last=item.line)
            if not closed:
                out.append(Fault(item.span, "There is no `# finlint: off` of the same codes above it"))
    return out


def _own(line: int, column: int, comment: str) -> Iterator[Directive | Fault | _Switch]:
    """What one comment says to us."""
    for match in _OWN.finditer(comment):
        end = match.end("codes") + 1 if match["codes"] is not None else match.end("word")
        word, codes = match["word"].lower(), _split(match["codes"])
        span = Span(line, column + match.start(), line, column + end)
        bare = _BARE.match(match["rest"]) if match["codes"] is None else None
        if bare is not None:
            written = _listed(bare["codes"])
            yield Fault(span, f"Codes stand in brackets, without them all are meant: `# finlint: {word}[{written}]`")
        elif word in ("off", "on") and match["codes"] is None and not _ENDS.match(match["rest"]):
            yield Fault(span, f"It suppresses nothing: a reason stands after dashes, `# finlint: {word} -- reason`")
            continue
        if word in ("off", "on"):
            yield _Switch(word == "on", line, span, codes)
        else:
            yield Directive(line, span, codes, word == "ignore-file", True)
    for match in _OTHER.finditer(comment):
        if _OWN.match(comment, match.start()) is None and (meant := _meant(match["word"], match["rest"])):
            span = Span(line, column + match.start(), line, column + match.end("word"))
            yield Fault(span, f"`{match['word']}` says nothing to finlint, did you mean `# finlint: {meant}`?")


def _meant(word: str, rest: str) -> str:
    """The comment that was meant; empty where it may be prose."""
    import difflib

    bare = _BARE.match(rest)
    near = _FOREIGN.get(word.lower()) or next(iter(difflib.get_close_matches(word.lower(), _WORDS, 1, 0.75)), "")
    if not near and (bare is not None or rest.lstrip().startswith("[")):
        near = "ignore"
    codes = re.search(r"FIN\d+(?:[,\s]+FIN\d+)*", rest, re.IGNORECASE) if near and near != "on" else None
    return near + (f"[{_listed(codes[0])}]" if codes is not None else "")


def _listed(codes: str) -> str:
    return ", ".join(re.split(r"[,\s]+", codes))


def _read(text: str) -> Iterator[Directive | Fault | _Switch]:
    if _HINT.search(text) is None:
        return
    for line, column, comment in comments(text):
        yield from _own(line, column, comment)
        for pattern, whole in ((_FLAKE8, True), (_NOQA, False)):
            noqa = pattern.search(comment)
            if noqa is None:
                continue
            codes = _split(noqa["codes"])
            if codes is not None and not any(c.upper().startswith("FIN") for c in codes):
                # Codes of other tools; but a prefix such as F is not meant for us either.
                continue
            span = Span(line, column + noqa.start(), line, column + noqa.end())
            yield Directive(line, span, None if codes is None else _ours(codes), whole, False)
            break


def _split(codes: str | None) -> tuple[str, ...] | None:
    if codes is None or not codes.strip():
        return None
    return tuple(dict.fromkeys(code for code in re.split(r"[,\s]+", codes.strip()) if code))


def _ours(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in codes if code.upper().startswith("FIN"))


def comments(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column (from 1) and text of each comment, up to where the text can be tokenized."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def insert(text: str, wanted: dict[int, list[str]], reason: str = "") -> tuple[str, dict[int, list[str]]]:
    """``text`` with ``# finlint: ignore[...]`` at the end of the wanted lines; what found no place is returned.

    ``wanted`` maps a line to the codes to ignore there. A directive that the line has already is widened.
    """
    lines = text.splitlines(keepends=True) if "\f" not in text and "\x1c" not in text else text.split("\n")
    if lines and not lines[0].endswith(("\n", "\r")) and len(lines) > 1:
        lines = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    ends = _comment_places(text)
    directives = Suppressions(text).directives
    existing = {d.line: d for d in directives if d.own and not d.whole_file and not d.last and d.codes is not None}
    lost = {}
    for line, codes in wanted.items():
        if line not in ends or not 0 < line <= len(lines):
            lost[line] = codes
            continue
        body = lines[line - 1].rstrip("\r\n")
        newline = lines[line - 1][len(body) :]
        known = existing.get(line)
        if known is not None and known.codes is not None:
            merged = ", ".join(dict.fromkeys([*known.codes, *codes]))
            start, end = known.span.column - 1, known.span.end_column - 1
            body = f"{body[:start]}# finlint: ignore[{merged}]{body[end:]}"
        else:
            comment = f"# finlint: ignore[{', '.join(dict.fromkeys(codes))}]" + (f" -- {reason}" if reason else "")
            body = f"{body.rstrip()}  {comment}"
        lines[line - 1] = body + newline
    return "".join(lines), lost


def _comment_places(text: str) -> set[int]:
    """Lines whose end is outside strings and is not continued by a backslash."""
    places = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.NEWLINE, tokenize.NL):
                places.add(token.start[0])
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return places
