"""One line for each finding: ``path:line:column: CODE message``."""

from __future__ import annotations

from finlint.model.finding import Report
from finlint.report.paths import shown


def render(report: Report) -> str:
    lines = [
        (e.path, e.line, f"{shown(e.path)}:{e.line}:1: FIN901 {e.message}") for e in report.errors
    ] + [
        (f.path, f.span.line, f"{shown(f.path)}:{f.span.line}:{f.span.column}: {f.code} {f.message}")
        for f in report.findings
    ]
    return "".join(text + "\n" for _, _, text in sorted(lines))
