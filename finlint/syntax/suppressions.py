"""Comments that suppress findings.

In: the text of a file. Out: its directives, by line: ``# noqa``, ``# noqa: FIN102``, ``# finlint: ignore``,
``# finlint: ignore[FIN102] -- reason``, and for the whole file ``# finlint: ignore-file[...]`` and
``# flake8: noqa[: ...]``. Text that cannot be tokenized is read up to where it can; nothing is raised.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from finlint.model.codes import CODE_OF_KIND, KIND_OF_CODE
from finlint.model.source import Span

#: A file without one of these words holds no directive.
WORDS = (b"finlint:", b"noqa", b"NOQA", b"NoQA")

_OWN = re.compile(
    r"#\s*finlint\s*:\s*(?P<word>ignore-file|ignore)\b(?!-)(?:\s*\[(?P<codes>[^\]]*)\])?",
    re.IGNORECASE,
)
_CODES = r"(?P<codes>[A-Z]+[0-9]*(?:[,\s]+[A-Z]+[0-9]+)*)"
_NOQA = re.compile(rf"#\s*noqa\b(?P<colon>\s*:\s*{_CODES}?)?", re.IGNORECASE)
_FLAKE8 = re.compile(rf"#\s*flake8\s*[:=]\s*noqa\b(?P<colon>\s*:\s*{_CODES}?)?", re.IGNORECASE)

#: What every directive matches, whether it stands in a comment or not.
_HINT = re.compile(r"#[^\n]*?(?:finlint|noqa)", re.IGNORECASE)
_HINT_AT_FILE = re.compile(r"#[^\n]*?(?:finlint\s*:\s*ignore-file|flake8\s*[:=]\s*noqa)", re.IGNORECASE)


class Directive(NamedTuple):
    """One comment. ``codes`` are as written; None suppresses everything. ``own`` ones are checked for use."""

    line: int
    span: Span
    codes: tuple[str, ...] | None
    whole_file: bool
    own: bool

    def covers(self, code: str) -> bool:
        return self.codes is None or any(covers(written, code) for written in self.codes)


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
        return tuple(_read(self._text))

    def matching(self, code: str, line: int, *, noqa: bool = True) -> list[Directive]:
        """The directives that suppress ``code`` on ``line``. Without ``noqa`` only our own comments count."""
        if line not in self._hints and not self._hints_at_file:
            return []
        found = [*self._by_line.get(line, ()), *(d for d in self.directives if d.whole_file)]
        return [d for d in found if (noqa or d.own) and d.covers(code)]

    @cached_property
    def _by_line(self) -> dict[int, list[Directive]]:
        out: dict[int, list[Directive]] = {}
        for directive in self.directives:
            if not directive.whole_file:
                out.setdefault(directive.line, []).append(directive)
        return out

    @cached_property
    def _hints(self) -> frozenset[int]:
        """Lines that look like a directive; whether it is in a comment, only the slow tokenizer tells."""
        lines = []
        line, position = 1, 0
        for found in _HINT.finditer(self._text):
            line += self._text.count("\n", position, found.start())
            position = found.start()
            lines.append(line)
        return frozenset(lines)

    @cached_property
    def _hints_at_file(self) -> bool:
        return bool(self._hints) and _HINT_AT_FILE.search(self._text) is not None


def read(text: str) -> Suppressions:
    return Suppressions(text)


def _read(text: str) -> Iterator[Directive]:
    if _HINT.search(text) is None:
        return
    for line, column, comment in comments(text):
        for match in _OWN.finditer(comment):
            codes = _split(match["codes"])
            start = column + match.start()
            span = Span(line, start, line, column + match.end())
            yield Directive(line, span, codes, match["word"].lower() == "ignore-file", True)
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
    existing = {d.line: d for d in _read(text) if d.own and not d.whole_file and d.codes is not None}
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
