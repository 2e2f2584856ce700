"""SARIF 2.1.0, as GitHub code scanning takes it: rules with their words, the chain as a code flow."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from finlint.model.finding import FileError, Finding, OfferedFix
from finlint.report.fingerprint import SCHEME, fingerprints
from finlint.report.plain import as_json
from finlint.report.view import View, error_message, one_line
from finlint.rules.base.page import page

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RANK = {"high": 90.0, "medium": 50.0, "low": 20.0}


def render_sarif(view: View) -> str:
    codes = sorted({f.code for f in view.report.findings} | ({"FIN901"} if view.report.errors else set()))
    index = {code: number for number, code in enumerate(codes)}
    results = [
        _result(finding, name, index, view)
        for finding, name in zip(view.report.findings, fingerprints(view), strict=True)
    ]
    results += [_error(error, index, view) for error in view.report.errors]
    run = {
        "tool": {
            "driver": {
                "name": "finlint",
                "version": view.version,
                "semanticVersion": view.version,
                "rules": [_rule(code) for code in codes],
            }
        },
        "originalUriBaseIds": {"%SRCROOT%": {"uri": "file://" + _quote(view.cwd.replace("\\", "/")).rstrip("/") + "/"}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return as_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    # All rules, and the analysis with them: other formats do without.
    from finlint.rules.registry import RULES

    rule = RULES[code]
    documentation = page(rule)
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.kind.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": documentation, "markdown": documentation},
        "defaultConfiguration": {"enabled": rule.default, "level": "warning"},
        "properties": {"kind": rule.kind, "tags": ["finalizer", rule.kind]},
    }


def _result(finding: Finding, name: str, index: dict[str, int], view: View) -> dict[str, Any]:
    span = finding.span
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": finding.severity.value,
        "rank": _RANK[finding.confidence.value],
        "message": {"text": one_line(finding.said)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.path, view),
                    "region": {
                        "startLine": span.line,
                        "startColumn": span.column,
                        "endLine": span.end_line,
                        "endColumn": span.end_column,
                    },
                }
            }
        ],
        "partialFingerprints": {SCHEME: name},
        "properties": {"kind": finding.kind, "confidence": finding.confidence.value},
    }
    places: list[dict[str, Any]] = []
    registration = finding.registration
    if registration is not None:
        text = f"{registration.how} {registration.registrar}"
        places.append(_location(registration.path, registration.line, registration.column, text, view))
    places += [_location(hop.path, hop.line, hop.column, hop.text, view) for hop in finding.related]
    if places:
        result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(places, 1)]
    if finding.trace:
        steps = [_location(hop.path, hop.line, hop.column, hop.text or "...", view) for hop in finding.trace]
        if registration is not None:
            steps.insert(0, _location(registration.path, registration.line, registration.column, text, view))
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": step} for step in steps]}]}]
    if finding in view.fixes:
        result["fixes"] = [_fix(view.fixes[finding], view)]
    return result


def _fix(fix: OfferedFix, view: View) -> dict[str, Any]:
    files: dict[str, list[dict[str, Any]]] = {}
    for change in fix.changes:
        region = {
            "startLine": change.line,
            "startColumn": change.column,
            "endLine": change.end_line,
            "endColumn": change.end_column,
        }
        files.setdefault(change.path, []).append({"deletedRegion": region, "insertedContent": {"text": change.text}})
    changes = [{"artifactLocation": _artifact(path, view), "replacements": rows} for path, rows in files.items()]
    return {
        "description": {"text": f"{fix.title}{'' if fix.safe else ' (may change the meaning)'}"},
        "artifactChanges": changes,
    }


def _error(error: FileError, index: dict[str, int], view: View) -> dict[str, Any]:
    place = _location(error.path, error.line, error.column, None, view)
    return {
        "ruleId": "FIN901",
        "ruleIndex": index["FIN901"],
        "level": "error",
        "message": {"text": error_message(error)},
        "locations": [place],
    }


def _location(path: str, line: int, column: int, text: str | None, view: View) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact(path, view),
            "region": {"startLine": max(line, 1), "startColumn": max(column, 1)},
        }
    }
    if text is not None:
        location["message"] = {"text": one_line(text)}
    return location


def _artifact(path: str, view: View) -> dict[str, str]:
    shown = view.posix(path)
    if shown.startswith("/"):
        return {"uri": "file://" + _quote(shown)}
    # A relative reference whose first part holds a colon would read as a scheme: quote() encodes colons.
    return {"uri": _quote(shown), "uriBaseId": "%SRCROOT%"}


def _quote(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))
