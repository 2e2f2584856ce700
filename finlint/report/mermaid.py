"""Mermaid flowcharts of findings, for pull requests and Markdown pages."""

from __future__ import annotations

import re

from finlint.model.finding import Finding
from finlint.report.chain import Step, arrows, steps
from finlint.report.view import View, one_line

#: What has no meaning in a label; everything else is written by its number.
_HARMLESS = re.compile(r"[^A-Za-z0-9 _.,/=+*:()-]")
#: Characters of a label, at most.
_WIDTH = 72


def flowchart(finding: Finding, view: View) -> str:
    """The chain as a flowchart, a box for each file."""
    chain = steps(finding, view)
    lines = ["flowchart TD"]
    files: dict[str, list[tuple[int, Step]]] = {}
    for number, step in enumerate(chain):
        files.setdefault(step.path, []).append((number, step))
    for number, (path, members) in enumerate(files.items()):
        lines.append(f'  subgraph f{number}["{_label(path)}"]')
        lines += [f'    s{n}["{_label(f"{step.line}: {step.text}")}"]:::{step.role}' for n, step in members]
        lines.append("  end")
    lines += [f"  s{a} {'-. holds .->' if holds else '-->'} s{b}" for a, b, holds in arrows(chain)]
    lines += [
        "  classDef registration stroke:#2563eb,stroke-width:2px",
        "  classDef call stroke:#6b7280",
        "  classDef culprit stroke:#dc2626,stroke-width:3px",
        "  classDef holder stroke:#d97706,stroke-width:2px,stroke-dasharray:4",
    ]
    return "\n".join(lines) + "\n"


def markdown(finding: Finding, view: View) -> str:
    """The flowchart as GitHub and GitLab show it, under the finding's sentence as code."""
    said = f"{view.shown(finding.path)}:{finding.span.line}: {finding.code} {one_line(finding.said)}".replace("`", "'")
    return f"`{said}`\n\n```mermaid\n{flowchart(finding, view)}```\n"


def _label(text: str) -> str:
    if len(text) > _WIDTH:
        text = text[: _WIDTH - 3] + "..."
    return _HARMLESS.sub(lambda match: f"#{ord(match[0])};", text)
