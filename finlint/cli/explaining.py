"""``finlint rule``: what a rule reports, and why."""

from __future__ import annotations

import argparse
import json

from finlint.cli.options import command_parser
from finlint.model.codes import DEFAULT_CODES, KIND_OF_CODE
from finlint.report.rule_text import RuleText, rule_text
from finlint.selection import codes_of


def explain(options: argparse.Namespace) -> int:
    """Print the rules that are asked for. Raises UnknownCodeError."""
    if not options.codes and not options.all:
        command_parser("rule").error("which rule? Name a code such as FIN102, or say --all")
    codes = sorted(KIND_OF_CODE) if options.all else [c for code in options.codes for c in sorted(codes_of(code))]
    rules = [rule_text(code) for code in codes]
    if options.output_format == "json":
        print(json.dumps([{**r._asdict(), "default": r.code in DEFAULT_CODES} for r in rules], indent=2))
    elif options.all:
        for rule in rules:
            state = "" if rule.code in DEFAULT_CODES else " (opt-in)"
            print(f"{rule.code}  {rule.kind:<18}  {rule.summary}{state}")
    else:
        print("\n".join(_explained(rule) for rule in rules), end="")
    return 0


def _explained(rule: RuleText) -> str:
    if rule.documentation:
        # The page has it all.
        return rule.documentation.strip() + "\n"
    state = "on by default" if rule.code in DEFAULT_CODES else "opt-in: --extend-select " + rule.code
    summary = rule.summary[:1].upper() + rule.summary[1:].rstrip(".") + "."
    body = f"\n{rule.documentation.strip()}\n" if rule.documentation else ""
    return f"# {rule.code} {rule.kind}\n\n{summary}\n({state})\n{body}"
