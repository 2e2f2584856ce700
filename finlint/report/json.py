"""The JSON report (``version`` 1): the contract that other programs read."""

from __future__ import annotations

import json
from typing import Any

from finlint.model.finding import FileError, Finding, Report
from finlint.report.paths import shown


def finding_data(finding: Finding) -> dict[str, Any]:
    """One finding as plain data; lines and columns count from 1."""
    span = finding.span
    registration, culprit = finding.registration, finding.culprit
    return {
        "code": finding.code,
        "kind": finding.kind,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "path": shown(finding.path),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "registration": None
        if registration is None
        else {
            "registrar": registration.registrar,
            "path": shown(registration.path),
            "line": registration.line,
            "column": registration.column,
        },
        "culprit": None
        if culprit is None
        else {
            "call": culprit.call,
            "path": shown(culprit.path),
            "line": culprit.line,
            "column": culprit.column,
        },
        "trace": [{"path": shown(h.path), "line": h.line, "column": h.column, "text": h.text} for h in finding.trace],
    }


def error_data(error: FileError) -> dict[str, Any]:
    return {"path": shown(error.path), "line": error.line, "message": error.message}


def render(report: Report) -> str:
    """The whole report as one JSON document."""
    data = {
        "version": 1,
        "findings": [finding_data(f) for f in report.findings],
        "errors": [error_data(e) for e in report.errors],
        "summary": report.summary._asdict(),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
