"""Diagnostics of an analyst to those of the protocol, and what an editor can do about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls import uris
from pygls.workspace import PositionCodec

from finlint.report.plain import plain
from finlint.syntax.suppressions import insert

#: The lines of a file as it is in the editor, or on the disk.
Lines = Callable[[str], Sequence[str]]

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
#: Said at the end of a comment that suppresses: somebody is to write there why.
REASON = "why is this safe?"
OPEN_RULE = "finlint.openRule"
#: What Markdown takes for more than text (https://spec.commonmark.org/0.31.2/#backslash-escapes).
_ACTS = re.compile(r"[\\*_{}\[\]<>#+!|&~:@]")


class Translator:
    """``encoding`` is what the client counts columns in; ``lines`` are needed to count so."""

    def __init__(self, encoding: Any, lines: Lines) -> None:
        self._codec = PositionCodec(encoding=encoding)
        self._lines = lines

    def range(self, path: str, start: Sequence[int], end: Sequence[int]) -> lsp.Range:
        """Lines and columns from 1, in characters, as the client has them."""
        first = lsp.Position(start[0] - 1, max(start[1] - 1, 0))
        last = lsp.Position(end[0] - 1, max(end[1] - 1, 0))
        lines = self._lines(path)
        return lsp.Range(
            self._codec.position_to_client_units(lines, first), self._codec.position_to_client_units(lines, last)
        )

    def diagnostic(self, path: str, found: dict[str, Any]) -> lsp.Diagnostic:
        related = [
            lsp.DiagnosticRelatedInformation(
                lsp.Location(uri_of(at), self.range(at, (line, column), (line, column))), text
            )
            for at, line, column, text in found["related"]
        ]
        return lsp.Diagnostic(
            range=self.range(path, found["start"], found["end"]),
            message=found["message"],
            severity=_SEVERITY[found["severity"]],
            code=found["code"],
            source="finlint",
            related_information=related,
        )

    def actions(self, path: str, uri: str, found: dict[str, Any], text: str) -> list[lsp.CodeAction]:
        """What can be done about a diagnostic of the file in the editor: mend it, say that it is known, read why."""
        diagnostic = [self.diagnostic(path, found)]
        out = []
        if fix := found["fix"]:
            changes: dict[str, list[lsp.TextEdit]] = {}
            for edit in fix["edits"]:
                place = self.range(edit["path"], (edit["line"], edit["column"]), (edit["end_line"], edit["end_column"]))
                target = uri if edit["path"] == path else uri_of(edit["path"])
                changes.setdefault(target, []).append(lsp.TextEdit(place, edit["text"]))
            unsafe = "" if fix["safe"] else " (may change the meaning)"
            out.append(
                lsp.CodeAction(
                    f"{found['code']}: {fix['title']}{unsafe}",
                    kind=lsp.CodeActionKind.QuickFix,
                    diagnostics=diagnostic,
                    is_preferred=fix["safe"],
                    edit=lsp.WorkspaceEdit(changes=changes),
                )
            )
        if ignored := self._ignored(path, found, text):
            out.append(
                lsp.CodeAction(
                    f"Ignore {found['code']} here, with a reason",
                    kind=lsp.CodeActionKind.QuickFix,
                    diagnostics=diagnostic,
                    edit=lsp.WorkspaceEdit(changes={uri: [ignored]}),
                )
            )
        title = f"Open the page of {found['code']}"
        out.append(
            lsp.CodeAction(
                title,
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=diagnostic,
                command=lsp.Command(title=title, command=OPEN_RULE, arguments=[found["code"]]),
            )
        )
        return out

    def _ignored(self, path: str, found: dict[str, Any], text: str) -> lsp.TextEdit | None:
        """The line with a comment at its end that suppresses; None where there is no place for one."""
        number = found["start"][0]
        changed, lost = insert(text, {number: [found["code"]]}, REASON)
        before, after = text.split("\n"), changed.split("\n")
        if lost or len(before) != len(after) or not 0 < number <= len(before):
            return None
        old, new = before[number - 1].rstrip("\r"), after[number - 1].rstrip("\r")
        return lsp.TextEdit(self.range(path, (number, 1), (number, len(old) + 1)), new)


def uri_of(path: str) -> str:
    """The file's URI; that of a name that is no UTF-8 holds its bytes."""
    try:
        return uris.from_fs_path(path) or ""
    except UnicodeEncodeError:
        return Path(path).as_uri()


def overlaps(one: lsp.Range, other: lsp.Range) -> bool:
    """Whether two ranges touch."""

    def key(position: lsp.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)


def hover_text(found: dict[str, Any], page: str) -> str:
    """What is shown over a diagnostic: its chain, and the page of its rule."""
    steps = [
        f"{n}. {_code(text)} ({_markdown(f'{path}:{line}')})"
        for n, (path, line, _, text) in enumerate(found["related"], 1)
    ]
    return "\n".join([_markdown(found["message"]), "", *steps, "", "---", "", page])


def _markdown(text: str) -> str:
    """A line as Markdown that is text and code alone: names and source of a tree make no link, image or HTML."""
    parts = plain(text).split("`")
    if len(parts) % 2 == 0:
        # The last mark opens nothing.
        parts[-2:] = ["'".join(parts[-2:])]
    # Two marks in a row would be another mark.
    return "".join(
        _code(part) if at % 2 else _ACTS.sub(r"\\\g<0>", part) or " " for at, part in enumerate(parts)
    ).strip()


def _code(text: str) -> str:
    return f"`{plain(text).replace('`', chr(39)) or ' '}`"
