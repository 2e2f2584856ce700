"""reviewdog's diagnostic format."""

from __future__ import annotations

from typing import Any

from finlint.model.finding import Change
from finlint.report.plain import as_json
from finlint.report.view import View, error_message, one_line

_SEVERITY = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render_rdjson(view: View) -> str:
    diagnostics: list[dict[str, Any]] = []
    for finding in view.report.findings:
        span = finding.span
        related = [
            {"message": one_line(hop.text), "location": _location(view, hop.path, hop.line, hop.column)}
            for hop in finding.trace
        ]
        registration = finding.registration
        if registration is not None:
            place = _location(view, registration.path, registration.line, registration.column)
            related.insert(0, {"message": f"{registration.how} {registration.registrar}", "location": place})
        location = _location(view, finding.path, span.line, span.column)
        location["range"]["end"] = {"line": span.end_line, "column": span.end_column}
        diagnostic = {
            "message": view.sentence(finding),
            "location": location,
            "severity": _SEVERITY[finding.severity.value],
            "code": {"value": finding.code},
            "related_locations": related,
        }
        fix = view.fixes.get(finding)
        # A suggestion is about the file of its diagnostic.
        if fix is not None and all(change.path == finding.path for change in fix.changes):
            diagnostic["suggestions"] = [_suggestion(change) for change in fix.changes]
        diagnostics.append(diagnostic)
    for error in view.report.errors:
        diagnostics.append(
            {
                "message": error_message(error),
                "location": _location(view, error.path, error.line, error.column),
                "severity": "ERROR",
                "code": {"value": "FIN901"},
            }
        )
    document = {"source": {"name": "finlint"}, "diagnostics": diagnostics}
    return as_json(document, indent=2) + "\n"


def _suggestion(change: Change) -> dict[str, Any]:
    start = {"line": change.line, "column": change.column}
    return {
        "range": {"start": start, "end": {"line": change.end_line, "column": change.end_column}},
        "text": change.text,
    }


def _location(view: View, path: str, line: int, column: int) -> dict[str, Any]:
    return {"path": view.posix(path), "range": {"start": {"line": line, "column": column}}}
