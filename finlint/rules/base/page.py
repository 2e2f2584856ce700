"""The page of a rule, as Markdown: what ``finlint rule`` prints, SARIF carries and ``docs/rules/`` holds."""

from __future__ import annotations

from typing import Any

from finlint.rules.base.rule import Rule, program


def page(rule: Rule[Any]) -> str:
    """What, why, example, fix, what is not reported, evidence."""
    parts = [
        f"# {rule.code}: {rule.kind}",
        rule.title,
        "On by default." if rule.default else f"Opt-in: `--extend-select {rule.code}`.",
        f"## Why\n\n{rule.why}",
    ]
    if rule.example:
        parts.append(f"## Example\n\n{_fenced(rule.example)}")
    parts.append(f"## Fix\n\n{rule.advice}" + (f"\n\n{_fenced(rule.fix)}" if rule.fix else ""))
    if rule.mended:
        ways = "\n".join(f"- {way}" for way in rule.mended)
        parts.append(f"`--fix` (what is unsafe with `--unsafe-fixes`) can:\n\n{ways}")
    parts.append(f"## Not reported\n\n{rule.not_reported}")
    parts.append("## Evidence\n\n" + "\n".join(f"- <{link}>" for link in rule.evidence))
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    return f"```python\n{program(text)}```"
