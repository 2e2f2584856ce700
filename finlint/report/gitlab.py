"""GitLab code quality: a JSON list."""

from __future__ import annotations

from typing import Any

from finlint.report.fingerprint import error_fingerprint, fingerprints
from finlint.report.plain import as_json
from finlint.report.view import View, error_message

_SEVERITY = {"error": "major", "warning": "minor", "note": "info"}


def render_gitlab(view: View) -> str:
    issues: list[dict[str, Any]] = []
    for finding, name in zip(view.report.findings, fingerprints(view), strict=True):
        span = finding.span
        issues.append(
            {
                "check_name": finding.code,
                "description": f"{finding.code}: {view.sentence(finding)}",
                "severity": _SEVERITY[finding.severity.value],
                "fingerprint": name,
                "location": {
                    "path": view.posix(finding.path),
                    "positions": {
                        "begin": {"line": span.line, "column": span.column},
                        "end": {"line": span.end_line, "column": span.end_column},
                    },
                },
            }
        )
    for error in view.report.errors:
        path = view.posix(error.path)
        place = {"line": error.line, "column": error.column}
        issues.append(
            {
                "check_name": "FIN901",
                "description": f"FIN901: {error_message(error)}",
                "severity": "major",
                "fingerprint": error_fingerprint(error, view),
                "location": {"path": path, "positions": {"begin": place, "end": place}},
            }
        )
    return as_json(issues, indent=2) + "\n"
