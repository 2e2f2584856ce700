"""``--add-ignore``: a comment for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from finlint.cli.terminal import count, say
from finlint.model.finding import Report
from finlint.rewriting import refusal, rewrite
from finlint.syntax.reading import decode, decoded_as_written
from finlint.syntax.suppressions import insert
from finlint.texts import Texts


def add_ignores(report: Report, texts: Texts, given: Sequence[str]) -> int:
    """Write a comment at the end of each finding's line, in files below the paths ``given``. Returns the exit status: 1
    where one found no place."""
    wanted: dict[str, dict[int, list[str]]] = {}
    for finding in report.findings:
        wanted.setdefault(finding.path, {}).setdefault(finding.span.line, []).append(finding.code)
    written, lost = 0, 0
    for path, lines in sorted(wanted.items()):
        data = texts.data(path)
        encoding, text = decoded_as_written(data)
        if text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff") != decode(data):
            lost += len(lines)
            continue
        why = refusal(path, given)
        if why is not None:
            say(f"finlint: error: {path} {why}, and is left alone")
            lost += len(lines)
            continue
        changed, rest = insert(text, lines)
        for line in rest:
            say(f"finlint: warning: {path}:{line}: no place for a comment at the end of this line")
        written += len(lines) - len(rest)
        lost += len(rest)
        if changed != text:
            rewrite(path, changed.encode(encoding), given)
    say(f"Wrote {count(written, 'comment')}" + (f", {lost} found no place" if lost else ""))
    return 1 if lost or report.errors else 0
