"""JSON and JSON lines. The keys are a contract: version 1."""

from __future__ import annotations

from typing import Any

from finlint.model.finding import FileError, Finding, Folded, Hop, OfferedFix, Summary
from finlint.report.fingerprint import fingerprints
from finlint.report.plain import as_json
from finlint.report.view import View, error_message, one_line


def render_json(view: View) -> str:
    document = {
        "version": 1,
        "findings": _findings(view),
        "errors": [error_object(e, view) for e in view.report.errors],
        "summary": summary_object(view.report.summary),
    }
    return as_json(document, indent=2) + "\n"


def render_jsonl(view: View) -> str:
    """One object a line, each with ``type``: finding, error, and at the end summary."""
    lines: list[dict[str, Any]] = [{"type": "finding", **finding} for finding in _findings(view)]
    lines += [{"type": "error", **error_object(e, view)} for e in view.report.errors]
    lines.append({"type": "summary", **summary_object(view.report.summary)})
    return "".join(as_json(line) + "\n" for line in lines)


def _findings(view: View) -> list[dict[str, Any]]:
    pairs = zip(view.report.findings, fingerprints(view), strict=True)
    return [{**finding_object(finding, view), "fingerprint": name} for finding, name in pairs]


def summary_object(summary: Summary) -> dict[str, Any]:
    return {**summary._asdict(), "limits": dict(summary.limits)}


def finding_object(finding: Finding, view: View) -> dict[str, Any]:
    registration, culprit = finding.registration, finding.culprit
    return {
        "code": finding.code,
        "kind": finding.kind,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": one_line(finding.said),
        "path": view.path(finding.path),
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "registration": None
        if registration is None
        else {
            "registrar": registration.registrar,
            "path": view.path(registration.path),
            "line": registration.line,
            "column": registration.column,
        },
        "culprit": None
        if culprit is None
        else {
            "call": culprit.call,
            "path": view.path(culprit.path),
            "line": culprit.line,
            "column": culprit.column,
        },
        "trace": [_hop_object(hop, view) for hop in finding.trace],
        # Only where there is one: the keys above are all that readers may count on.
        **({"related": [_hop_object(hop, view) for hop in finding.related]} if finding.related else {}),
        **({"fix": _fix_object(view.fixes[finding], view)} if finding in view.fixes else {}),
        **({"holders": [_hop_object(hop, view) for hop in finding.holders]} if finding.holders else {}),
        **({"folded": [_folded_object(other, view) for other in finding.folded]} if finding.folded else {}),
    }


def _folded_object(folded: Folded, view: View) -> dict[str, Any]:
    return {
        "code": folded.code,
        "severity": folded.severity.value,
        "message": one_line(folded.message),
        "path": view.path(folded.path),
        "line": folded.line,
        "column": folded.column,
        "culprit": {
            "call": folded.culprit.call,
            "path": view.path(folded.culprit.path),
            "line": folded.culprit.line,
            "column": folded.culprit.column,
        },
    }


def _fix_object(fix: OfferedFix, view: View) -> dict[str, Any]:
    """What is replaced by what; columns count characters from 1, and the end is not part of it."""
    edits = [{**change._asdict(), "path": view.path(change.path)} for change in fix.changes]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _hop_object(hop: Hop, view: View) -> dict[str, Any]:
    return {"path": view.path(hop.path), "line": hop.line, "column": hop.column, "text": hop.text}


def error_object(error: FileError, view: View) -> dict[str, Any]:
    return {"path": view.path(error.path), "line": error.line, "column": error.column, "message": error_message(error)}
