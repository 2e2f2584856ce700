"""Workflow commands that GitHub Actions turns into annotations."""

from __future__ import annotations

from finlint.model.finding import FileError
from finlint.report.plain import plain_path
from finlint.report.view import View, error_message

_LEVEL = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(view: View) -> str:
    out = []
    for item in view.items():
        path = plain_path(view.posix(item.path))
        if isinstance(item, FileError):
            level, code, message = "error", "FIN901", error_message(item)
            places = {"file": path, "line": item.line, "col": item.column}
            shown = f"{path}:{item.line}:{item.column}"
        else:
            level, code, message = _LEVEL[item.severity.value], item.code, view.sentence(item)
            span = item.span
            places = {"file": path, "line": span.line, "col": span.column, "endLine": span.end_line}
            if span.end_line == span.line:
                # GitHub refuses columns of annotations that go over more than one line.
                places["endColumn"] = span.end_column
            shown = f"{path}:{span.line}:{span.column}"
        places["title"] = f"finlint {code}"
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in places.items())
        # The place stands in the text too: GitHub shows only the first ten annotations of a step.
        out.append(f"::{level} {properties}::{_data(f'{shown}: {code} {message}')}\n")
    return "".join(out)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
