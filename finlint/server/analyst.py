"""The process that analyses for the server: requests in, one JSON object a line; answers out, likewise.

A request is ``{"paths": [...], "texts": {path: text}}``: the texts are unsaved and go before the disk. Answers are
``{"progress": [done, total]}``, any number of them, and then one of

- ``{"files": {path: [diagnostic]}}`` for every linted file, with an empty list where there is nothing,
- ``{"cancelled": true}`` after SIGINT,
- ``{"error": "one line"}``: wrong configuration, or a fault of finlint's own.

Lines and columns count from 1 and are of characters; the server knows what its client counts.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, TextIO

from finlint.linter import Linter, Options
from finlint.model.finding import FileError, Finding, OfferedFix
from finlint.offering import offers
from finlint.report.view import error_message, one_line
from finlint.syntax.reading import encoded
from finlint.texts import Texts

Diagnostic = dict[str, Any]

_PR_SET_PDEATHSIG = 1


def diagnostics(
    paths: list[str], overlay: dict[str, bytes], options: Options, progress: Callable[[int, int], None] | None = None
) -> dict[str, list[Diagnostic]]:
    """What is to be shown of each file. Raises ConfigError, KnowledgeError, UnknownCodeError."""
    linter = Linter(options)
    found = linter.find(paths, overlay)
    files = found.files
    texts = Texts(overlay)
    lint = linter.lint(files, texts=texts, overlay=overlay, errors=found.errors, stamps=found.stamps, progress=progress)
    report = lint.report
    fixes = offers(report.findings, files, texts.data, linter.policies.may_fix)
    out: dict[str, list[Diagnostic]] = {os.path.abspath(path): [] for path in files}
    for finding in report.findings:
        out.setdefault(os.path.abspath(finding.path), []).append(_of_finding(finding, fixes.get(finding)))
    for error in report.errors:
        out.setdefault(os.path.abspath(error.path), []).append(_of_error(error))
    return out


def _of_finding(finding: Finding, fix: OfferedFix | None) -> Diagnostic:
    span, registration = finding.span, finding.registration
    places = [] if registration is None else [(*registration[1:], f"{registration.how} {registration.registrar}")]
    places += [(hop.path, hop.line, hop.column, hop.text or "...") for hop in (*finding.trace, *finding.related)]
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": one_line(finding.said),
        "start": [span.line, span.column],
        "end": [span.end_line, span.end_column],
        "related": [[os.path.abspath(path), line, column, one_line(text)] for path, line, column, text in places],
        "fix": None if fix is None else _of_fix(fix),
    }


def _of_fix(fix: OfferedFix) -> dict[str, Any]:
    edits = [{**change._asdict(), "path": os.path.abspath(change.path)} for change in fix.changes]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _of_error(error: FileError) -> Diagnostic:
    place = [max(error.line, 1), max(error.column, 1)]
    return {
        "code": "FIN901",
        "severity": "error",
        "message": error_message(error),
        "start": place,
        "end": [place[0], place[1] + 1],
        "related": [],
        "fix": None,
    }


def _answer(request: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    overlay = {path: encoded(text) for path, text in request["texts"].items()}
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // total if total else 100
        if percent != told:
            told = percent
            say({"progress": [done, total]})

    try:
        # From here on, and only from here on, SIGINT means that nobody wants the answer any more.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        options = Options(jobs=1 if overlay else None)
        return {"files": diagnostics(request["paths"], overlay, options, progress)}
    except KeyboardInterrupt:
        return {"cancelled": True}
    except Exception as error:
        # Whatever it is, the server lives on and shows it.
        return {"error": one_line(f"{type(error).__name__}: {error}")}
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def main() -> int:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    # What somebody prints must not get between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    # Processes that are forked for an analysis have it already.
    import finlint.checking  # noqa: F401

    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line), lambda message: _say(answers, message))
        except KeyboardInterrupt:
            # It came while the answer was being put together.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            answer = {"cancelled": True}
        _say(answers, answer)
    return 0


def _end_with_parent() -> None:
    """Have the system end this process where the server is killed in the middle of an analysis (Linux: prctl(2))."""
    if sys.platform == "linux":
        import ctypes

        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        except (OSError, AttributeError):
            # Another C library: it ends when it next says something.
            pass


def _say(stream: TextIO, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()
