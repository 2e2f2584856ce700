"""All rules, by code: name, summary and documentation. The words stand in ``finlint.rules.texts``."""

from __future__ import annotations

from typing import NamedTuple

from finlint.model.codes import DEFAULT_CODES, KIND_OF_CODE
from finlint.rules.texts import blocking, breaking, handing, never, running
from finlint.rules.texts.text import Text


class Rule(NamedTuple):
    code: str
    kind: str
    name: str
    summary: str
    #: Markdown: what, why, example, fix, what is not reported, evidence.
    documentation: str
    #: Whether the rule reports unless it is switched off.
    default: bool


def _rule(code: str, kind: str, text: Text) -> Rule:
    default = code in DEFAULT_CODES
    return Rule(code, kind, kind, text.summary, _documentation(code, kind, text, default), default)


def _documentation(code: str, kind: str, text: Text, default: bool) -> str:
    summary = text.summary[:1].upper() + text.summary[1:]
    parts = [
        f"# {code}: {kind}",
        f"{summary}.",
        "On by default." if default else f"Opt-in: `--extend-select {code}`.",
        f"## Why\n\n{text.why}",
    ]
    if text.example:
        parts.append(f"## Example\n\n```python\n{text.example.strip()}\n```")
    if text.advice:
        code = f"\n\n```python\n{text.fix.strip()}\n```" if text.fix else ""
        parts.append(f"## Fix\n\n{text.advice}{code}")
    if text.silent:
        parts.append(f"## Not reported\n\n{text.silent}")
    if text.evidence:
        parts.append("## Evidence\n\n" + "\n".join(f"- <{link}>" for link in text.evidence))
    return "\n\n".join(parts) + "\n"


#: code -> its words.
TEXTS: dict[str, Text] = {**blocking.TEXTS, **handing.TEXTS, **never.TEXTS, **breaking.TEXTS, **running.TEXTS}

#: code -> rule, in the order in which rules are listed.
RULES: dict[str, Rule] = {code: _rule(code, kind, TEXTS[code]) for code, kind in KIND_OF_CODE.items()}
